"""How often and how much: counted in the database, refused before it is read, said in the reader's language."""

import re
import threading
import time

import pytest
from django.conf import settings as django_settings
from django.core.cache.backends.base import BaseCache
from django.core.management import call_command
from django.db import OperationalError, connection
from django.test import Client

from integration.wegweiser.forms import SuggestionForm
from lotsen.company.forms import RequestForm
from lotsen.sign_up.forms import SignUpForm
from portal.forms import BarrierReportForm
from portal.limits import counting
from portal.limits.models import Tally
from portal.models import BarrierReport
from portal.timer import jobs
from tests import factories
from tests.conftest import form_data, log_in

BARRIER = "/de/barriere-melden/"


class DeadCache(BaseCache):
    """A cache whose server is gone."""

    def __init__(self, location, params):
        super().__init__(params)

    def gone(self, *args, **kwargs):
        raise ConnectionError("cache is down")

    add = get = set = touch = delete = clear = incr = has_key = get_many = set_many = gone


@pytest.fixture
def form(client, site, monkeypatch):
    """The form as a visitor finds it, and the time to fill it in."""
    data = form_data(client.get(BARRIER).content.decode())
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + 30)
    return {**data, "message": "Der Knopf ist mit der Tastatur nicht zu erreichen."}


# Counting -------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_it_counts_until_its_time_is_over_and_begins_anew(monkeypatch):
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now)
    assert [counting.wait("form:a", 2, 3600) for _ in range(4)] == [0, 0, 3600, 3600]
    assert counting.wait("form:b", 2, 3600) == 0
    monkeypatch.setattr(time, "time", lambda: now + 3000)
    assert counting.wait("form:a", 2, 3600) == 600  # trying on does not lengthen it
    monkeypatch.setattr(time, "time", lambda: now + 3601)
    assert [counting.wait("form:a", 2, 3600) for _ in range(3)] == [0, 0, 3600]


@pytest.mark.django_db(transaction=True)
def test_at_the_same_moment_nobody_is_counted_twice_or_forgotten():
    numbers, wrong = [], []

    def work():
        try:
            numbers.extend(counting.count("form:together", 3600)[0] for _ in range(10))
        except Exception as error:
            wrong.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
    assert sorted(numbers) == list(range(1, 81))


@pytest.mark.django_db
def test_what_is_kept_leads_back_to_nobody_and_cannot_fill_the_disk(rf, settings):
    settings.TRUST_PROXY = True

    def origin(address):
        return counting.origin(rf.get("/", headers={"x-forwarded-for": address}))

    found = {origin(f"203.0.{a}.{b}") for a in range(20) for b in range(200)}
    assert 3500 < len(found) <= 4000  # told apart
    assert all(re.fullmatch("[0-9a-f]{4}", each) for each in found)  # 65,536 at most
    assert len({origin(f"2001:db8:0:7::{n:x}") for n in range(500)}) == 1  # one household
    assert origin("2001:db8:0:8::1") != origin("2001:db8:0:7::1")
    assert origin("unsinn") == origin("unsinn")


@pytest.mark.django_db
def test_the_daily_job_forgets_what_no_longer_counts(monkeypatch):
    counting.count("form:old", 3600)
    counting.count("form:new", 7200)
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + 3700)
    call_command("forget_tallies")
    assert list(Tally.objects.values_list("key", flat=True)) == ["form:new"]
    assert "forget_tallies" in {command for command, _options in jobs.of_each_day()}


# Forms ----------------------------------------------------------------------------------------------


@pytest.mark.django_db
@pytest.mark.parametrize("language", ["de", "ar"])
def test_too_many_are_told_when_to_come_back_and_keep_their_words(client, form, monkeypatch, language):
    monkeypatch.setattr(BarrierReportForm, "PER_HOUR", 0)
    response = client.post(f"/{language}/barriere-melden/", form)
    html = response.content.decode()
    assert response.status_code == 429
    assert 0 < int(response["Retry-After"]) <= 3600
    assert response["Cache-Control"] == "no-store"
    assert f'<html lang="{language}"' in html
    assert 'role="alert"' in html
    assert "<title>" in html
    assert html.count("<h1") == 1
    assert "Der Knopf ist mit der Tastatur" in html
    assert BarrierReport.objects.count() == 0


