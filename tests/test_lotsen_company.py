"""Requests for company: the form, who could go, who goes, and what becomes of it."""

import random
import re
import threading
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest
from django.contrib.admin.models import LogEntry
from django.core import signing
from django.core.management import call_command
from django.db import IntegrityError, OperationalError, connection, connections, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone, translation
from post_office.models import STATUS, Email

from integration.wegweiser.models import ServiceAtLocation
from lotsen import confirmation, mails, statistics
from lotsen.company import arrival, day, forms, links, matching, steps
from lotsen.company.forms import RequestForm
from lotsen.models import (
    Assignment,
    AssistanceRequest,
    Disclosure,
    Fulfilment,
    LotsenSettings,
    NoticeText,
    Volunteer,
)
from portal import languages
from tests import factories
from tests.conftest import coordination_was_told, form_data, log_in
from tests.factories import make_kind, make_municipality, make_request, make_requirement, make_volunteer

pytestmark = pytest.mark.django_db

URL = "/de/lotsen/begleitung/"
LIST, VOLUNTEERS = "/admin/lotsen/assistancerequest/", "/admin/lotsen/volunteer/"
Asked, Answer, Stage = AssistanceRequest.Status, Assignment.Status, Volunteer.Stage


@pytest.fixture(autouse=True)
def _site(db):
    factories.make_site()


@pytest.fixture
def later(monkeypatch):
    """Moves the clock."""
    real = timezone.now

    def move(**by):
        monkeypatch.setattr(timezone, "now", lambda: real() + timedelta(**by))

    return move


def rules(**fields):
    LotsenSettings(**{**{f.name: getattr(LotsenSettings.current(), f.name) for f in LotsenSettings._meta.fields}, **fields}).save()  # fmt: skip
    return LotsenSettings.current()


def path(address):
    return address.removeprefix("http://127.0.0.1:8000")


def letters(to=None):
    found = Email.objects.order_by("pk")
    return list(found.filter(to=to) if to else found)


def last_letter(to):
    return letters(to)[-1]


def active(**fields):
    return make_volunteer({"ar": "B2"}, stage=Stage.ACTIVE, **fields)


def invited(asked=None, volunteer=None):
    """An invitation by the coordination's own step."""
    asked, volunteer = asked or make_request(), volunteer or active()
    steps.invite(asked, [volunteer])
    return asked.assignments.get(volunteer=volunteer)


def accepted(asked=None, volunteer=None):
    assignment = invited(asked, volunteer)
    steps.accept(assignment)
    return Assignment.objects.get(pk=assignment.pk)


def page_of(assignment):
    return path(links.to_invitation(assignment))


def fresh(row):
    return type(row).objects.get(pk=row.pk)


# The form -----------------------------------------------------------------------------------------------


@pytest.fixture
def offered():
    factories.make_lotsen_page()
    return make_kind(title_de="Behörden")


@pytest.fixture
def form(client, offered, monkeypatch):
    """The form as a school finds it, and the time to fill it in."""
    data = form_data(client.get(URL).content.decode())
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + 30)
    day_of = timezone.localdate() + timedelta(days=10)
    return {
        **data, "institution": "Grundschule", "name": "Sekretariat", "email": "schule@example.org", "spoken": "ar",
        "kind": offered.pk, "place": "Schulweg 1", "date": day_of.isoformat(), "start": "10:00", "end": "11:30",
        "note": "Elternabend",
    }  # fmt: skip


def test_a_request_waits_until_its_address_is_confirmed(client, form):
    response = client.post(URL, form)
    assert response.status_code == 302
    assert not response.cookies
    asked = AssistanceRequest.objects.get()
    assert (asked.institution, asked.name, asked.note) == ("Grundschule", "Sekretariat", "Elternabend")
    assert timezone.localtime(asked.starts_at).strftime("%H:%M") == "10:00"
    assert not asked.is_confirmed
    assert not AssistanceRequest.objects.confirmed().exists()
    assert asked.notice == NoticeText.objects.get(purpose="request", language="de")
    (mail,) = letters()
    assert mail.to == ["schule@example.org"]
    assert "/de/lotsen/bestaetigen/" in mail.message


def test_a_mail_to_an_unconfirmed_address_says_nothing_that_was_typed(client, form):
    typed = {name: f"Geheim{name}" for name in ("institution", "name", "place", "note")}
    client.post(URL, {**form, **typed})
    assert "Geheim" not in letters()[0].message + letters()[0].subject
    assert all(getattr(AssistanceRequest.objects.get(), name) == text for name, text in typed.items())


def confirm(asked):
    with transaction.atomic():
        assert confirmation.confirm(asked)
        arrival.arrived(asked)


def test_when_it_is_confirmed_who_asks_and_the_coordination_hear_of_it(client, form):
    rules(coordinator_email="koordination@example.org")
    client.post(URL, form)
    asked = AssistanceRequest.objects.get()
    confirm(asked)
    welcome = last_letter("schule@example.org")
    assert asked.reference in welcome.message
    assert client.get(path(re.search(r"http\S+/anfrage/\S+", welcome.message)[0])).status_code == 200
    told = last_letter("koordination@example.org")
    assert asked.reference in told.subject
    for word in ("Grundschule", "Sekretariat", "schule@", "Elternabend"):
        assert word not in told.message


def test_a_request_confirmed_too_late_gets_the_truth(client, form, later):
    client.post(URL, form)
    asked = AssistanceRequest.objects.get()
    AssistanceRequest.objects.update(
        starts_at=timezone.now() - timedelta(hours=2), ends_at=timezone.now() - timedelta(hours=1)
    )
    confirm(asked)
    assert fresh(asked).status == Asked.UNMET
    assert "leider niemanden gefunden" in last_letter("schule@example.org").message


def test_sending_twice_makes_one_request_and_one_mail(client, form):
    first, second = client.post(URL, form), client.post(URL, form)
    assert first["Location"] == second["Location"]
    assert AssistanceRequest.objects.count() == Email.objects.count() == 1


def test_corrected_and_sent_again_it_is_another_request(client, form):
    client.post(URL, form)
    client.post(URL, {**form, "start": "09:00"})
    assert AssistanceRequest.objects.count() == 2


def test_the_answer_is_the_same_however_many_are_waiting_but_no_letter_box_is_filled(client, form):
    answers = {client.post(URL, {**form, "start": f"0{hour}:00"})["Location"] for hour in (6, 7, 8, 9)}
    assert len(answers) == 1
    assert AssistanceRequest.objects.count() == Email.objects.count() == confirmation.MAILS_PER_ADDRESS
    html = client.get(answers.pop()).content.decode()
    assert "Sehen Sie auch im Ordner" in html


@pytest.mark.parametrize("asking, status", [("nobody", 404), ("institutions", 200), ("everybody", 200)])
def test_the_form_is_there_for_those_who_may_ask(client, offered, asking, status):
    rules(asking=asking)
    assert client.get(URL).status_code == status
    assert client.post(URL, {}).status_code == (404 if status == 404 else 400)


def test_without_a_published_page_or_a_kind_of_help_nobody_can_ask(client):
    kind = make_kind()
    assert client.get(URL).status_code == 404
    page = factories.make_lotsen_page(status="draft")
    assert client.get(URL).status_code == 404
    page.status = "published"
    page.save()
    assert client.get(URL).status_code == 200
    kind.offered = False
    kind.save()
    assert client.get(URL).status_code == 404


def test_private_persons_ask_where_the_office_allows_it(client, form):
    html = client.post(URL, {**form, "private": "on", "institution": ""}).content.decode()
    assert "für welche Einrichtung Sie fragen" in html  # institutions only
    assert not AssistanceRequest.objects.exists()
    rules(asking="everybody")
    assert "Ich frage als Privatperson" in client.post(URL, {**form, "institution": ""}).content.decode()
    assert client.post(URL, {**form, "private": "on"}).status_code == 302
    assert AssistanceRequest.objects.get().institution == ""


@pytest.mark.parametrize("language", languages.BY_CODE)
def test_mistakes_are_told_in_every_language_and_nothing_is_lost(client, form, language):
    form = {**form, "email": "falsch", "name": "", "institution": "Schule <Amal>", "note": "Bitte klingeln"}
    response = client.post(f"/{language}/lotsen/begleitung/", form)
    html = response.content.decode()
    assert response.status_code == 400
    assert 'role="alert"' in html
    assert 'href="#id_email"' in html
    for kept in (
        'value="falsch"',
        'value="Schule &lt;Amal&gt;"',
        "Bitte klingeln",
        'value="10:00"',
        'value="Schulweg 1"',
    ):
        assert kept in html
    assert re.search(r'<option value="ar"[^>]* selected', html)
    assert re.search(rf'value="{form["date"]}"', html)
    assert "This field" not in html
    assert not AssistanceRequest.objects.exists()


def in_days(number):
    return (timezone.localdate() + timedelta(days=number)).isoformat()


