"""The steps of the BITV test that a browser can take: EN 301 549 and WCAG 2.2, seen by somebody without a mouse,
with large letters, with colours of their own. What axe finds is in test_demo.py; accessibility.js asks the rest.
"""

import functools
import re
import time
from pathlib import Path

import pytest
from django.core import signing
from django.core.cache import cache
from django.test import Client
from django.utils import translation
from playwright.sync_api import expect

from portal import languages
from portal.forms import BarrierReportForm
from portal.groups import EDITORS
from portal.models import BarrierReport
from tests.conftest import staff
from tests.test_walk import crawl

pytestmark = pytest.mark.django_db(transaction=True)

QUESTIONS = Path(__file__).with_name("accessibility.js").read_text()

HOME, OFFICE, FOLDS, EVENT = "", "stellen/koordinierungsstelle/", "ankommen/", "veranstaltungen/tage-der-begegnung/"
PUBLICATIONS, STATEMENT, FORM = "veroeffentlichungen/", "barrierefreiheit/", "barriere-melden/"
PAGES = (HOME, OFFICE, FOLDS, EVENT, PUBLICATIONS, STATEMENT, FORM)
VARIETY = (HOME, OFFICE, PUBLICATIONS, FORM)

DESKTOP = {"width": 1280, "height": 900}
ZOOMED = {"width": 320, "height": 256}  # 1280 by 1024 at 400 %
BOTH_SIZES = pytest.mark.parametrize("size", [DESKTOP, ZOOMED], ids=["1280", "320"])
BOTH_DIRECTIONS = pytest.mark.parametrize("language", ["de", "ar"])
BOTH_SCHEMES = pytest.mark.parametrize("scheme", ["light", "dark"])


@pytest.fixture(autouse=True)
def own_folder():
    cache.clear()
    translation.activate("de")


@pytest.fixture(scope="module")
def running(demo_county):
    return demo_county


@pytest.fixture
def _django_db_helper(running):
    """In the place of pytest-django's, which would empty the database after each test."""


@pytest.fixture
def page(page):
    page.set_viewport_size(DESKTOP)
    return page


def ask(page, question):
    return page.evaluate(f"() => {{ {QUESTIONS}\n return {question} }}")


def visit(page, language, path):
    """The page with every folded section open, as after reading it from top to bottom."""
    page.goto(f"{page.base}/{language}/{path}")
    page.evaluate("document.querySelectorAll('.fold').forEach(fold => fold.open = true)")


AT_REST = ("unseenFocus", "coveredFocus", "lostText", "textOnText", "smallTargets", "unmarkedLanguages", "unclearStructure", "linksOnlyByColour")  # fmt: skip


@pytest.fixture(scope="module")
def answers():
    return {}


@pytest.fixture
def wrong(portal, answers):
    """What a question found on which of the pages. All are asked while a page is open: opening is what takes time."""

    def wrong(question, language="de", size=DESKTOP):
        if (language, *size.values()) not in answers:
            portal.set_viewport_size(size)
            found = {name: {} for name in AT_REST}
            for path in PAGES:
                visit(portal, language, path)
                for name, problems in ask(
                    portal, f"{{ {', '.join(f'{name}: {name}()' for name in AT_REST)} }}"
                ).items():
                    if problems:
                        found[name][path] = problems
            answers[language, *size.values()] = found
        return answers[language, *size.values()][question]

    return wrong


def wrong_with(page, question, paths, language="de", before=lambda: None):
    """The same on pages that are changed first."""
    found = {}
    for path in paths:
        visit(page, language, path)
        before()
        if problems := ask(page, question):
            found[path] = problems
    return found


def style(page, css):
    """A reader's own style sheet; the portal's policy does not forbid it."""
    page.evaluate(
        "css => { const sheet = new CSSStyleSheet(); sheet.replaceSync(css); document.adoptedStyleSheets.push(sheet); }",
        css,
    )


def open_with_keyboard(page, selector, key="Enter"):
    page.locator(f"{selector} > summary").focus()
    page.keyboard.press(key)


# The questions themselves ---------------------------------------------------------------------------


