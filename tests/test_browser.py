"""In a real browser: readers on small phones, and staff at their forms."""

import re

import pikepdf
import pytest
from axe_playwright_python.sync_playwright import Axe
from django.core.management import call_command
from playwright.sync_api import expect

from integration.offices.models import Office
from portal.groups import EDITORS
from tests import factories
from tests.conftest import staff

pytestmark = pytest.mark.django_db(transaction=True)

PHONE = {"width": 360, "height": 740}
DESKTOP = {"width": 1280, "height": 900}
NARROW = {"width": 320, "height": 640}  # 400 % zoom on a desktop: WCAG 1.4.10


@pytest.fixture
def musterland(portal):
    call_command("load_example", "musterland", verbosity=0)
    return portal


def is_wider_than_the_screen(page):
    """What sticks out to the side, or nothing."""
    return page.evaluate(
        """() => {
            const wide = document.documentElement.clientWidth;
            if (document.documentElement.scrollWidth <= wide) return [];
            return [...document.querySelectorAll("body *")]
                .filter(e => e.checkVisibility() && !e.closest("details:not([open]) > :not(summary), .visually-hidden"))
                .filter(e => e.getBoundingClientRect().right > wide || e.getBoundingClientRect().left < 0)
                .map(e => `${e.tagName} .${e.className} ${e.textContent.trim().slice(0, 30)}`);
        }"""
    )


def accessibility_problems(page):
    tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "EN-301-549", "best-practice"]
    violations = Axe().run(page, options={"runOnly": {"type": "tag", "values": tags}}).response["violations"]
    return [(v["id"], [node["html"][:120] for node in v["nodes"]]) for v in violations]


PAGES = (
    "", "ankommen/", "stellen/", "stellen/koordinierungsstelle/", "projekte/", "veroeffentlichungen/", "veranstaltungen/",
    "veranstaltungen/tage-der-begegnung/", "impressum/", "datenschutz/", "barrierefreiheit/", "barriere-melden/", "gibt-es-nicht/",
)  # fmt: skip


@pytest.mark.parametrize(
    ("language", "size", "scheme"),
    [
        # `make a11y` looks at far more; this is what every change should be told at once.
        ("de", DESKTOP, "light"),
        ("de-simple", NARROW, "dark"),
        ("ar", PHONE, "light"),
        ("ar", NARROW, "dark"),
        ("uk", NARROW, "light"),
    ],
)
def test_pages_fit_and_are_accessible(musterland, language, size, scheme):
    page = musterland
    page.set_viewport_size(size)
    page.emulate_media(color_scheme=scheme)
    problems = {}
    for path in PAGES:
        page.goto(f"{page.base}/{language}/{path}")
        assert is_wider_than_the_screen(page) == [], path
        if found := accessibility_problems(page):
            problems[path] = found
    assert problems == {}
    assert page.context.cookies() == []
    assert page.evaluate("localStorage.length + sessionStorage.length") == 0


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


# What residents come for, and what they then hold in their hands.
TASKS = {
    "notfall/": "main a[href='tel:112']",
    "wegweiser/?topic=migrationsberatung": "main a[href='/ar/stellen/integrationslotsen/'], main a[href^='tel:']",
    "deutsch-lernen/": "main summary, main a[href^='https:']",
    "aufenthalt/": "main .prose",
    "geld/": "main .prose",
    "arbeit/": "main .prose a",
    "kita-schule/": "main .prose",
    "stellen/integrationslotsen/": "aside a[href^='tel:']",
}


def test_what_people_come_for_is_at_most_three_taps_away_in_arabic(musterland):
    """The first on the tile, the last on what helps."""
    page = musterland
    page.set_viewport_size(PHONE)
    for path, help_is_there in TASKS.items():
        page.goto(f"{page.base}/ar/")
        page.locator(f".tile a[href='/ar/{path}']").click()
        expect(page).to_have_url(f"{page.base}/ar/{path}")
        expect(page.locator(help_is_there).first).to_be_visible()


@pytest.mark.parametrize("language", ["de", "ar"])
def test_an_office_prints_as_one_sheet_with_its_address_and_a_code(musterland, language, tmp_path):
    page = musterland
    page.set_viewport_size(DESKTOP)
    page.goto(f"{page.base}/{language}/stellen/koordinierungsstelle/")
    page.pdf(path=tmp_path / "sheet.pdf", format="A4")
    with pikepdf.open(tmp_path / "sheet.pdf") as sheet:
        assert len(sheet.pages) == 1
    expect(page.locator(".print-sheet")).to_be_hidden()
    page.emulate_media(media="print")
    expect(page.locator(".print-sheet svg")).to_be_visible()
    expect(page.locator(".print-sheet")).to_contain_text("/stellen/koordinierungsstelle/")
    expect(page.locator("aside a[href^='tel:']").first).to_be_visible()
    for hidden in (".tools", ".menu-wide", ".footer", ".breadcrumb"):
        expect(page.locator(hidden).first).to_be_hidden()


