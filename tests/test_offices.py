import pytest
from django.db import IntegrityError, connection
from django.test.utils import CaptureQueriesContext

from integration.offices.models import Office
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _site(site):
    pass


def queries(client, path):
    with CaptureQueriesContext(
        connection,
    ) as captured:
        assert client.get(path).status_code == 200
    return len(captured)


def test_an_office_shows_everything_its_editors_entered(client):
    unit = factories.make_office(title_de="Fachstelle Integration", kind="unit")
    office = factories.make_office(
        title_de="Koordinierungsstelle",
        parent=unit,
        lead_de="Wir verbinden.",
        founded_year=2015,
        funding_de="Land Niedersachsen",
        funding_guideline_de="Richtlinie KMuT",
        funded_since=2014,
        topics=[factories.make_topic(title_de="Gesundheit")],
        phone="030 23125-200",
        email="kmt@example.org",
        street="Musterweg 3",
        postal_code="12345",
        city="Musterstadt",
        opening_hours_de="Montag 9 bis 12 Uhr",
    )
    project = factories.make_project(title_de="Sprachcafé")
    factories.make_task(office, title_de="Netzwerke aufbauen", projects=[project])
    factories.make_contact(office, role_de="Ehrenamt", room="E 12")
    factories.make_diagram(office)
    factories.make_group(office).meetings.create(starts_at="2099-03-01T18:00:00Z", place_de="Kreishaus")

    html = client.get("/de/stellen/koordinierungsstelle/").content.decode()

    for expected in (
        "Fachstelle Integration", "Wir verbinden.", "2015", "Land Niedersachsen", "Richtlinie KMuT", "2014",
        "Gesundheit", 'href="tel:+493023125200"', "mailto:kmt@example.org", "Musterweg 3", "12345 Musterstadt",
        "Montag 9 bis 12 Uhr", "Netzwerke aufbauen", "/de/projekte/sprachcafe/", "Ehrenamt", "E 12",
        'alt="Wer macht was"', "In Worten", "Arbeitskreis Sprache", "1. März 2099, 19:00 Uhr", "Kreishaus",
    ):  # fmt: skip
        assert expected in html, expected


def test_unpublished_offices_stay_hidden(client):
    for fields in (
        {"status": "draft"},
        {"status": "archived"},
        {"publish_from": "2099-01-01T00:00:00Z"},
        {"publish_until": "2020-01-01T00:00:00Z"},
    ):
        office = factories.make_office(title_de="Geheime Stelle", **fields)
        assert client.get(office.get_absolute_url()).status_code == 404, fields
        assert "Geheime Stelle" not in client.get("/de/stellen/").content.decode(), fields
        assert office.slug not in client.get("/sitemap.xml").content.decode(), fields
        office.delete()


def test_evidence_parents_and_children_are_shown_only_when_published(client):
    parent = factories.make_office(title_de="Geheime Fachstelle", status="draft")
    office = factories.make_office(title_de="Offene Stelle", parent=parent)
    factories.make_office(title_de="Geheime Unterstelle", parent=office, status="draft")
    factories.make_task(office, projects=[factories.make_project(title_de="Geheimes Projekt", status="draft")])

    assert "Geheim" not in client.get(office.get_absolute_url()).content.decode()


def test_a_diagram_is_as_public_as_its_office(client):
    office = factories.make_office()
    url = factories.make_diagram(office).get_image_url()
    assert client.get(url)["Content-Type"] == "image/png"

    Office.objects.update(status="draft")
    assert client.get(url).status_code == 404


@pytest.mark.parametrize(
    ("short", "kind"), [("koordinierungsstelle", "coordination"), ("integrationsbeauftragte", "officer")]
)
def test_the_short_address_leads_to_the_office_of_that_kind(client, short, kind):
    assert client.get(f"/ar/{short}/").status_code == 404
    factories.make_office(kind=kind, slug="die-richtige")
    assert client.get(f"/ar/{short}/").headers["Location"] == "/ar/stellen/die-richtige/"


def test_an_office_without_advice_says_so_and_shows_the_way(client):
    factories.make_page(title_de="Beratung vor Ort", slug="beratung")
    office = factories.make_office(no_advice=True, advice_link="/beratung/")
    html = client.get(f"/de/stellen/{office.slug}/").content.decode()
    assert "keine Beratungsstelle" in html
    assert 'href="/de/beratung/"' in html


def test_an_office_needs_a_german_title():
    with pytest.raises(IntegrityError):
        Office.objects.create(title_en="Only English")


def test_the_address_comes_from_the_german_title_and_stays_unique():
    first = factories.make_office(title_de="Büro für Größeres")
    assert first.slug == "buero-fuer-groesseres"
    assert factories.make_office(title_de="Büro für Größeres").slug == "buero-fuer-groesseres-2"


@pytest.mark.parametrize("path", ["/de/stellen/", "/ar/stellen/"])
def test_the_list_asks_as_many_queries_for_100_offices_as_for_10(client, path):
    for _ in range(10):
        factories.make_office()
    few = queries(client, path)
    for _ in range(90):
        factories.make_office()
    assert queries(client, path) == few <= 6


def test_an_office_asks_as_many_queries_for_100_tasks_as_for_10(client):
    office = factories.make_office()

    def add(number):
        for _ in range(number):
            evidence = {
                "projects": [factories.make_project()],
                "publications": [factories.make_publication()],
                "events": [factories.make_event()],
            }
            factories.make_task(office, **evidence)
            factories.make_contact(office)
            factories.make_group(office).meetings.create(starts_at="2099-01-01T12:00:00Z")
            factories.make_office(parent=office)

    add(10)
    few = queries(client, office.get_absolute_url())
    add(90)
    assert queries(client, office.get_absolute_url()) == few