@pytest.mark.parametrize(
    "change, said",
    [
        ({"date": in_days(4)}, "Das ist zu bald"),
        ({"date": in_days(400)}, "So weit im Voraus"),
        ({"date": "gestern"}, "Bitte schreiben Sie den Tag so"),
        ({"date": ""}, "Bitte wählen Sie den Tag"),
        ({"end": "09:59"}, "Das Ende muss nach dem Beginn liegen"),
        ({"end": "10:00"}, "Das Ende muss nach dem Beginn liegen"),
        ({"start": "06:00", "end": "17:00"}, "höchstens zehn Stunden"),
        ({"start": "02:30"}, "zwischen 6 und 22 Uhr"),
        ({"end": "23:00"}, "zwischen 6 und 22 Uhr"),
        ({"start": "25:00"}, "Bitte schreiben Sie die Uhrzeit so"),
        ({"place": ""}, "wohin es geht"),
        ({"spoken": "tlh"}, "aus der Liste"),
        ({"kind": "999999"}, "aus der Liste"),
        ({"kind": "x"}, "aus der Liste"),
        ({"destination": "x"}, "Diesen Ort gibt es im Wegweiser nicht mehr"),
        ({"destination": str(uuid.uuid4())}, "Diesen Ort gibt es im Wegweiser nicht mehr"),
        ({"phone": "keine"}, "mit Vorwahl"),
        ({"phone": "0" * 10_000}, "höchstens 40 Zeichen"),
        ({"note": "a" * 301}, "höchstens 300 Zeichen"),
        ({"note": "a" * 10_000}, "höchstens 300 Zeichen"),
        ({"name": "a" * 10_000}, "höchstens 100 Zeichen"),
        ({"name": "a\x00b"}, "role=\"alert\""),
        ({"email": "a\r\nBcc: x@example.org"}, "vollständig, zum Beispiel"),
        ({"email": f"{'a' * 10_000}@example.org"}, "Zeichen"),
        ({"stamp": ""}, "lag sehr lange offen"),
        ({"website": "https://spam.example"}, "Das ging sehr schnell"),
        ({"shown": "x"}, "Der Datenschutzhinweis hat sich inzwischen geändert"),
    ],
)  # fmt: skip
def test_what_cannot_be_gets_a_clear_answer(client, form, change, said):
    response = client.post(URL, {**form, **change})
    assert response.status_code == 400
    assert said in response.content.decode()
    assert not AssistanceRequest.objects.exists()
    assert not Email.objects.exists()


def test_after_the_notice_has_changed_it_only_needs_sending_again(client, form):
    html = client.post(URL, {**form, "shown": "alt"}).content.decode()
    assert client.post(URL, form_data(html)).status_code == 302


def test_words_on_several_lines_become_one_and_a_note_is_counted_as_it_was_typed(client, form):
    note = "a\r\n" * 150
    assert client.post(URL, {**form, "name": "Eins\r\nBcc: x@example.org", "note": note}).status_code == 302
    asked = AssistanceRequest.objects.get()
    assert asked.name == "Eins Bcc: x@example.org"
    assert len(asked.note) == 299


def test_too_many_from_one_place_are_answered_with_429(client, form, monkeypatch):
    monkeypatch.setattr(RequestForm, "PER_HOUR", 1)
    assert client.post(URL, form).status_code == 302
    assert client.post(URL, {**form, "start": "09:00"}).status_code == 429


def test_mistakes_do_not_count_as_requests(client, form, monkeypatch):
    monkeypatch.setattr(RequestForm, "PER_HOUR", 1)
    for _ in range(3):
        assert client.post(URL, {**form, "place": ""}).status_code == 400
    assert client.post(URL, form).status_code == 302


@pytest.mark.parametrize("broken", ["lotsen.company.asking.mails.send", "lotsen.models.AssistanceRequest.save"])
def test_when_nothing_can_be_kept_it_says_so_and_nothing_half_done_remains(client, form, monkeypatch, broken, caplog):
    def down(*args, **kwargs):
        raise OperationalError("Failing row contains (Sekretariat, schule@example.org)")

    monkeypatch.setattr(broken, down)
    monkeypatch.setattr("lotsen.company.views.close_old_connections", lambda: None)  # the test's own is one of them
    response = client.post(URL, form)
    html = response.content.decode()
    assert response.status_code == 503
    assert "wir haben nichts gespeichert" in html
    assert 'value="Grundschule"' in html
    assert not AssistanceRequest.objects.exists()
    assert not Email.objects.exists()
    assert "schule@" not in caplog.text
    monkeypatch.undo()


def test_a_time_is_the_time_on_the_wall_before_and_after_the_change_of_clocks(client, form, monkeypatch):
    rules(lead_days=1)
    real = datetime(2027, 3, 20, 12, tzinfo=timezone.get_current_timezone())
    monkeypatch.setattr(timezone, "now", lambda: real)
    for day_of in ("2027-03-27", "2027-03-28"):  # the clocks are changed in the night between them
        assert client.post(URL, {**form, "date": day_of}).status_code == 302
    first, second = AssistanceRequest.objects.order_by("starts_at")
    assert [timezone.localtime(row.starts_at).hour for row in (first, second)] == [10, 10]
    assert second.starts_at - first.starts_at == timedelta(hours=23)
    assert second.ends_at - second.starts_at == timedelta(hours=1, minutes=30)


def test_languages_of_the_portal_come_first(client, offered):
    html = client.get(URL).content.decode()
    select = re.search(r'<select name="spoken".*?</select>', html, re.S)[0]
    codes = re.findall(r'<option value="(\w+)"', select)
    assert codes[:3] == ["en", "uk", "ru"]
    assert "de" not in codes
    assert "Tigrinya" in select
    assert 'label="Weitere Sprachen"' in select


# The destination ----------------------------------------------------------------------------------------


@pytest.fixture
def service():
    town = make_municipality(name="Musterstadt")
    house = factories.make_location(street="Rathausplatz 1", municipality=town, city="Musterstadt")
    return factories.make_service(house, title_de="Ausländerbehörde", status="published")


def at(service):
    return ServiceAtLocation.objects.get(service=service)


def test_the_page_of_a_service_leads_to_the_form_with_the_place_filled_in(client, offered, service):
    html = client.get(service.get_absolute_url()).content.decode()
    (link,) = re.findall(r'href="(/de/lotsen/begleitung/\?ziel=[^"]+)"', html)
    assert "Für Einrichtungen" in html
    html = client.get(link).content.decode()
    chosen = re.search(r'<option value="([^"]+)" selected>(Ausländerbehörde[^<]*)</option>', html)
    assert chosen[1] == str(at(service).uuid)
    assert "Rathausplatz 1" in chosen[2]


@pytest.mark.parametrize("asking, is_linked", [("nobody", False), ("institutions", True), ("everybody", True)])
def test_no_service_leads_there_when_nobody_may_ask(client, offered, service, asking, is_linked):
    rules(asking=asking)
    assert ("/lotsen/begleitung/" in client.get(service.get_absolute_url()).content.decode()) == is_linked


def test_a_service_on_the_phone_only_has_no_way_to_go_to(client, offered):
    service = factories.make_service(status="published")
    assert "/lotsen/begleitung/" not in client.get(service.get_absolute_url()).content.decode()


def test_a_destination_brings_its_municipality(client, form, service):
    assert client.post(URL, {**form, "place": "", "destination": str(at(service).uuid)}).status_code == 302
    asked = AssistanceRequest.objects.get()
    assert asked.destination == at(service)
    assert asked.municipality.name == "Musterstadt"


def test_a_request_survives_the_end_of_its_destination(client, form, service):
    client.post(URL, {**form, "place": "", "destination": str(at(service).uuid)})
    service.delete()
    assert AssistanceRequest.objects.get().municipality.name == "Musterstadt"


def test_drafts_are_no_destination(client, form, service):
    service.status = "draft"
    service.save()
    assert "Ausländerbehörde" not in client.get(URL).content.decode()
    assert client.post(URL, {**form, "destination": str(at(service).uuid)}).status_code == 400


@pytest.mark.parametrize("goal", ["", "x", "a" * 5_000, "\x00", str(uuid.UUID(int=1))])
def test_an_unknown_destination_in_the_address_is_ignored(client, offered, service, goal):
    response = client.get(URL, {"ziel": goal})
    assert response.status_code == 200
    assert "selected>Ausländerbehörde" not in response.content.decode()


def test_where_there_are_too_many_places_only_the_one_brought_along_is_offered(
    client, form, offered, service, monkeypatch
):
    other = factories.make_service(factories.make_location(), title_de="Anderes", status="published")
    monkeypatch.setattr(forms, "MOST_PLACES", 1)
    assert '<select name="destination"' not in client.get(URL).content.decode()
    html = client.get(URL, {"ziel": str(at(service).uuid)}).content.decode()
    assert "Ausländerbehörde" in html
    assert "Anderes" not in html
    assert client.post(URL, {**form, "destination": str(at(other).uuid)}).status_code == 302
    assert AssistanceRequest.objects.get().destination == at(other)


def test_the_form_asks_as_little_of_the_database_for_many_places_as_for_few(client, offered):
    def number():
        client.get(URL)
        with CaptureQueriesContext(connection) as queries:
            client.get(URL)
        return len(queries)

    for _ in range(10):
        factories.make_service(factories.make_location(), status="published")
    few = number()
    for _ in range(90):
        factories.make_service(factories.make_location(), status="published")
    assert number() == few


# Who could go -------------------------------------------------------------------------------------------


def names(rows):
    return [row.volunteer.name for row in rows]


def why(proposal, volunteer):
    return next((left.why for left in proposal.left_out if left.volunteer == volunteer), {})


def test_each_filter_leaves_out_and_says_why():
    kind, town, other = make_kind(), make_municipality(name="Hier"), make_municipality(name="Dort")
    asked = make_request(kind=kind, municipality=town)
    needed = make_requirement(title_de="Basisschulung")
    record = make_requirement(title_de="Führungszeugnis", kind="record", kinds=[kind])
    elsewhere = make_requirement(title_de="Nur für anderes", kinds=[make_kind()])
    today = timezone.localdate()

    def ready(**fields):
        volunteer = active(**fields)
        Fulfilment.objects.create(volunteer=volunteer, requirement=needed)
        Fulfilment.objects.create(volunteer=volunteer, requirement=record, issued_on=today)
        return volunteer

    fine = ready(name="passt")
    here = ready(name="hilft hier")
    here.areas.add(town, other)
    left_out = {
        "stage": ready(name="Pause"),
        "restricted": ready(name="eingeschränkt", restricted=True),
        "language": ready(name="nur etwas"),
        "area": ready(name="nur dort"),
        "overlap": ready(name="unterwegs"),
        "hours": ready(name="voll", hours_week=1),
        "requirements": ready(name="ohne Schulung"),
        "record": ready(name="ohne Zeugnis"),
    }
    left_out["stage"].move(Stage.PAUSED)
    left_out["language"].languages.update(level="A2")
    left_out["area"].areas.add(other)
    accepted(make_request(starts_at=asked.starts_at + timedelta(hours=1)), left_out["overlap"])
    left_out["requirements"].fulfilments.filter(requirement=needed).delete()
    left_out["record"].fulfilments.filter(requirement=record).delete()
    gone = ready(name="weg", email="weg@example.org")
    gone.move(Stage.LEFT)
    make_volunteer({"ar": "C2"}, name="unbestätigt", stage=Stage.ACTIVE, notice=a_notice())

    proposal = matching.propose(asked)
    assert names(proposal.candidates) == ["passt", "hilft hier"]
    for name, volunteer in left_out.items():
        assert set(why(proposal, volunteer)) == {name}, name
    assert len(proposal.left_out) == len(left_out)
    assert "Basisschulung" in why(proposal, left_out["requirements"])["requirements"]
    assert "nur A2" in why(proposal, left_out["language"])["language"]
    assert proposal.would_join() == dict.fromkeys(matching.FILTERS, 1)
    assert elsewhere not in matching.needed(asked)
    assert fine in [candidate.volunteer for candidate in proposal.candidates]

    for name in matching.FILTERS:  # each may be looked past …
        more = matching.propose(asked, {name})
        assert left_out[name] in [candidate.volunteer for candidate in more.candidates]
        assert next(c for c in more.candidates if c.volunteer == left_out[name]).warnings
    everything = matching.propose(asked, {*matching.FILTERS, *matching.FIRM, "erfunden"})
    assert {left.volunteer for left in everything.left_out} == {left_out[name] for name in matching.FIRM}  # … these not


