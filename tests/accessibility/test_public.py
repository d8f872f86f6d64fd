"""Every page residents see, in left-to-right and right-to-left languages, looked at by four checkers."""

from pathlib import Path
from unittest import mock
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.core import signing
from django.test import override_settings
from django.test.signals import template_rendered
from django.urls import URLResolver, get_resolver, resolve
from django.utils import translation

from integration.wegweiser.checks import verification
from integration.wegweiser.models import VerificationRequest
from integration.wegweiser.templatetags.wegweiser import state_in
from lotsen.company import links
from lotsen.models import LotsenSettings, Volunteer
from lotsen.sign_up import own
from lotsen.sign_up.forms import SignUpForm
from portal.forms import BarrierReportForm
from tests.accessibility.conftest import (
    ALWAYS,
    ANSWERED,
    ASKED,
    DARK,
    DESKTOP,
    FORCED,
    GOES,
    INVITED,
    LIGHT,
    MAILBOX,
    MATCHED,
    NARROW,
    OPEN,
    PAST,
    STARTED,
    TOO_LATE,
    VOLUNTEER,
    WENT,
)

LANGUAGES = ["de", "de-simple", "uk", "ar", "fa"]


def as_it_is(page):
    """Folded sections are opened: that shows all a closed one shows, and more."""
    page.locator("main details").evaluate_all("all => all.forEach((details) => { details.open = true })")


def with_open_menu(page):
    page.locator("header .menu-narrow").evaluate("menu => { menu.open = true }")


def with_open_languages(page):
    """What the open list covers cannot be clicked until it is closed, and is not judged."""
    page.locator("header .language-switch").evaluate("menu => { menu.open = true }")
    page.locator("header .menu-wide").evaluate("covered => { covered.style.visibility = 'hidden' }")


def sent_empty(page):
    with page.expect_navigation():
        page.locator("main form[method=post]").evaluate("form => { form.noValidate = true; form.submit() }")


def answered_nothing(page):
    sent_empty(page)
    as_it_is(page)


def sent_too_often(page):
    page.locator("#id_message").fill("Das Schaubild kann ich nicht lesen.")
    with mock.patch.multiple(BarrierReportForm, MIN_SECONDS=-1, PER_HOUR=0):
        sent_empty(page)


def answered_wrongly(page):
    as_it_is(page)
    page.locator("textarea[name$=languages]").fill("Klingonisch")
    sent_empty(page)
    as_it_is(page)


def link(pk, expires_on):
    """As in a mail to an organization."""
    request = VerificationRequest(pk=pk, expires_on=expires_on, sent_to="verein@example.org")
    return f"wegweiser/pruefen/{verification.token(request)}/"


def filled_in(page):
    """As far as the page on which one looks over everything."""
    page.locator("#id_name").fill("Frau Beispiel")
    page.locator("#id_phone").fill("030 23125-100")
    page.locator("#id_home").select_option(index=1)
    page.locator("#id_spoken_0").select_option("ar")
    page.locator("#id_level_0").select_option("B2")
    for box in ("#id_adult", "#id_acknowledged"):
        page.locator(box).check()
    with mock.patch.object(SignUpForm, "MIN_SECONDS", -1), page.expect_navigation():
        page.locator("main form [value=review]").last.click()


def while_closed(page):
    with mock.patch.object(LotsenSettings, "current", lambda: LotsenSettings(sign_up_open=False)):
        page.reload()


def invitation(pk):
    return f"lotsen/einladung/{signing.dumps(pk, salt=links.INVITATION)}/"


def request(pk):
    return f"lotsen/anfrage/{signing.dumps(pk.hex, salt=links.REQUEST)}/"


def own_page():
    return (
        f"lotsen/meine-angaben/{signing.dumps([VOLUNTEER.hex, own.mailbox(Volunteer(email=MAILBOX))], salt=own.SALT)}/"
    )


def for_developers(page):
    with override_settings(DEBUG=True):
        page.reload()


