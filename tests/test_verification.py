"""Organizations are asked whether their entries still hold, and staff decide on what they answer."""

import json
import re
from datetime import timedelta
from importlib import import_module
from threading import Thread

import pytest
from django.apps import apps
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission, User
from django.core import signing
from django.core.management import call_command
from django.db import IntegrityError, connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from post_office.models import STATUS, Email
from reversion.models import Version

from integration.wegweiser.checks import facts, verification
from integration.wegweiser.models import (
    Contact,
    DirectorySettings,
    OpeningHours,
    Proposal,
    Service,
    ServiceCheck,
    VerificationRequest,
)
from portal import differences, languages
from portal.timer import jobs
from tests import factories
from tests.conftest import form_data, log_in

pytestmark = pytest.mark.django_db

TO = "verein@example.org"


@pytest.fixture(autouse=True)
def _site(db):
    factories.make_site()
    DirectorySettings.objects.create(send_requests=True)


@pytest.fixture
def later(monkeypatch):
    """Moves the clock."""
    real = timezone.now

    def move(days):
        monkeypatch.setattr(timezone, "now", lambda: real() + timedelta(days=days))

    return move


def make_organization(**fields):
    return factories.make_organization(**{"title_de": "Verein Brücke", "verification_email": TO, **fields})


def make_service(**fields):
    """In a house, with hours, a contact and a language."""
    if "organization" not in fields:
        fields["organization"] = make_organization()
    house = factories.make_location(street="Musterweg 1", title_de="Haus A")
    service = factories.make_service(house, **{"title_de": "Beratung", "fees_de": "kostenlos", **fields})
    factories.make_hours(service)
    factories.make_service_contact(service, label_de="Sekretariat", phone="030 23125-500")
    factories.make_spoken(service, "ar")
    return service


def ask(service):
    """Asked, and the path in the mail."""
    verification.ask(service.organization, [service])
    return path(Email.objects.order_by("pk").last().message)


def path(text):
    return re.search(r"http://127.0.0.1:8000(/de/wegweiser/pruefen/\S+)", text)[1]


def filled(client, page, service, /, **said):
    """The page as a browser would send it, with these words about the service: `hours="…"`."""
    data = form_data(client.get(page).content.decode())
    return {**data, **{f"a{service.pk}-{name.replace('_at_', '-')}": text for name, text in said.items()}}


def answer(client, page, service, /, **said):
    return client.post(page, filled(client, page, service, **said))


def proposal(field):
    return Proposal.objects.get(field=field)


def log_in_again(editor):
    """Moving the clock has ended the working day."""
    log_in(editor, User.objects.get(username="redaktion"))


def decide(editor, check, what):
    url = f"/admin/wegweiser/servicecheck/{check.pk}/entscheiden/"
    return editor.post(url, {"decision": what}, follow=True).content.decode()


# The whole way, through real mail -----------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_from_the_mail_to_the_public_entry(client, postbox, admin_client):
    service = make_service()
    postbox.start()
    call_command("check_directory")
    call_command("send_queued_mail", processes=1)
    [(to, mail)] = postbox.mails
    text = mail.get_content()
    assert to == [TO]
    assert mail["Reply-To"] == "portal@example.org"
    assert "Beratung" in text
    assert "Landkreis Testland" in text
    assert (timezone.localdate() + timedelta(days=30)).strftime("%d.%m.%Y") in text
    url = path(text)

    html = client.get(url).content.decode()
    for fact in ("Mo–Fr 9:00–12:00", "Telefon: 030 23125-500", "Arabisch", "kostenlos", "Musterweg 1"):
        assert fact in html
    response = answer(
        client,
        url,
        service,
        outcome="changed",
        fees="5 Euro",
        contacts="Telefon: 030 23125-600",
        hours="Mo–Do 9:00–13:00",
    )
    assert response.status_code == 302
    assert not response.cookies
    service.refresh_from_db()
    assert service.fees_de == "kostenlos"  # nothing is public before staff have said so
    assert service.verified_on is None
    assert service.contacts.get().phone == "030 23125-500"

    check = ServiceCheck.objects.get()
    seen = admin_client.get(f"/admin/wegweiser/servicecheck/{check.pk}/change/").content.decode()
    assert "<del>kostenlos</del>" in seen
    assert "<ins>5 Euro</ins>" in seen
    assert "style=" not in seen.split('class="proposals"')[1]
    decide(admin_client, check, f"accept-{proposal('fees').pk}")
    decide(admin_client, check, f"accept-{proposal('hours').pk}")
    service.refresh_from_db()
    assert service.fees_de == "5 Euro"
    assert service.verified_on is None  # one is still open
    seen = decide(admin_client, check, f"accept-{proposal('contacts').pk}")
    assert "Alles entschieden" in seen
    service = Service.objects.published().get()
    assert (service.verified_on, service.verified_how, service.verified_by) == (
        timezone.localdate(),
        "organization",
        TO,
    )
    assert service.contacts.get().phone == "030 23125-600"
    assert facts.read(service, "hours") == "Mo–Do 9:00–13:00"
    assert {entry.get_change_message() for entry in LogEntry.objects.filter(object_id=service.pk)} == {
        "Vorschlag der Organisation angenommen: Kosten",
        "Vorschlag der Organisation angenommen: Öffnungszeiten",
        "Vorschlag der Organisation angenommen: Kontakt",
    }
    assert "Das haben wir übernommen" in client.get(url).content.decode()


@pytest.mark.django_db(transaction=True)
def test_a_mail_server_that_is_down_loses_nothing(postbox):
    make_service()
    call_command("check_directory")
    call_command("send_queued_mail", processes=1)
    assert Email.objects.get().status == STATUS.requeued
    call_command("check_directory")
    assert VerificationRequest.objects.count() == 1
    postbox.start()
    Email.objects.update(scheduled_time=None)
    call_command("send_queued_mail", processes=1)
    assert [to for to, _mail in postbox.mails] == [[TO]]