def a_notice():
    return NoticeText.objects.get_or_create(purpose="sign_up", language="de", version=1, defaults={"body": "x", "digest": "x"})[0]  # fmt: skip


def test_a_requirement_must_hold_on_the_day_of_the_appointment():
    needed = make_requirement(valid_months=12)
    asked = make_request()
    day_of = timezone.localtime(asked.starts_at).date()
    volunteer = active()
    row = Fulfilment.objects.create(volunteer=volunteer, requirement=needed)
    for expires, is_fine in [(day_of - timedelta(days=1), False), (day_of, True), (None, True)]:
        Fulfilment.objects.filter(pk=row.pk).update(expires_on=expires)
        assert bool(matching.propose(asked).candidates) == is_fine, expires


def test_a_request_without_a_municipality_is_for_everybody():
    volunteer = active()
    volunteer.areas.add(make_municipality())
    assert matching.propose(make_request()).candidates


def test_who_lives_near_has_time_and_knows_comes_first_and_who_has_done_much_later():
    kind, town = make_kind(title_de="Schule"), make_municipality(name="Hier")
    asked = make_request(kind=kind, municipality=town)
    slot = matching.slot_of(asked.starts_at)
    near = active(name="nah", municipality=town)
    free = active(name="Zeit und Hilfe", availability=[slot])
    free.kinds.add(kind)
    active(name="neu")
    busy = active(name="viel getan")
    for number in range(2):
        done(busy, 5, timezone.now() - timedelta(days=10 + number))
    done(near, 50, timezone.now() - timedelta(days=120))  # long ago
    found = matching.propose(asked).candidates
    assert [(c.volunteer.name, c.score) for c in found] == [
        ("Zeit und Hilfe", 5), ("nah", 3), ("neu", 0), ("viel getan", -2),
    ]  # fmt: skip
    assert "wohnt in Hier (+3)" in found[1].reasons
    assert "hilft bei Schule (+2)" in found[0].reasons
    assert "10 Stunden in den letzten 90 Tagen (−2)" in found[3].reasons
    assert any(reason.startswith("Arabisch B2") for reason in found[0].reasons)


def done(volunteer, hours, starts_at, asked_hours=1):
    asked = make_request(starts_at=starts_at, ends_at=starts_at + timedelta(hours=asked_hours), status=Asked.DONE)
    return Assignment.objects.create(
        request=asked, volunteer=volunteer, status=Answer.DONE, hours=Decimal(hours), invited_until=starts_at
    )


def test_the_week_counts_what_was_done_and_what_is_promised_from_monday_to_monday():
    monday = timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)
    monday += timedelta(days=14 - monday.weekday())
    asked = make_request(starts_at=monday + timedelta(days=2, hours=10))  # two hours
    volunteer = active(hours_week=6)
    accepted(make_request(starts_at=monday + timedelta(hours=8)), volunteer)
    assert matching.propose(asked).candidates  # 2 + 2
    sunday = accepted(make_request(starts_at=monday + timedelta(days=6, hours=21)), volunteer)
    assert matching.propose(asked).candidates  # 4 + 2
    accepted(make_request(starts_at=monday - timedelta(hours=2)), volunteer)
    accepted(make_request(starts_at=monday + timedelta(days=7)), volunteer)
    assert matching.propose(asked).candidates  # other weeks
    accepted(make_request(starts_at=monday + timedelta(days=3, hours=9)), volunteer)
    (left,) = matching.propose(asked).left_out
    assert left.why == {"hours": "in dieser Woche schon 6 von 6 Stunden"}
    steps.give_back(sunday)
    assert matching.propose(asked).candidates
    LotsenSettings.objects.all().delete()
    rules(hours_week=3)
    volunteer.hours_week = None
    volunteer.save()
    assert matching.propose(asked).left_out  # the office's own limit


def make_crowd(number, chance, kinds, towns, requirements):
    """Volunteers of all sorts with a past, the same whenever the seed is."""
    start = timezone.localtime().replace(hour=9, minute=0, second=0, microsecond=0) + timedelta(days=7)
    others = [make_request(kind=kinds[0], starts_at=start + timedelta(hours=3 * step)) for step in range(12)]
    past = [make_request(kind=kinds[0], starts_at=start - timedelta(days=20 * (step + 1)), status="done") for step in range(8)]  # fmt: skip
    for _ in range(number):
        volunteer = make_volunteer(
            {code: chance.choice(["A2", "B1", "B2", "C2"]) for code in ("ar", "tr") if chance.random() < 0.8},
            stage=chance.choices([Stage.ACTIVE, Stage.TRAINING, Stage.LEFT], [8, 1, 1])[0],
            restricted=chance.random() < 0.05,
            municipality=chance.choice([None, *towns]),
            hours_week=chance.choice([None, 3, 5, 20]),
            availability=chance.sample(["mo-am", "tu-am", "we-pm", "th-am", "fr-am", "sa-am", "su-am"], 3),
        )
        volunteer.areas.set(chance.sample(towns, chance.choice([0, 0, 1, 2])))
        volunteer.kinds.set(chance.sample(kinds, chance.choice([0, 1, 2])))
        for requirement in requirements:
            if chance.random() < 0.8:
                given = timezone.localdate() - timedelta(days=chance.choice([10, 200, 357, 358, 359, 400]))
                Fulfilment.objects.create(
                    volunteer=volunteer, requirement=requirement, fulfilled_on=given, issued_on=None
                )
        if chance.random() < 0.4:
            going = chance.choice(others)
            if not going.assignments.filter(status=Answer.ACCEPTED).exists():
                going.assignments.create(volunteer=volunteer, status=Answer.ACCEPTED, invited_until=start)
        for gone in chance.sample(past, chance.choice([0, 1, 3])):
            if not gone.assignments.filter(status=Answer.DONE).exists():
                hours = chance.choice([None, Decimal("1.5"), Decimal(4)])
                gone.assignments.create(volunteer=volunteer, status=Answer.DONE, invited_until=start, hours=hours)
    return start


def naive(asked, volunteer, rules):
    """The rules once more, read from the wish and not from the code: what leaves her out, and her points."""
    out = set()
    day_of = timezone.localtime(asked.starts_at)
    if volunteer.stage != "active":
        out.add("stage")
    if volunteer.restricted:
        out.add("restricted")
    spoken = {row.code: row.level for row in volunteer.languages.all()}
    order = ["A2", "B1", "B2", "C1", "C2"]
    if asked.spoken not in spoken or order.index(spoken[asked.spoken]) < order.index(rules.level):
        out.add("language")
    areas = set(volunteer.areas.all())
    if asked.municipality and areas and asked.municipality not in areas:
        out.add("area")
    from lotsen.models import Requirement

    for requirement in Requirement.objects.filter(mandatory=True):
        kinds = set(requirement.kinds.all())
        if kinds and asked.kind not in kinds:
            continue
        rows = volunteer.fulfilments.filter(requirement=requirement)
        if not any(row.expires_on is None or row.expires_on >= day_of.date() for row in rows):
            out.add("record" if requirement.kind == "record" else "requirements")
    week, recent = Decimal(0), Decimal(0)
    for row in volunteer.assignments.select_related("request"):
        other = row.request
        if row.status == "accepted" and other.starts_at < asked.ends_at and asked.starts_at < other.ends_at:
            out.add("overlap")
        if row.status in {"accepted", "done"}:
            same = timezone.localtime(other.starts_at).isocalendar()[:2] == day_of.isocalendar()[:2]
            length = Decimal((other.ends_at - other.starts_at).total_seconds()) / 3600
            if same:
                week += row.hours if row.hours is not None else length
        if row.status == "done" and other.starts_at >= timezone.now() - timedelta(days=90):
            recent += row.hours or 0
    length = Decimal((asked.ends_at - asked.starts_at).total_seconds()) / 3600
    cap = volunteer.hours_week if volunteer.hours_week is not None else rules.hours_week
    if week + length > cap:
        out.add("hours")
    points = -recent / 5
    if asked.municipality and volunteer.municipality == asked.municipality:
        points += 3
    part = "am" if day_of.hour < 12 else "pm" if day_of.hour < 18 else "ev"
    if f"{['mo', 'tu', 'we', 'th', 'fr', 'sa', 'su'][day_of.weekday()]}-{part}" in volunteer.availability:
        points += 3
    if asked.kind in volunteer.kinds.all():
        points += 2
    return out, points


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_proposal_is_what_the_rules_say_one_by_one(seed):
    chance = random.Random(seed)
    kinds, towns = [make_kind() for _ in range(3)], [make_municipality() for _ in range(3)]
    requirements = [
        make_requirement(valid_months=12),
        make_requirement(kind="declaration", kinds=kinds[:1]),
        make_requirement(mandatory=False),
        make_requirement(kind="record", valid_months=12, kinds=kinds[1:]),
    ]
    start = make_crowd(40, chance, kinds, towns, requirements)
    settings = rules(level="B1")
    for town, kind, hours in [(towns[0], kinds[0], 0), (None, kinds[1], 4), (towns[2], kinds[2], 30)]:
        asked = make_request(kind=kind, municipality=town, starts_at=start + timedelta(hours=hours))
        proposal = matching.propose(asked)
        expected = {v.pk: naive(asked, v, settings) for v in Volunteer.objects.exclude(stage__in=["left", "rejected"])}
        assert {left.volunteer.pk: set(left.why) for left in proposal.left_out} == {
            pk: out for pk, (out, _points) in expected.items() if out
        }
        assert {c.volunteer.pk: c.score for c in proposal.candidates} == {
            pk: points for pk, (out, points) in expected.items() if not out
        }
        assert [c.score for c in proposal.candidates] == sorted((c.score for c in proposal.candidates), reverse=True)
        for name in matching.FILTERS:
            more = matching.propose(asked, {name})
            assert len(more.candidates) - len(proposal.candidates) == proposal.would_join()[name]
            assert {c.volunteer.pk for c in more.candidates} == {
                pk for pk, (out, _p) in expected.items() if not out - {name}
            }


