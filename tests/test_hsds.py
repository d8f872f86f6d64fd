"""The directory as open data, looked at as its readers do, with the standard's own schemas."""

import json
import os
import time
from copy import deepcopy
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from django.conf import settings
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from jsonschema import Draft202012Validator, FormatChecker
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

from integration.topics.models import Term
from integration.wegweiser.models import Location, Organization, Service, ServiceAtLocation
from portal.search import index
from tests import factories

pytestmark = pytest.mark.django_db

SCHEMA_DIR = Path(os.environ.get("HSDS_SCHEMA_DIR") or settings.BASE_DIR.parent / "shared/hsds/3.1.1/schema")
LANGUAGES = ["de", "en", "ar"]
COLLECTIONS = {
    "services": "service",
    "organizations": "organization",
    "service_at_locations": "service_at_location",
    "taxonomies": "taxonomy",
    "taxonomy_terms": "taxonomy_term",
}


# The standard ---------------------------------------------------------------------------------------


class Standard:
    """The schemas, with what their compiled versions say of the two that are only whole with another one."""

    def __init__(self, folder, patches=None):
        self.schemas = {path.name: json.loads(path.read_text()) for path in folder.glob("*.json")}
        services = {"type": "array", "items": {"$ref": "service.json"}}
        self.schemas["organization.json"]["properties"]["services"] = services
        self.schemas["service_at_location.json"]["properties"]["service"] = {"$ref": "service.json"}
        for name, patch in (patches or {}).items():
            self.schemas[name] = merged(self.schemas[name], patch)
        resources = [
            (name, Resource.from_contents(schema, default_specification=DRAFT202012))
            for name, schema in self.schemas.items()
        ]
        self.registry = Registry().with_resources(resources)

    def errors(self, name, value):
        schema = {"$ref": f"{name}.json"}
        validator = Draft202012Validator(schema, registry=self.registry, format_checker=FormatChecker())
        found = [f"{error.json_path}: {error.message}" for error in validator.iter_errors(value)]
        return found + list(self.unknown(value, schema, "$"))

    def unknown(self, value, schema, path):
        """The schemas are open: a misspelt field would pass all of them."""
        if "$ref" in schema:
            schema = self.schemas[schema["$ref"]]
        if isinstance(value, list):
            for number, item in enumerate(value):
                yield from self.unknown(item, schema["items"], f"{path}[{number}]")
        elif isinstance(value, dict):
            for key, item in value.items():
                if key in schema.get("properties", {}):
                    yield from self.unknown(item, schema["properties"][key], f"{path}.{key}")
                else:
                    yield f"{path}.{key}: not in the standard"


def merged(target, patch):
    """JSON merge patch, RFC 7396."""
    if not isinstance(patch, dict):
        return patch
    result = dict(target) if isinstance(target, dict) else {}
    for key, value in patch.items():
        if value is None:
            result.pop(key, None)
        else:
            result[key] = merged(result.get(key), value)
    return result


@pytest.fixture(scope="module")
def standard():
    if not SCHEMA_DIR.is_dir():
        if "HSDS_SCHEMA_DIR" in os.environ:
            pytest.fail(f"HSDS_SCHEMA_DIR names a folder that is not there: {SCHEMA_DIR}")
        pytest.skip(f"The standard's schemas are not at {SCHEMA_DIR}; HSDS_SCHEMA_DIR says where they are.")
    assert (SCHEMA_DIR / "service.json").is_file()
    return Standard(SCHEMA_DIR)


# The directory --------------------------------------------------------------------------------------


def translated(field, german):
    """A text in three languages; the others have to make do with German."""
    return {f"{field}_de": german, f"{field}_en": f"{german} (en)", f"{field}_ar": f"نص {german}"}


