"""What every public page owes its readers: language, direction, headers, addresses."""

import re

import pytest
from django.apps import apps
from django.core.management import call_command

from tests import factories
from tests.test_walk import Page, crawl

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("language", ["de", "ar"])
def test_an_empty_portal_works_too(client, language):
    for path, response, _page in crawl(client, language):
        assert response.status_code == 200, path
    for path in ("stellen", "projekte", "veroeffentlichungen", "veranstaltungen", "veranstaltungen/archiv"):
        assert client.get(f"/{language}/{path}/").status_code == 200, path


def test_reading_pages_send_the_strict_headers(client, site):
    response = client.get("/de/")
    policy = response["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "nonce" not in policy
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Cross-Origin-Resource-Policy"] == "same-origin"


def test_a_missing_translation_shows_a_notice_and_marked_german(client, site):
    factories.make_page(title_de="Nur Deutsch", slug="nur-deutsch", body_de="<p>Text</p>")
    response = client.get("/ar/nur-deutsch/")
    html = response.content.decode()
    assert response.status_code == 200
    assert '<h1><span lang="de" dir="ltr">Nur Deutsch</span></h1>' in html
    assert '<div class="prose" lang="de" dir="ltr"><p>Text</p></div>' in html
    assert 'role="note"' in html
    assert '<meta name="robots" content="noindex">' in html
    assert 'rel="canonical" href="http://testserver/de/nur-deutsch/"' in html
    assert 'hreflang="ar" href="http://testserver' not in html


def test_the_notice_is_about_the_content_and_not_about_the_menu(client, site):
    factories.make_page(title_de="Im Menü", in_menu=True)
    factories.make_page(title_de="Übersetzt", title_ar="مترجم", slug="uebersetzt")
    assert 'role="note"' not in client.get("/ar/uebersetzt/").content.decode()


def test_machine_translations_are_marked_for_readers(client, site):
    factories.make_page(title_de="Seite", title_en="Page", title_fr="Page", slug="seite", machine_translated=["en"])
    assert "translated by a computer" in client.get("/en/seite/").content.decode()
    assert 'role="note"' not in client.get("/fr/seite/").content.decode()


def test_links_in_texts_lead_to_the_readers_language(client, site):
    body = '<p><a href="/stellen/">A</a> <a href="/de/stellen/">B</a> <a href="https://www.bamf.de/de/x">C</a></p>'
    factories.make_page(slug="links", body_de=body, body_ar=body, title_ar="روابط")
    html = client.get("/ar/links/").content.decode()
    assert '<a href="/ar/stellen/">A</a>' in html.replace(' rel="noopener noreferrer"', "")
    assert '<a href="/ar/stellen/">B</a>' in html.replace(' rel="noopener noreferrer"', "")
    assert 'href="https://www.bamf.de/de/x"' in html


def test_numbers_keep_their_order_in_right_to_left_text(client, site):
    factories.make_page(
        title_de="Seite",
        title_ar="الهاتف 030 23125-110",
        slug="seite",
        lead_ar="من 8:30–12:00 <b>",
        body_ar='<p>اتصل <a href="tel:+493023125110">030 23125-110</a> في 2026</p>',
    )
    html = client.get("/ar/seite/").content.decode()
    assert '<h1>الهاتف <bdi dir="ltr">030 23125-110</bdi></h1>' in html
    assert 'من <bdi dir="ltr">8:30–12:00</bdi> &lt;b&gt;' in html
    assert '<bdi dir="ltr">030 23125-110</bdi></a> في 2026</p>' in html
    assert 'href="tel:+493023125110"' in html


def test_german_terms_amid_other_letters_say_that_they_are_german(client, site):
    factories.make_page(
        title_de="Seite",
        title_uk="Сім’я (Leistungen für Bildung und Teilhabe), 030 23125-110",
        title_ar="دعم «Leistungen für Bildung und Teilhabe»",
        title_en="Family (Leistungen für Bildung und Teilhabe)",
        slug="seite",
    )
    german = '<bdi lang="de" dir="ltr">{}</bdi>'
    for language, title in (
        ("uk", f"Сім’я {german.format('(Leistungen für Bildung und Teilhabe)')}, 030 23125-110"),
        ("ar", f"دعم {german.format('«Leistungen für Bildung und Teilhabe»')}"),
        ("en", "Family (Leistungen für Bildung und Teilhabe)"),
    ):
        assert f"<h1>{title}</h1>" in client.get(f"/{language}/seite/").content.decode()


def test_hidden_languages_have_no_pages_and_no_links(client):
    factories.make_site(languages=["de", "en"])
    assert client.get("/en/").status_code == 200
    assert client.get("/ar/").status_code == 404
    html = client.get("/de/").content.decode()
    assert 'hreflang="en"' in html
    assert "العربية" not in html
    assert client.get("/", headers={"accept-language": "ar"}).headers["Location"] == "/de/"


@pytest.mark.parametrize(
    "path", ["/de/gibt-es-nicht/", "/ar/stellen/keine/", "/xx/", "/de/xx/yy/", "/de/stellen/x.ics"]
)
def test_unknown_addresses_get_a_404_in_the_readers_language(client, site, path):
    response = client.get(path, headers={"accept-language": "ar"})
    assert response.status_code == 404
    page = Page(response.content.decode())
    assert page.html["lang"] == ("de" if path.startswith("/de/") else "ar")
    assert page.headings.count(1) == 1


@pytest.mark.parametrize(
    "query",
    ["?page=9999999999999999999999", "?page=-1", "?page=abc", "?page=%00", "?kind=%00&year=%00", "?kind=<script>",
     "?year=99999999999999999999", "?year=٢٠٢٠", "?%ff=%fe", "?page=" + "9" * 5000, "?seite=%00"],
)  # fmt: skip
def test_absurd_query_strings_get_a_page_or_a_404(client, site, query):
    factories.make_publication()
    factories.make_event()
    for path in ("/de/", "/ar/veroeffentlichungen/", "/de/veranstaltungen/", "/de/projekte/", "/de/barriere-melden/"):
        response = client.get(path + query)
        assert response.status_code in {200, 404}, path
        assert "<script>" not in response.content.decode()


def test_sitemap_names_each_content_in_the_languages_it_exists_in(client, site):
    factories.make_page(title_de="Seite", title_ar="صفحة", slug="seite")
    xml = client.get("/sitemap.xml").content.decode()
    assert "<loc>http://testserver/de/seite/</loc>" in xml
    assert "<loc>http://testserver/ar/seite/</loc>" in xml
    assert "<loc>http://testserver/en/seite/</loc>" not in xml
    assert 'hreflang="ar" href="http://testserver/ar/seite/"' in xml
    assert 'hreflang="x-default"' in xml


def test_robots_and_security_txt(client, site):
    assert "Sitemap: http://testserver/sitemap.xml" in client.get("/robots.txt").content.decode()
    security = client.get("/.well-known/security.txt")
    assert security["Content-Type"] == "text/plain; charset=utf-8"
    assert "Contact: mailto:portal@example.org" in security.content.decode()
    assert re.search(r"Expires: \d{4}-\d\d-\d\dT00:00:00Z", security.content.decode())


def test_health_needs_no_database(client, django_assert_num_queries):
    with django_assert_num_queries(0):
        assert client.get("/healthz").json() == {"status": "ok"}


def test_migrations_are_complete():
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)