@pytest.mark.django_db(transaction=True)
def test_two_at_the_same_time_ask_once():
    for number in range(3):
        make_service(organization=make_organization(verification_email=f"v{number}@example.org"))

    def run():
        try:
            verification.check_directory()
        finally:
            connection.close()

    threads = [Thread(target=run) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert VerificationRequest.objects.count() == 3
    assert Email.objects.count() == 3


# Asking ------------------------------------------------------------------------------------------------


def test_one_mail_names_all_that_is_due_and_nothing_else():
    organization = make_organization()
    make_service(organization=organization, title_de="Nie geprüft")
    for title, days in (("Bald fällig", 10), ("Überfällig", -100), ("Später", 200)):
        make_service(
            organization=organization,
            title_de=title,
            verified_on=timezone.localdate() - timedelta(days=300),
            review_due=timezone.localdate() + timedelta(days=days),
        )
    make_service(organization=organization, title_de="Noch Entwurf", status="draft")
    make_service(organization=organization, title_de="Für immer zu", availability="defunct")
    call_command("check_directory")
    mail = Email.objects.get()
    assert re.findall(r"^- ([^(\n]+)", mail.message, re.M) == ["Bald fällig ", "Nie geprüft", "Überfällig "]
    assert VerificationRequest.objects.get().checks.count() == 3


def test_asking_again_on_the_same_day_sends_nothing(capsys):
    make_service()
    call_command("check_directory")
    call_command("check_directory")
    assert Email.objects.count() == 1
    assert "gefragt: 1" in capsys.readouterr().out


def test_a_dry_run_names_whom_it_would_ask_and_does_nothing(capsys):
    make_service()
    call_command("check_directory", dry_run=True)
    assert "Verein Brücke" in capsys.readouterr().out
    assert not Email.objects.exists()
    assert not VerificationRequest.objects.exists()


@pytest.mark.parametrize(
    ("rules", "organization"),
    [
        ({"send_requests": False}, {}),
        ({}, {"asked_by_phone": True}),
        ({}, {"verification_email": "", "email": ""}),
    ],
)
def test_who_is_not_to_be_asked_by_mail_gets_none(editor, rules, organization):
    service = make_service(organization=make_organization(**organization))
    if rules:
        DirectorySettings.objects.update(**rules)
    call_command("check_directory")
    chosen = {"action": "send_verification_request", "_selected_action": [service.pk]}
    html = editor.post("/admin/wegweiser/service/", chosen, follow=True).content.decode()
    assert "Nicht gefragt" in html
    assert not Email.objects.exists()


def test_switched_off_reminds_nobody_and_tells_nobody(later):
    ask(make_service())
    DirectorySettings.objects.update(send_requests=False)
    for days in (10, 20, 40):
        later(days)
        call_command("check_directory")
    assert Email.objects.count() == 1


def test_the_organizations_own_address_will_do():
    make_service(organization=make_organization(verification_email="", email="info@example.org"))
    call_command("check_directory")
    assert Email.objects.get().to == ["info@example.org"]


def test_no_name_becomes_a_header_or_a_template():
    organization = make_organization(title_de="{% now 'Y' %} {{ request }} <b>A & B</b>")
    profile = verification.SiteProfile.objects.get()
    profile.name_de = "Kreis\r\nBcc: x@example.org"
    profile.save()
    ask(make_service(organization=organization, title_de="{{ link }} & mehr"))
    mail = Email.objects.get()
    assert "\n" not in mail.subject
    assert "\r" not in mail.subject
    assert "{% now 'Y' %} {{ request }} <b>A & B</b>" in mail.message
    assert "- {{ link }} & mehr" in mail.message
    mail.prepare_email_message().message()  # raises for a header of two lines


def test_an_address_that_is_none_stops_nobody_else(caplog):
    make_service(organization=make_organization(verification_email="a@example.org\nBcc: b@example.org"))
    make_service(organization=make_organization(title_de="Anderer Verein"))
    call_command("check_directory")
    assert [mail.to for mail in Email.objects.all()] == [[TO]]
    assert VerificationRequest.objects.count() == 1
    assert "could not be asked" in caplog.text


def test_there_is_one_open_request_per_organization():
    service = make_service()
    ask(service)
    fields = {"organization": service.organization, "sent_to": TO}
    today = timezone.localdate()
    with pytest.raises(IntegrityError):
        VerificationRequest.objects.create(**fields, sent_on=today, mailed_on=today, expires_on=today)


def test_staff_may_ask_again_about_what_is_answered_and_the_mail_names_it(editor, client):
    organization = make_organization()
    first, second = make_service(organization=organization), make_service(organization=organization, title_de="Kurs")
    verification.ask(organization, [first, second])
    answer(client, path(Email.objects.get().message), first, outcome="changed", fees="5 Euro")
    chosen = {"action": "send_verification_request", "_selected_action": [first.pk]}
    assert "ist gefragt: 1 Eintrag" in editor.post("/admin/wegweiser/service/", chosen, follow=True).content.decode()
    assert "- Beratung" in Email.objects.order_by("pk").last().message
    assert "- Kurs" in Email.objects.order_by("pk").last().message
    assert [asked.outcome for asked in VerificationRequest.objects.order_by("outcome")] == ["", "unanswered"]
    assert (
        "5 Euro"
        in editor.get(f"/admin/wegweiser/servicecheck/{proposal('fees').service_check_id}/change/").content.decode()
    )


def test_staff_may_ask_on_the_day_somebody_has_checked(client, later):
    service = make_service(verified_on=timezone.localdate(), review_due=timezone.localdate() + timedelta(days=300))
    ask(service)
    later(1)
    call_command("check_directory")
    assert VerificationRequest.objects.get().outcome == ""
    later(10)
    call_command("check_directory")
    assert Email.objects.order_by("pk").last().subject.startswith("Erinnerung: ")


@pytest.mark.parametrize("case", ["send again", "renew"])
def test_what_is_not_public_any_more_is_named_in_no_mail(administrator, client, later, case):
    service = make_service()
    url = ask(service)
    if case == "renew":
        answer(client, url, service, outcome="confirmed")
    Service.objects.update(status="draft")
    later(31)
    if case == "renew":
        client.post(url)
    else:
        log_in(administrator, User.objects.get(username="administration"))
        chosen = {"action": "send_again", "_selected_action": [VerificationRequest.objects.get().pk]}
        response = administrator.post("/admin/wegweiser/verificationrequest/", chosen, follow=True)
        assert "Nicht gefragt" in response.content.decode()
    assert Email.objects.count() == 1


def test_the_link_of_the_former_mail_answers_the_present_request(client):
    organization = make_organization()
    first, second = make_service(organization=organization), make_service(organization=organization, title_de="Kurs")
    verification.ask(organization, [first, second])
    former = path(Email.objects.get().message)
    answer(client, former, first, outcome="confirmed")
    ask(Service.objects.get(pk=first.pk))
    answer(client, former, first, outcome="confirmed")
    answer(client, former, second, outcome="changed", fees="5 Euro")
    assert not VerificationRequest.objects.filter(outcome="").exists()


def test_an_answer_with_something_declined_is_not_asked_again_at_once(client, editor, later):
    service = make_service()
    check = proposed(client, service, fees="5 Euro")
    decide(editor, check, f"decline-{proposal('fees').pk}")
    for days, mails in ((1, 1), (9, 1), (10, 2)):
        later(days)
        call_command("check_directory")
        assert Email.objects.count() == mails, days


# Reminders and escalation -------------------------------------------------------------------------------


def test_who_does_not_answer_is_reminded_once_and_then_reported_once(later):
    service = make_service()
    call_command("check_directory")
    sent = []
    for day in range(1, 60):
        later(day)
        call_command("check_directory")
        sent += [day] * (Email.objects.count() - 1 - len(sent))
    assert sent == [10, 20]
    _first, reminder, report = Email.objects.order_by("pk")
    assert reminder.subject.startswith("Erinnerung: ")
    assert reminder.to == [TO]
    assert report.to == ["portal@example.org"]
    assert "Verein Brücke" in report.message
    assert service.title in report.message
    asked = VerificationRequest.objects.get()
    assert asked.reminders_sent == 1
    assert asked.escalated_on is not None


def test_the_reminders_link_still_works_when_the_first_is_over(client, later):
    DirectorySettings.objects.update(link_days=12)
    first = ask(make_service())
    later(10)
    call_command("check_directory")
    reminder = path(Email.objects.order_by("pk").last().message)
    later(15)
    assert client.get(first).status_code == 410
    assert client.get(reminder).status_code == 200


def test_all_who_do_not_answer_stand_in_one_mail(later):
    DirectorySettings.objects.update(reminders=0, escalation_email="leitung@example.org")
    for number in range(3):
        make_service(organization=make_organization(title_de=f"Verein {number}"))
    call_command("check_directory")
    later(10)
    call_command("check_directory")
    [report] = [mail for mail in Email.objects.all() if mail.to == ["leitung@example.org"]]
    assert all(f"Verein {number}" in report.message for number in range(3))


def test_an_answer_ends_the_reminders(client, later):
    service = make_service()
    answer(client, ask(service), service, outcome="confirmed")
    later(20)
    call_command("check_directory")
    assert Email.objects.count() == 1


def test_what_staff_check_by_phone_is_not_asked_again(editor, later):
    service = make_service()
    ask(service)
    chosen = {"action": "mark_verified_by_phone", "_selected_action": [service.pk]}
    editor.post("/admin/wegweiser/service/", chosen)
    service.refresh_from_db()
    assert service.verified_how == "phone"
    assert service.verified_by == "redaktion@example.org"
    later(10)
    call_command("check_directory")
    assert Email.objects.count() == 1
    assert VerificationRequest.objects.get().outcome == "settled"


def test_one_entry_nobody_answers_for_does_not_keep_the_others_from_being_asked_about(client, later):
    organization = make_organization()
    silent = make_service(organization=organization)
    service = make_service(organization=organization, title_de="Kurs")
    verification.ask(organization, [silent, service])
    answer(client, path(Email.objects.get().message), service, outcome="confirmed")
    for day in range(10, 40, 5):
        later(day)
        call_command("check_directory")
    assert Email.objects.count() == 3  # the request, a reminder, and the report
    Service.objects.filter(pk=service.pk).update(review_due=timezone.localdate())
    call_command("check_directory")
    call_command("check_directory")
    assert Email.objects.count() == 4
    assert "- Kurs" in Email.objects.order_by("pk").last().message
    assert [asked.outcome for asked in VerificationRequest.objects.order_by("sent_on")] == ["unanswered", ""]


def test_what_moves_to_another_organization_is_asked_of_that_one(client, later):
    organization, other = make_organization(), make_organization(title_de="Andere", verification_email="a@example.org")
    stays, moves = make_service(organization=organization), make_service(organization=organization, title_de="Kurs")
    verification.ask(organization, [stays, moves])
    url = path(Email.objects.get().message)
    moves.organization = other
    moves.save()
    answer(client, url, stays, outcome="confirmed")
    assert VerificationRequest.objects.get().outcome == "confirmed"
    call_command("check_directory")
    mail = Email.objects.order_by("pk").last()
    assert (mail.to, "- Kurs" in mail.message) == (["a@example.org"], True)


@pytest.mark.parametrize("change", [{"asked_by_phone": True}, {"verification_email": ""}])
def test_who_cannot_be_reminded_any_more_is_reported_to_staff(later, change):
    service = make_service()
    ask(service)
    type(service.organization).objects.update(**change)
    later(10)
    call_command("check_directory")
    later(20)
    call_command("check_directory")
    [report] = Email.objects.order_by("pk")[1:]
    assert report.to == ["portal@example.org"]
    assert "Verein Brücke" in report.message


def test_what_is_due_by_now_stands_in_the_reminder(later):
    organization = make_organization()
    ask(make_service(organization=organization))
    make_service(organization=organization, title_de="Neuer Kurs")
    later(10)
    call_command("check_directory")
    assert "Neuer Kurs" in Email.objects.order_by("pk").last().message


def test_what_staff_have_to_decide_on_is_not_asked_again(client, later):
    service = make_service()
    answer(client, ask(service), service, outcome="changed", fees="5 Euro")
    later(100)
    call_command("check_directory")
    assert Email.objects.count() == 1


# The link -----------------------------------------------------------------------------------------------


def state():
    return (
        list(VerificationRequest.objects.values()),
        list(ServiceCheck.objects.values()),
        list(Service.objects.values("verified_on", "modified")),
        Email.objects.count(),
    )


def test_a_scanner_that_opens_the_link_changes_nothing(client):
    url = ask(make_service())
    before = state()
    for _ in range(3):
        assert client.get(url).status_code == 200
        assert client.head(url).status_code == 200
    assert state() == before


@pytest.mark.parametrize("code", list(languages.BY_CODE))
def test_the_page_is_there_in_every_language_and_leaves_no_traces(client, code):
    url = ask(make_service())
    response = client.get(url.replace("/de/", f"/{code}/"))
    html = response.content.decode()
    assert response.status_code == 200
    assert response["Referrer-Policy"] == "no-referrer"
    assert response["Cache-Control"] == "no-store"
    assert "noindex" in response["X-Robots-Tag"]
    assert '<meta name="robots" content="noindex">' in html
    assert not response.cookies
    assert html.count("<h1") == 1
    assert f"?seite=/{code}/wegweiser/pruefen/" in html
    token = url.split("/")[-2]
    assert token not in re.search(r'barriere-melden/\?seite=([^"]*)"', html)[1]


def test_the_log_never_holds_a_link(client, caplog):
    service = make_service()
    url = ask(service)
    assert answer(client, url, service).status_code == 400
    assert url.split("/")[-2] not in caplog.text


def test_what_is_not_our_link_is_refused_and_told_nothing(client):
    service = make_service()
    url = ask(service)
    token = url.split("/")[-2]
    other = signing.dumps([VerificationRequest.objects.get().pk.hex, "2099-01-01"], salt="etwas anderes")
    for forged in (token[:-1], token[1:], token.swapcase(), "x", "ü:ö:ä", "a" * 5000, other, "%00"):
        response = client.get(f"/de/wegweiser/pruefen/{forged}/")
        assert response.status_code == 403, forged
        assert "Verein" not in response.content.decode()
        assert client.post(f"/de/wegweiser/pruefen/{forged}/", {"a1-outcome": "confirmed"}).status_code == 403


def test_a_link_of_a_deleted_request_says_only_that_it_is_over(client):
    url = ask(make_service())
    VerificationRequest.objects.all().delete()
    response = client.get(url)
    assert response.status_code == 410
    assert "hat sich erledigt" in response.content.decode()
    assert client.post(url, {"a1-outcome": "confirmed"}).status_code == 410


def test_a_withdrawn_request_takes_no_answer(client, administrator):
    service = make_service()
    url = ask(service)
    chosen = {"action": "withdraw", "_selected_action": [VerificationRequest.objects.get().pk]}
    administrator.post("/admin/wegweiser/verificationrequest/", chosen)
    assert client.get(url).status_code == 410
    assert client.post(url, {f"a{service.pk}-outcome": "confirmed"}).status_code == 410
    service.refresh_from_db()
    assert service.verified_on is None


def test_only_what_is_open_can_be_withdrawn_and_is_left_alone_for_a_while(client, administrator, later):
    answered, service = make_service(), make_service(organization=make_organization())
    answer(client, ask(answered), answered, outcome="changed", fees="5 Euro")
    ask(service)
    chosen = {"action": "withdraw", "_selected_action": list(VerificationRequest.objects.values_list("pk", flat=True))}
    html = administrator.post("/admin/wegweiser/verificationrequest/", chosen, follow=True).content.decode()
    assert "Nicht zurückgezogen" in html
    assert answered.organization.verification_requests.get().outcome == "changed"
    assert service.organization.verification_requests.get().outcome == "withdrawn"
    for days, mails in ((0, 2), (9, 2), (10, 3)):
        later(days)
        call_command("check_directory")
        assert Email.objects.count() == mails, days


def test_an_answer_that_meets_a_withdrawal_counts_for_nothing():
    service = make_service()
    ask(service)
    asked = VerificationRequest.objects.get()
    verification.withdraw(asked)
    assert not verification.record(asked, [verification.Answer(service, "confirmed")])
    service.refresh_from_db()
    assert service.verified_on is None
    assert VerificationRequest.objects.get().outcome == "withdrawn"


@pytest.mark.parametrize("answered", [True, False])
def test_the_link_in_a_former_inbox_opens_nothing_any_more(client, answered):
    service = make_service()
    former = ask(service)
    if answered:
        answer(client, former, service, outcome="changed", fees="5 Euro")
    service.organization.verification_email = "neu@example.org"
    service.organization.save()
    present = ask(service)
    assert client.get(former).status_code == 410
    client.post(former, {f"a{service.pk}-outcome": "confirmed"})
    service.refresh_from_db()
    assert service.verified_on is None
    assert client.get(present).status_code == 200
    assert "neu@example.org" not in present


def test_after_its_time_the_link_brings_a_new_one_to_the_same_address(client, later):
    service = make_service()
    url = ask(service)
    later(30)
    assert client.get(url).status_code == 200
    later(31)
    response = client.get(url)
    assert response.status_code == 410
    assert "Neuen Link schicken" in response.content.decode()
    assert Email.objects.count() == 1
    said = {client.post(url, {f"a{service.pk}-outcome": "confirmed"}).content for _ in range(3)}
    assert len(said) == 1
    assert Email.objects.count() == 2  # once a day
    assert Email.objects.order_by("pk").last().to == [TO]
    assert client.get(path(Email.objects.order_by("pk").last().message)).status_code == 200
    assert client.get(url).status_code == 410
    service.refresh_from_db()
    assert service.verified_on is None


@pytest.mark.parametrize("case", ["deleted", "withdrawn", "off", "other address"])
def test_a_request_that_is_over_gives_the_same_answer_and_no_link(client, later, case):
    service = make_service()
    url = ask(service)
    later(31)
    if case == "deleted":
        VerificationRequest.objects.all().delete()
    elif case == "withdrawn":
        VerificationRequest.objects.update(outcome="withdrawn")
    elif case == "off":
        DirectorySettings.objects.update(send_requests=False)
    else:
        service.organization.verification_email = "neu@example.org"
        service.organization.save()
    html = client.post(url).content.decode()
    assert "Bitte sehen Sie in Ihr Postfach" in html
    assert Email.objects.count() == 1


def test_an_organization_without_public_services_reads_so(client):
    service = make_service()
    url = ask(service)
    Service.objects.update(status="draft")
    assert "Zurzeit steht kein Angebot von Ihnen" in client.get(url).content.decode()
    assert client.post(url, {}).status_code == 400


def test_one_organization_cannot_answer_for_another(client):
    mine, other = make_service(), make_service(organization=make_organization(title_de="Andere"))
    url = ask(mine)
    assert other.title_de not in re.findall(r"<h2[^>]*><span[^>]*>([^<]*)", client.get(url).content.decode())[1:]
    client.post(url, {f"a{other.pk}-outcome": "confirmed"})
    other.refresh_from_db()
    assert other.verified_on is None


def test_the_page_asks_the_database_as_often_for_many_services_as_for_few(client):
    organization = make_organization()
    for _ in range(10):
        make_service(organization=organization)
    verification.ask(organization, Service.objects.all())
    url = path(Email.objects.get().message)
    client.get(url)
    with CaptureQueriesContext(
        connection,
    ) as few:
        client.get(url)
    for _ in range(90):
        make_service(organization=organization)
    with CaptureQueriesContext(connection) as many:
        client.get(url)
    assert len(few) == len(many)


# Answering ----------------------------------------------------------------------------------------------


def test_no_version_keeps_from_which_address_an_entry_was_confirmed(client):
    """It is forgotten after a year, and versions stay for two."""
    service = make_service()
    assert answer(client, ask(service), service, outcome="confirmed").status_code == 302
    stored = Version.objects.get_for_model(Service).values_list("serialized_data", flat=True)
    assert Service.objects.get().verified_by == TO
    assert list(stored)
    assert not [data for data in stored if TO in data or "verified_by" in data]

    some = Version.objects.get_for_model(Service).first()
    before = some.serialized_data
    rows = json.loads(before)
    rows[0]["fields"]["verified_by"] = TO  # as versions once did
    Version.objects.filter(pk=some.pk).update(serialized_data=json.dumps(rows))
    import_module("portal.versions.migrations.0004_forget_verifiers").forget(apps, None)
    some.refresh_from_db()
    assert json.loads(some.serialized_data) == json.loads(before)


def test_still_right_makes_the_service_verified_by_the_organization(client):
    service = make_service()
    url = ask(service)
    assert answer(client, url, service, outcome="confirmed").status_code == 302
    service.refresh_from_db()
    assert (service.verified_how, service.verified_by) == ("organization", TO)
    assert service.review_due > timezone.localdate() + timedelta(days=300)
    asked = VerificationRequest.objects.get()
    assert asked.outcome == "confirmed"
    assert asked.answered_at is not None
    html = client.get(url).content.decode()
    assert "Danke. Wir haben alle Ihre Antworten." in html
    assert "Ihre Antwort vom" in html


def test_only_what_is_different_is_proposed(client):
    service = make_service(description_de="Zeile 1\nZeile 2")
    url = ask(service)
    data = filled(client, url, service, outcome="changed", fees="5 Euro")
    data = {name: value.replace("\n", "\r\n") for name, value in data.items()}  # as browsers do
    client.post(url, data)
    assert [(p.field, p.old, p.new) for p in Proposal.objects.all()] == [("fees", "kostenlos", "5 Euro")]


def test_what_staff_have_changed_in_the_meantime_is_not_proposed_back(client):
    service = make_service()
    url = ask(service)
    data = filled(client, url, service, outcome="changed", lead="Für alle")
    Service.objects.update(fees_de="10 Euro")
    client.post(url, data)
    assert [p.field for p in Proposal.objects.all()] == ["lead"]


def test_who_writes_without_choosing_means_a_change(client):
    service = make_service()
    answer(client, ask(service), service, fees="5 Euro")
    assert ServiceCheck.objects.get().outcome == "changed"
    assert proposal("fees").new == "5 Euro"


def test_a_service_that_is_no_more_is_closed_when_staff_accept(client, editor):
    service = make_service()
    answer(client, ask(service), service, outcome="gone", comment="Seit Mai.")
    service.refresh_from_db()
    assert service.availability == "active"
    check = ServiceCheck.objects.get()
    html = decide(editor, check, "all")
    assert "Alles entschieden" in html
    service.refresh_from_db()
    assert service.availability == "defunct"
    assert service.verified_how == "organization"


@pytest.mark.parametrize(
    ("said", "field", "message"),
    [
        ({"hours": "Mo irgendwann"}, "hours", "irgendwann"),
        ({"hours": "Mo 25:00–26:00"}, "hours", "keine Uhrzeit"),
        ({"languages": "Klingonisch"}, "languages", "keine bekannte Sprache"),
        ({"contacts": "Telefon: anrufen"}, "contacts", ""),
        ({"contacts": "Name: Frau Muster"}, "contacts", "Telefon, Mobil, Fax oder E-Mail"),
        ({"contacts": "Bitte klingeln"}, "contacts", "Bitte klingeln"),
        ({"contacts": "Telefon: 030 23125-1\nTelefon: 030 23125-2"}, "contacts", "leere Zeile"),
        ({"url": "https://"}, "url", ""),
        ({"title": ""}, "title", "wie das Angebot heißt"),
        ({"lead": "a" * 301}, "lead", "300"),
        ({"description": "a" * 3001}, "description", "3000"),
        ({"comment": "a" * 2001}, "comment", "2000"),
        ({"availability": "unsinn"}, "availability", ""),
        ({"fees": "a\0b"}, "fees", ""),
        ({"outcome": "unsinn"}, "outcome", ""),
    ],
)
def test_a_mistake_is_explained_and_everything_typed_is_still_there(client, said, field, message):
    service = make_service()
    url = ask(service)
    response = answer(client, url, service, **{"outcome": "changed", "documents": "Ausweis mitbringen", **said})
    html = response.content.decode()
    assert response.status_code == 400
    assert "<title>Fehler: " in html
    assert f'id="id_a{service.pk}-{field}_error"' in html
    assert message in html
    assert "Ausweis mitbringen" in html
    if "outcome" not in said:
        assert f'value="changed" id="id_a{service.pk}-outcome_1" checked' in html
    assert not Proposal.objects.exists()


def test_a_wrong_address_is_explained(client):
    service = make_service()
    at = service.at_locations.get()
    response = answer(client, ask(service), service, **{"outcome": "changed", f"address_at_{at.pk}": "Irgendwo"})
    assert "PLZ und Ort in die letzte" in response.content.decode()


@pytest.mark.parametrize("outcome", ["confirmed", "gone"])
def test_right_and_changed_at_once_is_asked_back(client, outcome):
    service = make_service()
    response = answer(client, ask(service), service, outcome=outcome, fees="5 Euro")
    html = response.content.decode()
    assert response.status_code == 400
    assert "Sie haben unten etwas geändert" in html
    assert "5 Euro" in html
    service.refresh_from_db()
    assert service.verified_on is None


def test_changed_but_nothing_written_is_asked_back(client):
    service = make_service()
    html = answer(client, ask(service), service, outcome="changed").content.decode()
    assert "Was hat sich geändert?" in html


def test_nothing_chosen_at_all_is_asked_back(client):
    service = make_service()
    html = answer(client, ask(service), service).content.decode()
    assert "bei mindestens einem Angebot" in html


def test_a_mistake_is_explained_in_the_readers_language(client):
    service = make_service()
    url = ask(service).replace("/de/", "/ar/")
    response = answer(client, url, service, outcome="changed", lead="a" * 301)
    assert response.status_code == 400
    assert "Ensure this value" not in response.content.decode()


def test_an_answer_may_be_corrected_until_staff_have_decided(client, editor):
    service = make_service()
    url = ask(service)
    answer(client, url, service, outcome="changed", fees="5 Euro", lead="Für alle")
    assert "5 Euro" in client.get(url).content.decode()
    answer(client, url, service, fees="6 Euro")
    assert {(p.field, p.new) for p in Proposal.objects.all()} == {("fees", "6 Euro"), ("lead", "Für alle")}
    decide(editor, ServiceCheck.objects.get(), f"accept-{proposal('fees').pk}")
    answer(client, url, service, lead="Für Erwachsene")
    assert {(p.field, p.new, p.state) for p in Proposal.objects.all()} == {
        ("fees", "6 Euro", "accepted"),
        ("lead", "Für Erwachsene", "open"),
    }


def test_colleagues_do_not_overwrite_each_other(client):
    service = make_service()
    url = ask(service)
    older = filled(client, url, service, outcome="changed", lead="Für alle", comment="Bis Mai.")
    answer(client, url, service, outcome="changed", fees="5 Euro", comment="Ab Juni.")
    assert client.post(url, older).status_code == 302
    kept = {("fees", "5 Euro"), ("lead", "Für alle"), ("comment", "Bis Mai."), ("comment", "Ab Juni.")}
    assert {(p.field, p.new) for p in Proposal.objects.all()} == kept
    answer(client, url, service, fees="6 Euro")
    assert {(p.field, p.new) for p in Proposal.objects.all()} == kept - {("fees", "5 Euro")} | {("fees", "6 Euro")}


def test_still_right_is_asked_back_where_a_colleague_has_just_said_otherwise(client):
    organization = make_organization()
    service, other = make_service(organization=organization), make_service(organization=organization, title_de="Kurs")
    url = ask(service)
    older = filled(client, url, service, outcome="confirmed")
    answer(client, url, service, outcome="changed", fees="5 Euro")
    response = client.post(url, {**older, f"a{other.pk}-comment": "Das bleibt stehen."})
    html = response.content.decode()
    assert response.status_code == 400
    assert "Inzwischen hat jemand anderes" in html
    assert "Das bleibt stehen." in html
    service.refresh_from_db()
    assert service.verified_on is None
    assert proposal("fees").new == "5 Euro"
    answer(client, url, service, outcome="confirmed")  # having seen it
    service.refresh_from_db()
    assert service.verified_on == timezone.localdate()
    assert not Proposal.objects.exists()


@pytest.mark.parametrize("numbers", ["x", "9" * 5000, "-1,,0", "\0"])
def test_made_up_numbers_of_proposals_are_nobodys(client, numbers):
    service = make_service()
    url = ask(service)
    answer(client, url, service, outcome="changed", fees="5 Euro")
    said = {f"a{service.pk}-outcome": "changed", f"a{service.pk}-comment": "Neu", f"a{service.pk}-shown": numbers}
    assert client.post(url, said).status_code == 302
    assert proposal("fees").new == "5 Euro"


def test_sending_twice_keeps_one_answer(client):
    service = make_service()
    url = ask(service)
    data = filled(client, url, service, outcome="changed", fees="5 Euro")
    client.post(url, data)
    client.post(url, data)
    assert Proposal.objects.count() == 1


def test_an_answer_for_some_services_leaves_the_others_open(client, later):
    organization = make_organization()
    first, second = make_service(organization=organization), make_service(organization=organization, title_de="Kurs")
    call_command("check_directory")
    answer(client, path(Email.objects.get().message), first, outcome="confirmed")
    assert VerificationRequest.objects.get().outcome == ""
    later(10)
    call_command("check_directory")
    reminder = Email.objects.order_by("pk").last().message
    assert "- Kurs" in reminder
    assert "- Beratung" not in reminder
    answer(client, path(reminder), second, outcome="gone")
    assert VerificationRequest.objects.get().outcome == "changed"


def test_hostile_input_gets_an_answer_and_no_traceback(client):
    service = make_service()
    url = ask(service)
    prefix = f"a{service.pk}"
    for data in (
        {f"{prefix}-fees": "<script>alert(1)</script>", f"{prefix}-seen-fees": "x\0y" * 1000},
        {f"{prefix}-outcome": "confirmed", f"{prefix}-hours": ["a", "b"]},
        {"unsinn": "x" * 100_000},
    ):
        assert client.post(url, data).status_code in {302, 400}
    assert "<script>alert" not in client.get(url).content.decode()


def test_requests_that_were_open_before_go_on_waiting_for_the_same():
    organization = make_organization()
    day = timezone.localdate() - timedelta(days=300)
    waiting = make_service(organization=organization, verified_on=day)
    checked = make_service(organization=organization, title_de="Am Telefon geprüft", verified_on=day)
    verification.ask(organization, [waiting, checked])
    ServiceCheck.objects.update(last_verified=None)
    Service.objects.filter(pk=checked.pk).update(verified_on=timezone.localdate())
    import_module("integration.wegweiser.migrations.0004_fill_last_verified").fill(apps, None)
    assert verification.remaining(VerificationRequest.objects.get()) == [waiting]


# Deciding -----------------------------------------------------------------------------------------------


def proposed(client, service, /, **said):
    answer(client, ask(service), service, outcome="changed", **said)
    return ServiceCheck.objects.get()


@pytest.mark.parametrize(
    ("said", "decision"),
    [
        ({"outcome": "changed", "fees": "5 Euro"}, "decline"),
        ({"outcome": "gone"}, "decline"),
        ({"outcome": "changed", "comment": "Alle Zeiten sind falsch."}, "accept"),
    ],
)
def test_what_staff_decline_or_only_read_does_not_count_as_verified(client, editor, said, decision):
    service = make_service()
    answer(client, ask(service), service, **said)
    check = ServiceCheck.objects.get()
    html = decide(editor, check, f"{decision}-{Proposal.objects.get().pk}")
    assert "gilt damit noch nicht als geprüft" in html
    service.refresh_from_db()
    assert (service.verified_on, service.verified_how) == (None, "")


def test_what_was_declined_of_an_earlier_answer_does_not_count(client, editor):
    service = make_service()
    url = ask(service)
    answer(client, url, service, outcome="changed", fees="5 Euro")
    decide(editor, ServiceCheck.objects.get(), f"decline-{proposal('fees').pk}")
    answer(client, url, service, lead="Für alle")
    assert "als von der Organisation geprüft" in decide(editor, ServiceCheck.objects.get(), "all")
    service.refresh_from_db()
    assert service.verified_how == "organization"


def test_an_alert_that_is_over_is_not_shown_and_does_not_end_a_new_one(client, editor):
    yesterday = timezone.localdate() - timedelta(days=1)
    service = make_service(alert_de="Umbau bis Mai", alert_until=yesterday)
    assert "Umbau bis Mai" not in client.get(ask(service)).content.decode()
    decide(editor, proposed(client, service, alert="Neuer Eingang"), "all")
    service.refresh_from_db()
    assert service.has_alert()
    assert service.alert_de == "Neuer Eingang"


def test_hours_of_the_house_cannot_be_emptied_from_here(client, editor):
    house = factories.make_location()
    factories.make_hours(house)
    service = factories.make_service(house, organization=make_organization())
    html = decide(editor, proposed(client, service, hours=""), "all")
    assert "Das steht beim Haus" in html
    assert proposal("hours").state == "open"


@pytest.mark.parametrize("model", ["organization", "location"])
def test_what_others_share_is_changed_only_by_who_may(client, django_user_model, model):
    service = make_service()
    service.contacts.all().delete()
    factories.make_service_contact(service.organization, phone="030 23125-1")
    said = {"contacts": "030 23125-2", f"address_at_{service.at_locations.get().pk}": "Neuer Weg 2\n12345 Musterstadt"}
    check = proposed(client, service, **said)
    user = django_user_model.objects.create_user("gast", "gast@example.org", is_staff=True)
    may = [
        "change_service",
        "view_servicecheck",
        "change_location" if model == "organization" else "change_organization",
    ]
    user.user_permissions.set(Permission.objects.filter(codename__in=may))
    log_in(client, user)
    html = decide(client, check, "all")
    assert "Dafür fehlt Ihnen das Recht" in html
    states = {"contacts": "open", "address": "accepted"}
    if model == "location":
        states = {"contacts": "accepted", "address": "open"}
    assert dict(Proposal.objects.values_list("field", "state")) == states


def test_every_kind_of_fact_is_written_where_it_belongs(client, editor):
    service = make_service()
    at = service.at_locations.get()
    factories.make_municipality(name="Neustadt")
    said = {
        "title": "Neue Beratung",
        "lead": "Für alle",
        "description": "Wir beraten.",
        "availability": "temporarily closed",
        "alert": "Umbau bis Mai",
        "hours": "Mo–Mi 9:00–12:00\n1. Do im Monat 14:00–16:00\nFr nach Vereinbarung",
        "contacts": "Wofür: Termine\nName: Frau Muster\nTelefon: 030 23125-1\n\nE-Mail: post@example.org",
        "languages": "Arabisch, Türkisch (dienstags)",
        "eligibility": "Erwachsene",
        "how_to_apply": "Anrufen",
        "booking_url": "https://termin.example.org/",
        "fees": "",
        "documents": "Ausweis",
        "url": "https://www.example.org/",
        f"address_at_{at.pk}": "Neuer Weg 2\n54321 Neustadt",
    }
    check = proposed(client, service, **said)
    assert Proposal.objects.count() == len(said)
    assert "Alles entschieden" in decide(editor, check, "all")
    service = Service.objects.get()
    at = service.at_locations.get()
    for name, text in said.items():
        name, _, place = name.partition("_at_")
        assert facts.read(service, name, at if place else None) == text, name
    assert at.location.municipality.name == "Neustadt"
    assert service.verified_how == "organization"


def test_what_has_changed_since_is_refused_until_staff_have_seen_it(client, editor):
    service = make_service()
    check = proposed(client, service, fees="5 Euro")
    Service.objects.update(fees_de="10 Euro")
    html = decide(editor, check, f"accept-{proposal('fees').pk}")
    assert "steht inzwischen etwas anderes" in html
    assert "10 Euro" in html
    assert "Trotzdem annehmen" in html
    service.refresh_from_db()
    assert service.fees_de == "10 Euro"
    assert proposal("fees").state == "open"
    decide(editor, check, f"anyway-{proposal('fees').pk}")
    service.refresh_from_db()
    assert service.fees_de == "5 Euro"
    assert proposal("fees").decided_by.username == "redaktion"


def test_what_stands_there_already_is_simply_accepted(client, editor):
    service = make_service()
    check = proposed(client, service, fees="5 Euro")
    Service.objects.update(fees_de="5 Euro")
    assert "Alles entschieden" in decide(editor, check, f"accept-{proposal('fees').pk}")


def test_what_cannot_be_written_says_why_and_stays_open(client, editor):
    service = make_service()
    check = proposed(client, service, lead="Für alle")
    Service.objects.update(minimum_age=18, maximum_age=20)
    Proposal.objects.update(field="url", old="", new="kein Link")
    html = decide(editor, check, f"accept-{Proposal.objects.get().pk}")
    assert "gültige" in html
    assert Proposal.objects.get().state == "open"


def test_deciding_twice_or_on_nothing_changes_nothing(client, editor):
    service = make_service()
    check = proposed(client, service, fees="5 Euro", lead="Für alle")
    number = proposal("fees").pk
    decide(editor, check, f"decline-{number}")
    assert "schon jemand entschieden" in decide(editor, check, f"accept-{number}")
    for what in ("", "accept-", "accept-x", "accept-999999", f"accept-{'9' * 5000}", "unsinn"):
        decide(editor, check, what)
    service.refresh_from_db()
    assert service.fees_de == "kostenlos"
    assert proposal("lead").state == "open"


def test_accepting_all_leaves_conflicts_open(client, editor):
    service = make_service()
    check = proposed(client, service, fees="5 Euro", lead="Für alle")
    Service.objects.update(fees_de="10 Euro")
    html = decide(editor, check, "all")
    assert "steht inzwischen etwas anderes" in html
    service.refresh_from_db()
    assert (service.fees_de, service.lead_de, service.verified_on) == ("10 Euro", "Für alle", None)


def test_the_day_of_verification_is_the_day_of_the_answer(client, editor, later):
    service = make_service()
    check = proposed(client, service, fees="5 Euro")
    today = timezone.localdate()
    later(20)
    log_in_again(editor)
    decide(editor, check, "all")
    service.refresh_from_db()
    assert service.verified_on == today


def test_a_comment_waits_for_staff_even_when_all_is_right(client, editor):
    service = make_service()
    answer(client, ask(service), service, outcome="confirmed", comment="Im Mai ziehen wir um.")
    html = editor.get("/admin/wegweiser/servicecheck/?vorschlaege=offen").content.decode()
    assert "Beratung" in html
    assert "Alles entschieden" in decide(editor, ServiceCheck.objects.get(), f"accept-{proposal('comment').pk}")


def test_translations_stay_and_staff_are_told_that_they_are_old(client, editor):
    service = make_service(fees_en="free of charge")
    service.contacts.update(label_en="Office")
    check = proposed(client, service, fees="5 Euro", contacts="Wofür: Sekretariat\nTelefon: 030 23125-7")
    html = editor.get(f"/admin/wegweiser/servicecheck/{check.pk}/change/").content.decode()
    assert "Die Übersetzungen sagen noch das Bisherige: Englisch." in html
    decide(editor, check, "all")
    contact = Contact.objects.get()
    assert (contact.phone, contact.label_en) == ("030 23125-7", "Office")


def test_deciding_needs_the_right_to_change_services(client, django_user_model):
    check = proposed(client, make_service(), fees="5 Euro")
    log_in(client, django_user_model.objects.create_user("gast", is_staff=True))
    url = f"/admin/wegweiser/servicecheck/{check.pk}/entscheiden/"
    assert client.post(url, {"decision": "all"}).status_code == 403
    assert proposal("fees").state == "open"
    client.logout()
    assert client.post(url, {"decision": "all"}).status_code == 302
    assert proposal("fees").state == "open"


def test_what_is_to_decide_comes_first(client, editor):
    first, second = make_service(), make_service(organization=make_organization(), title_de="Kurs")
    answer(client, ask(first), first, outcome="changed", fees="5 Euro")
    answer(client, ask(second), second, outcome="confirmed")
    html = editor.get("/admin/wegweiser/servicecheck/").content.decode().split('id="result_list"')[1]
    assert html.index("Beratung") < html.index("Kurs")


def test_a_service_can_still_be_deleted_by_editors(client, editor):
    service = make_service()
    proposed(client, service, fees="5 Euro")
    service.at_locations.all().delete()
    service.hours.all().delete()
    editor.post(f"/admin/wegweiser/service/{service.pk}/delete/", {"post": "yes"})
    assert not Service.objects.exists()
    assert VerificationRequest.objects.exists()


# Facts --------------------------------------------------------------------------------------------------


def test_hours_of_the_house_stay_when_a_service_says_its_own():
    house = factories.make_location()
    factories.make_hours(house)
    service = factories.make_service(house)
    assert facts.read(service, "hours") == "Mo–Fr 9:00–12:00"
    facts.write(service, "hours", None, "Mo 14:00–16:00")
    service = Service.objects.get()
    assert facts.read(service, "hours") == "Mo 14:00–16:00"
    assert house.hours.get().days == "MO,TU,WE,TH,FR"


def test_hours_of_all_places_and_of_one_are_corrected_apart():
    service = factories.make_service(factories.make_location(), factories.make_location())
    _first, second = service.at_locations.all()
    factories.make_hours(service)
    factories.make_hours(service, days="SA", service_at_location=second)
    keys = [fact.key for fact in facts.of(service) if fact.name == "hours"]
    assert keys == ["hours", f"hours-{second.pk}"]
    facts.write(service, "hours", second, "So 10:00–11:00")
    service = Service.objects.get()
    assert facts.read(service, "hours") == "Mo–Fr 9:00–12:00"
    assert facts.read(service, "hours", second) == "So 10:00–11:00"


def test_the_organizations_contact_is_corrected_for_all_its_services():
    organization = factories.make_organization()
    factories.make_service_contact(organization)
    first, second = (factories.make_service(organization=organization) for _ in range(2))
    facts.write(first, "contacts", None, "030 23125-9")
    assert facts.read(Service.objects.get(pk=second.pk), "contacts") == "Telefon: 030 23125-9"
    assert Contact.objects.count() == 1


def test_a_bad_row_leaves_the_old_ones(client, editor):
    service = make_service()
    check = proposed(client, service, hours="Mo 9:00–10:00")
    Proposal.objects.update(new="unsinn")
    decide(editor, check, f"accept-{proposal('hours').pk}")
    assert OpeningHours.objects.get().days == "MO,TU,WE,TH,FR"


def test_an_address_elsewhere_loses_its_coordinates():
    house = factories.make_location(latitude=52.0, longitude=8.0)
    service = factories.make_service(house)
    facts.write(service, "address", service.at_locations.get(), "Anderer Weg 5, Hinterhaus, 12345 Musterstadt")
    house.refresh_from_db()
    assert (house.street, house.addition, house.latitude) == ("Anderer Weg 5", "Hinterhaus", None)


def test_differences_are_marked_by_word_and_nothing_is_markup():
    old, new = differences.marked("Mo 9–12 <b>", "Mo 9–13 <b>")
    assert old == "Mo 9–<del>12</del> &lt;b&gt;"
    assert new == "Mo 9–<ins>13</ins> &lt;b&gt;"


# Staff --------------------------------------------------------------------------------------------------


def test_staff_ask_about_chosen_services_and_organizations(editor):
    service = make_service(verified_on=timezone.localdate())
    hidden = make_service(organization=service.organization, status="draft")
    chosen = {"action": "send_verification_request", "_selected_action": [service.pk, hidden.pk]}
    html = editor.post("/admin/wegweiser/service/", chosen, follow=True).content.decode()
    assert f"Verein Brücke ist gefragt: 1 Eintrag ({TO})" in html
    assert "nicht öffentlich: 1 Eintrag" in html
    chosen["_selected_action"] = [service.organization_id]
    editor.post("/admin/wegweiser/organization/", chosen)
    assert Email.objects.count() == 2
    assert VerificationRequest.objects.count() == 1


def test_a_phone_call_is_one_click_for_an_organization_and_a_button_in_the_form(editor):
    service = factories.make_service(organization=make_organization())
    chosen = {"action": "mark_verified_by_phone", "_selected_action": [service.organization_id]}
    editor.post("/admin/wegweiser/organization/", chosen)
    service.refresh_from_db()
    assert service.verified_how == "phone"
    Service.objects.update(verified_on=None, verified_how="")
    url = f"/admin/wegweiser/service/{service.pk}/change/"
    html = editor.get(url).content.decode()
    assert "am Telefon geprüft, alles stimmt" in html
    data = form_data(html)
    data = {name: value for name, value in data.items() if not name.startswith("_") and "__prefix__" not in name}
    assert editor.post(url, {**data, "fees_de": "5 Euro", "_verified_by_phone": "1"}).status_code == 302
    service.refresh_from_db()
    assert (service.verified_how, service.fees_de) == ("phone", "5 Euro")


def test_who_may_change_organizations_may_not_speak_for_their_entries(client, django_user_model):
    service = factories.make_service(organization=make_organization())
    user = django_user_model.objects.create_user("gast", "gast@example.org", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=["change_organization", "view_organization"]))
    log_in(client, user)
    for action in ("mark_verified_by_phone", "send_verification_request"):
        client.post("/admin/wegweiser/organization/", {"action": action, "_selected_action": [service.organization_id]})
    service.refresh_from_db()
    assert service.verified_on is None
    assert not Email.objects.exists()