@pytest.fixture
def directory(site):
    """One service with everything there is, one with nothing, and some that nobody may see."""
    today = timezone.localdate()
    town = factories.make_municipality(name="Musterstadt", ags="03999001")
    village = factories.make_municipality(name="Dorf ohne Schlüssel")
    topic = factories.make_topic(**translated("title", "Sprache"), description_de="Deutsch lernen")
    below = factories.make_topic(**translated("title", "Sprachkurse"), parent=topic)
    audience = factories.make_term("audience", **translated("title", "Frauen"))
    ramp = factories.make_term("accessibility", **translated("title", "Rampe"))
    programme = factories.make_term("programme", **translated("title", "MBE"))

    umbrella = factories.make_organization(title_de="Dachverband")
    factories.make_service(organization=umbrella, title_de="Auskunft")
    organization = factories.make_organization(
        **translated("title", "Beratung e. V."),
        **translated("description", "Wir beraten."),
        alternate_name_de="BeV",
        kind="association",
        parent=umbrella,
        website="https://münchen.example.org/träger",
        email="info@example.org",
        verification_email="geheim@example.org",
    )
    factories.make_service_contact(organization, label_de="Zentrale", person="Alex Beispiel", fax="030 23125-501")

    house = factories.make_location(
        **translated("title", "Rathaus"),
        organization=organization,
        municipality=town,
        addition="Hinterhaus",
        latitude=52.5,
        longitude=0.0,
        directions_de="Bus 12",
        wheelchair="limited",
        accessibility=[ramp],
        accessibility_note_de="Bitte klingeln.",
    )
    factories.make_hours(house, days="", opens_at="00:00", closes_at="00:00", on_holidays=True)
    factories.make_service_contact(house, phone="", email="haus@example.org", note_de="nur vormittags")
    factories.make_spoken(house, "kmr", note_de="donnerstags")
    branch = factories.make_location(latitude=52.6, longitude=13.4, postal_code="54321")
    post = factories.make_location(kind="postal", street="", municipality=town)
    net = factories.make_location(kind="virtual", url="https://example.org/chat?x=ä b", street="", city="")

    service = factories.make_service(
        house,
        branch,
        post,
        net,
        **translated("title", "Migrationsberatung"),
        **translated("lead", "Wir helfen."),
        **translated("description", "Kommen Sie vorbei."),
        **translated("alert", "Heute im Haus B"),
        organization=organization,
        alternate_name_de="MBE",
        alert_until=today,
        programme=programme,
        topics=[below],
        audiences=[audience],
        areas=[town, village],
        availability="temporarily closed",
        url="https://example.org/ä",
        booking_url="https://example.org/termin",
        how_to_apply_de="Anrufen",
        eligibility_de="Alle",
        minimum_age=0,
        maximum_age=27,
        fees_de="nichts",
        documents_de="Pass\n\nBescheid",
        documents_ar="جواز السفر\n\nقرار",
        interpretation_de="auf Wunsch",
        verified_on=today,
        verified_by="info@example.org",
        publish_from=timezone.now() - timedelta(days=2),
    )
    at_house, at_branch, *_rest = service.at_locations.all()
    at_house.description_de = "2. Stock"
    at_house.save()
    factories.make_hours(service, days="MO,TU", note_de="Eingang im Hof", valid_from=today)
    factories.make_hours(service, days="TH,FR", nth=-1, opens_at="22:00", closes_at="02:00")
    factories.make_hours(service, days="", opens_at=None, closes_at=None, by_appointment=True)
    closed = {"opens_at": None, "closes_at": None, "exception": True}
    soon = {"valid_from": today + timedelta(days=3), "valid_to": today + timedelta(days=9)}
    factories.make_hours(service, days="", note_de="Umzug", **closed, **soon)
    factories.make_hours(service, days="SA", exception=True, **soon)
    factories.make_hours(
        service, days="", note_de="Lange her", **closed, valid_from=today - timedelta(9), valid_to=today - timedelta(8)
    )
    factories.make_hours(service, service_at_location=at_house, days="WE", nth=1)
    factories.make_hours(service, service_at_location=at_branch, days="", **closed, **soon)
    factories.make_service_contact(
        service, label_de="Termine", department_de="Beratung", mobile="0151 23125500", email="b@example.org"
    )
    factories.make_service_contact(service, service_at_location=at_house, phone="", fax="030 23125-502")
    for code in ("uk", "gsg", "rom", "prs"):
        factories.make_spoken(service, code)

    factories.make_service(house, title_de="Nur das Nötigste")

    hidden = factories.make_organization(title_de="Unsichtbarer Träger")
    shed = factories.make_location(title_de="Unsichtbares Haus", organization=hidden, municipality=town)
    factories.make_service(shed, title_de="Unsichtbar", status="draft", organization=hidden, topics=[topic])
    factories.make_service(
        shed, title_de="Unsichtbar: bald", organization=hidden, publish_from=timezone.now() + timedelta(hours=1)
    )
    factories.make_organization(title_de="Unsichtbar: ohne Angebot")
    factories.make_location(title_de="Unsichtbar: leer")
    return service


class Clock:
    """Stands still until it is set."""

    def __init__(self):
        self.now = timezone.now()

    def tick(self, **by):
        self.now += timedelta(**by)


@pytest.fixture
def clock(monkeypatch):
    clock = Clock()
    monkeypatch.setattr(timezone, "now", lambda: clock.now)
    monkeypatch.setattr(time, "time", lambda: clock.now.timestamp())
    return clock


@pytest.fixture
def empty(db):
    """A portal nobody has filled in."""


def get(client, path, language="de", status=200, **headers):
    response = client.get(f"/{language}/hsds{path}", headers=headers)
    assert response.status_code == status, (path, response.content[:500])
    assert_open(response)
    return response


