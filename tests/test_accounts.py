"""How staff sign in: what a stolen password is worth, what a lost phone costs, and when a session ends."""

import json
import re
import time
from binascii import unhexlify
from datetime import timedelta

import pytest
from axes.models import AccessAttempt
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group, User
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django_otp.oath import totp
from django_otp.plugins.otp_static.models import StaticDevice, StaticToken
from django_otp.plugins.otp_totp.models import TOTPDevice
from django_otp_webauthn.models import WebAuthnCredential
from post_office.models import Email

from portal.accounts import middleware, second_factor
from portal.groups import ADMINISTRATORS, COORDINATORS, EDITORS, TRANSLATORS
from portal.models import Page
from tests import factories
from tests.conftest import form_data, log_in, staff

pytestmark = pytest.mark.django_db

PASSWORD = "ein-langes-Passwort"
VERIFY, ENROL, CODES, MINE = (
    f"/admin/anmeldung/{path}" for path in ("bestaetigen/", "einrichten/", "ersatzcodes/", "")
)


@pytest.fixture
def user(db):
    """A member of Redaktion with an app and a code on paper."""
    user = staff("kollege", EDITORS)
    TOTPDevice.objects.create(user=user, name="App", key=second_factor.new_key())
    StaticToken.objects.create(device=StaticDevice.objects.create(user=user, name="Ersatzcodes"), token="abcd2345")
    return user


def code_of(user, steps=0):
    """What the app shows, now or half minutes away."""
    device = TOTPDevice.objects.get(user=user)
    return f"{totp(unhexlify(device.key), t0=-30 * steps):06d}"


def give_password(client, user, password=PASSWORD, **headers):
    return client.post("/admin/login/", {"username": user.get_username(), "password": password}, **headers)


def mails_to(user):
    return Email.objects.filter(to=user.email)


def text(response):
    return response.content.decode()


# The second factor ----------------------------------------------------------------------------------


def test_password_and_code_open_the_admin_and_change_the_sessions_number(client, user):
    assert give_password(client, user)["Location"] == "/admin/"
    assert client.get("/admin/")["Location"] == f"{VERIFY}?next=%2Fadmin%2F"
    assert "zweiter Schritt" in text(client.get(VERIFY))
    before = client.session.session_key
    response = client.post(VERIFY, {"code": code_of(user), "next": "/admin/offices/office/?q=a"})
    assert response["Location"] == "/admin/offices/office/?q=a"
    assert client.get("/admin/").status_code == 200
    assert client.session.session_key != before


@pytest.mark.parametrize("code", ["000000", "", "abcdefgh", "12345", "１２３４５６", "\0", "x" * 500])
def test_a_wrong_code_is_told_in_words(client, user, code):
    give_password(client, user)
    response = client.post(VERIFY, {"code": code})
    assert response.status_code == 200
    assert "errorlist" in text(response)
    assert client.get("/admin/").status_code == 302


def test_a_code_is_good_for_one_login(user):
    code = code_of(user)
    first, second = Client(), Client()
    for client, status in ((first, 200), (second, 302)):
        give_password(client, user)
        client.post(VERIFY, {"code": code})
        assert client.get("/admin/").status_code == status


@pytest.mark.parametrize(("steps", "enters"), [(-1, True), (1, True), (-3, False), (3, False)])
def test_a_clock_may_be_half_a_minute_wrong(client, user, steps, enters):
    give_password(client, user)
    client.post(VERIFY, {"code": code_of(user, steps)})
    assert (client.get("/admin/").status_code == 200) is enters


def test_a_code_on_paper_works_once_as_people_write_it(client, user):
    give_password(client, user)
    response = client.post(VERIFY, {"code": " ABCD-2345 "}, follow=True)
    assert "noch 0 Ersatzcodes" in text(response)
    client.logout()
    give_password(client, user)
    client.post(VERIFY, {"code": "abcd2345"})
    assert client.get("/admin/").status_code == 302


def test_whoever_tries_codes_has_to_wait_longer_each_time(client, user):
    give_password(client, user)
    right = code_of(user)
    for _ in range(4):
        client.post(VERIFY, {"code": "000000"})
        TOTPDevice.objects.update(throttling_failure_timestamp=timezone.now() - timedelta(seconds=60))
    client.post(VERIFY, {"code": "000000"})
    response = client.post(VERIFY, {"code": right})
    assert re.search(r"Bitte warten Sie bis \d\d:\d\d:\d\d Uhr", text(response))
    assert client.get("/admin/").status_code == 302


