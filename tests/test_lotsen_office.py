"""The coordination at work: inbox, form, stages, mails, export, what is to be done."""

import json
import re
import threading
import uuid
from datetime import timedelta

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.core.management import call_command
from django.db import connection, connections
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from post_office.models import STATUS, Email

from lotsen import mails, notices
from lotsen.models import (
    Assignment,
    Disclosure,
    Fulfilment,
    LotsenSettings,
    MailText,
    Note,
    NoticeText,
    Volunteer,
    VolunteerLanguage,
)
from lotsen.office import day
from lotsen.sign_up import own
from tests.conftest import form_data, log_in, staff
from tests.factories import (
    make_kind,
    make_municipality,
    make_request,
    make_requirement,
    make_volunteer,
)

pytestmark = pytest.mark.django_db

Stage = Volunteer.Stage
URL = "/admin/lotsen/volunteer/"
TODAY = timezone.localdate


@pytest.fixture(autouse=True)
def _site(site):
    pass


def page(client, address=URL, **data):
    return client.get(address, data).content.decode()


def change(client, volunteer, **values):
    """What the form would send, with some of it changed."""
    address = f"{URL}{volunteer.pk}/change/"
    form = page(client, address).partition('id="volunteer_form"')[2]
    return client.post(address, {**form_data(form), **values})


def rows(prefix, *rows, initial=0):
    data = {f"{prefix}-TOTAL_FORMS": len(rows) + initial, f"{prefix}-INITIAL_FORMS": initial}
    for number, row in enumerate(rows, start=initial):
        data |= {f"{prefix}-{number}-{name}": value for name, value in row.items()}
    return data


def act(client, action, *volunteers, **values):
    chosen = [str(volunteer.pk) for volunteer in volunteers]
    return client.post(URL, {"action": action, "_selected_action": chosen, **values}, follow=True)


def messages(response):
    return [str(message) for message in response.context["messages"]]


def unconfirmed(**fields):
    notice = notices.keep("sign_up", "Hinweis", "de")
    return make_volunteer(notice=notice, **fields)


# The inbox --------------------------------------------------------------------------------------------


def test_the_inbox_shows_what_is_open_first_and_how_long_it_waits(coordinator):
    make_volunteer(name="Zora Fertig", stage=Stage.LEFT)
    make_volunteer(name="Aktive Anna", stage=Stage.ACTIVE)
    make_volunteer(name="Neue Nora", stage_since=TODAY() - timedelta(days=12), languages={"ar": "C1"})
    html = page(coordinator)
    assert html.index("Neue Nora") < html.index("Aktive Anna") < html.index("Zora Fertig")
    assert "seit 12 Tagen" in html
    assert "überfällig: antworten" in html
    assert "Arabisch (C1)" in html
    assert "Musterstadt" in html


def test_whoever_has_not_confirmed_the_address_is_not_there(coordinator):
    waiting = unconfirmed(name="Noch Niemand")
    assert "Noch Niemand" not in page(coordinator)
    assert "Noch Niemand" not in page(coordinator, q="Niemand")
    for address in ("change", "auskunft", "delete", "history"):
        assert coordinator.get(f"{URL}{waiting.pk}/{address}/").status_code == 302
    assert coordinator.get(f"{URL}{waiting.pk}/auskunft.json").status_code == 302
    assert coordinator.post(f"{URL}{waiting.pk}/stand/", {"stage": "interview", "before": "applied"}).status_code == 302
    waiting.refresh_from_db()
    assert waiting.stage == Stage.APPLIED


def test_what_somebody_lacks_is_in_the_list(coordinator):
    children = make_kind(title_de="Kinder")
    training = make_requirement(title_de="Basisschulung")
    make_requirement(title_de="Führungszeugnis", kind="record", valid_months=60, kinds=[children])
    make_requirement(title_de="Freiwilliges", mandatory=False)
    old = make_requirement(title_de="Erklärung", kind="declaration", valid_months=12)
    someone = make_volunteer(stage=Stage.ACTIVE, kinds=[children])
    Fulfilment.objects.create(volunteer=someone, requirement=old, fulfilled_on=TODAY() - timedelta(days=800))
    assert "fehlt: Basisschulung, Führungszeugnis, Erklärung (abgelaufen)" in page(coordinator)
    someone.kinds.clear()
    Fulfilment.objects.create(volunteer=someone, requirement=training)
    Fulfilment.objects.create(volunteer=someone, requirement=old)
    assert "fehlt:" not in page(coordinator)


def test_everybody_is_found_by_name_mail_phone_and_number(coordinator):
    wanted = make_volunteer(name="Amal Gesucht", email="amal@example.org", phone="030 23125-777")
    make_volunteer(name="Ben Andere", phone="030 23125-778")
    for term in (
        "gesucht",
        "amal@ex",
        "+49 (30) 23125777",
        "030/23125 777",
        "23125-777",
        wanted.reference,
        wanted.reference.lower(),
    ):
        response = coordinator.post(f"{URL}suche/", {"q": term})
        assert response["Location"] == f"{URL}?id__in={wanted.pk}"  # no name in it
        html = page(coordinator, response["Location"])
        assert "Amal Gesucht" in html, term
        assert "Ben Andere" not in html, term
    for nobody in ("L-2026-XXXXXX", "x" * 10_000, "\0'%_"):
        response = coordinator.post(f"{URL}suche/", {"q": nobody}, follow=True)
        assert messages(response) == ["Nichts gefunden."], nobody[:9]
    assert coordinator.post(f"{URL}suche/", {"q": " "})["Location"] == URL
    assert "Amal Gesucht" in page(coordinator, id__in=f"{wanted.pk}")
    assert coordinator.get(URL, {"id__in": "quatsch"}).status_code == 302


