"""Staff keep the directory: one form for a service and all that belongs to it, hints, and what needs checking."""

import re
from datetime import time, timedelta
from uuid import uuid4

import pytest
from django.contrib.auth.models import Permission, User
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from integration.wegweiser import addresses, duplicates
from integration.wegweiser.models import Location, Organization, Service, Suggestion
from tests import factories
from tests.conftest import form_data, log_in
from tests.test_admin import add, change

pytestmark = pytest.mark.django_db
ADD = "/admin/wegweiser/service/add/"
LIST = "/admin/wegweiser/service/"


@pytest.fixture(autouse=True)
def _site(site):
    pass


def url(row):
    return f"/admin/{row._meta.app_label}/{row._meta.model_name}/{row.pk}/change/"


def row(prefix, number=0, **fields):
    """A row of the form, filled in."""
    return {f"{prefix}-{number}-{name}": value for name, value in fields.items()}


def send(client, path, **values):
    """What the form says after it was sent, wherever that leads."""
    response = client.post(path, {**form_data(client.get(path).content.decode()), **values}, follow=True)
    return response.content.decode()


def said(html):
    return re.findall(r'<ul class="messagelist">.*?</main>', html, re.S)[0].split('<div id="content"')[0]


def suggest(service, **fields):
    return Suggestion.objects.create(id=uuid4(), service=service, language="de", message="Falsch", **fields)


def queries(client, path):
    with CaptureQueriesContext(connection) as captured:
        assert client.get(path).status_code == 200
    return len(captured)


# One form -------------------------------------------------------------------------------------------

HOUSE = {"street": "Musterstraße 5", "postal_code": "12345", "city": "Musterstadt"}


def test_a_service_with_all_that_belongs_to_it_is_one_form(editor):
    town = factories.make_municipality(name="Musterstadt")
    organization = factories.make_organization()
    service = add(
        editor, Service, title_de="Sprachcafé", organization=organization.pk, status="published",
        **row("at_locations", title="Rathaus", **HOUSE, wheelchair="yes", description_de="2. Stock"),
        **row("hours", days=["TU", "TH"], opens_at="15:00", closes_at="17:30"),
        **row("contacts", label_de="Anmeldung", phone="030 23125-511", email="cafe@example.org"),
        **row("languages", 0, code="ar"), **row("languages", 1, code="uk", note_de="donnerstags"),
    )  # fmt: skip
    place = service.at_locations.get()
    house = place.location
    assert place.description == "2. Stock"
    assert (house.title, house.address) == ("Rathaus", "Musterstraße 5, 12345 Musterstadt")
    assert (house.kind, house.municipality, house.wheelchair) == ("physical", town, "yes")
    hours = service.hours.get()
    assert (hours.days, hours.opens_at, hours.closes_at) == ("TU,TH", time(15), time(17, 30))
    assert service.contacts.get().phone == "030 23125-511"
    assert [language.code for language in service.languages.all()] == ["ar", "uk"]
    assert service.verified_on is None


def test_an_empty_form_begins_with_one_row_of_each_and_two_languages(editor):
    data = form_data(editor.get(ADD).content.decode())
    rows = {prefix: data[f"{prefix}-TOTAL_FORMS"] for prefix in ("at_locations", "hours", "contacts", "languages")}
    assert rows == {"at_locations": "1", "hours": "1", "contacts": "1", "languages": "2"}
    saved = factories.make_service(factories.make_location())
    data = form_data(editor.get(url(saved)).content.decode())
    assert (data["at_locations-TOTAL_FORMS"], data["hours-TOTAL_FORMS"]) == ("1", "0")


def test_empty_rows_are_no_rows(editor):
    service = add(editor, Service, title_de="Telefonberatung", organization=factories.make_organization().pk)
    assert not service.at_locations.exists()
    assert not service.hours.exists()
    assert not service.contacts.exists()


@pytest.mark.parametrize("fields", [{"title_de": "Prüfen"}, {"title_de": "A", "slug": "pruefen"}])
def test_no_entry_stands_where_organizations_answer(editor, fields):
    html = send(editor, ADD, organization=factories.make_organization().pk, **fields)
    assert "Unter „pruefen“ steht schon etwas anderes" in html
    assert not Service.objects.exists()


def test_a_known_place_is_chosen(editor):
    house = factories.make_location()
    organization = factories.make_organization()
    service = add(editor, Service, title_de="A", organization=organization.pk, **row("at_locations", location=house.pk))
    assert service.locations.get() == house


