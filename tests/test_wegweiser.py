"""The directory as residents meet it: finding, filtering, an entry with its hours, saying that something is wrong."""

import json
import re
from datetime import UTC, date, datetime, timedelta
from html import unescape
from unittest import mock
from uuid import uuid4

import pytest
import vobject
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from icalendar import Calendar
from post_office.models import Email

from integration.wegweiser import duplicates, index
from integration.wegweiser.checks import facts
from integration.wegweiser.forms import SuggestionForm
from integration.wegweiser.models import (
    Contact,
    DirectorySettings,
    DirectoryVersion,
    Location,
    OpeningHours,
    Service,
    SpokenLanguage,
    Suggestion,
    months_later,
)
from portal.search import index as search_index
from tests import factories
from tests.conftest import form_data

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("site")]

MONDAY = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)  # 11:00 in Germany


def found(client, query="", language="de"):
    """The titles in the list, in order."""
    response = client.get(f"/{language}/wegweiser/{query}")
    assert response.status_code == 200
    return [title for _name, titles in groups(response) for title in titles]


def groups(response):
    """The titles in the list with the headings they stand under, in order."""
    found = []
    main = response.content.decode().split('id="ergebnis"')[1]
    for part in re.split(r'(?=<h3 class="directory-group">)', main):
        name = re.search(r'<h3 class="directory-group">(.*?)</h3>', part)
        titles = re.findall(r"<(h[34])><a [^>]*>(.*?)</a></\1>", part)
        if name or titles:
            found.append((name[1] if name else "", [unescape(re.sub("<[^>]+>", "", title)) for _tag, title in titles]))
    return found


def at(moment):
    return mock.patch("django.utils.timezone.now", lambda: moment)


# The list -------------------------------------------------------------------------------------------


def test_an_entry_stands_in_the_list_with_what_is_needed_first(client):
    town = factories.make_municipality(name="Auenbrück")
    place = factories.make_location(title_de="Rathaus", city="Auenbrück", municipality=town)
    service = factories.make_service(
        place,
        title_de="Bürgerbüro",
        lead_de="Anmelden und ummelden.",
        organization=factories.make_organization(title_de="Stadt A"),
    )
    factories.make_hours(service)
    factories.make_service_contact(service, phone="030 23125-501")
    factories.make_spoken(service, "ar", note_de="dienstags")
    with at(MONDAY):
        html = client.get("/de/wegweiser/").content.decode()
    for expected in (
        "1 Angebot", "Stadt A", "/de/wegweiser/buergerbuero/", "Anmelden und ummelden.", "Auenbrück", "Rathaus",
        'bis <bdi dir="ltr">12:00</bdi> Uhr', "tel:+493023125501", "Arabisch (dienstags)",
    ):  # fmt: skip
        assert expected in html, expected


def test_emergency_numbers_stand_above_every_list_even_an_empty_one(client):
    html = client.get("/ar/wegweiser/").content.decode()
    assert 'href="tel:112"' in html
    assert 'href="tel:116117"' in html
    assert html.index('href="tel:110"') < html.index('id="ergebnis"')


@pytest.mark.parametrize(
    "fields",
    [
        {"status": "draft"},
        {"status": "archived"},
        {"publish_from": datetime(2999, 1, 1, tzinfo=UTC)},
        {"publish_until": datetime(2020, 1, 1, tzinfo=UTC)},
    ],
)
def test_what_is_not_public_is_nowhere(client, fields):
    factories.make_service(title_de="Geheimtipp", slug="geheimtipp", **fields)
    assert found(client) == []
    assert found(client, "?q=geheimtipp") == []
    for path in ("/", ".vcf", ".ics", "/fehler-melden/", "/fehler-melden/danke/"):
        assert client.get(f"/de/wegweiser/geheimtipp{path}").status_code == 404, path


def test_what_is_to_come_appears_by_itself(client):
    factories.make_service(title_de="Ab Mittag", publish_from=MONDAY + timedelta(hours=1))
    with at(MONDAY):
        assert found(client) == []
    with at(MONDAY + timedelta(hours=2)):
        assert found(client) == ["Ab Mittag"]


def test_what_is_closed_for_good_leaves_the_list_and_its_page_says_so(client):
    factories.make_service(title_de="Alt", slug="alt", availability="defunct")
    factories.make_service(title_de="Pause", slug="pause", availability="temporarily closed")
    assert found(client) == ["Pause"]
    assert "gibt es nicht mehr" in client.get("/de/wegweiser/alt/").content.decode()
    assert "Vorübergehend geschlossen" in client.get("/de/wegweiser/pause/").content.decode()