def test_the_filters_find_what_they_say(coordinator):
    kind, place, elsewhere = make_kind(), make_municipality(), make_municipality()
    user = User.objects.get(username="koordination")
    make_volunteer(name="Kann Alles", kinds=[kind], areas=[place], languages={"ar": "B2", "uk": "C2"}, coordinator=user)
    make_volunteer(name="Kann Überall")
    make_volunteer(name="Kann Woanders", areas=[elsewhere])
    for query, found in [
        ({"sprache": "uk"}, {"Alles"}),
        ({"hilfe": kind.pk}, {"Alles"}),
        ({"ort": place.pk}, {"Alles", "Überall"}),
        ({"betreut": "mir"}, {"Alles"}),
        ({"betreut": "niemand"}, {"Überall", "Woanders"}),
        ({"ort": "'--"}, {"Überall"}),
    ]:
        html = page(coordinator, **query)
        assert {name for name in ("Alles", "Überall", "Woanders") if f"Kann {name}" in html} == found, query


def test_each_task_finds_its_people_and_the_start_page_counts_them(coordinator):
    rules = LotsenSettings.objects.create()
    today = TODAY()
    ends = make_requirement(kind="declaration", valid_months=12)
    renewed = make_volunteer(name="Ist Erneuert", stage=Stage.ACTIVE)
    ending = make_volunteer(name="Läuft Ab", stage=Stage.ACTIVE)
    for volunteer in (renewed, ending):
        Fulfilment.objects.create(volunteer=volunteer, requirement=ends, fulfilled_on=today - timedelta(days=340))
    Fulfilment.objects.create(volunteer=renewed, requirement=ends)
    make_volunteer(name="Ganz Neu")
    make_volunteer(name="Wartet Lang", stage_since=today - timedelta(days=8))
    make_volunteer(name="Pause Vorbei", stage=Stage.PAUSED, paused_until=today - timedelta(days=1))
    make_volunteer(name="Noch Pause", stage=Stage.PAUSED, paused_until=today)
    make_volunteer(name="Lange Still", stage=Stage.ACTIVE, last_contact_on=today - timedelta(days=rules.review_days))
    make_volunteer(name="Geht Bald", stage=Stage.LEFT, stage_since=today - timedelta(days=76))
    make_volunteer(name="Geht Später", stage=Stage.LEFT, stage_since=today - timedelta(days=75))
    unconfirmed(name="Nicht Bestätigt")
    expected = {
        "neu": {"Ganz Neu", "Wartet Lang"},
        "wartet": {"Wartet Lang"},
        "pause": {"Pause Vorbei"},
        "nachfragen": {"Lange Still"},
        "ablauf": {"Läuft Ab"},
        "loeschung": {"Geht Bald"},
    }
    names = Volunteer.objects.values_list("name", flat=True)
    for task, people in expected.items():
        html = page(coordinator, aufgabe=task)
        assert {name for name in names if name in html} == people, task
    start = page(coordinator, "/admin/")
    for task, label in [
        ("neu", "2 neu angemeldet"),
        ("wartet", "1 zu lange ohne Antwort"),
        ("loeschung", "1 bald zu löschen"),
    ]:
        assert f'href="{URL}?aufgabe={task}">{label}<' in start


def test_the_start_page_tells_editors_nothing_of_volunteers(editor):
    make_volunteer()
    assert "neu angemeldet" not in page(editor, "/admin/")


@pytest.mark.parametrize(
    ("address", "per_page"), [(URL, 50), (URL, 1000), (f"{URL}?aufgabe=ablauf", 1000), ("/admin/", 50)]
)
def test_ten_volunteers_and_a_thousand_cost_the_same(coordinator, address, per_page, monkeypatch):
    monkeypatch.setattr("lotsen.office.people.VolunteerAdmin.list_per_page", per_page)
    requirement, kind, place = make_requirement(valid_months=1), make_kind(), make_municipality()
    user = User.objects.get(username="koordination")
    rest = {"phone": "1", "adult": True, "municipality": place, "coordinator": user, "delete_after": TODAY()}

    def more(count):
        new = Volunteer.objects.bulk_create(
            Volunteer(name=f"Person {n}", stage=list(Stage)[n % len(Stage)], **rest) for n in range(count)
        )
        spoken = [VolunteerLanguage(volunteer=who, code=code) for who in new for code in ("ar", "uk")]
        VolunteerLanguage.objects.bulk_create(spoken)
        Fulfilment.objects.bulk_create(
            Fulfilment(volunteer=who, requirement=requirement, expires_on=TODAY(), delete_after=TODAY()) for who in new
        )
        Volunteer.kinds.through.objects.bulk_create(
            Volunteer.kinds.through(volunteer=who, kindofhelp=kind) for who in new
        )
        Volunteer.areas.through.objects.bulk_create(
            Volunteer.areas.through(volunteer=who, municipality=place) for who in new
        )

    def queries():
        with CaptureQueriesContext(connection) as captured:
            assert coordinator.get(address).status_code == 200
        return len(captured)

    more(10)
    queries()
    ten = queries()
    more(990)
    assert queries() == ten


# The form ---------------------------------------------------------------------------------------------