def test_enrolling_shows_a_key_and_then_eight_codes_until_they_are_kept(client):
    user = staff("neu", EDITORS)
    give_password(client, user)
    assert client.get("/admin/")["Location"].startswith(ENROL)
    page = text(client.get(ENROL))
    assert "<svg" in page
    shown = re.search(r'class="key">([A-Z2-7 ]+)<', page)[1]
    assert all(len(group) == 4 for group in shown.split())
    assert not TOTPDevice.objects.exists()  # nothing is stored before it is proved
    assert "passt nicht" in text(client.post(ENROL, {"code": "000000"}))
    key = client.session["new_key"]
    assert shown.replace(" ", "") in TOTPDevice(user=user, key=key).config_url
    response = client.post(ENROL, {"code": f"{totp(unhexlify(key)):06d}"})
    assert response["Location"] == CODES
    page = client.get(CODES)
    codes = re.findall(r"<li>([a-z2-7]{4}-[a-z2-7]{4})</li>", text(page))
    assert len(set(codes)) == 8
    assert "no-store" in page["Cache-Control"]
    assert text(client.get(CODES)).count(codes[0]) == 1  # loaded again by mistake
    client.post(CODES, {"kept": "1"})
    assert client.get(CODES)["Location"] == MINE
    assert codes[0] not in text(client.get(MINE))
    assert "App eingerichtet" in mails_to(user).get().subject

    client.logout()
    give_password(client, user)
    client.post(VERIFY, {"code": codes[0]})
    assert client.get("/admin/").status_code == 200


def test_two_who_know_the_password_are_not_shown_the_same_key(client):
    user = staff("neu", EDITORS)
    thief = Client()
    keys = set()
    for someone in (client, thief):
        give_password(someone, user)
        someone.get(ENROL)
        keys.add(someone.session["new_key"])
    assert len(keys) == 2
    for someone, location in ((client, CODES), (thief, VERIFY)):
        response = someone.post(ENROL, {"code": f"{totp(unhexlify(someone.session['new_key'])):06d}"})
        assert response["Location"].partition("?")[0] == location
    assert thief.get("/admin/").status_code == 302
    assert TOTPDevice.objects.get(user=user).key != thief.session["new_key"]


def test_a_stolen_password_cannot_change_how_its_owner_signs_in(client, user):
    give_password(client, user)
    client.get(ENROL)
    for path in (
        ENROL,
        CODES,
        "/admin/password_change/",
        "/admin/anmeldung/passkey/neu/beginnen/",
        "/admin/anmeldung/passkey/neu/",
    ):
        for response in (client.get(path), client.post(path, {"code": "000000", "new_password1": "x"})):
            assert response["Location"].startswith(VERIFY), path
    assert TOTPDevice.objects.get(user=user)
    assert StaticToken.objects.get().token == "abcd2345"
    page = text(client.get(VERIFY))
    assert "nav-sidebar" not in page
    assert "/admin/offices/" not in page
    assert "Meine Anmeldung" not in page


def test_somebody_without_staff_rights_gets_nowhere(client, user):
    User.objects.update(is_staff=False)
    assert give_password(client, user).status_code == 200
    client.force_login(user)
    for path in ("/admin/", VERIFY, ENROL, MINE):
        assert client.get(path).status_code == 302
    assert client.post(VERIFY, {"code": code_of(user)}).status_code == 302
    assert client.get("/admin/").status_code == 302


@pytest.mark.parametrize(
    "wanted",
    ["https://example.org/", "//example.org/admin/", "/de/", "javascript:alert(1)", "/\\example.org", "/admin\\@a"],
)
def test_after_the_code_nobody_is_led_elsewhere(client, user, wanted):
    give_password(client, user)
    assert client.post(f"{VERIFY}?next={wanted}", {"code": "abcd2345", "next": wanted})["Location"] == "/admin/"


