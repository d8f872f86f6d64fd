"""How long what is kept, day by day; and that nothing is left of who goes."""

import logging
from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.admin.models import CHANGE, DELETION, LogEntry
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from post_office.models import STATUS, Attachment, Email, Log

from integration.wegweiser.models import Suggestion
from lotsen import mails, notices, retention
from lotsen.models import (
    Assignment,
    AssistanceRequest,
    Attendance,
    Disclosure,
    Fulfilment,
    LotsenSettings,
    MonthlyStat,
    Note,
    Training,
    Volunteer,
)
from lotsen.office import day
from portal import outbox
from portal.models import BarrierReport
from tests.conftest import coordination_was_told, log_in
from tests.factories import (
    make_event,
    make_kind,
    make_municipality,
    make_request,
    make_requirement,
    make_service,
    make_volunteer,
)

pytestmark = pytest.mark.django_db

Stage = Volunteer.Stage
URL = "/admin/lotsen/volunteer/"
NOON = datetime(2030, 3, 1, 11, tzinfo=UTC)  # before the clocks change, so that days of 23 hours are in it


@pytest.fixture(autouse=True)
def _site(site):
    pass


@pytest.fixture
def clock(monkeypatch):
    """Stands still at noon of a day, and is put forward by days."""

    def set_to(days):
        monkeypatch.setattr(timezone, "now", lambda: NOON + timedelta(days=days))
        return timezone.localdate()

    set_to(0)
    return set_to


# The periods ------------------------------------------------------------------------------------------


def unconfirmed_volunteer():
    return make_volunteer(notice=notices.keep("sign_up", "Hinweis", "de"), created=timezone.now())


def rejected_volunteer():
    return make_volunteer(stage=Stage.REJECTED)


def inactive_volunteer():
    return make_volunteer(stage=Stage.ACTIVE)


def volunteer_who_has_left():
    return make_volunteer(stage=Stage.LEFT)


def record_of_who_has_left():
    volunteer = make_volunteer(stage=Stage.LEFT, keep_until=timezone.localdate() + timedelta(days=300))
    return Fulfilment.objects.create(
        volunteer=volunteer,
        requirement=make_requirement(kind="record"),
        fulfilled_on=timezone.localdate(),
        issued_on=timezone.localdate(),
    )


def unconfirmed_request():
    notice = notices.keep("request", "Hinweis", "de")
    return make_request(notice=notice, created=timezone.now(), starts_at=timezone.now() + timedelta(days=30))


def request_after_its_appointment():
    return make_request(starts_at=timezone.now())


def closed_barrier_report():
    return BarrierReport.objects.create(
        id="7a0ddf63-5e0e-4be1-9d27-7f1e4fd17d17", message="x", language="de", created=timezone.now(), closed_on=timezone.localdate()
    )  # fmt: skip


def handled_suggestion():
    return Suggestion.objects.create(
        id="7a0ddf63-5e0e-4be1-9d27-7f1e4fd17d18", service=make_service(), message="x", language="de",
        created=timezone.now(), handled_on=timezone.localdate(),
    )  # fmt: skip


def entry_in_the_history():
    user = User.objects.create_user("irgendwer")
    return LogEntry.objects.create(user=user, action_flag=CHANGE, object_repr="x", action_time=timezone.now())


# Gone on this day after the period's beginning, and there on the day before.
PERIODS = [
    (unconfirmed_volunteer, 7),
    (rejected_volunteer, 90),
    (inactive_volunteer, 730),
    (volunteer_who_has_left, 90),
    (record_of_who_has_left, 90),
    (unconfirmed_request, 7),
    (request_after_its_appointment, 183),
    (closed_barrier_report, 184),
    (handled_suggestion, 91),
    (entry_in_the_history, 366),
]


@pytest.mark.parametrize(("make", "days"), PERIODS, ids=[make.__name__ for make, _days in PERIODS])
def test_each_period_ends_on_its_day_and_takes_nothing_else(make, days, clock):
    row = make()
    clock(max(days - 14, 0))
    day.work()  # in time
    clock(days - 1)
    stays = make_volunteer(stage=Stage.ACTIVE, name="Bleibt Da")
    everything = make_volunteer, make_request
    kept = [stays, *(factory() for factory in everything)]
    call_command("purge_personal_data")
    assert type(row).objects.filter(pk=row.pk).exists()
    clock(days)
    call_command("purge_personal_data")
    assert not type(row).objects.filter(pk=row.pk).exists()
    for other in kept:
        assert type(other).objects.filter(pk=other.pk).exists()
    if isinstance(row, Fulfilment):
        assert Volunteer.objects.filter(pk=row.volunteer_id).exists()