def test_somebody_is_entered_by_hand_as_from_a_call(coordinator):
    form = form_data(page(coordinator, f"{URL}add/"))
    data = {**form, "name": "Am Telefon", "phone": "030 23125-555", "place": "Dorf", "adult": "on", "start_stage": "active",
            "availability": ["mo-am", "su-ev"], **rows("languages", {"code": "ar", "level": "C2"}),
            **rows("notes", {"text": "Hat angerufen."})}  # fmt: skip
    response = coordinator.post(f"{URL}add/", data)
    assert response.status_code == 302, response.context["errors"]
    entered = Volunteer.objects.get()
    assert entered.is_confirmed
    assert entered.notice is None
    assert entered.stage == Stage.ACTIVE
    assert entered.availability == ["mo-am", "su-ev"]
    assert entered.languages.get().code == "ar"
    assert entered.notes.get().author.username == "koordination"
    html = page(coordinator, f"{URL}{entered.pk}/change/")
    assert 'aria-label="Sonntag, Abend" checked' in html
    assert Email.objects.count() == 0


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"adult": ""}, "mindestens 18 Jahre"),
        ({"phone": ""}, "E-Mail-Adresse oder eine Telefonnummer"),
        ({"place": ""}, "Bitte den Wohnort angeben"),
        ({"phone": "keine"}, "keine Telefonnummer"),
        ({"email": "falsch"}, "gültige E-Mail-Adresse"),
        ({"name": "x" * 10_000}, "höchstens 100 Zeichen"),
        ({"availability": ["mo-am", "nacht"]}, "nacht"),
        ({"last_contact_on": "01.01.2999"}, "in der Zukunft"),
        ({"language": "xx"}, "gültige Auswahl"),
    ],
)
def test_what_is_wrong_in_the_form_is_said(coordinator, wrong, said):
    form = form_data(page(coordinator, f"{URL}add/"))
    good = {"name": "Am Telefon", "phone": "030 23125-555", "place": "Dorf", "adult": "on"}
    response = coordinator.post(f"{URL}add/", {**form, **good, **wrong})
    assert response.status_code == 200
    assert said in response.content.decode()
    assert not Volunteer.objects.exists()


def test_the_same_mail_address_twice_is_pointed_out_and_allowed(coordinator):
    first = make_volunteer(email="familie@example.org")
    second = make_volunteer()
    response = change(coordinator, second, email="Familie@example.org ")
    assert response.status_code == 302
    assert first.reference in page(coordinator, response["Location"])
    second.refresh_from_db()
    assert second.email == "familie@example.org"


def test_notes_are_added_and_taken_away_but_never_changed(coordinator):
    volunteer = make_volunteer()
    note = Note.objects.create(volunteer=volunteer, text="Erste Notiz")
    kept = {"notes-INITIAL_FORMS": 1, "notes-0-id": note.pk, "notes-0-text": "Umgeschrieben"}
    response = change(coordinator, volunteer, **{**rows("notes", {"text": "Zweite Notiz"}, initial=1), **kept})
    assert response.status_code == 302
    assert set(volunteer.notes.values_list("text", flat=True)) == {"Erste Notiz", "Zweite Notiz"}
    assert "Erste Notiz" in page(coordinator, f"{URL}{volunteer.pk}/change/")
    first = volunteer.notes.order_by("created").first()
    data = {"notes-TOTAL_FORMS": 2, "notes-INITIAL_FORMS": 2}
    for number, row in enumerate(volunteer.notes.all()):
        data[f"notes-{number}-id"] = row.pk
        if row == first:
            data[f"notes-{number}-DELETE"] = "on"
    change(coordinator, volunteer, **data)
    assert volunteer.notes.get().text == "Zweite Notiz"


def test_a_consent_on_paper_is_entered_with_its_words_and_its_day(coordinator):
    volunteer = make_volunteer(name="Auf Papier", email="", phone="030 23125-600")
    assert "Einwilligung auf Papier" not in page(coordinator, f"{URL}{volunteer.pk}/change/")  # nobody asks for one
    LotsenSettings.objects.create(consent_news_de="Ich möchte Einladungen bekommen.", consent_news_ar="أريد دعوات")
    old = notices.keep("news", "Ich möchte Post bekommen.", "de")
    html = page(coordinator, f"{URL}{volunteer.pk}/change/")
    assert "(de, Fassung 1): Ich möchte Post" in html
    today = re.findall(r'value="(news-ar-[^"]+)">[^<]*heutiger Wortlaut\): أريد', html)[0]
    assert NoticeText.objects.count() == 1  # looking keeps nothing

    for wrong in (
        {"words": today, "given_on": "01.01.2999"},
        {"words": "x", "given_on": "01.02.2026"},
        {"words": today},
    ):
        assert change(coordinator, volunteer, **rows("consents-2", wrong)).status_code == 200
        assert not volunteer.consents.exists()
    given = {"words": today, "given_on": "01.02.2026"}
    assert change(coordinator, volunteer, **rows("consents-2", given)).status_code == 302
    consent = volunteer.consents.get()
    assert (consent.text.body, consent.text.language, consent.text.version) == ("أريد دعوات", "ar", 1)
    assert timezone.localtime(consent.given_at).date().isoformat() == "2026-02-01"
    assert consent.way == "paper"
    assert consent.entered_by.username == "koordination"
    volunteer.refresh_from_db()
    assert volunteer.confirmed_at is None
    assert not Email.objects.exists()
    assert "01.02.2026, auf Papier, eingetragen von der Koordination (koordination)" in page(
        coordinator, f"{URL}{volunteer.pk}/change/"
    )
    told = page(coordinator, f"{URL}{volunteer.pk}/auskunft/")
    assert "auf Papier, eingetragen von der Koordination" in told
    assert '<dd dir="auto">01.02.2026</dd>' in told
    earlier = {"words": f"news-de-{old.digest}", "given_on": "01.02.2025"}
    assert change(coordinator, volunteer, **rows("consents-2", earlier)).status_code == 302
    assert set(volunteer.consents.values_list("text__body", flat=True)) == {"أريد دعوات", "Ich möchte Post bekommen."}


