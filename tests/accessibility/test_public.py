"""Every page residents see, in left-to-right and right-to-left languages, looked at by four checkers."""

from unittest import mock

import pytest
from django.test.signals import template_rendered
from django.urls import URLResolver, get_resolver, resolve
from django.utils import translation

from portal import settings
from portal.forms import BarrierReportForm
from tests.accessibility.conftest import DARK, DESKTOP, FORCED, LIGHT, NARROW

LANGUAGES = ["de", "de-simple", "uk", "ar", "fa"]


def as_it_is(page):
    """Folded sections are opened: that shows all a closed one shows, and more."""
    page.locator("main details").evaluate_all("all => all.forEach((details) => { details.open = true })")


def with_open_header(page):
    page.locator("header details").evaluate_all("all => all.forEach((details) => { details.open = true })")


def sent_empty(page):
    with page.expect_navigation():
        page.locator("main form[method=post]").evaluate("form => { form.noValidate = true; form.submit() }")


def sent_too_often(page):
    page.locator("#id_message").fill("Das Schaubild kann ich nicht lesen.")
    with mock.patch.multiple(BarrierReportForm, MIN_SECONDS=-1, PER_HOUR=0):
        sent_empty(page)


# What it is: path, state, status. A new page belongs here; two tests below miss it otherwise.
PAGES = {
    "home": ("", as_it_is, 200),
    "home, menus open": ("", with_open_header, 200),
    "page": ("beratung/", as_it_is, 200),
    "page with folding sections": ("notfall/", as_it_is, 200),
    "page with pages below": ("ankommen/", as_it_is, 200),
    "page below a page": ("deutsch-lernen/", as_it_is, 200),
    "offices": ("stellen/", as_it_is, 200),
    "office with diagram": ("stellen/koordinierungsstelle/", as_it_is, 200),
    "office without": ("stellen/fachstelle-integration/", as_it_is, 200),
    "projects": ("projekte/", as_it_is, 200),
    "project": ("projekte/sprachcafes/", as_it_is, 200),
    "publications": ("veroeffentlichungen/", as_it_is, 200),
    "publications, none found": ("veroeffentlichungen/?year=1900", as_it_is, 200),
    "publication with files": ("veroeffentlichungen/willkommen-in-musterland/", as_it_is, 200),
    "events": ("veranstaltungen/", as_it_is, 200),
    "past events": ("veranstaltungen/archiv/", as_it_is, 200),
    "event": ("veranstaltungen/tage-der-begegnung/", as_it_is, 200),
    "legal notice": ("impressum/", as_it_is, 200),
    "privacy": ("datenschutz/", as_it_is, 200),
    "accessibility statement": ("barrierefreiheit/", as_it_is, 200),
    "barrier form": ("barriere-melden/", as_it_is, 200),
    "barrier form with errors": ("barriere-melden/", sent_empty, 400),
    "barrier form sent too often": ("barriere-melden/", sent_too_often, 429),
    "thanks": ("barriere-melden/danke/B-2026-0A1B2C/", as_it_is, 200),
    "not found": ("gibt-es-nicht/", as_it_is, 404),
    "bad request": ("fehler/400/", as_it_is, 400),
    "forbidden": ("fehler/403/", as_it_is, 403),
    "form expired": ("fehler/abgelaufen/", as_it_is, 403),
    "broken": ("fehler/500/", as_it_is, 500),
    "unavailable": ("fehler/503/", as_it_is, 503),
}

# Addresses that answer with something else than a page.
NOT_PAGES = {
    "admin",  # test_admin.py
    "choose_language", "short",  # lead on
    "logo", "colour_css", "diagram", "file",  # files
    "sitemap", "robots", "security_txt", "healthz",  # for machines
    "EventFeed", "PublicationFeed", "ics", "ics_feed", "uploaded",
}  # fmt: skip


def go(page, name, language):
    path, state, status = PAGES[name]
    page.goto(f"{page.base}/{language}/{path}")
    state(page)
    assert page.document.status == status


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", PAGES)
def test_page(portal, inspect, name, language):
    go(portal, name, language)
    inspect([DESKTOP, NARROW], [LIGHT, DARK, FORCED])
