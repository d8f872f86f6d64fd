"""Settings, commands and deployment."""

import json
import os
import re
import resource
import subprocess
import sys
import threading
import tomllib
from pathlib import Path
from types import ModuleType

import polib
import pytest
from django import urls
from django.conf import settings
from django.core.management import call_command
from django.db import OperationalError, connection

from portal import icons, languages
from portal.models import SiteProfile
from portal.on_demand import Views
from portal.wsgi import content_type
from tests import audit, factories, production

ROOT = Path(__file__).parent.parent
UNSET = {"DEBUG", "SECRET_KEY", "ALLOWED_HOSTS", "DATABASE_URL", "DJANGO_ALLOW_ASYNC_UNSAFE"}
GOOD = {"SECRET_KEY": "x0y1z2a3b4" * 6, "ALLOWED_HOSTS": "portal.example.org"}


def python(*arguments, **environment):
    clean = {k: v for k, v in os.environ.items() if k not in UNSET}
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=ROOT,
        env={**clean, **environment},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize(
    ("environment", "says"),
    [
        ({}, "SECRET_KEY"),
        ({**GOOD, "SECRET_KEY": "kurz"}, "SECRET_KEY"),
        ({**GOOD, "SECRET_KEY": "a" * 80}, "SECRET_KEY"),
        ({**GOOD, "ALLOWED_HOSTS": ""}, "ALLOWED_HOSTS"),
        ({**GOOD, "ALLOWED_HOSTS": "*"}, "ALLOWED_HOSTS"),
        ({**GOOD, "ALLOWED_HOSTS": "https://portal.example.org"}, "ALLOWED_HOSTS"),
        ({**GOOD, "TRUST_PROXY": "ja"}, "TRUST_PROXY"),
        ({**GOOD, "DATABASE_URL": "unsinn"}, "DATABASE_URL"),
        ({**GOOD, "MAX_UPLOAD_MB": "viel"}, "MAX_UPLOAD_MB"),
        ({**GOOD, "MACHINE_TRANSLATION_URL": "https://example.org/"}, "MACHINE_TRANSLATION_URL"),
        ({**GOOD, "MACHINE_TRANSLATION_URL": "libretranslate+ftp://example.org/"}, "MACHINE_TRANSLATION_URL"),
    ],
)
def test_unsafe_or_wrong_settings_refuse_to_start_and_say_why(environment, says):
    result = python("-c", "import portal.wsgi", **environment)
    assert result.returncode != 0
    assert says in result.stderr


def test_good_settings_start():
    result = python("-c", "import portal.wsgi", **GOOD)
    assert result.returncode == 0, result.stderr


@pytest.fixture(scope="module")
def leer(tmp_path_factory):
    """`.venv/bin/python manage.py load_example leer`, right after `make setup`."""
    folder = tmp_path_factory.mktemp("leer")
    environment = {"DATABASE_URL": f"sqlite:///{folder}/neu.sqlite3", "MEDIA_ROOT": str(folder)}
    return environment, python("manage.py", "load_example", "leer", **environment)


def test_commands_need_no_secrets_and_set_up_an_empty_database(leer):
    _environment, result = leer
    assert result.returncode == 0, result.stderr
    assert "leer: 23 Einträge geladen." in result.stdout


ASK = """
import sys
from wsgiref.util import setup_testing_defaults
from portal.wsgi import application
environ = {"HTTP_HOST": "localhost", "PATH_INFO": "/de/", "QUERY_STRING": ""}
setup_testing_defaults(environ)
b"".join(application(environ, lambda status, headers: print(status)))
print(*sys.modules)
"""
# What staff work with, and what makes files: 40 MB of each process and half of its start.
LATER = {
    "OpenSSL", "PIL", "cbor2", "cryptography", "holidays", "icalendar", "lxml", "markdown_it", "openpyxl",
    "pikepdf", "pyrage", "snowballstemmer", "translate", "typst", "vobject",
}  # fmt: skip


def test_a_web_server_loads_for_its_first_page_nothing_but_what_pages_need(leer):
    environment, _result = leer
    status, loaded = python("-c", ASK, DEBUG="1", **environment).stdout.splitlines()
    assert status == "200 OK"
    assert set(loaded.split()) & LATER == set()
    assert [name for name in loaded.split() if name.endswith((".admin", ".staff"))] == ["django.contrib.admin"]
    own = [name for name in loaded.split() if name.startswith(("portal.", "integration.", "lotsen."))]
    assert [name for name in own if name.endswith((".views", ".feeds", ".forms"))] == ["portal.forms", "portal.views"]