def test_who_has_consented_on_paper_is_written_to_and_may_take_it_back(coordinator):
    LotsenSettings.objects.create(consent_news_de="Ich möchte Einladungen bekommen.")
    volunteer, other = make_volunteer(), make_volunteer()
    words = notices.keep("news", "Ich möchte Einladungen bekommen.", "de")
    form = rows("consents-2", {"words": f"news-de-{words.digest}", "given_on": f"{TODAY():%d.%m.%Y}"})
    assert change(coordinator, volunteer, **form).status_code == 302

    def send():
        _html, data = write(coordinator, volunteer, other, subject_de="Fest", body_de="Kommen Sie!", only_news="on")
        return coordinator.post(URL, data)

    send()
    assert [mail.to for mail in Email.objects.all()] == [[volunteer.email]]
    own.withdraw(volunteer, str(volunteer.consents.get().pk))
    send()
    assert Email.objects.count() == 1


def test_the_certificate_of_conduct_is_asked_for_only_where_the_office_wants_it(coordinator):
    volunteer = make_volunteer()
    make_requirement(kind="declaration")
    assert "einschlägige Eintragung" not in page(coordinator, f"{URL}{volunteer.pk}/change/")
    record = make_requirement(kind="record", valid_months=60)
    assert "einschlägige Eintragung" in page(coordinator, f"{URL}{volunteer.pk}/change/")
    row = {"requirement": record.pk, "fulfilled_on": f"{TODAY():%d.%m.%Y}", "issued_on": f"{TODAY():%d.%m.%Y}"}

    response = change(coordinator, volunteer, **rows("fulfilments", row))
    assert "Ohne dieses Häkchen wird nichts gespeichert" in response.content.decode()
    assert not Fulfilment.objects.exists()
    old = {**row, "issued_on": f"{TODAY() - timedelta(days=93):%d.%m.%Y}", "nothing_in_it": "on"}
    assert "älter als drei Monate" in change(coordinator, volunteer, **rows("fulfilments", old)).content.decode()

    assert change(coordinator, volunteer, **rows("fulfilments", {**row, "nothing_in_it": "on"})).status_code == 302
    seen = Fulfilment.objects.get()
    assert seen.checked_by.username == "koordination"
    assert seen.expires_on.year == TODAY().year + 5
    assert change(coordinator, volunteer, name="Anders").status_code == 302  # the tick is not asked for again


def test_the_same_requirement_twice_on_a_day_is_refused(coordinator):
    volunteer, requirement = make_volunteer(), make_requirement(kind="declaration")
    row = {"requirement": requirement.pk, "fulfilled_on": f"{TODAY():%d.%m.%Y}"}
    response = change(coordinator, volunteer, **rows("fulfilments", row, row))
    assert response.status_code == 200
    Fulfilment.objects.create(volunteer=volunteer, requirement=requirement)
    again = {"fulfilments-TOTAL_FORMS": 2, **{f"fulfilments-1-{name}": value for name, value in row.items()}}
    assert change(coordinator, volunteer, **again).status_code == 200
    assert Fulfilment.objects.count() == 1


def test_who_may_only_look_cannot_change(client):
    from django.contrib.auth.models import Permission

    looker = User.objects.create_user("nur-ansehen", password="ein-langes-Passwort", is_staff=True)
    looker.user_permissions.add(Permission.objects.get(codename="view_volunteer"))
    log_in(client, looker)
    volunteer = make_volunteer(stage=Stage.INTERVIEW)
    assert client.get(f"{URL}{volunteer.pk}/change/").status_code == 200
    move = {"stage": "training", "before": "interview"}
    assert client.post(f"{URL}{volunteer.pk}/stand/", move).status_code == 403
    assert client.post(f"{URL}{volunteer.pk}/kontakt/").status_code == 403
    assert client.get(f"{URL}{volunteer.pk}/auskunft/").status_code == 403
    assert client.post(f"{URL}suche/", {"q": volunteer.name}).status_code == 302
    assert client.get(f"{URL}{volunteer.pk}/auskunft.json").status_code == 403
    assert client.get(f"{URL}{volunteer.pk}/delete/").status_code == 403
    for action in ("change_stage", "note_contact", "write_mail", "export_csv", "delete_selected"):
        act(client, action, volunteer, apply="1", stage="training", step="send", post="yes")
    volunteer.refresh_from_db()
    assert volunteer.stage == Stage.INTERVIEW
    assert not Disclosure.objects.exists()
    assert not Email.objects.exists()


# Stages -----------------------------------------------------------------------------------------------


def move(client, volunteer, stage, before=None, **data):
    before = before or volunteer.stage
    return client.post(f"{URL}{volunteer.pk}/stand/", {"stage": stage, "before": before, **data}, follow=True)


@pytest.mark.parametrize("stage", list(Stage))
def test_there_is_a_button_for_each_allowed_move_and_no_other(coordinator, stage):
    volunteer = make_volunteer(stage=stage)
    html = page(coordinator, f"{URL}{volunteer.pk}/change/")
    shown = {target for target in Stage if f'name="stage" value="{target}"' in html}
    assert shown == set(Volunteer.TRANSITIONS[stage])