DEFECTS = [
    ("unseenFocus", "style('a:focus-visible { outline: none !important }')"),
    ("unseenFocus", "style('a:focus-visible { outline: 1px solid !important }')"),
    ("unseenFocus", "style('.footer a:focus-visible { outline-color: #ddd !important }')"),
    ("unseenFocus", "style('.fold { overflow: hidden } .fold > summary:focus-visible { outline-offset: 9px !important }')"),
    ("coveredFocus", "add('<p>Cookies?</p>').style = 'position: fixed; inset: 40% 0 0; background: #ccc'"),
    ("lostText", "add('<p>Donaudampfschifffahrt</p>').style = 'inline-size: 120rem; text-align: end'"),
    ("lostText", "style('h1 { block-size: 1rem; overflow: hidden }')"),
    ("textOnText", "style('main p { margin-block-start: -3rem !important }')"),
    ("smallTargets", "add('<p><button>i</button><button>j</button></p>').style = 'font-size: 4px'"),
    ("smallTargets", "style('.menu a { min-block-size: 0; padding: 0 !important }')"),
    ("unmarkedLanguages", "add('<p>добрий день</p>')"),
    ("unmarkedLanguages", "add('<p lang=ar>Bitte rufen Sie uns an.</p>')"),
    ("unmarkedLanguages", "add('<p lang=uk>Телефон довіри (Nummer gegen Kummer)</p>')"),
    ("unmarkedLanguages", "add('<img alt=مرحبا>')"),
    ("unclearStructure", "add('<h1>Noch eine</h1>')"),
    ("unclearStructure", "add('<h2>Eine</h2><h4>zu tief</h4>')"),
    ("unclearStructure", "add('<nav>ohne Namen</nav>')"),
    ("unclearStructure", "add('irgendwo', 'body')"),
    ("linksOnlyByColour", "style('.prose a { text-decoration: none }'); add('<p class=prose>Rufen Sie <a href=/>uns</a> an.</p>')"),
    ("motion", "style('@keyframes x { to { opacity: 0 } } h1 { animation: x 9s infinite }')"),
    ("motion", "style('html { scroll-behavior: smooth }')"),
    ("weakText", "style('main p { color: #999 }')"),
    ("weakText", "style('main p { filter: brightness(.1) }')"),
    ("weakShapes", "style('input { border-color: #ccc }')"),
    ("weakShapes", "style('.icon { stroke: #ddd }')"),
    ("lostEdges", "style('input { border: 0 }')"),
]  # fmt: skip


def test_each_question_finds_what_it_is_asked_for(portal):
    portal.emulate_media(reduced_motion="reduce", forced_colors="active")
    visit(portal, "de", FOLDS)
    assert ask(portal, "lostEdges()") == []
    missed = []
    for question, defect in DEFECTS:
        portal.emulate_media(forced_colors="active" if question == "lostEdges" else "none")
        portal.evaluate(
            """defect => {
                const add = (html, place = "article") => {
                    const box = document.createElement("div");
                    box.className = "defect";
                    box.innerHTML = html;
                    document.querySelector(place).append(box);
                    return box;
                };
                const style = css => {
                    const sheet = new CSSStyleSheet();
                    sheet.replaceSync(css);
                    document.adoptedStyleSheets = [sheet];
                };
                new Function("style", "add", defect)(style, add);
            }""",
            defect,
        )
        if not ask(portal, f"{question}()"):
            missed.append((question, defect))
        portal.evaluate("document.adoptedStyleSheets = []; document.querySelector('.defect')?.remove()")
        if left := question != "lostEdges" and ask(portal, f"{question}()"):
            missed.append((question, left))
    assert missed == []


# Keyboard -------------------------------------------------------------------------------------------


def tab_stops(page, key):
    """Which of the page's controls the key reaches, by their place in the page, until it comes round."""
    count = ask(
        page,
        """(() => {
            const all = controls();
            window.stops = [];
            addEventListener("focusin", event => window.stops.push(all.indexOf(event.target)));
            return all.length;
        })()""",
    )
    for _ in range(count):
        page.keyboard.press(key)
    return count, page.evaluate("window.stops")


@BOTH_DIRECTIONS
@pytest.mark.parametrize("path", [HOME, OFFICE, FORM])
def test_tab_reaches_every_control_once_in_the_order_of_the_page_and_shift_tab_goes_back(portal, language, path):
    """K1. 2.1.1, 2.1.2, 2.4.3"""
    visit(portal, language, path)
    count, stops = tab_stops(portal, "Tab")
    assert count > 15
    assert stops == list(range(count))
    visit(portal, language, path)
    portal.locator(".footer a").last.focus()
    count, stops = tab_stops(portal, "Shift+Tab")
    assert stops == list(range(count - 2, -1, -1))