def test_a_thousand_volunteers_are_two_queries_as_ten_are():
    kind, town = make_kind(), make_municipality()
    make_requirement(), make_requirement(kind="record", kinds=[kind])
    make_request(kind=kind, municipality=town)
    settings = rules()

    def number():
        asked = AssistanceRequest.objects.select_related("kind", "municipality").get()
        with CaptureQueriesContext(connection) as queries:
            proposal = matching.propose(asked, rules=settings)
        return len(queries), len(proposal.left_out)

    for _ in range(10):
        active()
    assert number() == (2, 10)
    Volunteer.objects.bulk_create(
        Volunteer(name=f"V{n}", email=f"v{n}@example.org", place="X", adult=True, stage=Stage.ACTIVE,
                  delete_after=date(2099, 1, 1), hours_week=40)
        for n in range(990)
    )  # fmt: skip
    assert number() == (2, 1000)


# Inviting and accepting ---------------------------------------------------------------------------------


def test_an_invitation_says_what_and_when_but_neither_who_nor_where():
    asked = make_request(
        institution="Praxis Geheim", name="Frau Geheim", note="Geheim", place="Geheimweg 1", phone="030 23125-777",
        municipality=make_municipality(name="Musterstadt"), kind=make_kind(title_de="Arztbesuch"),
    )  # fmt: skip
    volunteer = active()
    assignment = invited(asked, volunteer)
    mail = last_letter(volunteer.email)
    address = links.to_invitation(assignment).rsplit(":", 2)[0]  # what follows is when it was signed
    for word in ("Arztbesuch", "Arabisch", "Musterstadt", "10:00–12:00 Uhr", address):
        assert word in mail.message
    for word in ("Geheim", "23125-777", asked.email):
        assert word not in mail.message + mail.subject
    assert fresh(asked).status == Asked.SEARCHING


def test_the_page_before_accepting_says_no_more_than_the_mail(client):
    asked = make_request(institution="Praxis Geheim", name="Frau Geheim", note="Geheim", place="Geheimweg 1")
    response = client.get(page_of(invited(asked)))
    html = response.content.decode()
    assert response.status_code == 200
    assert "Geheim" not in html
    assert "Ja, ich gehe mit" in html
    assert response["Cache-Control"] == "no-store"
    assert response["Referrer-Policy"] == "no-referrer"
    assert "noindex" in response["X-Robots-Tag"]
    assert not response.cookies


def test_every_letter_is_in_the_language_of_its_reader():
    asked = make_request(language="en")
    volunteer = active(language="ar")
    assignment = accepted(asked, volunteer)
    assert "/ar/lotsen/einladung/" in last_letter(volunteer.email).message
    assert "/en/lotsen/anfrage/" in last_letter(asked.email).message
    with translation.override("ar"):
        from lotsen.company.letters import when

        assert when(asked) in last_letter(volunteer.email).message
        assert "Uhr" not in when(asked)
    assert assignment.status == Answer.ACCEPTED


def test_looking_at_an_invitation_changes_nothing(client):
    assignment = invited()
    for method in (client.get, client.head):
        for query in ("", "?answer=yes"):
            assert method(page_of(assignment) + query).status_code == 200
    assert fresh(assignment).status == Answer.INVITED
    assert fresh(assignment.request).status == Asked.SEARCHING


def test_who_accepts_goes_and_both_learn_who_the_other_one_is(client):
    asked = make_request(name="Frau Sommer", phone="030 23125-110", note="Am Tor klingeln")
    volunteer, other = active(name="Leyla", phone="030 23125-120"), active(name="Omar")
    volunteer.last_contact_on = date(2020, 1, 1)
    volunteer.save()
    steps.invite(asked, [volunteer, other])
    assignment, second = (asked.assignments.get(volunteer=v) for v in (volunteer, other))
    response = client.post(page_of(assignment), {"answer": "yes"}, follow=True)
    html = response.content.decode()
    assert response.status_code == 200
    for word in ("Frau Sommer", "Grundschule", "030 23125-110", asked.email, "Am Tor klingeln", "Schulweg 1"):
        assert word in html, word
    assert fresh(asked).status == Asked.MATCHED
    assert [fresh(row).status for row in (assignment, second)] == [Answer.ACCEPTED, Answer.WITHDRAWN]
    to_her, to_him, to_them = (last_letter(who) for who in (volunteer.email, other.email, asked.email))
    for word in ("Frau Sommer", "030 23125-110", asked.email, "Schulweg 1"):
        assert word in to_her.message
    for word in ("Leyla", "030 23125-120", volunteer.email):
        assert word in to_them.message
    assert "erledigt" in to_him.message
    assert "Leyla" not in to_him.message
    assert "Sommer" not in to_him.message
    assert {mail.headers["Sensitivity"] for mail in (to_her, to_him, to_them)} == {"Private"}
    disclosure = Disclosure.objects.get()
    assert disclosure.volunteer == volunteer
    assert asked.reference in disclosure.to
    assert "Sommer" not in disclosure.to
    assert fresh(volunteer).last_contact_on == timezone.localdate()


def test_accepting_twice_is_accepting_once(client):
    assignment = invited()
    count = None
    for _ in range(2):
        assert client.post(page_of(assignment), {"answer": "yes"}).status_code == 302
        count = count or Email.objects.count()
    assert Email.objects.count() == count
    assert Disclosure.objects.count() == 1


def test_who_is_slower_hears_that_somebody_else_goes(client):
    asked, first, second = make_request(), active(), active()
    steps.invite(asked, [first, second])
    for volunteer, status in ((first, 302), (second, 410)):
        response = client.post(page_of(asked.assignments.get(volunteer=volunteer)), {"answer": "yes"})
        assert response.status_code == status
    assert "es geht schon jemand mit" in response.content.decode()
    assert asked.assignments.filter(status=Answer.ACCEPTED).get().volunteer == first


def test_the_database_itself_lets_only_one_go():
    asked, first, second = make_request(), active(), active()
    steps.invite(asked, [first, second])
    with pytest.raises(IntegrityError), transaction.atomic():
        asked.assignments.update(status=Answer.ACCEPTED)


def test_where_the_look_before_has_seen_nothing_the_database_says_no(client, monkeypatch):
    """As if somebody else had accepted between looking and writing."""
    asked, first, second = make_request(), active(), active()
    steps.invite(asked, [first, second])
    steps.accept(asked.assignments.get(volunteer=first))
    late = asked.assignments.get(volunteer=second)
    Assignment.objects.filter(pk=late.pk).update(status=Answer.INVITED)
    monkeypatch.setattr(steps, "why_not", lambda *args: "")
    with pytest.raises(steps.NotPossible) as reason:
        steps.accept(late)
    assert reason.value.why == "taken"
    assert fresh(late).status == Answer.INVITED


def let_go(barrier):
    """Each thread has a connection of its own."""
    barrier.wait()
    connections.close_all()


@pytest.mark.django_db(transaction=True)
def test_of_two_who_accept_at_the_same_moment_one_goes_a_hundred_times():
    start = timezone.now() + timedelta(days=7)
    kind, people = make_kind(), [active(), active()]
    barrier = threading.Barrier(2, timeout=20)

    def accept(assignment):
        barrier.wait()
        try:
            steps.accept(assignment)
            return "goes"
        except steps.NotPossible as reason:
            return reason.why

    with ThreadPoolExecutor(2) as pool:
        for race in range(100):
            asked = make_request(kind=kind, starts_at=start + timedelta(hours=3 * race))
            pairs = [asked.assignments.create(volunteer=volunteer, invited_until=start) for volunteer in people]
            AssistanceRequest.objects.update(status=Asked.SEARCHING)
            answers = sorted(pool.map(accept, pairs))
            assert answers in (["goes", "over"], ["goes", "taken"]), race
            assert asked.assignments.filter(status=Answer.ACCEPTED).count() == 1
            assert fresh(asked).status == Asked.MATCHED
        list(pool.map(let_go, [barrier, barrier]))
    assert Disclosure.objects.count() == 100
    # Two who know each other now, one who is not needed any more, and the coordination.
    assert Email.objects.count() == 400


@pytest.mark.django_db(transaction=True)
def test_of_two_requests_at_the_same_time_a_volunteer_accepts_one():
    """In two tabs: her row is locked too."""
    volunteer, kind = active(), make_kind()
    start = timezone.now() + timedelta(days=7)
    barrier = threading.Barrier(2, timeout=20)

    def accept(assignment):
        barrier.wait()
        try:
            steps.accept(assignment)
            return "goes"
        except steps.NotPossible as reason:
            return reason.why

    with ThreadPoolExecutor(2) as pool:
        for race in range(20):
            at = start + timedelta(hours=5 * race)
            pair = [invited(make_request(kind=kind, starts_at=at + timedelta(hours=n)), volunteer) for n in (0, 1)]
            assert sorted(pool.map(accept, pair)) == ["goes", "overlap"], race
        list(pool.map(let_go, [barrier, barrier]))