def test_a_move_is_made_by_post_and_logged(coordinator):
    volunteer = make_volunteer()
    assert coordinator.get(f"{URL}{volunteer.pk}/stand/").status_code == 405
    response = move(coordinator, volunteer, "interview")
    assert messages(response) == [f"{volunteer.reference} ist jetzt „im Gespräch“."]
    assert LogEntry.objects.get(object_id=str(volunteer.pk)).change_message == "Stand: im Gespräch"
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = coordinator.cookies
    assert move(strict, volunteer, "training", "interview").status_code == 403


@pytest.mark.parametrize(
    ("stage", "target", "days"), [("training", "rejected", "90 Tagen"), ("active", "left", "90 Tagen")]
)
def test_what_ends_is_asked_first_and_says_what_is_deleted_when(coordinator, stage, target, days):
    volunteer = make_volunteer(stage=stage)
    asked = make_request()
    Assignment.objects.create(request=asked, volunteer=volunteer, status="accepted", invited_until=timezone.now())
    html = move(coordinator, volunteer, target).content.decode()
    assert days in html
    assert asked.reference in html
    volunteer.refresh_from_db()
    assert volunteer.stage == stage
    move(coordinator, volunteer, target, sure="1")
    volunteer.refresh_from_db()
    assert volunteer.stage == target


def test_becoming_active_without_what_is_needed_is_asked_first(coordinator):
    volunteer = make_volunteer(stage=Stage.TRAINING)
    requirement = make_requirement(title_de="Schweigepflicht")
    assert "Schweigepflicht" in move(coordinator, volunteer, "active").content.decode()
    volunteer.refresh_from_db()
    assert volunteer.stage == Stage.TRAINING
    Fulfilment.objects.create(volunteer=volunteer, requirement=requirement)
    move(coordinator, volunteer, "active")
    volunteer.refresh_from_db()
    assert volunteer.stage == Stage.ACTIVE


def test_a_pause_has_an_end_in_the_future_or_none(coordinator):
    volunteer = make_volunteer(stage=Stage.ACTIVE)
    wrong = move(coordinator, volunteer, "paused", sure="1", paused_until=f"{TODAY():%d.%m.%Y}")
    assert "in der Zukunft" in wrong.content.decode()
    until = TODAY() + timedelta(days=30)
    move(coordinator, volunteer, "paused", sure="1", paused_until=f"{until:%d.%m.%Y}")
    volunteer.refresh_from_db()
    assert (volunteer.stage, volunteer.paused_until) == ("paused", until)


def test_who_moves_second_is_told_and_changes_nothing(coordinator):
    volunteer = make_volunteer(stage=Stage.TRAINING)
    volunteer.move(Stage.ACTIVE)
    response = move(coordinator, volunteer, "rejected", before="training", sure="1")
    assert "jemand anderes hat den Stand geändert" in messages(response)[0]
    volunteer.refresh_from_db()
    assert volunteer.stage == Stage.ACTIVE


@pytest.mark.parametrize("stage", ["left", "gibtsnicht", ""])
def test_a_forged_move_is_refused(coordinator, stage):
    volunteer = make_volunteer()
    assert "geht es nicht" in messages(move(coordinator, volunteer, stage))[0]
    assert coordinator.post(f"{URL}{uuid.uuid4()}/stand/", {"stage": "interview"}).status_code == 302


def test_many_are_moved_at_once_and_who_cannot_is_named(coordinator):
    requirement = make_requirement(title_de="Erklärung")
    ready, lacking, wrong = (make_volunteer(stage=s) for s in (Stage.TRAINING, Stage.TRAINING, Stage.APPLIED))
    Fulfilment.objects.create(volunteer=ready, requirement=requirement)
    asked = act(coordinator, "change_stage", ready, lacking, wrong)
    assert asked.status_code == 200
    assert Volunteer.objects.filter(stage=Stage.ACTIVE).count() == 0
    told = messages(act(coordinator, "change_stage", ready, lacking, wrong, apply="1", stage="active"))
    assert f"{lacking.reference}: Es fehlt noch: Erklärung." in told
    assert f"{wrong.reference}: Von „angemeldet“ geht es nicht zu „aktiv“." in told
    assert "1 Person jetzt „aktiv“." in told
    act(coordinator, "change_stage", lacking, apply="1", stage="active", anyway="on")
    assert Volunteer.objects.filter(stage=Stage.ACTIVE).count() == 2


def test_who_has_promised_to_go_is_not_moved_away_with_many_others(coordinator):
    free, promised = make_volunteer(stage=Stage.ACTIVE), make_volunteer(stage=Stage.ACTIVE)
    asked = make_request()
    Assignment.objects.create(request=asked, volunteer=promised, status="accepted", invited_until=timezone.now())
    told = messages(act(coordinator, "change_stage", free, promised, apply="1", stage="left"))
    assert f"{promised.reference} hat noch zugesagt ({asked.reference}): bitte einzeln." in told
    assert Volunteer.objects.get(stage=Stage.LEFT) == free


def test_contact_is_noted_by_button_and_by_action(coordinator):
    one, other = (make_volunteer(last_contact_on=TODAY() - timedelta(days=400)) for _ in range(2))
    coordinator.post(f"{URL}{one.pk}/kontakt/")
    act(coordinator, "note_contact", other)
    assert set(Volunteer.objects.values_list("last_contact_on", flat=True)) == {TODAY()}
    one.refresh_from_db()
    assert one.delete_after > TODAY() + timedelta(days=700)


