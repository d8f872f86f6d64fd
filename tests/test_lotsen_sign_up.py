"""People sign up as volunteers: the public page, the form in three steps, the link in the mail, and what staff set."""

import os
import re
import signal
import subprocess
import sys
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from email import message_from_bytes, policy
from http.client import HTTPConnection
from urllib.parse import urlencode, urlsplit

import pytest
from aiosmtpd.controller import Controller
from django.conf import settings as django_settings
from django.core import signing
from django.core.management import call_command
from django.db import IntegrityError, OperationalError, connection
from django.utils import timezone, translation
from post_office.models import STATUS, Email

from lotsen import confirmation, mails, notices
from lotsen.models import (
    Consent,
    KindOfHelp,
    LotsenPage,
    LotsenSettings,
    MailText,
    Note,
    NoticeText,
    Volunteer,
)
from lotsen.sign_up import own, saving
from lotsen.sign_up.forms import SignUpForm
from tests import factories
from tests.conftest import form_data
from tests.mailserver import free_port

pytestmark = pytest.mark.django_db

URL = "/de/lotsen/mitmachen/"
EMAIL = "amal@example.org"


@pytest.fixture(autouse=True)
def _page(db):
    factories.make_site()
    office = factories.make_office(title_de="Lotsenbüro", phone="030 23125-150")
    factories.make_lotsen_page(office=office)


@pytest.fixture
def later(monkeypatch):
    """Moves the clock of the portal on."""
    real, real_time, passed = timezone.now, time.time, timedelta()

    def move(**period):
        nonlocal passed
        passed += timedelta(**period)
        monkeypatch.setattr(timezone, "now", lambda: real() + passed)
        monkeypatch.setattr(time, "time", lambda: real_time() + passed.total_seconds())

    return move


@pytest.fixture
def fill(client, later):
    """The form as a visitor finds it and fills it in, with time to think."""

    def filled(url=URL, **said):
        data = form_data(client.get(url).content.decode())
        later(seconds=30)
        needed = {"name": "Amal Müller", "email": EMAIL, "place": "12345 Musterstadt", "adult": "on"}
        return {**data, **needed, "acknowledged": "on", **said}

    return filled


def send(client, data, url=URL):
    return client.post(url, {**data, "step": "send"})


def links(pattern):
    return [found[1] for mail in Email.objects.order_by("pk") for found in re.finditer(pattern, mail.message)]


def link():
    """The path in the last mail that asks to confirm."""
    return links(r"http://127.0.0.1:8000(/[\w-]+/lotsen/bestaetigen/\S+)")[-1]


def own_link(volunteer):
    return own.address(volunteer).removeprefix("http://127.0.0.1:8000")


# The page ----------------------------------------------------------------------------------------------


def test_the_page_says_what_the_office_has_written(client):
    page = LotsenPage.objects.get()
    page.body_de, page.company_de = "<h2>Wer wir sind</h2>", "<p>Eine Woche vorher</p>"
    page.save()
    page.voices.create(text_de="Es lohnt sich.", who_de="Eine Lotsin")
    factories.make_kind(title_de="Zum Amt gehen")
    factories.make_kind(title_de="Nicht mehr angeboten", offered=False)
    factories.make_event(title_de="Infoabend", office=page.office)
    factories.make_event(title_de="Geheim", office=page.office, status="draft")
    factories.make_event(title_de="Vom Nachbarn", office=factories.make_office())
    html = client.get("/de/lotsen/").content.decode()
    for text in ("Wer wir sind", "Eine Woche vorher", "Es lohnt sich.", "Eine Lotsin", "Zum Amt gehen", "Infoabend"):
        assert text in html
    for text in ("Nicht mehr angeboten", "Geheim", "Vom Nachbarn"):
        assert text not in html
    assert f'href="{URL}"' in html
    assert "030 23125-150" in html


def test_without_a_published_page_there_is_nothing_to_see_and_nothing_to_sign(client):
    LotsenPage.objects.update(status="draft")
    for path in ("/de/lotsen/", URL, f"{URL}danke/"):
        assert client.get(path).status_code == 404
    assert "Integrationslotsen</a>" not in client.get("/de/").content.decode()


def test_while_nobody_can_sign_up_the_pages_say_whom_to_call(client, fill):
    data = fill()
    LotsenSettings.objects.create(sign_up_open=False)
    html = client.get("/de/lotsen/").content.decode()
    assert f'href="{URL}"' not in html
    assert "030 23125-150" in html
    closed = client.get(URL)
    assert closed.status_code == 200
    assert "030 23125-150" in closed.content.decode()
    assert send(client, data).status_code == 403
    assert not Volunteer.objects.exists()


def test_an_office_that_is_not_public_is_not_named(client):
    office = LotsenPage.objects.get().office
    office.status = "draft"
    office.save()
    html = client.get("/de/lotsen/").content.decode()
    assert "Lotsenbüro" not in html
    assert "030 23125-100" in html  # whom to reach instead


def test_the_page_can_be_found(client):
    LotsenPage.objects.get().save()
    call_command("rebuild_search", verbosity=0)
    assert 'href="/de/lotsen/"' in client.get("/de/suche/?q=Integrationslotsen").content.decode()
    assert "/de/lotsen/</loc>" in client.get("/sitemap.xml").content.decode()


def test_a_page_without_a_translation_says_so(client):
    html = client.get("/ar/lotsen/").content.decode()
    assert '<h1><span lang="de" dir="ltr">Integrationslotsen</span></h1>' in html
    assert 'role="note"' in html