def test_tab_finds_its_way_on_a_phone_too(portal):
    """K1 at 400 %: the menu is folded, the search is a link."""
    portal.set_viewport_size(ZOOMED)
    visit(portal, "de", PUBLICATIONS)
    count, stops = tab_stops(portal, "Tab")
    assert stops == list(range(count))


@BOTH_SCHEMES
@BOTH_SIZES
def test_focus_is_seen(portal, wrong, scheme, size):
    """K2. 2.4.7, 1.4.11"""
    portal.emulate_media(color_scheme=scheme)
    portal.set_viewport_size(size)
    if scheme == "light":
        assert wrong("unseenFocus", size=size) == {}
    else:
        assert wrong_with(portal, "unseenFocus()", VARIETY) == {}
    visit(portal, "de", HOME)
    for panel in [".language-switch"] + [".menu-narrow"] * (size == ZOOMED):
        open_with_keyboard(portal, panel)
        assert ask(portal, f"unseenFocus(document.querySelector('{panel} .panel'))") == []


@BOTH_DIRECTIONS
@BOTH_SIZES
def test_focus_is_not_covered(portal, wrong, language, size):
    """K3. 2.4.11"""
    assert wrong("coveredFocus", language, size) == {}
    portal.set_viewport_size(size)
    visit(portal, language, OFFICE)
    for panel in [".language-switch"] + [".menu-narrow"] * (size == ZOOMED):
        open_with_keyboard(portal, panel)
        assert ask(portal, f"coveredFocus(document.querySelector('{panel}'))") == []


@BOTH_DIRECTIONS
@BOTH_SIZES
def test_the_skip_link_leads_into_the_content(portal, language, size):
    """K4. 2.4.1"""
    portal.set_viewport_size(size)
    visit(portal, language, FORM)
    portal.keyboard.press("Tab")
    expect(portal.locator(".skip-link")).to_be_focused()
    expect(portal.locator(".skip-link")).to_be_in_viewport()
    portal.keyboard.press("Enter")
    expect(portal.locator("main")).to_be_focused()
    assert 0 <= portal.evaluate("document.querySelector('main').getBoundingClientRect().top") < size["height"]
    portal.keyboard.press("Tab")
    assert portal.evaluate("document.activeElement.closest('main') !== null")


def expanded(page, selector):
    """What assistive technology is told."""
    session = page.context.new_cdp_session(page)
    expression = f"document.querySelector({selector!r})"
    element = session.send("Runtime.evaluate", {"expression": expression})["result"]["objectId"]
    tree = session.send("Accessibility.getPartialAXTree", {"objectId": element, "fetchRelatives": False})
    return next(p["value"]["value"] for p in tree["nodes"][0]["properties"] if p["name"] == "expanded")


@pytest.mark.parametrize(("panel", "size"), [(".language-switch", DESKTOP), (".language-switch", ZOOMED), (".menu-narrow", ZOOMED)])  # fmt: skip
def test_menu_and_language_list_open_and_close_by_keyboard_and_give_the_focus_back(portal, panel, size):
    """K5. 4.1.2"""
    portal.set_viewport_size(size)
    visit(portal, "ar", OFFICE)
    summary, links = portal.locator(f"{panel} > summary"), portal.locator(f"{panel} .panel a")
    for key in ("Enter", "Space"):
        open_with_keyboard(portal, panel, key)
        expect(links.first).to_be_visible()
        assert expanded(portal, f"{panel} > summary")
        portal.keyboard.press("Tab")
        expect(links.first).to_be_focused()
        portal.keyboard.press("Escape")
        expect(links.first).to_be_hidden()
        assert not expanded(portal, f"{panel} > summary")
        expect(summary).to_be_focused()
    summary.press("Enter")
    summary.press("Enter")
    expect(links.first).to_be_hidden()
    summary.press("Enter")
    links.last.focus()
    portal.keyboard.press("Tab")  # on to the page: the list does not lie over what has the focus
    expect(links.first).to_be_hidden()


def test_sections_unfold_by_keyboard(portal):
    """K5. 4.1.2"""
    portal.goto(f"{portal.base}/de/{FOLDS}")
    summary, text = portal.locator(".fold > summary").first, portal.locator(".fold > .prose").first
    for key in ("Enter", "Space"):
        assert not expanded(portal, ".fold > summary")
        summary.press(key)
        expect(text).to_be_visible()
        assert expanded(portal, ".fold > summary")
        summary.press(key)
        expect(text).to_be_hidden()


# Size and space -------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", ["de", "ar", "uk"])
def test_pages_reflow_at_400_percent(wrong, language):
    """R1. 1.4.10"""
    assert wrong("lostText", language, ZOOMED) == {}
    assert wrong("textOnText", language, ZOOMED) == {}


