"""Trainings and who came, what runs out, certificates; what is counted, and the yearly report."""

import csv
import io
import json
import re
import shutil
import subprocess
import threading
from collections import defaultdict
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import product

import pikepdf
import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.core.files.base import ContentFile
from django.core.management import call_command
from django.db import connection, connections, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from post_office.models import Email

from lotsen import mails, report, retention, statistics
from lotsen.models import (
    Activity,
    Assignment,
    AssistanceRequest,
    Attendance,
    Fulfilment,
    LotsenSettings,
    MonthlyStat,
    NoticeText,
    Training,
    Volunteer,
)
from lotsen.suppression import suppress
from lotsen.training import attendance, certificate, day
from portal import pdfs
from tests.conftest import coordination_was_told, form_data, log_in
from tests.factories import (
    make_event,
    make_kind,
    make_municipality,
    make_request,
    make_requirement,
    make_volunteer,
)

pytestmark = pytest.mark.django_db

Stage, State = Volunteer.Stage, Attendance.State
TODAY = timezone.localdate


def at(day: date, hour=10):
    return timezone.make_aware(datetime(day.year, day.month, day.day, hour))


def make_training(requirement=None, days=-1, units=4, **event):
    requirement = requirement or make_requirement(units=8)
    event = {"title_de": "Grundkurs", "starts_at": at(TODAY() + timedelta(days=days)), **event}
    return Training.objects.create(event=make_event(**event), requirement=requirement, units=units)


def trainee(**fields):
    return make_volunteer(**{"stage": Stage.TRAINING, **fields})


def came(training, *volunteers):
    return attendance.mark(training, came=[row.pk for row in volunteers], back=[], absent=[])


def list_url(training):
    return reverse("admin:lotsen_training_list", args=[training.pk])


def marks(client, training, **data):
    return client.post(list_url(training), {"mode": "attend", **data}, follow=True)


def fulfilments(volunteer):
    return [(row.fulfilled_on, row.by_attendance) for row in volunteer.fulfilments.order_by("fulfilled_on")]


# Who came -----------------------------------------------------------------------------------------------


def test_attended_units_add_up_until_the_requirement_is_met_on_the_day_that_completed_it():
    volunteer, requirement = trainee(), make_requirement(units=8)
    last = make_training(requirement, days=-1)
    came(last, volunteer)
    assert fulfilments(volunteer) == []
    assert came(make_training(requirement, days=-30), volunteer) == (1, 0)
    # The earlier one was entered later; still the later one completed it.
    assert fulfilments(volunteer) == [(TODAY() - timedelta(days=1), True)]


def test_a_mark_taken_back_takes_back_what_followed():
    volunteer, requirement = trainee(), make_requirement(units=8)
    first, second = make_training(requirement, days=-9), make_training(requirement, days=-2)
    came(first, volunteer)
    came(second, volunteer)
    assert attendance.mark(first, came=[], back=[volunteer.pk], absent=[]) == (0, 1)
    assert fulfilments(volunteer) == []
    assert first.attendances.get().state == State.ABSENT


def test_one_visit_is_enough_where_no_units_are_asked_for():
    volunteer = trainee()
    came(make_training(make_requirement(units=None)), volunteer)
    assert len(fulfilments(volunteer)) == 1


def test_a_training_that_runs_out_is_renewed_by_as_much_again_and_one_that_holds_forever_only_met_once():
    volunteer = trainee()
    renewed, forever = make_requirement(units=4, valid_months=24), make_requirement(units=4)
    for days in (-800, -100):
        came(make_training(renewed, days=days), volunteer)
        came(make_training(forever, days=days), volunteer)
    assert volunteer.fulfilments.filter(requirement=renewed).count() == 2
    assert volunteer.fulfilments.filter(requirement=forever).count() == 1


def test_what_staff_have_entered_themselves_is_never_touched():
    volunteer, requirement = trainee(), make_requirement(units=4)
    training = make_training(requirement, days=-3)
    entered = Fulfilment.objects.create(
        volunteer=volunteer, requirement=requirement, fulfilled_on=TODAY() - timedelta(days=3)
    )
    assert came(training, volunteer) == (0, 0)
    assert attendance.mark(training, came=[], back=[volunteer.pk], absent=[]) == (0, 0)
    assert list(volunteer.fulfilments.all()) == [entered]


def test_coming_is_a_contact_and_puts_off_the_day_of_deletion():
    volunteer = trainee(last_contact_on=TODAY() - timedelta(days=400))
    before = volunteer.delete_after
    came(make_training(days=-2), volunteer)
    volunteer.refresh_from_db()
    assert volunteer.last_contact_on == TODAY() - timedelta(days=2)
    assert volunteer.delete_after == before + timedelta(days=398)
    came(make_training(days=-300), volunteer)
    volunteer.refresh_from_db()
    assert volunteer.last_contact_on == TODAY() - timedelta(days=2)


def test_a_moved_event_moves_the_day_by_the_next_morning():
    volunteer = trainee()
    training = make_training(make_requirement(units=4), days=-10)
    came(training, volunteer)
    training.event.starts_at -= timedelta(days=5)
    training.event.save()
    day.work()
    assert fulfilments(volunteer) == [(TODAY() - timedelta(days=15), True)]


@pytest.mark.skipif(
    "sqlite" in str(connections["default"].settings_dict["ENGINE"]), reason="one writer at a time anyway"
)
@pytest.mark.django_db(transaction=True)
def test_two_lists_saved_at_the_same_moment_both_count():
    volunteer, requirement = trainee(), make_requirement(units=8)
    trainings = [make_training(requirement, days=-9), make_training(requirement, days=-2)]
    barrier, errors = threading.Barrier(2), []

    def save(training):
        try:
            barrier.wait(5)
            came(training, volunteer)
        except Exception as error:
            errors.append(error)
        finally:
            connections.close_all()

    for _attempt in range(5):
        Attendance.objects.all().delete()
        attendance.settle()
        assert fulfilments(volunteer) == []
        threads = [threading.Thread(target=save, args=[training]) for training in trainings]
        [thread.start() for thread in threads]
        [thread.join() for thread in threads]
        assert errors == []
        assert len(fulfilments(volunteer)) == 1


# The page "Wer war da?" -----------------------------------------------------------------------------------