def test_the_page_asks_the_same_number_of_questions_for_few_and_for_many(client, django_assert_max_num_queries):
    def add(number):
        page = LotsenPage.objects.get()
        for _ in range(number):
            factories.make_kind()
            page.voices.create(text_de="Gut", who_de="Jemand")

    add(2)
    with django_assert_max_num_queries(12):
        client.get("/de/lotsen/")
    add(90)
    with django_assert_max_num_queries(12):
        client.get("/de/lotsen/")


# Three steps --------------------------------------------------------------------------------------------


def test_from_the_form_to_the_coordination(client, fill):
    town, kind = factories.make_municipality(name="Auenbrück"), factories.make_kind(title_de="Zum Amt gehen")
    LotsenSettings.objects.create(consent_news_de="Ich möchte Einladungen bekommen.")
    data = fill(
        home=town.slug, place="", phone="030 23125-777", kinds=[kind.slug], areas=[town.slug],
        availability=["mo-am", "su-ev"], has_car="on", hours_week="3", message="Bis bald!", language="ar",
        spoken_0="ar", level_0="C2", spoken_2="tr", level_2="B1", consent_news="on",
    )  # fmt: skip
    response = client.post(URL, {**data, "step": "review"})
    html = response.content.decode()
    for text in ("Amal Müller", EMAIL, "030 23125-777", "Auenbrück", "Zum Amt gehen", "Montag: Vormittag",
                 "Sonntag: Abend", "Bis bald!", "العربية", "Arabisch: <bdi>wie meine erste Sprache (C2)", "Türkisch",
                 "Ich möchte Einladungen bekommen."):  # fmt: skip
        assert text in html
    assert not Volunteer.objects.exists()
    assert not Email.objects.exists()

    response = send(client, form_data(html))
    assert response["Location"] == f"{URL}danke/"
    assert not response.cookies
    volunteer = Volunteer.objects.get()
    assert (volunteer.name, volunteer.email, volunteer.home) == ("Amal Müller", EMAIL, "Auenbrück")
    assert volunteer.adult
    assert volunteer.has_car
    assert volunteer.hours_week == 3
    assert volunteer.availability == ["mo-am", "su-ev"]
    assert dict(volunteer.languages.values_list("code", "level")) == {"ar": "C2", "tr": "B1"}
    assert [*volunteer.kinds.all()] == [kind]
    assert [*volunteer.areas.all()] == [town]
    assert not volunteer.is_confirmed
    assert volunteer.delete_after == timezone.localdate() + timedelta(days=6)
    assert volunteer.notice.language == "de"
    assert "Wer ist verantwortlich?" in volunteer.notice.body
    [consent] = volunteer.consents.all()
    assert consent.text.body == "Ich möchte Einladungen bekommen."

    [mail] = Email.objects.all()
    assert mail.to == [EMAIL]
    assert mail.headers["Sensitivity"] == "Private"
    for secret in ("Amal", "Bis bald", "777", volunteer.reference):  # nothing that a stranger may have typed
        assert secret not in mail.message + mail.subject
    assert link().startswith("/ar/")  # the language asked for

    page = client.get(link())
    assert page.status_code == 200
    assert page["Cache-Control"] == "no-store"
    assert page["Referrer-Policy"] == "no-referrer"
    assert "noindex" in page["X-Robots-Tag"]
    assert not Volunteer.objects.confirmed().exists()  # looking is not confirming
    client.head(link())
    assert not Volunteer.objects.confirmed().exists()

    response = client.post(link())
    assert response.status_code == 200
    assert not response.cookies
    volunteer.refresh_from_db()
    assert volunteer.is_confirmed
    assert volunteer.delete_after > timezone.localdate() + timedelta(days=700)
    welcome, to_staff = Email.objects.order_by("pk")[1:]
    assert welcome.to == [EMAIL]
    assert "Amal Müller" in welcome.message
    [own_page] = links(r"http://127.0.0.1:8000(/ar/lotsen/meine-angaben/\S+)")
    assert volunteer.reference in client.get(own_page).content.decode()
    assert to_staff.to == ["portal@example.org"]
    assert volunteer.reference in to_staff.subject
    assert "Amal" not in to_staff.message
    assert EMAIL not in to_staff.message


def test_change_shows_everything_again_without_complaining(client, fill):
    data = fill(name="", message="Noch nicht fertig", spoken_1="ar", availability=["tu-pm"])
    html = client.post(URL, {**data, "step": "change"}).content.decode()
    assert 'role="alert"' not in html
    assert form_data(html) | {"stamp": ""} == form_data(
        client.post(URL, {**form_data(html), "step": "change"}).content.decode()
    ) | {"stamp": ""}
    for text in (EMAIL, "Noch nicht fertig", "12345 Musterstadt"):
        assert text in html
    again = form_data(html)
    assert again["availability"] == "tu-pm"
    assert again["spoken_1"] == "ar"
    assert again["stamp"] == data["stamp"]  # still the same form


def test_further_languages_come_without_a_script(client, fill):
    data = fill(**{f"spoken_{n}": code for n, code in enumerate(("ar", "tr", "fa"))})
    html = client.post(URL, {**data, "step": "more"}).content.decode()
    assert 'name="spoken_4"' in html
    assert 'name="spoken_5"' not in html
    for _ in range(5):
        html = client.post(URL, {**form_data(html), "step": "more"}).content.decode()
    assert html.count('<select name="spoken_') == SignUpForm.MOST_ROWS
    assert 'value="more"' not in html
    levels = {f"level_{n}": "B2" for n in range(3)}
    send(client, {**form_data(html), **levels})
    assert Volunteer.objects.get().languages.count() == 3