def test_a_day_on_which_it_must_stay_postpones_it(clock):
    volunteer = rejected_volunteer()
    volunteer.keep_until = timezone.localdate() + timedelta(days=200)
    volunteer.save()
    clock(187)
    day.work()
    clock(200)
    call_command("purge_personal_data")
    assert Volunteer.objects.exists()
    clock(201)
    call_command("purge_personal_data")
    assert not Volunteer.objects.exists()


def test_new_periods_hold_for_who_is_there_already(clock):
    rejected_volunteer()
    request_after_its_appointment()
    LotsenSettings.objects.create(rejected_days=10, request_days=20)
    retention.new_periods()
    day.work()
    clock(6)
    day.work()
    clock(9)
    call_command("purge_personal_data")
    assert Volunteer.objects.exists()
    clock(10)
    call_command("purge_personal_data")
    assert not Volunteer.objects.exists()
    assert AssistanceRequest.objects.exists()
    clock(20)
    call_command("purge_personal_data")
    assert not AssistanceRequest.objects.exists()


def test_a_thousand_get_their_new_day_in_few_queries(clock):
    volunteers = Volunteer.objects.bulk_create(
        Volunteer(
            name=f"Person {n}", phone="1", place="x", adult=True, stage=Stage.LEFT, stage_since=timezone.localdate(),
            delete_after=timezone.localdate(),
        )
        for n in range(1000)
    )  # fmt: skip
    requirement = make_requirement(kind="record")
    Fulfilment.objects.bulk_create(
        Fulfilment(volunteer=volunteer, requirement=requirement, delete_after=timezone.localdate())
        for volunteer in volunteers
    )
    asked = make_request()
    LotsenSettings.objects.create(left_days=100, record_days=50, request_days=10)
    with CaptureQueriesContext(connection) as queries:
        retention.new_periods()
    assert len(queries) < 40
    today = timezone.localdate()
    assert set(Volunteer.objects.values_list("delete_after", flat=True)) == {today + timedelta(days=99)}
    assert set(Fulfilment.objects.values_list("delete_after", flat=True)) == {today + timedelta(days=49)}
    asked.refresh_from_db()
    assert asked.delete_after == timezone.localtime(asked.ends_at).date() + timedelta(days=9)


def test_contact_begins_the_period_anew(clock):
    volunteer = inactive_volunteer()
    clock(729)
    volunteer.last_contact_on = timezone.localdate()
    volunteer.save(update_fields=["last_contact_on"])
    clock(730)
    call_command("purge_personal_data")
    assert Volunteer.objects.exists()


def test_the_warning_comes_before_the_deletion(clock):
    rejected_volunteer()
    clock(75)
    day.work()
    assert not Email.objects.exists()
    clock(76)
    day.work()
    assert f"{NOON + timedelta(days=90):%d.%m.%Y}" in Email.objects.get().message


def goes_on(clock, row, day):
    """Each night first what is due is erased; then whatever follows is told."""
    clock(day - 1)
    call_command("purge_personal_data")
    assert type(row).objects.filter(pk=row.pk).exists()
    clock(day)
    call_command("purge_personal_data")
    assert not type(row).objects.filter(pk=row.pk).exists()


@pytest.mark.parametrize("make", [rejected_volunteer, request_after_its_appointment])
def test_after_the_worker_was_off_the_warning_comes_first_and_leaves_the_time_it_should(make, clock):
    row = make()
    clock(400)
    call_command("purge_personal_data")
    day.work()
    assert f"{row.reference}: am {NOON + timedelta(days=414):%d.%m.%Y}" in Email.objects.get().message
    row.refresh_from_db()
    assert row.keep_until == row.delete_after
    row.save()  # somebody looks into it, and changes nothing
    clock(401)
    day.work()
    assert Email.objects.count() == 1
    goes_on(clock, row, 414)


def test_a_period_that_has_just_become_shorter_takes_nobody_by_surprise(clock):
    row = rejected_volunteer()
    clock(60)
    LotsenSettings.objects.create(rejected_days=10)
    retention.new_periods()
    call_command("purge_personal_data")
    day.work()
    goes_on(clock, row, 69)  # as long as the new period is, and not longer


@pytest.mark.parametrize("days", [2, 5, 14, 30])
def test_a_period_shorter_than_the_warning_is_not_made_longer_by_it(days, clock):
    LotsenSettings.objects.create(rejected_days=days)
    row = rejected_volunteer()
    for night in range(1, days):
        clock(night)
        call_command("purge_personal_data")
        day.work()
    assert Email.objects.count() == 1
    goes_on(clock, row, days)