def test_everybody_in_training_is_on_the_page_and_one_tick_each_is_enough(coordinator):
    people = [trainee(name=f"Person {number:02}") for number in range(60)]
    active = make_volunteer(stage=Stage.ACTIVE, name="Schon Aktiv")
    left = make_volunteer(stage=Stage.LEFT, name="Nicht Mehr Da")
    restricted = trainee(name="Bitte Nicht", restricted=True)
    training = make_training(make_requirement(units=4))
    html = coordinator.get(list_url(training)).content.decode()
    assert html.count('type="checkbox"') == 61
    assert str(active.pk) in html.partition("<details>")[2]
    assert left.name not in html
    assert restricted.name not in html
    ids = [str(row.pk) for row in people]
    response = marks(coordinator, training, shown=ids, ticked=ids[:40])
    assert "40 Personen waren da" in response.content.decode()
    assert "neu erfüllt bei: 40 Personen" in response.content.decode()
    assert training.attendances.filter(state=State.ATTENDED).count() == 40
    assert training.attendances.count() == 40  # nobody had said the others would come


def test_before_the_day_the_page_asks_who_comes_and_on_the_day_who_was_there(coordinator):
    person, other = trainee(), trainee()
    training = make_training(days=3)
    html = coordinator.get(list_url(training)).content.decode()
    assert "Wer kommt?" in html
    coordinator.post(list_url(training), {"mode": "expect", "shown": [person.pk, other.pk], "all": "1"})
    assert training.attendances.filter(state=State.EXPECTED).count() == 2
    coordinator.post(
        list_url(training),
        {"mode": "expect", "shown": [person.pk, other.pk], "before": [person.pk, other.pk], "ticked": [person.pk]},
    )
    assert training.attendances.get().volunteer == person
    response = marks(coordinator, training, shown=[person.pk], ticked=[person.pk])
    assert "Die Schulung war noch nicht" in response.content.decode()
    assert training.attendances.get().state == State.EXPECTED
    training.event.starts_at = at(TODAY(), 23)
    training.event.save()
    # The page of yesterday says who comes, and not who was there.
    coordinator.post(
        list_url(training), {"mode": "expect", "shown": [person.pk], "before": [person.pk], "ticked": [person.pk]}
    )
    assert training.attendances.get().state == State.EXPECTED
    marks(coordinator, training, shown=[person.pk, other.pk], all="1")
    assert training.attendances.get().state == State.ATTENDED


def test_a_colleague_with_an_older_page_takes_nothing_back(coordinator):
    first, second, third = trainee(), trainee(), trainee()
    training = make_training()
    attendance.expect(training, [first.pk, second.pk, third.pk], [])
    shown = [first.pk, second.pk, third.pk]
    marks(coordinator, training, shown=shown, ticked=[first.pk])
    assert training.attendances.get(volunteer=second).state == State.ABSENT
    marks(coordinator, training, shown=shown, ticked=[second.pk])
    states = dict(training.attendances.values_list("volunteer", "state"))
    assert states == {first.pk: State.ATTENDED, second.pk: State.ATTENDED, third.pk: State.ABSENT}


def test_a_tick_removed_is_taken_back_and_saving_twice_changes_nothing(coordinator):
    person = trainee()
    training = make_training(make_requirement(units=None))
    data = {"shown": [person.pk], "ticked": [person.pk]}
    marks(coordinator, training, **data)
    marks(coordinator, training, **data)
    assert training.attendances.count() == 1
    assert len(fulfilments(person)) == 1
    response = marks(coordinator, training, shown=[person.pk], before=[person.pk])
    assert "nicht mehr erfüllt bei: 1 Person" in response.content.decode()
    assert fulfilments(person) == []


@pytest.mark.parametrize("tick", ["", "x", "'; DROP TABLE", "00000000-0000-0000-0000-000000000000"])
def test_whoever_is_not_there_any_more_is_said_and_the_rest_saved(coordinator, tick):
    person = trainee()
    training = make_training()
    response = marks(coordinator, training, shown=[person.pk], ticked=[person.pk, tick])
    assert response.status_code == 200
    assert training.attendances.get().volunteer == person
    assert ("gibt es nicht mehr" in response.content.decode()) == tick.startswith("0")


def test_nobody_is_smuggled_onto_a_list(coordinator):
    hidden = make_volunteer(stage=Stage.REJECTED)
    unconfirmed = trainee(restricted=True)
    training = make_training()
    marks(coordinator, training, ticked=[hidden.pk, unconfirmed.pk])
    coordinator.post(list_url(training), {"mode": "expect", "ticked": [hidden.pk, unconfirmed.pk]})
    assert not training.attendances.exists()


def test_a_cancelled_training_takes_no_marks(coordinator):
    person = trainee()
    training = make_training(cancelled=True)
    assert "fällt aus" in coordinator.get(list_url(training)).content.decode()
    marks(coordinator, training, shown=[person.pk], ticked=[person.pk])
    assert not training.attendances.exists()


def test_a_training_that_is_gone_is_said(coordinator):
    response = coordinator.get(reverse("admin:lotsen_training_list", args=[999]), follow=True)
    assert response.status_code == 200
    assert "999" in response.content.decode()


def test_the_page_asks_the_database_as_often_for_60_as_for_6(coordinator):
    def queries():
        with CaptureQueriesContext(connection) as found:
            assert coordinator.get(list_url(training)).status_code == 200
        return len(found)

    training = make_training()
    coordinator.get(list_url(training))
    for _number in range(6):
        came(training, trainee())
    few = queries()
    for _number in range(54):
        came(training, trainee())
    assert queries() == few


def test_the_history_tells_how_many_came_and_not_who(coordinator):
    person = trainee(name="Amal Unverkennbar")
    training = make_training()
    marks(coordinator, training, shown=[person.pk], ticked=[person.pk])
    entry = LogEntry.objects.get()
    assert "1 Person war da" in entry.change_message
    assert "Unverkennbar" not in entry.change_message + entry.object_repr