def test_the_form_asks_for_nothing_that_is_forbidden(client):
    names = set(form_data(client.get(URL).content.decode()))
    names |= set(re.findall(r'name="([^"]+)"', client.get(URL).content.decode()))
    assert {re.sub(r"_\d+$", "", name) for name in names} <= {
        "name", "email", "phone", "home", "place", "language", "spoken", "level", "kinds", "areas", "availability",
        "has_car", "hours_week", "message", "adult", "acknowledged", "shown", "stamp", "website", "step", "q", "viewport",
        "robots", "color-scheme",
    }  # fmt: skip


def test_what_else_is_sent_is_not_kept(client, fill):
    html = client.post(URL, {**fill(), "religion": "geheim", "step": "review"}).content.decode()
    assert "geheim" not in html


def test_a_phone_number_alone_is_an_application_at_once(client, fill):
    assert send(client, fill(email="", phone="030  23125-777")).status_code == 302
    volunteer = Volunteer.objects.confirmed().get()
    assert volunteer.phone == "030 23125-777"
    [mail] = Email.objects.all()
    assert mail.to == ["portal@example.org"]
    assert volunteer.reference in mail.message
    assert "777" not in mail.message


def test_without_a_list_of_municipalities_the_place_is_written(client, fill):
    html = client.get(URL).content.decode()
    assert 'name="home"' not in html
    send(client, fill(place="26789"))
    assert Volunteer.objects.get().home == "26789"


def test_another_place_than_those_of_the_list(client, fill):
    factories.make_municipality(name="Auenbrück")
    html = send(client, fill(home="-", place="")).content.decode()
    assert "Die Postleitzahl genügt" in html
    for home in ("-", ""):  # who has overlooked the list has said it all the same
        Volunteer.objects.all().delete()
        send(client, fill(home=home, place="Anderswo"))
        assert Volunteer.objects.get().home == "Anderswo"


def test_the_thanks_are_the_same_for_everybody(client, fill):
    factories.make_volunteer(email=EMAIL, stage="active")
    known = send(client, fill())
    unknown = send(client, fill(email="neu@example.org"))
    by_phone = send(client, fill(email="", phone="030 23125-777"))
    assert known["Location"] == unknown["Location"] == by_phone["Location"]
    pages = [client.get(response["Location"]).content for response in (known, unknown, by_phone)]
    assert len(set(pages)) == 1


# Mistakes -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", ["de", "ar", "kmr"])
def test_a_mistake_is_explained_and_nothing_is_lost(client, fill, language):
    said = {
        "name": "",
        "email": "falsch",
        "phone": "keine",
        "hours_week": "viel",
        "message": "Bleibt stehen",
        "adult": "",
    }
    url = f"/{language}/lotsen/mitmachen/"
    response = client.post(url, fill(url, **said))
    html = response.content.decode()
    assert response.status_code == 400
    assert 'role="alert"' in html
    again = form_data(html)
    for name in ("email", "phone", "hours_week", "message"):
        assert again[name] == said[name]
        if name != "message":
            assert f'href="#id_{name}"' in html
    assert "adult" not in again
    for english in ("This field", "Enter a", "Select a"):
        assert english not in html
    assert not Volunteer.objects.exists()


@pytest.mark.parametrize(
    ("said", "answer"),
    [
        ({"name": ""}, "Bitte schreiben Sie Ihren Namen."),
        ({"email": "", "phone": ""}, "Ihre E-Mail-Adresse oder Ihre Telefonnummer"),
        ({"email": "amal@"}, "E-Mail-Adresse vollständig"),
        ({"phone": "keine"}, "Telefonnummer mit Vorwahl"),
        ({"place": ""}, "Die Postleitzahl genügt"),
        ({"adult": ""}, "mindestens 18 Jahre"),
        ({"acknowledged": ""}, "lesen Sie den Datenschutzhinweis"),
        ({"language": "xx"}, "Bitte wählen Sie aus der Liste."),
        ({"spoken_0": "de-xx", "level_0": "B1"}, "Bitte wählen Sie aus der Liste."),
        ({"spoken_0": "ar", "level_0": ""}, "wie gut Sie diese Sprache sprechen"),
        ({"spoken_0": "ar", "level_0": "B1", "spoken_1": "ar", "level_1": "B2"}, "steht schon da"),
        ({"hours_week": "0"}, "Zahl von 1 bis 40"),
        ({"hours_week": "9" * 5000}, "Zahl von 1 bis 40"),
        ({"kinds": "gibt-es-nicht"}, "Bitte wählen Sie aus der Liste."),
        ({"availability": ["mo-am", "mo-xx"]}, "Bitte wählen Sie aus der Liste."),
        ({"name": "a" * 10_000}, "höchstens 100 Zeichen"),
        ({"email": "a" * 10_000 + "@example.org"}, "höchstens 254 Zeichen"),
        ({"phone": "1" * 10_000}, "höchstens 40 Zeichen"),
        ({"place": "a" * 10_000}, "höchstens 100 Zeichen"),
        ({"message": "a" * 10_000}, "höchstens 1000 Zeichen"),
        ({"name": "a\x00b"}, "role=\"alert\""),
        ({"kinds": "\x00"}, "Bitte wählen Sie aus der Liste."),
        ({"email": "a@example.org\r\nBcc: x@example.org"}, "E-Mail-Adresse vollständig"),
        ({"email": "a@example.org, b@example.org"}, "E-Mail-Adresse vollständig"),
    ],
)  # fmt: skip
def test_each_mistake_has_its_answer(client, fill, said, answer):
    data = fill(**said)
    response = send(client, data)
    html = response.content.decode()
    assert response.status_code == 400
    assert answer in html
    for name, value in said.items():
        if name in {"name", "email", "phone", "place", "message"} and isinstance(value, str) and "\r" not in value:
            assert form_data(html)[name] == value
    assert not Volunteer.objects.exists()
    assert not Email.objects.exists()


