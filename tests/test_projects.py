from datetime import date, timedelta

import pytest
from django.db import IntegrityError, connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _site(site):
    pass


def test_a_project_shows_partners_period_funding_and_topics(client):
    project = factories.make_project(
        title_de="Gesundheit verstehen",
        lead_de="Gesund bleiben, in Ihrer Sprache.",
        body_de="<p>Mehr dazu</p>",
        starts_on=date(2024, 3, 1),
        ends_on=date(2099, 5, 31),
        funding_de="Land Niedersachsen",
        office=factories.make_office(title_de="Koordinierungsstelle"),
        topics=[factories.make_topic(title_de="Gesundheit")],
    )
    project.partners.create(name="Klinikum", url="https://example.org/")
    html = client.get(project.get_absolute_url()).content.decode()
    for expected in ("Gesund bleiben", "Mehr dazu", "März 2024", "Mai 2099", "Land Niedersachsen", "Koordinierungsstelle",
                     "Gesundheit</li>", "Klinikum", "https://example.org/"):  # fmt: skip
        assert expected in html, expected
    assert "abgeschlossen" not in html


def test_a_project_that_is_over_says_so(client):
    factories.make_project(ends_on=timezone.localdate() - timedelta(days=1))
    assert "abgeschlossen" in client.get("/de/projekte/").content.decode()


def test_drafts_and_the_draft_office_behind_a_project_stay_hidden(client):
    draft = factories.make_project(title_de="Geheim", status="draft")
    open_project = factories.make_project(office=factories.make_office(title_de="Geheime Stelle", status="draft"))
    assert client.get(draft.get_absolute_url()).status_code == 404
    assert "Geheim" not in client.get("/de/projekte/").content.decode()
    assert "Geheim" not in client.get(open_project.get_absolute_url()).content.decode()


def test_a_project_cannot_end_before_it_begins():
    with pytest.raises(IntegrityError):
        factories.make_project(starts_on=date(2024, 1, 2), ends_on=date(2024, 1, 1))


def test_the_list_asks_a_constant_number_of_queries(client):
    def count():
        with CaptureQueriesContext(connection) as captured:
            assert client.get("/ar/projekte/").status_code == 200
        return len(captured)

    topic = factories.make_topic()
    for _ in range(10):
        factories.make_project(topics=[topic])
    few = count()
    for _ in range(30):
        factories.make_project(topics=[topic])
    assert count() == few