@pytest.mark.parametrize("who", ["editor", "administrator", "client"])
def test_only_the_coordination_sees_who_came(request, who, site):
    client = request.getfixturevalue(who)
    person = trainee(name="Amal Unverkennbar")
    training = make_training()
    came(training, person)
    pages = [
        list_url(training),
        reverse("admin:lotsen_training_changelist"),
        reverse("admin:lotsen_training_change", args=[training.pk]),
        reverse("admin:lotsen_requirement_running_out"),
        reverse("lotsen_staff:certificate", args=[person.pk]),
    ]
    for page in pages:
        response = client.get(page)
        assert response.status_code in {302, 403}
    assert client.post(list_url(training), {"mode": "attend", "before": [person.pk]}).status_code in {302, 403}
    assert training.attendances.get().state == State.ATTENDED


# Trainings and requirements in the admin ------------------------------------------------------------------


def test_the_coordination_chooses_an_event_that_it_may_not_edit(coordinator):
    event = make_event(title_de="Grundkurs im Mai", status="draft")
    requirement = make_requirement()
    found = coordinator.get(
        "/admin/autocomplete/",
        {"app_label": "lotsen", "model_name": "training", "field_name": "event", "term": "Grundkurs"},
    )
    assert [row["id"] for row in json.loads(found.content)["results"]] == [str(event.pk)]
    assert coordinator.get(reverse("admin:events_event_change", args=[event.pk])).status_code == 200
    assert coordinator.post(reverse("admin:events_event_change", args=[event.pk]), {}).status_code == 403
    html = coordinator.get(reverse("admin:lotsen_training_add")).content.decode()
    assert "admin-autocomplete" in html
    response = coordinator.post(
        reverse("admin:lotsen_training_add"), {"event": event.pk, "requirement": requirement.pk, "units": "4"}
    )
    training = Training.objects.get()
    assert response["Location"] == list_url(training)
    again = coordinator.post(
        reverse("admin:lotsen_training_add"), {"event": event.pk, "requirement": requirement.pk, "units": "4"}
    )
    assert "errorlist" in again.content.decode()


def test_the_next_training_stands_first_and_the_list_asks_as_often_for_many(coordinator):
    for days in (-20, 30, -2, 5):
        make_training(days=days, title_de=f"Termin {days}")
    url = reverse("admin:lotsen_training_changelist")
    html = coordinator.get(url).content.decode()
    order = re.findall(r"Termin (-?\d+)</a>", html)
    assert order == ["5", "30", "-2", "-20"]
    assert "Termin -2" not in coordinator.get(url, {"zeit": "kommend"}).content.decode()
    assert "Termin 5" not in coordinator.get(url, {"zeit": "vergangen"}).content.decode()

    def queries():
        with CaptureQueriesContext(connection) as found:
            coordinator.get(url)
        return len(found)

    few = queries()
    for number in range(20):
        came(make_training(days=-number), trainee())
    assert queries() == few


def test_more_units_asked_for_are_said_with_what_follows(coordinator):
    volunteer, requirement = trainee(), make_requirement(units=4)
    came(make_training(requirement), volunteer)
    url = reverse("admin:lotsen_requirement_change", args=[requirement.pk])
    data = {
        "title_de": "Grundkurs",
        "units": "20",
        "valid_months": "",
        "order": "0",
        "mandatory": "on",
        "kind": "training",
    }
    response = coordinator.post(url, data, follow=True)
    assert "nicht mehr erfüllt bei: 1 Person" in response.content.decode()
    assert fulfilments(volunteer) == []
    coordinator.post(url, {**data, "units": "4", "valid_months": "12"})
    assert volunteer.fulfilments.get().expires_on


def test_a_requirement_in_use_keeps_its_kind_and_explains_the_law(coordinator):
    requirement = make_requirement(units=4)
    url = reverse("admin:lotsen_requirement_change", args=[requirement.pk])
    html = coordinator.get(url).content.decode()
    assert "§ 72a Abs. 5 SGB VIII" in html
    assert 'name="kind"' in html
    came(make_training(requirement), trainee())
    assert 'name="kind"' not in coordinator.get(url).content.decode()
    html = coordinator.get(reverse("admin:lotsen_requirement_changelist")).content.decode()
    assert "Was läuft ab?" in html


def test_a_training_deleted_takes_its_units_with_it(coordinator):
    volunteer = trainee()
    training = make_training(make_requirement(units=4))
    came(training, volunteer)
    coordinator.post(reverse("admin:lotsen_training_delete", args=[training.pk]), {"post": "yes"})
    assert not Training.objects.exists()
    assert fulfilments(volunteer) == []


def test_editors_cannot_delete_the_event_of_a_training(editor, site):
    training = make_training()
    came(training, trainee())
    url = reverse("admin:events_event_delete", args=[training.event.pk])
    editor.post(url, {"post": "yes"})
    assert Attendance.objects.count() == 1


# What runs out ------------------------------------------------------------------------------------------


def fulfilled(volunteer, requirement, expires_in):
    """Something that runs out in so many days."""
    row = Fulfilment.objects.create(volunteer=volunteer, requirement=requirement, fulfilled_on=TODAY() - timedelta(300))
    Fulfilment.objects.filter(pk=row.pk).update(expires_on=TODAY() + timedelta(days=expires_in))
    return row


@pytest.fixture
def declaration(site):
    LotsenSettings(coordinator_email="koordination@example.org").save()
    return make_requirement(kind="declaration", valid_months=12, title_de="Verschwiegenheit")


def letters_to(volunteer):
    return list(Email.objects.filter(to=volunteer.email).order_by("pk"))


@pytest.mark.parametrize(("days", "written"), [(61, 0), (60, 1), (30, 1), (14, 1), (0, 1), (-1, 0)])
def test_a_letter_goes_two_months_and_two_weeks_before(declaration, days, written):
    volunteer = make_volunteer(stage=Stage.ACTIVE)
    fulfilled(volunteer, declaration, days)
    day.remind(TODAY())
    day.remind(TODAY())
    assert len(letters_to(volunteer)) == written
    assert Email.objects.count() == 2 * written  # and one to the coordination


def test_each_letter_goes_once_and_again_when_the_day_has_moved(declaration):
    volunteer = make_volunteer(stage=Stage.ACTIVE)
    row = fulfilled(volunteer, declaration, 60)
    for later in range(61):
        day.remind(TODAY() + timedelta(days=later))
    assert len(letters_to(volunteer)) == 2
    Fulfilment.objects.filter(pk=row.pk).update(expires_on=TODAY() + timedelta(days=400))
    day.remind(TODAY() + timedelta(days=340))
    assert len(letters_to(volunteer)) == 3