def test_a_name_cannot_write_lines_of_its_own(client, fill):
    send(client, fill(name="Amal\r\nBcc: x@example.org\r\n\r\nKaufen Sie"))
    assert Volunteer.objects.get().name == "Amal Bcc: x@example.org Kaufen Sie"
    client.post(link())
    welcome = Email.objects.get(to=EMAIL, subject="Danke für Ihre Anmeldung")
    assert welcome.headers.keys() <= {"Reply-To", "Sensitivity"}
    assert "\nBcc:" not in welcome.message


@pytest.mark.parametrize("change", [{"website": "https://spam.example"}, {"stamp": ""}, {"stamp": "gefälscht:x:y"}])
def test_robots_are_stopped(client, fill, change):
    assert send(client, fill(**change)).status_code == 400
    assert not Volunteer.objects.exists()


def test_a_form_that_lay_open_for_days_keeps_everything(client, fill, later):
    data = fill(message="Bleibt stehen")
    later(days=3)
    html = send(client, data).content.decode()
    assert "lag sehr lange offen" in html
    again = form_data(html)
    assert again["message"] == "Bleibt stehen"
    later(seconds=30)
    assert send(client, again).status_code == 302


def test_many_may_sign_up_from_one_place_and_only_sending_counts(client, fill, monkeypatch):
    assert SignUpForm.PER_HOUR == 500
    monkeypatch.setattr(SignUpForm, "PER_HOUR", 1)
    for _ in range(5):
        assert client.post(URL, {**fill(), "step": "review"}).status_code == 200
    assert send(client, fill()).status_code == 302
    response = send(client, fill(message="Bleibt stehen"))
    assert response.status_code == 429
    assert form_data(response.content.decode())["message"] == "Bleibt stehen"


def test_a_notice_that_has_changed_is_shown_again(client, fill):
    LotsenSettings.objects.create(consent_news_de="Ich möchte Einladungen.")
    data = fill(consent_news="on")
    LotsenSettings.objects.update(recipients_de="die Volkshochschule")
    response = send(client, data)
    html = response.content.decode()
    assert response.status_code == 400
    assert "hat sich inzwischen geändert" in html
    assert "die Volkshochschule" in html
    again = form_data(html)
    assert "acknowledged" not in again
    assert "consent_news" not in again
    assert again["name"] == "Amal Müller"
    assert send(client, {**again, "acknowledged": "on"}).status_code == 302
    volunteer = Volunteer.objects.get()
    assert "die Volkshochschule" in volunteer.notice.body
    assert not volunteer.consents.exists()


# Twice, and again -------------------------------------------------------------------------------------------


def test_sending_twice_does_nothing_twice(client, fill):
    data = fill()
    assert send(client, data)["Location"] == send(client, data)["Location"]
    assert Volunteer.objects.count() == 1
    assert Email.objects.count() == 1


def test_two_servers_at_the_same_moment_make_one_row(client, fill, monkeypatch):
    """Both have looked and found nothing."""
    data = fill(email="", phone="030 23125-777")
    send(client, data)
    seen = Volunteer.objects.get()
    real = saving.keep

    def keep(volunteer, form):
        real(volunteer, form)

    monkeypatch.setattr(saving, "keep", keep)
    monkeypatch.setattr(saving, "one_at_a_time", lambda: None)
    monkeypatch.setattr(Volunteer.objects, "filter", fail_once(Volunteer.objects.filter))
    assert send(client, data).status_code == 302
    assert Volunteer.objects.get() == seen
    assert Email.objects.count() == 1


def fail_once(real):
    """The first question finds nothing, as before the other server was through."""
    asked = []

    def filter(*args, **kwargs):
        asked.append(kwargs)
        return real(pk=uuid.uuid4()) if len(asked) == 1 else real(*args, **kwargs)

    return filter


def test_other_conflicts_of_the_database_are_not_hidden(client, fill, monkeypatch):
    def broken(*args):
        raise IntegrityError("something else")

    monkeypatch.setattr(saving, "keep", broken)
    with pytest.raises(IntegrityError):
        send(client, fill())


def test_a_corrected_form_sent_again_is_not_lost(client, fill):
    data = fill()
    send(client, data)
    send(client, {**data, "phone": "030 23125-777"})
    assert Volunteer.objects.count() == 2
    client.post(link())
    volunteer = Volunteer.objects.get()  # what was sent before has gone
    assert volunteer.phone == "030 23125-777"


def test_a_known_address_gets_another_mail_and_no_second_row(client, fill):
    for stage in ("applied", "interview", "training", "active", "paused"):
        Email.objects.all().delete()
        factories.make_volunteer(email=f"{stage}@example.org", stage=stage)
        send(client, fill(email=f"{stage.title()}@Example.org", name="Fremder Text"))
        [mail] = Email.objects.all()
        assert mail.subject == "Sie sind schon angemeldet"
        assert "Fremder" not in mail.message
    assert Volunteer.objects.count() == 5


