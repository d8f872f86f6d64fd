"""The site itself: home, notices, editors' pages, legal pages."""

import re
from datetime import UTC, date, datetime, timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from portal import colours
from portal.models import AccessibilityStatement, FederalState, Page, SiteProfile
from portal.phones import tel_link, validate_phone
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _site(site):
    pass


def get(client, path):
    response = client.get(path)
    assert response.status_code == 200
    return response.content.decode()


def queries(client, path):
    with CaptureQueriesContext(connection) as captured:
        assert client.get(path).status_code == 200
    return len(captured)


def test_the_home_page_leads_to_what_people_come_for(client):
    factories.make_top_task(title_de="Deutsch lernen", link="/stellen/", icon="languages", order=1)
    factories.make_top_task(title_de="Notruf", link="tel:112", icon="siren", order=0)
    factories.make_event(title_de="Sprachcafé")
    html = get(client, "/ar/")
    assert html.index("Notruf") < html.index("Deutsch lernen")
    assert 'href="tel:112"' in html
    assert 'href="/ar/stellen/"' in html
    assert "Sprachcafé" in html


def test_notices_stand_on_every_page_while_they_are_valid(client):
    now = timezone.now()
    factories.make_notice(text_de="Gilt heute", link="/barriere-melden/", link_text_de="Mehr")
    factories.make_notice(text_de="Galt gestern", publish_until=now - timedelta(minutes=1))
    factories.make_notice(text_de="Gilt morgen", publish_from=now + timedelta(minutes=1))
    factories.make_notice(text_de="Entwurf", status="draft")
    for path in ("/de/", "/de/impressum/", "/de/stellen/", "/ar/gibt-es-nicht/"):
        html = client.get(path).content.decode()
        assert "Gilt heute" in html
        assert not any(text in html for text in ("Galt gestern", "Gilt morgen", "Entwurf"))
    assert 'href="/de/barriere-melden/"' in get(client, "/de/")


def test_a_page_shows_its_sections_and_its_children(client):
    parent = factories.make_page(title_de="Ankommen")
    page = factories.make_page(
        title_de="Wohnen", parent=parent, lead_de="So finden Sie eine Wohnung.", verified_on=date(2026, 3, 5)
    )
    page.sections.create(title_de="Was sollte ich noch wissen?", body_de="<p>Ein Mietvertrag.</p>")
    factories.make_page(title_de="Entwurf", parent=parent, status="draft")

    html = get(client, "/de/wohnen/")
    assert "<summary><h2>Was sollte ich noch wissen?</h2>" in html
    assert "<p>Ein Mietvertrag.</p>" in html
    assert '<a href="/de/ankommen/">Ankommen</a>' in html
    assert "5. März 2026" in html
    html = get(client, "/de/ankommen/")
    assert '<a href="/de/wohnen/">Wohnen</a>' in html
    assert "Entwurf" not in html


def test_one_and_the_same_text_is_drawn_as_each_page_needs_it(client):
    """It is kept as drawn, and looks different in each language, in the place of another and under another heading."""
    text = '<h2>Wo?</h2><p>(Amt) 030 23125-110 <a href="/stellen/">A</a></p>'
    page = factories.make_page(slug="hier", body_de=text, body_ar=text)
    page.sections.create(title_de="Auch hier", body_de=text)
    for _again in range(2):
        german, arabic, turkish = (client.get(f"/{code}/hier/").content.decode() for code in ("de", "ar", "tr"))
        assert '<div class="prose"><h2>Wo?</h2><p>(Amt) 030 23125-110 <a href="/de/stellen/">' in german
        assert '<div class="prose"><h3>Wo?</h3>' in german
        assert (
            '<bdi lang="de" dir="ltr">(Amt)</bdi> <bdi dir="ltr">030 23125-110</bdi> <a href="/ar/stellen/">' in arabic
        )
        assert '<div class="prose" lang="de" dir="ltr"><h3>Wo?</h3>' in arabic
        assert (
            '<div class="prose" lang="de" dir="ltr"><h2>Wo?</h2><p>(Amt) 030 23125-110 <a href="/tr/stellen/">'
            in turkish
        )


def test_a_page_cannot_lie_under_itself_nor_take_anothers_address(client):
    parent = factories.make_page(title_de="Oben")
    child = factories.make_page(title_de="Unten", parent=parent)
    parent.parent = child
    with pytest.raises(ValidationError, match="unter sich selbst"):
        parent.full_clean()
    with pytest.raises(ValidationError, match="Bitte eine andere Adresse"):
        Page(title_de="Impressum").full_clean()
    with pytest.raises(ValidationError, match="Bitte eine andere Adresse"):
        Page(title_de="Angebote", slug="stellen").full_clean()