@pytest.mark.parametrize("language", ["de", "ar", "uk"])
@pytest.mark.parametrize("kind", ["training", "declaration", "record"])
def test_the_letter_says_in_her_language_what_to_do(declaration, kind, language):
    volunteer = make_volunteer(stage=Stage.ACTIVE, language=language)
    requirement = make_requirement(kind=kind, valid_months=60, title_de="Nachweis", title_ar="شهادة")
    fulfilled(volunteer, requirement, 20)
    day.remind(TODAY())
    letter = letters_to(volunteer)[0]
    assert ("شهادة" if language == "ar" else "Nachweis") in letter.message
    assert "{" not in letter.message + letter.subject
    assert letter.headers["Sensitivity"] == "Private"


def test_the_coordination_gets_counts_and_a_link_that_shows_who(declaration, coordinator):
    people = [make_volunteer(stage=Stage.ACTIVE, name="Amal Unverkennbar") for _number in range(2)]
    silent = make_volunteer(stage=Stage.PAUSED, email="", phone="030 23125-110")
    for person in [*people, silent]:
        fulfilled(person, declaration, 50)
    fulfilled(make_volunteer(stage=Stage.TRAINING), declaration, 3)
    day.remind(TODAY())
    mail = Email.objects.get(to="koordination@example.org")
    assert "in spätestens 60 Tagen: 3" in mail.message
    assert "in spätestens 14 Tagen: 1" in mail.message
    assert "ohne E-Mail-Adresse, bitte anrufen: 1" in mail.message
    assert "Unverkennbar" not in mail.message + mail.subject
    path = re.search(r"https?://[^/]+(/\S+)", mail.message)[1]
    html = coordinator.get(path).content.decode()
    assert html.count("Amal Unverkennbar") == 2
    assert "Verschwiegenheit" in html


@pytest.mark.parametrize("fields", [{"stage": "left"}, {"stage": "rejected"}, {"restricted": True}])
def test_who_is_gone_or_restricted_is_left_alone(declaration, fields):
    fulfilled(make_volunteer(**{"stage": Stage.ACTIVE, **fields}), declaration, 10)
    day.remind(TODAY())
    assert not Email.objects.exists()


def test_what_has_been_renewed_is_not_asked_for(declaration, coordinator):
    volunteer = make_volunteer(stage=Stage.ACTIVE, name="Amal Unverkennbar")
    fulfilled(volunteer, declaration, 10)
    Fulfilment.objects.create(volunteer=volunteer, requirement=declaration, fulfilled_on=TODAY())
    day.remind(TODAY())
    assert not Email.objects.exists()
    page = coordinator.get(reverse("admin:lotsen_requirement_running_out")).content.decode()
    assert "Unverkennbar" not in page
    # And as its list of requirements counts.
    other = fulfilled(make_volunteer(stage=Stage.ACTIVE), declaration, 10)
    html = coordinator.get(reverse("admin:lotsen_requirement_changelist")).content.decode()
    assert re.search(r'field-running_out">1<', html)
    other.delete()
    html = coordinator.get(reverse("admin:lotsen_requirement_changelist")).content.decode()
    assert re.search(r'field-running_out">-<', html)


def test_nobody_is_sent_for_a_certificate_of_conduct_that_her_help_does_not_need(declaration):
    children, offices = make_kind(), make_kind()
    record = make_requirement(kind="record", valid_months=60)
    record.kinds.set([children])
    without, with_children = make_volunteer(stage=Stage.ACTIVE), make_volunteer(stage=Stage.ACTIVE)
    without.kinds.set([offices])
    with_children.kinds.set([children, offices])
    for volunteer in (without, with_children):
        fulfilled(volunteer, record, 30)
    day.remind(TODAY())
    assert letters_to(without) == []
    assert len(letters_to(with_children)) == 1


def test_a_mail_that_cannot_be_queued_leaves_nobody_marked_as_told(declaration, monkeypatch):
    row = fulfilled(make_volunteer(stage=Stage.ACTIVE), declaration, 10)

    def broken(*args, **kwargs):
        raise RuntimeError("no queue")

    monkeypatch.setattr(mails, "tell_coordinator", broken)
    with pytest.raises(RuntimeError), transaction.atomic():
        day.remind(TODAY())
    row.refresh_from_db()
    assert row.reminded_on is None
    assert not Email.objects.exists()


def test_reminding_asks_as_often_for_many_who_need_no_letter(declaration):
    def queries():
        with CaptureQueriesContext(connection) as found:
            day.remind(TODAY())
        return len(found)

    def some(number):
        for _number in range(number):
            fulfilled(make_volunteer(stage=Stage.ACTIVE), declaration, 300)

    some(3)
    few = queries()
    some(20)
    assert queries() == few


# The certificate ------------------------------------------------------------------------------------------


@pytest.fixture
def own_lock(settings, tmp_path):
    settings.DATA_DIR = tmp_path


def pdf_text(data, tmp_path):
    if not shutil.which("pdftotext"):
        pytest.skip("pdftotext is not installed")
    path = tmp_path / "certificate.pdf"
    path.write_bytes(data)
    return subprocess.run(["pdftotext", "-layout", path, "-"], capture_output=True, check=True, text=True).stdout


def learned(**fields):
    volunteer = make_volunteer(**{"stage": Stage.ACTIVE, "name": "Amal Beispiel", **fields})
    requirement = make_requirement(units=8, title_de="Grundschulung")
    for days in (-20, -10):
        came(make_training(requirement, days=days, title_de=f"Kurs {-days}"), volunteer)
    return volunteer