def test_changing_needs_a_fresh_code(client, user):
    log_in(client, user)
    session = client.session
    session["verified_at"] = int(time.time()) - middleware.FRESH_SECONDS - 1
    session.save()
    assert client.get(MINE).status_code == 200
    others = [f"/admin/auth/user/{user.pk}/{path}/" for path in ("password", "zweiter-faktor")]
    for path in (ENROL, CODES, "/admin/password_change/", "/admin/anmeldung/passkey/neu/", *others):
        assert client.get(path)["Location"].startswith(VERIFY), path
    assert client.post(CODES)["Location"].startswith(VERIFY)
    assert StaticToken.objects.count() == 1
    client.post(VERIFY, {"code": code_of(user)})
    assert client.post(CODES)["Location"] == CODES
    assert StaticToken.objects.count() == 8
    assert not StaticToken.objects.filter(token="abcd2345").exists()


def test_whoever_came_in_with_the_last_code_on_paper_gets_new_ones(client, user):
    give_password(client, user)
    client.post(VERIFY, {"code": "abcd2345"})
    assert client.post(CODES)["Location"] == CODES
    assert text(client.get(CODES)).count("<li>") >= 8


def test_a_new_app_replaces_the_old_one_and_closes_what_the_old_one_has_opened(client, user):
    other = Client()
    give_password(other, user)
    other.post(VERIFY, {"code": code_of(user)})
    assert other.get("/admin/").status_code == 200
    log_in(client, user)
    client.get(ENROL)
    response = client.post(ENROL, {"code": f"{totp(unhexlify(client.session['new_key'])):06d}"})
    assert response["Location"] == MINE
    assert TOTPDevice.objects.filter(user=user).count() == 1
    assert client.get("/admin/").status_code == 200
    assert other.get("/admin/").status_code == 302


# Lost phones ----------------------------------------------------------------------------------------


def test_a_colleague_resets_the_second_factor_and_its_owner_is_told(administrator, user):
    theirs = Client()
    log_in(theirs, user)
    path = f"/admin/auth/user/{user.pk}/zweiter-faktor/"
    assert path in text(administrator.get(f"/admin/auth/user/{user.pk}/change/"))
    assert "am Telefon oder im Büro" in text(administrator.get(path))
    assert TOTPDevice.objects.filter(user=user).exists()  # looking is not doing
    assert administrator.post(path).status_code == 302
    assert not TOTPDevice.objects.filter(user=user).exists()
    assert not StaticDevice.objects.filter(user=user).exists()
    assert theirs.get("/admin/")["Location"].startswith(ENROL)
    assert "administration hat" in mails_to(user).get().message
    assert "Zweiter Faktor zurückgesetzt" in LogEntry.objects.get().change_message


def test_nobody_resets_his_own_or_that_of_who_may_do_everything(administrator, editor, user):
    me = User.objects.get(username="administration")
    root = User.objects.create_superuser("root", password=PASSWORD)
    log_in(administrator, me)
    for other in (me, root):
        assert administrator.post(f"/admin/auth/user/{other.pk}/zweiter-faktor/").status_code == 403
    assert administrator.post("/admin/auth/user/999999/zweiter-faktor/").status_code == 302
    log_in(editor, User.objects.get(username="redaktion"))
    assert editor.post(f"/admin/auth/user/{me.pk}/zweiter-faktor/").status_code == 403


def test_operators_reset_by_command(user):
    call_command("reset_second_factor", "kollege")
    assert not TOTPDevice.objects.exists()
    assert "technische Betrieb" in mails_to(user).get().message
    with pytest.raises(CommandError, match="gibt es nicht"):
        call_command("reset_second_factor", "niemand")


# Throttling -----------------------------------------------------------------------------------------


def lock(client, user, **where):
    for _ in range(5):
        response = give_password(client, user, "falsch", **where)
    return response


def test_after_five_wrong_passwords_one_has_to_wait_but_only_there(client, user):
    response = lock(client, user, REMOTE_ADDR="198.51.100.7")
    assert response.status_code == 429
    until = timezone.localtime(timezone.now() + timedelta(minutes=15))
    assert f"ab {until:%H:%M} Uhr" in text(response) or f"ab {until - timedelta(minutes=1):%H:%M} Uhr" in text(response)
    assert 0 < int(response["Retry-After"]) <= 900
    assert give_password(client, user, REMOTE_ADDR="198.51.100.8").status_code == 429  # the same network
    assert give_password(Client(), user, REMOTE_ADDR="203.0.113.5").status_code == 302
    assert AccessAttempt.objects.get().ip_address == "198.51.100.0"  # nobody's own address is kept
    assert "gesperrt" in mails_to(user).get().subject


