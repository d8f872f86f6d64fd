"""Every page staff work on. The models are those registered: a new one is looked at without being named here."""

import pytest
from django.contrib import admin
from django.contrib.auth.models import User
from django.contrib.auth.tokens import default_token_generator
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlsafe_base64_encode
from django_otp_webauthn.models import WebAuthnCredential

from integration.offices.models import Office
from integration.publications.models import Publication
from integration.topics.models import Term
from integration.wegweiser.models import Service
from lotsen.models import AssistanceRequest, MonthlyStat, Requirement, Training, Volunteer
from portal.accounts import urls as account_urls
from portal.accounts.models import Lock
from portal.admin import ContentAdmin, Singleton
from portal.media.models import Picture
from portal.models import Page
from portal.translations import exchange, xliff
from portal.translations.models import Translation
from portal.translations.side_by_side import Text
from portal.translations.xliff import Unit
from portal.upkeep.models import OutsideLink
from portal.versions.models import Proofreading
from portal.versions.recording import recording
from tests.accessibility.conftest import DARK, DESKTOP, LIGHT, OPEN, SMALL, VOLUNTEER
from tests.conftest import log_in

# Rows with everything that belongs to such a row; of other models the first one is as good as any.
RICH = {
    Office: {"slug": SMALL},
    Page: {"slug": SMALL},
    Publication: {"slug": "willkommen-in-musterland"},
    Volunteer: {"pk": VOLUNTEER},
    AssistanceRequest: {"pk": OPEN},
    Service: {"slug": SMALL},
}


def row(model):
    return model.objects.filter(**RICH.get(model, {})).first()


def url(model, name, *args):
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{name}", args=args)


@pytest.fixture
def office(portal):
    """The portal with somebody logged in who may do everything."""
    client = Client()
    log_in(client, User.objects.get(username="verwaltung"))
    cookie = client.cookies["sessionid"]
    portal.context.add_cookies([{"name": "sessionid", "value": cookie.value, "domain": "localhost", "path": "/admin/"}])
    return portal


def unfold(page):
    page.locator("main details").evaluate_all("all => all.forEach((details) => { details.open = true })")


def send(page):
    with page.expect_navigation():
        page.locator("main form").last.evaluate("form => { form.noValidate = true; form.requestSubmit() }")


def spoil(page):
    """Writes into each field what no field of its kind takes; what takes everything is left empty."""
    page.locator("#content-main form[id$=_form]").evaluate(
        """form => {
            for (const field of form.elements) {
              if (field.type === "hidden" || field.type === "file" || field.closest(".empty-form")) continue;
              if (field.matches(".vDateField, .vTimeField, [name=slug]")) field.value = "ä ö";
              else if (field.type === "email") field.value = "a@b";
              else if (field.type === "url") field.value = "https://a";
              else if (field.name === "subject_de") field.value = "{unbekannt}";
              else if (field.required || field.matches("[name$=_de]")) field.value = "";
            }
        }"""
    )


STATES = {
    "changelist": lambda page, model: page.goto(page.base + url(model, "changelist")),
    "add": lambda page, model: page.goto(page.base + url(model, "add")),
    "change": lambda page, model: page.goto(page.base + url(model, "change", row(model).pk)),
    "errors": None,
    "delete": lambda page, model: page.goto(page.base + url(model, "delete", row(model).pk)),
    "history": lambda page, model: page.goto(page.base + url(model, "history", row(model).pk)),
    "preview": lambda page, model: page.goto(page.base + url(model, "preview", row(model).pk, "de")),
}


def possible(model_admin, state, request):
    """Does the admin offer that?"""
    single = isinstance(model_admin, Singleton)
    return {
        "changelist": not single,
        # Of the first there is nothing but the yearly report, and the second is a list to tick off; locks are in OTHERS, as
        # they last a quarter of an hour.
        # Translations have pages of their own.
        "change": model_admin.model not in {MonthlyStat, Proofreading, Lock, Translation},
        # The same templates for each model, so those of the richest say it all; a form with values shows all of an empty one,
        # but for a service's, where a new place is typed in.
        "add": model_admin.model in {Office, Service},
        "history": model_admin.model in RICH,
        "errors": model_admin.has_change_permission(request),
        "delete": model_admin.model in RICH,
        "preview": isinstance(model_admin, ContentAdmin),
    }.get(state, True)


class Request:
    """As much of a request as permissions ask for, by somebody who may do everything."""

    user = User(is_active=True, is_staff=True, is_superuser=True)


CASES = [
    pytest.param(model, state, id=f"{model._meta.model_name}-{state}")
    for model, model_admin in admin.site._registry.items()
    for state in STATES
    if possible(model_admin, state, Request)
]