@pytest.mark.parametrize("street", ["Musterstraße 5", "Musterstr. 5", "muster-strasse 5", "Musterstr.5 "])
def test_an_address_that_is_there_already_is_taken_and_not_doubled(editor, street):
    house = factories.make_location(**HOUSE)
    organization = factories.make_organization()
    html = send(
        editor, ADD, title_de="A", organization=organization.pk, **row("at_locations", **{**HOUSE, "street": street})
    )
    assert "Diese Adresse gibt es schon" in said(html)
    assert Location.objects.get() == house
    assert Service.objects.get().locations.get() == house


def test_of_several_houses_at_one_address_the_one_of_that_name_is_taken(editor):
    factories.make_location(**HOUSE, title_de="Haus A")
    second = factories.make_location(**HOUSE, title_de="Haus B")
    assert addresses.find(**HOUSE, title="haus b") == second


def test_other_numbers_are_other_houses():
    one = addresses.key("Weg 1/1", "12345", "Musterstadt")
    assert one != addresses.key("Weg 11", "12345", "Musterstadt")
    assert addresses.key("Weg 1a", "12345", "Musterstadt") == addresses.key("Weg 1 A", "12345", "MUSTERSTADT")


def test_a_place_and_an_address_at_once_is_a_question(editor):
    house = factories.make_location()
    html = send(editor, ADD, title_de="A", **row("at_locations", location=house.pk, **HOUSE))
    assert "entweder einen bekannten Ort wählen oder eine neue Adresse" in html
    assert 'value="Musterstraße 5"' in html  # nothing is lost


def test_half_an_address_is_explained_at_the_field_and_nothing_is_saved(editor):
    organization = factories.make_organization()
    html = send(
        editor, ADD, title_de="A", organization=organization.pk,
        **row("at_locations", street="Musterstraße 5"), **row("hours", days=["MO"], opens_at="09:00", closes_at="12:00"),
    )  # fmt: skip
    assert "Ein Haus braucht Straße, PLZ und Ort." in html
    assert html.count("Bitte ausfüllen.") == 2
    assert re.search(r"field-postal_code errors", html)
    assert 'value="MO"' in html
    assert not Service.objects.exists()
    assert not Location.objects.exists()


def test_a_town_nobody_knows_has_to_be_chosen(editor):
    html = send(editor, ADD, title_de="A", **row("at_locations", **HOUSE))
    assert "Eine Stadt oder Gemeinde „Musterstadt“ gibt es nicht" in html
    town = factories.make_municipality()
    organization = factories.make_organization()
    service = add(editor, Service, title_de="A", organization=organization.pk,
                  **row("at_locations", **HOUSE, municipality=town.pk))  # fmt: skip
    assert service.locations.get().municipality == town


def test_an_error_elsewhere_leaves_no_house_behind(editor):
    factories.make_municipality(name="Musterstadt")
    organization = factories.make_organization()
    html = send(editor, ADD, title_de="A", organization=organization.pk, **row("at_locations", **HOUSE),
                **row("contacts", phone="keine Nummer"))  # fmt: skip
    assert "Das ist keine Telefonnummer" in html
    assert not Location.objects.exists()


@pytest.mark.parametrize("second", ["known", "typed"])
def test_the_same_place_twice_is_refused(editor, second):
    factories.make_municipality(name="Musterstadt")
    if second == "known":
        house = factories.make_location()
        places = {**row("at_locations", 0, location=house.pk), **row("at_locations", 1, location=house.pk, order=1)}
    else:
        places = {
            **row("at_locations", 0, **HOUSE),
            **row("at_locations", 1, **{**HOUSE, "street": "Musterstr. 5"}, order=1),
        }
    html = send(editor, ADD, title_de="A", organization=factories.make_organization().pk,
                **places, **{"at_locations-TOTAL_FORMS": 2})  # fmt: skip
    assert "Dieser Ort steht schon weiter oben." in html
    assert not Service.objects.exists()


def test_a_row_without_a_place_asks_for_one(editor):
    html = send(editor, ADD, title_de="A", **row("at_locations", description_de="2. Stock"))
    assert "Bitte einen Ort wählen oder eine neue Adresse eintragen." in html