# What it is: path, state, status. A new page belongs here; two tests below miss it otherwise.
PAGES = {
    "home": ("", as_it_is, 200),
    "home, menu open": ("", with_open_menu, 200),
    "home, languages open": ("", with_open_languages, 200),
    "page": ("beratung/", as_it_is, 200),
    "page with folding sections": ("notfall/", as_it_is, 200),
    "page, pages below": ("ankommen/", as_it_is, 200),
    "page, below a page": ("deutsch-lernen/", as_it_is, 200),
    "offices": ("stellen/", as_it_is, 200),
    "office with diagram": ("stellen/koordinierungsstelle/", as_it_is, 200),
    "office, without diagram": ("stellen/fachstelle-integration/", as_it_is, 200),
    "projects": ("projekte/", as_it_is, 200),
    "project": ("projekte/sprachcafes/", as_it_is, 200),
    "publications": ("veroeffentlichungen/", as_it_is, 200),
    "publications, none found": ("veroeffentlichungen/?year=1900", as_it_is, 200),
    "publication with files": ("veroeffentlichungen/willkommen-in-musterland/", as_it_is, 200),
    "events": ("veranstaltungen/", as_it_is, 200),
    "past events": ("veranstaltungen/archiv/", as_it_is, 200),
    "event": ("veranstaltungen/tage-der-begegnung/", as_it_is, 200),
    "directory": ("wegweiser/", as_it_is, 200),
    "directory, filtered": ("wegweiser/?place=auenbrueck&topic=nirgends", as_it_is, 200),
    "directory, nothing found": ("wegweiser/?q=xyzzy", as_it_is, 200),
    "directory entry": ("wegweiser/auslaenderbehoerde/", as_it_is, 200),
    "directory entry, three places": ("wegweiser/familienberatung/", as_it_is, 200),
    "directory entry, by phone": ("wegweiser/frauenhaus/", as_it_is, 200),
    "directory entry, once a month": ("wegweiser/gesundheitsberatung/", as_it_is, 200),
    "hint form": ("wegweiser/auslaenderbehoerde/fehler-melden/", as_it_is, 200),
    "hint form with errors": ("wegweiser/auslaenderbehoerde/fehler-melden/", sent_empty, 400),
    "hint form, thanks": ("wegweiser/auslaenderbehoerde/fehler-melden/danke/", as_it_is, 200),
    "search": ("suche/", as_it_is, 200),
    "search, found": ("suche/?q=kurs", as_it_is, 200),
    "search, nothing found": ("suche/?q=xyzzy", as_it_is, 200),
    "components": ("bausteine/", for_developers, 200),
    "legal notice": ("impressum/", as_it_is, 200),
    "privacy": ("datenschutz/", as_it_is, 200),
    "accessibility statement": ("barrierefreiheit/", as_it_is, 200),
    "barrier form": ("barriere-melden/", as_it_is, 200),
    "barrier form with errors": ("barriere-melden/", sent_empty, 400),
    "barrier form, sent too often": ("barriere-melden/", sent_too_often, 429),
    "thanks": ("barriere-melden/danke/B-2026-0A1B2C/", as_it_is, 200),
    "organization is asked": (link(ASKED, ALWAYS), as_it_is, 200),
    "organization has answered": (link(ANSWERED, ALWAYS), as_it_is, 200),
    "organization answers nothing": (link(ASKED, ALWAYS), answered_nothing, 400),
    "organization answers wrongly": (link(ASKED, ALWAYS), answered_wrongly, 400),
    "organization's link is over": (link(ASKED, PAST), as_it_is, 410),
    "organization gets a new link": (link(ASKED, PAST), sent_empty, 200),
    "organization's link is none": ("wegweiser/pruefen/unsinn/", as_it_is, 403),
    "volunteers": ("lotsen/", as_it_is, 200),
    "sign-up": ("lotsen/mitmachen/", as_it_is, 200),
    "sign-up with errors": ("lotsen/mitmachen/", answered_nothing, 400),
    "sign-up, looked over": ("lotsen/mitmachen/", filled_in, 200),
    "sign-up, closed": ("lotsen/mitmachen/", while_closed, 200),
    "sign-up, thanks": ("lotsen/mitmachen/danke/", as_it_is, 200),
    "sign-up, notice": ("lotsen/datenschutz/", as_it_is, 200),
    "company, notice": ("lotsen/datenschutz/anfrage/", as_it_is, 200),
    "sign-up, to confirm": ("lotsen/bestaetigen/offen/", as_it_is, 200),
    "sign-up, link is over": ("lotsen/bestaetigen/vorbei/", as_it_is, 410),
    "sign-up, link is none": ("lotsen/bestaetigen/unsinn/", as_it_is, 410),
    "volunteer, own page": (own_page(), as_it_is, 200),
    "volunteer, no page": ("lotsen/meine-angaben/unsinn/", as_it_is, 410),
    "company": ("lotsen/begleitung/", as_it_is, 200),
    "company with errors": ("lotsen/begleitung/", answered_nothing, 400),
    "company, thanks": ("lotsen/begleitung/danke/", as_it_is, 200),
    "invitation, open": (invitation(INVITED), as_it_is, 200),
    "invitation, accepted": (invitation(GOES), as_it_is, 200),
    "invitation, to report": (invitation(WENT), as_it_is, 200),
    "invitation, too late": (invitation(TOO_LATE), as_it_is, 410),
    "request, open": (request(OPEN), as_it_is, 200),
    "request, matched": (request(MATCHED), as_it_is, 200),
    "request, over": (request(STARTED), as_it_is, 200),
    "not found": ("gibt-es-nicht/", as_it_is, 404),
    "bad request": ("fehler/400/", as_it_is, 400),
    "forbidden": ("fehler/403/", as_it_is, 403),
    "form expired": ("fehler/abgelaufen/", as_it_is, 403),
    "broken": ("fehler/500/", as_it_is, 500),
    "unavailable": ("fehler/503/", as_it_is, 503),
}