@pytest.mark.django_db(transaction=True)
def test_of_two_moves_at_the_same_moment_one_is_made(client):
    from django.contrib.auth.models import Group

    from portal.groups import COORDINATORS

    user = User.objects.create_user("zwei", password="ein-langes-Passwort", is_staff=True)
    user.groups.add(Group.objects.get(name=COORDINATORS))
    volunteer = make_volunteer(stage=Stage.INTERVIEW)
    start, answers = threading.Barrier(2), []

    def press(stage):
        browser = Client()
        log_in(browser, user)
        start.wait()
        answers.append(move(browser, volunteer, stage, before="interview", sure="1").content.decode())
        connections.close_all()

    threads = [threading.Thread(target=press, args=[stage]) for stage in ("training", "rejected")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted("jemand anderes" in answer for answer in answers) == [False, True]
    assert LogEntry.objects.filter(object_id=str(volunteer.pk)).count() == 1


# Mails ------------------------------------------------------------------------------------------------


def write(client, *volunteers, **values):
    """Preview and send."""
    shown = act(client, "write_mail", *volunteers, step="preview", **values)
    data = form_data(shown.content.decode().partition('id="content-main"')[2])
    return shown.content.decode(), {**data, "step": "send"}


def test_a_template_goes_to_each_in_her_language(coordinator):
    text = MailText.objects.create(
        name="Stammtisch",
        subject_de="Stammtisch",
        body_de="Guten Tag {name} ({number})",
        subject_ar="لقاء",
        body_ar="مرحبا {name}",
    )
    german, arabic, turkish = (make_volunteer(name=f"Person {code}", language=code) for code in ("de", "ar", "tr"))
    html, data = write(coordinator, german, arabic, turkish, template=text.pk)
    assert "Guten Tag Person de" in html
    assert "مرحبا Person ar" in html
    assert "Türkisch: 1 Person (ohne Übersetzung, auf Deutsch)" in html
    assert Email.objects.count() == 0
    response = coordinator.post(URL, data, follow=True)
    assert messages(response) == ["E-Mail an 3 Personen ist unterwegs."]
    assert "مرحبا Person ar" in Email.objects.get(to=arabic.email).message
    assert f"({turkish.reference})" in Email.objects.get(to=turkish.email).message
    assert Email.objects.first().headers["Sensitivity"] == "Private"
    assert LogEntry.objects.filter(change_message__startswith="E-Mail geschickt").count() == 3


def test_the_same_button_twice_sends_once(coordinator):
    volunteer = make_volunteer()
    _html, data = write(coordinator, volunteer, subject_de="Hallo", body_de="Guten Tag")
    coordinator.post(URL, data)
    assert "war schon verschickt" in messages(coordinator.post(URL, data, follow=True))[-1]
    assert Email.objects.count() == 1


def test_a_mail_to_many_costs_little_more_than_writing_it_down(coordinator):
    many = [make_volunteer(language=language) for language in ("de", "ar") for _ in range(20)]
    _html, data = write(coordinator, *many, subject_de="Hallo", body_de="Guten Tag {name}")
    with CaptureQueriesContext(connection) as queries:
        coordinator.post(URL, data)
    assert Email.objects.count() == 40
    assert len(queries) < 85


def test_who_cannot_or_may_not_be_written_to_is_left_out_and_named(coordinator):
    LotsenSettings.objects.create(consent_news_de="Ich möchte Einladungen bekommen.")
    silent = make_volunteer(name="Ohne Adresse", email="", phone="030 23125-600")
    restricted = make_volunteer(name="Bitte Nicht", restricted=True)
    agreed, withdrawn, plain = (make_volunteer(name=f"{word} Person") for word in ("Willige", "Widerrufen", "Andere"))
    words = notices.keep("news", "Ich möchte Einladungen bekommen.", "de")
    agreed.consents.create(text=words)
    withdrawn.consents.create(text=words, given_at=timezone.now(), withdrawn_at=timezone.now())
    everybody = (silent, restricted, agreed, withdrawn, plain)
    html, data = write(coordinator, *everybody, subject_de="Fest", body_de="Kommen Sie!", only_news="on")
    assert "<bdi>Ohne Adresse</bdi> (keine E-Mail-Adresse)" in html
    assert "<bdi>Bitte Nicht</bdi> (Verarbeitung eingeschränkt)" in html
    assert "<bdi>Widerrufen Person</bdi> (keine Einwilligung)" in html
    coordinator.post(URL, data)
    assert [mail.to for mail in Email.objects.all()] == [[agreed.email]]
    nobody = act(coordinator, "write_mail", silent, step="preview", subject_de="Fest", body_de="Kommen Sie!")
    assert "Niemand bekommt diese E-Mail" in nobody.content.decode()


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({}, "Bitte ausfüllen oder oben eine Vorlage wählen"),
        ({"subject_de": "Hallo", "body_de": "{passwort}"}, "{passwort} gibt es hier nicht"),
        ({"subject_de": "x" * 200, "body_de": "Text"}, "höchstens 150 Zeichen"),
        ({"subject_de": "Hallo", "body_de": "Text", "subject_ar": "لقاء"}, "Betreff und Text gehören zusammen"),
        ({"template": 999_999}, "gültige Auswahl"),
    ],
)
def test_a_mail_that_cannot_be_sent_is_shown_again_with_everything_in_it(coordinator, values, said):
    volunteer = make_volunteer(language="ar")
    html = act(coordinator, "write_mail", volunteer, step="send", **values).content.decode()
    assert said in html
    assert f'value="{values.get("subject_de", "")[:20]}' in html
    assert Email.objects.count() == 0


