"""The demo county in a real browser, as readers on small phones meet it."""

import re

import pikepdf
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

pytestmark = pytest.mark.django_db(transaction=True)

PHONE = {"width": 360, "height": 740}
DESKTOP = {"width": 1280, "height": 900}
NARROW = {"width": 320, "height": 640}  # 400 % zoom on a desktop: WCAG 1.4.10


@pytest.fixture(scope="module")
def running(demo_county):
    return demo_county


@pytest.fixture
def _django_db_helper(running):
    """In the place of pytest-django's, which would empty the database after each test."""


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
    "", "ankommen/", "wegweiser/", "wegweiser/auslaenderbehoerde/", "stellen/", "stellen/koordinierungsstelle/", "projekte/", "veroeffentlichungen/", "veranstaltungen/",
    "veranstaltungen/tage-der-begegnung/", "impressum/", "datenschutz/", "barrierefreiheit/", "barriere-melden/", "gibt-es-nicht/",
)  # fmt: skip


@pytest.mark.parametrize(
    ("language", "size", "scheme"),
    [
        # `make a11y` looks at far more; this is what every change should be told at once.
        ("de", DESKTOP, "light"),
        ("ar", NARROW, "dark"),
        ("uk", NARROW, "light"),
    ],
)
def test_pages_fit_and_are_accessible(portal, language, size, scheme):
    page = portal
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


def test_what_people_come_for_is_at_most_three_taps_away_in_arabic(portal):
    """The first on the tile, the last on what helps."""
    page = portal
    page.set_viewport_size(PHONE)
    for path, help_is_there in TASKS.items():
        page.goto(f"{page.base}/ar/")
        page.locator(f".tile a[href='/ar/{path}']").click()
        expect(page).to_have_url(f"{page.base}/ar/{path}")
        expect(page.locator(help_is_there).first).to_be_visible()


@pytest.mark.parametrize("language", ["de", "ar"])
def test_an_office_prints_as_one_sheet_with_its_address_and_a_code(portal, language, tmp_path):
    page = portal
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
def test_the_first_visit_asks_three_times(portal, language):
    page = portal
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(f"{page.base}/{language}/")
    page.wait_for_load_state("networkidle")
    assert len(set(asked)) <= 3, asked  # the logo is the tab's picture too, and kept


def test_a_newcomer_changes_the_language_and_finds_an_office_without_javascript(browser, running):
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


def test_phone_numbers_read_from_left_to_right_in_arabic(portal):
    page = portal
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


def test_the_keyboard_reaches_the_content_first_and_the_language_switch_opens(portal):
    page = portal
    page.goto(f"{page.base}/de/")
    page.keyboard.press("Tab")
    expect(page.locator(".skip-link")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#inhalt")).to_be_focused()
    page.locator(".language-switch summary").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("link", name="العربية")).to_be_visible()


def test_a_barrier_is_reported_on_a_phone_in_arabic(portal):
    page = portal
    page.set_viewport_size(PHONE)
    page.goto(f"{page.base}/ar/barriere-melden/")
    page.wait_for_timeout(2100)
    page.locator("#id_message").fill("لا أستطيع القراءة")
    page.locator("form.form button").click()
    expect(page).to_have_url(re.compile(r"/ar/barriere-melden/danke/B-\d{4}-\w{6}/$"))
