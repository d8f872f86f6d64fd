"""What is written while the portal works: for machines to read, and nothing about persons."""

import json
import logging
import os
import re
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest
from django.core import signing
from django.urls import reverse

from portal import logs
from tests.mailserver import free_port

ROOT = Path(__file__).parent.parent


def line(message, *arguments, error=None, name="portal", **extra):
    record = logging.getLogger(name).makeRecord(
        name,
        logging.ERROR,
        __file__,
        1,
        message,
        arguments,
        (type(error), error, error.__traceback__) if error else None,
    )
    record.__dict__.update(extra)
    written = logs.JSONLines().format(record)
    assert "\n" not in written
    return json.loads(written)


def raised(error):
    secret = "Erika Muster"  # a local value
    try:
        raise error
    except type(error) as caught:
        assert secret
        return caught


def test_a_line_says_when_how_bad_who_and_what():
    said = line("purged %s: %d", "lotsen.Volunteer", 3, name="portal.timer")
    assert said | {"time": ""} == {
        "time": "",
        "level": "ERROR",
        "logger": "portal.timer",
        "message": "purged lotsen.Volunteer: 3",
    }
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+00:00", said["time"])


@pytest.mark.parametrize(
    ("message", "written"),
    [
        ("mail to erika.muster@example.org failed", "mail to …@… failed"),
        ("<Erika%40example.org>", "<…@…>"),
        ("postgres://portal:geheim@db:5432/portal", "postgres://…@…:5432/portal"),
        ("Invalid request from ip=203.0.113.77: x", "Invalid request from ip=203.0.113.…: x"),
        ("from 2001:db8:1:2:3:4:5:6 at 10:15:30", "from 2001:db8:1:2::… at 10:15:30"),
        ("Error handling request GET /de/suche/?q=Erika+Muster&x=1", "Error handling request GET /de/suche/?…"),
        ("Not Found: /de/lotsen/x/dGhpcyBpcyBhIHRva2VuIG9mIDMyIGJ5dGVz/", "Not Found: /de/lotsen/x/…/"),
        ("Not Found: /de/lotsen/x/IjEi:1vAbCd:abcdefghijklmnopqrstuv_wxyz/", "Not Found: /de/lotsen/x/…/"),
        ("no row 5c0e4a1e-1111-4222-8333-abcdefabcdef", "no row …"),
        # What is needed to find the cause stays.
        (
            "Not Found: /de/veroeffentlichungen/bericht-2024-2025/",
            "Not Found: /de/veroeffentlichungen/bericht-2024-2025/",
        ),
        ("Listening at: http://0.0.0.0:8000 (1)", "Listening at: http://0.0.0.0:8000 (1)"),
        ("The mail about barrier report B-2026-A1B2C3 could not be queued",) * 2,
        ("integration.wegweiser.management.commands.check_directory failed",) * 2,
    ],
)
def test_what_leads_to_a_person_is_cut(message, written):
    assert line("%s", message)["message"] == written


def test_a_traceback_says_where_and_no_values():
    error = raised(
        ValueError("invalid literal for int(): 'Erika Muster' of erika@example.org\nDETAIL: Key (name)=(Erika)")
    )
    told = line("failed", error=error)["traceback"]
    assert "test_logs.py" in told
    assert "in raised" in told
    assert told.endswith("builtins.ValueError: invalid literal for int(): '…' of …@…")
    assert "Erika" not in told.replace('secret = "Erika Muster"', "")
    assert (
        "no such column: portal_page.x"
        in line("failed", error=raised(LookupError("no such column: portal_page.x")))["traceback"]
    )


def test_what_led_to_an_error_is_told_before_it():
    try:
        try:
            raise KeyError("lead_xx")
        except KeyError as first:
            raise RuntimeError("broken") from first
    except RuntimeError as error:
        told = line("failed", error=error)["traceback"]
    assert told.index("KeyError: 'lead_xx'") < told.index("then:") < told.index("RuntimeError: broken")


def test_the_longest_traceback_stays_within_what_docker_takes_as_one_line():
    error = RuntimeError("last")
    for n in range(100):
        after = RuntimeError(f"number {n}")
        after.__cause__, error = raised(error), after
    assert len(line("failed", error=raised(error))["traceback"]) < 11_000


# Requests -------------------------------------------------------------------------------------------------


@pytest.fixture
def written(monkeypatch):
    """The lines as they are in operation."""
    found = []

    class Handler(logging.Handler):
        def emit(self, record):
            found.append(json.loads(logs.JSONLines().format(record)))

    handler = Handler()
    for name in ("django.request", "portal"):
        monkeypatch.setattr(logging.getLogger(name), "handlers", [handler])
    return found


@pytest.mark.django_db
def test_a_request_has_a_number_in_its_answer_and_in_its_lines(client, site, written):
    first = client.get("/de/gibt-es-nicht/?q=erika@example.org")
    second = client.get("/de/gibt-es-nicht/")
    assert re.fullmatch(r"[0-9a-f]{16}", first["X-Request-ID"])
    assert first["X-Request-ID"] != second["X-Request-ID"]
    assert [x["request"] for x in written] == [first["X-Request-ID"], second["X-Request-ID"]]
    assert {x["message"] for x in written} == {"Not Found: /de/gibt-es-nicht/"}
    assert logs.request_id.get() == ""
    for path in ("/healthz", "/readyz", "/admin/", "/robots.txt"):
        assert client.get(path)["X-Request-ID"]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("trust", "sent", "taken"),
    [
        (True, "a1b2c3d4e5f60718", True),
        (False, "a1b2c3d4e5f60718", False),
        (True, "kurz", False),
        (True, "x" * 65, False),
        (True, "erika@example.org", False),
        (True, 'a1b2c3d4"\n{"level"', False),
    ],
)
def test_only_a_proxy_of_our_own_numbers_requests(client, settings, trust, sent, taken):
    settings.TRUST_PROXY = trust
    assert (client.get("/healthz", headers={"x-request-id": sent})["X-Request-ID"] == sent) is taken


