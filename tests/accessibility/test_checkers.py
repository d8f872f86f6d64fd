"""Each checker proves that it can fail: pages with defects put in on purpose, each found by the checker named."""

import pytest

from tests.accessibility import checkers
from tests.accessibility.conftest import DARK, DESKTOP, FORCED, LIGHT, NARROW

SOUND = """<!doctype html>
<html lang="de">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Eine Seite</title>
<style>
  body { background: #fff; color: #000; font: 16px/1.5 sans-serif }
  @media (prefers-color-scheme: dark) { body { background: #000; color: #fff } }
</style>
</head>
<body>
<header><p>Portal</p></header>
<main><h1>Überschrift</h1><p>Ein Absatz.</p>HERE</main>
<footer><p>Kontakt</p></footer>
</body>
</html>
"""
AXE, HTMLCS, IBM = checkers.axe, checkers.htmlcs, checkers.ibm


@pytest.fixture
def page(window):
    window.goto("about:blank")
    window.set_viewport_size(DESKTOP)
    window.emulate_media(**LIGHT)
    return window


def opened(page, before="", after=""):
    html = SOUND.replace(before, after) if before else SOUND.replace("HERE", after)
    page.set_content(html.replace("HERE", ""))
    checkers.load(page)
    return page


def test_a_sound_page_has_no_findings(page, nu):
    opened(page)
    for scheme in (LIGHT, DARK, FORCED):
        page.emulate_media(**scheme)
        assert [*AXE(page), *HTMLCS(page), *IBM(page)] == []
    assert nu(SOUND.replace("HERE", "")) == []


@pytest.mark.parametrize(
    ("defect", "found_by"),
    [
        (
            '<img src="data:image/gif;base64,R0lGODlhAQABAAAAACw=">',
            [(AXE, "image-alt"), (HTMLCS, "H37"), (IBM, "img_alt")],
        ),
        (
            '<p style="color: #bbb; background: #fff">Zu blass</p>',
            [(AXE, "color-contrast"), (HTMLCS, "G18"), (IBM, "text_contrast")],
        ),
        ("<form><input name=a></form>", [(AXE, "label"), (HTMLCS, "F68"), (IBM, "input_label_exists")]),
        ('<p><a href="/"></a></p>', [(AXE, "link-name"), (HTMLCS, "A.NoContent"), (IBM, "a_text_purpose")]),
        ('<p lang="xx-yy-zz-qq">Wort</p>', [(AXE, "valid-lang"), (IBM, "element_lang_valid")]),
        ('<div aria-hidden="true"><button>Los</button></div>', [(AXE, "aria-hidden-focus"), (IBM, "aria_hidden")]),
        ("<h4>Zu tief</h4>", [(AXE, "heading-order")]),
        ('<p id="a">A</p><p id="a">B</p>', [(HTMLCS, "F77"), (IBM, "element_id_unique")]),
        (
            '<p><button style="width: 10px; height: 10px; padding: 0">x</button><button '
            'style="width: 10px; height: 10px; padding: 0">y</button></p>',
            [(AXE, "target-size"), (IBM, "target_spacing")],
        ),
        ("<fieldset><label>A <input></label></fieldset>", [(HTMLCS, "H71"), (IBM, "fieldset_label")]),
        (
            '<div style="overflow: auto; height: 30px"><p>Eins</p><p>Zwei</p><p>Drei</p></div>',
            [(AXE, "scrollable-region-focusable")],
        ),
    ],
)
def test_a_defect_is_found(page, defect, found_by):
    opened(page, after=defect)
    for checker, rule in found_by:
        findings = checker(page)
        assert [f for f in findings if rule in f], (rule, findings)


@pytest.mark.parametrize(
    ("sound", "defect", "found_by"),
    [
        (
            "<title>Eine Seite</title>",
            "<title></title>",
            [(AXE, "document-title"), (HTMLCS, "H25"), (IBM, "page_title")],
        ),
        ('<html lang="de">', "<html>", [(AXE, "html-has-lang"), (HTMLCS, "H57"), (IBM, "html_lang_exists")]),
        ('<html lang="de">', '<html lang="klingonisch">', [(AXE, "html-lang-valid"), (IBM, "html_lang_valid")]),
        ("<main>", "<div>", [(AXE, "landmark-one-main"), (IBM, "aria_content_in_landmark")]),
    ],
)
def test_a_defect_of_the_whole_page_is_found(page, sound, defect, found_by):
    opened(page, sound, defect)
    for checker, rule in found_by:
        findings = checker(page)
        assert [f for f in findings if rule in f], (rule, findings)