@pytest.mark.parametrize(
    ("module", "view", "says"),
    [("portal.views", "gibt_es_nicht", "gibt_es_nicht"), ("portal.gibt_es_nicht", "ansicht", "portal.gibt_es_nicht")],
)
def test_an_address_whose_view_cannot_be_loaded_is_noticed_before_the_start(settings, monkeypatch, module, view, says):
    addresses = ModuleType("falsche_adressen")
    addresses.urlpatterns = [urls.path("", urls.include([urls.path("hier/", getattr(Views(module), view))]))]
    monkeypatch.setitem(sys.modules, addresses.__name__, addresses)
    settings.ROOT_URLCONF = addresses.__name__
    with pytest.raises((ImportError, LookupError), match=says):
        call_command("check")


HEARING = """
import gc
import portal.wsgi
import reversion
from django.contrib import admin
from django.dispatch import Signal

def hearing():
    signals = [found for found in gc.get_objects() if isinstance(found, Signal)]
    return {id(signal): {key for key, *_rest in signal.receivers} for signal in signals}

gc.unfreeze()
before, kept = hearing(), set(reversion.get_registered_models())
assert not admin.site.is_loaded
assert len(admin.site._registry) > 30
after = hearing()
assert len(before) > 20 and len(kept) > 30
assert {signal: after[signal] for signal in before} == before
assert set(reversion.get_registered_models()) == kept
print("the same")
"""


def test_what_is_noted_and_kept_does_not_depend_on_whether_staff_have_come(leer):
    """Versions, log, translations, search: a process that has served readers alone misses nothing of it."""
    environment, _result = leer
    result = python("-c", HEARING, DEBUG="1", **environment)
    assert result.stdout == "the same\n", result.stderr


def test_the_admin_is_one_before_anybody_comes(leer):
    """Django would make it when it is first asked for, and twice where two ask at the same moment."""
    environment, _result = leer
    code = "from portal.wsgi import application; from django.contrib import admin; print(vars(admin.site)['_wrapped'])"
    assert "PortalAdminSite" in python("-c", code, DEBUG="1", **environment).stdout


@pytest.mark.skipif(not hasattr(resource, "RUSAGE_THREAD"), reason="only Linux counts for each thread")
def test_how_deep_its_calls_are_never_makes_a_page_slower():
    """Python would take memory from the system and give it back with each call over a border in its stack."""

    def taken(depth):
        if depth:
            return taken(depth - 1)
        before = resource.getrusage(resource.RUSAGE_THREAD).ru_minflt
        for _call in range(1000):
            abs_of(-1)
        return resource.getrusage(resource.RUSAGE_THREAD).ru_minflt - before

    def abs_of(number):
        return abs(number)

    found = []
    thread = threading.Thread(target=lambda: found.extend(taken(depth) for depth in range(300)))
    thread.start()
    thread.join()
    assert len(found) == 300
    assert max(found) < 100


TOGETHER = """
import importlib
import json
import threading
from wsgiref.util import setup_testing_defaults
from django.urls import reverse
from portal.wsgi import application

def ask(path):
    environ = {"HTTP_HOST": "localhost", "PATH_INFO": path, "QUERY_STRING": ""}
    setup_testing_defaults(environ)
    result = application(environ, lambda status, headers: found.append((path, status[:3])))
    b"".join(result)

def start(work, *args):
    together.wait()
    work(*args)
    done.append(work)

found, done = [], []
works = [(ask, "/admin/login/"), (ask, "/admin/pflege/links/"), (ask, "/admin/lotsen/jahresbericht/2026/")]
works += [(ask, "/admin/handbuch/"), (ask, "/admin/offices/office/"), (ask, "/admin/anmeldung/"), (ask, "/de/")]
works += [(importlib.import_module, f"{app}.admin") for app in ("lotsen", "portal.versions", "integration.wegweiser")]
works += [(reverse, "admin:lotsen_volunteer_changelist"), (reverse, "handbook:contents")]
together = threading.Barrier(len(works))
threads = [threading.Thread(target=start, args=work, daemon=True) for work in works]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join(30)
print(json.dumps([len(done) == len(works), dict(found)]))
"""


def test_however_many_staff_come_first_at_once_each_gets_the_whole_admin(leer):
    environment, _result = leer
    result = python("-c", TOGETHER, DEBUG="1", **environment)
    assert result.stdout, result.stderr
    all_done, found = json.loads(result.stdout)
    assert all_done, result.stderr
    assert found.pop("/de/") == found.pop("/admin/login/") == "200"
    assert len(found) == 5
    assert set(found.values()) == {"302"}  # to the login