@BOTH_DIRECTIONS
def test_letters_of_twice_the_size_lose_nothing(portal, language):
    """R2. 1.4.4"""
    size = "parseFloat(getComputedStyle(document.querySelector('main p')).fontSize)"

    def enlarge():
        before = portal.evaluate(size)
        portal.evaluate("document.documentElement.style.fontSize = '200%'")
        assert portal.evaluate(size) == 2 * before

    portal.set_viewport_size({"width": 640, "height": 512})
    assert wrong_with(portal, "[...lostText(), ...textOnText()]", VARIETY, language, enlarge) == {}


SPACED = """* { line-height: 1.5 !important; letter-spacing: .12em !important; word-spacing: .16em !important }
    p { margin-block-end: 2em !important }"""


@pytest.mark.parametrize(("language", "size"), [("de", DESKTOP), ("de", ZOOMED), ("ar", ZOOMED)])
def test_a_readers_own_text_spacing_loses_nothing(portal, language, size):
    """R3. 1.4.12"""
    portal.set_viewport_size(size)
    question = "[...lostText(), ...textOnText()]"
    assert wrong_with(portal, question, VARIETY, language, lambda: style(portal, SPACED)) == {}


def test_both_orientations_show_the_same(portal):
    """R4. 1.3.4"""
    for path in (HOME, OFFICE, FORM):
        portal.set_viewport_size({"width": 640, "height": 320})
        visit(portal, "de", path)
        wide = ask(portal, "texts().map(({ text }) => text)")
        portal.set_viewport_size({"width": 320, "height": 640})
        assert ask(portal, "texts().map(({ text }) => text)") == wide
        assert ask(portal, "lostText()") == []


def test_targets_are_large_enough(portal, wrong):
    """T1. 2.5.8; what is meant for fingers 44 pixels high"""
    for size in (DESKTOP, ZOOMED):
        assert wrong("smallTargets", size=size) == {}
        portal.set_viewport_size(size)
        visit(portal, "de", EVENT)
        for panel in [".language-switch"] + [".menu-narrow"] * (size == ZOOMED):
            open_with_keyboard(portal, panel)
            assert ask(portal, "smallTargets()") == []


# The reader's own settings --------------------------------------------------------------------------


@BOTH_SCHEMES
def test_forced_colours_leave_edges_icons_and_focus(portal, scheme):
    """U1. EN 301 549 11.7"""
    portal.emulate_media(forced_colors="active", color_scheme=scheme)
    question = "[...lostEdges(), ...weakShapes(), ...weakText(), ...unseenFocus()]"
    assert wrong_with(portal, question, VARIETY) == {}


def test_a_larger_default_letter_enlarges_every_text(portal):
    """U1. EN 301 549 11.7"""
    sizes = "texts().map(({ text, element }) => [text, parseFloat(getComputedStyle(element).fontSize)])"
    session = portal.context.new_cdp_session(portal)
    for path in (HOME, OFFICE, FORM):
        session.send("Page.setFontSizes", {"fontSizes": {"standard": 16}})
        visit(portal, "de", path)
        before = dict(ask(portal, sizes))
        session.send("Page.setFontSizes", {"fontSizes": {"standard": 24}})
        visit(portal, "de", path)
        after = dict(ask(portal, sizes))
        assert {text for text in before.keys() & after.keys() if after[text] < 1.25 * before[text]} == set()
        assert len(before.keys() & after.keys()) > 30


def test_nothing_moves_for_readers_who_want_it_still(portal):
    """U2. 2.3.3"""
    portal.emulate_media(reduced_motion="reduce")
    for path in (HOME, FOLDS, FORM):
        portal.goto(f"{portal.base}/de/{path}")
        open_with_keyboard(portal, ".language-switch")
        portal.locator("main a, main summary").first.hover()
        assert ask(portal, "motion()") == []


# Language -------------------------------------------------------------------------------------------

RIGHT_TO_LEFT = {"ar", "fa", "prs", "ps", "ckb", "ur"}


@pytest.mark.parametrize("language", languages.BY_CODE)
def test_each_page_says_its_language_and_direction(running, language):
    """L1, L3. 3.1.1"""
    for path in (OFFICE, "gibt-es-nicht/"):
        html = Client().get(f"/{language}/{path}").content.decode()
        direction = "rtl" if language in RIGHT_TO_LEFT else "ltr"
        assert html.lstrip().startswith(f'<!doctype html>\n<html lang="{language}" dir="{direction}">'), path