@pytest.mark.django_db
def test_an_error_on_a_private_page_is_written_without_its_address(client, site, written, monkeypatch):
    """The address is a key; so is that of a new password."""

    def broken(*args, **kwargs):
        raise RuntimeError("broken")

    client.raise_request_exception = False
    monkeypatch.setattr("lotsen.confirmation.find", broken)
    monkeypatch.setattr("lotsen.sign_up.own.follow", broken)
    monkeypatch.setattr("portal.accounts.views.NewPassword.dispatch", broken)
    for name, key in (("lotsen:confirm", "nurbuchstaben"), ("lotsen:own", signing.dumps("x"))):
        assert client.get(reverse(name, args=[key])).status_code == 500
        assert key not in str(written)
    assert client.get("/admin/passwort/neu/Mg/abc-schluessel/").status_code == 500
    assert "abc-schluessel" not in str(written)
    assert [x["message"] for x in written] == [
        "Internal Server Error: /de/lotsen/bestaetigen/<str:token>/",
        "Internal Server Error: /de/lotsen/meine-angaben/<str:signed>/",
        "Internal Server Error: /admin/passwort/neu/<uidb64>/<token>/",
    ]
    assert all("RuntimeError: broken" in x["traceback"] for x in written)


@pytest.mark.django_db
def test_who_is_locked_out_is_not_named(client, caplog):
    for _ in range(6):
        client.post("/admin/login/", {"username": "erika.muster", "password": "falsch"}, REMOTE_ADDR="203.0.113.77")
    text = "\n".join(logs.JSONLines().format(record) for record in caplog.records)
    assert "AXES: Locking out" in text
    assert "erika" not in text
    assert "113.77" not in text


# As it runs -----------------------------------------------------------------------------------------------

IN_OPERATION = {"SECRET_KEY": "x0y1z2a3b4" * 6, "ALLOWED_HOSTS": "portal.example.org"}


def environment(folder, **more):
    kept = {name: value for name, value in os.environ.items() if name not in {"DEBUG", "DATABASE_URL"}}
    return (
        kept | IN_OPERATION | {"DATABASE_URL": f"sqlite:///{folder}/portal.sqlite3", "MEDIA_ROOT": str(folder)} | more
    )


def test_in_operation_each_line_is_json_and_in_development_it_is_not(tmp_path):
    code = "import django; django.setup(); import logging; logging.getLogger('portal').warning('an erika@example.org')"
    for more, shown in (({}, '"message": "an …@…"'), ({"DEBUG": "1"}, "an erika@example.org\n")):
        done = subprocess.run(
            [sys.executable, "-c", code],
            env=environment(tmp_path, DJANGO_SETTINGS_MODULE="portal.settings", **more),
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=True,
        )
        assert shown in (done.stderr if more else done.stdout)


def test_the_server_starts_with_its_file_and_writes_json_alone(tmp_path):
    """gunicorn as in the container; a new database, so it is not ready."""
    port = free_port()
    with (tmp_path / "out").open("w") as out:
        server = subprocess.Popen(
            [sys.executable, "-m", "gunicorn", "portal.wsgi", "--bind", f"127.0.0.1:{port}"],
            env=environment(tmp_path, WEB_CONCURRENCY="1"),
            cwd=ROOT,
            stdout=out,
            stderr=subprocess.DEVNULL,
        )
    try:
        assert ask(port, "/readyz") == (503, b"not ready")
        with socket.create_connection(("127.0.0.1", port)) as rude:
            rude.sendall(b"GET /?mail=erika@example.org HTTP/1.1\r\nno header\r\n\r\n")
            assert b"400" in rude.recv(100)
    finally:
        server.terminate()
    assert server.wait(timeout=40) == 0
    lines = [json.loads(x) for x in (tmp_path / "out").read_text().splitlines()]
    said = "\n".join(x["message"] for x in lines)
    assert f"Listening at: http://127.0.0.1:{port}" in said
    assert said.count("Booting worker") == 1
    assert "not ready: Migrationen stehen aus" in said
    assert "Invalid request" in said
    assert "erika" not in said
    assert next(x for x in lines if "not ready" in x["message"])["request"]


def ask(port, path):
    for _ in range(150):
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=30) as response:
                return response.status, response.read()
        except urllib.error.HTTPError as error:
            return error.code, error.read()
        except OSError:
            time.sleep(0.2)
    raise AssertionError("gunicorn does not answer")


def test_container_and_compose_start_it_the_same_way():
    for name in ("Dockerfile", "docker-compose.yml"):
        text = (ROOT / name).read_text()
        assert re.search(r'gunicorn[", ]+portal\.wsgi[", ]+--bind[", ]+0\.0\.0\.0:8000"', text), name
        assert "--workers" not in text
    assert "/readyz" in (ROOT / "docker-compose.yml").read_text()
    assert "COPY manage.py gunicorn.conf.py" in (ROOT / "Dockerfile").read_text()