@pytest.mark.django_db(transaction=True)
def test_who_accepts_while_it_is_called_off_does_not_stand_there_alone():
    kind, start = make_kind(), timezone.now() + timedelta(days=7)
    volunteer = active()
    barrier = threading.Barrier(2, timeout=20)

    def take(step):
        barrier.wait()
        try:
            step()
            return "done"
        except steps.NotPossible as reason:
            return reason.why

    with ThreadPoolExecutor(2) as pool:
        for race in range(20):
            assignment = invited(make_request(kind=kind, starts_at=start + timedelta(hours=3 * race)), volunteer)
            took = [lambda row=assignment: steps.accept(row), lambda row=assignment: steps.cancel(row.request)]
            accepts, cancels = pool.map(take, took)
            assert cancels == "done"
            assert accepts in {"done", "over"}, race
            assert fresh(assignment).status == Answer.WITHDRAWN
            assert fresh(assignment.request).status == Asked.CANCELLED
            told = "Der Termin fällt aus" if accepts == "done" else "Ihre Antwort ist nicht mehr nötig"
            assert last_letter(volunteer.email).subject == told
        list(pool.map(let_go, [barrier, barrier]))


def test_two_at_the_same_time_do_not_go_together_and_she_is_told_so(client):
    volunteer = active()
    accepted(make_request(), volunteer)
    second = invited(make_request(), volunteer)
    response = client.post(page_of(second), {"answer": "yes"})
    assert response.status_code == 409
    assert "schon eine andere Begleitung zugesagt" in response.content.decode()
    assert fresh(second).status == Answer.INVITED


def test_who_says_no_may_say_yes_after_all(client):
    assignment = invited()
    html = client.post(page_of(assignment), {"answer": "no"}, follow=True).content.decode()
    assert fresh(assignment).status == Answer.DECLINED
    assert "Geht es doch?" in html
    assert client.post(page_of(assignment), {"answer": "yes"}).status_code == 302
    assert fresh(assignment).status == Answer.ACCEPTED


@pytest.mark.parametrize("answer", ["", "maybe", "report", "a" * 10_000])
def test_a_button_that_is_not_there_does_nothing(client, answer):
    assignment = invited()
    assert client.post(page_of(assignment), {"answer": answer}).status_code == 400
    assert fresh(assignment).status == Answer.INVITED


@pytest.mark.parametrize("token", ["x", "eins:zwei:drei", "a" * 500])
@pytest.mark.parametrize("kind", ["einladung", "anfrage"])
def test_a_forged_link_is_refused_without_a_word_about_anybody(client, token, kind):
    for method in (client.get, client.post):
        response = method(f"/de/lotsen/{kind}/{token}/")
        assert response.status_code == 403
        assert "Dieser Link gilt nicht" in response.content.decode()


def test_a_link_is_good_for_one_thing_only(client):
    asked = accepted().request
    key = path(links.to_request(asked)).split("/")[-2]
    assert client.get(f"/de/lotsen/einladung/{key}/").status_code == 403
    other = signing.dumps(asked.pk.hex, salt="anderes")
    assert client.get(f"/de/lotsen/anfrage/{other}/").status_code == 403


def test_an_invitation_ends_with_its_time(client, later):
    rules(invitation_hours=48)
    assignment = invited()
    later(hours=49)
    for method in (client.get, client.post):
        response = method(page_of(assignment), {"answer": "yes"})
        assert response.status_code == 410
        assert "Die Zeit für Ihre Antwort ist um" in response.content.decode()
    assert fresh(assignment).status == Answer.INVITED


def test_an_invitation_never_outlasts_the_appointment():
    rules(invitation_hours=10_000)
    assert invited().invited_until == AssistanceRequest.objects.get().starts_at


@pytest.mark.parametrize("end", [steps.cancel, steps.give_up])
def test_what_is_settled_needs_no_answer_any_more(client, end):
    assignment = invited()
    end(assignment.request)
    response = client.post(page_of(assignment), {"answer": "yes"})
    assert response.status_code == 410
    assert "Diese Anfrage hat sich erledigt" in response.content.decode()
    assert "erledigt" in last_letter(assignment.volunteer.email).message
    assert fresh(assignment.request).status in {Asked.CANCELLED, Asked.UNMET}


@pytest.mark.parametrize("how", ["erased", "left", "restricted", "request erased"])
def test_the_link_of_who_is_gone_says_that_it_is_not_valid_any_more(client, how):
    volunteer = active(name="Leyla")
    assignment = invited(volunteer=volunteer)
    page = page_of(assignment)
    if how == "erased":
        volunteer.erase()
    elif how == "left":
        volunteer.move(Stage.LEFT)
    elif how == "restricted":
        Volunteer.objects.update(restricted=True)
    else:
        assignment.request.erase()
    for method in (client.get, client.post):
        response = method(page, {"answer": "yes"})
        assert response.status_code == 410
        assert "Dieser Link gilt nicht mehr" in response.content.decode()
        assert "Leyla" not in response.content.decode()
    assert not Assignment.objects.filter(status=Answer.ACCEPTED).exists()


def test_the_footer_does_not_carry_the_key_on(client):
    page = page_of(invited())
    assert (
        page.split("/")[-2]
        not in re.findall(r'href="([^"]*barriere-melden[^"]*)"', client.get(page).content.decode())[0]
    )


def test_a_key_is_not_written_into_the_log(client, caplog):
    with caplog.at_level("INFO"):
        client.get("/de/lotsen/einladung/geheimer-schluessel/")
    assert "geheimer-schluessel" not in caplog.text


@pytest.mark.parametrize(
    "sent", [{"a" * 2000: "x"}, {f"a{number}": "x" for number in range(11_000)}], ids=["unreadable", "too-many"]
)
@pytest.mark.parametrize("page", ["lotsen/einladung", "lotsen/anfrage", "lotsen/bestaetigen", "wegweiser/pruefen"])
def test_a_key_is_not_written_into_the_log_by_what_cannot_be_read(client, caplog, page, sent):
    with caplog.at_level("INFO"):
        response = client.post(f"/de/{page}/geheimer-schluessel/", sent)
    assert response.status_code == 400
    assert response["Cache-Control"] == "no-store"
    assert "geheimer-schluessel" not in caplog.text


@pytest.mark.parametrize("language", languages.BY_CODE)
def test_the_pages_behind_links_are_there_in_every_language(client, language):
    asked = make_request()
    assignment = accepted(asked)
    for page in (page_of(assignment), path(links.to_request(asked))):
        html = client.get(page.replace("/de/", f"/{language}/", 1)).content.decode()
        assert f'<html lang="{language}"' in html
        assert html.count("<h1") == 1


def test_inviting_again_asks_those_who_are_not_waiting_and_no_one_twice():
    asked, first, second = make_request(), active(), active()
    assert steps.invite(asked, [first]) == [first]
    assert steps.invite(asked, [first, second]) == [second]
    steps.decline(asked.assignments.get(volunteer=first))
    assert steps.invite(asked, [first]) == [first]
    assert asked.assignments.get(volunteer=first).status == Answer.INVITED
    assert len(letters(first.email)) == 2


def test_a_restricted_volunteer_is_never_invited():
    asked, volunteer = make_request(), active(restricted=True)
    assert steps.invite(asked, [volunteer]) == []
    assert not asked.assignments.exists()
    assert fresh(asked).status == Asked.NEW


def test_a_mail_server_that_is_down_keeps_nobody_from_going(client, settings):
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 9
    assignment = invited()
    assert client.post(page_of(assignment), {"answer": "yes"}).status_code == 302
    assert set(Email.objects.values_list("status", flat=True)) == {STATUS.queued}


def test_where_no_mail_can_be_queued_nobody_has_accepted(client, monkeypatch):
    assignment = invited()

    def broken(*args, **kwargs):
        raise OperationalError("no queue")

    monkeypatch.setattr(mails.outbox, "queue", broken)
    with pytest.raises(OperationalError):
        steps.accept(assignment)
    assert fresh(assignment).status == Answer.INVITED
    assert not Disclosure.objects.exists()


# It comes to nothing ------------------------------------------------------------------------------------


def test_who_cannot_go_after_all_says_so_and_others_can_be_asked(client):
    rules(coordinator_email="koordination@example.org")
    asked, volunteer, other = make_request(), active(name="Leyla"), active()
    steps.invite(asked, [volunteer, other])
    assignment = asked.assignments.get(volunteer=volunteer)
    steps.accept(assignment)
    html = client.post(page_of(assignment), {"answer": "cancel"}, follow=True).content.decode()
    assert "Sie haben abgesagt" in html
    assert fresh(asked).status == Asked.NEW
    assert "musste leider absagen" in last_letter(asked.email).message
    told = last_letter("koordination@example.org")
    assert asked.reference in told.message
    assert "Leyla" not in told.message
    assert client.post(page_of(assignment), {"answer": "cancel"}).status_code == 302  # twice is once
    assert len(letters("koordination@example.org")) == 2  # that somebody goes, and that she does not
    assert steps.invite(asked, [other]) == [other]
    steps.accept(asked.assignments.get(volunteer=other))
    assert fresh(asked).status == Asked.MATCHED


def test_once_the_appointment_has_begun_nobody_can_call_off(client, later):
    assignment = accepted()
    page, theirs = page_of(assignment), path(links.to_request(assignment.request))
    later(days=7, hours=12)
    client.post(page, {"answer": "cancel"})
    client.post(theirs, {"answer": "cancel"})
    assert fresh(assignment).status == Answer.ACCEPTED
    assert fresh(assignment.request).status == Asked.MATCHED