@pytest.mark.django_db
def test_a_count_is_shared_by_all_who_serve_and_nobody_elses(client, form, monkeypatch, settings):
    """Another process knows no more than the database; another network is another sender."""
    settings.TRUST_PROXY = True
    monkeypatch.setattr(BarrierReportForm, "PER_HOUR", 1)

    def send(address, message):
        return Client().post(BARRIER, {**form, "message": message}, headers={"x-forwarded-for": address}).status_code

    assert [send("198.51.100.7", "a"), send("198.51.100.7", "b"), send("203.0.113.9", "c")] == [302, 429, 302]
    keys = Tally.objects.values_list("key", flat=True)
    assert not any("198.51" in key for key in keys)


@pytest.mark.django_db
def test_a_busy_database_says_so_and_gives_back_what_was_written(client, form, monkeypatch):
    def locked(*args, **kwargs):
        raise OperationalError("database is locked")

    monkeypatch.setattr(counting, "count", locked)
    client.raise_request_exception = False
    response = client.post(BARRIER, form)
    html = response.content.decode()
    assert response.status_code == 503
    assert response["Retry-After"] == "60"
    assert response["Cache-Control"] == "no-store"
    assert "noch nicht angekommen" in html
    assert "Der Knopf ist mit der Tastatur" in html
    monkeypatch.undo()
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + 30)
    assert client.post(BARRIER, form_data(html)).status_code == 302
    assert BarrierReport.objects.get().message.startswith("Der Knopf")


@pytest.mark.django_db
def test_every_form_for_everybody_counts_and_is_never_kept_for_somebody_else(client, site):
    """The page's stamp is of one moment: whoever comes later must not be shown it."""
    factories.make_lotsen_page()
    factories.make_kind()
    service = factories.make_service(factories.make_location())
    pages = {
        BarrierReportForm: BARRIER,
        SuggestionForm: f"/de/wegweiser/{service.slug}/fehler-melden/",
        SignUpForm: "/de/lotsen/mitmachen/",
        RequestForm: "/de/lotsen/begleitung/",
    }
    for form, path in pages.items():
        response = client.get(path)
        assert response.status_code == 200, path
        assert response["Cache-Control"] == "private, no-cache", path  # going back loses nothing
        stamp = form_data(response.content.decode())["stamp"]
        answer = client.post(path, {"stamp": stamp})
        assert (answer.status_code, answer["Cache-Control"]) == (400, "no-store"), path
        assert form.PER_HOUR <= 500


# Signing in -----------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_one_password_for_many_names_does_not_get_far(client, site, settings, monkeypatch):
    monkeypatch.setattr("portal.accounts.throttling.MOST", 20)
    settings.CACHES = {"default": {"BACKEND": "tests.test_limits.DeadCache"}}
    codes = [
        client.post("/admin/login/", {"username": f"name{n}", "password": "Sommer2026!!"}).status_code
        for n in range(22)
    ]
    assert codes == [200] * 20 + [429] * 2
    response = client.post("/admin/passwort/vergessen/", {"email": "a@example.org"})
    assert response.status_code == 429
    assert 0 < int(response["Retry-After"]) <= 900
    assert "Von Ihrem Anschluss" in response.content.decode()
    assert client.get("/admin/login/").status_code == 200


# Sizes and methods ----------------------------------------------------------------------------------


class NeverRead:
    """A body that must not be looked at."""

    def read(self, *args):
        raise AssertionError("was read")

    readline = readlines = __iter__ = read


def announce(client, path, length, **extra):
    """A request whose body is announced and must not be read."""
    return client.generic(
        "POST",
        path,
        CONTENT_TYPE="multipart/form-data; boundary=x",
        **{"CONTENT_LENGTH": str(length), "wsgi.input": NeverRead(), **extra},
    )


@pytest.mark.django_db
@pytest.mark.parametrize(
    "path", ["/ar/barriere-melden/", "/admin/login/", "/admin/publications/publication/add/", "/de/stellen/", "/"]
)
def test_twenty_megabytes_from_nobody_are_refused_unread(client, site, path):
    response = announce(client, path, 20 * 1024**2)
    assert response.status_code == (405 if path in {"/de/stellen/", "/"} else 413)
    html = response.content.decode()
    assert "<h1>" in html
    if path.startswith("/ar/"):
        assert '<html lang="ar" dir="rtl">' in html