def test_a_known_address_is_written_to_once_a_day(client, fill, later):
    factories.make_volunteer(email=EMAIL, stage="active")
    for _ in range(4):
        send(client, fill())
    assert Email.objects.count() == 1
    Email.objects.update(created=timezone.now() - timedelta(days=2))
    send(client, fill())
    assert Email.objects.count() == 2


@pytest.mark.parametrize("stage", ["left", "rejected"])
def test_who_has_left_may_come_again(client, fill, stage):
    factories.make_volunteer(email=EMAIL, stage=stage)
    send(client, fill())
    client.post(link())
    assert Volunteer.objects.confirmed().filter(email=EMAIL).count() == 2


def test_a_strangers_letter_box_is_not_filled(client, fill):
    answers = {send(client, fill(message=str(number)))["Location"] for number in range(6)}
    assert answers == {f"{URL}danke/"}
    assert Volunteer.objects.count() == Email.objects.count() == confirmation.MAILS_PER_ADDRESS


# The link ----------------------------------------------------------------------------------------------------


def test_the_token_is_kept_nowhere(client, fill):
    send(client, fill())
    token = link().split("/")[-2]
    assert len(token) >= 43  # 256 bits
    volunteer = Volunteer.objects.get()
    assert token not in "".join(str(value) for value in vars(volunteer).values())
    assert volunteer.token_expires - timezone.now() <= timedelta(hours=48)


def test_a_used_link_says_that_all_is_well(client, fill):
    send(client, fill())
    client.post(link())
    mails_before = Email.objects.count()
    for response in (client.get(link()), client.post(link())):
        assert response.status_code == 200
        html = response.content.decode()
        assert "schon bestätigt" in html
        assert "Amal" not in html
        assert EMAIL not in html
    assert Email.objects.count() == mails_before


def test_an_expired_link_is_renewed_once(client, fill, later):
    send(client, fill())
    old = link()
    later(hours=49)
    page = client.get(old)
    assert page.status_code == 410
    assert client.post(old).status_code == 410
    assert not Volunteer.objects.confirmed().exists()
    for _ in range(3):  # an impatient finger
        assert "neuesten E-Mail" in client.post(old, {"renew": "1"}).content.decode()
    assert Email.objects.count() == 2
    assert link() != old
    assert client.post(old).status_code == 410
    assert "ist bestätigt" in client.post(link()).content.decode()
    assert Volunteer.objects.confirmed().exists()


def test_a_link_that_still_holds_is_not_renewed(client, fill):
    send(client, fill())
    client.post(link(), {"renew": "1"})
    assert Email.objects.count() == 1


def test_no_link_is_sent_that_would_outlast_the_row(client, fill, later):
    send(client, fill())
    old = link()
    later(days=6)
    assert "renew" not in client.get(old).content.decode()
    client.post(old, {"renew": "1"})
    assert Email.objects.count() == 1
    later(days=2)
    call_command("purge_personal_data", verbosity=0)
    assert not Volunteer.objects.exists()
    assert not Email.objects.exists()
    assert client.get(old).status_code == 410


@pytest.mark.parametrize("token", ["x", "A" * 43, "%00", "..", "a" * 5000, "<script>", "%ff"])
@pytest.mark.parametrize("method", ["get", "post"])
def test_a_forged_link_tells_nothing(client, fill, token, method, caplog):
    send(client, fill())
    response = getattr(client, method)(f"/de/lotsen/bestaetigen/{token}/")
    assert response.status_code in {404, 410}
    if response.status_code == 410:
        assert "Dieser Link gilt nicht" in response.content.decode()
    assert not Volunteer.objects.confirmed().exists()
    assert "bestaetigen" not in caplog.text or response.status_code == 404


def test_no_language_reveals_the_link_to_who_reads_the_footer(client, fill):
    send(client, fill())
    html = client.get(link()).content.decode()
    token = link().split("/")[-2]
    assert token not in re.search(r'href="([^"]*barriere-melden[^"]*)"', html)[1]


def test_the_coordination_hears_of_an_address_only_when_it_is_proven(client, fill):
    send(client, fill())
    assert not Email.objects.filter(to="portal@example.org").exists()


def test_an_unconfirmed_address_is_never_told_what_a_stranger_wrote(site_texts, client, fill):
    """Whatever staff write into the text of that mail, the name is not to be had there."""
    with pytest.raises(Exception, match="gibt es hier nicht"):
        mails.validate("confirm", "de", "Guten Tag {name}", "{link}")


@pytest.fixture
def site_texts(db):
    mails.offer_texts()


def test_a_request_for_company_is_confirmed_by_the_same_page(client, monkeypatch):
    from lotsen.company import arrival

    arrived = []
    monkeypatch.setattr(arrival, "arrived", arrived.append)
    request = factories.make_request(email=EMAIL, notice=notices.keep("request", "Hinweis", "de"))
    path = urlsplit(confirmation.new_link(request)).path
    request.save()
    assert "Ihre Anfrage" in client.get(path).content.decode()
    assert "Ihre Anfrage ist bei uns." in client.post(path).content.decode()
    request.refresh_from_db()
    assert request.is_confirmed
    assert arrived == [request]
    client.post(path)
    assert len(arrived) == 1
    assert not Email.objects.exists()


# My data ----------------------------------------------------------------------------------------------------