def test_trying_on_does_not_lengthen_it_and_it_ends(client, user):
    lock(client, user)
    first = AccessAttempt.objects.get().attempt_time
    lock(client, user)
    assert AccessAttempt.objects.get().attempt_time == first
    assert mails_to(user).count() == 1
    AccessAttempt.objects.update(attempt_time=first - timedelta(minutes=16))
    assert give_password(client, user).status_code == 302


def test_a_name_that_does_not_exist_is_locked_the_same(client, db):
    response = lock(client, User(username="niemand"))
    assert response.status_code == 429
    assert not Email.objects.exists()


@pytest.mark.parametrize(
    ("trust", "address"), [(True, "203.0.113.0"), (False, "127.0.0.0")], ids=["behind a proxy", "without"]
)
def test_a_header_counts_only_behind_a_proxy(client, user, settings, trust, address):
    settings.TRUST_PROXY = trust
    give_password(client, user, "falsch", HTTP_X_FORWARDED_FOR="198.51.100.7, 203.0.113.9")
    assert AccessAttempt.objects.get().ip_address == address


@pytest.mark.parametrize("address", ["2001:db8::1", "quatsch", "x" * 300])
def test_other_addresses_are_no_error(client, user, settings, address):
    settings.TRUST_PROXY = True
    assert lock(client, user, HTTP_X_FORWARDED_FOR=address).status_code == 429


def test_administration_lifts_a_lock_and_sees_no_addresses(administrator, user):
    lock(Client(), user)
    page = text(administrator.get("/admin/accounts/lock/"))
    assert "kollege" in page
    assert "127.0.0" not in page
    chosen = [str(AccessAttempt.objects.get().pk)]
    administrator.post("/admin/accounts/lock/", {"action": "unlock", "_selected_action": chosen})
    assert give_password(Client(), user).status_code == 302


def test_failures_are_forgotten_each_day(user):
    lock(Client(), user)
    call_command("forget_failed_logins")
    assert AccessAttempt.objects.exists()
    AccessAttempt.objects.update(attempt_time=timezone.now() - timedelta(minutes=16))
    call_command("forget_failed_logins")
    assert not AccessAttempt.objects.exists()


# Passwords ------------------------------------------------------------------------------------------

FORGOTTEN = "/admin/passwort/vergessen/"


def new_password_at(link, client):
    path = client.get(link)["Location"]
    words = "ein-ganz-neues-Passwort"
    return client.post(path, {"new_password1": words, "new_password2": words})


def link_in(mail):
    return re.search(r"https?://[^/\s]+(/admin/passwort/neu/\S+)", mail.message)[1]


def test_a_forgotten_password_is_set_by_mail_and_the_code_is_still_asked_for(client, user):
    lock(client, user)
    assert FORGOTTEN in text(client.get("/admin/login/"))
    assert client.post(FORGOTTEN, {"email": user.email})["Location"] == "/admin/passwort/verschickt/"
    link = link_in(mails_to(user).get(subject__contains="neues Passwort"))
    assert new_password_at(link, client)["Location"] == "/admin/passwort/gilt/"
    assert client.get("/admin/").status_code == 302
    assert give_password(client, user, "ein-ganz-neues-Passwort").status_code == 302  # the lock has gone with it
    assert client.get("/admin/")["Location"].startswith(VERIFY)
    assert "gilt nicht mehr" in text(Client().get(link, follow=True))


def test_the_answer_is_the_same_for_an_address_nobody_has(client, user):
    answers = [client.post(FORGOTTEN, {"email": email}) for email in (user.email, "niemand@example.org")]
    assert {(answer.status_code, answer["Location"]) for answer in answers} == {(302, "/admin/passwort/verschickt/")}
    assert Email.objects.count() == 1
    client.post(FORGOTTEN, {"email": user.email})
    assert Email.objects.count() == 1  # nobody's mailbox is filled


def test_nobody_reads_the_link_in_the_queue(administrator, user, admin_user):
    Client().post(FORGOTTEN, {"email": user.email})
    mail = Email.objects.get()
    for client in (administrator, log_in(Client(), admin_user)):
        assert "neues Passwort" not in text(client.get("/admin/post_office/email/"))
        for page in ("change", "preview", "resend", "history", "delete"):
            response = client.get(f"/admin/post_office/email/{mail.pk}/{page}/")
            assert response.status_code in {302, 403, 404}