@pytest.mark.parametrize("language", ["de", "ar", "uk"])
def test_words_of_another_language_say_so(portal, wrong, language):
    """L2. 3.1.2"""
    assert wrong("unmarkedLanguages", language, ZOOMED) == {}
    visit(portal, language, HOME)
    portal.locator(".language-switch > summary").click()
    assert ask(portal, "unmarkedLanguages()") == []
    links = portal.locator(".language-switch .panel a")
    for link in links.all():
        code = link.get_attribute("lang")
        assert link.get_attribute("dir") == ("rtl" if code in RIGHT_TO_LEFT else "ltr")
        assert link.get_attribute("hreflang") == code
    assert links.count() == len(languages.BY_CODE)


def test_text_runs_the_way_the_page_says(portal):
    """L3, as the browser lays it out."""
    for language, direction in (("ar", "rtl"), ("fa", "rtl"), ("de", "ltr")):
        portal.goto(f"{portal.base}/{language}/{OFFICE}")
        assert portal.evaluate("getComputedStyle(document.querySelector('main h1')).direction") == direction
        heading, main = portal.locator("h1").bounding_box(), portal.locator("main").bounding_box()
        assert (portal.locator(".brand").bounding_box()["x"] > 640) == (direction == "rtl")
        assert heading["width"] <= main["width"]


# Forms ----------------------------------------------------------------------------------------------


def accessible_names(page):
    """Of each control: what is written on or beside it, and what assistive technology calls it."""
    session = page.context.new_cdp_session(page)
    visible = ask(
        page,
        """(window.all = controls()).map(control => {
            const text = control.labels?.length ? control.labels[0].innerText : control.innerText || control.querySelector("img")?.alt || "";
            return text.trim().replace(/\\s+/g, " ");
        })""",
    )
    for i, text in enumerate(visible):
        element = session.send("Runtime.evaluate", {"expression": f"window.all[{i}]"})["result"]["objectId"]
        tree = session.send("Accessibility.getPartialAXTree", {"objectId": element, "fetchRelatives": False})
        yield text, " ".join(tree["nodes"][0]["name"]["value"].split())


@pytest.mark.parametrize(("language", "path"), [("de", FORM), ("ar", FORM), ("de", PUBLICATIONS), ("ar", HOME)])
def test_what_is_written_on_a_control_is_its_name(portal, language, path):
    """F1. 1.3.1, 2.5.3, 3.3.2"""
    visit(portal, language, path)
    names = list(accessible_names(portal))
    assert len(names) > 15
    assert [(text, name) for text, name in names if not text or text not in name] == []
    fields = ask(portal, "controls(document.querySelector('main')).filter(c => c.matches('input, select, textarea'))"
                 ".map(field => field.labels.length == 1 && shown(field.labels[0]))")  # fmt: skip
    assert fields
    assert all(fields)


def send(page):
    """Sends the form of the page as a person would: not in its first two seconds."""
    page.evaluate("stamp => document.querySelector('[name=stamp]').value = stamp", stamp(minutes_ago=1))
    page.locator("form.form button").click()


def stamp(minutes_ago):
    shown = time.time() - 60 * minutes_ago
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(time, "time", lambda: shown)
        form_id = f"00000000-0000-4000-8000-{int(shown * 1000) % 10**12:012}"
        return signing.dumps([form_id, int(shown)], salt=f"form:{BarrierReportForm.__name__}")


@pytest.mark.parametrize(("language", "error"), [("de", "Fehler: "), ("ar", "خطأ: ")])
def test_mistakes_are_named_found_and_mendable(portal, language, error):
    """F2, F3. 3.3.1, 3.3.3: told in the title, at the top and at the field, in the reader's language"""
    portal.goto(f"{portal.base}/{language}/{FORM}")
    assert not portal.title().startswith(error)
    portal.fill("#id_name", "Olena")
    portal.fill("#id_email", "olena(at)example")
    send(portal)
    summary = portal.locator("#fehler")
    expect(summary).to_be_focused()
    expect(summary).to_be_in_viewport()
    assert summary.get_attribute("role") == "alert"
    assert portal.title().startswith(error)
    links = summary.locator("a")
    expect(links).to_have_count(2)
    for link, field in zip(links.all(), ("#id_message", "#id_email"), strict=True):
        portal.keyboard.press("Tab")
        expect(link).to_be_focused()
        message = link.inner_text()
        portal.keyboard.press("Enter")
        expect(portal.locator(field)).to_be_focused()
        assert portal.locator(field).get_attribute("aria-invalid") == "true"
        descriptions = portal.evaluate(
            "field => document.querySelector(field).getAttribute('aria-describedby').split(' ')"
            ".map(id => document.getElementById(id).innerText.trim())",
            field,
        )
        assert message.strip() in descriptions
        summary.focus()
        if field == "#id_message":
            portal.keyboard.press("Tab")
    assert "name@example.org" in message
    assert bool(re.search("[\u0600-\u06ff]", message)) == (language == "ar")
    assert portal.locator("[aria-invalid=true]").count() == 2
    assert (portal.input_value("#id_name"), portal.input_value("#id_email")) == ("Olena", "olena(at)example")
    assert ask(portal, "[...weakText(), ...weakShapes(), ...unclearStructure(), ...unmarkedLanguages()]") == []