def test_who_was_told_of_another_day_a_moment_ago_is_not_told_to_wait_again(clock):
    row = rejected_volunteer()
    clock(76)
    day.work()
    row.refresh_from_db()
    row.keep_until = clock(80) + timedelta(days=13)
    row.save()
    clock(85)
    day.work()
    assert Email.objects.count() == 2
    goes_on(clock, row, 94)


@pytest.mark.parametrize("make", [rejected_volunteer, request_after_its_appointment])
def test_whose_data_are_restricted_stays_until_that_is_settled(make, clock, coordinator):
    row = make()
    type(row).objects.update(restricted=True)
    if isinstance(row, Volunteer):
        Fulfilment.objects.create(volunteer=row, requirement=make_requirement())
    clock(300)
    day.work()
    assert not Email.objects.exists()
    call_command("purge_personal_data")
    assert type(row).objects.exists()
    assert Fulfilment.objects.count() == isinstance(row, Volunteer)

    log_in(coordinator, User.objects.get(username="koordination"))  # three hundred days later
    url = f"/admin/lotsen/{row._meta.model_name}/"
    assert "aber nicht, solange die Verarbeitung eingeschränkt ist" in coordinator.get(f"{url}{row.pk}/change/").content.decode()  # fmt: skip
    assert "bis das geklärt ist, mindestens bis zum" in coordinator.get(f"{url}{row.pk}/auskunft/").content.decode()
    tasks = "aufgabe=eingeschraenkt" if isinstance(row, Volunteer) else "stand=eingeschraenkt"
    assert str(row.pk) in coordinator.get(f"{url}?{tasks}").content.decode()

    row.refresh_from_db()
    row.restricted = False
    row.save()
    day.work()
    goes_on(clock, row, 314)


def test_a_certificate_of_conduct_goes_although_the_person_is_restricted(clock):
    """Of the law that says when it has to go there is no exception."""
    record = record_of_who_has_left()
    other = Fulfilment.objects.create(volunteer=record.volunteer, requirement=make_requirement())
    Volunteer.objects.update(restricted=True)
    goes_on(clock, record, 90)
    assert Fulfilment.objects.get() == other


def test_of_several_looks_at_a_certificate_only_the_newest_is_kept():
    volunteer, record, today = make_volunteer(stage=Stage.ACTIVE), make_requirement(kind="record"), timezone.localdate()
    for days in (100, 10, 50):
        seen = today - timedelta(days=days)
        Fulfilment.objects.create(volunteer=volunteer, requirement=record, fulfilled_on=seen, issued_on=seen)
    volunteer.save()
    assert volunteer.fulfilments.get().fulfilled_on == today - timedelta(days=10)


def test_a_row_that_cannot_go_holds_up_no_other_and_is_told_without_its_name(monkeypatch, caplog, capsys):
    first, _second = (
        make_volunteer(stage=Stage.LEFT, stage_since=timezone.localdate() - timedelta(days=100)) for _ in "ab"
    )
    coordination_was_told()
    real = Volunteer.erase

    def erase(volunteer):
        if volunteer.pk == first.pk:
            raise RuntimeError(f"cannot delete {volunteer.name}")
        real(volunteer)

    monkeypatch.setattr(Volunteer, "erase", erase)
    with caplog.at_level(logging.INFO), pytest.raises(CommandError) as error:
        call_command("purge_personal_data")
    assert list(Volunteer.objects.all()) == [first]
    said = caplog.text + capsys.readouterr().out + str(error.value)
    assert "RuntimeError" in said
    assert "purged lotsen.Volunteer: 1" in said
    assert first.name not in said


def test_many_rows_go_too(clock):
    Volunteer.objects.bulk_create(
        Volunteer(name=f"Person {n}", phone="1", place="x", adult=True, delete_after=timezone.localdate())
        for n in range(300)
    )
    coordination_was_told()
    clock(1)
    call_command("purge_personal_data")
    assert not Volunteer.objects.exists()


# Nothing is left --------------------------------------------------------------------------------------

NAME, MAIL, PHONE = "Amal Unverkennbar", "amal.unverkennbar@example.org", "030 23125-987"
WORDS = "Merkzettel 7391"


def everything_stored():
    """Each value of each table, and what hides in sessions."""
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f'SELECT * FROM "{table}"')
            for row in cursor.fetchall():
                for value in row:
                    yield table, value.decode(errors="replace") if isinstance(value, bytes) else str(value)
    for session in Session.objects.all():
        yield "sessions", str(session.get_decoded())


def traces(*markers):
    found = [
        (table, value) for table, value in everything_stored() for marker in markers if marker.lower() in value.lower()
    ]
    return sorted({(table, value[:200]) for table, value in found})