def test_every_change_is_there_on_the_next_request(client):
    topic = factories.make_topic(title_de="Arbeit")
    service = factories.make_service(title_de="Erst")
    assert found(client) == ["Erst"]
    service.title_de = "Dann"
    service.save()
    assert found(client) == ["Dann"]
    assert found(client, f"?topic={topic.slug}") == []
    service.topics.add(topic)
    assert found(client, f"?topic={topic.slug}") == ["Dann"]
    language = factories.make_spoken(service, "ar")
    assert found(client, "?language=ar") == ["Dann"]
    language.delete()
    assert found(client, "?language=ar") == []
    service.delete()
    assert found(client) == []


# Filters --------------------------------------------------------------------------------------------


def test_a_topic_finds_what_is_below_it_too(client):
    language = factories.make_topic(title_de="Sprache", slug="sprache")
    course = factories.make_topic(title_de="Sprachkurse", slug="kurse", parent=language)
    factories.make_service(title_de="Kurs", topics=[course])
    factories.make_service(title_de="Anderes")
    assert found(client, "?topic=sprache") == ["Kurs"]


def test_a_place_shows_what_is_there_then_next_door_then_for_the_whole_county(client):
    neighbour, far = factories.make_municipality(name="Nebenan"), factories.make_municipality(name="Weit weg")
    here = factories.make_municipality(name="Hier", slug="hier", neighbours=[neighbour])
    house = {town: factories.make_location(municipality=town) for town in (here, neighbour, far)}
    factories.make_service(house[far], title_de="A kreisweit")
    factories.make_service(house[neighbour], title_de="B nebenan")
    factories.make_service(house[far], title_de="C nur für Hier", areas=[here])
    factories.make_service(house[here], title_de="D hier")
    factories.make_service(house[far], title_de="E nur für weit weg", areas=[far])
    factories.make_service(house[neighbour], title_de="F nur für nebenan", areas=[neighbour])
    response = client.get("/de/wegweiser/?place=hier")
    assert groups(response) == [
        ("In Hier", ["D hier"]),
        ("Zuständig für Hier", ["C nur für Hier"]),
        ("In der Nähe", ["B nebenan"]),
        ("Für den ganzen Landkreis", ["A kreisweit"]),
    ]


def test_a_town_says_how_many_are_there_or_for_its_people_and_not_what_every_town_has(client):
    here, there = (factories.make_municipality(name=name, slug=name.lower()) for name in ("Hier", "Dort"))
    empty = factories.make_municipality(name="Nirgends", slug="nirgends")
    for number in range(3):
        factories.make_service(factories.make_location(municipality=here), title_de=f"Hier {number}")
    factories.make_service(factories.make_location(municipality=here), title_de="Nur für dort", areas=[there])
    html = client.get("/de/wegweiser/").content.decode()
    for label in ("Hier (3)", "Dort (1)", empty.name):
        assert f">{label}</option>" in html
    assert len(found(client, "?place=dort")) == 4 and len(found(client, "?place=nirgends")) == 3


def test_each_choice_says_how_many_it_finds_and_finds_as_many(client):
    work, home = factories.make_topic(title_de="Arbeit"), factories.make_topic(title_de="Wohnen")
    town = factories.make_municipality(name="Hier")
    women = factories.make_term("audience", title_de="Frauen")
    for number in range(7):
        place = factories.make_location(municipality=town, wheelchair="yes" if number % 2 else "no")
        service = factories.make_service(
            place, topics=[work, home] if number < 3 else [home], audiences=[women] if number > 4 else []
        )
        factories.make_spoken(service, "ar" if number % 3 else "uk")
        factories.make_hours(service, days="MO" if number < 4 else "TU", opens_at="08:00", closes_at="18:00")
    with at(MONDAY):
        for query in ("", f"?topic={work.slug}", "?language=ar&open=now", "?wheelchair=yes"):
            directory = client.get(f"/de/wegweiser/{query}").context["directory"]
            joined = "&" if query else "?"
            choices = [(f.name, choice) for f in directory.filters.values() for choice in f.choices] + directory.flags()
            assert choices
            for name, choice in choices:
                if not getattr(directory.selection, name):
                    assert len(found(client, f"{query}{joined}{name}={choice.value}")) == choice.count, (name, choice)