@pytest.fixture
def volunteer(client, fill):
    LotsenSettings.objects.create(consent_news_de="Ich möchte Einladungen bekommen.")
    send(client, fill(consent_news="on"))
    client.post(link())
    Email.objects.all().delete()
    return Volunteer.objects.get()


def test_a_volunteer_sees_where_she_stands(client, volunteer):
    response = client.get(own_link(volunteer))
    html = response.content.decode()
    assert response["Cache-Control"] == "no-store"
    assert response["Referrer-Policy"] == "no-referrer"
    assert not response.cookies
    assert volunteer.reference in html
    assert "Wir melden uns bei Ihnen" in html
    assert "Ich möchte Einladungen bekommen." in html
    for private in (volunteer.name, volunteer.email):
        assert private not in html


@pytest.mark.parametrize("stage", Volunteer.Stage)
def test_every_stage_has_words(stage):
    assert own.STAGES[stage]


def test_a_consent_is_withdrawn_once(client, volunteer):
    consent = Consent.objects.get()
    client.get(own_link(volunteer) + f"?withdraw={consent.pk}")
    consent.refresh_from_db()
    assert consent.withdrawn_at is None
    client.post(own_link(volunteer), {"withdraw": consent.pk})
    consent.refresh_from_db()
    first = consent.withdrawn_at
    assert first
    client.post(own_link(volunteer), {"withdraw": consent.pk})
    consent.refresh_from_db()
    assert consent.withdrawn_at == first
    assert "Zurückgenommen am" in client.get(own_link(volunteer)).content.decode()


@pytest.mark.parametrize("number", ["x", "-1", "9" * 30, "²", "", "\x00"])
def test_a_consent_that_is_none_is_not_withdrawn(client, volunteer, number):
    assert client.post(own_link(volunteer), {"withdraw": number}).status_code == 302
    assert Consent.objects.get().withdrawn_at is None


def test_nobody_withdraws_another_ones_consent(client, volunteer):
    stranger = factories.make_volunteer()
    client.post(own_link(stranger), {"withdraw": Consent.objects.get().pk})
    assert Consent.objects.get().withdrawn_at is None


def test_the_wish_to_go_reaches_the_coordination_once(client, volunteer):
    for _ in range(2):
        client.post(own_link(volunteer), {"erase": "1"})
    [note] = Note.objects.all()
    assert note.text == own.WISH_TO_GO
    [mail] = Email.objects.all()
    assert volunteer.reference in mail.subject
    assert volunteer.name not in mail.message
    assert Volunteer.objects.exists()  # a person looks at it first
    assert "Wir wissen, dass Sie" in client.get(own_link(volunteer)).content.decode()


def test_the_link_ends_with_the_address_and_with_the_person(client, volunteer):
    path = own_link(volunteer)
    volunteer.email = "neu@example.org"
    volunteer.save()
    assert client.get(path).status_code == 410
    path = own_link(volunteer)
    assert client.get(path).status_code == 200
    volunteer.erase()
    assert client.get(path).status_code == 410
    assert client.post(path, {"erase": "1"}).status_code == 410


@pytest.mark.parametrize("signed", ["x", "a:b:c", "%00", "a" * 5000])
def test_a_forged_link_to_my_data_opens_nothing(client, signed):
    assert client.get(f"/de/lotsen/meine-angaben/{signed}/").status_code in {404, 410}


def test_a_link_of_something_else_opens_nothing(client, volunteer):
    signed = signing.dumps([volunteer.pk.hex, own.mailbox(volunteer)], salt="wegweiser.verification")
    assert client.get(f"/de/lotsen/meine-angaben/{signed}/").status_code == 410


def test_only_confirmed_persons_have_such_a_page(client, fill):
    send(client, fill())
    assert "meine-angaben" not in Email.objects.get().message
    assert client.get(own_link(Volunteer.objects.get())).status_code == 410


# The notice ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("land", "law"), [("NI", "§ 3 NDSG"), ("NW", "§ 3 DSG NRW")])
def test_the_notice_names_the_law_of_the_land(client, land, law):
    from portal.models import SiteProfile

    SiteProfile.objects.update(land=land, dpo="Datenschutzstelle", hosting="Rechenzentrum")
    LotsenSettings.objects.create(left_days=77, recipients_de="Volkshochschule")
    html = client.get("/de/lotsen/datenschutz/").content.decode()
    for text in (law, "Landkreis Testland", "Datenschutzstelle", "Rechenzentrum", "77 Tage", "Volkshochschule",
                 "Datenschutz", "freiwillig", "beschweren", "Es entscheidet immer ein Mensch", "gilt die deutsche"):  # fmt: skip
        assert text in html
    request = client.get("/de/lotsen/datenschutz/anfrage/").content.decode()
    assert "183 Tage" in request
    assert "77 Tage" not in request


def test_a_wording_becomes_a_version_of_its_own():
    def keep():
        return notices.keep("sign_up", notices.notice("sign_up"))

    first, again = keep(), keep()
    assert first == again
    LotsenSettings.objects.create(left_days=77)
    assert keep().version == 2
    with translation.override("ar"):
        assert keep().language == "ar"
    LotsenSettings.objects.all().delete()
    assert keep() == first
    assert NoticeText.objects.count() == 3


