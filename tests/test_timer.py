"""The timer: what is due is done, by one process at a time, and staff see when it is not."""

import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from datetime import timedelta
from itertools import pairwise

import pytest
from aiosmtpd.controller import Controller
from django.conf import settings as django_settings
from django.core.management import CommandError, call_command
from django.db import OperationalError, connection, connections
from django.utils import timezone
from post_office import mail
from post_office.models import STATUS, Email

from portal import readiness
from portal.backup.models import Backup
from portal.timer import jobs, lock, state, ticking
from portal.timer.management.commands import status
from portal.timer.models import Job
from tests.mailserver import Postbox, free_port

DAILY, MINUTELY = "clearsessions", "send_mail"


class Calls(list):
    """Names of the jobs called; those in `broken` fail with what stands there."""

    def __init__(self):
        self.broken = {}

    def __call__(self, name, **options):
        self.append(name)
        if name in self.broken:
            raise self.broken[name]

    def taken(self):
        found = self[:]
        self.clear()
        return found


@pytest.fixture
def calls(db, monkeypatch):
    found = Calls()
    monkeypatch.setattr(ticking, "call_command", found)
    return found


@pytest.fixture
def clock(monkeypatch):
    real = timezone.now

    def move(**by):
        monkeypatch.setattr(timezone, "now", lambda: real() + timedelta(**by))

    return move


def every_minute():
    return [name for name, _options in jobs.of_each_minute()]


# What is due --------------------------------------------------------------------------------------------


def test_everything_is_done_once_and_what_is_daily_not_twice(calls):
    call_command("tick")
    assert calls.taken() == jobs.names()
    call_command("tick")
    assert calls.taken() == every_minute()
    assert {"send_mail", "purge_personal_data", "lotsen_day", "check_directory", "check_links"} < set(jobs.names())
    job = Job.objects.get(name=DAILY)
    assert (job.done_on, job.failures, job.running_since) == (timezone.localdate(), 0, None)
    assert job.started <= job.succeeded


@pytest.mark.django_db
def test_really_everything_works_twice_in_a_row(site, settings):
    settings.LINK_CHECK = False
    call_command("tick")
    call_command("tick")
    assert not Job.objects.filter(failures__gt=0).exists()
    assert Job.objects.filter(succeeded__isnull=False).count() == len(jobs.names())


def test_a_new_day_brings_the_daily_jobs_again(calls, clock):
    call_command("tick")
    clock(days=1)
    calls.clear()
    call_command("tick")
    assert calls == jobs.names()


@pytest.mark.parametrize("days", [400, -400])
def test_a_clock_that_was_wrong_stops_nothing(calls, clock, days):
    calls.broken[MINUTELY] = calls.broken["lotsen_day"] = ValueError()
    clock(days=days)
    call_command("tick")
    clock()
    assert state.what_is_wrong(list(Job.objects.all()), timezone.now()) != ""
    calls.clear()
    call_command("tick")
    assert calls == jobs.names()
    assert state.what_is_wrong(list(Job.objects.all()), timezone.now()) == ""


def test_one_failing_job_does_not_stop_the_others(calls):
    calls.broken[MINUTELY] = RuntimeError("down")
    call_command("tick")
    assert calls == jobs.names()
    assert Job.objects.get(failures=1).name == MINUTELY


def test_a_daily_job_that_failed_is_tried_again_with_growing_pauses(calls, clock):
    calls.broken[DAILY] = RuntimeError("down")
    tries = []
    for minute in range(12 * 60):
        clock(minutes=minute, days=3)
        timezone_day = timezone.localdate()
        ticking.stop.clear()
        for name, options in [(n, o) for n, o in ticking.due() if n == DAILY]:
            ticking.attempt(name, options)
            tries.append((minute, timezone_day))
    minutes = [minute for minute, _day in tries]
    pauses = [after - before for before, after in pairwise(minutes)]
    assert pauses == [5, 10, 20, 40, 80, 160, 320]
    calls.broken.clear()
    clock(days=5)
    call_command("tick")
    job = Job.objects.get(name=DAILY)
    assert (job.failures, job.error, job.done_on) == (0, "", timezone.localdate())


def test_a_pause_is_never_longer_than_six_hours():
    assert Job(failures=30_000).pause() == timedelta(hours=6)


