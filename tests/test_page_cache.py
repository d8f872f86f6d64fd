"""Ready pages: the same for everybody, and never older than the last change."""

import gzip
import re
import subprocess
import sys
import threading
import time
from datetime import UTC, datetime, timedelta
from io import BytesIO
from random import Random

import pytest
from django.apps import apps
from django.core.management import call_command
from django.core.wsgi import get_wsgi_application
from django.db import DatabaseError, connection, connections, transaction
from django.test import RequestFactory
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from post_office.models import Email

from integration.offices.models import Office
from integration.topics.models import Term
from integration.wegweiser.models import Service
from lotsen.models import Volunteer
from lotsen.sign_up.forms import SignUpForm
from portal.models import Page, SiteProfile
from portal.page_cache import freshness, triggers, wal_index
from portal.page_cache import wsgi as page_cache
from portal.page_cache.models import ContentVersion
from tests import factories
from tests.forms import form_data

pytestmark = pytest.mark.django_db(transaction=True)
A_MEGABYTE = 1024 * 1024


class Reader:
    """Somebody who asks one process of the portal."""

    def __init__(self, app=None, max_bytes=A_MEGABYTE):
        self.cache = page_cache.PageCache(app or get_wsgi_application(), max_bytes)

    def get(self, path, method="GET", form=None, **headers):
        people = RequestFactory(headers=headers)
        environ = (people.post(path, form) if form else people.generic(method, path)).environ
        answer = {}

        def start(status, headers, exc_info=None):
            answer.update(status=int(status[:3]), headers=dict(headers))

        result = self.cache(environ, start)
        answer["body"] = b"".join(result)
        if hasattr(result, "close"):
            result.close()
        if answer["headers"].get("Content-Encoding") == "gzip" and answer["body"]:
            answer["body"] = gzip.GzipFile(fileobj=BytesIO(answer["body"])).read()
        answer["text"] = answer["body"].decode(errors="replace")
        answer["came"] = answer["headers"].get("Cache-Status", "")
        return answer


@pytest.fixture
def reader(site):
    found = Reader()
    yield found
    found.cache.freshness.close()


@pytest.fixture
def other_process(site):
    found = Reader()
    yield found
    found.cache.freshness.close()


@pytest.fixture
def one_moment(monkeypatch):
    """When a minute ends, each page is made anew; one that ends while a test is looking says nothing."""
    now = time.time()
    monkeypatch.setattr(page_cache.time, "time", lambda: now)


@pytest.mark.usefixtures("one_moment")
def test_a_page_is_made_once_and_then_handed_out(reader, django_assert_num_queries):
    factories.make_page(slug="hilfe", title_de="Hilfe")
    first = reader.get("/de/hilfe/")
    assert (first["status"], first["came"]) == (200, "portal; fwd=miss")
    with django_assert_num_queries(0):
        second = reader.get("/de/hilfe/")
    assert second["came"] == "portal; hit"
    assert second["body"] == first["body"]
    assert "Hilfe" in second["text"]
    same = {"Content-Security-Policy", "X-Content-Type-Options", "Content-Language", "Referrer-Policy", "ETag"}
    assert {name: second["headers"][name] for name in same} == {name: first["headers"][name] for name in same}


def test_what_is_on_every_page_is_not_made_again_for_a_form_that_was_sent(reader):
    reader.get("/de/barriere-melden/")
    with CaptureQueriesContext(connection) as asked:
        answer = reader.get("/de/barriere-melden/", method="POST")
    assert answer["came"] == ""
    assert "<main" in answer["text"]
    assert not [query for query in asked.captured_queries if "portal_siteprofile" in query["sql"]]
    SiteProfile.objects.update(title_de="Anderes Portal")
    assert "Anderes Portal" in reader.get("/de/barriere-melden/", method="POST")["text"]