def test_choices_that_find_nothing_are_not_offered(client):
    factories.make_topic(title_de="Niemandes Thema")
    factories.make_service()
    assert "Niemandes Thema" not in client.get("/de/wegweiser/").content.decode()


def test_the_readers_language_is_suggested_first_and_its_speakers_stand_on_top(client):
    factories.make_service(title_de="A")
    factories.make_spoken(factories.make_service(title_de="B"), "tr")
    factories.make_spoken(factories.make_service(title_de="C"), "uk")
    response = client.get("/uk/wegweiser/")
    assert groups(response) == [("", ["C", "A", "B"])]
    html = response.content.decode()
    assert "?language=uk" in html
    assert html.index('<option value="uk"') < html.index('<option value="tr"')
    assert found(client, "?language=uk", "uk") == ["C"]


def test_languages_spoken_in_the_house_count_where_the_service_names_none(client):
    house = factories.make_location()
    factories.make_spoken(house, "ar")
    factories.make_service(house, title_de="Im Haus")
    own = factories.make_service(house, title_de="Eigene Liste")
    factories.make_spoken(own, "uk")
    assert found(client, "?language=ar") == ["Im Haus"]
    assert found(client, "?language=uk") == ["Eigene Liste"]


def test_open_now_follows_place_then_service_then_house(client):
    house, other = factories.make_location(), factories.make_location()
    factories.make_hours(house, days="MO", opens_at="08:00", closes_at="18:00")
    factories.make_service(house, title_de="Wie das Haus")
    own = factories.make_service(house, title_de="Eigene Zeiten")
    factories.make_hours(own, days="TU")
    here = factories.make_service(house, other, title_de="An einem Ort anders")
    factories.make_hours(here, days="TU")
    factories.make_hours(here, days="MO", closes_at="17:00", service_at_location=here.at_locations.last())
    factories.make_service(title_de="Ohne Zeiten")
    with at(MONDAY):
        assert found(client, "?open=now") == ["An einem Ort anders", "Wie das Haus"]
    with at(MONDAY + timedelta(days=1)):
        assert found(client, "?open=now") == ["An einem Ort anders", "Eigene Zeiten"]


def closed(owner, **fields):
    """From the 28th to the 31st of December."""
    days = {"valid_from": date(2026, 12, 28), "valid_to": date(2026, 12, 31)}
    return factories.make_hours(owner, days="", opens_at=None, closes_at=None, exception=True, **{**days, **fields})


def test_an_exception_of_one_place_takes_nothing_from_the_hours_of_all(client):
    service = factories.make_service(factories.make_location(), title_de="Amt", slug="amt")
    factories.make_hours(service, closes_at="17:00")
    closed(service, service_at_location=service.at_locations.get())
    house = factories.make_location()
    factories.make_hours(house, closes_at="17:00")
    closed(factories.make_service(house, title_de="Im Haus"))
    with at(MONDAY):
        assert found(client, "?open=now") == ["Amt", "Im Haus"]
        assert "09:00–17:00" in client.get("/de/wegweiser/amt/").content.decode()
    with at(MONDAY + timedelta(days=35)):  # the 28th
        assert found(client, "?open=now") == []
        assert client.get("/de/wegweiser/amt/").context["service"].places[0].state.is_open is False


def test_when_the_house_is_closed_no_service_in_it_is_open(client):
    house = factories.make_location()
    closed(house)
    service = factories.make_service(house, title_de="Amt", slug="amt")
    factories.make_hours(service, closes_at="17:00")
    with at(MONDAY):
        assert found(client, "?open=now") == ["Amt"]
        assert "Öffnungszeiten des Hauses" not in client.get("/de/wegweiser/amt/").content.decode()
    with at(MONDAY + timedelta(days=35)):
        assert found(client, "?open=now") == []


def test_an_organization_corrects_what_holds_everywhere_and_at_one_place_apart():
    house, other = factories.make_location(), factories.make_location()
    closed(house)
    service = factories.make_service(house, other)
    factories.make_hours(service)
    here = closed(service, service_at_location=service.at_locations.first()).service_at_location
    said = {fact.at: fact.text for fact in facts.of(service) if fact.name == "hours"}
    assert said == {None: "Mo–Fr 9:00–12:00", here: "geschlossen 28.12.2026–31.12.2026"}
    alone = factories.make_service(house)
    factories.make_hours(alone)
    assert [fact.text for fact in facts.of(alone) if fact.name == "hours"] == ["Mo–Fr 9:00–12:00"]