def test_the_certificate_is_accessible_and_says_what_was_learnt(coordinator, site, own_lock, tmp_path):
    LotsenSettings(certificate_place="Musterstadt", certificate_signature="Koordination Ehrenamt").save()
    volunteer = learned()
    declaration = make_requirement(kind="declaration", title_de="Verschwiegenheit")
    Fulfilment.objects.create(volunteer=volunteer, requirement=declaration)
    record = make_requirement(kind="record", title_de="Führungszeugnis", valid_months=60)
    Fulfilment.objects.create(volunteer=volunteer, requirement=record, issued_on=TODAY())
    response = coordinator.get(reverse("lotsen_staff:certificate", args=[volunteer.pk]))
    assert response["Content-Type"] == "application/pdf"
    assert response["Content-Disposition"] == f'inline; filename="bescheinigung-{volunteer.reference}.pdf"'
    assert "no-store" in response["Cache-Control"]
    assert pdfs.failed_checks(ContentFile(response.content)) == []
    pdf = pikepdf.open(io.BytesIO(response.content))
    assert str(pdf.Root.Lang).startswith("de")
    assert bool(pdf.Root.MarkInfo.Marked)
    assert "Amal" not in str(pdf.docinfo["/Title"])
    assert volunteer.reference in str(pdf.docinfo["/Title"])
    text = pdf_text(response.content, tmp_path)
    for said in ("Amal Beispiel", "Kurs 20", "Kurs 10", "Zusammen: 8", "Grundschulung", "Verschwiegenheit",
                 "Musterstadt, den", "Koordination Ehrenamt", "Landkreis Testland"):  # fmt: skip
        assert said in text
    assert "Führungszeugnis" not in text
    assert "Bestätigung der Tätigkeit" not in text
    entry = LogEntry.objects.get()
    assert entry.object_repr == volunteer.reference
    assert "Bescheinigung" in entry.change_message


@pytest.mark.parametrize(
    ("name", "read"),
    [
        ('#raw("x") #panic()', '#raw("x") #panic()'),
        ("*Amal* _B_ $x$ @ref <a> \\u{41} `c`", "*Amal* _B_ $x$ @ref <a>"),
        ("= Überschrift", "= Überschrift"),
        ("أمل الحسن", None),
        ("😀🎉", "L-"),
        ("Zoë Ðorđević-Nguyễn", "Zoë Ðorđević-Nguyễn"),
        ("A" * 100, "AAAA"),
        ("\x00\x07Amal\u202e\u2066", "Amal"),
    ],
)
def test_a_name_is_a_name_whatever_it_looks_like(site, own_lock, tmp_path, name, read):
    volunteer = make_volunteer(stage=Stage.ACTIVE)
    volunteer.name = name  # PostgreSQL would refuse a NUL
    data = certificate.certificate(volunteer)
    assert pdfs.failed_checks(ContentFile(data)) == []
    text = pdf_text(data, tmp_path)
    if read:
        assert read in text
    else:
        assert re.search(r"[\u0600-\u06ff\ufb50-\ufefc]", text)


def test_hours_of_a_year_are_confirmed_even_when_the_requests_have_been_erased(site, own_lock, tmp_path):
    volunteer = make_volunteer(stage=Stage.ACTIVE)
    year = TODAY().year - 1
    for month in (2, 5, 5):
        done(volunteer, at(date(year, month, 3)), hours="2.5")
    before = certificate.content(volunteer)["activity"]
    assert before == [[str(year), "3", "7,5"]]
    for request in AssistanceRequest.objects.all()[:2]:
        request.erase()
    assert certificate.content(volunteer)["activity"] == before
    text = pdf_text(certificate.certificate(volunteer), tmp_path)
    assert "Bestätigung der Tätigkeit" in text
    assert "7,5" in text
    volunteer.erase()
    assert not Activity.objects.exists()


def test_a_training_that_was_called_off_after_all_counts_for_nobody(site):
    volunteer, training = trainee(), make_training(make_requirement(units=4), units=4)
    attendance.mark(training, [volunteer.pk], [], [])
    assert volunteer.fulfilments.count() == 1
    training.event.cancelled = True
    training.event.save()
    day.work()
    assert not volunteer.fulfilments.exists()
    assert attendance.progress(training.requirement, [volunteer.pk]) == {}
    assert certificate.content(volunteer)["trainings"] == []


def test_what_runs_out_is_as_many_in_the_list_of_requirements_as_behind_its_link(coordinator):
    requirement, today = make_requirement(kind="declaration", valid_months=12), TODAY()
    for name, expires in (
        ("Bald", today),
        ("Vorbei", today - timedelta(days=300)),
        ("Längst", today - timedelta(days=366)),
    ):
        fulfilment = Fulfilment.objects.create(
            volunteer=make_volunteer(name=name, stage=Stage.ACTIVE), requirement=requirement
        )
        Fulfilment.objects.filter(pk=fulfilment.pk).update(expires_on=expires)
    html = coordinator.get("/admin/lotsen/requirement/").content.decode()
    assert 'class="field-running_out">2<' in html
    html = coordinator.get("/admin/lotsen/requirement/ablauf/").content.decode()
    assert "2 Voraussetzungen" in html
    assert "Längst" not in html


def test_a_new_validity_reaches_a_thousand_in_few_queries(coordinator):
    requirement = make_requirement(kind="declaration", valid_months=12)
    volunteers = Volunteer.objects.bulk_create(
        Volunteer(name=f"Person {n}", phone="1", place="x", adult=True, delete_after=TODAY()) for n in range(1000)
    )
    Fulfilment.objects.bulk_create(
        Fulfilment(volunteer=volunteer, requirement=requirement, fulfilled_on=date(2026, 1, 31), delete_after=TODAY())
        for volunteer in volunteers
    )
    page = f"/admin/lotsen/requirement/{requirement.pk}/change/"
    form = form_data(coordinator.get(page).content.decode().partition('id="requirement_form"')[2])
    with CaptureQueriesContext(connection) as queries:
        assert coordinator.post(page, {**form, "valid_months": 13}).status_code == 302
    assert len(queries) < 60
    assert set(Fulfilment.objects.values_list("expires_on", flat=True)) == {date(2027, 2, 28)}