@pytest.mark.parametrize(
    ("password", "says"),
    [
        ("Kurz-1234", "mindestens 12"),
        ("q1w2e3r4t5y6", "üblich"),
        ("Sommer2026!!", "leicht zu erraten"),
        ("Passwort1234", "leicht zu erraten"),
        ("passwortPASSWORT", "leicht zu erraten"),
        ("Integrationsportal1", "leicht zu erraten"),
        ("testserver-2026", "leicht zu erraten"),
        ("aaaaaaaaaaaaaaaa", "leicht zu erraten"),
        ("123456789012345", "leicht zu erraten"),
        ("kollege-kollege", "ähnlich"),
    ],
)
def test_a_password_that_others_would_guess_is_refused(user, password, says):
    with pytest.raises(ValidationError) as refused:
        validate_password(password, user)
    assert re.search(says, " ".join(refused.value.messages))


@pytest.mark.parametrize(
    "password", ["ein-langes-Passwort", "vier Hasen kochen Tee", "ЧетыреЗайца пьют", "dQ9#v2LmXp!7k"]
)
def test_a_password_of_several_words_or_by_a_machine_is_taken(user, password):
    validate_password(password, user)


def test_a_new_password_logs_out_everywhere_else(client, user):
    other = log_in(Client(), user)
    log_in(client, user)
    words = "ein-ganz-neues-Passwort"
    data = {"old_password": PASSWORD, "new_password1": words, "new_password2": words}
    assert client.post("/admin/password_change/", data).status_code == 302
    assert client.get("/admin/").status_code == 200
    assert other.get("/admin/").status_code == 302


# Sessions -------------------------------------------------------------------------------------------


def move(client, **ago):
    session = client.session
    for name, seconds in ago.items():
        session[name] = int(time.time()) - seconds
    session.save()


@pytest.mark.parametrize(
    ("ago", "status"), [({"seen": 59 * 60}, 200), ({"seen": 61 * 60}, 302), ({"began": 8 * 3600 + 60, "seen": 5}, 302)]
)
def test_a_session_ends_after_an_hour_without_anything_and_after_a_working_day(editor, ago, status):
    editor.get("/admin/")
    move(editor, **ago)
    response = editor.get("/admin/offices/office/")
    assert response.status_code == status
    if status == 302:
        assert response["Location"] == "/admin/login/?next=/admin/offices/office/"
        assert "Sie waren länger nicht da" in text(editor.get(response["Location"]))


def test_working_keeps_a_session_and_costs_one_write_a_minute(editor, django_assert_num_queries):
    editor.get("/admin/")
    move(editor, seen=50 * 60)
    assert editor.get("/admin/anmeldung/noch-da/").status_code == 204
    assert time.time() - editor.session["seen"] < 5
    with django_assert_num_queries(3):  # session, person, device
        editor.get("/admin/anmeldung/noch-da/")


def test_the_cookie_goes_with_the_browser_and_never_to_readers(client, user):
    response = give_password(client, user)
    cookie = response.cookies["sessionid"]
    assert (cookie["path"], cookie["max-age"], cookie["httponly"]) == ("/admin/", "", True)


def test_who_is_locked_out_is_out_at_once(editor):
    User.objects.update(is_active=False)
    assert editor.get("/admin/").status_code == 302


def test_what_was_written_when_the_session_ended_can_still_be_saved(editor, site):
    page = factories.make_page(slug="ankommen")
    path = f"/admin/portal/page/{page.pk}/change/"
    data = {**form_data(text(editor.get(path))), "title_de": "Lange geschrieben", "body_de": "<p>Eins</p>\n<p>Zwei</p>"}
    move(editor, seen=2 * 3600)
    response = editor.post(path, data, headers={"origin": "http://testserver"})
    assert response.status_code == 403
    assert "no-store" in response["Cache-Control"]
    kept = form_data(text(response))
    written = {name: value for name, value in data.items() if value and name != "csrfmiddlewaretoken"}
    assert {name: kept.get(name) for name in written} == written
    log_in(editor, User.objects.get(username="redaktion"))
    assert editor.post(path, kept).status_code == 302
    page.refresh_from_db()
    assert page.title_de == "Lange geschrieben"
    assert "<p>Zwei</p>" in page.body_de