def test_an_exception_on_some_weekdays_says_on_which(client):
    service = factories.make_service(factories.make_location(), slug="amt")
    factories.make_hours(
        service, days="MO,WE", opens_at="14:00", closes_at="16:00", exception=True,
        valid_from=date(2026, 12, 1), valid_to=date(2026, 12, 20),
    )  # fmt: skip
    with at(MONDAY):
        html = client.get("/de/wegweiser/amt/").content.decode()
    assert '01.12.2026–20.12.2026 (Montag, Mittwoch): <bdi dir="ltr">14:00–16:00</bdi>' in html


@pytest.mark.parametrize("availability", ["temporarily closed", "inactive", "defunct"])
def test_what_does_not_take_place_has_no_hours_for_anybody(client, availability):
    service = factories.make_service(factories.make_location(), slug="amt", availability=availability)
    factories.make_hours(service, closes_at="17:00")
    with at(MONDAY):
        assert found(client, "?open=now") == []
        assert not Calendar.from_ical(client.get("/de/wegweiser/amt.ics").content).walk("VEVENT")
        html = client.get("/de/wegweiser/amt/").content.decode()
    assert "openingHoursSpecification" not in html


def test_what_is_written_while_the_index_is_read_is_left_to_the_next(client):
    town = factories.make_municipality(neighbours=[factories.make_municipality()])
    factories.make_service(title_de="Amt", topics=[factories.make_topic()], areas=[town])
    nothing = mock.MagicMock(**{"objects.values_list.return_value": []}, neighbours=type(town).neighbours)
    nothing.objects.order_by.return_value.values_list.return_value = []
    with mock.patch.object(index, "Term", nothing), mock.patch.object(index, "Municipality", nothing):
        assert index.read(None).listed == 1


def test_what_is_written_while_double_entries_are_looked_for_breaks_nothing():
    service, late = factories.make_service(), factories.make_service(factories.make_location())
    factories.make_service_contact(late)
    with mock.patch.object(Service.objects, "values_list", lambda *names: [(service.pk, "A", "", None, "")]):
        assert duplicates.similar(service) == []


def test_nobody_is_ever_there_at_a_postal_address(client):
    service = factories.make_service(factories.make_location(kind="postal"), title_de="Postfach", slug="postfach")
    factories.make_hours(service, days="", opens_at="00:00", closes_at="00:00")
    assert found(client, "?open=now") == []
    assert "geöffnet" not in client.get("/de/wegweiser/postfach/").content.decode()


def test_open_now_knows_the_holidays_of_the_land(client):
    service = factories.make_service(title_de="Amt")
    factories.make_hours(service, days="", opens_at="08:00", closes_at="18:00")
    reformation_day = datetime(2026, 10, 31, 9, 0, tzinfo=UTC)
    with at(reformation_day):
        assert found(client, "?open=now") == []
        assert "Reformationstag" in client.get("/de/wegweiser/amt/").content.decode()
    with at(reformation_day + timedelta(days=1)):  # Allerheiligen is no holiday in Lower Saxony
        assert found(client, "?open=now") == ["Amt"]


def test_search_and_filters_go_together(client):
    work = factories.make_topic(title_de="Arbeit")
    factories.make_service(title_de="Sprachkurs am Abend", topics=[work])
    factories.make_service(title_de="Sprachkurs")
    factories.make_service(title_de="Beratung", topics=[work], lead_de="Auch zu Kursen.")
    search_index.rebuild()
    assert found(client, f"?q=kurs&topic={work.slug}") == ["Sprachkurs am Abend", "Beratung"]


@pytest.mark.parametrize(
    "query",
    ["topic=gibtsnicht", "place=%00", "language=xx", "open=vielleicht", "wheelchair=%27--", "audience[]=1", "page=abc",
     "topic=" + "x" * 5000, "q=%F0%9F%92%A9", "q=%22%27%29%3B--", "page=-1", "topic=a&topic=b"],
)  # fmt: skip
def test_nonsense_in_the_address_is_left_out_and_said_so(client, query):
    factories.make_service(title_de="Bleibt da")
    assert found(client, f"?{query}") == ["Bleibt da"]
    html = client.get(f"/de/wegweiser/?{query}").content.decode()
    name, _, value = query.partition("=")
    if name in {"topic", "language", "open", "wheelchair", "q"} and value:
        assert "Diese Auswahl kennen wir nicht" in html