@pytest.mark.usefixtures("one_moment")
def test_a_sign_up_asks_for_nothing_that_pages_have_shown_and_makes_none_anew(reader, monkeypatch):
    """The first one too, with which the wording of the privacy notice is kept."""
    monkeypatch.setattr(SignUpForm, "MIN_SECONDS", 0)
    kind, path = factories.make_kind(), "/de/lotsen/mitmachen/"
    factories.make_lotsen_page(office=factories.make_office())
    reader.get("/de/")
    for number in range(2):
        said = {"name": "Amal", "email": f"{number}@example.org", "place": "12345 Ort", "kinds": [kind.slug]}
        ticked = {"adult": "on", "acknowledged": "on", "spoken_0": "ar", "level_0": "B2", "step": "send"}
        form = form_data(reader.get(path)["text"]) | said | ticked
        with CaptureQueriesContext(connection) as asked:
            assert reader.get(path, form=form)["status"] == 302
        assert reader.get("/de/")["came"] == "portal; hit"
    assert Volunteer.objects.count() == Email.objects.count() == 2
    assert len(asked) <= 12  # counts once, begins, writes five rows and reads five times, commits


def changes():
    office = factories.make_office(slug="amt", title_de="Amt")
    term = factories.make_topic(title_de="Wohnen")

    def in_sql():
        with connection.cursor() as cursor:
            cursor.execute("UPDATE offices_office SET title_de = %s", ["In SQL"])

    def deleted():
        Office.objects.all().delete()

    return {
        "saved": office.save,
        "updated": lambda: Office.objects.update(title_de="Auf einmal"),
        "related": lambda: Office.objects.get().topics.add(term),
        "translated": lambda: Term.objects.filter(pk=term.pk).update(title_ar="سكن"),
        "made": lambda: Office.objects.bulk_create([Office(slug="neu", title_de="Neu", status="published")]),
        "ignoring conflicts": lambda: Office.objects.bulk_create(
            [Office(slug="neu2", title_de="Neu", status="published")], ignore_conflicts=True
        ),
        "the portal itself": lambda: SiteProfile.objects.update(title_de="Anders"),
        "in SQL": in_sql,
        "deleted": deleted,
    }  # fmt: skip


@pytest.mark.usefixtures("one_moment")
def test_after_any_change_the_very_next_reader_of_any_process_gets_the_new_page(reader, other_process):
    for name, change in changes().items():
        for process in (reader, other_process):
            process.get("/de/stellen/")
            assert process.get("/de/stellen/")["came"] == "portal; hit"
        change()
        for process in (reader, other_process):
            assert process.get("/de/stellen/")["came"] == "portal; fwd=miss", name


@pytest.mark.usefixtures("one_moment")
def test_what_is_not_saved_in_the_end_changes_nothing(reader):
    office = factories.make_office(title_de="Amt")
    reader.get("/de/stellen/")
    with transaction.atomic():
        Office.objects.filter(pk=office.pk).update(title_de="Anders")
        if connection.vendor == "postgresql":  # on SQLite nobody else can look meanwhile
            assert reader.get("/de/stellen/")["came"] == "portal; hit"
        transaction.set_rollback(True)
    assert reader.get("/de/stellen/")["came"] == "portal; hit"
    assert "Anders" not in reader.get("/de/stellen/")["text"]


@pytest.mark.usefixtures("one_moment")
def test_what_no_page_shows_gives_no_new_version(reader):
    reader.get("/de/")
    factories.make_volunteer()
    assert reader.get("/de/")["came"] == "portal; hit"


def test_every_table_that_a_page_may_show_is_watched():
    watched = triggers.names(connection)
    each = {f"page_cache_{table}" for table in triggers.tables()}
    if connection.vendor == "sqlite":
        each = {
            f"page_cache_{event}_{table}" for event in ("INSERT", "UPDATE", "DELETE") for table in triggers.tables()
        }
    assert watched == each
    assert {"offices_office", "offices_office_topics", "portal_page", "lotsen_lotsenpage"} <= set(triggers.tables())
    for config in apps.get_app_configs():  # what is said not to be public exists
        hidden = getattr(config, "not_public", ())
        assert hidden == "all" or set(hidden) <= {model.__name__ for model in config.get_models()}, config


def test_what_appears_and_disappears_by_its_dates_does_so_at_that_moment(reader):
    moment = timezone.now() + timedelta(seconds=1.5)
    factories.make_page(slug="bald", title_de="Bald da", publish_from=moment)
    factories.make_office(slug="amt", title_de="Bald weg", publish_until=moment)
    assert reader.get("/de/bald/")["status"] == 404
    assert "Bald weg" in reader.get("/de/stellen/amt/")["text"]
    time.sleep(max(0, (moment - timezone.now()).total_seconds()) + 0.01)
    assert "Bald da" in reader.get("/de/bald/")["text"]
    assert reader.get("/de/stellen/amt/")["status"] == 404