def deployment_check(**environment):
    return python("manage.py", "check", "--deploy", "--fail-level", "WARNING", **environment)


def test_what_the_document_says_passes_the_deployment_check():
    result = deployment_check(**production.environment())
    assert result.returncode == 0, result.stderr
    assert "no issues" in result.stdout


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"SECRET_KEY": ""}, "SECRET_KEY fehlt"),
        ({"SECRET_KEY": "kurz"}, "SECRET_KEY fehlt oder ist zu kurz"),
        ({"ALLOWED_HOSTS": ""}, "ALLOWED_HOSTS fehlt"),
        ({"ALLOWED_HOSTS": "*"}, "ALLOWED_HOSTS fehlt, erlaubt alles"),
        ({"TRUST_PROXY": "0"}, "SECURE_SSL_REDIRECT"),
        ({"PORTAL_URL": "http://integration.example.org"}, "PORTAL_URL"),
        ({"DEFAULT_FROM_EMAIL": "portal@localhost"}, "DEFAULT_FROM_EMAIL"),
        ({"DEBUG": "1"}, "DEBUG"),
    ],
)
def test_the_deployment_check_says_what_is_missing(change, says):
    result = deployment_check(**{**production.environment(), **change})
    assert result.returncode == 1
    assert says in result.stderr