def test_who_asked_sees_how_it_stands_and_calls_off(client):
    rules(coordinator_email="koordination@example.org")
    asked, volunteer, waiting = make_request(), active(name="Leyla", phone="030 23125-120"), active()
    page = path(links.to_request(asked))
    assert "Wir suchen jemanden" in client.get(page).content.decode()
    steps.invite(asked, [volunteer, waiting])
    html = client.get(page).content.decode()
    assert "Leyla" not in html
    steps.accept(asked.assignments.get(volunteer=volunteer))
    html = client.get(page).content.decode()
    assert "Es geht jemand mit" in html
    assert "Leyla" in html
    assert "030 23125-120" in html
    html = client.post(page, {"answer": "cancel"}, follow=True).content.decode()
    assert "Die Anfrage ist abgesagt" in html
    assert "Leyla" not in html
    assert fresh(asked).status == Asked.CANCELLED
    assert fresh(asked).closed_at
    assert "Bitte gehen Sie nicht hin" in last_letter(volunteer.email).message
    assert asked.reference in last_letter("koordination@example.org").subject
    assert client.get(page_of(asked.assignments.get(volunteer=volunteer))).status_code == 410


def test_looking_at_ones_request_changes_nothing(client):
    asked = make_request()
    for method in (client.get, client.head):
        assert method(path(links.to_request(asked)), {"answer": "cancel"}).status_code == 200
    assert fresh(asked).status == Asked.NEW


def test_the_link_to_an_erased_request_is_not_valid_any_more(client):
    asked = make_request()
    page = path(links.to_request(asked))
    asked.erase()
    assert client.get(page).status_code == client.post(page, {"answer": "cancel"}).status_code == 410


def test_who_stops_volunteering_leaves_nobody_waiting():
    asked, volunteer = make_request(), active()
    accepted(asked, volunteer)
    other = invited(volunteer=volunteer)
    steps.give_back_all(volunteer)
    assert fresh(asked).status == Asked.NEW
    assert "musste leider absagen" in last_letter(asked.email).message
    assert fresh(other).status == Answer.WITHDRAWN


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("how", ["stage", "erased", "purged"])
def test_who_stops_while_she_accepts_once_more_does_not_bring_the_portal_to_a_halt(coordinator, monkeypatch, how):
    """Both lock the request first and her row second; otherwise PostgreSQL would end one of the two."""
    volunteer = active()
    assignment = accepted(volunteer=volunteer)
    if how == "purged":
        Volunteer.objects.update(delete_after=timezone.localdate() - timedelta(days=1))
        coordination_was_told()
    url, sent = {
        "stage": (f"{VOLUNTEERS}{volunteer.pk}/stand/", {"stage": "left", "before": "active", "sure": "1"}),
        "erased": (f"{VOLUNTEERS}{volunteer.pk}/delete/", {"post": "yes"}),
    }.get(how, ("", {}))
    begun, real = threading.Event(), steps.again

    def slowly(assignment):
        begun.set()  # the request is locked
        time.sleep(0.5)
        return real(assignment)

    monkeypatch.setattr(steps, "again", slowly)

    def accept():
        try:
            steps.accept(assignment)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(1) as pool:
        accepting = pool.submit(accept)
        assert begun.wait(5)
        monkeypatch.setattr(steps, "again", real)
        if how == "purged":
            call_command("purge_personal_data")
        else:
            assert coordinator.post(url, sent).status_code == 302
        accepting.result()
    assert Volunteer.objects.filter(stage=Stage.LEFT).exists() == (how == "stage")
    assert Volunteer.objects.exists() == (how == "stage")
    assert fresh(assignment.request).status == Asked.NEW


def test_the_coordination_hears_once_when_nobody_is_left_to_say_yes():
    rules(coordinator_email="koordination@example.org")
    asked, first, second = make_request(), active(), active()
    steps.invite(asked, [first, second])
    steps.decline(asked.assignments.get(volunteer=first))
    assert not letters("koordination@example.org")
    steps.decline(asked.assignments.get(volunteer=second))
    day.work()
    assert len(letters("koordination@example.org")) == 1
    third = active()
    steps.invite(asked, [third])
    steps.decline(asked.assignments.get(volunteer=third))
    assert len(letters("koordination@example.org")) == 2


# Afterwards ---------------------------------------------------------------------------------------------


@pytest.fixture
def over(later):
    """An accepted invitation; the appointment was yesterday."""
    assignment = accepted()
    later(days=8)
    return assignment


def test_who_went_reports_hours_and_kilometres(client, over):
    page = page_of(over)
    assert "Wie war die Begleitung?" in client.get(page).content.decode()
    said = {"answer": "report", "took_place": "yes", "hours": "1,5", "kilometres": "14"}
    html = client.post(page, said, follow=True).content.decode()
    assert "Ihr Bericht ist angekommen" in html
    over = fresh(over)
    assert (over.status, over.hours, over.kilometres) == (Answer.DONE, Decimal("1.5"), 14)
    assert over.reported_at
    assert fresh(over.request).status == Asked.DONE
    assert client.post(page, {**said, "hours": "9"}).status_code == 302  # once is enough
    assert fresh(over).hours == Decimal("1.5")
    assert "Sekretariat" not in client.get(page).content.decode()


def test_hours_waited_in_vain_count_too(client, over):
    client.post(page_of(over), {"answer": "report", "took_place": "no", "hours": "0.5"})
    assert fresh(over).status == Answer.DONE
    assert fresh(over).hours == Decimal("0.5")
    assert fresh(over.request).status == Asked.NO_SHOW


@pytest.mark.parametrize(
    "change",
    [
        {"took_place": ""}, {"took_place": "x"}, {"hours": ""}, {"hours": "1.3"}, {"hours": "-1"}, {"hours": "25"},
        {"hours": "viele"}, {"hours": "NaN"}, {"hours": "9" * 10_000}, {"kilometres": "-1"}, {"kilometres": "1001"},
        {"kilometres": "1.5"}, {"kilometres": "\x00"},
    ],
)  # fmt: skip
def test_a_report_that_cannot_be_is_explained_and_kept(client, over, change):
    response = client.post(page_of(over), {"answer": "report", "took_place": "yes", "hours": "2", "kilometres": "5", **change})  # fmt: skip
    html = response.content.decode()
    assert response.status_code == 400
    assert "Bitte prüfen Sie Ihre Angaben" in html
    if "kilometres" not in change:
        assert 'value="5"' in html
    assert fresh(over).status == Answer.ACCEPTED


def test_before_the_appointment_there_is_nothing_to_report(client):
    assignment = accepted()
    client.post(page_of(assignment), {"answer": "report", "took_place": "yes", "hours": "2"})
    assert fresh(assignment).status == Answer.ACCEPTED


def test_who_waited_in_vain_says_so_and_the_coordination_is_told(client, over):
    rules(coordinator_email="koordination@example.org")
    page = path(links.to_request(over.request))
    assert "Es ist niemand gekommen" in client.get(page).content.decode()
    client.post(page, {"answer": "nobody"})
    client.post(page, {"answer": "nobody"})
    assert fresh(over).status == Answer.NO_SHOW
    assert fresh(over.request).status == Asked.NO_SHOW
    (mail,) = letters("koordination@example.org")
    assert over.request.reference in mail.subject
    assert "nicht da waren" in client.get(page_of(over)).content.decode()


def test_nobody_is_missed_before_the_appointment(client):
    asked = accepted().request
    client.post(path(links.to_request(asked)), {"answer": "nobody"})
    assert fresh(asked).status == Asked.MATCHED


# Day by day ---------------------------------------------------------------------------------------------


def test_the_day_after_she_is_asked_how_it_was_and_a_week_later_once_more(later):
    assignment = accepted()
    to = assignment.volunteer.email
    before = len(letters(to))
    for days, more in [(0, 0), (7, 0), (8, 1), (8, 1), (14, 1), (15, 2), (16, 2), (40, 2)]:
        later(days=days)
        call_command("lotsen_day")
        assert len(letters(to)) == before + more, days
    assert "/lotsen/einladung/" in last_letter(to).message
    assert "Wie war die Begleitung?" in last_letter(to).subject


def test_who_has_reported_is_not_asked(later):
    assignment = accepted()
    later(days=7, hours=13)
    steps.report(assignment, True, Decimal(1), None)
    count = Email.objects.count()
    later(days=9)
    day.work()
    assert Email.objects.count() == count


def test_a_time_that_has_passed_without_anybody_is_told_as_it_is(later):
    asked = make_request()
    assignment = invited(asked)
    later(days=8)
    day.work()
    day.work()
    assert fresh(asked).status == Asked.UNMET
    assert fresh(asked).closed_at
    assert [mail.subject for mail in letters(asked.email)] == ["Wir haben leider niemanden gefunden"]
    assert fresh(assignment).status == Answer.WITHDRAWN


def test_unconfirmed_requests_are_nobodys_business_in_the_day_either(later):
    make_request(notice=a_notice(), confirmed_at=None)
    later(days=6)
    AssistanceRequest.objects.update(starts_at=timezone.now() - timedelta(hours=3), ends_at=timezone.now())
    day.work()
    assert not Email.objects.exists()
    assert AssistanceRequest.objects.get().status == Asked.NEW


def test_invitations_that_ran_out_are_told_once(later):
    rules(coordinator_email="koordination@example.org", invitation_hours=24)
    asked = invited().request
    day.work()
    assert not letters("koordination@example.org")
    later(hours=25)
    day.work()
    day.work()
    (mail,) = letters("koordination@example.org")
    assert asked.reference in mail.subject


def test_one_that_fails_keeps_no_other_waiting(later, monkeypatch, caplog):
    first, second = make_request(name="Frau Sommer"), make_request()
    later(days=8)
    real = steps.give_up

    def give_up(asked):
        if asked.pk == first.pk:
            raise RuntimeError("Failing row contains (Frau Sommer)")
        real(asked)

    monkeypatch.setattr(steps, "give_up", give_up)
    day.work()
    assert fresh(second).status == Asked.UNMET
    assert fresh(first).status == Asked.NEW
    assert first.reference in caplog.text
    assert "Sommer" not in caplog.text