@pytest.mark.parametrize(
    ("rules", "field"),
    [
        ({"course_months": 0}, "course_months"),
        ({"reminder_days": 0}, "reminder_days"),
        ({"authority_months": 1, "days_before": 40}, "days_before"),
    ],
)
def test_rules_that_would_ask_without_end_are_refused(administrator, rules, field):
    url = f"/admin/wegweiser/directorysettings/{DirectorySettings.objects.get().pk}/change/"
    data = {**form_data(administrator.get(url).content.decode()), **rules}
    response = administrator.post(url, data)
    assert response.status_code == 200
    assert field in response.context["adminform"].form.errors


def test_verified_by_staff_is_said_of_services_too(editor):
    service = make_service(organization=make_organization(kind="course_provider"))
    editor.post("/admin/wegweiser/service/", {"action": "mark_verified", "_selected_action": [service.pk]})
    service.refresh_from_db()
    assert (service.verified_how, service.verified_by) == ("staff", "redaktion@example.org")
    assert service.review_due < timezone.localdate() + timedelta(days=100)


def test_requests_are_listed_by_what_is_to_do(editor, client, later):
    service = make_service()
    ask(service)
    url = "/admin/wegweiser/verificationrequest/"
    assert "Verein Brücke" in editor.get(f"{url}?stand=offen").content.decode()
    assert "Verein Brücke" not in editor.get(f"{url}?stand=ueberfaellig").content.decode()
    later(31)
    log_in_again(editor)
    assert "Verein Brücke" in editor.get(f"{url}?stand=ueberfaellig").content.decode()
    editor.post(url, {"action": "send_again", "_selected_action": [VerificationRequest.objects.get().pk]})
    assert Email.objects.count() == 2
    detail = editor.get(f"{url}{VerificationRequest.objects.get().pk}/change/").content.decode()
    assert "Beratung: noch keine Antwort" in detail


