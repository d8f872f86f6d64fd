"""In a real browser: readers on small phones, and staff at their forms."""

import re

import pytest
from django.contrib.sessions.models import Session
from django_otp.plugins.otp_static.models import StaticDevice, StaticToken
from playwright.sync_api import expect

from integration.offices.models import Office
from portal.groups import EDITORS
from tests import factories
from tests.conftest import sign_in, staff
from tests.test_demo import is_wider_than_the_screen

pytestmark = pytest.mark.django_db(transaction=True)

PHONE = {"width": 360, "height": 740}
DESKTOP = {"width": 1280, "height": 900}
NARROW = {"width": 320, "height": 640}  # 400 % zoom on a desktop: WCAG 1.4.10


LONG = "Rindfleischetikettierungsüberwachungsstelle"
MIXED = "د. محمد O’Brien (Büro 42) – شركة Müller & Söhne"
TITLE = (f"{LONG} {MIXED} Straßenverkehrszulassungsordnungsbeauftragte " * 3)[:200].strip()


@pytest.mark.parametrize("language", ["de", "ar"])
def test_long_words_and_mixed_directions_do_not_break_the_page(portal, language):
    page = portal
    page.set_viewport_size(NARROW)
    texts = {"title_de": TITLE, "title_ar": TITLE[::-1], "lead_de": f"{LONG}{LONG} {MIXED}"}
    factories.make_site(title_de=LONG, name_de=MIXED, lead_de=f"{LONG} {MIXED}", email=f"{'a' * 60}@{'b' * 60}.example")
    factories.make_notice(text_de=f"{LONG * 2} {MIXED}", level="danger")
    factories.make_top_task(title_de=f"{LONG} {MIXED}"[:80], text_de=f"{LONG} {MIXED}"[:160])
    office = factories.make_office(**texts, slug="stelle", email=f"{LONG.lower().replace('ü', 'ue')}@example.org")
    factories.make_task(office, title_de=TITLE)
    factories.make_contact(office, name=MIXED, role_de=LONG, email=f"{'c' * 60}@example.org", room=LONG[:20])
    factories.make_group(office, title_de=TITLE)
    factories.make_page(**texts, slug="seite", in_menu=True, body_de=f"<h2>{TITLE}</h2><p>{LONG * 4} {MIXED}</p>")
    factories.make_event(**texts, slug="termin", place_de=LONG * 2, city=MIXED)
    factories.make_project(**texts, slug="projekt", topics=[factories.make_topic(title_de=f"{LONG}{LONG}"[:80])])
    factories.make_file(factories.make_publication(title_de=TITLE, slug="bericht", summary_de=f"{LONG * 3}"))
    for path in ("", "stellen/", "stellen/stelle/", "seite/", "veranstaltungen/", "veranstaltungen/termin/",
                 "projekte/", "projekte/projekt/", "veroeffentlichungen/", "veroeffentlichungen/bericht/", "impressum/"):  # fmt: skip
        page.goto(f"{page.base}/{language}/{path}")
        assert is_wider_than_the_screen(page) == [], path


def test_an_editor_writes_an_office_in_german_and_arabic(portal):
    page = portal
    factories.make_site()
    page.set_viewport_size(DESKTOP)
    sign_in(page, staff("redaktion", EDITORS), page.base)
    page.goto(f"{page.base}/admin/offices/office/add/")

    expect(page.locator("#id_title_ar")).to_be_hidden()
    page.fill("#id_title_de", "Neue Stelle")
    page.locator(".prose-editor:has(#id_body_de) .tiptap").click()
    page.keyboard.type("Guten Tag")
    page.click(".language-bar [data-language=ar]")
    expect(page.locator("#id_title_de")).to_be_visible()
    german, arabic = page.locator("#id_title_de").bounding_box(), page.locator("#id_title_ar").bounding_box()
    assert abs(german["y"] - arabic["y"]) < 5  # side by side
    assert german["x"] + german["width"] <= arabic["x"]
    page.fill("#id_title_ar", "مكتب جديد")
    editor = page.locator(".prose-editor:has(#id_body_ar) .tiptap")
    editor.click()
    page.keyboard.type("مرحبا")
    assert editor.evaluate("element => getComputedStyle(element).direction") == "rtl"

    page.locator("#tasks-group .add-row a").click()
    page.fill("#id_tasks-0-title_de", "Vernetzen")
    expect(page.locator("#id_tasks-0-title_ar")).to_be_visible()
    expect(page.locator("#id_tasks-0-title_en")).to_be_hidden()
    page.click(".language-bar [data-language=uk]")
    expect(page.locator("#id_tasks-0-title_uk")).to_be_visible()
    expect(page.locator("#id_tasks-0-title_ar")).to_be_hidden()
    page.fill("#id_tasks-0-title_uk", "Об’єднувати")
    page.locator("[name=_continue]").first.click()
    expect(page).to_have_url(re.compile(r"/admin/offices/office/\d+/change/$"))

    office = Office.objects.get()
    assert (office.title_de, office.title_ar) == ("Neue Stelle", "مكتب جديد")
    assert office.body_de == "<p>Guten Tag</p>"
    assert office.body_ar == "<p>مرحبا</p>"
    assert office.tasks.get().title_de == "Vernetzen"
    assert office.tasks.get().title_uk == "Об’єднувати"

    page.goto(page.base + page.get_by_role("link", name="Vorschau").get_attribute("href"))
    expect(page.locator("h1")).to_have_text("Neue Stelle")
    page.goto(f"{page.base}/admin/offices/office/{office.pk}/change/")
    page.select_option("#id_status", "published")
    page.locator("[name=_save]").first.click()
    expect(page).to_have_url(f"{page.base}/admin/offices/office/")
    page.goto(f"{page.base}/ar/stellen/{office.slug}/")
    expect(page.locator("h1")).to_have_text("مكتب جديد")


