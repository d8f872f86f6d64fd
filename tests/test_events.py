from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from icalendar import Calendar

from integration.events.models import Event
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _site(site):
    pass


def test_an_event_shows_when_and_where(client):
    event = factories.make_event(
        title_de="Sprachcafé",
        kind="meeting",
        starts_at="2099-03-05T17:00:00Z",
        ends_at="2099-03-05T19:00:00Z",
        place_de="Bücherei",
        street="Musterweg 3",
        postal_code="12345",
        city="Musterstadt",
        registration_de="Am Telefon",
        registration_link="https://example.org/anmelden",
        topics=[factories.make_topic(title_de="Sprache")],
    )
    html = client.get(event.get_absolute_url()).content.decode()
    for expected in ("Donnerstag, 5. März 2099", "18:00–20:00", "Bücherei", "Musterweg 3, 12345 Musterstadt", "Treffen",
                     "Am Telefon", "https://example.org/anmelden", "Sprache", f"{event.slug}.ics"):  # fmt: skip
        assert expected in html, expected


def test_what_is_over_moves_to_the_archive(client):
    now = timezone.now()
    factories.make_event(title_de="Kommt noch", starts_at=now + timedelta(hours=1))
    factories.make_event(title_de="Läuft gerade", starts_at=now - timedelta(hours=1), ends_at=now + timedelta(hours=1))
    factories.make_event(title_de="Ist vorbei", starts_at=now - timedelta(hours=3), ends_at=now - timedelta(hours=1))
    factories.make_event(title_de="War vorgestern", starts_at=now - timedelta(days=2))
    coming = client.get("/de/veranstaltungen/").content.decode()
    past = client.get("/de/veranstaltungen/archiv/").content.decode()
    for title in ("Kommt noch", "Läuft gerade"):
        assert title in coming
        assert title not in past
    for title in ("Ist vorbei", "War vorgestern"):
        assert title in past
        assert title not in coming


def test_a_cancelled_event_stays_and_says_so(client):
    event = factories.make_event(cancelled=True)
    assert "fällt aus" in client.get("/de/veranstaltungen/").content.decode()
    assert "fällt aus" in client.get(event.get_absolute_url()).content.decode()


def test_an_event_fits_into_a_calendar_in_the_readers_language(client):
    event = factories.make_event(
        title_de="Sprachcafé; für alle, mit Kaffee " + "und langem Titel " * 6,
        title_ar="مقهى اللغة",
        starts_at="2099-07-05T16:00:00Z",
        ends_at="2099-07-05T18:00:00Z",
        place_de="Bücherei",
        city="Musterstadt",
    )
    response = client.get(f"/ar/veranstaltungen/{event.slug}.ics")
    assert response["Content-Type"].startswith("text/calendar")
    (entry,) = Calendar.from_ical(response.content).walk("VEVENT")
    assert str(entry["summary"]) == "مقهى اللغة"
    assert entry.decoded("dtstart").isoformat() == "2099-07-05T18:00:00+02:00"
    assert str(entry["location"]) == "Bücherei, Musterstadt"
    german = client.get(f"/de/veranstaltungen/{event.slug}.ics").content
    assert Calendar.from_ical(german).walk("VEVENT")[0]["uid"] == entry["uid"]
    assert all(len(line) <= 75 for line in german.split(b"\r\n"))


def test_feeds_and_calendar_name_only_what_is_published(client):
    factories.make_event(title_de="Offen")
    factories.make_event(title_de="Geheim", status="draft")
    for path in ("feed.xml", "kalender.ics"):
        content = client.get(f"/de/veranstaltungen/{path}").content.decode()
        assert "Offen" in content, path
        assert "Geheim" not in content, path
    assert client.get("/de/veranstaltungen/geheim.ics").status_code == 404


def test_an_event_cannot_end_before_it_begins():
    with pytest.raises(IntegrityError):
        factories.make_event(starts_at="2099-01-02T10:00:00Z", ends_at="2099-01-02T09:00:00Z")


@pytest.mark.parametrize(
    "path", ["/ar/veranstaltungen/", "/de/veranstaltungen/kalender.ics", "/de/veranstaltungen/feed.xml"]
)
def test_lists_ask_a_constant_number_of_queries(client, path):
    def count():
        with CaptureQueriesContext(connection) as captured:
            assert client.get(path).status_code == 200
        return len(captured)

    for _ in range(10):
        factories.make_event()
    few = count()
    for _ in range(90):
        factories.make_event()
    assert count() == few
    assert Event.objects.count() == 100


@pytest.mark.parametrize("title", ["Archiv", "Kalender"])
def test_an_event_cannot_take_the_address_of_the_archive_or_the_calendar(title):
    with pytest.raises(ValidationError, match="Bitte eine andere Adresse"):
        Event(title_de=title, starts_at=timezone.now()).full_clean()


def test_pasted_control_characters_and_markup_do_not_break_the_feed(client):
    factories.make_event(title_de="Fest\x0b\uffff der Begegnung", lead_de="<script>alert(1)</script>")
    xml = client.get("/de/veranstaltungen/feed.xml").content.decode()
    assert "Fest der Begegnung" in xml
    assert "&amp;lt;script&amp;gt;" in xml