def test_an_error_is_noted_without_what_it_says(calls, caplog):
    calls.broken[DAILY] = ValueError("erika@example.org: Erika Muster, 030 23125-110")
    calls.broken["lotsen_day"] = CommandError("Nicht gelöscht: 2 (lotsen.Volunteer), erika@example.org")
    call_command("tick")
    error = Job.objects.get(name=DAILY).error
    assert re.fullmatch(
        r"ValueError in portal/timer/ticking\.py, Zeile \d+|ValueError in tests/test_timer.py, Zeile \d+", error
    )
    assert Job.objects.get(name="lotsen_day").error == "Nicht gelöscht: 2 (lotsen.Volunteer), …@…"


def test_a_job_may_not_take_for_ever(calls, monkeypatch):
    def sleepless(name, **options):
        try:
            time.sleep(20 if name == DAILY else 0)
        except Exception:  # as jobs do that go on after a row that fails
            time.sleep(20)

    monkeypatch.setattr(ticking, "call_command", sleepless)
    monkeypatch.setattr(ticking, "LONGEST", timedelta(seconds=0.2))
    monkeypatch.setattr(ticking.connection, "close", lambda: None)  # the test's transaction is in it
    began = time.monotonic()
    call_command("tick")
    assert time.monotonic() - began < 10
    failed = Job.objects.get(failures=1)
    assert (failed.name, failed.running_since) == (DAILY, None)
    assert "abgebrochen" in failed.error
    assert signal.getitimer(signal.ITIMER_REAL) == (0, 0)


def test_who_is_told_to_stop_ends_after_the_job_at_hand(calls, monkeypatch):
    def call(name, **options):
        calls.append(name)
        os.kill(os.getpid(), signal.SIGTERM)

    monkeypatch.setattr(ticking, "call_command", call)
    call_command("tick")
    assert calls == [MINUTELY]
    assert Job.objects.get().failures == 0


def test_without_a_database_it_says_so(monkeypatch, db):
    def gone():
        raise OperationalError("connection to db.example.org failed")

    monkeypatch.setattr(ticking, "pick_up", gone)
    with pytest.raises(CommandError, match="Die Datenbank antwortet nicht"):
        call_command("tick")


# One at a time ------------------------------------------------------------------------------------------


def test_a_second_one_says_that_it_runs_already(calls, capsys):
    with lock.one_at_a_time() as held:
        assert held()
        call_command("tick")
    assert calls == []
    assert capsys.readouterr().out == "läuft schon\n"
    call_command("tick")
    assert calls == jobs.names()


def test_whoever_has_lost_the_lock_does_no_more(calls, monkeypatch):
    if connection.vendor != "postgresql":
        pytest.skip("a file's lock is not lost")

    def call(name, **options):
        calls.append(name)
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND objid = %s",
                [lock.NUMBER],
            )

    monkeypatch.setattr(ticking, "call_command", call)
    call_command("tick")
    assert calls == [MINUTELY]


def test_what_was_killed_is_noted_and_tried_again(calls):
    Job.objects.create(name=DAILY, running_since=timezone.now(), started=timezone.now(), done_on="2020-01-01")
    Job.objects.create(name="backup", running_since=timezone.now())
    call_command("tick")
    job = Job.objects.get(name=DAILY)
    assert (job.running_since, job.failures, job.error) == (None, 1, "mittendrin abgebrochen")
    assert DAILY not in calls  # not at once: it may be what the process died of
    assert Job.objects.get(name="backup").running_since, "somebody else's"


# As processes ---------------------------------------------------------------------------------------------


def manage(*arguments, port, folder):
    """A command in a process of its own, on the test's database."""
    options = connection.settings_dict
    host = options.get("HOST") or ""
    url = f"sqlite:///{options['NAME']}"
    if connection.vendor == "postgresql":
        secret = f":{options['PASSWORD']}" if options["PASSWORD"] else ""
        place = host if not host.startswith("/") else f"/{host}"
        url = f"postgres://{options['USER']}{secret}@{place}{':' + str(options['PORT']) if options['PORT'] else ''}/{options['NAME']}"
    environment = {
        **os.environ,
        "DATABASE_URL": url,
        "EMAIL_URL": f"smtp://127.0.0.1:{port}",
        "MEDIA_ROOT": str(folder),
        "LINK_CHECK": "0",
        "DEBUG": "1",
        "PYTHONUNBUFFERED": "1",
    }
    return subprocess.Popen(
        [sys.executable, "manage.py", *arguments],
        env=environment,
        cwd=django_settings.BASE_DIR,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )


class SlowPostbox(Postbox):
    """Says when somebody has come, and lets him wait."""

    def __init__(self):
        super().__init__()
        self.somebody_came, self.go_on = threading.Event(), threading.Event()

    async def handle_DATA(self, server, session, envelope):
        import asyncio

        self.somebody_came.set()
        while not self.go_on.is_set():
            await asyncio.sleep(0.05)
        return await super().handle_DATA(server, session, envelope)


@pytest.fixture
def slow():
    box = SlowPostbox()
    box.port = free_port()
    controller = Controller(box, hostname="127.0.0.1", port=box.port)
    controller.start()
    yield box
    box.go_on.set()
    controller.stop()


def queue(number):
    for n in range(number):
        mail.send(f"p{n}@example.org", "portal@example.org", subject="Hallo", message="Text")


def receivers(box):
    return sorted(to[0] for to, _message in box.mails)


@pytest.mark.django_db(transaction=True)
def test_two_at_once_send_each_mail_once(slow, tmp_path):
    queue(25)
    first = manage("tick", port=slow.port, folder=tmp_path)
    assert slow.somebody_came.wait(60)
    second = manage("tick", port=slow.port, folder=tmp_path)
    said, _ = second.communicate(timeout=60)
    assert (second.returncode, said) == (0, "läuft schon\n")
    slow.go_on.set()
    assert first.wait(timeout=120) == 0
    assert receivers(slow) == sorted(f"p{n}@example.org" for n in range(25))
    assert manage("tick", port=slow.port, folder=tmp_path).wait(timeout=120) == 0
    assert len(slow.mails) == 25
    assert not Job.objects.exclude(failures=0).exists()


@pytest.mark.django_db(transaction=True)
def test_a_kill_leaves_nothing_locked(slow, tmp_path):
    queue(3)
    killed = manage("tick", port=slow.port, folder=tmp_path)
    assert slow.somebody_came.wait(60)
    killed.kill()
    assert killed.wait(timeout=30) == -signal.SIGKILL
    assert Job.objects.get(name=MINUTELY).running_since
    slow.go_on.set()
    # PostgreSQL notices within a moment that the connection is gone.
    for _ in range(20):
        again = manage("tick", port=slow.port, folder=tmp_path)
        said, _err = again.communicate(timeout=120)
        if said != "läuft schon\n":
            break
    assert again.returncode == 0
    assert Email.objects.filter(status=STATUS.sent).count() == 3
    assert Job.objects.get(name=MINUTELY).running_since is None
    assert Job.objects.get(name=DAILY).done_on == timezone.localdate()


@pytest.mark.django_db(transaction=True)
def test_the_service_ends_within_seconds(slow, tmp_path):
    queue(25)
    worker = manage("worker", port=slow.port, folder=tmp_path)
    assert slow.somebody_came.wait(60)
    worker.terminate()
    time.sleep(0.5)
    slow.go_on.set()
    began = time.monotonic()
    assert worker.wait(timeout=30) == 0
    assert time.monotonic() - began < 10
    sent = Email.objects.filter(status=STATUS.sent).count()
    assert sent == len(slow.mails) == 10  # what it had in hand
    assert list(Job.objects.values_list("name", "failures")) == [(MINUTELY, 0)]

    worker = manage("worker", port=slow.port, folder=tmp_path)
    while Job.objects.exclude(done_on=None).count() < len(jobs.names()):
        assert time.monotonic() - began < 120
        time.sleep(0.2)
    worker.terminate()  # while it waits for the next minute
    assert worker.wait(timeout=10) == 0
    assert len(slow.mails) == 25


@pytest.mark.django_db(transaction=True)
def test_a_mail_server_that_never_answers_holds_up_nothing_for_long(settings):
    settings.EMAIL_TIMEOUT = 1
    settings.POST_OFFICE = {**settings.POST_OFFICE, "BACKENDS": {"default": "portal.smtp.EmailBackend"}}
    queue(12)
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        settings.EMAIL_HOST, settings.EMAIL_PORT = silent.getsockname()
        began = time.monotonic()
        call_command("send_mail")
    assert time.monotonic() - began < 20
    # Ten have tried; with none of them gone, the others need not.
    assert Email.objects.filter(status=STATUS.requeued).count() == 10
    assert Email.objects.filter(status=STATUS.queued).count() == 2


# Shown to staff ---------------------------------------------------------------------------------------------

STOPPED = "Der Zeitgeber läuft nicht: E-Mails bleiben liegen"
LIST = "/admin/timer/job/"