def test_static_files_can_be_collected_and_hashed(tmp_path):
    environment = {**GOOD, "DJANGO_SETTINGS_MODULE": "portal.settings"}
    code = (
        "import django; from django.conf import settings; django.setup(); "
        f"settings.STATIC_ROOT = {str(tmp_path)!r}; "
        "from django.core.management import call_command; call_command('collectstatic', interactive=False, verbosity=0); "
        "from django.contrib.staticfiles.storage import staticfiles_storage as s; print(s.url('css/portal.css'))"
    )
    clean = {k: v for k, v in os.environ.items() if k != "DEBUG"}
    result = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env={**clean, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    assert re.search(r"/static/css/portal\.[0-9a-f]{12}\.css", result.stdout)
    assert list(tmp_path.glob("css/portal.*.css.gz"))


HOLE = {"id": "PYSEC-1", "fix_versions": ["2.0"], "aliases": [], "description": ""}


@pytest.mark.parametrize(
    ("packages", "code", "says"),
    [
        ([{"name": "a", "version": "1.0", "vulns": []}], 0, "No known hole in 1 packages."),
        ([{"name": "a", "version": "1.0", "vulns": [HOLE]}], 1, "a 1.0: PYSEC-1, mended in 2.0"),
        ([{"name": "a", "skip_reason": "not found"}], 0, "NOT CHECKED: the service answered, but knows none of the 1"),
        ([{"name": "a", "version": "1", "vulns": []}, {"name": "b", "skip_reason": "x"}], 0, "NOT CHECKED: b."),
        (None, 0, "NOT CHECKED: the service that knows the holes could not be asked (no way out)."),
    ],
)
def test_the_audit_fails_for_a_known_hole_and_says_when_it_could_not_ask(packages, code, says):
    output = "" if packages is None else json.dumps({"dependencies": packages, "fixes": []})
    assert audit.verdict(output, "Traceback\nno way out\n")[0] == code
    assert says in audit.verdict(output, "Traceback\nno way out\n")[1]


def test_the_parts_list_names_every_package_with_its_hash(tmp_path):
    path = tmp_path / "sbom.cdx.json"
    arguments = ["--pyproject", "pyproject.toml", "--output-reproducible", "-o", str(path), "requirements.txt"]
    result = python("-W", "ignore", "-m", "cyclonedx_py", "requirements", *arguments)
    assert result.returncode == 0, result.stderr
    parts = json.loads(path.read_text())
    assert parts["bomFormat"] == "CycloneDX"
    assert parts["metadata"]["component"]["name"] == "integrationsportal"
    locked = re.findall(r"^([\w.-]+)(?:\[\w,]+\])?==(\S+)", (ROOT / "requirements.txt").read_text(), re.M)
    assert {(part["name"], part["version"]) for part in parts["components"]} == set(locked)
    assert all(reference["hashes"] for part in parts["components"] for reference in part["externalReferences"])


def test_lock_files_pin_hashes_and_name_no_index():
    for name in ("requirements.txt", "requirements-dev.txt"):
        text = (ROOT / name).read_text()
        assert not re.search(r"://|--index|--find-links", text), name
        for line in text.splitlines():
            assert re.match(r"[\w.\[\]-]+==|    --hash=sha256:[0-9a-f]{64}( \\)?$", line), line


def test_every_dependency_says_what_it_is_for():
    lines = (ROOT / "pyproject.toml").read_text().split("dependencies = [", 1)[1].splitlines()
    for line in lines:
        if line.startswith('    "') and ">=" in line:
            assert re.search(r'",\s+# \S', line), line
    locked = (ROOT / "requirements.txt").read_text().lower()
    for dependency in tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"]:
        assert re.split(r"[\[>]", dependency)[0].lower() + "==" in locked.replace("_", "-")


def catalogues():
    return sorted(
        [*ROOT.glob("locale/*/LC_MESSAGES/django.po"), *ROOT.glob("portal/django_gaps/*/LC_MESSAGES/django.po")]
    )


@pytest.mark.parametrize("path", catalogues(), ids=lambda path: str(path.relative_to(ROOT)))
def test_catalogues_are_complete_and_keep_their_placeholders(path):
    catalogue = polib.pofile(str(path))
    assert len(catalogue) > 5
    assert not catalogue.untranslated_entries()
    assert not catalogue.fuzzy_entries()
    assert "INTEGER" not in catalogue.metadata["Plural-Forms"]
    plurals = int(re.search(r"nplurals=(\d)", catalogue.metadata["Plural-Forms"])[1])
    placeholders = re.compile(r"%\(\w+\)[sd]|%s")
    for entry in catalogue:
        if entry.msgid_plural:
            assert len(entry.msgstr_plural) == plurals
            assert all(entry.msgstr_plural.values()), entry.msgid
        else:
            assert sorted(placeholders.findall(entry.msgid)) == sorted(placeholders.findall(entry.msgstr)), entry.msgid


def test_there_is_a_catalogue_for_every_language_with_the_same_texts():
    from django.utils.translation import to_locale

    texts = {
        path.parts[-3]: {e.msgid for e in polib.pofile(str(path))}
        for path in ROOT.glob("locale/*/LC_MESSAGES/django.po")
    }
    assert set(texts) == {to_locale(code) for code in languages.BY_CODE if code != "de"}
    assert len(set(map(frozenset, texts.values()))) == 1


def test_every_text_of_the_templates_is_in_the_catalogues():
    """Without gettext's own tools: each {% translate "…" %} and each _("…")."""
    known = {entry.msgid for entry in polib.pofile(str(ROOT / "locale/en/LC_MESSAGES/django.po"))}
    found = set()
    for path in (ROOT / "templates").rglob("*.html"):
        for quote, text in re.findall(r"{% translate (['\"])(.*?)\1", path.read_text()):
            found.add(text)
            assert quote
    for folder in ("portal", "integration"):
        for path in (ROOT / folder).rglob("*.py"):
            found.update(re.findall(r'\b_\(\s*"((?:[^"\\]|\\.)*)"\s*\)', path.read_text()))
    assert len(found) > 100
    assert found - known == set()


def test_every_icon_staff_can_choose_exists():
    for name, _label in icons.ICONS:
        assert "<svg" in icons.svg(name)


def test_css_knows_no_left_and_right():
    physical = re.compile(
        r"(margin|padding|border)-(left|right)|text-align: *(left|right)|[ ;{](left|right) *:|float *:"
    )
    for path in (ROOT / "static").rglob("*.css"):
        assert not physical.search(path.read_text()), path


def test_features_import_the_portal_and_never_the_other_way():
    for path in (ROOT / "portal").rglob("*.py"):
        if path.name != "urls.py":
            assert not re.search(r"^\s*(from|import) (integration|lotsen)", path.read_text(), re.M), path
    for path in (ROOT / "integration").rglob("*.py"):
        feature = path.relative_to(ROOT / "integration").parts[0]
        for other in re.findall(r"^\s*(?:from|import) integration\.(\w+)", path.read_text(), re.M):
            assert other in {feature, "topics"}, path


@pytest.mark.django_db
def test_first_start_loads_the_demo_once(capsys):
    call_command("first_start")
    assert SiteProfile.objects.get().name_de == "Landkreis Musterland"
    SiteProfile.objects.update(name_de="Eigener Landkreis")
    call_command("first_start")
    assert SiteProfile.objects.get().name_de == "Eigener Landkreis"


@pytest.mark.django_db
def test_the_one_time_login_works_and_only_in_development(client, capsys, settings):
    settings.DEBUG = True
    call_command("dev_login", port="8000")
    printed = capsys.readouterr().out
    password, code = re.search(r"admin / (\S+)", printed)[1], re.search(r"Code (\S+)", printed)[1]
    for _ in range(3):  # until the next start, however often
        client.post("/admin/login/", {"username": "admin", "password": password})
        assert client.get("/admin/").status_code == 302
        client.post("/admin/anmeldung/bestaetigen/", {"code": code})
        assert client.get("/admin/").status_code == 200
        client.logout()
    call_command("dev_login", port="8000")
    assert client.post("/admin/login/", {"username": "admin", "password": password}).status_code == 200
    settings.DEBUG = False
    with pytest.raises(Exception, match="DEBUG"):
        call_command("dev_login")


@pytest.mark.django_db
def test_a_busy_database_is_answered_truly_in_the_readers_language(client, site, monkeypatch):
    def locked(*args, **kwargs):
        raise OperationalError("database is locked")

    client.raise_request_exception = False
    monkeypatch.setattr("portal.views.TopTask.objects.all", locked)
    response = client.get("/ar/")
    assert response.status_code == 503
    assert response["Retry-After"] == "60"
    assert '<html lang="ar" dir="rtl">' in response.content.decode()


@pytest.mark.django_db
def test_a_bug_is_answered_in_the_readers_language_without_a_traceback(client, site, monkeypatch):
    def broken(*args, **kwargs):
        raise ValueError("secret detail")

    client.raise_request_exception = False
    monkeypatch.setattr("portal.views.TopTask.objects.all", broken)
    response = client.get("/fa/")
    assert response.status_code == 500
    assert '<html lang="fa" dir="rtl">' in response.content.decode()
    assert "secret" not in response.content.decode()


@pytest.mark.django_db
@pytest.mark.parametrize(
    "sent", ["charset=base64", "charset=undefined", "charset*=x''a", "a*=x''a", "charset=raw_unicode_escape"]
)
def test_whatever_charset_a_request_names_it_is_read_as_utf8(client, site, application, sent):
    environ = client._base_environ(PATH_INFO="/de/suche/", QUERY_STRING="q=%5Cud800ä".encode().decode("latin-1"))
    status = []
    answer = application(environ | {"CONTENT_TYPE": f"text/plain; {sent}"}, lambda *said: status.append(said[0]))
    assert status == ["200 OK"]
    assert "\\ud800ä" in b"".join(answer).decode()


def test_files_still_arrive():
    assert content_type("multipart/form-data; boundary=abc; charset=x") == 'multipart/form-data; boundary="abc"'
    assert content_type('multipart/form-data; charset=x;Boundary="a c"') == 'multipart/form-data; boundary="a c"'
    assert content_type("text/plain; charset=utf-7") == "text/plain"


def test_with_debug_a_visitor_still_gets_the_portals_own_404(client, site, settings):
    settings.DEBUG = True
    html = client.get("/ar/gibt/es/nicht/").content.decode()
    assert '<html lang="ar" dir="rtl">' in html
    assert "URLconf" not in html


@pytest.mark.django_db
def test_sqlite_lets_readers_and_a_writer_work_at_once():
    if connection.vendor != "sqlite":
        pytest.skip("SQLite only")
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA journal_mode")
        assert cursor.fetchone()[0] == "wal"
    assert settings.DATABASES["default"]["OPTIONS"]["transaction_mode"] == "IMMEDIATE"
    assert factories.make_page().pk


@pytest.fixture
def mail_server(settings):
    """Where queued mail goes: a server that is up, or down."""

    def use(backend):
        settings.POST_OFFICE = {**settings.POST_OFFICE, "BACKENDS": {"default": backend}}

    return use


class DownBackend:
    def __init__(self, *args, **kwargs):
        pass

    def open(self):
        raise ConnectionRefusedError("mail server is down")

    def close(self):
        pass

    def send_messages(self, messages):
        raise ConnectionRefusedError("mail server is down")


@pytest.mark.django_db(transaction=True)
def test_mail_waits_until_the_server_takes_it(mail_server, mailoutbox, monkeypatch):
    from post_office import mail
    from post_office.models import STATUS, Email

    mail.send("amt@example.org", "portal@example.org", subject="Barriere gemeldet", message="Text")
    mail_server("tests.test_operation.DownBackend")
    call_command("tick")
    waiting = Email.objects.get()
    assert waiting.status == STATUS.requeued
    assert mailoutbox == []

    mail_server("django.core.mail.backends.locmem.EmailBackend")
    Email.objects.update(scheduled_time=None)
    call_command("tick")
    assert [m.subject for m in mailoutbox] == ["Barriere gemeldet"]
    assert Email.objects.get().status == STATUS.sent