def test_what_she_did_is_corrected_even_when_the_requests_have_been_erased(coordinator, site):
    volunteer, other = make_volunteer(stage=Stage.ACTIVE), make_volunteer(stage=Stage.ACTIVE)
    year = TODAY().year - 1
    for month, who in ((2, volunteer), (3, volunteer), (4, other)):
        done(who, at(date(year, month, 3)), hours="2.5", kilometres=10)
    for request in AssistanceRequest.objects.all():
        request.erase()
    mine = volunteer.activities.get()
    page = f"/admin/lotsen/volunteer/{volunteer.pk}/change/"

    def correct(**said):
        form = form_data(coordinator.get(page).content.decode().partition('id="volunteer_form"')[2])
        return coordinator.post(page, {**form, **{f"activities-0-{name}": value for name, value in said.items()}})

    assert correct(hours="-1", kilometres="5").status_code == 200
    assert correct(hours="1", kilometres="-5").status_code == 200
    assert statistics.work_in(year) == (Decimal("7.5"), 30)
    assert correct(hours="0.5", kilometres="3").status_code == 302
    mine.refresh_from_db()
    assert (mine.hours, mine.kilometres, mine.count) == (Decimal("0.5"), 3, 2)
    assert statistics.work_in(year) == (Decimal("3.0"), 13)
    assert correct(hours="9", kilometres="40").status_code == 302
    assert statistics.work_in(year) == (Decimal("11.5"), 50)
    assert certificate.content(volunteer)["activity"] == [[str(year), "2", "9,0"]]
    entry = LogEntry.objects.order_by("pk").last()
    assert (entry.object_id, entry.user.username) == (str(volunteer.pk), "koordination")
    assert "Stunden" in entry.get_change_message()


def test_who_is_not_confirmed_or_not_there_has_no_certificate(coordinator):
    unconfirmed = make_volunteer(notice=notice())
    assert coordinator.get(reverse("lotsen_staff:certificate", args=[unconfirmed.pk])).status_code == 404
    unknown = "00000000-0000-0000-0000-000000000000"
    assert coordinator.get(reverse("lotsen_staff:certificate", args=[unknown])).status_code == 404


def test_a_typesetter_that_fails_is_said_and_not_logged(coordinator, site, own_lock, monkeypatch, tmp_path):
    monkeypatch.setattr("integration.wegweiser.paper.booklet.TYPESETTER", tmp_path / "missing.py")
    response = coordinator.get(reverse("lotsen_staff:certificate", args=[learned().pk]), follow=True)
    assert "ließ sich gerade nicht erstellen" in response.content.decode()
    assert not LogEntry.objects.exists()


# Suppression ----------------------------------------------------------------------------------------------


def tables(rows, largest, smallest=0):
    return product(range(smallest, largest + 1), repeat=rows)


def ambiguous(rows, largest, smallest=0):
    """Whoever knows the rule, what is shown and the sum: are there two ways to fill each hidden cell?"""
    seen = defaultdict(list)
    for table in tables(rows, largest, smallest):
        total = sum(table)
        if 3 <= total <= largest:  # all tables with this sum are among these
            seen[tuple(suppress(table)), total].append(table)
    for (shown, total), possible in seen.items():
        if smallest and set(shown) == {None} and total <= rows:
            continue  # then not even the rows are listed
        for place, value in enumerate(shown):
            if value is None and len({table[place] for table in possible}) < 2:
                return shown, total, possible
    return None


@pytest.mark.parametrize(("rows", "largest"), [(1, 12), (2, 14), (3, 14), (4, 12), (5, 9), (6, 7)])
def test_no_hidden_count_can_be_worked_out(rows, largest):
    assert ambiguous(rows, largest) is None
    assert ambiguous(rows, largest, smallest=1) is None


def test_counts_of_one_and_two_are_never_shown_and_zero_and_large_ones_are():
    for table in tables(4, 6):
        shown = suppress(table)
        assert not {1, 2} & set(shown)
        if not {1, 2} & set(table):
            assert shown == list(table)
        if sum(table) > 4 and max(table) > 1:
            assert all(seen == 0 for count, seen in zip(table, shown, strict=True) if count == 0)


def test_a_large_table_keeps_what_it_can():
    assert suppress([120, 40, 7, 1, 0]) == [120, 40, None, None, 0]
    assert suppress([120, 40, 2, 1, 2]) == [120, None, None, None, None]
    assert suppress([]) == []


# Counting -------------------------------------------------------------------------------------------------


def notice():
    return NoticeText.objects.create(purpose="sign_up", language="de", version=1, body="Hinweis", digest="1")


def done(volunteer, starts_at, hours="1.0", kilometres=10, **fields):
    request = make_request(starts_at=starts_at, status="done", **fields)
    Assignment.objects.create(
        request=request, volunteer=volunteer, status="done", invited_until=starts_at,
        hours=Decimal(hours), kilometres=kilometres,
    )  # fmt: skip
    return request


def numbers(year):
    """All that the report is made of, before anything is hidden."""
    found = defaultdict(int)
    for row in statistics.requests_in(year):
        found[row._replace(count=0)] += row.count
    return dict(found), +statistics.moves_in(year), statistics.work_in(year), statistics.trainings_in(year)


@pytest.fixture
def last_year():
    """A year full of life, of which nothing need be kept any longer."""
    year = TODAY().year - 1
    town, kind = make_municipality(name="Musterstadt"), make_kind(title_de="Behörde")
    volunteers = [
        make_volunteer(
            stage=Stage.LEFT, stage_since=date(year, 11, 30), created=at(date(year, 1, 2)), languages={"ar": "B2"}
        ),
        make_volunteer(stage=Stage.REJECTED, stage_since=date(year, 3, 1), created=at(date(year, 2, 1))),
        make_volunteer(
            stage=Stage.ACTIVE,
            created=at(date(year, 12, 31), 23),
            municipality=town,
            languages={"ar": "C2", "fa": "B2"},
        ),
        make_volunteer(stage=Stage.ACTIVE, created=at(date(year - 1, 12, 31), 23)),
    ]
    training = make_training(days=0, starts_at=at(date(year, 6, 1)), units=6)
    for volunteer in volunteers:  # two have gone since
        training.attendances.create(volunteer=volunteer, state=State.ATTENDED)
    attendance.expect(make_training(days=3), [volunteers[2].pk], [])
    for number, status in enumerate(["new", "searching", "matched", "unmet", "cancelled", "no_show"]):
        fields = {"municipality": town} if number % 2 else {}
        make_request(starts_at=at(date(year, 1 + number, 1), 0), status=status, kind=kind, spoken="uk", **fields)
    done(volunteers[0], at(date(year, 1, 1), 0), "2.5", 7)
    done(volunteers[2], at(date(year, 12, 31), 22), "3.0", 8, kind=kind)
    make_request(starts_at=at(date(year, 5, 1)), notice=notice())  # never confirmed
    return year