@pytest.mark.parametrize(
    ("scheme", "css"),
    [
        (DARK, "@media (prefers-color-scheme: dark) { p { color: #333 } }"),
        (FORCED, "@media (forced-colors: active) { p { forced-color-adjust: none; color: #ccc } }"),
    ],
)
def test_a_contrast_lost_in_one_scheme_only_is_found_when_only_colours_are_asked_about(page, scheme, css):
    opened(page, "</style>", f"{css}</style>")
    page.emulate_media(**LIGHT)
    assert [*AXE(page), *IBM(page), *HTMLCS(page)] == []
    page.emulate_media(**scheme)
    assert [f for f in AXE(page, "colours") if "color-contrast" in f]
    assert [f for f in IBM(page, "colours") if "text_contrast" in f]


@pytest.mark.parametrize("rule", [*checkers.ASKED_BY_IBM, *checkers.SOMETIMES_ASKED_BY_IBM])
def test_a_rule_that_is_left_out_could_only_ask(rule):
    (text,) = (text for text in checkers.IBM.split('{id:"') if text.startswith(f'{rule}",'))
    assert ("RuleFail" in text) == (rule in checkers.SOMETIMES_ASKED_BY_IBM)


def test_what_is_wrong_on_narrow_screens_only_is_found(page):
    opened(page, "</style>", "p { overflow: auto } @media (width < 400px) { h1 { display: none } }</style>")
    assert AXE(page) == []
    page.set_viewport_size(NARROW)
    assert [f for f in AXE(page) if "page-has-heading-one" in f]


@pytest.mark.parametrize(
    ("defect", "message"),
    [
        ("<p><div>Kein Absatz</div></p>", "No “p” element in scope"),
        ("<ul><p>Kein Punkt</p></ul>", "Element “p” not allowed as child"),
        ('<img src="a.png">', "“alt”"),
        ('<p id="a">A</p><p id="a">B</p>', "Duplicate ID “a”"),
        ('<label for="nichts">A</label>', "“for” attribute"),
        ('<ul role="list"><li>A</li></ul>', "unnecessary"),
        ("<center>Alt</center>", "obsolete"),
    ],
)
def test_wrong_html_is_found(nu, defect, message):
    assert message in "\n".join(nu(SOUND.replace("HERE", defect)))


@pytest.mark.parametrize(
    ("colour", "scheme"), [("light-dark(#000, #333)", "dark"), ("light-dark(#ccc, #fff)", "light")]
)
def test_colours_that_have_passed_are_asked_about_once_and_any_other_is_found(
    running, portal, inspect, monkeypatch, colour, scheme
):
    asked = []
    monkeypatch.setattr(
        checkers, "axe", lambda page, rules="all", kinds=None: asked.append(rules) or AXE(page, rules, kinds)
    )
    for path in ("impressum/", "datenschutz/", "impressum/"):
        asked.clear()
        portal.goto(f"{portal.base}/de/{path}")
        inspect((NARROW, [LIGHT, DARK]))
    assert asked == ["others"]
    portal.evaluate("colour => { document.querySelector('main h1').style.color = colour }", colour)
    with pytest.raises(pytest.fail.Exception, match=rf"(?s)axe color-contrast: <h1.*at 320 px {scheme}"):
        inspect((NARROW, [LIGHT, DARK]))


def test_findings_say_where_they_are(running, portal, inspect):
    portal.goto(f"{portal.base}/de/")
    portal.evaluate("document.querySelector('main').insertAdjacentHTML('beforeend', '<p><img src=\"/logo\"></p>')")
    with pytest.raises(pytest.fail.Exception, match=r"(?s)/de/.*axe image-alt: <img src=./logo.>.*at 320 px dark"):
        inspect((NARROW, [DARK]))