@pytest.mark.django_db(transaction=True)
def test_two_workers_at_once_do_everything_once(monkeypatch):
    rules(coordinator_email="koordination@example.org")
    kind = make_kind()
    past = [make_request(kind=kind, starts_at=timezone.now() - timedelta(days=2, hours=n)) for n in range(10)]
    for asked in past[5:]:
        asked.assignments.create(volunteer=active(), status=Answer.ACCEPTED, invited_until=timezone.now())
        AssistanceRequest.objects.filter(pk=asked.pk).update(status=Asked.MATCHED)
    alone = make_request(kind=kind, status=Asked.SEARCHING)
    barrier = threading.Barrier(2, timeout=20)

    def work(_):
        barrier.wait()
        day.work()
        connections.close_all()

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(work, range(2)))
    assert AssistanceRequest.objects.filter(status=Asked.UNMET).count() == 5
    assert Email.objects.count() == 5 + 5 + 1
    assert fresh(alone).told_nobody_left


# The coordination's side --------------------------------------------------------------------------------


def staff_page(asked, rest="change/"):
    return f"{LIST}{asked.pk}/{rest}"


def step(client, asked, what):
    return client.post(staff_page(asked, "schritt/"), {"step": what}, follow=True).content.decode()


@pytest.mark.parametrize("who", ["editor", "administrator"])
def test_nobody_else_sees_requests(request, who):
    client = request.getfixturevalue(who)
    asked = make_request()
    assert "Anfragen nach Begleitung" not in client.get("/admin/").content.decode()
    for page in (LIST, staff_page(asked), staff_page(asked, "begleitung/")):
        assert client.get(page).status_code == 403
    for page in (staff_page(asked, "begleitung/"), staff_page(asked, "schritt/")):
        assert client.post(page, {"step": "cancel"}).status_code == 403
    assert fresh(asked).status == Asked.NEW


def test_the_list_shows_what_is_open_and_the_rest_on_demand(coordinator):
    make_request(institution="Offene Schule")
    make_request(institution="Alte Schule", status=Asked.DONE)
    make_request(institution="Unbestätigt", notice=a_notice())
    going = accepted(make_request(institution="Praxis"), active(name="Leyla"))
    html = coordinator.get(LIST).content.decode()
    for word in ("Offene Schule", "Praxis", "Leyla", "7 Tage"):
        assert word in html
    for word in ("Alte Schule", "Unbestätigt"):
        assert word not in html
    assert "Alte Schule" in coordinator.get(f"{LIST}?stand=alle").content.decode()
    assert "Alte Schule" in coordinator.get(f"{LIST}?stand=done").content.decode()
    html = coordinator.get(f"{LIST}?stand=suchen").content.decode()
    assert "Offene Schule" in html
    assert "Praxis" not in html
    assert "Praxis" not in coordinator.get(f"{LIST}?stand=bericht").content.decode()
    assert "Praxis" in coordinator.get(f"{LIST}?q={going.request.reference}").content.decode()
    assert "Offene Schule" not in coordinator.get(f"{LIST}?q={going.request.reference}").content.decode()


def test_a_search_finds_what_is_over_too_and_is_in_no_address(coordinator):
    wanted = make_request(institution="Alte Schule", status=Asked.DONE)
    make_request(institution="Neue Schule")
    for term in ("Alte", wanted.reference):
        response = coordinator.post(f"{LIST}suche/", {"q": term})
        assert response["Location"] == f"{LIST}?id__in={wanted.pk}"
        html = coordinator.get(response["Location"]).content.decode()
        assert "Alte Schule" in html
        assert "Neue Schule" not in html


def test_the_list_asks_as_little_for_a_hundred_as_for_ten(coordinator):
    def number():
        with CaptureQueriesContext(connection) as queries:
            assert coordinator.get(f"{LIST}?stand=alle").status_code == 200
        return len(queries)

    kind, volunteer = make_kind(), active()
    town = make_municipality()

    def more(count):
        for n in range(count):
            asked = make_request(
                kind=kind, municipality=town, starts_at=timezone.now() + timedelta(days=7, hours=3 * n)
            )
            asked.assignments.create(volunteer=volunteer, status=Answer.ACCEPTED, invited_until=timezone.now())

    more(10)
    number()
    few = number()
    more(35)
    assert number() == few


def test_a_request_by_phone_needs_no_confirmation(coordinator):
    kind = make_kind()
    data = form_data(coordinator.get(f"{LIST}add/").content.decode())
    day_of = timezone.localdate() + timedelta(days=3)
    response = coordinator.post(
        f"{LIST}add/",
        {**data, "starts_at_0": f"{day_of:%d.%m.%Y}", "starts_at_1": "10:00", "ends_at_0": f"{day_of:%d.%m.%Y}",
         "ends_at_1": "11:00", "kind": kind.pk, "spoken": "ar", "place": "Weg 1", "name": "Frau Sommer",
         "phone": "030 23125-110"},
    )  # fmt: skip
    assert response.status_code == 302, response.context["errors"]
    asked = AssistanceRequest.objects.confirmed().get()
    assert asked.name == "Frau Sommer"
    assert "Sommer" not in LogEntry.objects.get().object_repr
    assert coordinator.get(staff_page(asked)).status_code == 200


def test_who_could_go_is_shown_with_reasons_and_those_left_out_with_theirs(coordinator):
    asked = make_request()
    volunteer, other = active(name="Leyla"), make_volunteer({"tr": "C2"}, name="Emre", stage=Stage.ACTIVE)
    page = staff_page(asked, "begleitung/")
    html = coordinator.get(page).content.decode()
    assert "1 Person könnte" in html
    assert "Arabisch B2" in html
    assert "<bdi>Emre</bdi>: spricht nicht Arabisch" in html
    assert "(1 mehr)" in html
    html = coordinator.get(f"{page}?ohne=language").content.decode()
    assert "2 Personen könnten" in html
    assert "Achtung:" in html
    html = coordinator.post(
        f"{page}?ohne=language", {"volunteer": [volunteer.pk, other.pk]}, follow=True
    ).content.decode()
    assert "Eingeladen: 2" in html
    assert asked.assignments.filter(status=Answer.INVITED).count() == 2
    html = coordinator.get(f"{page}?ohne=language").content.decode()
    assert "eingeladen" in html
    assert f'value="{volunteer.pk}" aria-label="Einladen' not in html
    assert LogEntry.objects.get().change_message == "Eingeladen: 2"


def test_who_does_not_come_into_question_is_not_invited_whatever_is_sent(coordinator):
    asked = make_request()
    left_out = make_volunteer({"tr": "C2"}, stage=Stage.ACTIVE)
    page = staff_page(asked, "begleitung/")
    for sent in (left_out.pk, uuid.uuid4(), "x", "\x00"):
        html = coordinator.post(page, {"volunteer": [sent]}, follow=True).content.decode()
        assert "kommen inzwischen nicht mehr in Frage" in html
    assert "mindestens eine Person" in coordinator.post(page, {}, follow=True).content.decode()
    assert not asked.assignments.exists()


def test_an_invitation_without_a_mail_address_is_a_call(coordinator):
    asked, volunteer = make_request(), active(name="Leyla", email="", phone="030 23125-120")
    html = coordinator.post(
        staff_page(asked, "begleitung/"), {"volunteer": [volunteer.pk]}, follow=True
    ).content.decode()
    assert "bitte anrufen: Leyla" in html
    assert not Email.objects.exists()
    assert asked.assignments.get().status == Answer.INVITED


def test_somebody_found_on_the_phone_goes_at_once(coordinator):
    asked, volunteer = make_request(), active(name="Leyla")
    html = coordinator.post(staff_page(asked, "begleitung/"), {"assign": volunteer.pk}, follow=True).content.decode()
    assert "Zusage am Telefon eingetragen" in html
    assert fresh(asked).accepted.volunteer == volunteer
    assert "Leyla" in last_letter(asked.email).message
    assert all("Leyla" not in entry.change_message for entry in LogEntry.objects.all())
    second = active()
    html = coordinator.post(staff_page(asked, "begleitung/"), {"assign": second.pk}, follow=True).content.decode()
    assert "Es geht schon jemand mit" in html
    assert asked.assignments.count() == 1


def on_the_phone_only(name, number, **fields):
    return active(name=name, email="", phone=number, **fields)


def test_whom_no_mail_reaches_has_to_be_called_when_somebody_goes(coordinator, client):
    """Who asked, who goes, and who is not needed any more; by number in the mail, by name on the page."""
    rules(coordinator_email="koordination@example.org")
    leyla, omar = on_the_phone_only("Leyla", "030 23125-120"), on_the_phone_only("Omar", "030 23125-121")
    asked = make_request(name="Frau Sommer", email="", phone="030 23125-110")
    steps.invite(asked, [leyla, omar])
    client.post(page_of(asked.assignments.get(volunteer=leyla)), {"answer": "yes"})
    told = last_letter("koordination@example.org").message
    assert all(person.reference in told for person in (asked, leyla, omar))
    assert "Sommer" not in told

    for how in ("button", "proposal"):
        asked = make_request(name="Frau Sommer", email="", phone="030 23125-110", starts_at=timezone.now() + timedelta(days=30 if how == "button" else 60))  # fmt: skip
        steps.invite(asked, [leyla, omar])
        if how == "button":
            html = step(coordinator, asked, f"accept-{asked.assignments.get(volunteer=leyla).pk}")
        else:
            html = coordinator.post(
                staff_page(asked, "begleitung/"), {"assign": leyla.pk}, follow=True
            ).content.decode()
        said = re.findall(r"bitte anrufen: ([^<]*)", html)
        assert [sorted(names.split(", ")) for names in said] == [
            ["Frau Sommer (030 23125-110)", "Leyla (030 23125-120)", "Omar (030 23125-121)"]
        ]
        assert "haben die Kontaktdaten bekommen" not in html
        assert "Leyla" not in LogEntry.objects.latest("pk").change_message