# Addresses that answer with something else than a page: they lead on, or give files, feeds and calendars.
NO_PAGES = {
    "koordinierungsstelle/", "integrationsbeauftragte/", "stellen/<slug:slug>/schaubild/<int:pk>/",
    "veroeffentlichungen/feed.xml", "veroeffentlichungen/<slug:slug>/<slug:language>.<slug:ending>",
    "veranstaltungen/feed.xml", "veranstaltungen/kalender.ics", "veranstaltungen/<slug:slug>.ics",
    "wegweiser/wegweiser.pdf", "wegweiser/<slug:slug>.vcf", "wegweiser/<slug:slug>.ics",
    "hsds", "hsds/", "hsds/openapi.json", "hsds/profile", "hsds/profile/",
    *(f"hsds/{name}{rest}" for rest in ("/?$", "/(?P<id>[^/]+)/?$") for name in (
        "services", "organizations", "service_at_locations", "taxonomies", "taxonomy_terms"
    )),
}  # fmt: skip
NOT_FOR_RESIDENTS = {
    "", "bilder/<slug:slug>-<int:width>.webp", "logo", "gestaltung.css", "sitemap.xml", "robots.txt", "healthz", ".well-known/security.txt",
}  # fmt: skip


def of_staff(address):
    """test_admin.py looks at those."""
    return address.startswith("admin/")


def go(page, name, language):
    path, state, status = PAGES[name]
    page.goto(f"{page.base}/{language}/{path}")
    state(page)
    assert page.document.status == status


def languages_of(name):
    """The developers' page has German words whatever its language. A state of a page differs from the page by a few
    lines, and those are looked at from the left and from the right."""
    if name == "components":
        return ["de"]
    return ["de", "ar"] if "," in name or " with errors" in name or name.startswith("organization") else LANGUAGES


@pytest.mark.parametrize(
    ("name", "language"),
    [(name, language) for name in PAGES for language in languages_of(name)],
)
def test_page(portal, inspect, name, language):
    go(portal, name, language)
    # The elements that only a narrow page shows are the same in every language, and have the same colours. Longer words
    # may push them out of their places: axe and HTML_CodeSniffer see to that.
    both_directions = language in {"de", "ar"}
    narrow = [LIGHT, DARK, FORCED] if both_directions else [LIGHT]
    inspect((DESKTOP, [LIGHT, DARK, FORCED]), (NARROW, narrow), ibm_narrow=both_directions)


def routes(patterns, before=""):
    for pattern in patterns:
        route = before + str(pattern.pattern).removeprefix("^")
        if isinstance(pattern, URLResolver) and route != "admin/":
            yield from routes(pattern.url_patterns, route)
        else:
            yield route


def test_no_address_of_the_portal_is_left_out():
    with translation.override("de"):
        looked_at = {
            resolve(urlsplit(f"/de/{path}").path, "tests.accessibility.urls").route for path, _, _ in PAGES.values()
        }
        known = looked_at | {f"de/{route}" for route in NO_PAGES} | NOT_FOR_RESIDENTS
        addresses = {address for address in routes(get_resolver("portal.urls").url_patterns) if not of_staff(address)}
        assert addresses - known == set()


def test_no_template_is_left_out(portal):
    used = set()
    state_in.cache_clear()  # of the pages before

    def note(template, **kwargs):
        used.add(template.name)

    template_rendered.connect(note)
    try:
        for name in PAGES:
            go(portal, name, "de")
        portal.goto(f"{portal.base}/ar/stellen/")  # German standing in is explained there
    finally:
        template_rendered.disconnect(note)
    folder = Path(settings.TEMPLATES[0]["DIRS"][0])
    ours = {str(path.relative_to(folder)) for path in folder.rglob("*.html")}
    # test_admin.py looks at the staff's; the preview of a draft is among them.
    assert {name for name in ours - used if not name.startswith(("admin/", "accounts/"))} == set()