def test_nothing_written_in_a_mail_becomes_a_header_or_a_template(coordinator):
    volunteer = make_volunteer(name="{number} {% now 'Y' %}")
    _html, data = write(coordinator, volunteer, subject_de="Hallo", body_de="{name}\nBcc: boese@example.org")
    coordinator.post(URL, {**data, "subject_de": "Hallo\r\nBcc: boese@example.org"})
    mail = Email.objects.get()
    assert mail.to == [volunteer.email]
    assert mail.bcc == []
    assert "\n" not in mail.subject
    assert "{number} {% now 'Y' %}" in mail.message


def test_from_the_preview_one_can_go_back_to_the_text(coordinator):
    volunteer = make_volunteer()
    _html, data = write(coordinator, volunteer, subject_de="Hallo", body_de="Erste Zeile\nZweite Zeile")
    html = coordinator.post(URL, {**data, "step": "edit"}).content.decode()
    assert "Erste Zeile\nZweite Zeile</textarea>" in html
    assert "errornote" not in html


# Export -----------------------------------------------------------------------------------------------


def test_the_table_opens_in_excel_and_runs_no_formula(coordinator):
    evil = make_volunteer(name='=HYPERLINK("http://x.example")', phone="+49 30 23125600", languages={"ar": "B2"})
    make_volunteer(name="Eingeschränkt", restricted=True)
    response = act(coordinator, "export_csv", *Volunteer.objects.all())
    content = response.content
    assert content.startswith(b"\xef\xbb\xbfNummer;Name;E-Mail;")
    text = content.decode("utf-8-sig")
    assert "\"'=HYPERLINK(" in text
    assert ";'+49 30 23125600;" in text
    assert "Arabisch (B2)" in text
    assert "Eingeschränkt" not in text
    assert response["Content-Disposition"] == f'attachment; filename="lotsen-{TODAY():%Y-%m-%d}.csv"'
    assert "no-store" in response["Cache-Control"]
    assert Disclosure.objects.get().volunteer == evil
    assert LogEntry.objects.get().change_message == "Als Tabelle (CSV) exportiert"


# Access -----------------------------------------------------------------------------------------------


def test_everything_about_a_person_is_three_clicks_away(coordinator):
    user = User.objects.get(username="koordination")
    kind, place = make_kind(title_de="Begleitung zum Amt"), make_municipality(name="Hinterdorf")
    volunteer = make_volunteer(
        name="Amal Beispiel", phone="030 23125-601", languages={"uk": "C2"}, kinds=[kind], areas=[place], message="Ich kann sonntags.",
        availability=["su-am", "su-ev"], objection="Bitte keine Briefe", notice=notices.keep("sign_up", "<p>Der Hinweis</p>", "de"),
        confirmed_at=timezone.now(), stage=Stage.ACTIVE,
    )  # fmt: skip
    Note.objects.create(volunteer=volunteer, text="Mag Kaffee", author=user)
    volunteer.consents.create(text=notices.keep("news", "Ja zu Neuigkeiten", "de"))
    Fulfilment.objects.create(
        volunteer=volunteer, requirement=make_requirement(title_de="Verschwiegenheit", kind="declaration")
    )
    Disclosure.objects.create(volunteer=volunteer, what="Name und Telefon", to="Grundschule Ost")
    asked = make_request(kind=kind, email="schule@example.org")
    Assignment.objects.create(
        request=asked, volunteer=volunteer, status="done", hours=2, kilometres=7, invited_until=timezone.now()
    )
    mails.queue(volunteer, "Guten Tag", "Hallo {name}")
    mails.queue(asked, "Jemand geht mit", "Mit Ihnen geht Amal Beispiel, geheim für andere.")
    change(coordinator, volunteer, message="Ich kann sonntags.")

    assert URL in page(coordinator, "/admin/")
    assert f"{URL}{volunteer.pk}/change/" in page(coordinator)
    assert f"{URL}{volunteer.pk}/auskunft/" in page(coordinator, f"{URL}{volunteer.pk}/change/")
    response = coordinator.get(f"{URL}{volunteer.pk}/auskunft/")
    html = response.content.decode()
    for expected in (
        "Amal Beispiel", "030 23125-601", "Ukrainisch", "wie meine erste Sprache", "Begleitung zum Amt", "Hinterdorf", "Ich kann sonntags.",
        "Sonntag: Vormittag, Abend", "Bitte keine Briefe", "Der Hinweis", "Mag Kaffee", "Ja zu Neuigkeiten", "Verschwiegenheit",
        "Grundschule Ost", "war dabei", "Hallo Amal Beispiel", "Jemand geht mit", "aktiv",
        volunteer.reference, f"{volunteer.delete_after:%d.%m.%Y}", "Landesbeauftragte",
    ):  # fmt: skip
        assert expected in html, expected
    assert "geheim für andere" not in html
    assert "schule@example.org" not in html
    assert "koordination" not in html
    assert "no-store" in response["Cache-Control"]

    response = coordinator.get(f"{URL}{volunteer.pk}/auskunft.json")
    data = json.loads(response.content)
    assert data["person"][0]["name"] == "Amal Beispiel"
    assert data["person"][0]["availability"] == ["su-am", "su-ev"]
    assert data["languages"] == [{"code": "uk", "level": "C2"}]
    assert data["assignments"][0]["hours"] == "2.0"
    assert data["consents"][0]["text_body"] == "Ja zu Neuigkeiten"
    assert {"notes", "fulfilments", "attendances", "disclosures", "mails", "history", "notice"} <= data.keys()
    assert "token" not in response.content.decode()
    assert volunteer.reference in response["Content-Disposition"]
    assert LogEntry.objects.filter(object_id=str(volunteer.pk), change_message__contains="Auskunft").count() == 2