def test_home_and_pages_ask_a_constant_number_of_queries(client):
    page = factories.make_page(title_de="Seite")

    def add(number):
        for _ in range(number):
            factories.make_top_task()
            factories.make_notice()
            factories.make_page(parent=page, in_menu=True)
            page.sections.create(title_de="Abschnitt", body_de="<p>Text</p>")
            factories.make_event()
            factories.make_office()
            factories.make_publication()

    add(10)
    few = {path: queries(client, path) for path in ("/de/", "/ar/", "/de/seite/", "/ar/seite/", "/de/impressum/")}
    add(90)
    assert {path: queries(client, path) for path in few} == few
    assert few["/de/impressum/"] == 4  # profile with sections, notices, menu, links


def test_the_legal_notice_names_what_the_law_asks_for(client):
    SiteProfile.objects.update(
        street="Musterweg 1", postal_code="12345", city="Musterstadt", representative="die Landrätin",
        supervisory_authority="Ministerium", vat_id="DE123456789", editor="Fachstelle Integration",
    )  # fmt: skip
    html = get(client, "/de/impressum/")
    for expected in ("Landkreis Testland", "Körperschaft des öffentlichen Rechts", "Musterweg 1", "12345 Musterstadt",
                     "die Landrätin", "Ministerium", "DE123456789", "Fachstelle Integration",
                     "tel:+493023125100", "mailto:portal@example.org"):  # fmt: skip
        assert expected in html


def test_the_privacy_notice_names_controller_officer_and_authority(client):
    SiteProfile.objects.update(dpo="Datenschutzbeauftragte", dpo_email="dsb@example.org", hosting="Rechenzentrum Nord")
    html = get(client, "/de/datenschutz/")
    for expected in (
        "Landkreis Testland",
        "dsb@example.org",
        "Rechenzentrum Nord",
        "Landesbeauftragter für den Datenschutz Niedersachsen",
    ):
        assert expected in html


STATEMENT = {
    "status": "published", "conformance": "partial", "method": "self", "scope": "portal.example.org",
    "created_on": date(2026, 1, 1), "evaluated_on": date(2026, 1, 2), "reviewed_on": date(2026, 1, 3),
}  # fmt: skip


def test_the_accessibility_statement_is_complete(client):
    statement = AccessibilityStatement(**STATEMENT)
    statement.full_clean()
    statement.save()
    statement.issues.create(
        description_de="Alte PDF-Dateien", reason_de="Noch nicht überarbeitet", alternative_de="Anruf genügt"
    )
    html = get(client, "/de/barrierefreiheit/")
    for expected in ("portal.example.org", "zum größten Teil", "EN 301 549", "Alte PDF-Dateien", "Noch nicht überarbeitet",
                     "Anruf genügt", "Selbstbewertung", "1. Januar 2026", "2. Januar 2026", "3. Januar 2026",
                     'href="/de/barriere-melden/"', "Schlichtungsstelle", "https://www.behindertenbeauftragte-niedersachsen.de/"):  # fmt: skip
        assert expected in html, expected


@pytest.mark.parametrize("missing", ["conformance", "method", "scope", "created_on", "evaluated_on", "reviewed_on"])
def test_an_incomplete_statement_cannot_be_published(client, missing):
    incomplete = AccessibilityStatement(**{**STATEMENT, missing: None if missing.endswith("_on") else ""})
    with pytest.raises(ValidationError) as error:
        incomplete.full_clean()
    assert missing in error.value.message_dict
    with pytest.raises(IntegrityError):
        incomplete.save()


def test_a_statement_without_an_enforcement_body_cannot_be_published():
    SiteProfile.objects.update(land=FederalState.objects.get(pk="HE"))
    with pytest.raises(ValidationError, match="Schlichtungs- oder Ombudsstelle"):
        AccessibilityStatement(**STATEMENT).full_clean()


def test_before_there_is_a_statement_the_page_says_so_and_offers_the_form(client):
    html = get(client, "/de/barrierefreiheit/")
    assert "wird gerade geschrieben" in html
    assert 'href="/de/barriere-melden/"' in html


def test_a_weak_colour_is_refused_and_a_good_one_serves_both_themes(client):
    with pytest.raises(ValidationError, match="zu schwach"):
        colours.validate_colour("#ffcc00")
    for nonsense in ("rot", "#12", "#00538a;}", "\n#00538a"):
        with pytest.raises(ValidationError, match="sechs Ziffern"):
            colours.validate_colour(nonsense)
    SiteProfile.objects.update(colour="#00538a")
    address = re.search(r'rel="stylesheet" href="([^"]+)"', get(client, "/de/"))[1]
    response = client.get(address)
    assert response["Cache-Control"] == "public, max-age=31536000, immutable"
    light, dark = re.findall(r"@media screen.*?action-default: (#\w{6})", response.content.decode())
    assert light == "#00538a"
    assert colours.contrast(dark, colours.DARK_GROUND) >= 4.5
    SiteProfile.objects.update(colour="#7a1f3d")
    assert address not in get(client, "/de/")
    assert client.get(address)["Cache-Control"] == "no-cache"  # an old address must not bring the old colour for good