@pytest.mark.parametrize("language", ["de", "ar"])
def test_the_first_visit_asks_three_times(musterland, language):
    page = musterland
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(f"{page.base}/{language}/")
    page.wait_for_load_state("networkidle")
    assert len(set(asked)) <= 3, asked  # the logo is the tab's picture too, and kept


def test_a_newcomer_changes_the_language_and_finds_an_office_without_javascript(browser, running):
    call_command("load_example", "musterland", verbosity=0)
    context = browser.new_context(viewport=PHONE, java_script_enabled=False, locale="ar")
    page = context.new_page()
    page.goto(running.url)
    expect(page).to_have_url(f"{running.url}/ar/")
    page.locator(".language-switch summary").click()
    page.get_by_role("link", name="Українська").click()
    expect(page).to_have_url(f"{running.url}/uk/")
    page.locator(".menu-narrow summary").click()
    page.locator(".menu-narrow a[href='/uk/stellen/']").click()
    expect(page).to_have_url(f"{running.url}/uk/stellen/")
    page.locator("main .card a").first.click()
    expect(page).to_have_url(re.compile(r"/uk/stellen/[\w-]+/$"))
    expect(page.locator("h1")).to_have_count(1)
    assert context.cookies() == []
    context.close()


def test_phone_numbers_read_from_left_to_right_in_arabic(musterland):
    page = musterland
    page.goto(f"{page.base}/ar/stellen/koordinierungsstelle/")
    first, last = page.evaluate(
        """() => {
            const text = document.querySelector('aside a[href^="tel:"] bdi').firstChild;
            const at = (i) => { const r = document.createRange(); r.setStart(text, i); r.setEnd(text, i + 1);
                                return r.getBoundingClientRect().left; };
            return [at(0), at(text.length - 1)];
        }"""
    )
    assert first < last


def test_the_keyboard_reaches_the_content_first_and_the_language_switch_opens(musterland):
    page = musterland
    page.goto(f"{page.base}/de/")
    page.keyboard.press("Tab")
    expect(page.locator(".skip-link")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#inhalt")).to_be_focused()
    page.locator(".language-switch summary").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("link", name="العربية")).to_be_visible()


def test_a_barrier_is_reported_on_a_phone_in_arabic(musterland):
    page = musterland
    page.set_viewport_size(PHONE)
    page.goto(f"{page.base}/ar/barriere-melden/")
    page.wait_for_timeout(2100)
    page.locator("#id_message").fill("لا أستطيع القراءة")
    page.locator("form.form button").click()
    expect(page).to_have_url(re.compile(r"/ar/barriere-melden/danke/B-\d{4}-\w{6}/$"))


def test_an_editor_writes_an_office_in_german_and_arabic(portal):
    page = portal
    factories.make_site()
    staff("redaktion", EDITORS)
    page.set_viewport_size(DESKTOP)
    page.goto(f"{page.base}/admin/")
    page.fill("#id_username", "redaktion")
    page.fill("#id_password", "ein-langes-Passwort")
    page.click("[type=submit]")
    expect(page).to_have_url(f"{page.base}/admin/")
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


def test_without_javascript_the_form_shows_every_language(browser, running, admin_user):
    context = browser.new_context(viewport=DESKTOP, java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{running.url}/admin/")
    page.fill("#id_username", "admin")
    page.fill("#id_password", "password")
    page.click("[type=submit]")
    expect(page).to_have_url(f"{running.url}/admin/")
    page.goto(f"{running.url}/admin/offices/office/add/")
    expect(page.locator("#id_title_ar")).to_be_visible()
    expect(page.locator("#id_title_de")).to_be_visible()
    context.close()


def test_an_editor_marks_a_word_in_another_language_with_the_keyboard(portal):
    page = portal
    factories.make_site()
    content = factories.make_page(slug="ankommen", body_de="<p>Welcome Centre</p>")
    staff("redaktion", EDITORS)
    page.goto(f"{page.base}/admin/")
    page.fill("#id_username", "redaktion")
    page.fill("#id_password", "ein-langes-Passwort")
    page.click("[type=submit]")
    expect(page).to_have_url(f"{page.base}/admin/")
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