@pytest.mark.parametrize("model", ["verificationrequest", "servicecheck"])
def test_the_lists_ask_the_database_as_often_for_many_rows_as_for_few(client, editor, model):
    def fill(number):
        for _ in range(number):
            service = make_service(organization=make_organization())
            verification.ask(service.organization, [service])
            asked = service.organization.verification_requests.get()
            verification.record(asked, [verification.Answer(service, "changed", [("fees", None, "", "1 Euro")])])

    url = f"/admin/wegweiser/{model}/?all="
    fill(10)
    editor.get(url)
    with CaptureQueriesContext(connection) as few:
        editor.get(url)
    fill(30)
    with CaptureQueriesContext(connection) as many:
        editor.get(url)
    assert len(few) == len(many)


def test_requests_go_after_a_year_with_all_that_was_answered(client, later):
    service = make_service()
    answer(client, ask(service), service, outcome="changed", fees="5 Euro")
    later(360)
    call_command("purge_personal_data")
    assert Proposal.objects.count() == 1
    later(367)
    call_command("purge_personal_data")
    assert not VerificationRequest.objects.exists()
    assert not Proposal.objects.exists()
    assert Service.objects.exists()


def test_after_a_year_nobody_knows_whose_address_confirmed_an_entry(client, later):
    service, by_phone = make_service(), make_service(verified_how="phone", verified_by="redaktion@example.org")
    Service.objects.filter(pk=by_phone.pk).update(verified_on=timezone.localdate())
    answer(client, ask(service), service, outcome="confirmed")
    for days, address in ((360, TO), (367, "")):
        later(days)
        for command, options in jobs.of_each_day():
            # The guard of the log goes by the database's own clock, which no test moves.
            if command not in {"check_directory", "forget_versions"}:
                call_command(command, **options)
        service.refresh_from_db()
        assert (service.verified_how, service.verified_by) == ("organization", address)
    by_phone.refresh_from_db()
    assert by_phone.verified_by == "redaktion@example.org"