@pytest.mark.parametrize(("model", "state"), CASES)
def test_model(office, inspect, model, state):
    page = office
    if state == "errors":
        STATES["change"](page, model)
        spoil(page)
        send(page)
        assert page.locator(".errornote").count() == 1
    else:
        STATES[state](page, model)
    unfold(page)
    assert page.document.status == 200
    inspect((DESKTOP, [LIGHT, DARK]))


def sign_in_wrongly(page, name="niemand"):
    page.context.clear_cookies()
    page.goto(f"{page.base}/admin/login/")
    page.fill("#id_username", name)
    page.fill("#id_password", "falsch")
    send(page)


def change_password_wrongly(page):
    page.goto(f"{page.base}/admin/password_change/")
    send(page)


def give_the_password(page, user):
    """So far and no further: the second factor is still to come."""
    page.context.clear_cookies()
    client = Client()
    client.force_login(user)
    cookie = {"name": "sessionid", "value": client.cookies["sessionid"].value, "domain": "localhost", "path": "/admin/"}
    page.context.add_cookies([cookie])
    page.goto(f"{page.base}/admin/")


def verify(page):
    user = User.objects.get(username="verwaltung")
    WebAuthnCredential.objects.get_or_create(
        user=user, credential_id=b"c", defaults={"public_key": b"k", "name": "Passkey", "aaguid": ""}
    )
    give_the_password(page, user)


def verify_wrongly(page):
    verify(page)
    page.fill("#id_code", "000 000")
    send(page)


def enrol(page):
    give_the_password(page, User.objects.get_or_create(username="neu", is_staff=True)[0])


def enrol_wrongly(page):
    enrol(page)
    send(page)


def show_codes(page):
    page.goto(f"{page.base}/admin/anmeldung/")
    with page.expect_navigation():
        page.get_by_role("button", name="Neue Ersatzcodes").click()


def try_passwords(page):
    for _ in range(5):
        sign_in_wrongly(page, "immerzu")


def ask_for_a_password(page, send_it=True):
    page.context.clear_cookies()
    page.goto(f"{page.base}/admin/passwort/vergessen/")
    page.fill("#id_email", "verwaltung@example.org")
    if send_it:
        send(page)


def choose_a_password(page, wrongly=False):
    page.context.clear_cookies()
    user = User.objects.get(username="verwaltung")
    uid = urlsafe_base64_encode(str(user.pk).encode())
    page.goto(f"{page.base}/admin/passwort/neu/{uid}/{default_token_generator.make_token(user)}/")
    if wrongly:
        send(page)


def save_too_late(page):
    page.goto(page.base + url(Term, "change", row(Term).pk))
    page.context.clear_cookies(name="sessionid")
    send(page)


def lock_somebody(page):
    Lock.objects.all().delete()
    Lock.objects.create(username="kollege", failures_since_start=5)
    page.goto(page.base + url(Lock, "changelist"))


def somebody_else():
    return User.objects.get_or_create(username="kollege", is_staff=True)[0]


def choose_to_delete(page):
    page.goto(f"{page.base}/admin/topics/term/")
    page.locator("#action-toggle").check()
    page.select_option("select[name=action]", "delete_selected")
    send(page)


def publish(page):
    """Says what it has done: the list with a message."""
    page.goto(f"{page.base}/admin/events/event/")
    page.locator(".action-select").first.check()
    page.select_option("select[name=action]", "publish")
    send(page)


def log_out(page):
    page.goto(f"{page.base}/admin/")
    with page.expect_navigation():
        page.locator("#logout-form button").click()


def write_arabic(page):
    page.goto(page.base + url(Office, "change", row(Office).pk))
    page.locator(".language-bar [data-language=ar]").click()


def add_a_row(page):
    page.goto(page.base + url(Publication, "change", row(Publication).pk))
    page.locator(".add-row a").first.click()


def open_calendar(page):
    page.goto(f"{page.base}/admin/events/event/add/")
    page.locator("[id^=calendarlink]").first.click()


def open_clock(page):
    page.goto(f"{page.base}/admin/events/event/add/")
    page.locator("[id^=clocklink]").first.click()


def open_suggestions(page):
    page.goto(f"{page.base}/admin/events/event/add/")
    page.locator(".field-topics .select2-selection").click()
    page.locator(".select2-results__option[role=option]").first.wait_for()
    # The page has scrolled. What the bar of languages covers, which stays in sight, differs from font to font.
    page.locator(".language-bar").evaluate("bar => { bar.style.position = 'static' }")


def open_link_dialog(page):
    page.goto(page.base + url(Page, "change", row(Page).pk))
    text = page.locator(".prose-editor:has(#id_body_de) .tiptap")
    text.click()
    page.keyboard.press("Control+a")
    page.locator(".prose-editor:has(#id_body_de) [data-name=link]").click()
    page.locator("dialog").wait_for()


