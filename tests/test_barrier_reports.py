import re
import time
from datetime import timedelta

import pytest
from django.core.management import call_command
from django.utils import timezone
from post_office.models import Email

from portal.forms import BarrierReportForm
from portal.models import BarrierReport
from tests.conftest import form_data

pytestmark = pytest.mark.django_db

URL = "/de/barriere-melden/"


@pytest.fixture(autouse=True)
def _site(site):
    pass


@pytest.fixture
def form(client, monkeypatch):
    """The form as a visitor finds it, and the time to fill it in."""
    data = form_data(client.get(URL).content.decode())
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + 30)
    return {**data, "message": "Der Knopf ist mit der Tastatur nicht zu erreichen."}


def test_a_report_needs_only_a_message_and_gets_a_number(client, form):
    response = client.post(URL, form, follow=True)
    report = BarrierReport.objects.get()
    assert report.message.startswith("Der Knopf")
    assert report.language == "de"
    assert report.reference in response.content.decode()
    assert not response.cookies
    assert report.due_on == timezone.localdate() + timedelta(days=14)
    assert report.delete_after > timezone.localdate()


def test_the_office_is_told_by_mail_without_what_the_person_wrote(client, form):
    client.post(URL, {**form, "email": "person@example.org"})
    mail = Email.objects.get()
    assert mail.to == ["portal@example.org"]
    assert BarrierReport.objects.get().reference in mail.subject
    assert "person@example.org" not in mail.message
    assert "Der Knopf" not in mail.message


def test_a_report_is_safe_even_when_the_mail_cannot_be_queued(client, form, monkeypatch):
    def broken(*args, **kwargs):
        raise RuntimeError("no queue")

    monkeypatch.setattr("portal.views.outbox.queue", broken)
    assert client.post(URL, form).status_code == 302
    assert BarrierReport.objects.count() == 1


def test_sending_twice_makes_one_report(client, form):
    first, second = client.post(URL, form), client.post(URL, form)
    assert first["Location"] == second["Location"]
    assert BarrierReport.objects.count() == 1
    assert Email.objects.count() == 1


@pytest.mark.parametrize("language", ["de", "ar", "kmr"])
def test_a_mistake_is_explained_in_the_readers_language_and_nothing_is_lost(client, form, language):
    form = {**form, "message": "", "email": "falsch", "name": "Amal", "page": "/de/stellen/"}
    response = client.post(f"/{language}/barriere-melden/", form)
    html = response.content.decode()
    assert response.status_code == 400
    assert 'role="alert"' in html
    assert 'aria-invalid="true"' in html
    assert 'value="Amal"' in html
    assert 'value="falsch"' in html
    assert 'href="#id_email"' in html
    assert BarrierReport.objects.count() == 0
    if language == "de":
        assert "<title>Fehler: Barriere melden" in html
    else:
        assert "Bitte schreiben Sie" not in html
        assert "This field" not in html


def test_a_form_left_open_for_days_keeps_what_was_written(client, form, monkeypatch):
    monkeypatch.setattr(time, "time", lambda: 10**10)
    response = client.post(URL, form)
    html = response.content.decode()
    assert "lag sehr lange offen" in html
    assert "Der Knopf ist mit der Tastatur" in html
    fresh = form_data(html)
    assert fresh["stamp"] != form["stamp"]


@pytest.mark.parametrize("change", [{"website": "https://spam.example"}, {"stamp": ""}, {"stamp": "gefälscht:x:y"}])
def test_robots_are_stopped(client, form, change):
    assert client.post(URL, {**form, **change}).status_code == 400
    assert BarrierReport.objects.count() == 0


def test_a_form_sent_in_an_instant_is_shown_again_and_then_accepted(client, monkeypatch):
    data = {**form_data(client.get(URL).content.decode()), "message": "Text"}
    response = client.post(URL, data)
    assert "sehr schnell" in response.content.decode()
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + 10)
    assert client.post(URL, form_data(response.content.decode())).status_code == 302