def write_to(client, volunteer):
    send = {"action": "write_mail", "_selected_action": [str(volunteer.pk)], "step": "send"}
    return client.post(URL, {**send, "subject_de": f"Für {NAME}", "body_de": "Guten Tag {name}"})


@pytest.fixture
def rich_life(coordinator):
    """Signed up, confirmed, trained, written to, exported, invited, gone with somebody, told of to a school."""
    requirement = make_requirement()
    volunteer = make_volunteer(
        name=NAME, email=MAIL, phone=PHONE, message=WORDS, stage=Stage.ACTIVE, languages={"ar": "C2"}, kinds=[make_kind()],
        areas=[make_municipality()], notice=notices.keep("sign_up", "Hinweis", "de"), token_digest="1",
        confirmed_at=timezone.now(),
    )  # fmt: skip
    Note.objects.create(volunteer=volunteer, text=WORDS)
    volunteer.consents.create(text=notices.keep("news", "Ja", "de"))
    training = Training.objects.create(event=make_event(), requirement=requirement)
    Attendance.objects.create(training=training, volunteer=volunteer, state="attended")
    Fulfilment.objects.create(volunteer=volunteer, requirement=requirement)
    mails.send("confirm", volunteer, link="https://example.org/x", hours="48")
    mails.send("welcome", volunteer)
    Email.objects.update(status=STATUS.sent)
    failed = Email.objects.first()
    Log.objects.create(email=failed, status=STATUS.failed, message=f"refused: {MAIL}")
    done, ahead = make_request(starts_at=timezone.now() - timedelta(days=9)), make_request(status="matched")
    for asked, status in ((done, "done"), (ahead, "accepted")):
        hours = 2 if status == "done" else None
        Assignment.objects.create(
            request=asked, volunteer=volunteer, status=status, hours=hours, invited_until=timezone.now()
        )
        mails.queue(asked, "Jemand geht mit", f"Mit Ihnen geht {NAME}, {PHONE}, {MAIL}.")
    Assignment.objects.create(request=make_request(), volunteer=volunteer, invited_until=timezone.now())
    Disclosure.objects.create(volunteer=volunteer, what=f"Name {NAME}", to="Grundschule")
    coordinator.get(URL, {"q": NAME})
    coordinator.post(URL, {"action": "export_csv", "_selected_action": [str(volunteer.pk)]})
    write_to(coordinator, volunteer)
    coordinator.get(f"{URL}{volunteer.pk}/auskunft/")
    coordinator.post(f"{URL}{volunteer.pk}/kontakt/")
    LogEntry.objects.create(
        user=User.objects.get(), action_flag=CHANGE, object_repr="Schulung", change_message=f"Teilnahme {volunteer.reference}"
    )  # fmt: skip
    # Twice more with the same address, neither confirmed.
    make_volunteer(name=NAME, email=MAIL, notice=notices.keep("sign_up", "Hinweis", "de"))
    make_request(name=NAME, email=MAIL, notice=notices.keep("request", "Hinweis", "de"))
    assert len({table for table, _value in traces(NAME, MAIL)}) >= 5
    return volunteer


@pytest.mark.parametrize("how", ["button", "list"])
def test_after_erasure_nothing_holds_the_name_or_the_address(coordinator, rich_life, how, caplog, settings):
    caplog.set_level(logging.INFO)
    pk, reference = rich_life.pk, rich_life.reference
    if how == "button":
        page = coordinator.get(f"{URL}{pk}/delete/").content.decode()
        assert NAME in page
        assert "noch nicht bestätigt: Das wird mit gelöscht" in page
        response = coordinator.post(f"{URL}{pk}/delete/", {"post": "yes"}, follow=True)
    else:
        chosen = {"action": "delete_selected", "_selected_action": [str(pk)]}
        assert NAME in coordinator.post(URL, chosen).content.decode()
        response = coordinator.post(URL, {**chosen, "post": "yes"}, follow=True)
    assert response.status_code == 200
    assert traces(NAME, "unverkennbar", PHONE, WORDS, str(pk), pk.hex) == []
    assert not [path for path in settings.MEDIA_ROOT.rglob("*") if path.is_file()]
    assert "unverkennbar" not in caplog.text.lower()
    entry = LogEntry.objects.get(action_flag=DELETION)
    assert entry.object_repr == reference
    assert entry.user.username == "koordination"