@pytest.mark.parametrize(
    ("typed", "link"),
    [
        ("030 23125-0", "tel:+4930231250"),
        ("+49 (0)30 23125-100", "tel:+493023125100"),
        ("110", "tel:110"),
        ("116 117", "tel:116117"),
        ("030/23125-100", "tel:+493023125100"),
        ("+49 (0) 4921 / 23125", "tel:+49492123125"),
        ("(030) 23125 – 100", "tel:+493023125100"),
    ],
)
def test_phone_numbers_as_people_write_them_become_links(typed, link):
    validate_phone(typed)
    assert tel_link(typed) == link


@pytest.mark.parametrize(
    "typed",
    [
        "abc", "1", "12345678901234567890", "<script>", "030 23125-100 / 101", "030 23125-100/101", "030/23125/101",
        "030 23125-1 oder -2", "030 23125-100; 101",
    ],
)  # fmt: skip
def test_what_is_no_phone_number_is_refused(typed):
    with pytest.raises(ValidationError):
        validate_phone(typed)


@pytest.mark.parametrize(
    "link",
    [
        "javascript:alert(1)",
        "//evil.example/",
        "stellen",
        "/gibt/es/nicht/",
        "data:text/html,x",
        "https://[",
        "//[",
        "https://",
        "mailto:",
        " /stellen/",
    ],
)
def test_links_that_lead_nowhere_or_do_harm_are_refused(link):
    notice = factories.make_notice()
    notice.link, notice.link_text_de = link, "Mehr"
    with pytest.raises(ValidationError):
        notice.full_clean()


def test_an_old_address_leads_to_the_new_one(client):
    page = factories.make_page(title_de="Wohnen", slug="wohnen")
    page.slug = "wohnung-finden"
    page.save()
    response = client.get("/ar/wohnen/")
    assert (response.status_code, response["Location"]) == (301, "/ar/wohnung-finden/")

    factories.make_page(title_de="Neue Seite", slug="wohnen")  # the old address may be used anew
    assert "Neue Seite" in get(client, "/de/wohnen/")

    page.slug = "wohnen-in-testland"
    page.status = "draft"
    page.save()
    assert client.get("/de/wohnung-finden/").status_code == 404


def test_a_harmful_link_written_past_the_forms_goes_nowhere(client):
    factories.make_top_task(link="javascript:alert(1)")
    factories.make_top_task(link="//evil.example/")
    html = get(client, "/de/")
    assert "javascript:" not in html
    assert "evil.example" not in html


def test_links_without_language_keep_what_was_asked_for(client):
    response = client.get("/veranstaltungen/?page=2")
    assert response["Location"] == "/de/veranstaltungen/?page=2"


def test_old_addresses_of_files_and_calendars_work_too(client):
    publication = factories.make_publication(slug="alt")
    factories.make_file(publication)
    event = factories.make_event(slug="alt")
    for content in (publication, event):
        content.slug = "neu"
        content.save()
    assert client.get("/de/veroeffentlichungen/alt/de.pdf").status_code == 200
    assert client.get("/de/veranstaltungen/alt.ics").status_code == 200


def test_two_editors_who_choose_the_same_title_at_once_both_succeed(monkeypatch):
    original, calls = Page.free_slug, []

    def free_slug(page):
        calls.append(page)
        return "seite" if len(calls) <= 2 else original(page)

    monkeypatch.setattr(Page, "free_slug", free_slug)
    assert factories.make_page(title_de="Seite").slug == "seite"
    assert factories.make_page(title_de="Seite").slug == "seite-2"


def test_emptying_the_address_keeps_it():
    page = factories.make_page(title_de="Beratung")
    page.slug = ""
    page.save()
    assert page.slug == "beratung"


@pytest.mark.parametrize("year", [1, 9999])
def test_a_mistyped_year_is_refused(year):
    notice = factories.make_notice()
    notice.publish_from = datetime(year, 6, 1, tzinfo=UTC)
    with pytest.raises(ValidationError, match="Jahr prüfen"):
        notice.full_clean()


def test_every_component_is_shown_alive_to_developers_and_to_nobody_else(client, settings):
    assert client.get("/de/bausteine/").status_code == 404
    settings.DEBUG = True
    html = client.get("/ar/bausteine/").content.decode()
    components = {path.name for path in (settings.BASE_DIR / "templates" / "components").glob("*.html")}
    assert set(re.findall(r'<h2 id="([\w.]+)"><code>', html)) == components
    assert 'class="field field-error"' in html
    assert 'class="pagination"' in html