def test_too_many_reports_from_one_place_are_answered_with_429(client, form, monkeypatch):
    monkeypatch.setattr(BarrierReportForm, "PER_HOUR", 2)
    stamps = []
    real = time.time
    for _ in range(3):
        stamps.append(form_data(client.get(URL).content.decode())["stamp"])
    now = real()
    monkeypatch.setattr(time, "time", lambda: now + 30)
    codes = [client.post(URL, {**form, "stamp": stamp}).status_code for stamp in stamps]
    assert codes == [302, 302, 429]
    assert BarrierReport.objects.count() == 2


@pytest.mark.parametrize(
    "change",
    [
        {"message": "a" * 10_000},
        {"name": "a" * 10_000},
        {"email": "a\r\nBcc: x@example.org"},
        {"message": "a\x00b"},
        {"page": "x" * 501},
    ],
)
def test_hostile_values_get_a_clear_answer(client, form, change):
    response = client.post(URL, {**form, **change})
    assert response.status_code == 400
    assert BarrierReport.objects.count() == 0


def test_text_in_any_language_is_kept_as_it_is(client, form):
    client.post(URL, {**form, "message": "لا أستطيع قراءة النص <b>"})
    assert BarrierReport.objects.get().message == "لا أستطيع قراءة النص <b>"


def test_reports_are_for_the_administration_only(client, form, editor):
    client.post(URL, form)
    report = BarrierReport.objects.get()
    assert editor.get("/admin/portal/barrierreport/").status_code == 403
    assert editor.get(f"/admin/portal/barrierreport/{report.pk}/change/").status_code == 403
    assert "Barrieren" not in editor.get("/admin/").content.decode()


def test_the_administration_answers_and_closes(client, form, administrator):
    client.post(URL, form)
    report = BarrierReport.objects.get()
    path = f"/admin/portal/barrierreport/{report.pk}/change/"
    html = administrator.get(path).content.decode()
    assert "Der Knopf ist" in html
    assert "Schlichtungsstelle" in html
    today = timezone.localdate()
    assert administrator.post(path, {"note": "behoben", "closed_on": f"{today:%d.%m.%Y}"}).status_code == 302
    report.refresh_from_db()
    assert report.closed_on == today
    assert report.delete_after == today + BarrierReport.KEEP_CLOSED


def test_reports_are_deleted_when_their_time_is_up(client, form, capsys):
    client.post(URL, form)
    BarrierReport.objects.update(delete_after=timezone.localdate())
    call_command("purge_personal_data")
    assert BarrierReport.objects.count() == 1
    BarrierReport.objects.update(delete_after=timezone.localdate() - timedelta(days=1))
    call_command("purge_personal_data", dry_run=True)
    assert BarrierReport.objects.count() == 1
    call_command("purge_personal_data")
    assert BarrierReport.objects.count() == 0
    assert re.search(r"Barrieren: 1 gelöscht", capsys.readouterr().out)


def test_the_form_is_not_fooled_by_a_forged_sender_address(client, form, settings, monkeypatch):
    """Without a trusted proxy in front, X-Forwarded-For is what anybody likes to write."""
    monkeypatch.setattr(BarrierReportForm, "PER_HOUR", 0)
    assert client.post(URL, form, headers={"x-forwarded-for": "192.0.2.7"}).status_code == 429


def test_the_page_the_reader_came_from_is_filled_in(client):
    assert 'value="/de/stellen/"' in client.get(f"{URL}?seite=/de/stellen/").content.decode()


def test_a_corrected_text_sent_again_is_not_lost(client, form):
    client.post(URL, form)
    client.post(URL, {**form, "message": "Genauer: der Knopf „Absenden“."})
    assert BarrierReport.objects.count() == 2


def test_a_report_is_safe_even_when_the_cache_is_down(client, form, settings):
    settings.CACHES = {"default": {"BACKEND": "tests.test_limits.DeadCache"}}
    assert client.post(URL, form).status_code == 302
    assert BarrierReport.objects.count() == 1


@pytest.mark.parametrize("day", ["31.12.9999", "01.01.0001", "01.01.2206"])
def test_a_mistyped_day_of_closing_is_refused(client, form, administrator, day):
    client.post(URL, form)
    report = BarrierReport.objects.get()
    response = administrator.post(f"/admin/portal/barrierreport/{report.pk}/change/", {"closed_on": day})
    assert "zwischen dem Eingang und heute" in response.content.decode()