def test_a_list_can_be_shared_by_its_address(client):
    topic = factories.make_topic(title_de="Arbeit", slug="arbeit")
    factories.make_service(topics=[topic])
    html = client.get("/de/wegweiser/?language=&topic=arbeit&unbekannt=1&q=&page=1").content.decode()
    assert "http://testserver/de/wegweiser/?topic=arbeit</bdi>" in html
    assert 'class="qr-code"' in html
    assert 'href="/de/wegweiser/"' in html  # without the filter


def test_a_search_too_long_for_a_qr_code_is_a_list_without_one(client):
    factories.make_service(title_de="Anmeldung a")
    for query in ("\U0001f600" * 200, "a " + "\U0001f600" * 198):
        html = client.get("/de/wegweiser/", {"q": query})
        assert html.status_code == 200
    assert "qr-code" not in html.content.decode()


def test_page_0_is_the_first(client):
    for number in range(30):
        factories.make_service(title_de=f"Angebot {number:02}")
    assert found(client, "?page=0") == found(client)


def test_a_chosen_topic_of_the_third_level_is_called_by_its_name(client):
    topic = None
    for name in "ABC":
        topic = factories.make_topic(title_de=name, parent=topic)
    factories.make_service(topics=[topic])
    directory = client.get(f"/de/wegweiser/?topic={topic.slug}").context["directory"]
    assert [chosen.value for chosen in directory.chosen()] == ["C"]


def test_pages_have_25_entries_and_there_are_no_more_than_there_are(client):
    for number in range(30):
        factories.make_service(title_de=f"Angebot {number:02}")
    assert len(found(client)) == 25
    assert found(client, "?page=2") == [f"Angebot {number}" for number in range(25, 30)]
    assert client.get("/de/wegweiser/?page=3").status_code == 404


def queries(client, path):
    client.get(path)
    with CaptureQueriesContext(connection) as captured:
        assert client.get(path).status_code == 200
    return len(captured)


def fill(count):
    topic = factories.make_topic()
    house = factories.make_location()
    for number in range(count):
        service = factories.make_service(house, factories.make_location(), title_de=f"Kurs {number}", topics=[topic])
        factories.make_hours(service)
        factories.make_service_contact(service)
        factories.make_spoken(service, "ar")
    return topic


def test_the_list_asks_the_database_as_often_for_100_entries_as_for_10(client):
    factories.make_municipality(name="Hier", slug="hier")
    factories.make_topic(slug="thema")
    fill(10)
    search_index.rebuild()
    lists = ["", "?q=kurs", "?language=ar&open=now", "?topic=thema&place=hier", "?page=2"]
    few = [queries(client, f"/ar/wegweiser/{query}") for query in lists[:-1]]
    fill(90)
    search_index.rebuild()
    many = [queries(client, f"/ar/wegweiser/{query}") for query in lists]
    assert many == [*few, few[0]]


# The index ------------------------------------------------------------------------------------------


def test_the_index_is_read_once_for_each_version(client):
    factories.make_service()
    first = index.current()
    assert index.current() is first
    factories.make_spoken(Service.objects.get(), "ar")
    assert index.current() is not first


def test_a_change_that_was_taken_back_leaves_the_version_alone():
    factories.make_service()
    before = DirectoryVersion.objects.get().token
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        factories.make_service()
        raise ZeroDivisionError
    assert DirectoryVersion.objects.get().token == before


@pytest.mark.parametrize(
    "change",
    [
        lambda s: factories.make_hours(s),
        lambda s: factories.make_service_contact(s),
        lambda s: factories.make_service_contact(s.organization),
        lambda s: factories.make_spoken(s, "ar"),
        lambda s: factories.make_hours(s.locations.get()),
        lambda s: s.locations.get().save(),
        lambda s: s.organization.save(),
        lambda s: s.topics.add(factories.make_topic()),
        lambda s: s.topics.get().save(),
        lambda s: s.hours.get().delete(),
        lambda s: s.locations.get().municipality.save(),
    ],
)
def test_a_service_counts_as_modified_when_what_belongs_to_it_changes(change):
    service = factories.make_service(factories.make_location(), topics=[factories.make_topic()])
    factories.make_hours(service)
    other = factories.make_service()
    long_ago = timezone.now() - timedelta(days=30)
    Service.objects.update(modified=long_ago)
    change(service)
    service.refresh_from_db()
    other.refresh_from_db()
    assert service.modified > long_ago
    assert other.modified == long_ago


# One entry ------------------------------------------------------------------------------------------