def test_with_each_minute_pages_are_made_anew_and_a_clock_put_back_does_no_harm(reader, monkeypatch):
    now = time.time()
    reader.get("/de/")
    monkeypatch.setattr(page_cache.time, "time", lambda: now + 61)
    assert reader.get("/de/")["came"] == "portal; fwd=miss"
    assert reader.get("/de/")["came"] == "portal; hit"
    monkeypatch.setattr(page_cache.time, "time", lambda: now - 3600)
    assert reader.get("/de/")["came"] == "portal; fwd=miss"


@pytest.mark.usefixtures("one_moment")
def test_nobody_gets_what_was_made_for_another(reader):
    factories.make_page(slug="hilfe")
    for path in ("/de/barriere-melden/", "/admin/login/", "/healthz"):
        for _time in (1, 2):
            answer = reader.get(path)
            assert "hit" not in answer["came"], path
    first, second = (reader.get("/de/barriere-melden/") for _time in (1, 2))
    assert "private" in first["headers"]["Cache-Control"]
    assert first["text"].split('name="stamp"')[1][:200] != second["text"].split('name="stamp"')[1][:200]
    reader.get("/de/hilfe/", Cookie="sessionid=geheim")
    assert reader.get("/de/hilfe/")["came"] == "portal; hit"
    assert reader.get("/", **{"Accept-Language": "ar"})["headers"]["Location"] == "/ar/"
    assert reader.get("/", **{"Accept-Language": "uk"})["headers"]["Location"] == "/uk/"
    assert reader.get("/de/hilfe/", Host="boese.example.org")["status"] == 400
    assert "boese" not in reader.get("/de/hilfe/")["text"]


@pytest.mark.usefixtures("one_moment")
def test_only_text_that_was_found_is_kept(site):
    def app(environ, start_response):
        start_response(*answers[environ["PATH_INFO"]])
        return BytesIO(b"x")

    page = [("Content-Type", "text/html"), ("Content-Length", "1")]
    answers = {
        "/de/a/": ("200 OK", page),
        "/de/b/": ("404 Not Found", page),
        "/de/c/": ("200 OK", [*page, ("Set-Cookie", "a=b")]),
        "/de/d/": ("200 OK", [*page, ("Vary", "Cookie")]),
        "/de/e/": ("200 OK", [*page, ("Cache-Control", "max-age=3, no-store")]),
        "/de/f/": ("200 OK", [("Content-Type", "application/pdf"), ("Content-Length", "1")]),
        "/de/g/": ("200 OK", [("Content-Type", "text/html")]),
        "/de/h/": ("200 OK", [*page, ("Content-Security-Policy", "script-src 'nonce-1'")]),
    }
    process = Reader(app)
    kept = [path for path in answers if process.get(path) and process.get(path)["came"] == "portal; hit"]
    assert kept == ["/de/a/"]
    process.cache.freshness.close()


def test_compressed_or_not_with_or_without_body_and_known_already(reader):
    factories.make_page(slug="hilfe")
    plain = reader.get("/de/hilfe/")
    packed = reader.get("/de/hilfe/", **{"Accept-Encoding": "br, gzip"})
    assert packed["headers"]["Content-Encoding"] == "gzip"
    assert packed["body"] == plain["body"]
    assert packed["headers"]["ETag"] != plain["headers"]["ETag"]
    assert "Content-Encoding" not in reader.get("/de/hilfe/", **{"Accept-Encoding": "gzip;q=0"})["headers"]
    for method in ("HEAD", "GET"):
        known = reader.get("/de/hilfe/", method, **{"If-None-Match": f'"x", {plain["headers"]["ETag"]}'})
        assert (known["status"], known["body"]) == (304, b"")
        assert known["headers"]["ETag"] == plain["headers"]["ETag"]
    head = reader.get("/de/hilfe/", "HEAD")
    assert (head["body"], head["headers"]["Content-Length"]) == (b"", str(len(plain["body"])))
    Page.objects.update(title_de="Neu")
    assert reader.get("/de/hilfe/", **{"If-None-Match": plain["headers"]["ETag"]})["status"] == 200
    assert reader.get("/de/impressum/", "HEAD")["body"] == b""  # nobody had asked for it before