def test_who_may_not_add_places_cannot_do_it_here(client):
    helper = User.objects.create_user("aushilfe", password="ein-langes-Passwort", is_staff=True)
    names = ("add_service", "view_service", "view_organization", "view_location", "add_serviceatlocation")
    helper.user_permissions.add(*Permission.objects.filter(codename__in=names))
    log_in(client, helper)
    factories.make_municipality(name="Musterstadt")
    organization = factories.make_organization()
    html = send(client, ADD, title_de="A", organization=organization.pk, **row("at_locations", **HOUSE))
    assert "Bitte einen Ort wählen" in html
    assert not Location.objects.exists()


def test_who_may_only_look_sees_all_of_an_entry(client):
    guest = User.objects.create_user("gast", password="ein-langes-Passwort", is_staff=True)
    guest.user_permissions.add(
        *Permission.objects.filter(content_type__app_label="wegweiser", codename__startswith="view_")
    )
    log_in(client, guest)
    service = factories.make_service(factories.make_location(**HOUSE), factories.make_location())
    factories.make_hours(service)
    factories.make_service_contact(service)
    html = client.get(url(service)).content.decode()
    assert "Musterstraße 5, 12345 Musterstadt" in html
    assert "030 23125-500" in html
    assert "_save" not in html


@pytest.mark.parametrize(
    ("prefix", "fields", "message"),
    [
        ("hours", {"days": ["MO"], "opens_at": "09:00"}, "Bitte „von“ und „bis“ angeben"),
        ("hours", {"days": ["MO"]}, "Bitte Uhrzeiten angeben"),
        ("hours", {"nth": "1", "opens_at": "09:00", "closes_at": "10:00"}, "Welcher Wochentag im Monat?"),
        ("hours", {"exception": "on"}, "Eine Ausnahme braucht „gilt ab“ und „gilt bis“"),
        ("hours", {"days": ["XX"], "opens_at": "09:00", "closes_at": "10:00"}, "XX"),
        ("contacts", {"label_de": "Sekretariat"}, "Ein Kontakt braucht Telefon, Mobiltelefon, Fax oder E-Mail."),
    ],
)
def test_what_a_row_lacks_is_said_in_the_row(editor, prefix, fields, message):
    html = send(editor, ADD, title_de="A", organization=factories.make_organization().pk, **row(prefix, **fields))
    assert message in html
    assert not Service.objects.exists()


def test_a_language_twice_is_refused_in_german(editor):
    html = send(editor, ADD, title_de="A", organization=factories.make_organization().pk,
                **row("languages", 0, code="ar"), **row("languages", 1, code="ar"))  # fmt: skip
    assert "Diese Sprache steht schon weiter oben." in html
    assert "code" not in re.findall(r"errorlist nonform[^>]*>(.*?)</ul>", html)[0]


def test_a_house_without_an_address_is_explained(editor):
    html = send(editor, "/admin/wegweiser/location/add/", kind="physical", street="Musterstraße 5")
    assert "Ein Haus braucht Straße, PLZ, Ort und die Stadt oder Gemeinde." in html


def test_days_and_times_come_back_as_they_were_entered(editor):
    service = factories.make_service()
    factories.make_hours(service, days="MO,FR")
    data = form_data(editor.get(url(service)).content.decode())
    assert data["hours-0-days"] == ["MO", "FR"]
    assert data["hours-0-opens_at"] == "09:00"
    change(editor, service, lead_de="Neu")
    assert service.hours.get().days == "MO,FR"


def test_a_draft_can_be_previewed_in_every_language(editor):
    service = factories.make_service(factories.make_location(), status="draft", title_de="Sprachcafé", title_ar="مقهى")
    html = editor.get(f"/admin/wegweiser/service/{service.pk}/vorschau/ar/").content.decode()
    assert '<html lang="ar" dir="rtl">' in html
    assert "مقهى" in html
    assert editor.get(service.get_absolute_url()).status_code == 404


# Hours and contacts of one place --------------------------------------------------------------------


def test_with_two_places_hours_may_hold_at_one(editor):
    one, two, foreign = (factories.make_location() for _ in range(3))
    service = factories.make_service(one, two)
    factories.make_service(foreign)
    factories.make_hours(service)
    html = editor.get(url(service)).content.decode()
    offered = re.findall(r'<select name="hours-0-service_at_location".*?</select>', html, re.S)[0]
    assert one.street in offered
    assert two.street in offered
    assert foreign.street not in offered
    place = service.at_locations.get(location=two)
    change(editor, service, **row("hours", service_at_location=place.pk))
    assert service.hours.get().service_at_location == place