def test_a_translation_written_when_the_session_ended_is_kept_too(editor, site):
    page = factories.make_page(title_de="Seite")
    path = f"/admin/translations/translation/portal.page/{page.pk}/ar/"
    data = {**form_data(text(editor.get(path))), f"page-{page.pk}-title": "صفحة"}
    move(editor, seen=2 * 3600)
    response = editor.post(path, data, headers={"origin": "http://testserver"})
    assert form_data(text(response))[f"page-{page.pk}-title"] == "صفحة"


def test_a_form_of_another_login_is_kept_and_somebody_elses_is_not(site):
    client = log_in(Client(enforce_csrf_checks=True), staff("redaktion", EDITORS))
    path = "/admin/portal/page/add/"
    data = {"title_de": "Geschrieben", "csrfmiddlewaretoken": "a" * 64}
    client.get(path)
    response = client.post(path, data, headers={"origin": "http://testserver"})
    assert response.status_code == 403
    assert "Geschrieben" in text(response)
    kept = form_data(text(response))
    assert kept["csrfmiddlewaretoken"] != data["csrfmiddlewaretoken"]
    assert (
        client.post(path, kept, headers={"origin": "http://testserver"}).status_code == 200
    )  # the form, with its errors
    for headers in ({"origin": "https://example.org"}, {"origin": "null"}, {}):
        assert "Geschrieben" not in text(client.post(path, data, headers=headers))
    assert not Page.objects.exists()


def test_passwords_are_never_kept_in_a_page(administrator, user):
    move(administrator, seen=2 * 3600)
    for path in (f"/admin/auth/user/{user.pk}/password/", "/admin/auth/user/add/", "/admin/password_change/"):
        response = administrator.post(path, {"password1": "Geheimnis"}, headers={"origin": "http://testserver"})
        assert "Geheimnis" not in text(response)


# Passkeys: the rest is in the browser's tests --------------------------------------------------------

PASSKEY = "/admin/anmeldung/passkey/"


@pytest.mark.parametrize(
    "body", ["", "{}", "[]", "null", "{", '{"id": 5}', b"\xff\xfe", '{"id":"a","rawId":"a","response":{}}']
)
def test_nonsense_from_a_passkey_is_answered(editor, user, body):
    client = Client()
    give_password(client, user)
    for path in (PASSKEY, f"{PASSKEY}pruefen/"):
        assert client.post(path, body, content_type="application/json").status_code in {200, 400, 404, 422}
    assert client.get("/admin/").status_code == 302
    for path in (f"{PASSKEY}neu/beginnen/", f"{PASSKEY}neu/speichern/"):
        assert editor.post(path, body, content_type="application/json").status_code in {200, 400, 422}
    assert not WebAuthnCredential.objects.exists()


def test_without_a_password_there_are_no_passkeys(client, db):
    for path in (PASSKEY, f"{PASSKEY}pruefen/"):
        response = client.post(path, "{}", content_type="application/json")
        assert response.status_code == 403
        assert "challenge" not in json.loads(response.content)


def test_a_passkey_of_somebody_else_cannot_be_removed(editor, user):
    mine, other = User.objects.get(username="redaktion"), staff("andere", EDITORS)
    for owner in (mine, other):
        WebAuthnCredential.objects.create(
            user=owner, credential_id=owner.username.encode(), public_key=b"k", name="Passkey", aaguid=""
        )
    for owner in (mine, other):
        editor.post(f"{PASSKEY}{WebAuthnCredential.objects.get(user=owner).pk}/entfernen/")
    assert WebAuthnCredential.objects.get().user == other


# Who gives what -------------------------------------------------------------------------------------


def group(name):
    return Group.objects.get(name=name)


def change(client, user, **values):
    path = f"/admin/auth/user/{user.pk}/change/"
    return client.post(path, {**form_data(text(client.get(path))), **values})