def test_a_long_form_with_mistakes_leads_to_each_of_them(portal):
    page = portal
    factories.make_site()
    page.set_viewport_size(DESKTOP)
    sign_in(page, staff("redaktion", EDITORS), page.base)
    page.goto(f"{page.base}/admin/offices/office/add/")
    expect(page.locator("#id_kind")).to_be_focused()  # and not the button above the form

    page.locator("#contacts-group .add-row a").click()
    page.fill("#id_contacts-0-room", "1.04")
    page.click(".language-bar [data-language=ar]")
    page.fill("#id_title_ar", "م" * 300)
    page.evaluate("document.querySelector('#id_title_ar').removeAttribute('maxlength')")
    page.locator("[name=_continue]").first.click()
    links = page.locator(".errornote a")
    expect(links).to_have_count(2)
    expect(links.nth(0)).to_have_text("Titel (Deutsch): Dieses Feld ist zwingend erforderlich.")
    expect(links.nth(1)).to_have_text(
        "Ansprechperson #1: Bitte einen Namen oder eine Zuständigkeit angeben. Bitte Telefon oder E-Mail angeben."
    )
    links.nth(1).click()
    expect(page.locator("#id_contacts-0-role_de")).to_be_focused()
    expect(page.locator("#id_contacts-0-role_de")).to_be_in_viewport()

    # The languages stay in sight, and the editor's buttons below them.
    page.locator(".prose-editor:has(#id_body_de) .tiptap").click()
    page.keyboard.type("Zeile\n" * 40)
    bar = page.locator(".language-bar").bounding_box()
    buttons = page.locator(".prose-editor:has(#id_body_de) .prose-menubar").bounding_box()
    assert bar["y"] + bar["height"] <= buttons["y"] + 1
    page.set_viewport_size(PHONE)
    page.goto(f"{page.base}/admin/offices/office/")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_without_javascript_the_form_shows_every_language(browser, running, admin_user):
    context = browser.new_context(viewport=DESKTOP, java_script_enabled=False)
    page = context.new_page()
    sign_in(page, admin_user, running.url, password="password")
    page.goto(f"{running.url}/admin/offices/office/add/")
    expect(page.locator("#id_title_ar")).to_be_visible()
    expect(page.locator("#id_title_de")).to_be_visible()
    context.close()


def test_an_editor_marks_a_word_in_another_language_with_the_keyboard(portal):
    page = portal
    factories.make_site()
    content = factories.make_page(slug="ankommen", body_de="<p>Welcome Centre</p>")
    sign_in(page, staff("redaktion", EDITORS), page.base)
    page.goto(f"{page.base}/admin/portal/page/{content.pk}/change/")

    box = page.locator(".prose-editor:has(#id_body_de)")
    button = box.get_by_role("button", name="Sprache dieser Stelle (vorher Text markieren)")
    expect(button).to_have_attribute("aria-pressed", "false")
    expect(box.get_by_role("button", name="große Überschrift")).to_be_visible()
    assert box.locator("[aria-label*=heading], [aria-label*=list]").count() == 0
    text = box.locator(".tiptap")
    text.click()
    page.keyboard.press("ControlOrMeta+a")
    expect(button).to_have_attribute("aria-disabled", "false")
    button.focus()
    page.keyboard.press("Enter")
    dialog = page.locator("dialog[open]")
    expect(dialog).to_contain_text("Sprache dieser Stelle")
    expect(dialog.locator("select")).to_be_focused()
    dialog.locator("select").select_option("Englisch")
    dialog.locator("select").press("Tab")
    page.keyboard.press("Enter")
    expect(text.locator("span[lang=en]")).to_have_text("Welcome Centre")
    expect(button).to_have_attribute("aria-pressed", "true")
    page.locator("[name=_continue]").first.click()
    expect(page.locator(".messagelist")).to_contain_text("erfolgreich")
    page.goto(f"{page.base}/de/ankommen/")
    expect(page.locator('main span[lang="en"][dir="ltr"]')).to_have_text("Welcome Centre")

    page.goto(f"{page.base}/admin/portal/page/{content.pk}/change/")
    text.locator("span[lang=en]").click()
    button.click()
    expect(dialog.locator("select")).to_have_value("Englisch")
    dialog.locator("select").select_option("– wie der übrige Text –")
    dialog.get_by_role("button", name="Übernehmen").click()
    expect(text.locator("span[lang=en]")).to_have_count(0)