def test_with_one_place_nobody_is_asked_where(editor):
    service = factories.make_service(factories.make_location())
    factories.make_hours(service)
    assert "service_at_location" not in editor.get(url(service)).content.decode()


def test_a_place_of_another_service_is_refused(editor):
    service = factories.make_service(factories.make_location(), factories.make_location())
    factories.make_hours(service)
    foreign = factories.make_service(factories.make_location()).at_locations.get()
    html = send(editor, url(service), **row("hours", service_at_location=foreign.pk))
    assert "Bitte eine gültige Auswahl treffen" in html


def test_hours_of_a_place_that_goes_are_not_lost_silently(editor):
    service = factories.make_service(factories.make_location(), factories.make_location())
    first = service.at_locations.first()
    factories.make_hours(service, service_at_location=first)
    leaving = {"at_locations-0-DELETE": "on"}
    html = send(editor, url(service), **leaving, **row("hours", opens_at="08:00"))
    assert "Dieser Ort soll entfernt werden." in html
    assert service.at_locations.count() == 2
    change(editor, service, **leaving, **{"hours-0-DELETE": "on"})
    assert service.at_locations.count() == 1
    assert not service.hours.exists()


# What may be the same -------------------------------------------------------------------------------


def reasons(row):
    return dict(duplicates.similar(row))


def test_the_same_service_twice_is_pointed_out_and_saved(editor):
    house = factories.make_location(city="Musterstadt")
    old = factories.make_service(house, title_de="Migrationsberatung für Erwachsene")
    organization = factories.make_organization()
    html = send(editor, ADD, title_de="Migrations-Beratung für Erwachsene", organization=organization.pk,
                **row("at_locations", location=house.pk))  # fmt: skip
    assert "Gibt es das schon?" in said(html)
    assert f'href="{url(old)}"' in said(html)
    assert "ähnlicher Name in Musterstadt" in said(html)
    new = Service.objects.latest("pk")
    assert url(old) in editor.get(url(new)).content.decode()  # and in the form


@pytest.mark.parametrize("number", ["030 23125-599", "+49 30 23125599", "(030) 23 12 55 99"])
def test_a_number_is_one_however_it_is_written(number):
    first, second = factories.make_service(), factories.make_service(title_de="Ganz anderes")
    factories.make_service_contact(first, phone="030/23125-599")
    factories.make_service_contact(second, phone="", mobile=number)
    assert reasons(first) == {second: ["gleiche Telefonnummer"]}


def test_a_switchboard_is_no_sign():
    organization = factories.make_organization()
    services = [factories.make_service(organization=organization, title_de=title) for title in ("A", "B", "C", "D")]
    for service in services:
        factories.make_service_contact(service)
    assert duplicates.similar(services[0]) == []
    other = factories.make_service(title_de="X")
    factories.make_service_contact(other)
    assert list(reasons(services[0])) == [other]


def test_organizations_are_recognized_by_mail_address_and_website():
    first = factories.make_organization(
        title_de="Anker", email="Info@example.org", website="https://www.anker.example/a"
    )
    second = factories.make_organization(title_de="Brücke", email="info@example.org", website="https://anker.example/")
    assert reasons(first) == {second: ["gleiche E-Mail-Adresse", "gleiche Internetadresse"]}


@pytest.mark.parametrize(
    "website", ["https://www.facebook.com/{}", "https://de-de.facebook.com/{}", "https://www.landkreis.example/{}"]
)
def test_a_page_at_a_big_host_or_the_countys_own_is_no_sign(site, website):
    site.website = "https://landkreis.example/"
    site.save()
    first = factories.make_organization(title_de="Anker", website=website.format("anker"))
    factories.make_organization(title_de="Brücke", website=website.format("bruecke"))
    assert duplicates.similar(first) == []


def test_the_same_name_in_another_town_is_another_thing():
    first, second = (
        factories.make_service(factories.make_location(city=city), title_de="Sprachcafé") for city in ("Aurich", "Leer")
    )
    assert duplicates.similar(first) == []
    factories.make_service(factories.make_location(city="LEER"), title_de="Sprach-Café")
    assert len(duplicates.similar(second)) == 1