def test_administration_gives_what_it_has_and_the_others_hear_of_it(administrator, user):
    others = [staff("kollegin", ADMINISTRATORS), User.objects.create_superuser("root", "root@example.org", PASSWORD)]
    groups = [group(name).pk for name in (EDITORS, TRANSLATORS, ADMINISTRATORS)]
    assert change(administrator, user, groups=groups).status_code == 302
    assert set(user.groups.values_list("name", flat=True)) == {EDITORS, TRANSLATORS, ADMINISTRATORS}
    for other in others:
        assert "Administration, Redaktion, Übersetzung (vorher: Redaktion)" in mails_to(other).get().message
    assert not mails_to(User.objects.get(username="administration")).exists()
    assert LogEntry.objects.filter(change_message__contains="vorher: Redaktion").exists()


@pytest.mark.parametrize("who", ["administration", "kollege"])
def test_administration_does_not_let_anybody_see_volunteers(administrator, user, who):
    target = User.objects.get(username=who)
    response = change(administrator, target, groups=[group(COORDINATORS).pk], is_superuser="on")
    assert response.status_code == 200  # not one of the choices
    target.refresh_from_db()
    assert not target.groups.filter(name=COORDINATORS).exists()
    assert not target.is_superuser


def test_administration_cannot_take_over_the_coordinations_account_but_can_lock_it(administrator):
    coordinator = staff("koordination", COORDINATORS)
    theirs = log_in(Client(), coordinator)
    path = f"/admin/auth/user/{coordinator.pk}/"
    assert administrator.get(f"{path}password/").status_code == 403
    assert administrator.post(f"{path}password/", {"password1": "x", "password2": "x"}).status_code == 403
    assert administrator.post(f"{path}delete/", {"post": "yes"}).status_code == 403
    change(administrator, coordinator, email="ich@example.org", username="ich", groups=[], is_superuser="on")
    coordinator.refresh_from_db()
    assert (coordinator.username, coordinator.email) == ("koordination", "koordination@example.org")
    assert coordinator.groups.get().name == COORDINATORS
    data = form_data(text(administrator.get(f"{path}change/")))
    del data["is_active"]
    assert administrator.post(f"{path}change/", data).status_code == 302
    assert theirs.get("/admin/").status_code == 302


def test_a_group_is_no_way_around(administrator):
    others = staff("kollegin", ADMINISTRATORS)
    coordination, administration = group(COORDINATORS), group(ADMINISTRATORS)
    assert administrator.post(f"/admin/auth/group/{coordination.pk}/change/", {"name": "x"}).status_code == 403
    assert administrator.post(f"/admin/auth/group/{coordination.pk}/delete/", {"post": "yes"}).status_code == 403
    permission = coordination.permissions.get(codename="view_volunteer")
    for path, name in ((f"{administration.pk}/change/", ADMINISTRATORS), ("add/", "Neu")):
        response = administrator.post(f"/admin/auth/group/{path}", {"name": name, "permissions": [permission.pk]})
        assert response.status_code == 200
    assert not administration.permissions.filter(pk=permission.pk).exists()
    keep = [row.pk for row in administration.permissions.exclude(codename="delete_page")]
    data = {"name": ADMINISTRATORS, "permissions": keep}
    assert administrator.post(f"/admin/auth/group/{administration.pk}/change/", data).status_code == 302
    assert "- " in mails_to(others).get().message


def test_a_list_of_accounts_asks_as_often_for_many_as_for_few(administrator):
    counts = []
    for many in (10, 10, 60):  # what the first one looks up stays known
        for user in User.objects.bulk_create(User(username=f"{len(counts)}-{number}") for number in range(many)):
            user.groups.add(group(EDITORS))
        with CaptureQueriesContext(connection) as queries:
            administrator.get("/admin/auth/user/")
        counts.append(len(queries))
    assert counts[1] == counts[2]


def test_a_new_account_is_asked_for_in_german_and_for_name_and_password_only(administrator):
    form = administrator.get("/admin/auth/user/add/")
    assert list(form.context["adminform"].form.fields) == ["username", "password1", "password2"]
    account = {"username": "nadia", "password1": "blaue Tasse Regen 7", "password2": "blaue Tasse Regen 7"}
    response = administrator.post("/admin/auth/user/add/", account, follow=True)
    assert User.objects.get(username="nadia").check_password("blaue Tasse Regen 7")
    for html in (form.text, response.text):
        for english in ("After you", "Password-based", "Enabled", "Reset password", "Raw passwords"):
            assert english not in html, english
    assert "dann auf den Pfeil nach rechts" in administrator.get("/admin/jsi18n/").text