WRITER = """
import sqlite3, sys
for line in sys.stdin:
    what, number = line.split()
    database = sqlite3.connect(sys.argv[1], isolation_level=None)
    if what == "save":
        database.execute("UPDATE portal_page SET title_de = ?", [f"Stand {number}"])
    elif what == "fold":
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    elif what == "tidy":
        database.execute("VACUUM")
    elif what == "regret":
        database.execute("BEGIN IMMEDIATE")
        database.execute("UPDATE portal_page SET title_de = 'Nie'")
        database.execute("ROLLBACK")
    database.close()
    print("done", flush=True)
"""


@pytest.mark.usefixtures("one_moment")
def test_sqlite_is_asked_only_after_a_commit_and_after_each(reader, monkeypatch):
    """Whoever commits, with another program too, and whatever SQLite does with its files meanwhile."""
    if connection.vendor != "sqlite":
        pytest.skip("a server is asked for its word")
    asked, usual = [], freshness.asking

    def counting(own):
        ask = usual(own)
        return lambda: asked.append(1) or ask()

    monkeypatch.setattr(freshness, "asking", counting)
    factories.make_page(slug="stand", title_de="Stand 0")
    reader.get("/de/stand/")
    reader.get("/de/stand/")
    before = len(asked)
    for _again in range(50):
        assert reader.get("/de/stand/")["came"] == "portal; hit"
    assert len(asked) == before

    command = [sys.executable, "-c", WRITER, connection.settings_dict["NAME"]]
    chance, number = Random(7), 0
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as writer:
        for _step in range(200):
            what = chance.choice(["save", "save", "fold", "tidy", "regret", "nothing"])
            number += what == "save"
            writer.stdin.write(f"{what} {number}\n")
            writer.stdin.flush()
            assert writer.stdout.readline() == "done\n"
            assert f"<h1>Stand {number}</h1>" in reader.get("/de/stand/")["text"], what
    assert number > 40


def test_a_server_gives_its_word_for_a_moment_and_keeps_it(reader, monkeypatch):
    """While others read all the time, and whoever commits: the contents, the version itself, or after a regret."""
    if connection.vendor == "sqlite":
        pytest.skip("SQLite is asked only after a commit")
    asked, usual, clock = [], freshness.asking, [100.0]

    def counting(own):
        ask = usual(own)
        return lambda: asked.append(1) or ask()

    monkeypatch.setattr(freshness, "asking", counting)
    factories.make_page(slug="stand", title_de="Stand 0")
    with monkeypatch.context() as still:
        still.setattr(freshness.time, "monotonic", lambda: clock[0])
        for _again in range(50):
            reader.get("/de/stand/")
        assert len(asked) == 1
        clock[0] += freshness.MOMENT
        reader.get("/de/stand/")
        assert len(asked) == 2
    stop = threading.Event()

    def keep_reading():
        while not stop.is_set():
            reader.cache.freshness.version()
        reader.cache.freshness.close()

    threads = [threading.Thread(target=keep_reading) for _number in range(2)]
    for thread in threads:
        thread.start()
    try:
        for number in range(1, 101):
            assert reader.get("/de/stand/")["status"] == 200
            if number % 3 == 0:
                with transaction.atomic():
                    Page.objects.update(title_de="Nie")
                    transaction.set_rollback(True)
            Page.objects.update(title_de=f"Stand {number}")
            assert f"<h1>Stand {number}</h1>" in reader.get("/de/stand/")["text"]
        ContentVersion.objects.update(token="")
        assert reader.get("/de/stand/")["came"] == ""
    finally:
        stop.set()
        for thread in threads:
            thread.join()


NEVER_CLOSED = []  # as in the portal: to close it would take away this process's locks