def page(client, path="/admin/"):
    return client.get(path).content.decode()


def ran(ago=timedelta(), **values):
    return Job.objects.create(name=values.pop("name", MINUTELY), started=timezone.now() - ago, **values)


def test_the_start_page_says_when_it_has_not_run_for_a_quarter_of_an_hour(administrator, clock):
    assert f'<a href="{LIST}">{STOPPED}</a>' in page(administrator), "never"
    ran(timedelta(minutes=14))
    assert STOPPED not in page(administrator)
    clock(minutes=2)
    assert STOPPED in page(administrator)
    assert STOPPED in page(administrator, LIST)


def test_only_who_manages_the_portal_hears_of_it(editor, coordinator):
    for client in (editor, coordinator):
        assert STOPPED not in page(client)
        assert client.get(LIST).status_code == 403


def test_the_start_page_says_when_a_job_fails(administrator):
    ran(failures=1, failed=timezone.now())
    assert f'<a href="{LIST}">1 Aufgabe scheitert</a>' in page(administrator)
    ran(name=DAILY, failures=3, failed=timezone.now())
    assert "2 Aufgaben scheitern" in page(administrator)


def test_what_hangs_is_named(administrator):
    since = timezone.now() - timedelta(minutes=20)
    ran(timedelta(minutes=20), running_since=since)
    shown = f"„send_mail“ läuft seit {timezone.localtime(since):%H:%M} Uhr, alles andere wartet"
    assert shown in page(administrator)
    assert f"läuft seit {timezone.localtime(since):%-d.%-m.%Y %H:%M} Uhr" in page(administrator, LIST)
    Job.objects.update(running_since=timezone.now() - timedelta(hours=2), started=timezone.now() - timedelta(hours=2))
    assert STOPPED in page(administrator), "it was killed"


def test_the_list_says_in_german_what_each_job_does_and_what_is_to_be_done(administrator, calls):
    calls.broken = {DAILY: ValueError("geheim"), MINUTELY: ValueError("geheim")}
    call_command("tick")
    html = page(administrator, LIST)
    for name in jobs.names():
        assert jobs.words(name) in html
    assert "Räumt abgelaufene Sitzungen weg." in html
    assert html.count("gescheitert am") == 2
    assert "abwarten: Der nächste Versuch ist am" in html
    assert "der Technik sagen" in html
    assert "geheim" not in html
    assert "von außen" not in html
    assert administrator.get(f"{LIST}{DAILY}/change/").status_code == 200
    for path in (f"{LIST}add/", f"{LIST}{DAILY}/delete/"):
        assert administrator.get(path).status_code == 403
    assert administrator.post(f"{LIST}{DAILY}/change/", {"failures": 0}).status_code == 403


def test_start_page_and_list_ask_as_often_for_ten_rows_as_for_a_hundred(
    administrator, django_assert_max_num_queries, calls
):
    from django.test.utils import CaptureQueriesContext

    def asked():
        found = []
        for path in ("/admin/", LIST):
            with CaptureQueriesContext(connection) as queries:
                assert administrator.get(path).status_code == 200
            found.append(len(queries))
        return found

    call_command("tick")
    asked()
    few = asked()
    Job.objects.bulk_create(
        Job(name=f"x{n}", started=timezone.now(), failures=1, failed=timezone.now()) for n in range(100)
    )
    assert asked() == few


# For machines ------------------------------------------------------------------------------------------------


@pytest.fixture
def fresh(monkeypatch):
    """A process that has looked up nothing yet."""
    monkeypatch.setattr(readiness, "_migrations", {"complete": False, "looked": float("-inf")})


@pytest.mark.django_db
@pytest.mark.parametrize("host", ["127.0.0.1:8000", "unbekannt.example.net", "web", "_"])
def test_ready_for_whatever_name_it_is_asked_by(client, fresh, settings, host):
    settings.SECURE_SSL_REDIRECT = settings.TRUST_PROXY = True
    for method in (client.get, client.head):
        response = method("/readyz", headers={"host": host})
        assert response.status_code == 200
        assert response["Cache-Control"] == "no-store"
        assert response["Content-Type"] == "text/plain; charset=utf-8"
        assert not response.cookies
        assert "Location" not in response.headers
    assert client.get("/readyz", headers={"host": host}).content == b"ok"
    assert client.post("/readyz").status_code == 405