def test_every_feature_of_the_menu_appears_with_its_first_published_content(client, site):
    make = {
        "offices": factories.make_office,
        "projects": factories.make_project,
        "publications": factories.make_publication,
        "events": factories.make_event,
    }
    for label, factory in make.items():
        title = str(apps.get_app_config(label).section.title)
        factory(status="draft")
        assert f">{title}</a>" not in client.get("/de/impressum/").content.decode()
        factory()
        assert f">{title}</a>" in client.get("/de/impressum/").content.decode()


def test_easy_language_has_each_sentence_on_a_line_of_its_own(client, site):
    factories.make_page(title_de="A", title_de_simple="A", slug="a", lead_de_simple="Wir helfen Ihnen. Rufen Sie an!")
    assert "<p>Wir helfen Ihnen.<br>Rufen Sie an!</p>" in client.get("/de-simple/a/").content.decode()


def test_dates_and_abbreviations_do_not_end_a_sentence(client, site):
    text = "Kommen Sie am 5. März 2026. Das ist z. B. ein Fest."
    factories.make_page(title_de="A", title_de_simple="A", slug="a", lead_de_simple=text)
    assert (
        "<p>Kommen Sie am 5. März 2026.<br>Das ist z. B. ein Fest.</p>" in client.get("/de-simple/a/").content.decode()
    )


def test_an_address_in_a_hidden_language_is_answered_in_german(client):
    factories.make_site(languages=["de", "en"])
    arabic = {"accept-language": "ar"}
    assert client.get("/stellen/", headers=arabic)["Location"] == "/de/stellen/"
    for path in ("/gibt-es-nicht/", "/xx/yy/zz/", "/ar/", "/ar/unbekannt/x/"):
        response = client.get(path, headers=arabic)
        assert response.status_code == 404
        assert Page(response.content.decode()).html["lang"] == "de"


@pytest.mark.parametrize("text", ["1" * 50_000, "(" + "a" * 50_000, "(«" * 25_000])
def test_texts_without_end_cost_no_time(client, site, text):
    factories.make_page(title_de="A", title_ar="أ", slug="a", body_ar=f"<p>{text}</p>")
    assert client.get("/ar/a/").status_code == 200


def test_requests_for_no_path_at_all_are_answered(rf, site):
    from portal.middleware import first_segment

    request = rf.options("/")
    request.path_info = "*"
    assert first_segment(request) == "*"


def test_the_second_page_of_a_list_is_its_own_canonical(client, site):
    for _ in range(31):
        factories.make_event()
    html = client.get("/de/veranstaltungen/?page=2").content.decode()
    assert 'rel="canonical" href="http://testserver/de/veranstaltungen/?page=2"' in html
