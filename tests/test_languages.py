import pytest
from django.utils import formats, translation
from django.utils.translation import get_language_info, ngettext
from django.utils.translation import gettext as _

from portal import languages


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("ar", "ar"), ("fa-AF", "fa"), ("prs", "fa"), ("ku", "kmr"), ("ku-TR", "kmr"), ("kmr", "kmr"), ("de-AT", "de"),
        ("de-simple", "de-simple"), ("xx", "de"), ("", "de"), (None, "de"), ("*", "de"), ("xx, uk;q=0.5, en;q=0.1", "uk"),
        ("en;q=0, ru;q=0.1", "ru"), ("AR-eg", "ar"), ("a" * 5000, "de"), ("\x00;q=é", "de"), (",;q=;;", "de"),
    ],
)  # fmt: skip
def test_the_bare_address_leads_to_the_readers_language(client, header, expected):
    headers = {} if header is None else {"accept-language": header}
    response = client.get("/", headers=headers)
    assert response.status_code == 302
    assert response["Location"] == f"/{expected}/"
    assert response["Vary"] == "Accept-Language"
    assert not response.cookies


@pytest.mark.django_db
def test_an_address_told_without_language_finds_its_page(client):
    response = client.get("/stellen/", headers={"accept-language": "tr"})
    assert (response.status_code, response["Location"]) == (302, "/tr/stellen/")
    assert response["Vary"] == "Accept-Language"
    assert client.get("/ku/stellen/")["Location"] == "/kmr/stellen/"
    assert client.get("/stellen")["Location"] == "/de/stellen/"
    # never to another host, whatever the path looks like
    assert client.get("/ku//evil.example/").status_code == 404


@pytest.mark.django_db
def test_the_switch_offers_this_page_in_every_language_by_its_own_name(client, site):
    html = client.get("/ar/veranstaltungen/?page=1").content.decode()
    for language in languages.LANGUAGES:
        direction = "rtl" if language.rtl else "ltr"
        link = f'href="/{language.code}/veranstaltungen/?page=1" lang="{language.code}" hreflang="{language.code}" dir="{direction}"'
        assert link in html
        assert f">{language.name}</a>" in html
    assert html.count('aria-current="true"') == 1


@pytest.mark.parametrize("code", languages.BY_CODE)
def test_every_language_can_be_spoken(code):
    info = get_language_info(code)
    assert info["name_local"] == languages.BY_CODE[code].name
    assert info["bidi"] == languages.BY_CODE[code].rtl
    with translation.override(code):
        assert translation.get_language_bidi() == languages.BY_CODE[code].rtl
        for number in range(200):
            assert ngettext("%(n)d Tag", "%(n)d Tage", number)
        assert _("Impressum")


@pytest.mark.parametrize("code", languages.BY_CODE)
def test_dates_are_unambiguous_and_hours_count_to_24(code):
    from datetime import datetime

    moment = datetime(2026, 3, 5, 17, 5)
    with translation.override(code):
        date = formats.date_format(moment)
        assert "2026" in date
        assert "5" in date
        assert not date.replace(" ", "").isascii() or any(letter.isalpha() for letter in date)
        assert formats.time_format(moment) == "17:05"
        assert set("0123456789") >= {c for c in date if c.isdigit()}


def test_kurmanji_speaks_for_itself_where_django_is_silent():
    from datetime import date

    with translation.override("kmr"):
        assert formats.date_format(date(2026, 5, 7)) == "7 Gulan 2026"
        assert formats.number_format(1234.5, use_l10n=True) == "1234,5"