PURPOSES = {
    "name": "name",
    "first_name": "given-name",
    "last_name": "family-name",
    "email": "email",
    "phone": "tel",
    "street": "street-address",
    "postal_code": "postal-code",
    "city": "address-level2",
}


def test_fields_about_oneself_are_filled_in_by_the_browser(portal):
    """F4. 1.3.5"""
    portal.goto(f"{portal.base}/de/{FORM}")
    found = portal.evaluate(
        "[...document.querySelector('form.form').elements].map(e => [e.name, e.autocomplete, e.type])"
    )
    own = {name: (autocomplete, kind) for name, autocomplete, kind in found if name in PURPOSES}
    assert {name: autocomplete for name, (autocomplete, _) in own.items()} == {name: PURPOSES[name] for name in own}
    assert own.keys() == {"name", "email"}
    assert own["email"][1] == "email"


def test_nothing_is_asked_twice_and_everything_can_be_changed(portal):
    """F5. 3.3.4, 3.3.7"""
    portal.goto(f"{portal.base}/de/{OFFICE}")
    portal.locator(f".footer a[href*='{FORM}']").click()
    expect(portal.locator("#id_page")).to_have_value(f"/de/{OFFICE}")  # the portal knows where one comes from
    labels = portal.locator("form.form .field label").all_inner_texts()
    assert len(labels) == len(set(labels)) == 4
    portal.fill("#id_message", "Zu klein.")
    portal.fill("#id_email", "falsch")
    send(portal)
    expect(portal.locator("#id_message")).to_have_value("Zu klein.")
    expect(portal.locator("#id_page")).to_have_value(f"/de/{OFFICE}")
    for field in portal.locator("form.form .field :is(input, textarea)").all():
        expect(field).to_be_editable()


@BOTH_DIRECTIONS
def test_what_has_happened_is_said_without_moving_the_focus(portal, language):
    """F6. 4.1.3"""
    portal.goto(f"{portal.base}/{language}/{FORM}")
    portal.fill("#id_message", f"Zu klein. {language}")
    send(portal)
    expect(portal).to_have_url(re.compile(r"/danke/B-\d{4}-\w{6}/$"))
    expect(portal.locator("[role=status]")).to_contain_text(portal.url.split("/")[-2])
    assert portal.evaluate("document.activeElement === document.body")


def test_nobody_has_to_solve_a_riddle(portal):
    """F7. 1.1.1, 3.3.8: only the form's own fields are asked, and text may be pasted into each"""
    portal.goto(f"{portal.base}/de/{FORM}")
    fields = portal.locator("form.form .field :is(input, select, textarea)")
    assert fields.evaluate_all("all => all.map(field => field.name)") == ["message", "page", "name", "email"]
    assert portal.locator("main :is(img, iframe, canvas, audio, object)").count() == 0
    portal.fill("#id_email", "olena@example.org")
    portal.locator("#id_email").press("Control+a")
    portal.locator("#id_email").press("Control+c")
    for field in fields.all():
        field.fill("")
        field.press("Control+v")
        expect(field).to_have_value("olena@example.org")


def test_the_staff_login_takes_a_pasted_password(portal):
    """F7. 3.3.8"""
    staff("zwischenablage", EDITORS)
    portal.goto(f"{portal.base}/admin/login/")
    username, password = portal.locator("#id_username"), portal.locator("#id_password")
    assert username.get_attribute("autocomplete") == "username"
    assert password.get_attribute("autocomplete") == "current-password"
    assert portal.locator("form :is(img, iframe, canvas)").count() == 0
    username.fill("ein-langes-Passwort")
    username.press("Control+a")
    username.press("Control+c")
    password.press("Control+v")
    expect(password).to_have_value("ein-langes-Passwort")
    username.fill("zwischenablage")
    password.press("Enter")
    expect(portal.locator("#id_code")).to_have_attribute("autocomplete", "one-time-code")