def entry(**fields):
    """With everything an entry can have."""
    town = factories.make_municipality(name="Auenbrück")
    house = factories.make_location(
        title_de="Rathaus", street="Marktplatz 1", postal_code="12346", city="Auenbrück", municipality=town,
        directions_de="Bus 12 bis Markt", wheelchair="limited", accessibility_note_de="Klingel am Eingang",
        accessibility=[factories.make_term("accessibility", title_de="Aufzug")],
    )  # fmt: skip
    defaults = {
        "title_de": "Migrationsberatung", "lead_de": "Wir beraten Sie.", "description_de": "Zu allem.\n\nAuch zu Geld.",
        "organization": factories.make_organization(title_de="Träger A", website="https://a.example.org/"),
        "programme": factories.make_term("programme", title_de="MBE"),
        "topics": [factories.make_topic(title_de="Beratung", slug="beratung")],
        "audiences": [factories.make_term("audience", title_de="Erwachsene")], "areas": [town],
        "how_to_apply_de": "Rufen Sie an.", "booking_url": "https://termine.example.org/", "eligibility_de": "Alle.",
        "minimum_age": 27, "fees_de": "Kostenlos.", "documents_de": "Pass\nBriefe", "interpretation_de": "Auf Wunsch.",
        "alert_de": "Umbau im Erdgeschoss", "verified_on": date(2026, 10, 1), "url": "https://angebot.example.org/",
    }  # fmt: skip
    service = factories.make_service(house, **{**defaults, **fields})
    factories.make_hours(service, note_de="Eingang im Hof")
    factories.make_service_contact(service, label_de="Termine", email="termine@example.org", phone="030 23125-510")
    factories.make_spoken(service, "ar")
    return service


def test_what_moves_to_another_entry_changes_both():
    former, present = factories.make_service(), factories.make_service()
    contact = factories.make_service_contact(former)
    Service.objects.update(modified=MONDAY)
    contact.service = present
    contact.save()
    assert not Service.objects.filter(modified=MONDAY).exists()


def test_an_entry_shows_everything_its_editors_entered(client):
    entry()
    with at(MONDAY):
        html = client.get("/de/wegweiser/migrationsberatung/").content.decode()
    for expected in (
        "Wir beraten Sie.", "<p>Auch zu Geld.</p>", "Träger A", "https://a.example.org/", "MBE", "?topic=beratung",
        "Erwachsene", "Rufen Sie an.", "https://termine.example.org/", "Alle.", "ab <bdi>27</bdi> Jahren", "Kostenlos.",
        "<li>Pass</li><li>Briefe</li>", "Auf Wunsch.", "Umbau im Erdgeschoss", "1. Oktober 2026", "Marktplatz 1",
        "Bus 12 bis Markt", "teilweise rollstuhlgerecht", "Klingel am Eingang", "Aufzug", "openstreetmap.org",
        "Termine", "tel:+493023125510", "mailto:termine@example.org", "Arabisch", "Wir sprechen auch", "Eingang im Hof",
        'bis <bdi dir="ltr">12:00</bdi> Uhr', "Heute", "/de/wegweiser/migrationsberatung.vcf", "https://angebot.example.org/",
    ):  # fmt: skip
        assert expected in html, expected
    assert html.count("<h1>") == 1


def test_an_entry_in_arabic_keeps_times_and_phones_in_order_and_german_marked(client):
    entry()
    html = client.get("/ar/wegweiser/migrationsberatung/").content.decode()
    assert '<span lang="de" dir="ltr">Migrationsberatung</span>' in html
    assert '<bdi dir="ltr">09:00–12:00</bdi>' in html
    assert '<bdi dir="ltr">030 23125-510</bdi>' in html
    assert "العربية" in html


def test_an_exception_and_a_holiday_stand_in_the_week(client):
    service = entry()
    day = {"valid_from": date(2026, 12, 23), "valid_to": date(2026, 12, 23)}
    factories.make_hours(service, days="", opens_at=None, closes_at=None, exception=True, note_de="Inventur", **day)
    with at(datetime(2026, 12, 22, 9, 0, tzinfo=UTC)):
        html = client.get("/de/wegweiser/migrationsberatung/").content.decode()
    row = re.search(r"<bdi>23. Dezember</bdi>.*?</tr>", html, re.S)[0]
    assert "geschlossen" in row
    assert "Inventur" in row
    row = re.search(r"<bdi>25. Dezember</bdi>.*?</tr>", html, re.S)[0]
    assert "Weihnachtstag" in row