def test_what_others_need_stays(coordinator, rich_life):
    friend = make_volunteer(name="Amal Unverkennbarer", email=f"x{MAIL}")
    mails.queue(friend, "Hallo", "Guten Tag {name}")
    outbox.queue("amt@example.org", "Wegweiser", "Bitte prüfen Sie Ihre Angaben.")
    rich_life.erase()
    assert Email.objects.filter(to=friend.email).count() == 1
    assert Email.objects.filter(to="amt@example.org").count() == 1
    done, ahead = AssistanceRequest.objects.order_by("starts_at")[:2]
    assert Assignment.objects.get(request=done).hours == 2
    assert Assignment.objects.get(request=done).volunteer is None
    assert ahead.status == AssistanceRequest.Status.NEW
    assert not ahead.assignments.exists()


def test_the_second_erasure_of_the_same_person_does_nothing(rich_life):
    again = Volunteer.objects.get(pk=rich_life.pk)
    rich_life.erase()
    again.erase()


def test_an_unconfirmed_row_takes_no_mail_away_from_who_really_has_the_address():
    """Anybody can write somebody else's address into the form."""
    real = make_volunteer(name="Echte Person", email=MAIL)
    mails.queue(real, "Treffen", "Bitte kommen Sie, {name}.")
    forged = make_volunteer(name="Falsche Person", email=MAIL, notice=notices.keep("sign_up", "Hinweis", "de"))
    forged.erase()
    assert Email.objects.get().subject == "Treffen"
    assert Volunteer.objects.get() == real


def test_a_purge_leaves_whoever_has_signed_up_again():
    """Rejected long ago, and here again: the new row is not confirmed yet and has its own days."""
    make_volunteer(name=NAME, email=MAIL, stage=Stage.REJECTED, stage_since=timezone.localdate() - timedelta(days=100))
    coordination_was_told()
    again = make_volunteer(name=NAME, email=MAIL, notice=notices.keep("sign_up", "Hinweis", "de"))
    mails.send("confirm", again, link="https://example.org/x", hours="48")
    call_command("purge_personal_data")
    assert Volunteer.objects.get() == again
    assert Email.objects.count() == 1


def test_a_mail_on_its_way_about_something_else_arrives():
    """She is also the contact of an organization."""
    volunteer = make_volunteer(name=NAME, email=MAIL)
    outbox.queue(MAIL, "Wegweiser", "Bitte prüfen Sie Ihre Angaben.")
    volunteer.erase()
    assert Email.objects.get().subject == "Wegweiser"
    Email.objects.update(status=STATUS.sent)
    make_volunteer(name=NAME, email=MAIL).erase()
    assert not Email.objects.exists()


def test_a_short_name_takes_only_the_mails_to_those_she_had_to_do_with():
    ali, other, asked = make_volunteer(name="Ali"), make_volunteer(), make_request()
    Assignment.objects.create(request=asked, volunteer=ali, status="done", invited_until=timezone.now())
    mails.queue(asked, "Begleitung", "Mit Ihnen geht Ali.")
    mails.queue(other, "Treffen", "Ali Baba kommt auch.")
    ali.erase()
    assert [mail.subject for mail in Email.objects.all()] == ["Treffen"]


def test_the_coordination_as_a_volunteer_does_not_take_all_mails_along():
    LotsenSettings.objects.create(coordinator_email=MAIL)
    herself, other = make_volunteer(name=NAME, email=MAIL), make_volunteer()
    mails.queue(other, "Treffen", "Bitte kommen Sie.")
    assert MAIL in Email.objects.get().message
    herself.erase()
    assert Email.objects.get().to == [other.email]


def test_files_that_were_sent_go_with_their_mail(settings):
    volunteer = make_volunteer(name=NAME, email=MAIL)
    mails.queue(volunteer, "Bescheinigung", "Anbei")
    from django.core.files.base import ContentFile

    attachment = Attachment.objects.create(file=ContentFile(b"PDF", "b.pdf"), name="b.pdf")
    attachment.emails.add(Email.objects.get())
    volunteer.erase()
    assert not Attachment.objects.exists()


def test_an_erased_request_stays_as_a_number(django_capture_on_commit_callbacks):
    asked = make_request(name=NAME, email=MAIL, phone=PHONE, note=WORDS, status="done")
    volunteer = make_volunteer()
    Assignment.objects.create(request=asked, volunteer=volunteer, status="done", hours=3, invited_until=timezone.now())
    mails.queue(asked, "Danke", "Guten Tag {name}")
    mails.queue(volunteer, "Sie gehen mit", f"Gefragt hat {NAME}, {PHONE}.")
    asked.erase()
    assert traces(NAME, MAIL, PHONE, WORDS) == []
    assert MonthlyStat.objects.get().hours == 3
    asked.erase()
    assert MonthlyStat.objects.get().count == 1