@pytest.mark.django_db
def test_staff_may_upload_as_much_as_is_allowed_and_are_told_how_much(editor, settings):
    path = "/admin/publications/publication/add/"
    response = announce(editor, path, settings.LARGEST_UPLOAD + 1)
    assert response.status_code == 413
    assert "höchstens 25 MB" in response.content.decode()
    with pytest.raises(AssertionError, match="was read"):
        announce(editor, path, settings.LARGEST_UPLOAD)


@pytest.mark.django_db
def test_a_password_alone_uploads_nothing(client, admin_user):
    client.force_login(admin_user)
    assert announce(client, "/admin/media/picture/add/", 5 * 1024**2).status_code == 413


@pytest.mark.django_db
def test_a_form_as_long_as_people_write_is_read(client, form):
    assert client.post(BARRIER, {**form, "message": "😀" * 5000}).status_code == 302
    assert client.post(BARRIER, {**form, "message": "😀" * 30_000}).status_code == 400  # said at the field
    assert client.post(BARRIER, {**form, "message": "😀" * 100_000}).status_code == 413


@pytest.mark.django_db
def test_an_organization_with_many_entries_may_answer_for_all_of_them(client, site):
    wrong = "/de/wegweiser/pruefen/x:y:z/"
    assert client.post(wrong, {"a": "x" * 1_000_000}).status_code == 403  # the link is wrong, the size is not
    assert client.post(wrong, {"a": "x" * 3_000_000}).status_code == 413


@pytest.mark.django_db
def test_texts_longer_than_memory_are_too_much_for_staff_too(editor):
    response = editor.post("/admin/portal/page/add/", {"title_de": "x" * 3_000_000})
    assert response.status_code == 413


@pytest.mark.django_db
@pytest.mark.parametrize("length", ["-1", "abc", "", "9" * 30])
def test_nonsense_for_a_length_is_answered(client, site, length):
    response = client.generic("POST", BARRIER, b"message=a", CONTENT_LENGTH=length)
    assert response.status_code in {400, 413}


@pytest.mark.django_db
@pytest.mark.parametrize("fields", [9_000, 10_001, 40_000])
def test_thousands_of_fields_are_answered(client, site, fields):
    body = "&".join(f"a{n}=" for n in range(fields))
    response = client.generic("POST", BARRIER, body, content_type="application/x-www-form-urlencoded")
    assert response.status_code == (413 if len(body) > django_settings.LARGEST_FORM else 400)
    assert "<h1" in response.content.decode()


@pytest.mark.django_db
@pytest.mark.parametrize("language", ["de", "fa"])
def test_an_address_without_end_is_refused(client, site, language):
    for path in (f"/{language}/suche/?q={'a' * 6_000}", f"/{language}/{'a' * 6_000}/"):
        response = client.get(path)
        assert response.status_code == 414
        assert f'<html lang="{language}"' in response.content.decode()
    assert client.get(f"/{language}/suche/?q={'a' * 5_900}").status_code == 200


@pytest.mark.django_db
@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "TRACE", "PROPFIND", "UNSINN"])
@pytest.mark.parametrize(
    "path",
    ["/ar/", "/ar/stellen/", "/ar/suche/", "/ar/barriere-melden/", "/", "/robots.txt", "/sitemap.xml", "/healthz",
     "/admin/", "/admin/login/", "/ar/veranstaltungen/kalender.ics"],
)  # fmt: skip
def test_other_methods_are_refused_in_words(client, site, path, method):
    response = client.generic(method, path, HTTP_ACCEPT_LANGUAGE="ar")
    assert response.status_code == 405
    assert "GET" in response["Allow"]
    html = response.content.decode()
    assert "<h1>" in html
    assert ('<html lang="ar" dir="rtl">' in html) is not path.startswith("/admin")


@pytest.mark.django_db
def test_where_there_is_no_form_nothing_can_be_sent(client, editor, site):
    office = factories.make_office()
    for path in ("/", "/de/", "/de/stellen/", office.get_absolute_url(), "/de/suche/", "/sitemap.xml", "/robots.txt"):
        response = client.post(path, {"a": "b"})
        assert (response.status_code, response["Allow"]) == (405, "GET, HEAD"), path
    assert client.options("/de/hsds/").status_code == 200


@pytest.mark.django_db
def test_a_method_the_view_itself_refuses_is_told_in_words_too(admin_user, site):
    strict = log_in(Client(), admin_user)
    response = strict.post("/admin/handbuch/")
    assert response.status_code == 405
    assert "Das hat nicht geklappt" in response.content.decode()
