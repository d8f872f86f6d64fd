"""What can be seen of the home page and the search in the demo county only: it is loaded once for all of this file."""

import gzip
import re

import pytest
from django.core.management import call_command

from portal import languages
from tests.test_search import addresses, found, page_of, status

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def indexed(loaded_musterland, django_db_blocker):
    """As after the commit, which never comes here."""
    with django_db_blocker.unblock():
        call_command("rebuild_search", verbosity=0)


@pytest.fixture
def searchable(indexed, musterland):
    pass


@pytest.mark.parametrize("language", ["de", "ar"])
def test_the_first_visit_is_light(client, musterland, language):
    """Bytes on the line, compressed: an old phone on a slow network is who comes."""
    response = client.get(f"/{language}/", headers={"accept-encoding": "gzip"})
    assert response["Content-Encoding"] == "gzip"
    html = gzip.decompress(response.content).decode()
    assert len(html.encode()) <= 25 * 1024
    assert len(response.content) <= 7_000
    assert "@font-face" not in html
    loaded = re.findall(r'<(?:link rel="stylesheet" href|img src|script src)="([^"]+)"', html)
    assert len(loaded) <= 2  # the style sheet and the logo
    sheet = client.get(loaded[0], headers={"accept-encoding": "gzip"})
    assert len(sheet.content) <= 8 * 1024
    script = re.search(r'<script type="module">(.*?)</script>', html, re.S)[1]
    assert len(script) <= 1024


def test_uploads_are_handed_out_as_they_are(client, musterland):
    response = client.get("/logo", headers={"accept-encoding": "gzip"})
    assert "Content-Encoding" not in response


def test_the_example_is_found_in_all_languages(client, searchable):
    for language, text, slug in [
        ("de", "Auslaenderbehoerde", "aufenthalt"), ("de", "schulen", "kita-schule"), ("de-simple", "Hausarzt", "gesundheit"),
        ("en", "schools", "kita-schule"), ("uk", "школ", "kita-schule"), ("uk", "здоровя", "gesundheit"),
        ("ru", "школы", "kita-schule"), ("ar", "المدرسه", "kita-schule"), ("ar", "اقامه", "aufenthalt"),
        ("fa", "مدرسه", "kita-schule"), ("fa", "كودك", "kita-schule"), ("tr", "saglik", "gesundheit"),
        ("tr", "cocuklar", "kita-schule"), ("kmr", "tendurısti", "gesundheit"), ("ro", "scoala", "kita-schule"),
        ("pl", "szkola", "kita-schule"), ("fr", "ecoles", "kita-schule"), ("ar", "حماية البيانات", "datenschutz"),
        ("de", "Datenschutz", "datenschutz"), ("de", "Impressum", "impressum"), ("de", "Barriere", "barriere-melden"),
        ("en", "accessibility", "barrierefreiheit"),
    ]:  # fmt: skip
        assert f"/{language}/{slug}/" in addresses(client, text, language), (language, text)
    for language in languages.BY_CODE:
        for text in ("Kurs", "Integrationskurse", "Deutsch"):
            assert f"/{language}/deutsch-lernen/" in addresses(client, text, language), (language, text)
        assert f"/{language}/stellen/integrationslotsen/" in addresses(client, "Lotsin", language), language


def test_results_are_grouped_the_kind_with_the_best_first(client, searchable):
    html = page_of(client, "Integrationsbericht")
    assert re.findall(r'<h2 id="treffer-\d">(\S+) <', html) == ["Veröffentlichungen"]
    assert found(client, "Integrationsbericht") == [
        "Integrationsbericht 2022", "Integrationsbericht 2023", "Integrationsbericht 2024/2025"
    ]  # fmt: skip
    assert status(html).strip() == "3 Treffer für „Integrationsbericht“"
    assert "<title>3 Treffer für „Integrationsbericht“ – Suche –" in html
    assert re.findall(r'<h2 id="treffer-\d">(\S+) <', page_of(client, "Kurs")) == [
        "Wegweiser", "Veranstaltungen", "Seiten", "Stellen", "Projekte", "Veröffentlichungen"
    ]  # fmt: skip