# When something breaks -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", ["de", "ar"])
def test_a_database_that_cannot_save_is_admitted(client, fill, monkeypatch, language):
    url = f"/{language}/lotsen/mitmachen/"
    data = fill(url, message="Bleibt stehen")
    monkeypatch.setattr(saving, "keep", broken)
    response = send(client, data, url)
    html = response.content.decode()
    assert response.status_code == 503
    assert response["Retry-After"]
    assert 'role="alert"' in html
    assert "030 23125-150" in html
    assert not Volunteer.objects.exists()
    assert not Email.objects.exists()
    monkeypatch.undo()
    again = form_data(html)
    assert again["message"] == "Bleibt stehen"


def broken(*args, **kwargs):
    raise OperationalError("database is locked")


def test_when_the_mail_cannot_be_queued_there_is_no_row_either(client, fill, monkeypatch):
    monkeypatch.setattr("lotsen.mails.outbox.queue", broken)
    response = send(client, fill())
    assert response.status_code == 503
    assert not Volunteer.objects.exists()
    assert not NoticeText.objects.exists()


def test_when_the_welcome_cannot_be_queued_nothing_is_confirmed(client, fill, monkeypatch):
    send(client, fill())
    client.raise_request_exception = False
    with monkeypatch.context() as patch:
        patch.setattr("lotsen.mails.outbox.queue", broken)
        assert client.post(link()).status_code == 503
    assert not Volunteer.objects.confirmed().exists()
    assert "ist bestätigt" in client.post(link()).content.decode()


def test_a_database_that_is_gone_takes_no_word_with_it(client, fill, monkeypatch):
    """Not even the page can be made then; what was written stands in the plain one."""
    data = fill(message="Bleibt <b>stehen", availability=["mo-am", "tu-pm"])
    client.raise_request_exception = False
    with monkeypatch.context() as patch:
        patch.setattr("portal.navigation.profile_and_sections", broken)
        response = send(client, data)
    html = response.content.decode()
    assert response.status_code == 503
    again = form_data(html)
    assert again["message"] == "Bleibt <b>stehen"
    assert again["availability"] == ["mo-am", "tu-pm"]
    assert client.post(URL, again).status_code == 302
    assert Volunteer.objects.get().message == "Bleibt <b>stehen"


# Two hundred at once ----------------------------------------------------------------------------------------------


class Postbox:
    """A mail server that counts a mail as its own only when it has said so to the sender."""

    def __init__(self):
        self.mails, self.interrupt = [], None

    async def handle_DATA(self, server, session, envelope):
        if self.interrupt and len(self.mails) == 70:
            self.interrupt()
            return "451 try again"
        self.mails.append((envelope.rcpt_tos[0], message_from_bytes(envelope.content, policy=policy.default)))
        return "250 OK"


def worker(folder, port):
    """The command as it runs in its container: a process of its own."""
    name, options = connection.settings_dict["NAME"], connection.settings_dict
    host = options.get("HOST") or ""
    url = f"sqlite:///{name}" if connection.vendor == "sqlite" else f"postgres://{options['USER']}@/{host}/{name}"
    if connection.vendor == "postgresql" and not host.startswith("/"):
        url = f"postgres://{options['USER']}:{options['PASSWORD']}@{host}:{options['PORT'] or 5432}/{name}"
    env = {
        **os.environ,
        "DATABASE_URL": url,
        "EMAIL_URL": f"smtp://127.0.0.1:{port}",
        "TMPDIR": str(folder),
        "DEBUG": "1",
    }
    command = [sys.executable, "manage.py", "send_mail"]
    return subprocess.Popen(command, env=env, cwd=django_settings.BASE_DIR, stdout=subprocess.DEVNULL)


@pytest.mark.django_db(transaction=True)
def test_two_hundred_sign_up_at_once_while_everything_fails(live_server, tmp_path):
    """The mail server is off, the worker is killed in the middle: nobody is lost, and nobody is written to twice."""
    kind, town = factories.make_kind(), factories.make_municipality()
    with translation.override("de"):
        shown = notices.digest(notices.notice("sign_up"))
    address = urlsplit(live_server.url)

    def sign_up(number):
        stamp = signing.dumps([str(uuid.uuid4()), int(time.time()) - 60], salt="form:SignUpForm")
        data = {
            "name": f"Person {number}", "email": f"p{number}@example.org", "home": town.slug, "language": "de",
            "kinds": kind.slug, "spoken_0": "ar", "level_0": "B2", "adult": "on", "acknowledged": "on",
            "shown": shown, "stamp": stamp, "step": "send",
        }  # fmt: skip
        server = HTTPConnection(address.hostname, address.port, timeout=60)
        server.request("POST", URL, urlencode(data), {"Content-Type": "application/x-www-form-urlencoded"})
        response = server.getresponse()
        response.read()
        server.close()
        return response.status

    port, box = free_port(), Postbox()
    with ThreadPoolExecutor(16) as people:  # twice as many at a time as the portal answers
        early = worker(tmp_path, port)  # while they sign up, with nobody there to take the mail
        statuses = list(people.map(sign_up, range(200)))
    early.wait(timeout=60)
    assert set(statuses) == {302}
    assert Volunteer.objects.count() == 200
    assert Email.objects.count() == 200
    assert not Email.objects.filter(status=STATUS.sent).exists()

    server = Controller(box, hostname="127.0.0.1", port=port)
    server.start()
    try:
        Email.objects.update(scheduled_time=None)
        killed = worker(tmp_path, port)
        box.interrupt = lambda: os.kill(killed.pid, signal.SIGKILL)
        assert killed.wait(timeout=60) == -signal.SIGKILL
        assert len(box.mails) == 70
        box.interrupt = None
        assert worker(tmp_path, port).wait(timeout=60) == 0
    finally:
        server.stop()
    assert sorted(to for to, _mail in box.mails) == sorted(f"p{number}@example.org" for number in range(200))
    assert Email.objects.filter(status=STATUS.sent).count() == 200
    tokens = {re.search(r"/lotsen/bestaetigen/(\S+)/", mail.get_content())[1]: to for to, mail in box.mails}
    assert len(tokens) == 200
    for token, to in tokens.items():
        assert confirmation.find(token).email == to