def test_an_alert_ends_with_its_day(client):
    entry(alert_until=date(2026, 11, 23))
    with at(MONDAY):
        assert "Umbau" in client.get("/de/wegweiser/migrationsberatung/").content.decode()
    with at(MONDAY + timedelta(days=1)):
        assert "Umbau" not in client.get("/de/wegweiser/migrationsberatung/").content.decode()


def test_what_was_not_checked_for_long_asks_to_call_first(client):
    DirectorySettings.objects.create(grace_days=30)
    factories.make_service(slug="alt", review_due=timezone.localdate() - timedelta(days=31))
    factories.make_service(slug="neu", review_due=timezone.localdate() - timedelta(days=30))
    assert "lange nicht geprüft" in client.get("/de/wegweiser/alt/").content.decode()
    assert "lange nicht geprüft" not in client.get("/de/wegweiser/neu/").content.decode()


@pytest.mark.parametrize("day", [date.max, date.min])
def test_any_day_of_review_leaves_the_entry_readable(client, day):
    service = factories.make_service(review_due=day)
    assert client.get(service.get_absolute_url()).status_code == 200


def test_an_entry_asks_the_database_as_often_with_10_places_as_with_2(client):
    def service(places):
        row = factories.make_service(*(factories.make_location() for _ in range(places)))
        for at_location in row.at_locations.all():
            factories.make_hours(row, service_at_location=at_location)
            factories.make_service_contact(row, service_at_location=at_location)
        return row.slug

    assert queries(client, f"/de/wegweiser/{service(2)}/") == queries(client, f"/de/wegweiser/{service(10)}/")


def test_a_contact_can_be_saved_on_the_phone(client):
    service = entry(title_de="Beratung; mit, Zeichen")
    response = client.get(f"/de/wegweiser/{service.slug}.vcf")
    assert response["Content-Type"].startswith("text/vcard")
    text = response.content.decode()
    card = vobject.readOne(text)
    assert card.version.value == "3.0"
    assert card.fn.value == "Beratung; mit, Zeichen (Auenbrück)"
    assert card.tel.value == "030 23125-510"
    assert card.email.value == "termine@example.org"
    assert card.adr.value.street == "Marktplatz 1"
    assert card.uid.value == f"urn:uuid:{service.at_locations.get().uuid}"
    assert all(len(line.encode()) <= 75 for line in text.splitlines())


def test_the_next_weeks_can_be_taken_into_a_calendar(client):
    service = factories.make_service(factories.make_location(), slug="amt")
    factories.make_hours(service, days="FR", opens_at="22:00", closes_at="02:00")
    with at(datetime(2026, 12, 21, 9, 0, tzinfo=UTC)):
        found = Calendar.from_ical(client.get("/de/wegweiser/amt.ics").content)
    starts = [entry["dtstart"].dt for entry in found.walk("VEVENT")]
    assert f"{starts[0]:%d.%m. %H:%M}" == "08.01. 22:00"  # Christmas Day and New Year's Day are Fridays
    assert len(starts) == 6


def test_search_engines_are_told_in_their_own_words(client):
    service = entry(title_de="</script><script>alert(1)</script>")
    html = client.get(f"/de/wegweiser/{service.slug}/").content.decode()
    assert "<script>alert" not in html
    data = json.loads(re.search(r'<script type="application/ld\+json">(.*?)</script>', html)[1])
    assert data["name"] == "</script><script>alert(1)</script>"
    channel = data["availableChannel"][0]
    assert channel["availableLanguage"] == ["de", "ar"]
    assert channel["serviceLocation"]["address"]["streetAddress"] == "Marktplatz 1"
    assert channel["serviceLocation"]["openingHoursSpecification"][0]["opens"] == "09:00"


# Something is wrong here ----------------------------------------------------------------------------


@pytest.fixture
def at_once():
    with mock.patch.object(SuggestionForm, "MIN_SECONDS", -1):
        yield


def send(client, path, **fields):
    stamp = re.search(r'name="stamp" value="([^"]+)"', client.get(path).content.decode())[1]
    return client.post(path, {"stamp": stamp, "website": "", **fields})