def test_somebody_adds_a_passkey_and_signs_in_with_it(running, page, settings):
    """In Chromium with a key that exists in the browser alone, under the same rules for scripts as everywhere."""
    base = running.url.replace("127.0.0.1", "localhost")
    settings.OTP_WEBAUTHN_RP_ID, settings.OTP_WEBAUTHN_ALLOWED_ORIGINS = "localhost", [base]
    wrong = []
    page.on("console", lambda message: wrong.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: wrong.append(str(error)))
    tools = page.context.new_cdp_session(page)
    tools.send("WebAuthn.enable")
    key = {"protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True}
    tools.send(
        "WebAuthn.addVirtualAuthenticator",
        {"options": {**key, "isUserVerified": True, "automaticPresenceSimulation": True}},
    )
    user = staff("redaktion", EDITORS)
    sign_in(page, user, base)
    page.get_by_role("link", name="Meine Anmeldung").click()
    page.get_by_role("link", name="Passkey hinzufügen").click()
    page.get_by_role("button", name="Passkey hinzufügen").click()
    expect(page).to_have_url(f"{base}/admin/anmeldung/")
    expect(page.locator(".messagelist")).to_contain_text("Der Passkey ist gespeichert")
    page.get_by_role("link", name="Passkey hinzufügen").click()
    page.get_by_role("button", name="Passkey hinzufügen").click()
    expect(page.locator("#passkey-error")).to_contain_text("schon einen Passkey")
    page.locator("#logout-form button").click()

    page.goto(f"{base}/admin/offices/office/")
    page.fill("#id_username", "redaktion")
    page.fill("#id_password", "ein-langes-Passwort")
    page.click("[type=submit]")
    page.get_by_role("button", name="Mit einem Passkey bestätigen").click()
    expect(page).to_have_url(f"{base}/admin/offices/office/")
    assert wrong == []


def test_what_was_written_is_saved_after_signing_in_again_in_another_tab(portal, context):
    page = portal
    factories.make_site()
    content = factories.make_page(slug="ankommen", body_de="<p>Alt</p>")
    user = staff("redaktion", EDITORS)
    sign_in(page, user, page.base)
    page.goto(f"{page.base}/admin/portal/page/{content.pk}/change/")
    page.fill("#id_title_de", "Lange geschrieben")
    Session.objects.all().delete()
    page.locator("[name=_continue]").first.click()
    expect(page.locator("h1")).to_have_text("Noch nicht gesichert")
    with context.expect_page() as opened:
        page.get_by_role("link", name="melden Sie sich in einem neuen Tab an").click()
    tab = opened.value
    StaticToken.objects.create(device=StaticDevice.objects.get(user=user), token="wxyz2345")
    tab.fill("#id_username", "redaktion")
    tab.fill("#id_password", "ein-langes-Passwort")
    tab.click("[type=submit]")
    tab.fill("#id_code", "WXYZ 2345")
    tab.press("#id_code", "Enter")
    expect(tab.locator("h1")).to_have_text("Meine Anmeldung")
    page.get_by_role("button", name="Jetzt sichern").click()
    expect(page.locator(".messagelist")).to_contain_text("erfolgreich")
    content.refresh_from_db()
    assert content.title_de == "Lange geschrieben"


def test_whoever_writes_stays_signed_in_and_whoever_does_not_is_warned(portal, settings):
    page = portal
    settings.SESSION_IDLE_SECONDS = 40
    factories.make_site()
    sign_in(page, staff("redaktion", EDITORS), page.base)
    page.clock.install()
    page.goto(f"{page.base}/admin/portal/page/add/")
    page.clock.fast_forward(16_000)
    with page.expect_response(lambda response: "noch-da" in response.url):
        page.fill("#id_title_de", "A")
    expect(page.locator("#session-ends")).to_have_count(0)
    page.clock.fast_forward(31_000)
    expect(page.get_by_role("alert")).to_contain_text("Sind Sie noch da?")
    page.get_by_role("button", name="Weiterarbeiten").click()
    expect(page.locator("#session-ends")).to_have_count(0)
    Session.objects.all().delete()
    page.clock.fast_forward(16_000)
    page.fill("#id_title_de", "AB")
    expect(page.get_by_role("alert")).to_contain_text("Sie sind abgemeldet")