def test_whom_no_mail_reaches_has_to_be_called_when_it_comes_to_nothing(coordinator, client, later):
    rules(coordinator_email="koordination@example.org")
    leyla = on_the_phone_only("Leyla", "030 23125-120")
    asked = make_request()
    steps.invite(asked, [leyla])
    steps.accept(asked.assignments.get())
    client.post(path(links.to_request(asked)), {"answer": "cancel"})
    assert f"abgesagt; bitte anrufen: {leyla.reference}" in last_letter("koordination@example.org").message
    other = make_request()
    steps.assign(other, leyla)
    assert "bitte anrufen: Leyla (030 23125-120)" in step(coordinator, other, "cancel")
    silent = make_request(name="Frau Sommer", email="", phone="030 23125-110")
    assert "bitte anrufen: Frau Sommer (030 23125-110)" in step(coordinator, silent, "give_up")
    forgotten = make_request(email="", phone="030 23125-111")
    later(days=8)
    day.work()
    assert f"niemand gefunden; bitte anrufen: {forgotten.reference}" in last_letter("koordination@example.org").message


def test_the_coordination_enters_what_is_said_on_the_phone(coordinator, later):
    asked, volunteer, other = make_request(), active(), active()
    steps.invite(asked, [volunteer, other])
    first, second = (asked.assignments.get(volunteer=v) for v in (volunteer, other))
    page = coordinator.get(staff_page(asked)).content.decode()
    assert f'value="accept-{first.pk}"' in page
    assert "Absage am Telefon" in step(coordinator, asked, f"decline-{second.pk}")
    assert "Zusage am Telefon" in step(coordinator, asked, f"accept-{first.pk}")
    assert "wieder offen" in step(coordinator, asked, f"give_back-{first.pk}")
    assert fresh(asked).status == Asked.NEW
    later(hours=73)  # the invitation's time is over; on the phone that does not matter
    log_in(coordinator, coordinator_user())
    assert "Zusage am Telefon" in step(coordinator, asked, f"accept-{second.pk}")
    later(days=8)
    log_in(coordinator, coordinator_user())
    assert "Bericht am Telefon" in coordinator.get(staff_page(asked)).content.decode()
    sent = {"step": f"report-{second.pk}", "took_place": "yes", "hours": ""}
    html = coordinator.post(staff_page(asked, "schritt/"), sent, follow=True).content.decode()
    assert "wie viele Stunden" in html
    html = coordinator.post(staff_page(asked, "schritt/"), {**sent, "hours": "2"}, follow=True).content.decode()
    assert "Bericht eingetragen" in html
    assert fresh(asked).status == Asked.DONE


def test_who_was_missed_by_mistake_has_her_report_after_all(coordinator, client, over):
    asked = over.request
    client.post(path(links.to_request(asked)), {"answer": "nobody"})
    said = {"took_place": "yes", "hours": "2", "kilometres": "4"}
    client.post(page_of(over), {"answer": "report", **said})  # she cannot set it right herself
    assert fresh(over).status == Answer.NO_SHOW
    log_in(coordinator, coordinator_user())
    page = coordinator.get(staff_page(asked)).content.decode()
    assert "War sie doch da" in page
    assert 'value="nobody_came"' not in page
    sent = {"step": f"report-{over.pk}", **said}
    html = coordinator.post(staff_page(asked, "schritt/"), sent, follow=True).content.decode()
    assert "Bericht eingetragen" in html
    over = fresh(over)
    assert (over.status, over.hours, fresh(asked).status) == (Answer.DONE, 2, Asked.DONE)
    assert "War sie doch da" not in html


def test_hours_that_were_reported_wrong_are_corrected_and_the_history_says_so(coordinator):
    volunteer, yesterday = active(), timezone.now() - timedelta(days=1)
    asked = make_request(status=Asked.DONE, starts_at=yesterday)
    went = asked.assignments.create(
        volunteer=volunteer, status=Answer.DONE, hours=Decimal("15"), kilometres=9, invited_until=yesterday
    )
    page = coordinator.get(staff_page(asked)).content.decode()
    assert f'value="correct-{went.pk}"' in page
    assert 'value="15.0"' in page

    def correct(**said):
        sent = {"step": f"correct-{went.pk}", **said}
        return coordinator.post(staff_page(asked, "schritt/"), sent, follow=True).content.decode()

    for wrong in ({"hours": "25"}, {"hours": "1.3"}, {"hours": "viele"}, {"hours": "1", "kilometres": "-1"}):
        assert "Bitte" in correct(**wrong)
        assert fresh(went).hours == 15
    assert "Bericht berichtigt: 1,5 Stunden, – km statt 15,0 Stunden, 9 km" in correct(hours="1,5", kilometres="")
    assert (fresh(went).hours, fresh(went).kilometres) == (Decimal("1.5"), None)
    assert statistics.work_in(timezone.localtime(yesterday).year) == (Decimal("1.5"), 0)
    for row, said in ((asked, "Bericht berichtigt"), (volunteer, f"{asked}: Bericht berichtigt")):
        entry = LogEntry.objects.get(object_id=str(row.pk))
        assert entry.change_message.startswith(said)
        assert entry.user.username == "koordination"


def test_before_there_is_a_report_there_is_nothing_to_correct(coordinator):
    assignment = accepted()
    assert "correct-" not in coordinator.get(staff_page(assignment.request)).content.decode()
    sent = {"step": f"correct-{assignment.pk}", "hours": "3"}
    html = coordinator.post(staff_page(assignment.request, "schritt/"), sent, follow=True).content.decode()
    assert "Es gibt noch keinen Bericht" in html
    assert fresh(assignment).hours is None


def coordinator_user():
    from django.contrib.auth.models import User

    return User.objects.get(username="koordination")


@pytest.mark.parametrize(
    "what, status, letter",
    [
        ("cancel", Asked.CANCELLED, "Ihre Anfrage ist abgesagt"),
        ("give_up", Asked.UNMET, "Wir haben leider niemanden gefunden"),
    ],
)
def test_closing_a_request_tells_everybody(coordinator, what, status, letter):
    assignment = invited()
    step(coordinator, assignment.request, what)
    assert fresh(assignment.request).status == status
    assert last_letter(assignment.request.email).subject == letter
    assert "nicht mehr nötig" in last_letter(assignment.volunteer.email).subject
    html = step(coordinator, assignment.request, "give_up" if what == "cancel" else "cancel")
    assert "nicht mehr offen" in html
    assert fresh(assignment.request).status == status


@pytest.mark.parametrize("what", ["", "accept", "accept-", "accept-x", "accept-999999", f"accept-{'9' * 100}", "fly"])
def test_a_step_that_there_is_not_does_nothing(coordinator, what):
    asked = make_request()
    assert "gibt es nicht mehr" in step(coordinator, asked, what)
    assert fresh(asked).status == Asked.NEW


def test_an_invitation_of_another_request_is_none_of_this_one(coordinator):
    asked, other = make_request(), invited()
    step(coordinator, asked, f"accept-{other.pk}")
    assert fresh(other).status == Answer.INVITED


def test_steps_are_taken_by_post_only_and_need_the_token(coordinator):
    asked = make_request()
    assert coordinator.get(staff_page(asked, "schritt/")).status_code == 405
    from django.test import Client

    strict = Client(enforce_csrf_checks=True)
    log_in(strict, coordinator_user())
    assert strict.post(staff_page(asked, "schritt/"), {"step": "cancel"}).status_code == 403
    assert fresh(asked).status == Asked.NEW


def test_a_destination_stays_when_something_else_is_changed(coordinator, service):
    asked = make_request(destination=at(service))
    data = form_data(coordinator.get(staff_page(asked)).content.decode())
    assert data["destination"] == str(at(service).uuid)
    assert coordinator.post(staff_page(asked), {**data, "note": "Neu"}).status_code == 302
    assert fresh(asked).destination == at(service)
    assert not Email.objects.exists()
    assert coordinator.post(staff_page(asked), {**data, "destination": ""}).status_code == 302
    assert fresh(asked).destination is None


def test_a_new_time_is_told_to_both(coordinator):
    assignment = accepted()
    asked = assignment.request
    count = Email.objects.count()
    data = form_data(coordinator.get(staff_page(asked)).content.decode())
    coordinator.post(staff_page(asked), {**data, "note": "Anders"})
    assert Email.objects.count() == count
    assert fresh(asked).note == "Anders"
    data = form_data(coordinator.get(staff_page(asked)).content.decode())
    html = coordinator.post(staff_page(asked), {**data, "starts_at_1": "09:00"}, follow=True).content.decode()
    assert "neuen Termin" in html
    for to in (asked.email, assignment.volunteer.email):
        assert "09:00–12:00" in last_letter(to).message
    assert fresh(asked).status == Asked.MATCHED


def test_saving_the_form_does_not_undo_what_happens_meanwhile(coordinator):
    assignment = invited()
    data = form_data(coordinator.get(staff_page(assignment.request)).content.decode())
    steps.accept(assignment)
    coordinator.post(staff_page(assignment.request), {**data, "note": "Neu"})
    assert fresh(assignment.request).status == Asked.MATCHED
    assert fresh(assignment.request).note == "Neu"


def test_deleting_a_request_tells_those_who_count_on_it_and_leaves_a_line_in_the_log(coordinator):
    assignment = accepted(make_request(name="Frau Sommer"))
    asked, volunteer = assignment.request, assignment.volunteer
    coordinator.post(staff_page(asked, "delete/"), {"post": "yes"})
    assert not AssistanceRequest.objects.exists()
    assert "Bitte gehen Sie nicht hin" in last_letter(volunteer.email).message
    assert not Email.objects.filter(message__contains=asked.email).exists()
    (entry,) = LogEntry.objects.all()
    assert entry.object_repr == asked.reference


def test_no_name_is_in_the_address_of_any_page_or_link():
    asked = make_request(name="Sommer")
    assignment = invited(asked, active(name="Leyla"))
    for address in (links.to_invitation(assignment), links.to_request(asked)):
        key = address.split("/")[-2]
        assert signing.loads(key, salt=links.INVITATION if "einladung" in address else links.REQUEST) in {
            assignment.pk, asked.pk.hex,
        }  # fmt: skip