@pytest.mark.usefixtures("at_once")
def test_a_reader_says_that_something_is_wrong_and_the_staff_hear_of_it(client):
    service = factories.make_service(title_de="Amt", slug="amt")
    response = send(client, "/uk/wegweiser/amt/fehler-melden/", message="Телефон неправильний", email="a@example.org")
    assert response.url == "/uk/wegweiser/amt/fehler-melden/danke/"
    assert client.get(response.url).status_code == 200
    suggestion = Suggestion.objects.get()
    assert (suggestion.service, suggestion.language) == (service, "uk")
    assert suggestion.delete_after == timezone.localdate() + timedelta(days=90)
    assert not response.cookies
    assert Email.objects.get().to == ["portal@example.org"]


@pytest.mark.usefixtures("at_once")
def test_a_hint_goes_90_days_after_it_came_whenever_it_was_handled():
    service = factories.make_service()
    came = timezone.now() - timedelta(days=80)
    hint = Suggestion.objects.create(
        id=uuid4(), service=service, message="x", language="de", created=came, handled_on=timezone.localdate()
    )
    assert hint.delete_after == timezone.localdate(came) + timedelta(days=90)


def test_an_empty_hint_is_refused_and_keeps_what_was_written(client):
    factories.make_service(slug="amt")
    response = send(client, "/de/wegweiser/amt/fehler-melden/", message="", email="keine-adresse")
    assert response.status_code == 400
    html = response.content.decode()
    assert "Bitte schreiben Sie, was nicht stimmt." in html
    assert 'value="keine-adresse"' in html
    assert not Suggestion.objects.exists()


@pytest.mark.usefixtures("at_once")
def test_the_same_hint_sent_twice_is_one(client):
    factories.make_service(slug="amt")
    path = "/de/wegweiser/amt/fehler-melden/"
    stamp = re.search(r'name="stamp" value="([^"]+)"', client.get(path).content.decode())[1]
    for _ in range(2):
        assert client.post(path, {"stamp": stamp, "website": "", "message": "Falsche Nummer"}).status_code == 302
    assert Suggestion.objects.count() == 1


# What the database itself refuses -------------------------------------------------------------------


@pytest.mark.parametrize(
    "wrong",
    [
        lambda s: Contact.objects.create(service=s),
        lambda s: Contact.objects.create(phone="110"),
        lambda s: Contact.objects.create(service=s, organization=s.organization, phone="110"),
        lambda s: OpeningHours.objects.create(service=s, opens_at="09:00"),
        lambda s: OpeningHours.objects.create(service=s),
        lambda s: OpeningHours.objects.create(service=s, exception=True),
        lambda s: OpeningHours.objects.create(
            service=s, opens_at="09:00", closes_at="10:00", valid_from=date(2026, 2, 1), valid_to=date(2026, 1, 1)
        ),
        lambda s: OpeningHours.objects.create(service=s, opens_at="09:00", closes_at="10:00", nth=1),
        lambda s: SpokenLanguage.objects.create(code="ar"),
        lambda s: Location.objects.create(street="Weg 1"),
        lambda s: Location.objects.create(kind="virtual"),
        lambda s: Location.objects.create(kind="postal", latitude=1.0),
        lambda s: factories.make_service(minimum_age=20, maximum_age=10),
        lambda s: factories.make_service(title_de=""),
    ],
)
def test_the_database_refuses_what_cannot_be(wrong):
    service = factories.make_service()
    with pytest.raises(IntegrityError), transaction.atomic():
        wrong(service)


def test_a_review_comes_due_by_the_kind_of_organization():
    DirectorySettings.objects.create(authority_months=12, provider_months=6, course_months=3)
    for kind, expected in (("authority", "2027-08-31"), ("welfare", "2027-02-28"), ("course_provider", "2026-11-30")):
        service = factories.make_service(organization=factories.make_organization(kind=kind))
        service.verify("phone", "redaktion@example.org", on=date(2026, 8, 31))
        assert service.review_due.isoformat() == expected


def test_months_later_ends_with_the_month():
    assert months_later(date(2026, 1, 31), 1) == date(2026, 2, 28)
    assert months_later(date(2026, 12, 15), 1) == date(2027, 1, 15)


def test_saving_never_says_that_somebody_has_checked(editor):
    service = factories.make_service(title_de="Alt", slug="alt")
    path = f"/admin/wegweiser/service/{service.pk}/change/"
    data = form_data(editor.get(path).content.decode())
    data |= {"title_de": "Neu", "verified_on": "2026-01-01", "verified_how": "phone", "verified_by": "x@example.org"}
    assert editor.post(path, data).status_code == 302
    service.refresh_from_db()
    assert service.title_de == "Neu"
    assert (service.verified_on, service.verified_how, service.verified_by) == (None, "", "")