def assert_open(response):
    assert response["Access-Control-Allow-Origin"] == "*"
    assert response["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert not response.cookies
    assert "Cookie" not in response.get("Vary", "")


def ids(client, path, language="de"):
    return [row["id"] for row in get(client, path, language).json()["contents"]]


def names(client, path, language="de"):
    return [row["name"] for row in get(client, path, language).json()["contents"]]


def all_answers(client, language="de"):
    """Kind and record of whatever the API has to say in a language."""
    for collection, kind in COLLECTIONS.items():
        for query in ("", "?full=true", "?full_service=true&full=true"):
            for row in get(client, f"/{collection}{query}", language).json()["contents"]:
                yield kind, row
        for id in ids(client, f"/{collection}"):
            yield kind, get(client, f"/{collection}/{id}", language).json()
    for organization in ids(client, "/organizations"):
        yield "organization", get(client, f"/organizations/{organization}?full_service=true", language).json()


def walk(value):
    yield value
    for item in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from walk(item)


# As the standard wants it ----------------------------------------------------------------------------


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_answer_is_valid_and_has_no_word_of_its_own(client, directory, standard, language):
    answers = list(all_answers(client, language))
    assert {kind for kind, _answer in answers} == set(COLLECTIONS.values())
    for kind, answer in answers:
        assert standard.errors(kind, answer) == []
    for collection in COLLECTIONS:
        page = get(client, f"/{collection}", language).json()
        del page["contents"]
        assert standard.errors("Page", page) == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_empty_directory_has_valid_empty_pages(client, empty, standard, language):
    for collection, kind in COLLECTIONS.items():
        for query in ("", "?full=true", "?minimal=true"):
            page = get(client, f"/{collection}{query}", language).json()
            rows = page.pop("contents")
            assert page["empty"] == (not rows)
            assert standard.errors("Page", page) == []
            assert [error for row in rows for error in standard.errors(kind, row)] == []
    assert get(client, "/services", language).json()["total_items"] == 0


def test_a_mistake_would_be_found(client, directory, standard):
    answer = get(client, f"/services/{directory.uuid}").json()
    for plant in (
        lambda found: found.pop("status"),
        lambda found: found.update(status="published"),
        lambda found: found.update(alert=None),
        lambda found: found.update(id="17"),
        lambda found: found["organization"].update(email="nobody"),
        lambda found: found["organization"].update(website="https://münchen.de/ä b"),
        lambda found: found.update(last_modified="yesterday"),
        lambda found: found["service_at_locations"][0]["location"]["addresses"][0].update(adress_2="Hinterhaus"),
        lambda found: found["contacts"][0]["phones"][0].update(extension="12"),
    ):
        wrong = deepcopy(answer)
        plant(wrong)
        assert len(standard.errors("service", wrong)) == 1


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_profile_promises_nothing_that_is_not_so(client, directory, standard, language):
    profile = get(client, "/profile/", language).json()
    assert profile["in_words"]
    stricter = Standard(SCHEMA_DIR, profile["schema_patches"])
    for kind, answer in all_answers(client, language):
        assert stricter.errors(kind, answer) == []
    without = get(client, f"/services/{directory.uuid}").json()
    del without["languages"][0]["code"]
    assert len(stricter.errors("service", without)) == 1


def test_nothing_is_null_or_empty_and_every_record_has_an_id(client, directory):
    for _kind, answer in all_answers(client):
        for value in walk(answer):
            assert value not in (None, "", [], {}), answer
            if isinstance(value, dict):
                assert str(UUID(value["id"])) == value["id"]


def test_ids_are_the_same_in_every_language_and_tomorrow(client, clock, directory):
    def seen(language):
        found = (walk(answer) for _kind, answer in all_answers(client, language))
        return [value["id"] for values in found for value in values if isinstance(value, dict)]

    german = seen("de")
    assert seen("ar") == german
    clock.tick(minutes=30)
    assert seen("en") == german
    directory.title_de = "Umbenannt"
    directory.save()
    assert seen("de") == german


def test_no_id_means_two_things(client, directory):
    """What is said of an id in one place may be more than in another, but never something else."""
    known = {}
    for _kind, answer in all_answers(client):
        for value in walk(answer):
            if isinstance(value, dict):
                before = known.setdefault(value["id"], dict(value))
                for key in before.keys() & value.keys():
                    if not isinstance(value[key], (dict, list)):
                        assert value[key] == before[key]
                before.update(value)


def test_whatever_an_id_points_to_can_be_fetched(client, directory):
    """Nothing leads to what is not public."""
    there = {collection: set(ids(client, f"/{collection}")) for collection in COLLECTIONS}
    pointers = {
        "service_id": "services",
        "organization_id": "organizations",
        "parent_organization_id": "organizations",
        "service_at_location_id": "service_at_locations",
        "taxonomy_id": "taxonomies",
        "taxonomy_term_id": "taxonomy_terms",
        "parent_id": "taxonomy_terms",
    }
    for _kind, answer in all_answers(client):
        for value in walk(answer):
            if isinstance(value, dict):
                for key in pointers.keys() & value.keys():
                    assert value[key] in there[pointers[key]], (key, value)


# What it says ---------------------------------------------------------------------------------------


def test_the_root_says_where_the_rest_is(client, directory):
    for path in ("", "/"):
        root = get(client, path, "en").json()
        assert set(root) == {"version", "profile", "openapi_url"}
        assert root["version"] == "3.1"
        for url in (root["profile"], root["openapi_url"]):
            assert url.startswith("http://testserver/en/hsds/")
            assert get(client, url.removeprefix("http://testserver/en/hsds"), "en").json()


def test_texts_are_in_the_language_of_the_address_with_german_standing_in(client, directory):
    arabic = get(client, f"/services/{directory.uuid}", "ar")
    assert arabic["Content-Language"] == "ar"
    found = arabic.json()
    assert found["name"] == "نص Migrationsberatung"
    assert found["description"] == "نص Wir helfen.\n\nنص Kommen Sie vorbei."
    assert found["alternate_name"] == "MBE"
    assert [row["document"] for row in found["required_documents"]] == ["جواز السفر", "قرار"]
    assert found["program"]["name"] == "نص MBE"
    assert found["languages"][1]["name"] == "الأوكرانية"
    assert get(client, f"/services/{directory.uuid}", "en").json()["name"] == "Migrationsberatung (en)"
    assert "نص" in arabic.content.decode()  # readable, and half as long as in escapes


def test_a_service_has_everything_that_belongs_to_it(client, directory):
    found = get(client, f"/services/{directory.uuid}").json()
    today = timezone.localdate()
    assert found["status"] == "temporarily closed"
    assert (found["minimum_age"], found["maximum_age"]) == (0, 27)
    assert found["alert"] == "Heute im Haus B"
    assert found["assured_date"] == today.isoformat()
    assert found["url"] == "https://example.org/%C3%A4"
    assert found["additional_urls"][0]["url"] == "https://example.org/termin"
    assert found["organization"]["legal_status"] == "Verein oder Initiative"
    assert found["organization"]["contacts"][0]["name"] == "Alex Beispiel"
    assert {row["name"]: row.get("uri") for row in found["service_areas"]} == {
        "Musterstadt": "http://dcat-ap.de/def/politicalGeocoding/municipalityKey/03999001",
        "Dorf ohne Schlüssel": None,
    }
    assert {row["link_type"]: row["label"] for row in found["attributes"]} == {
        "topic": "Sprachkurse",
        "audience": "Frauen",
        "programme": "MBE",
    }
    assert [(row["type"], row["number"]) for row in found["phones"]] == [
        ("voice", "030 23125-500"),
        ("cell", "0151 23125500"),
    ]
    assert found["contacts"][0]["phones"] == found["phones"]
    assert [row["code"] for row in found["languages"]] == ["de", "uk", "gsg", "rom", "prs"]
    house, branch, post, net = found["service_at_locations"]
    assert house["description"] == "2. Stock"
    assert house["phones"][0]["type"] == "fax"
    location = house["location"]
    assert [row["description"] for row in location["accessibility"]] == [
        "teilweise rollstuhlgerecht",
        "Rampe",
        "Bitte klingeln.",
    ]
    assert (location["latitude"], location["longitude"]) == (52.5, 0.0)
    assert location["contacts"][0]["title"] == "nur vormittags"
    assert location["addresses"] == [
        {
            "id": location["addresses"][0]["id"],
            "location_id": location["id"],
            "address_1": location["addresses"][0]["address_1"],
            "address_2": "Hinterhaus",
            "city": "Musterstadt",
            "region": "Musterstadt",
            "state_province": "Niedersachsen",
            "postal_code": "12345",
            "country": "DE",
            "address_type": "physical",
        }
    ]
    assert branch["location"]["latitude"] == 52.6
    assert post["location"]["addresses"][0]["address_1"] == "Musterstadt"
    assert "addresses" not in net["location"]
    assert net["location"]["url"] == "https://example.org/chat?x=%C3%A4%20b"


def test_hours_are_schedules_and_exceptions_are_words(client, clock, request):
    clock.now = datetime(2026, 5, 4, 10, tzinfo=UTC)
    directory = request.getfixturevalue("directory")
    found = get(client, f"/services/{directory.uuid}").json()
    weekly, monthly, appointment = found["schedules"]
    words = "07.05.2026 – 13.05.2026: geschlossen, Umzug; 07.05.2026 – 13.05.2026 (Samstag): 09:00–12:00"
    assert {key: value for key, value in weekly.items() if not key.endswith("id")} == {
        "freq": "WEEKLY",
        "interval": 1,
        "wkst": "MO",
        "byday": "MO,TU",
        "opens_at": "09:00",
        "closes_at": "12:00",
        "valid_from": "2026-05-04",
        "description": "Eingang im Hof",
        "notes": words,
    }
    assert (monthly["freq"], monthly["byday"]) == ("MONTHLY", "-1TH,-1FR")
    assert (monthly["opens_at"], monthly["closes_at"]) == ("22:00", "02:00")
    assert appointment["attending_type"] == "nur mit Termin"
    assert not {"freq", "byday", "opens_at"} & appointment.keys()
    house, branch = found["service_at_locations"][:2]
    assert house["schedules"][0]["byday"] == "1WE"
    assert house["schedules"][0]["service_at_location_id"] == house["id"]
    always = house["location"]["schedules"][0]
    assert (always["byday"], always["opens_at"], always["closes_at"]) == ("MO,TU,WE,TH,FR,SA,SU", "00:00", "00:00")
    assert always["description"] == "auch an Feiertagen"
    closed = branch["schedules"][0]
    assert (closed["valid_from"], closed["valid_to"]) == ("2026-05-07", "2026-05-13")
    assert closed["notes"] == "07.05.2026 – 13.05.2026: geschlossen"
    assert "Lange her" not in str(found)
    # It takes nothing from the hours of the service there, and whoever reads only this must know.
    assert "replaces no other schedule" in str(get(client, "/profile/").json()["in_words"])


def test_a_service_with_nothing_says_nothing_but_what_it_must(client, directory):
    small = Service.objects.get(title_de="Nur das Nötigste")
    found = get(client, f"/services/{small.uuid}").json()
    expected = {
        "id", "organization_id", "name", "status", "last_modified", "organization", "service_at_locations",
        "service_areas",
    }  # fmt: skip
    assert set(found) == expected
    # Nobody has said where it is for, so for the whole county.
    assert [row["name"] for row in found["service_areas"]] == ["Landkreis Testland"]


def test_a_hint_is_there_until_its_day_is_over(client, clock, directory):
    assert get(client, f"/services/{directory.uuid}").json()["alert"]
    clock.tick(days=1)
    assert "alert" not in get(client, f"/services/{directory.uuid}").json()


def test_an_address_that_is_not_public_stays_so(client, directory):
    def assurer():
        return get(client, f"/services/{directory.uuid}").json().get("assurer_email")

    assert assurer() == "info@example.org"
    for address in ("geheim@example.org", "vorname.name@example.org", ""):
        Service.objects.filter(pk=directory.pk).update(verified_by=address)
        assert not assurer()
    assert "geheim" not in str(list(all_answers(client)))


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_is_not_public_is_nowhere(client, directory, language):
    assert "Unsichtbar" not in json.dumps(list(all_answers(client, language)), ensure_ascii=False)
    for collection, rows in {
        "services": Service.objects.filter(title_de__startswith="Unsichtbar"),
        "organizations": Organization.objects.filter(title_de__startswith="Unsichtbar"),
        "service_at_locations": ServiceAtLocation.objects.filter(service__title_de__startswith="Unsichtbar"),
    }.items():
        assert rows
        for row in rows:
            assert "error" in get(client, f"/{collection}/{row.uuid}", language, status=404).json()
    hidden = Organization.objects.get(title_de="Unsichtbarer Träger")
    assert ids(client, f"/services?organization_id={hidden.uuid}") == []


def test_who_is_not_public_is_not_named_as_parent_or_owner(client, directory):
    hidden = Organization.objects.get(title_de="Unsichtbarer Träger")
    Organization.objects.filter(pk=directory.organization_id).update(parent=hidden)
    Location.objects.update(organization=hidden)
    assert str(hidden.uuid) not in str(list(all_answers(client)))


def test_lists_have_the_direct_fields_and_no_lists_of_their_own(client, directory):
    for collection in COLLECTIONS:
        for row in get(client, f"/{collection}").json()["contents"]:
            assert not [value for value in walk(row) if isinstance(value, list)]
    found = {row["name"]: row for row in get(client, "/services").json()["contents"]}["Migrationsberatung"]
    assert found["organization"]["name"] == "Beratung e. V."
    assert found["program"]["name"] == "MBE"
    at = get(client, "/service_at_locations").json()["contents"][0]
    assert at["service"]["organization"]["name"] == "Beratung e. V."
    assert at["location"]["location_type"] == "physical"


def test_full_lists_say_what_each_says_alone(client, directory):
    for collection in COLLECTIONS:
        for row in get(client, f"/{collection}?full=true").json()["contents"]:
            assert row == get(client, f"/{collection}/{row['id']}").json()


def test_services_of_an_organization_are_short_unless_asked_for_in_full(client, directory):
    path = f"/organizations/{directory.organization.uuid}"
    assert "contacts" not in get(client, path).json()["services"][0]
    full = get(client, f"{path}?full_service=true").json()
    assert full["services"][0]["contacts"]
    assert full["programs"][0]["name"] == "MBE"
    assert [row["name"] for row in full["locations"]] == ["Rathaus"]
    rows = get(client, "/organizations?full_service=true").json()["contents"]
    assert full in rows


def test_minimal_tells_what_is_still_there_on_one_page(client, directory):
    for _ in range(60):
        factories.make_service(organization=directory.organization)
    page = get(client, "/services?minimal=true&full=true").json()
    assert page["size"] == page["total_items"] == 63
    assert all(set(row) == {"id", "last_modified"} for row in page["contents"])
    assert get(client, "/services?minimal=true&per_page=10").json()["size"] == 10


# What can be asked for --------------------------------------------------------------------------------


def test_a_client_that_turns_every_page_finds_each_service_once(client, directory):
    for number in range(30):
        factories.make_service(organization=directory.organization, title_de=f"Angebot {number % 3}")
    found, number, last = [], 1, False
    while not last:
        page = get(client, f"/services?per_page=7&page={number}").json()
        assert (page["page_number"], page["total_items"], page["total_pages"]) == (number, 33, 5)
        assert page["size"] == len(page["contents"])
        assert page["first_page"] == (number == 1)
        found += [row["id"] for row in page["contents"]]
        number, last = number + 1, page["last_page"]
    assert number == 6
    assert sorted(found) == sorted(str(row.uuid) for row in Service.objects.published())
    beyond = get(client, "/services?per_page=7&page=6").json()
    assert beyond["empty"]
    assert beyond["contents"] == []


def test_ndjson_is_everything_line_by_line(client, directory):
    for _ in range(60):
        factories.make_service(organization=directory.organization)
    for collection in COLLECTIONS:
        response = get(client, f"/{collection}?format=ndjson&per_page=1&page=2")
        assert response["Content-Type"] == "application/x-ndjson"
        rows = [json.loads(line) for line in response.content.decode().splitlines()]
        assert rows == get(client, f"/{collection}?per_page=500").json()["contents"]
    assert len(get(client, "/services?format=ndjson").content.splitlines()) == 63


def test_a_term_finds_what_is_below_it_too(client, directory):
    below, audience, ramp, programme = (
        Term.objects.get(title_de=name) for name in ("Sprachkurse", "Frauen", "Rampe", "MBE")
    )
    both = {str(row.uuid) for row in Service.objects.filter(title_de__in=["Migrationsberatung", "Nur das Nötigste"])}
    for term in (below.parent, below, audience, programme):
        assert ids(client, f"/services?taxonomy_term_id={term.uuid}") == [str(directory.uuid)]
    assert set(ids(client, f"/services?taxonomy_term_id={ramp.uuid}")) == both  # both are in that house
    taxonomies = {row["name"]: row["id"] for row in get(client, "/taxonomies").json()["contents"]}
    assert ids(client, f"/services?taxonomy_id={taxonomies['Thema']}") == [str(directory.uuid)]
    assert set(ids(client, f"/services?taxonomy_id={taxonomies['Barrierefreiheit vor Ort']}")) == both
    assert names(client, f"/organizations?taxonomy_term_id={below.uuid}") == ["Beratung e. V."]
    assert len(ids(client, f"/service_at_locations?taxonomy_term_id={below.uuid}")) == 4
    assert ids(client, f"/services?taxonomy_term_id={below.uuid}&taxonomy_id={taxonomies['Zielgruppe']}") != []
    assert ids(client, f"/services?taxonomy_term_id={uuid4()}") == []
    assert ids(client, f"/services?taxonomy_id={uuid4()}") == []


def test_everything_asked_for_has_to_be_true(client, directory):
    topic = Term.objects.get(title_de="Sprache")
    small = Service.objects.get(title_de="Nur das Nötigste")
    organization = f"organization_id={small.organization.uuid}"
    assert ids(client, f"/services?{organization}") == [str(small.uuid)]
    assert ids(client, f"/services?{organization}&taxonomy_term_id={topic.uuid}") == []
    assert len(ids(client, f"/service_at_locations?{organization}")) == 1
    assert ids(client, f"/services?organization_id={uuid4()}") == []


@pytest.mark.django_db(transaction=True)
def test_the_search_is_that_of_the_site(client, transactional_directory):
    # In the reader's language and in German, as inflected words and parts of compounds.
    assert names(client, "/services?search=Beratungen") == ["Migrationsberatung"]
    assert names(client, "/services?search=migrationsberatung", "ar") == ["نص Migrationsberatung"]
    assert names(client, "/services?search=unsichtbar") == []
    assert names(client, "/services?search=xyzzy") == []
    assert names(client, "/services?search=!!!") == []
    assert len(names(client, "/services?search=")) == 3
    assert names(client, "/organizations?search=Migrationsberatung") == ["Beratung e. V."]
    assert len(ids(client, "/service_at_locations?search=Migrationsberatung")) == 4
    assert names(client, "/taxonomy_terms?search=sprach") == ["Sprache", "Sprachkurse"]
    assert names(client, "/taxonomies?search=ZIEL") == ["Zielgruppe"]
    assert "ETag" not in get(client, "/services?search=Beratung")


@pytest.fixture
def transactional_directory(request, transactional_db):
    directory = request.getfixturevalue("directory")
    index.rebuild()
    return directory


def test_terms_can_be_walked_down_from_the_top(client, directory):
    topics = get(client, "/taxonomies?search=Thema").json()["contents"][0]["id"]
    assert names(client, f"/taxonomy_terms?taxonomy_id={topics}") == ["Sprache", "Sprachkurse"]
    top = get(client, f"/taxonomy_terms?taxonomy_id={topics}&top_only=true").json()["contents"]
    assert [row["name"] for row in top] == ["Sprache"]
    assert names(client, f"/taxonomy_terms?parent_id={top[0]['id']}") == ["Sprachkurse"]
    assert names(client, f"/taxonomy_terms?parent_id={uuid4()}") == []
    assert names(client, f"/taxonomy_terms?taxonomy_id={uuid4()}") == []
    assert len(names(client, "/taxonomy_terms")) == 5


def changed_since(client, moment):
    return names(client, f"/services?modified_after={moment.isoformat().replace('+', '%2B')}")


def test_modified_after_hears_of_changes_in_whatever_belongs_to_a_service(client, directory):
    long_ago = timezone.now() - timedelta(days=10)
    Service.objects.update(modified=long_ago, publish_from=None)
    now = timezone.now()
    assert changed_since(client, now) == []
    house = Location.objects.get(title_de="Rathaus")
    for change in (
        lambda: factories.make_hours(directory),
        lambda: directory.hours.first().delete(),
        lambda: factories.make_service_contact(directory),
        lambda: factories.make_spoken(directory, "tr"),
        lambda: directory.topics.clear(),
        lambda: directory.areas.clear(),
        lambda: directory.at_locations.last().delete(),
        lambda: factories.make_service_contact(directory.organization),
        lambda: directory.programme.save(),
    ):
        Service.objects.update(modified=long_ago)
        change()
        assert changed_since(client, now) == ["Migrationsberatung"]
    assert len(ids(client, f"/service_at_locations?modified_after={now:%Y-%m-%dT%H:%M:%SZ}")) == 3
    for change in (lambda: factories.make_hours(house), lambda: house.accessibility.clear()):
        Service.objects.update(modified=long_ago)
        change()
        assert changed_since(client, now) == ["Migrationsberatung", "Nur das Nötigste"]


def test_becoming_visible_is_a_change(client, directory):
    """Written last week, public since an hour ago: who asks every day has to hear of it."""
    hour_ago = timezone.now() - timedelta(hours=1)
    Service.objects.update(modified=timezone.now() - timedelta(days=7), publish_from=None)
    Service.objects.filter(pk=directory.pk).update(publish_from=hour_ago)
    assert changed_since(client, timezone.now() - timedelta(days=1)) == ["Migrationsberatung"]
    last_modified = get(client, f"/services/{directory.uuid}").json()["last_modified"]
    assert datetime.fromisoformat(last_modified) == hour_ago.replace(microsecond=hour_ago.microsecond // 1000 * 1000)


def test_a_date_begins_at_midnight_here_and_a_time_may_name_its_zone(client, directory):
    Service.objects.update(publish_from=None)
    Service.objects.filter(pk=directory.pk).update(modified=datetime(2026, 5, 31, 22, 30, tzinfo=UTC))  # 0:30 in Berlin
    Service.objects.exclude(pk=directory.pk).update(modified=datetime(2020, 1, 1, tzinfo=UTC))
    for moment, found in (
        ("2026-06-01", 1),
        ("2026-06-02", 0),
        ("2026-06-01T00:30:00", 1),
        ("2026-06-01T00:31:00", 0),
        ("2026-05-31T22:30:00Z", 1),
        ("2026-05-31T22:31:00Z", 0),
        ("2026-06-01T00:30:00%2B02:00", 1),
        ("2026-06-01T00:31:00+02:00", 0),  # the sign has become a space
        ("2026-05-31%2022:31", 1),
    ):
        assert len(names(client, f"/services?modified_after={moment}")) == found, moment


def test_a_postcode_can_be_widened_to_what_is_near(client, directory):
    def at(query):
        rows = get(client, f"/service_at_locations?{query}").json()["contents"]
        return {row["location"].get("latitude") for row in rows}, len(rows)

    Location.objects.filter(title_de="Rathaus").update(latitude=52.5, longitude=13.4)  # 11.1 km south of the branch
    assert at("postcode=54321") == ({52.6}, 1)
    assert at("postcode=54321&proximity=11000") == ({52.6}, 1)
    assert at("postcode=54321&proximity=11300") == ({52.5, 52.6}, 3)
    assert at("postcode=99999") == at("postcode=99999&proximity=5000") == (set(), 0)
    Location.objects.update(latitude=None, longitude=None)
    assert at("postcode=54321&proximity=200000") == ({None}, 1)


HOSTILE = ["%00", "1%00", "-1", "0", "abc", "9" * 5000, "1e9", "' OR 1=1 --", "<script>", "%ff%fe", "NaN", "١"]


@pytest.mark.parametrize("collection", COLLECTIONS)
def test_hostile_parameters_are_refused_by_name_or_do_nothing(client, directory, collection):
    parameters = [
        "search", "page", "per_page", "format", "taxonomy_term_id", "taxonomy_id", "organization_id",
        "modified_after", "minimal", "full", "full_service", "postcode", "proximity", "top_only", "parent_id",
        "unknown",
    ]  # fmt: skip
    for name in parameters:
        for value in HOSTILE:
            response = client.get(f"/de/hsds/{collection}?{name}={value}&postcode=12345")
            assert response.status_code in {200, 400}, (name, value)
            assert_open(response)
            if response.status_code == 400:
                assert response.json()["parameter"] == name
                assert response["Content-Language"] == "en"
                assert "ETag" not in response


def test_what_is_wrong_is_said(client, directory):
    for query, parameter, word in (
        ("page=0", "page", "greater than or equal to 1"),
        ("per_page=501", "per_page", "less than or equal to 500"),
        ("format=xml", "format", "xml"),
        ("modified_after=gestern", "modified_after", "ISO 8601"),
        ("modified_after=2026-02-30", "modified_after", "ISO 8601"),
        ("modified_after=0001-01-01T00:00:00%2B14:00", "modified_after", "ISO 8601"),
        ("modified_after=9999-12-31T23:59:59-14:00", "modified_after", "ISO 8601"),
        ("full=maybe", "full", "maybe"),
        ("organization_id=17", "organization_id", "UUID"),
        ("search=" + "a" * 201, "search", "200"),
    ):
        error = get(client, f"/services?{query}", "ar", status=400).json()
        assert error["parameter"] == parameter
        assert word in error["error"]
    error = get(client, "/service_at_locations?proximity=500", status=400).json()
    assert error == {"error": "Only together with postcode.", "parameter": "proximity"}
    assert get(client, "/services?full=True&page=&organization_id=").json()["size"] == 3


@pytest.mark.parametrize(
    "id", ["17", "x" * 5000, "%00", "..", "0" * 32, "00000000-0000-4000-8000-000000000000", "{}", "ü"]
)
def test_an_unknown_id_is_not_found(client, directory, id):
    for collection in COLLECTIONS:
        for slash in ("", "/"):
            error = get(client, f"/{collection}/{id}{slash}", status=404)
            assert error["Content-Type"] == "application/json"
            assert "error" in error.json()


def test_unknown_endpoints_are_not_found_in_json(client, directory, settings):
    for debug in (False, True):
        settings.DEBUG = debug
        for path in ("/nothing", "/services/x/y/", "/openapi.yaml"):
            assert "error" in get(client, path, status=404).json()


# For programs ----------------------------------------------------------------------------------------


def test_addresses_work_with_and_without_a_slash_and_lead_nowhere_else(client, directory):
    for path in ("", "/profile", *(f"/{collection}" for collection in COLLECTIONS), f"/services/{directory.uuid}"):
        assert get(client, path).content == get(client, f"/{path.strip('/')}/".replace("//", "/")).content


@pytest.mark.parametrize("path", ["/", "/services", "/profile/", "/openapi.json", "/services/17", "/nothing"])
def test_other_sites_may_read_and_nobody_may_write(client, directory, path):
    allowed = client.options(
        f"/de/hsds{path}",
        headers={"origin": "https://example.org", "access-control-request-headers": "if-none-match"},
    )
    assert allowed.status_code == 200
    assert_open(allowed)
    assert allowed["Access-Control-Allow-Methods"] == "GET, HEAD, OPTIONS"
    assert allowed["Access-Control-Allow-Headers"] == "*"
    careful = type(client)(enforce_csrf_checks=True)
    for method in ("post", "put", "patch", "delete"):
        refused = getattr(careful, method)(f"/de/hsds{path}")
        assert refused.status_code == 405
        assert refused["Allow"] == "GET, HEAD, OPTIONS"
        assert "error" in refused.json()
        assert_open(refused)
    assert client.head(f"/de/hsds{path}").content == b""


PATHS = ["/services", "/services?full=true", "/organizations", "/service_at_locations", "/taxonomies"]


@pytest.mark.parametrize("path", PATHS)
def test_what_has_not_changed_is_not_sent_again(client, directory, path, django_assert_max_num_queries):
    first = get(client, path)
    for known in ({"if-none-match": first["ETag"]}, {"if-modified-since": first["Last-Modified"]}):
        with django_assert_max_num_queries(3):
            again = get(client, path, status=304, **known)
        assert again.content == b""
        assert again["ETag"] == first["ETag"]
        assert again["Last-Modified"] == first["Last-Modified"]
    assert get(client, path, "en", **{"if-none-match": first["ETag"]}).content != b""
    other = path + ("&" if "?" in path else "?") + "per_page=1"
    assert get(client, other, **{"if-none-match": first["ETag"]})["ETag"] != first["ETag"]


def test_without_the_cache_everything_is_answered(client, directory, settings):
    settings.CACHES = {"default": {"BACKEND": "tests.test_limits.DeadCache"}}
    first = get(client, "/services")
    assert get(client, "/services", status=304, **{"if-none-match": first["ETag"]}).content == b""
    assert get(client, "/services", **{"if-modified-since": "Mon, 04 May 2026 10:00:00 GMT"}).content == first.content


def test_every_change_is_sent_whoever_asks_how(client, clock, request):
    """By tag or by date; also where an entry is deleted or its time comes or runs out, which no row tells."""
    clock.now = datetime(2026, 5, 4, 10, tzinfo=UTC)
    directory = request.getfixturevalue("directory")
    small = Service.objects.get(title_de="Nur das Nötigste")
    Service.objects.filter(pk=directory.pk).update(publish_until=clock.now + timedelta(minutes=30))
    first = get(client, "/services")

    def is_new():
        nonlocal first
        known = {"if-none-match": first["ETag"]}, {"if-modified-since": first["Last-Modified"]}
        statuses = {client.get("/de/hsds/services", headers=headers).status_code for headers in known}
        first = get(client, "/services")
        assert len(statuses) == 1
        return statuses == {200}

    assert not is_new()
    factories.make_hours(directory)
    assert is_new()
    clock.tick(seconds=10)
    assert not is_new()
    small.delete()
    assert is_new()
    clock.tick(minutes=31)  # one goes
    assert is_new()
    clock.tick(minutes=31)  # another one comes
    assert is_new()
    clock.tick(days=1)
    assert is_new()
    assert not is_new()


def test_an_error_is_never_unchanged(client, directory):
    tag = get(client, "/services")["ETag"]
    for path, status in (("/services?page=x", 400), (f"/services/{uuid4()}", 404)):
        assert "ETag" not in get(client, path, status=status, **{"if-none-match": tag})


def queries(client, path):
    with CaptureQueriesContext(connection) as captured:
        response = get(client, f"{path}per_page=200")
    return len(captured), response.content.count(b'"id"')


def test_a_hundred_cost_as_many_queries_as_ten(client, site):
    topic, ramp = factories.make_topic(), factories.make_term("accessibility")
    programme, town = factories.make_term("programme"), factories.make_municipality()
    parent = factories.make_organization()
    factories.make_service(organization=parent)

    def fill(number):
        for _ in range(number):
            organization = factories.make_organization(parent=parent)
            house = factories.make_location(municipality=town, organization=organization, accessibility=[ramp])
            service = factories.make_service(
                house, organization=organization, topics=[topic], audiences=[topic], areas=[town], programme=programme
            )
            for owner in (service, house, organization):
                factories.make_service_contact(owner)
            for owner in (service, house):
                factories.make_hours(owner)
                factories.make_spoken(owner, "ar")
            factories.make_hours(service, service_at_location=service.at_locations.get())

    paths = [
        f"/{collection}?{query}"
        for collection in ("services", "organizations", "service_at_locations")
        for query in ("", "full=true&", "full_service=true&", "minimal=true&", "format=ndjson&full=true&")
    ]
    fill(10)
    ten = {path: queries(client, path) for path in paths}
    fill(90)
    for path in paths:
        number, records = queries(client, path)
        assert number == ten[path][0] <= 30, path
        assert records > ten[path][1] * 8, path


def test_the_openapi_document_says_what_is_true(client, directory):
    document = get(client, "/openapi.json", "en").json()
    assert document["openapi"].startswith("3.1")
    assert document["servers"] == [{"url": "http://testserver/en/hsds"}]
    listed = set()
    for path, item in document["paths"].items():
        assert set(item) == {"get"}
        operation = item["get"]
        listed.add(operation["operationId"])
        parameters = {row["name"]: row for row in operation.get("parameters", ())}
        if "{id}" in path:
            path = path.replace("{id}", ids(client, path.removesuffix("/{id}"))[0])
        get(client, path, "en")
        refused = client.get(f"/en/hsds{path}?n={'x' * 6000}")
        assert refused.status_code == 414
        resolved = document["components"]["responses"][operation["responses"]["414"]["$ref"].rpartition("/")[2]]
        assert list(resolved["content"]) == [refused["Content-Type"].partition(";")[0]]
        for name, parameter in parameters.items():
            if parameter["in"] == "path":
                continue
            assert parameter["description"]
            schema = parameter["schema"]
            wrong = {"integer": [schema.get("minimum", 1) - 1, "x"], "boolean": ["2"]}.get(schema.get("type"), [])
            wrong += [schema["maximum"] + 1] if "maximum" in schema else []
            wrong += ["x"] if "enum" in schema or schema.get("format") == "uuid" or "anyOf" in schema else []
            wrong += ["a" * (schema["maxLength"] + 1)] if "maxLength" in schema else []
            for value in wrong:
                refused = get(client, f"{path}?{name}={value}", "en", status=400).json()
                assert refused["parameter"] == name
    assert len(listed) == len(document["paths"]) == 13
    defined = document["components"]
    for value in walk(document):
        if isinstance(value, dict) and value.get("$ref", "").startswith("#"):
            _hash, _components, kind, name = value["$ref"].split("/")
            assert name in defined[kind]


def test_a_language_that_is_not_shown_has_no_open_data(client):
    factories.make_site(languages=["de", "en"])
    assert client.get("/ar/hsds/services").status_code == 404
    assert client.get("/en/hsds/services").status_code == 200