def test_the_index_of_sqlite_is_opened_once_however_many_ask_first(site, monkeypatch):
    if connection.vendor != "sqlite":
        pytest.skip("a server has none")
    usual, opened, found, together = wal_index.mmap, {}, [], threading.Barrier(8)
    NEVER_CLOSED.append(opened)

    def slow(*args, **kwargs):
        time.sleep(0.05)
        return usual(*args, **kwargs)

    def ask():
        own = connections.create_connection("default")
        together.wait()
        found.append(wal_index.wal_index(own))
        own.close()

    monkeypatch.setattr(wal_index, "_for_good", opened)
    monkeypatch.setattr(wal_index, "mmap", slow)
    threads = [threading.Thread(target=ask) for _number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 8
    assert len({id(index) for index in found}) == 1


def test_thirty_who_come_at_once_have_the_page_made_once(reader):
    made, app = [], reader.cache.app

    def slow(environ, start_response):
        made.append(environ["PATH_INFO"])
        time.sleep(0.2)
        return app(environ, start_response)

    reader.cache.app = slow
    answers = []

    def ask():
        answers.append(reader.get("/de/"))
        reader.cache.freshness.close()
        connection.close()

    threads = [threading.Thread(target=ask) for _number in range(30)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert made == ["/de/"]
    assert {answer["status"] for answer in answers} == {200}
    assert len({answer["body"] for answer in answers}) == 1


@pytest.mark.usefixtures("one_moment")
def test_ten_thousand_invented_addresses_fill_no_memory_and_what_is_read_stays(site):
    def app(environ, start_response):
        start_response("200 OK", [("Content-Type", "text/html"), ("Content-Length", "5000")])
        return BytesIO(b"x" * 5000)

    process = Reader(app, max_bytes=A_MEGABYTE)
    process.get("/de/")
    for number in range(10_000):
        process.get(f"/de/suche/?q={number}")
        if number % 50 == 0:
            assert process.get("/de/")["came"] == "portal; hit"
    assert process.cache.bytes <= A_MEGABYTE
    assert process.cache.bytes == sum(page.weight for page in process.cache.pages.values())
    assert process.get("/de/?" + "x" * 5000)["came"] == ""
    process.cache.freshness.close()


def test_while_the_database_is_gone_known_pages_stay_and_others_say_so(reader, monkeypatch):
    factories.make_page(slug="hilfe", title_de="Hilfe")
    reader.get("/ar/hilfe/")

    def refuse(connection):
        raise DatabaseError("gone")

    monkeypatch.setattr(freshness, "asking", refuse)
    reader.cache.freshness.close()
    reader.cache.freshness.index = None  # SQLite's need not even be asked
    answer = reader.get("/ar/hilfe/")
    assert (answer["status"], answer["came"]) == (200, "portal; hit; detail=unchecked")
    monkeypatch.setattr(page_cache.time, "time", lambda: timezone.now().timestamp() + 3600)
    assert reader.get("/ar/hilfe/")["status"] == 200
    monkeypatch.undo()
    reader.cache.freshness.asks_again_at = 0
    assert reader.get("/ar/hilfe/")["came"] == "portal; hit"


def test_a_page_that_cannot_be_made_now_is_given_as_it_was(reader):
    factories.make_page(slug="hilfe")
    app = reader.cache.app
    before = reader.get("/de/hilfe/")

    def broken(environ, start_response):
        start_response("503 Service Unavailable", [("Content-Type", "text/html"), ("Content-Length", "0")])
        return BytesIO()

    reader.cache.app = broken
    Page.objects.update(title_de="Neu")
    answer = reader.get("/de/hilfe/")
    assert (answer["status"], answer["came"]) == (200, "portal; hit; detail=stale")
    assert answer["body"] == before["body"]
    assert reader.get("/de/nie-gelesen/")["status"] == 503
    reader.cache.app = app
    assert "Neu" in reader.get("/de/hilfe/")["text"]


def test_who_waits_for_a_page_that_cannot_be_made_gets_it_as_it_was(reader):
    factories.make_page(slug="hilfe")
    before = reader.get("/de/hilfe/")
    asked, answers = threading.Event(), []

    def broken(environ, start_response):
        asked.set()
        time.sleep(0.3)  # the others have come by then
        start_response("503 Service Unavailable", [("Content-Type", "text/html"), ("Content-Length", "0")])
        return BytesIO()

    def ask():
        answers.append(reader.get("/de/hilfe/"))
        reader.cache.freshness.close()

    reader.cache.app = broken
    Page.objects.update(title_de="Neu")
    threads = [threading.Thread(target=ask) for _number in range(4)]
    for thread in threads:
        thread.start()
        asked.wait()
    for thread in threads:
        thread.join()
    assert [answer["status"] for answer in answers] == [200] * 4
    assert {answer["body"] for answer in answers} == {before["body"]}


def test_a_shared_cache_serves_several_processes_and_may_be_gone(reader, other_process, settings, monkeypatch):
    factories.make_page(slug="hilfe", title_de="Hilfe")
    settings.CACHE_IS_SHARED = True
    assert reader.get("/de/hilfe/")["came"] == "portal; fwd=miss"
    assert other_process.get("/de/hilfe/")["came"] == "portal; hit; detail=shared"
    Page.objects.update(title_de="Neu")
    assert "Neu" in other_process.get("/de/hilfe/")["text"]
    settings.CACHES = {
        "default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": "redis://127.0.0.1:1"}
    }
    Page.objects.update(title_de="Ohne")
    for process in (reader, other_process):
        assert "Ohne" in process.get("/de/hilfe/")["text"]


def test_during_migrations_no_page_is_kept_and_after_them_all_is_watched_again(reader):
    reader.get("/de/")
    triggers.take_down(using="default", plan=["one"])
    assert triggers.names(connection) == set()
    for _time in (1, 2):
        assert reader.get("/de/")["came"] == ""
    triggers.take_down(using="default", plan=[])
    call_command("migrate", verbosity=0)
    assert reader.get("/de/")["came"] == "portal; fwd=miss"
    SiteProfile.objects.update(title_de="Anders")
    assert "Anders" in reader.get("/de/")["text"]
    assert ContentVersion.objects.count() == 1


def test_what_stands_on_every_page_is_made_once_for_all_until_something_changes(reader, django_assert_max_num_queries):
    for number in range(3):
        factories.make_page(slug=f"seite-{number}", title_de=f"Seite {number}", in_menu=True)
    reader.get("/de/seite-0/")
    with django_assert_max_num_queries(4):
        page = reader.get("/de/seite-1/")
    menu = page["text"].split('<nav class="menu menu-wide')[1].split("</nav>")[0]
    assert menu.count("aria-current") == 1
    assert '<a href="/de/seite-1/" aria-current="page">Seite 1</a>' in menu
    assert "Seite 2" in menu
    Page.objects.filter(slug="seite-2").update(title_de="Umbenannt")
    assert "Umbenannt" in reader.get("/de/seite-1/")["text"]
    assert "Seite 0" in reader.get("/ar/seite-1/")["text"]


@pytest.mark.parametrize("address", ["/de/suche/", "/de/wegweiser/"])
@pytest.mark.parametrize("total", [10, 100])
def test_what_was_searched_before_is_found_in_memory_until_something_changes(
    reader, django_assert_max_num_queries, address, total
):
    services = [factories.make_service(title_de=f"Sprachkurs {number}") for number in range(total)]
    reader.get(f"{address}?q=Sprachkurs")
    with django_assert_max_num_queries(1):
        again = reader.get(f"{address}?q=Sprachkurs&n=1")
    assert again["came"] == "portal; fwd=miss"
    assert re.search(rf"\b{total} (Treffer|Angebote)", again["text"])
    services[0].delete()
    assert re.search(rf"\b{total - 1} (Treffer|Angebote)", reader.get(f"{address}?q=Sprachkurs")["text"])


def test_a_card_of_the_directory_is_drawn_once_a_minute_and_anew_after_a_change(reader, monkeypatch):
    service = factories.make_service(title_de="Rathaus")
    factories.make_hours(service, days="MO", opens_at="09:00", closes_at="12:00")
    clock = [datetime(2026, 11, 23, 10, 58, 30, tzinfo=UTC)]  # 11:58 in Germany
    monkeypatch.setattr("django.utils.timezone.now", lambda: clock[0])

    def shown(address):
        page = reader.get(address)["text"]
        notices = re.findall(r'<[^>]*role="note".*?</p>', page, re.S)
        return "Rathaus" in page, '<bdi dir="ltr">12:00</bdi>' in page, notices

    first = shown("/ar/wegweiser/")
    assert first[:2] == (True, True)
    assert len(first[2]) == 1  # that it is written in German
    assert shown("/ar/wegweiser/?n=1") == first
    clock[0] += timedelta(minutes=2)
    assert shown("/ar/wegweiser/?n=2") == (True, False, first[2])
    Service.objects.update(title_de="Stadthaus", title_ar="بلدية")
    assert shown("/ar/wegweiser/?n=3")[0] is False