# Staff -------------------------------------------------------------------------------------------------------------


def change(client, path, **values):
    data = form_data(client.get(path).content.decode())
    return client.post(path, {**data, **values})


def test_the_coordination_changes_a_period_and_every_row_follows(coordinator):
    LotsenSettings.objects.create()
    volunteer = factories.make_volunteer(stage="left", stage_since=date(2026, 1, 1))
    path = "/admin/lotsen/lotsensettings/1/change/"
    assert change(coordinator, path, left_days="30").status_code == 302
    volunteer.refresh_from_db()
    assert volunteer.delete_after == date(2026, 1, 30)


@pytest.mark.parametrize(
    "values",
    [{"unconfirmed_days": "30"}, {"unconfirmed_days": "1"}, {"review_days": "900"}, {"left_days": "99999"}, {"hours_week": "-1"}],
)  # fmt: skip
def test_periods_that_make_no_sense_are_refused(coordinator, values):
    LotsenSettings.objects.create()
    response = change(coordinator, "/admin/lotsen/lotsensettings/1/change/", **values)
    assert response.status_code == 200
    assert 'class="errorlist"' in response.content.decode()
    assert LotsenSettings.objects.get().unconfirmed_days == 7


def test_the_settings_are_made_on_first_use(coordinator):
    response = coordinator.get("/admin/lotsen/lotsensettings/", follow=True)
    assert response.status_code == 200
    assert change(coordinator, "/admin/lotsen/lotsensettings/add/", answer_days="3").status_code == 302
    assert LotsenSettings.current().answer_days == 3


def test_a_mail_is_said_in_the_offices_own_words(coordinator, client, fill, site_texts):
    text = MailText.objects.get(key="confirm")
    path = f"/admin/lotsen/mailtext/{text.pk}/change/"
    html = coordinator.get(path).content.decode()
    assert "öffnen Sie bitte diesen Link" in html  # the portal's words stand beside
    response = change(coordinator, path, body_de="Ohne Link")
    assert "Im Text fehlt {link}" in response.content.decode()
    response = change(coordinator, path, body_de="{link} für {name}")
    assert "{name} gibt es hier nicht" in response.content.decode()
    assert change(coordinator, path, subject_de="Bitte bestätigen", body_de="Hier: {link}").status_code == 302
    send(client, fill())
    mail = Email.objects.get()
    assert mail.subject == "Bitte bestätigen"
    assert mail.message.startswith("Hier: http://127.0.0.1:8000/de/lotsen/bestaetigen/")


def test_own_templates_come_and_go_and_the_portals_stay(coordinator, site_texts):
    add = "/admin/lotsen/mailtext/add/"
    assert change(coordinator, add, name="Sommerfest").status_code == 200  # neither subject nor text
    assert change(coordinator, add, name="Sommerfest", subject_de="Fest", body_de="Hallo {name}").status_code == 302
    own_text = MailText.objects.get(key=None)
    system = MailText.objects.get(key="confirm")
    delete = "/admin/lotsen/mailtext/{}/delete/"
    assert coordinator.post(delete.format(system.pk), {"post": "yes"}).status_code == 403
    assert coordinator.post(delete.format(own_text.pk), {"post": "yes"}).status_code == 302
    assert "delete_selected" not in coordinator.get("/admin/lotsen/mailtext/").content.decode()
    assert MailText.objects.filter(key="confirm").exists()


def test_what_was_shown_can_be_read_and_not_changed(coordinator):
    text = notices.keep("sign_up", "<p>Hinweis</p>", "de")
    path = f"/admin/lotsen/noticetext/{text.pk}/"
    assert "&lt;p&gt;Hinweis" in coordinator.get(f"{path}change/").content.decode()
    assert coordinator.post(f"{path}change/", {"body": "x"}).status_code == 403
    assert coordinator.post(f"{path}delete/", {"post": "yes"}).status_code == 403
    assert coordinator.get("/admin/lotsen/noticetext/add/").status_code == 403


def test_the_editors_write_the_page_and_see_nothing_else(editor):
    path = "/admin/lotsen/lotsenpage/1/change/"
    assert change(editor, path, lead_de="Neue Einleitung", status="draft").status_code == 302
    assert LotsenPage.objects.get().lead_de == "Neue Einleitung"
    preview = editor.get("/admin/lotsen/lotsenpage/vorschau/ar/")
    assert preview.status_code == 200
    assert "Neue Einleitung" in preview.content.decode()
    assert "Vorschau:" in preview.content.decode()
    for path in ("lotsensettings", "mailtext", "noticetext"):
        assert editor.get(f"/admin/lotsen/{path}/", follow=True).status_code == 403
    kind = factories.make_kind(title_de="Zum Amt")
    assert change(editor, f"/admin/lotsen/kindofhelp/{kind.pk}/change/", title_de="Zum Amt gehen").status_code == 302
    assert KindOfHelp.objects.get().title_de == "Zum Amt gehen"


def test_a_preview_is_for_staff_only(client):
    assert client.get("/admin/lotsen/lotsenpage/vorschau/de/").status_code == 302