@pytest.mark.parametrize(
    ("name", "other", "same"),
    [
        ("Caritasverband Musterland e. V.", "Caritas-Verband Musterland", True),
        ("Begegnungsstätte Nordpol", "Begegnungsstaette Nordpol", True),
        ("Deutschkurs A1", "Deutschkurs A2", False),
        ("Schuldnerberatung", "Schwangerenberatung", False),
        ("Diakonie Musterstadt", "Diakonie Musterstadt Fachstelle Migration", True),
        ("", "", False),
    ],
)
def test_names_are_compared_as_people_do(name, other, same):
    assert duplicates.alike(name, other) is same


def test_a_house_entered_twice_is_pointed_out(editor):
    house = factories.make_location(**HOUSE)
    html = send(editor, "/admin/wegweiser/location/add/", kind="physical", municipality=house.municipality_id,
                **{**HOUSE, "street": "Musterstr. 5"})  # fmt: skip
    assert "gleiche Anschrift" in said(html)
    assert Location.objects.count() == 2


@pytest.mark.parametrize("make", [factories.make_service, factories.make_organization, factories.make_location])
def test_looking_for_the_same_takes_as_many_queries_for_10_as_for_100(make):
    def count():
        row = make()
        factories.make_service_contact(row)
        with CaptureQueriesContext(connection) as captured:
            duplicates.similar(row)
        return len(captured)

    for _ in range(9):
        factories.make_service_contact(make())
    few = count()
    for _ in range(90):
        factories.make_service_contact(make())
    assert count() == few <= 6


# Lists ----------------------------------------------------------------------------------------------


def listed(client, query=""):
    return set(client.get(LIST + query).context["cl"].queryset)


def test_the_list_shows_what_needs_checking(editor):
    today = timezone.localdate()
    overdue = factories.make_service(verified_on=today, review_due=today - timedelta(days=1))
    soon = factories.make_service(verified_on=today, review_due=today + timedelta(days=30))
    factories.make_service(verified_on=today, review_due=today + timedelta(days=31))
    never = factories.make_service()
    for gone in ({"status": "archived"}, {"availability": "defunct"}):
        factories.make_service(review_due=today - timedelta(days=9), **gone)
    assert listed(editor, "?pruefung=ueberfaellig") == {overdue}
    assert listed(editor, "?pruefung=bald") == {soon}
    assert listed(editor, "?pruefung=nie") == {never}
    assert len(listed(editor)) == 6
    assert editor.get(f"{LIST}?pruefung=quatsch").status_code == 200
    assert "überfällig (1)" in editor.get(f"{LIST}?_facets=True").content.decode()


def test_the_list_says_where_and_how_an_entry_was_checked(editor):
    service = factories.make_service(factories.make_location(city="Deichfeld"))
    service.verify("phone")
    service.save()
    html = editor.get(LIST).content.decode()
    assert "Deichfeld" in html
    assert "am Telefon geprüft" in html
    assert timezone.localdate().strftime("%d.%m.%Y") in html


@pytest.mark.parametrize(
    "words",
    ["Deichfeld", "26789", "030 23125-512", "(030) 23125-512", "+49 30 23125512", "23125512", "cafe@example.org"],
)
def test_entries_are_found_by_town_mail_address_and_number(editor, words):
    service = factories.make_service(factories.make_location(city="Deichfeld", postal_code="26789"))
    factories.make_service_contact(service, phone="030/23125-512", email="cafe@example.org")
    factories.make_service(factories.make_location())
    response = editor.get(LIST, {"q": words})
    assert list(response.context["cl"].queryset) == [service]


def test_the_number_of_the_organization_finds_its_entries(editor):
    service = factories.make_service()
    factories.make_service_contact(service.organization, phone="030 23125-777")
    assert listed(editor, "?q=030-23125777") == {service}


@pytest.mark.parametrize("model", ["service", "organization", "location", "suggestion"])
def test_lists_take_as_many_queries_for_10_rows_as_for_40(editor, model):
    def fill(number):
        for _ in range(number):
            service = factories.make_service(factories.make_location(), factories.make_location())
            suggest(service)

    path = f"/admin/wegweiser/{model}/"
    fill(10)
    editor.get(path)
    few = queries(editor, path)
    fill(30)
    assert queries(editor, path) == few


def test_the_form_takes_as_many_queries_for_2_rows_as_for_20(editor):
    service = factories.make_service(factories.make_location(), factories.make_location())

    def fill(number):
        for _ in range(number):
            factories.make_hours(service)
            factories.make_service_contact(service)

    fill(2)
    editor.get(url(service))
    few = queries(editor, url(service))
    fill(18)
    assert queries(editor, url(service)) == few