# Mails that do not go out -----------------------------------------------------------------------------


def stuck(volunteer, **fields):
    mails.queue(volunteer, "Betreff", "Text")
    newest = Email.objects.order_by("-pk").first()
    Email.objects.filter(pk=newest.pk).update(**fields)


def test_a_mail_server_that_is_down_is_visible_to_whoever_may_see_mails(client):
    volunteer = make_volunteer()
    long_ago = timezone.now() - timedelta(minutes=61)
    stuck(volunteer, created=long_ago)
    stuck(volunteer, created=long_ago, status=STATUS.requeued)
    stuck(volunteer, status=STATUS.failed)
    stuck(volunteer)  # just now
    stuck(volunteer, created=long_ago, status=STATUS.sent)
    mails.tell_coordinator("Neue Anmeldung", "Es gibt etwas zu tun.")
    Email.objects.filter(subject="Neue Anmeldung").update(created=long_ago)

    log_in(client, staff("koordination", "Ehrenamtskoordination"))
    html = page(client, "/admin/")
    assert '?zustellung=wartet">2 nach einer Stunde noch nicht verschickt' in html
    assert '?zustellung=gescheitert">1 gescheitert' in html
    listed = page(client, "/admin/post_office/email/", zustellung="wartet")
    assert "2 E-Mails" in listed or listed.count('class="field-to_display"') == 2

    log_in(client, staff("administration", "Administration"))
    html = page(client, "/admin/")
    assert "1 nach einer Stunde noch nicht verschickt</a> (und 2 vertrauliche)" in html
    assert "1 vertrauliche gescheitert" in html

    log_in(client, staff("redaktion", "Redaktion"))
    assert "nicht verschickt" not in page(client, "/admin/")


def test_whose_mails_are_searched_for_is_in_no_address(coordinator):
    volunteer, other = make_volunteer(email="amal@example.org"), make_volunteer()
    for person in (volunteer, other, volunteer):
        mails.queue(person, f"Für {person.reference}", "Text")
    url = "/admin/post_office/email/"
    search = re.search(r'<form id="changelist-search" method="(\w+)" action="([^"]+)"', page(coordinator, url))
    assert search.groups() == ("post", f"{url}suche/")
    for term in ("amal@example.org", volunteer.reference):
        response = coordinator.post(f"{url}suche/", {"q": term})
        wanted = sorted(Email.objects.filter(to=volunteer.email).values_list("pk", flat=True))
        address, _question, numbers = response["Location"].partition("?id__in=")
        assert address == url
        assert sorted(map(int, numbers.split(","))) == wanted
        html = page(coordinator, response["Location"])
        assert volunteer.email in html
        assert other.email not in html
    assert messages(coordinator.post(f"{url}suche/", {"q": "niemand@"}, follow=True)) == ["Nichts gefunden."]
    assert coordinator.get(f"{url}suche/").status_code == 405


def test_only_who_may_see_mails_searches_them(client, editor):
    mails.queue(make_volunteer(email="amal@example.org"), "Betreff", "Text")
    assert client.post("/admin/post_office/email/suche/", {"q": "amal@"}).status_code == 403
    log_in(client, staff("administration", "Administration"))
    found = client.post("/admin/post_office/email/suche/", {"q": "amal@"}, follow=True)
    assert messages(found) == ["Nichts gefunden."]  # a private one


# Every day --------------------------------------------------------------------------------------------


def test_the_coordination_is_told_once_of_what_is_going_to_be_deleted(site):
    LotsenSettings.objects.create(coordinator_email="koordination@example.org", warning_days=14)
    today = TODAY()
    soon = make_volunteer(name="Amal Beispiel", stage=Stage.REJECTED, stage_since=today - timedelta(days=76))
    make_volunteer(stage=Stage.REJECTED, stage_since=today - timedelta(days=75))
    unconfirmed()
    old = make_request(starts_at=timezone.now() - timedelta(days=175))
    day.work()
    day.work()
    mail = Email.objects.get()
    assert mail.to == ["koordination@example.org"]
    assert soon.reference in mail.message
    assert old.reference in mail.message
    assert f"{today + timedelta(days=14):%d.%m.%Y}" in mail.message
    assert f"{URL}{soon.pk}/change/\n" in mail.message
    assert f"/admin/lotsen/assistancerequest/{old.pk}/change/\n" in mail.message
    assert "Amal" not in mail.message
    assert soon.email not in mail.message
    assert mail.subject == "Integrationslotsen: 2 Einträge werden bald gelöscht"

    soon.refresh_from_db()
    soon.keep_until = today + timedelta(days=100)
    soon.save()
    assert soon.delete_after == soon.keep_until
    day.work()
    assert Email.objects.count() == 1
    soon.keep_until = today + timedelta(days=5)
    soon.stage_since = today - timedelta(days=89)
    soon.save()
    day.work()  # another day than the one that was told
    assert Email.objects.count() == 2


def test_the_daily_command_runs(site):
    call_command("lotsen_day")