def test_a_purge_changes_no_number_of_the_year(last_year):
    before = numbers(last_year)
    (asked, moves, work, taught) = before
    assert sum(asked.values()) == 8
    assert moves == {"new": 3, "left": 1, "rejected": 1}
    assert work == (Decimal("5.5"), 15)
    assert taught[0][1:] == (1, 4, 24)
    whole = report.report(last_year)
    AssistanceRequest.objects.update(delete_after=date(2020, 1, 1))
    Volunteer.objects.filter(stage__in=["left", "rejected"]).update(delete_after=date(2020, 1, 1))
    coordination_was_told()
    call_command("purge_personal_data")
    assert not AssistanceRequest.objects.exists()
    assert Volunteer.objects.count() == 2
    assert numbers(last_year) == before
    assert report.report(last_year) == whole


def test_the_hours_of_one_who_waited_in_vain_are_told_to_nobody():
    request = done(make_volunteer(stage=Stage.ACTIVE), at(date(TODAY().year - 1, 3, 1)), "1.5", 7)
    AssistanceRequest.objects.filter(pk=request.pk).update(status="no_show")
    work = next(table for table in report.requests(TODAY().year - 1) if table.caption.startswith("Geleistet"))
    assert work.rows == [("Stunden", [None]), ("Kilometer", [None])]
    nothing = next(table for table in report.requests(TODAY().year - 2) if table.caption.startswith("Geleistet"))
    assert nothing.rows == [("Stunden", [0]), ("Kilometer", [0])]


def test_half_a_purge_changes_no_number_either(last_year):
    before = numbers(last_year)
    for request in AssistanceRequest.objects.order_by("starts_at")[::2]:
        request.erase()
        assert numbers(last_year) == before


def test_whoever_is_erased_has_left_and_her_hours_stay(last_year):
    asked, moves, work, taught = numbers(last_year)
    for volunteer in Volunteer.objects.all():
        volunteer.erase()
    assert numbers(last_year) == (asked, moves, work, taught)
    assert statistics.moves_in(TODAY().year)["left"] == 2
    assert set(Attendance.objects.values_list("volunteer", "state")) == {(None, State.ATTENDED)}


def test_erasing_twice_counts_once(last_year):
    before = numbers(last_year)
    for row in [*AssistanceRequest.objects.all(), *Volunteer.objects.filter(stage__in=["left", "rejected"])]:
        same = type(row).objects.get(pk=row.pk)
        row.erase()
        same.erase()
    assert numbers(last_year) == before


def test_a_request_that_is_erased_before_its_day_counts_as_cancelled():
    request = make_request(status="searching", starts_at=at(TODAY() + timedelta(hours=48)))
    year = request.starts_at.year
    assert [row.outcome for row in statistics.requests_in(year)] == ["open"]
    request.erase()
    assert [row.outcome for row in statistics.requests_in(year)] == ["cancelled"]


def test_nothing_is_counted_when_erasing_fails(monkeypatch):
    request = make_request()

    def broken(person):
        raise RuntimeError("the database is down")

    monkeypatch.setattr(retention, "forget", broken)
    with pytest.raises(RuntimeError):
        request.erase()
    assert AssistanceRequest.objects.count() == 1
    assert not MonthlyStat.objects.exists()


def test_the_end_of_a_month_is_counted_once_even_when_the_worker_was_off():
    first = TODAY().replace(day=1)
    early = at(first - timedelta(days=40))
    town = make_municipality(name="Musterstadt")
    for _number in range(3):
        make_volunteer(stage=Stage.ACTIVE, created=early, municipality=town, languages={"ar": "B2", "fa": "B1"})
    make_volunteer(stage=Stage.LEFT, created=early)
    make_volunteer(stage=Stage.APPLIED, created=at(first))  # came when the month was over
    late = first + timedelta(days=19)
    statistics.keep_month(late)
    make_volunteer(stage=Stage.ACTIVE, created=early)
    statistics.keep_month(late)
    statistics.keep_month(late + timedelta(days=3))
    rows = set(MonthlyStat.objects.values_list("month", "outcome", "language", "municipality", "count"))
    last = (first - timedelta(days=1)).replace(day=1)
    assert rows == {
        (last, "", "", "", 3),
        (last, "active", "", "", 3),
        (last, "present", "ar", "", 3),
        (last, "present", "fa", "", 3),
        (last, "lives", "", "Musterstadt", 3),
    }


def test_a_month_without_anybody_is_kept_as_such():
    first = TODAY().replace(day=1)
    statistics.keep_month(first)
    make_volunteer(created=at(first - timedelta(days=40)))
    statistics.keep_month(first + timedelta(days=5))
    assert MonthlyStat.objects.get().count == 0


def test_a_year_that_is_over_shows_the_last_month_that_was_kept():
    year = TODAY().year - 1
    for month, number in ((3, 5), (10, 7)):
        common = {"month": date(year, month, 1), "subject": "volunteer"}
        MonthlyStat.objects.create(**common, outcome="", count=number)
        MonthlyStat.objects.create(**common, outcome="active", count=number)
        MonthlyStat.objects.create(**common, outcome="lives", count=number)
        MonthlyStat.objects.create(**common, outcome="present", language="ar", count=number)
    make_volunteer(stage=Stage.ACTIVE)
    found = statistics.present_in(year)
    assert (found.as_of, found.total, found.stages["active"]) == (date(year, 10, 31), 7, 7)
    assert (found.places[""], found.languages["ar"]) == (7, 7)
    assert statistics.present_in(TODAY().year).total == 1
    assert statistics.present_in(year - 1).as_of is None


# The yearly report ------------------------------------------------------------------------------------------


def report_url(year=None, name="report"):
    return reverse(f"lotsen_staff:{name}", args=[year or TODAY().year])


def full_year():
    """Enough of most things that they are shown, and a few that are not."""
    start = at(TODAY().replace(month=1, day=5))
    kind, town = make_kind(title_de="=Arzt"), make_municipality(name="Musterstadt")
    for _number in range(5):
        volunteer = make_volunteer(stage=Stage.ACTIVE, languages={"ar": "B2"}, municipality=town)
        done(volunteer, start, "1.5", 300, kind=kind, municipality=town)
    for _number in range(4):
        make_request(starts_at=start, status="unmet", spoken="uk", kind=kind)
    make_request(starts_at=start, status="unmet", spoken="ti", kind=kind)
    make_volunteer(stage=Stage.APPLIED, languages={"ti": "C2"}, name="Amal Unverkennbar")