def test_a_form_left_open_for_an_hour_is_taken(portal):
    """F8. 2.2.1"""
    portal.goto(f"{portal.base}/de/{FORM}")
    portal.fill("#id_message", "Ich brauchte eine Stunde dafür.")
    old = stamp(minutes_ago=60)
    portal.evaluate("stamp => document.querySelector('[name=stamp]').value = stamp", old)
    portal.locator("form.form button").click()
    expect(portal).to_have_url(re.compile(r"/danke/"))
    assert BarrierReport.objects.filter(message="Ich brauchte eine Stunde dafür.").exists()


def test_nothing_happens_by_looking_or_choosing(portal):
    """F9. 3.2.1, 3.2.2: no page changes before its button is pressed"""
    visit(portal, "de", PUBLICATIONS)
    portal.evaluate("window.same = true")
    ask(portal, "controls().forEach(control => control.focus())")
    for select in portal.locator("main select").all():
        values = select.locator("option").evaluate_all("all => all.map(option => option.value)")
        select.focus()
        portal.keyboard.press("ArrowDown")
        expect(select).to_have_value(values[1])
    portal.wait_for_timeout(300)
    assert portal.evaluate("window.same")
    assert portal.url == f"{portal.base}/de/{PUBLICATIONS}"
    portal.locator("main form button").click()
    expect(portal).to_have_url(re.compile(r"\?"))
    # Languages are links, and no list that jumps.
    assert portal.locator("header select").count() == 0


# Structure ------------------------------------------------------------------------------------------


@BOTH_SIZES
def test_headings_and_landmarks_make_an_outline(portal, wrong, size):
    """S1. 1.3.1, 2.4.6"""
    assert wrong("unclearStructure", size=size) == {}
    portal.set_viewport_size(size)
    visit(portal, "ar", HOME)
    open_with_keyboard(portal, ".language-switch")
    assert ask(portal, "unclearStructure()") == []


@functools.cache
def pages_linked_from_home(language):
    """In German all there are, else a few of a kind."""
    found = crawl(Client(), language, entries=1000 if language == "de" else 10, of_one_kind=10)
    return {path: response for path, response, page in found if page}


LETTERS = {"de": r"[A-Za-zÄÖÜäöüß]", "ar": "[\u0600-\u06ff]"}


@BOTH_DIRECTIONS
def test_every_page_has_a_title_of_its_own_in_its_language(running, language):
    """S2. 2.4.2"""
    titles, portal_name = {}, None
    for response in pages_linked_from_home(language).values():
        match = response.resolver_match
        this = match.func, tuple(match.kwargs.items()), response.wsgi_request.GET.get("page", "1")
        title, portal_name = re.search("<title>(.*?) – ([^–]*?)</title>", response.content.decode(), re.S).groups()
        assert re.search(LETTERS[language], title), title
        titles.setdefault((title, portal_name), set()).add(this)
    assert len(titles) > 30
    assert {name for _, name in titles} == {portal_name}
    assert re.search(LETTERS[language], portal_name)
    assert [title for title, pages in titles.items() if len(pages) > 1] == []


def test_there_is_more_than_one_way_to_every_page(running):
    """S3. 2.4.5: by links from the start page, by the search, and by the sitemap; the menu is on each page"""
    client = Client()
    sitemap = set(re.findall("<loc>http://testserver(/de/[^<]*)</loc>", client.get("/sitemap.xml").content.decode()))
    assert len(sitemap) > 30
    assert sitemap <= pages_linked_from_home("de").keys()
    for path in PAGES:
        html = client.get(f"/de/{path}").content.decode()
        assert html.count('role="search"') == 1, path
        assert 'class="tool search-link" href="/de/suche/"' in html, path
        menu = re.search('<nav class="menu menu-wide.*?</nav>', html, re.S)[0]
        for section in ("stellen", "projekte", "veroeffentlichungen", "veranstaltungen"):
            assert f'href="/de/{section}/"' in menu, path


def test_links_amid_text_are_underlined(wrong):
    """S4. 1.4.1"""
    assert wrong("linksOnlyByColour") == {}