@pytest.mark.django_db
def test_not_ready_while_migrations_are_missing_and_no_word_of_which(client, fresh, monkeypatch, caplog):
    looked = []

    class Missing:
        def __init__(self, connection):
            self.loader = self.graph = self
            looked.append(1)

        def leaf_nodes(self):
            return []

        def migration_plan(self, targets):
            return ["timer.0001"]

    monkeypatch.setattr(readiness, "MigrationExecutor", Missing)
    for _ in range(5):
        response = client.get("/readyz")
        assert (response.status_code, response.content) == (503, b"not ready")
        assert response["Cache-Control"] == "no-store"
    assert len(looked) == 1, "whoever asks often makes no work"
    assert "Migrationen stehen aus" in caplog.text


@pytest.mark.django_db
def test_what_is_complete_is_not_looked_up_again(client, fresh, django_assert_num_queries):
    client.get("/readyz")
    with django_assert_num_queries(1):
        assert client.get("/readyz").status_code == 200


def no_database(monkeypatch):
    def gone(*args, **kwargs):
        raise OperationalError("connection to server at db.example.org failed: password of portal")

    monkeypatch.setattr(readiness.connection, "cursor", gone)
    monkeypatch.setattr(readiness.connection, "close", lambda: None)


@pytest.mark.django_db
def test_not_ready_without_a_database(client, monkeypatch):
    no_database(monkeypatch)
    response = client.get("/readyz")
    assert (response.status_code, response.content) == (503, b"not ready")
    monkeypatch.undo()
    assert client.get("/readyz").status_code == 200


def check(capsys):
    code = 0
    try:
        call_command("status")
    except SystemExit as ended:
        code = ended.code
    said = capsys.readouterr().out
    assert said.count("\n") == 1
    assert re.fullmatch(r"(OK|WARNUNG|KRITISCH) - [^|]+ \| ([\w]+=\d+(s|MB)?( |$))+", said.strip()), said
    return code, said


@pytest.mark.django_db
def test_the_monitoring_gets_one_line_and_a_number(capsys, monkeypatch, clock, settings):
    ran(succeeded=timezone.now())
    assert check(capsys)[0] == 0
    queue(2)
    clock(minutes=5)
    code, said = check(capsys)
    assert (code, "2 E-Mails warten (die älteste vor 5 min)" in said) == (0, True)
    clock(minutes=70)
    code, said = check(capsys)
    assert code == 2
    assert STOPPED in said
    Job.objects.update(started=timezone.now(), failures=1, failed=timezone.now())
    code, said = check(capsys)
    assert (code, "gescheitert: send_mail" in said) == (1, True)
    Job.objects.update(failures=0)
    assert check(capsys)[0] == 1, "the mail waits for more than an hour"
    Email.objects.all().delete()
    assert check(capsys)[0] == 0
    clock(hours=50)
    Job.objects.update(started=timezone.now())
    settings.BACKUP_EXPECTED = True
    code, said = check(capsys)
    assert (code, "noch nie gesichert" in said) == (1, True)
    Backup.objects.create(worked=True, at=timezone.now() - timedelta(hours=50))
    code, said = check(capsys)
    assert (code, "gesichert vor 2 Tagen" in said) == (1, True)
    Backup.objects.update(at=timezone.now() - timedelta(days=8))
    assert check(capsys)[0] == 2
    Backup.objects.all().delete()
    settings.BACKUP_EXPECTED = False
    monkeypatch.setattr(status.shutil, "disk_usage", lambda path: type("Usage", (), {"free": 100_000_000}))
    assert check(capsys) == (2, check(capsys)[1])
    assert "0,1 GB frei" in check(capsys)[1]


@pytest.mark.django_db
def test_the_monitoring_is_told_that_the_database_is_away_and_nothing_of_where_it_is(capsys, monkeypatch):
    no_database(monkeypatch)
    code, said = check(capsys)
    assert code == 2
    assert "die Datenbank antwortet nicht" in said
    assert "example.org" not in said


@pytest.mark.django_db
def test_what_others_do_can_be_noted_too():
    with ticking.noted("backup"):
        assert Job.objects.get(name="backup").running_since
    assert Job.objects.get(name="backup").succeeded
    with pytest.raises(OSError), ticking.noted("backup"):
        raise OSError("disk of erika@example.org is full")
    job = Job.objects.get(name="backup")
    assert (job.failures, job.running_since) == (1, None)
    assert "erika" not in job.error


def test_connections_of_the_lock_are_closed(calls):
    before = set(connections.all(initialized_only=True))
    call_command("tick")
    assert set(connections.all(initialized_only=True)) == before