def test_an_organization_shows_its_entries(editor):
    organization = factories.make_organization()
    service = factories.make_service(organization=organization, title_de="Sprachcafé")
    html = editor.get(url(organization)).content.decode()
    assert f'<a href="{url(service)}">Sprachcafé</a>' in html
    link = f"{ADD}?organization={organization.pk}"
    assert link in html
    assert str(organization) in editor.get(link).content.decode()


def test_an_organization_is_added(editor):
    row = add(editor, Organization, title_de="Anker", description_de="Ein Verein.", kind="association")
    assert row.slug == "anker"


# Suggestions and the start page ---------------------------------------------------------------------


def test_suggestions_are_shown_open_ones_first_and_marked_as_done(editor):
    service = factories.make_service()
    done = suggest(service, handled_on=timezone.localdate())
    waiting = suggest(service, created=timezone.now() - timedelta(days=3))
    path = "/admin/wegweiser/suggestion/"
    response = editor.get(path)
    assert list(response.context["cl"].result_list) == [waiting, done]
    assert f'href="{url(service)}"' in response.content.decode()
    assert list(editor.get(f"{path}?bearbeitung=offen").context["cl"].result_list) == [waiting]
    editor.post(path, {"action": "mark_handled", "_selected_action": [waiting.pk, done.pk]})
    waiting.refresh_from_db()
    assert waiting.handled_on == timezone.localdate()
    assert list(editor.get(f"{path}?bearbeitung=offen").context["cl"].result_list) == []


@pytest.mark.parametrize("day", ["31.12.2099", "31.12.9999", "01.01.2000"])
def test_a_hint_is_handled_between_its_coming_and_today(editor, day):
    hint = suggest(factories.make_service())
    assert "zwischen dem Eingang und heute" in send(editor, url(hint), handled_on=day)
    hint.refresh_from_db()
    assert hint.handled_on is None


def to_do(client):
    return client.get("/admin/").content.decode().split('<section class="to-do"')[1].split("</section>")[0]


def test_the_start_page_says_what_is_to_be_done(editor):
    today = timezone.localdate()
    service = factories.make_service(verified_on=today, review_due=today - timedelta(days=1))
    factories.make_service(status="draft")
    suggest(service)
    html = editor.get("/admin/").content.decode()
    assert '<a href="/admin/wegweiser/service/?pruefung=ueberfaellig">1 überfällig</a>' in html
    assert '<a href="/admin/wegweiser/service/?pruefung=nie">1 nie geprüft</a>' in html
    assert '<a href="/admin/wegweiser/suggestion/?bearbeitung=offen">1 Hinweis auf Fehler</a>' in html
    assert "pruefung" not in editor.get("/admin/portal/").content.decode()


def test_with_nothing_to_do_the_start_page_says_nothing(editor):
    assert "/admin/wegweiser/" not in to_do(editor)


def test_who_may_not_see_entries_is_not_told_of_them(client):
    guest = User.objects.create_user("gast", password="ein-langes-Passwort", is_staff=True)
    log_in(client, guest)
    suggest(factories.make_service())
    assert "/admin/wegweiser/" not in to_do(client)
    assert client.get(LIST).status_code == 403


def test_the_directory_is_kept_by_editors_only(client, editor):
    paths = [
        f"/admin/wegweiser/{name}/" for name in ("service", "organization", "location", "municipality", "suggestion")
    ]
    assert [editor.get(path).status_code for path in paths] == [200] * 5
    assert editor.get("/admin/wegweiser/directorysettings/add/").status_code == 403
    editor.logout()
    assert [client.get(path).status_code for path in [*paths, ADD]] == [302] * 6


def test_the_list_is_filtered_by_the_town_where_something_is_or_for_which_it_is(editor):
    here, there = (factories.make_municipality(name=name, slug=name.lower()) for name in ("Hier", "Dort"))
    factories.make_service(factories.make_location(municipality=here), title_de="Im Ort")
    factories.make_service(title_de="Für den Ort", areas=[here])
    factories.make_service(factories.make_location(municipality=there), title_de="Woanders")
    page = editor.get("/admin/wegweiser/service/?gemeinde=hier")
    assert {row.title_de for row in page.context["cl"].queryset} == {"Im Ort", "Für den Ort"}
    assert editor.get("/admin/wegweiser/service/?gemeinde=unsinn").status_code == 200