@BOTH_SCHEMES
def test_borders_icons_and_text_stand_out_in_every_state(portal, scheme):
    """S5. 1.4.3, 1.4.11: at rest, under the pointer, with the focus, pressed; visited links look as others do"""
    portal.emulate_media(color_scheme=scheme)
    session = portal.context.new_cdp_session(portal)
    for command in ("DOM.enable", "CSS.enable"):
        session.send(command)
    found = {}
    for path in VARIETY:
        visit(portal, "de", path)
        portal.evaluate("document.querySelector('.language-switch').open = true")
        root = session.send("DOM.getDocument")["root"]["nodeId"]
        controls = session.send("DOM.querySelectorAll", {"nodeId": root, "selector": "a, button, summary, input, select, textarea, .tile, .card"})  # fmt: skip
        for state in ([], ["hover", "active"], ["focus", "focus-visible"]):
            for node in controls["nodeIds"]:
                session.send("CSS.forcePseudoState", {"nodeId": node, "forcedPseudoClasses": state})
            if problems := ask(portal, "[...weakText(), ...weakShapes()]"):
                found[path, *state] = problems
    assert found == {}
    rules = "[...document.styleSheets].flatMap(sheet => [...sheet.cssRules]).filter(rule => rule.cssText.includes(':visited')).length"
    assert portal.evaluate(rules) == 0


AROUND = """[...document.querySelectorAll("body > .skip-link, header a, header summary, footer a")].map(element =>
    element.hreflang || element.getAttribute("href")?.replace(/\\?.*/, "") || element.parentElement.className)"""


@BOTH_DIRECTIONS
def test_menu_help_and_contact_have_the_same_place_everywhere(portal, language):
    """S6. 3.2.3, 3.2.4, 3.2.6"""
    orders = {}
    for path in (*PAGES, "impressum/", "gibt-es-nicht/"):
        portal.goto(f"{portal.base}/{language}/{path}")
        orders[path] = portal.evaluate(AROUND)
    order = orders[HOME]
    assert {path for path in orders if orders[path] != order} == set()
    tel, mail = (next(i for i, x in enumerate(order) if x.startswith(kind)) for kind in ("tel:", "mailto:"))
    assert order[0] == "#inhalt"
    assert order.index("#kontakt-unten") < tel < mail < order.index(f"/{language}/{FORM}")


def test_everything_works_without_javascript(running, browser):
    """S7: reading, languages, menu, folding, filter, form"""
    language = "ar"
    context = browser.new_context(viewport={"width": 360, "height": 740}, java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{running.url}/{language}/")
    page.locator(".menu-narrow > summary").click()
    with page.expect_navigation():
        page.locator(f".menu-narrow a[href='/{language}/{PUBLICATIONS}']").click()
    everything = page.locator("main .publication").count()
    kind = page.locator("main select").first
    kind.select_option(index=1)
    with page.expect_navigation(url=re.compile(r"/veroeffentlichungen/\?")):
        page.locator("main form.filter button").click()
    assert 0 < page.locator("main .publication").count() < everything

    page.goto(f"{running.url}/{language}/{FOLDS}")
    expect(page.locator(".fold > .prose").first).to_be_hidden()
    page.locator(".fold > summary").first.click()
    expect(page.locator(".fold > .prose").first).to_be_visible()
    page.locator(".language-switch > summary").click()
    page.locator(".language-switch a[lang=uk]").click()
    expect(page).to_have_url(f"{running.url}/uk/{FOLDS}")

    page.goto(f"{running.url}/{language}/{FORM}")
    page.locator("form.form button").click()
    expect(page.locator("#fehler a")).to_have_count(1)
    page.fill("#id_message", "Ohne JavaScript.")
    page.wait_for_timeout(2100)  # a person needs longer than a robot
    page.locator("form.form button").click()
    expect(page).to_have_url(re.compile(r"/danke/"))
    expect(page.locator("[role=status]")).to_be_visible()
    context.close()


@BOTH_SIZES
def test_easy_language_is_two_steps_from_the_start_page(portal, size):
    """S8. EN 301 549 5.2"""
    portal.set_viewport_size(size)
    portal.goto(f"{portal.base}/de/")
    expect(portal.locator(".language-switch > summary")).to_be_in_viewport()
    open_with_keyboard(portal, ".language-switch")
    link = portal.get_by_role("link", name="Leichte Sprache", exact=True).first
    link.focus()
    expect(link).to_be_in_viewport()
    portal.keyboard.press("Enter")
    expect(portal).to_have_url(f"{portal.base}/de-simple/")
    expect(portal.locator("html")).to_have_attribute("lang", "de-simple")