@pytest.mark.parametrize("who", ["coordinator", "administrator"])
def test_the_report_is_for_the_coordination_and_for_who_manages_the_portal(request, who, site):
    client = request.getfixturevalue(who)
    full_year()
    year = TODAY().year
    assert "Jahresbericht" in client.get("/admin/").content.decode()
    response = client.get(reverse("admin:lotsen_monthlystat_changelist"))
    assert response["Location"] == report_url() == f"/admin/lotsen/jahresbericht/{year}/"
    html = client.get(report_url()).content.decode()
    assert "Unverkennbar" not in html
    assert "style=" not in html.partition('id="content-main"')[2]
    assert "no-store" in client.get(report_url())["Cache-Control"]


def test_the_report_is_not_for_editors(editor, site):
    assert "Jahresbericht" not in editor.get("/admin/").content.decode()
    assert editor.get(reverse("admin:lotsen_monthlystat_changelist")).status_code == 403
    for name in ("report", "report_csv"):
        assert editor.get(report_url(name=name)).status_code == 403


def test_the_report_is_not_for_strangers(client, site):
    assert client.get(report_url())["Location"].startswith("/admin/login/")


def test_no_row_behind_the_report_can_be_seen(administrator, site):
    row = MonthlyStat.objects.create(
        month=TODAY().replace(day=1), subject="request", outcome="done", language="ti", count=1
    )
    for page in (f"{row.pk}/change/", f"{row.pk}/", "add/", f"{row.pk}/history/"):
        assert administrator.get(f"/admin/lotsen/monthlystat/{page}").status_code == 404


def test_the_report_names_no_small_number(coordinator, site):
    full_year()
    found = report.report(TODAY().year)
    by_caption = {
        table.caption.partition(",")[0]: table for _id, _title, tables in found.sections[2:] for table in tables
    }
    languages = dict(by_caption["Nach Sprache"].rows)
    # Arabic 5, Ukrainian 4, Tigrinya 1: with the sum of ten, one alone could be worked out.
    assert languages["Arabisch"] == [5]
    assert languages["Ukrainisch"] == languages["Tigrinya"] == [None]
    assert by_caption["Nach Sprache"].total == [10]
    assert dict(by_caption["Geleistet"].rows) == {"Stunden": [Decimal("7.5")], "Kilometer": [1500]}
    html = coordinator.get(report_url()).content.decode()
    assert html.count("<caption>") >= 8
    assert 'scope="row"' in html
    assert (
        html.count('viewBox="0 0 420') == html.count('<svg aria-hidden="true" focusable="false" viewBox="0 0 420') > 0
    )
    assert "1.500" in html
    assert "7,5" in html


def test_a_report_with_hardly_anybody_lists_nothing(coordinator, site):
    make_volunteer(stage=Stage.ACTIVE, languages={"ti": "C2"})
    make_request(starts_at=at(TODAY()), spoken="ti")
    html = coordinator.get(report_url()).content.decode()
    assert "Tigrinya" not in html
    assert "Zu wenige, um sie aufzuschlüsseln" in html


def test_an_empty_report_says_so(coordinator, site):
    html = coordinator.get(report_url()).content.decode()
    assert coordinator.get(report_url()).status_code == 200
    assert "Keine." in html


def test_hours_of_one_or_two_are_hidden(site):
    done(make_volunteer(), at(TODAY().replace(month=1, day=5)), "2.5")
    tables = {table.caption: table for table in report.requests(TODAY().year)}
    assert tables[f"Geleistet, {TODAY().year}"].rows == [("Stunden", [None]), ("Kilometer", [None])]


def test_units_do_not_tell_how_many_came():
    requirement, other = make_requirement(title_de="A"), make_requirement(title_de="B")
    volunteers = [trainee() for _number in range(9)]
    start = at(TODAY().replace(month=1, day=1), 0)
    came(make_training(requirement, starts_at=start), *volunteers)
    came(make_training(other, starts_at=start), volunteers[0])
    table = report.trainings(TODAY().year)
    assert [numbers for _title, numbers in table.rows] == [[None, 1, None], [None, 1, None]]
    assert table.total == [10, 2, None]


def test_the_csv_says_the_same_and_no_cell_is_a_formula(coordinator, site):
    full_year()
    response = coordinator.get(report_url(name="report_csv"))
    assert response.content.startswith(b"\xef\xbb\xbf")
    assert response["Content-Disposition"].startswith("attachment")
    rows = list(csv.reader(io.StringIO(response.content.decode("utf-8-sig")), delimiter=";"))
    assert rows[0] == ["Bereich", "Tabelle", "Merkmal", "Größe", "Wert"]
    said = {(row[1].partition(",")[0], row[2]): row[4] for row in rows if row[0].startswith("Anfragen")}
    assert said["Nach Art der Hilfe", "'=Arzt"] == "10"
    assert said["Nach Sprache", "Tigrinya"] == "verdeckt"
    assert said["Geleistet", "Kilometer"] == "1500"
    assert not any(cell.startswith(("=", "+", "-", "@")) for row in rows for cell in row)


@pytest.mark.parametrize("year", [1, 1999, 9999, 2**40])
def test_years_without_a_report_are_not_found(coordinator, site, year):
    for name in ("report", "report_csv"):
        assert coordinator.get(report_url(year, name)).status_code == 404


def test_the_report_asks_as_often_for_1000_requests_as_for_10(coordinator, site):
    start, kind = at(TODAY().replace(month=1, day=5)), make_kind()
    url = report_url()

    def requests(number):
        AssistanceRequest.objects.bulk_create(
            AssistanceRequest(
                name="Sekretariat", email=f"{n}@example.org", spoken="ar", kind=kind, place="Schulweg 1",
                starts_at=start, ends_at=start + timedelta(hours=1), delete_after=TODAY(),
            )
            for n in range(number)
        )  # fmt: skip

    def queries():
        with CaptureQueriesContext(connection) as found:
            assert coordinator.get(url).status_code == 200
        return len(found)

    requests(10)
    coordinator.get(url)
    few = queries()
    requests(990)
    assert queries() == few


def test_accounts_of_a_group_of_one_see_the_report_through_their_group_only(site, client):
    user = User.objects.create_user("helfer", password="ein-langes-Passwort", is_staff=True)
    log_in(client, user)
    assert client.get(report_url()).status_code == 403