def close_navigation(page):
    page.goto(f"{page.base}/admin/topics/term/")
    page.locator("#toggle-nav-sidebar").click()


def with_a_checked_file(page):
    page.goto(f"{page.base}/admin/wegweiser/service/import/")
    rows = "Angebot;Organisation;Telefon;Was ist das\nKurs;Verein;030 23125-100;x\n;Ohne Namen;12x;\n"
    page.set_input_files("input[type=file]", {"name": "liste.csv", "mimeType": "text/csv", "buffer": rows.encode()})
    with page.expect_navigation():
        page.locator("#content form [type=submit]").first.click()


def moves_on(page):
    page.goto(page.base + url(Volunteer, "change", VOLUNTEER))
    page.locator("button[name=stage][value=left]").click()


def writes_to(page):
    page.goto(page.base + url(Volunteer, "changelist"))
    page.locator(".action-select").first.check()
    page.select_option("select[name=action]", "write_mail")
    send(page)


def with_dead_links(page):
    content = Page.objects.first()
    content.body_de = '<p><a href="/gibt-es/nicht/">Dorthin</a> <a href="https://weg.example.org/">Und dorthin</a></p>'
    content.save()
    OutsideLink.objects.filter(url="https://weg.example.org/").update(state=OutsideLink.State.BROKEN)
    page.goto(f"{page.base}/admin/pflege/links/")


TRANSLATIONS = "/admin/translations/translation/"


def translate(page):
    """A content with what is outdated, missing and a machine's."""
    office = Office.objects.get(slug=SMALL)
    office.title_ar = "مكتب"
    office.save()
    office.title_de += " (neu)"
    office.save()
    page.goto(f"{page.base}{TRANSLATIONS}offices.office/{office.pk}/ar/")


def translate_wrongly(page):
    translate(page)
    page.locator("[name$=-title]").first.fill("x" * 201)
    send(page)


def with_a_translated_file(page):
    office = Office.objects.get(slug=SMALL)
    text = Text(office, "title", "ar", Translation.State.MISSING, "")
    units = [Unit(exchange.unit_id(text), office.title_de, "مكتب آخر"), Unit("x:1", "Gibt es nicht", "x")]
    page.goto(f"{page.base}{TRANSLATIONS}import/")
    file = {"name": "a.xlf", "mimeType": "application/xliff+xml", "buffer": xliff.write(units, "ar", "1.2")}
    page.set_input_files("input[type=file]", file)
    with page.expect_navigation():
        page.locator("#content form [type=submit]").first.click()


def at(path):
    return lambda page: page.goto(page.base + path)


def changed_office(waiting=False):
    """An office with two versions."""
    office = row(Office)
    with recording():
        office.lead_de = f"{office.lead_de} Neu."
        office.save()
    if waiting:
        Proofreading.objects.filter(object_id=str(office.pk)).update(waiting=True)
    return office


def look_at_version(page):
    office = changed_office()
    page.goto(page.base + url(Office, "history", office.pk))
    page.locator("#content .differences a").first.click()


def look_at_deleted(page):
    with recording():
        Page.objects.create(title_de="Nicht mehr da").delete()
    page.goto(page.base + url(Page, "deleted"))


def recover(page):
    look_at_deleted(page)
    page.locator("#content-main table a").first.click()


def save_second(page):
    page.goto(page.base + url(Office, "change", row(Office).pk))
    changed_office()
    with page.expect_navigation():
        page.locator("#office_form [name=_save]").first.click()


OTHERS = {
    "start": at("/admin/"),
    "version": look_at_version,
    "deleted": look_at_deleted,
    "bring back": recover,
    "somebody else has saved": save_second,
    "read by a second person": lambda page: page.goto(page.base + url(Office, "proofread", changed_office(True).pk)),
    "delete what others point to": lambda page: page.goto(
        page.base + url(Page, "delete", Page.objects.exclude(children=None).first().pk)
    ),
    "navigation closed": close_navigation,
    "import": at("/admin/wegweiser/service/import/"),
    "import, a file with mistakes": with_a_checked_file,
    "export": at("/admin/wegweiser/service/export/"),
    "translating": translate,
    "translating, errors": translate_wrongly,
    "translations chosen": at(f"{TRANSLATIONS}?sprache=ar&zustand=machine&art=offices.office"),
    "translations, nothing": at(f"{TRANSLATIONS}?art=offices.office&nr=999999"),
    "translations out": at(f"{TRANSLATIONS}export/"),
    "translations in": at(f"{TRANSLATIONS}import/"),
    "translations, a file": with_a_translated_file,
    "volunteer leaves": moves_on,
    "mail to volunteers": writes_to,
    "right of access": lambda page: page.goto(page.base + url(Volunteer, "access", VOLUNTEER)),
    "who could go": lambda page: page.goto(page.base + url(AssistanceRequest, "match", OPEN)),
    "who came": lambda page: page.goto(page.base + url(Training, "list", Training.objects.first().pk)),
    "what runs out": lambda page: page.goto(page.base + url(Requirement, "running_out")),
    "yearly report": at(f"/admin/lotsen/jahresbericht/{timezone.localdate().year}/"),
    "dead links": with_dead_links,
    "picture in use": lambda page: page.goto(
        page.base + url(Picture, "delete", Picture.objects.published().first().pk)
    ),
    "handbook": at("/admin/handbuch/stelle-anlegen/"),
    "handbook, contents": at("/admin/handbuch/"),
    "one app": at("/admin/portal/"),
    "nothing found": at("/admin/offices/office/?q=xyzzy"),
    "filtered and sorted": at("/admin/events/event/?status__exact=published&o=1.-3"),
    "password": at("/admin/password_change/"),
    "password, errors": change_password_wrongly,
    "password changed": at("/admin/password_change/done/"),
    "somebody's password": lambda page: page.goto(f"{page.base}/admin/auth/user/{User.objects.first().pk}/password/"),
    "delete chosen": choose_to_delete,
    "message": publish,
    "in a small window": at("/admin/topics/term/add/?_popup=1"),
    "another language": write_arabic,
    "one more row": add_a_row,
    "calendar": open_calendar,
    "clock": open_clock,
    "suggestions": open_suggestions,
    "link": open_link_dialog,
    "preview in Arabic": lambda page: page.goto(page.base + url(Office, "preview", row(Office).pk, "ar")),
    "log in": lambda page: (page.context.clear_cookies(), page.goto(f"{page.base}/admin/login/")),
    "log in, errors": sign_in_wrongly,
    "logged out": log_out,
    "second step": verify,
    "second step, a wrong code": verify_wrongly,
    "second factor, for the first time": enrol,
    "second factor, a wrong code": enrol_wrongly,
    "codes on paper": show_codes,
    "how I sign in": at("/admin/anmeldung/"),
    "a new passkey": at("/admin/anmeldung/passkey/neu/"),
    "a new app": at("/admin/anmeldung/einrichten/"),
    "forgotten password": lambda page: ask_for_a_password(page, send_it=False),
    "forgotten password, sent": ask_for_a_password,
    "new password": choose_a_password,
    "new password, errors": lambda page: choose_a_password(page, wrongly=True),
    "new password, old link": at("/admin/passwort/neu/MQ/x-y/"),
    "new password, set": at("/admin/passwort/gilt/"),
    "reset somebody's second factor": lambda page: page.goto(
        page.base + url(User, "second_factor", somebody_else().pk)
    ),
    "locks": lock_somebody,
    "too many wrong passwords": try_passwords,
    "saved too late": save_too_late,
}
ANSWERS = {"too many wrong passwords": 429, "saved too late": 403}


@pytest.mark.parametrize("name", OTHERS)
def test_other_page(office, inspect, name):
    OTHERS[name](office)
    unfold(office)
    assert office.document.status == ANSWERS.get(name, 200)
    inspect((DESKTOP, [LIGHT, DARK]))


# Addresses without a page of their own: they lead on, or answer to scripts, or are in OTHERS under another name.
NOT_STATES = {
    "autocomplete", "jsi18n", "view_on_site", "password_change", "image", "preview", "resend", "import", "check", "export",
    "template", "decide", "match", "step", "access", "json", "search", "move", "contact", "running_out", "list",
    "deleted", "recover", "version", "version_preview", "proofread", "csv", "second_factor", "edit",
}  # fmt: skip


def test_no_address_of_the_admin_is_left_out():
    for model, model_admin in admin.site._registry.items():
        names = {pattern.name for pattern in model_admin.get_urls() if pattern.name}
        start = f"{model._meta.app_label}_{model._meta.model_name}_"
        assert {name.removeprefix(start) for name in names} - set(STATES) - NOT_STATES == set(), model
    assert {pattern.name for pattern in account_urls.own} == {
        "overview", "verify", "enrol", "codes", "add_passkey",
        # For scripts, and what leads on.
        "still_here", "passkey_begin", "passkey_complete", "register_begin", "register_complete", "remove",
    }  # fmt: skip
    names = {pattern.name for pattern in admin.site.get_urls() if getattr(pattern, "name", None)}
    assert names - {"index", "login", "logout", "password_change", "password_change_done", "autocomplete", "jsi18n",
                    "view_on_site", "app_list"} == set()  # fmt: skip
