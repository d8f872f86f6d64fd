"""The directory from and to spreadsheets: what offices have comes in, and only whole."""

import re
import time
import zipfile
from csv import reader as reader_of
from csv import writer as writer_of
from datetime import date, timedelta
from io import BytesIO, StringIO
from pathlib import Path

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission
from django.core import signing
from django.core.exceptions import ValidationError
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.db import OperationalError, connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from openpyxl import Workbook, load_workbook

from integration.wegweiser.models import (
    Contact,
    DirectoryVersion,
    Location,
    Municipality,
    OpeningHours,
    Organization,
    Service,
    ServiceAtLocation,
    SpokenLanguage,
)
from integration.wegweiser.tables import importer, sheet, writer
from integration.wegweiser.tables.exchange import ExportForm
from portal import spreadsheets
from portal.groups import EDITORS
from portal.search.models import SearchEntry
from portal.timer import jobs
from tests import factories
from tests.conftest import log_in, staff

pytestmark = pytest.mark.django_db

START = "/admin/wegweiser/service/import/"
COUNTY = """\
Name des Angebots;Träger;Ort (Name);Strasse;PLZ;Ort;Tel.;Mail;Homepage;Sprechzeiten;Sprachen;Thema;Wiedervorlage
Migrationsberatung;Hilfswerk Musterstadt;Familienzentrum;Musterstr. 5 a;12345;Musterstadt;030 23125-100;\
beratung@example.org;www.example.org/beratung;"Mo–Do 9.00–12.00 Uhr, Do 14–18 Uhr";Deutsch, Arabisch, Türkisch (dienstags);\
Beratung;März
Sprachcafé;Volkshochschule;;Kirchplatz 2;12345;Musterstadt;+49 30 23125-200;;;1. Mi im Monat 15–17 Uhr;;;
Sprachcafé;Volkshochschule;;Am Hafen 1;12346;Hafenstadt;+49 30 23125-200;;;nach Vereinbarung;;;
Sorgentelefon;Volkshochschule;;;;;116 111;;;täglich 0–24 Uhr;;;
"""


@pytest.fixture(autouse=True)
def county(site):
    factories.make_municipality(name="Musterstadt", ags="03999001")
    factories.make_municipality(name="Hafenstadt (Nordsee)", slug="hafenstadt")
    factories.make_topic(title_de="Beratung", slug="beratung")


def csv(*lines, separator=";"):
    file = StringIO()
    writer_of(file, delimiter=separator).writerows(lines)
    return file.getvalue().encode()


def xlsx(*rows, **cells):
    workbook = Workbook()
    for row in rows:
        workbook.active.append(row)
    for place, value in cells.items():
        workbook.active[place] = value
    file = BytesIO()
    workbook.save(file)
    return file.getvalue()


def upload(client, content, name="liste.csv"):
    return client.post(START, {"file": SimpleUploadedFile(name, content)})


def look(client, content, name="liste.csv"):
    """Uploads and reads what the page says at the end; the page's address is in `.url`."""
    response = upload(client, content, name)
    assert response.status_code == 302, response.content.decode()
    page = client.get(response.url)
    assert page.streaming
    return Page(response.url, page.getvalue().decode())


def answer(client, content, name="liste.csv"):
    """What the staff read, at once or after the check."""
    response = upload(client, content, name)
    return (client.get(response.url) if response.status_code == 302 else response).getvalue().decode()


class Page(str):
    def __new__(cls, url, html):
        page = super().__new__(cls, html)
        page.url = url
        return page

    @property
    def text(self):
        result = self[self.index('id="ergebnis"') :].partition("</main>")[0]
        return " ".join(re.sub(r"<[^>]+>", " ", result).split())

    @property
    def digest(self):
        return re.search('name="digest" value="([^"]+)"', self)[1]


def confirm(client, page):
    return Page(page.url, client.post(page.url, {"digest": page.digest}).getvalue().decode())


def bring(client, content, name="liste.csv"):
    page = look(client, content, name)
    assert "Jetzt importieren" in page, page.text
    page = confirm(client, page)
    assert "Importiert" in page.text, page.text
    return page


def check(content):
    found = importer.Check()
    list(found.run(BytesIO(content)))
    return found


def problems(content):
    return [(entry.number, *problem) for entry in check(content).problems for problem in entry.problems]


def exported(client, kind="xlsx", query="", **data):
    languages = [code for code, _name in ExportForm().fields["languages"].choices]
    return client.post(
        f"/admin/wegweiser/service/export/{query}", {"format": kind, "languages": languages, **data}
    ).content


def exported_rows(client, **data):
    rows = list(load_workbook(BytesIO(exported(client, **data))).active.values)
    return [dict(zip(rows[0], row, strict=True)) for row in rows[1:]]


def counts():
    models = (Organization, Location, Service, ServiceAtLocation, Contact, OpeningHours, SpokenLanguage)
    return [model.objects.count() for model in models]


# What offices have ----------------------------------------------------------------------------------


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
def test_a_countys_list_becomes_entries_whatever_its_letters(editor, encoding):
    page = look(editor, COUNTY.encode(encoding))
    assert "neue Angebote: 3" in page.text and "„Wiedervorlage“" in page.text
    assert counts() == [0] * 7  # only looked
    confirm(editor, page)
    service = Service.objects.get(title_de="Migrationsberatung")
    assert service.status == "draft" and service.verified_on is None and service.slug == "migrationsberatung"
    assert service.organization.title_de == "Hilfswerk Musterstadt"
    assert service.url == "https://www.example.org/beratung"
    place = service.at_locations.get().location
    assert (place.title_de, place.street, place.municipality.name) == (
        "Familienzentrum",
        "Musterstr. 5 a",
        "Musterstadt",
    )
    contact = service.contacts.get()
    assert (contact.phone, contact.email) == ("030 23125-100", "beratung@example.org")
    assert [(row.days, str(row.opens_at)) for row in service.hours.all()] == [
        ("MO,TU,WE,TH", "09:00:00"),
        ("TH", "14:00:00"),
    ]
    assert [(row.code, row.note_de) for row in service.languages.all()] == [("ar", ""), ("tr", "dienstags")]
    assert [term.slug for term in service.topics.all()] == ["beratung"]


def test_rows_of_the_same_name_are_one_service_at_several_places_each_with_its_hours(editor):
    bring(editor, COUNTY.encode())
    service = Service.objects.get(title_de="Sprachcafé")
    assert [str(at.location.municipality) for at in service.at_locations.all()] == [
        "Musterstadt",
        "Hafenstadt (Nordsee)",
    ]
    hours = {row.service_at_location.location.street: sheet.hours_to_text([row]) for row in service.hours.all()}
    assert hours == {"Kirchplatz 2": "1. Mi im Monat 15:00–17:00", "Am Hafen 1": "nach Vereinbarung"}
    assert service.contacts.get().service_at_location is None  # the same at both


def test_a_service_without_a_place_is_one_row(editor):
    bring(editor, COUNTY.encode())
    service = Service.objects.get(title_de="Sorgentelefon")
    assert not service.at_locations.exists() and service.contacts.get().phone == "116 111"


def test_comma_and_tab_separate_too_and_empty_lines_are_skipped(editor):
    lines = (("Angebot", "Organisation"), ("", ""), ("A", "O"))
    for separator in (",", "\t", ";"):
        assert [entry.title for entry in check(csv(*lines, separator=separator)).rows] == ["A"]
    assert [entry.number for entry in check(csv(*lines)).rows] == [3]


def test_address_and_town_may_stand_in_one_cell(editor):
    rows = check(csv(("Angebot", "Organisation", "Anschrift"), ("A", "O", "Musterweg 1, 12345 Musterstadt"))).rows
    assert not rows[0].problems and rows[0].location.street == "Musterweg 1" and rows[0].location.city == "Musterstadt"
    assert problems(csv(("Angebot", "Organisation", "PLZ/Ort"), ("A", "O", "irgendwo")))


def test_numbers_dates_and_booleans_of_excel_are_read_as_what_they_mean(editor):
    content = xlsx(
        ["Angebot", "Organisation", "Straße", "PLZ", "Stadt", "ab Alter", "Rollstuhl", "Hinweis zeigen bis"],
        ["A", "O", "Weg 1", 12345.0, "Musterstadt", 18.0, True, date(2030, 5, 1)],
        ["B", "O", "Weg 2", 1234, "Musterstadt", "ab 16 Jahre", "nein", "1.5.2030"],
    )
    bring(editor, content, "liste.xlsx")
    service = Service.objects.get(title_de="A")
    assert (service.minimum_age, service.alert_until) == (18, date(2030, 5, 1))
    assert service.locations.get().wheelchair == "yes"
    assert Service.objects.get(title_de="B").locations.get().postal_code == "01234"


def test_municipalities_are_known_by_name_slug_and_key(editor):
    header = ("Angebot", "Organisation", "Straße", "PLZ", "Stadt", "Gemeinde")
    for number, name in enumerate(("Hafenstadt", "hafenstadt", "03999001", "Stadt Musterstadt", "")):
        rows = check(csv(header, ("A", "O", f"Weg {number}", "12345", "Musterstadt", name))).rows
        assert not rows[0].problems, name
    found = problems(csv(header, ("A", "O", "Weg 1", "12345", "Nirgendwo", "")))
    assert [(number, column) for number, column, _message in found] == [(2, "Gemeinde")]
    assert "„Nirgendwo“ ist keine Gemeinde, die das Portal kennt." in found[0][2]


def test_texts_come_in_all_languages_shown(editor):
    content = csv(
        ("Angebot", "Angebot (en)", "Beschreibung (Arabisch)", "Träger", "Angebot (xx)"),
        ("Beratung", "Advice", "نص", "O", "?"),
    )
    page = bring(editor, content)
    service = Service.objects.get()
    assert (service.title_en, service.description_ar) == ("Advice", "نص")
    assert check(content).warnings == ["Diese Spalten kennt das Portal nicht und liest sie nicht: „Angebot (xx)“."]
    assert page


def test_new_services_are_drafts_unless_the_sheet_says_otherwise(editor):
    bring(editor, csv(("Angebot", "Organisation", "Zustand"), ("A", "O", ""), ("B", "O", "veröffentlicht")))
    assert dict(Service.objects.values_list("title_de", "status")) == {"A": "draft", "B": "published"}


# Once more ------------------------------------------------------------------------------------------


def rich_service():
    """With everything a row can say, and things it cannot."""
    term = factories.make_term("accessibility", title_de="Aufzug")
    house = factories.make_location(
        title_de="Rathaus", title_en="Town hall", street="Musterstraße 1", addition="Haus A", wheelchair="limited",
        directions_de="Bus 12\r\nbis Markt", accessibility=[term], latitude=53.1, longitude=7.4,
    )  # fmt: skip
    other = factories.make_location(kind="virtual", url="https://example.org/raum", street="", postal_code="", city="")
    service = factories.make_service(
        house, other, title_de="Beratung; \"für alle\"", title_en="Advice", title_ar="مشورة", lead_de="=1+1",
        description_de="Erste Zeile\r\n\r\n- Punkt", minimum_age=0, maximum_age=27, fees_de="'=frei", documents_de="Pass\nFoto",
        alert_de="Umbau", alert_until=date(2030, 1, 1), url="https://example.org/", verified_on=date(2026, 1, 5),
        verified_how="phone", review_due=date(2026, 7, 5), topics=[factories.make_topic(title_de="Arbeit, Beruf")],
        audiences=[factories.make_term("audience")], programme=factories.make_term("programme"),
        areas=[factories.make_municipality()],
    )  # fmt: skip
    first, second = service.at_locations.all()
    first.description_de = "Zimmer 2"
    first.save()
    factories.make_hours(service, service_at_location=first, note_de="Eingang (Hof); links", note_en="Yard")
    factories.make_hours(service, "WE", nth=-1, service_at_location=second, on_holidays=True)
    factories.make_hours(
        service, "", None, None, service_at_location=second, exception=True,
        valid_from=date(2026, 12, 24), valid_to=date(2027, 1, 2),
    )  # fmt: skip
    factories.make_service_contact(service, phone="+49 30 23125-1", label_de="Termine", person="Frau Muster")
    factories.make_service_contact(service, phone="030 23125-2", note_de="nur montags")
    factories.make_spoken(service, "ckb", note_de="freitags", note_en="Fridays")
    factories.make_spoken(service, "ar")
    return service


@pytest.mark.parametrize("kind", ["xlsx", "csv"])
def test_what_is_exported_and_imported_again_changes_nothing(editor, kind):
    bring(editor, COUNTY.encode())
    rich_service()
    factories.make_service(factories.make_location(street="Musterstraße 1"))
    found = check(exported(editor, kind))
    assert not found.problems
    assert [(entry.number, entry.changes) for entry in found.changed] == []
    assert len(found.rows) == 7
    page = look(editor, exported(editor, kind), f"export.{kind}")
    assert "nichts Neues" in page.text and "Jetzt importieren" not in page


@pytest.mark.parametrize("kind", ["xlsx", "csv"])
def test_what_a_form_has_let_pass_is_no_mistake_in_the_own_export(editor, kind):
    service = factories.make_service(factories.make_location(), fees_de="5", import_key="K-1")
    assert not check(exported(editor, kind)).problems
    assert not check(exported(editor, kind)).changed
    new = csv(("Schlüssel", "Angebot", "Organisation", "Kosten"), ("K-1", "X", service.organization.title_de, "6"))
    assert "nur eine Zahl" in check(new).problems[0].problems[0].message


def test_importing_twice_changes_nothing_the_second_time(editor):
    bring(editor, COUNTY.encode())
    before = (counts(), list(Service.objects.order_by("pk").values_list("modified", flat=True)))
    page = look(editor, COUNTY.encode())
    assert "bleiben, wie sie sind: 3" in page.text and "Jetzt importieren" not in page
    assert before == (counts(), list(Service.objects.order_by("pk").values_list("modified", flat=True)))


def test_an_import_changes_what_the_sheet_says_and_leaves_the_rest(editor):
    service = rich_service()
    rows = exported_rows(editor)
    content = csv(
        ("Schlüssel", "Angebot", "Kosten", "Sprachen"),
        (rows[0]["Schlüssel"], "Neuer Name", "10 €", "Kurdisch (Sorani) (freitags), uk"),
    )
    page = look(editor, content)
    assert "Angebote mit Änderungen: 1" in page.text
    assert "Angebot Beratung; &quot;für alle&quot; Neuer Name" in page.text
    confirm(editor, page)
    after = Service.objects.get()
    assert (after.title_de, after.fees_de, after.title_en) == ("Neuer Name", "10 €", "Advice")
    assert after.slug == service.slug and after.pk == service.pk
    assert [(row.code, row.note_de, row.note_en) for row in after.languages.all()] == [
        ("ckb", "freitags", "Fridays"),
        ("uk", "", None),
    ]
    assert after.hours.count() == 3 and after.contacts.count() == 2 and after.at_locations.count() == 2
    assert after.locations.get(kind="physical").latitude == 53.1


def test_verification_is_never_touched(editor):
    service = rich_service()
    content = csv(
        ("Schlüssel", "Angebot", "Organisation", "Zuletzt geprüft", "Kosten"),
        (str(service.uuid), "Neu", service.organization.title_de, "01.11.2026", "5 €"),
        ("", "Ganz neu", service.organization.title_de, "01.11.2026", ""),
    )
    bring(editor, content)
    service.refresh_from_db()
    assert service.fees_de == "5 €"
    assert (service.verified_on, service.verified_how, service.review_due) == (
        date(2026, 1, 5),
        "phone",
        date(2026, 7, 5),
    )
    assert Service.objects.get(title_de="Ganz neu").verified_on is None
    assert {row["Zuletzt geprüft"] for row in exported_rows(editor)} == {"05.01.2026", None}


def test_with_a_key_a_service_may_be_renamed_and_move(editor):
    header = ("Schlüssel", "Angebot", "Organisation", "Straße", "PLZ", "Stadt", "Telefon")
    bring(editor, csv(header, ("17", "Beratung", "O", "Weg 1", "12345", "Musterstadt", "030 23125-1")))
    page = bring(editor, csv(header, ("17", "Beratung neu", "O", "Weg 2", "12345", "Musterstadt", "030 23125-1")))
    service = Service.objects.get()
    assert (service.import_key, service.title_de, service.locations.get().street) == ("17", "Beratung neu", "Weg 2")
    assert Location.objects.count() == 2 and page  # the old house stays


def test_without_a_key_it_is_known_by_organization_title_postal_code_and_street(editor):
    header = ("Angebot", "Organisation", "Straße", "PLZ", "Stadt", "Kosten")
    bring(editor, csv(header, ("Beratung", "Hilfswerk", "Musterstraße 5a", "12345", "Musterstadt", "1 €")))
    bring(editor, csv(header, ("BERATUNG", "hilfswerk ", "Musterstr. 5 a", "12345", "Musterstadt", "2 €")))
    assert Service.objects.get().fees_de == "2 €"
    page = bring(editor, csv(header, ("Beratung", "Hilfswerk", "Anderer Weg 1", "12345", "Musterstadt", "3 €")))
    assert Service.objects.count() == 2 and page


def test_a_key_is_taken_over_by_a_service_that_had_none(editor):
    service = factories.make_service()
    content = csv(("Schlüssel", "Angebot", "Organisation"), ("A-1", service.title_de, service.organization.title_de))
    bring(editor, content)
    service.refresh_from_db()
    assert service.import_key == "A-1" and Service.objects.count() == 1


def test_an_import_deletes_no_service_and_no_place(editor):
    bring(editor, COUNTY.encode())
    lines = COUNTY.splitlines()
    bring(editor, "\n".join([lines[0], lines[2].replace("200", "201")]).encode())
    assert Service.objects.count() == 3
    service = Service.objects.get(title_de="Sprachcafé")
    assert service.at_locations.count() == 2
    phones = {
        at.location.street: [row.phone for row in importer.places.here(service.contacts.all(), at)]
        for at in service.at_locations.all()
    }
    assert phones == {"Kirchplatz 2": ["+49 30 23125-201"], "Am Hafen 1": ["+49 30 23125-200"]}


def test_hours_that_change_at_one_place_stay_at_the_other(editor):
    places = factories.make_location(), factories.make_location()
    service = factories.make_service(*places)
    factories.make_hours(service)
    rows = exported_rows(editor)
    assert {row["Öffnungszeiten"] for row in rows} == {"Mo–Fr 9:00–12:00"}
    names = ("Schlüssel", "Straße", "PLZ", "Stadt", "Öffnungszeiten")
    first, second = ([row[name] for name in names] for row in rows)
    bring(editor, csv(names, (*first[:-1], "Di 10–11 Uhr"), second))
    hours = [sheet.hours_to_text(importer.places.here(service.hours.all(), at)) for at in service.at_locations.all()]
    assert hours == ["Di 10:00–11:00", "Mo–Fr 9:00–12:00"]


def test_an_empty_cell_empties_and_the_page_says_so(editor):
    service = factories.make_service(fees_de="5 €")
    page = look(editor, csv(("Schlüssel", "Kosten"), (str(service.uuid), "")))
    assert "In 1 Feld löscht der Import" in page.text and "(wird geleert)" in page.text
    confirm(editor, page)
    service.refresh_from_db()
    assert service.fees_de == ""


def test_of_several_contacts_an_empty_row_takes_none_away(editor):
    service = factories.make_service()
    for number in range(2):
        factories.make_service_contact(service, phone=f"030 23125-{number}")
    assert not check(csv(("Schlüssel", "Telefon", "E-Mail"), (str(service.uuid), "", ""))).changed


# Words ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "understood"),
    [
        ("Mo-Fr 8.00 - 12.00 Uhr, Do 14 bis 18 Uhr", "Mo–Fr 8:00–12:00; Do 14:00–18:00"),
        ("Montag und Mittwoch von 9 bis 12 Uhr u. 14–16 Uhr", "Mo, Mi 9:00–12:00; Mo, Mi 14:00–16:00"),
        ("Mo.-Do.: 7:30–16:00h\nFr.: 7:30–12:30h", "Mo–Do 7:30–16:00; Fr 7:30–12:30"),
        ("Mo–Fr 9–12; Mi geschlossen", "Mo, Di, Do, Fr 9:00–12:00"),
        ("Mo–Fr 9–12 Uhr sowie nach Vereinbarung", "Mo–Fr 9:00–12:00; nach Vereinbarung"),
        ("n. V.", "nach Vereinbarung"),
        ("Di 9–12 (nach telefonischer Vereinbarung)", "Di 9:00–12:00 nach Vereinbarung"),
        ("jeden 1. und 3. Mittwoch im Monat 15–17 Uhr", "1. Mi im Monat 15:00–17:00; 3. Mi im Monat 15:00–17:00"),
        ("jeden letzten Freitag im Monat 9–10", "letzter Fr im Monat 9:00–10:00"),
        ("Offene Sprechstunde: Mo 9–12", "Mo 9:00–12:00 (Offene Sprechstunde)"),
        ("Sa 22–3 Uhr, auch an Feiertagen", "Sa 22:00–3:00 auch an Feiertagen"),
        ("rund um die Uhr", "täglich 0:00–24:00 auch an Feiertagen"),
        ("Mo 9–12 vom 1.3.26 bis 31.10.2026", "Mo 9:00–12:00 vom 01.03.2026 bis 31.10.2026"),
        ("geschlossen vom 24.12.2026 bis 02.01.2027", "geschlossen 24.12.2026–02.01.2027"),
        ("24.12.2026 9–11 Uhr", "abweichend 24.12.2026 9:00–11:00"),
        ("Mo,Tu,Th 09:00-12:00; PH off", "Mo, Di, Do 9:00–12:00"),
        (
            "Mo-Su,PH 09:00-12:00,14:00-16:00",
            "täglich 9:00–12:00 auch an Feiertagen; täglich 14:00–16:00 auch an Feiertagen",
        ),
        ("We[1,-1] 14:00-16:00", "1. Mi im Monat 14:00–16:00; letzter Mi im Monat 14:00–16:00"),
        ("24/7", "täglich 0:00–24:00 auch an Feiertagen"),
        ("Mi geschlossen; Mo–Fr 9–12", "Mo, Di, Do, Fr 9:00–12:00"),
        ("1. Mi im Monat 14–16; Mo–Fr 9–12; Mi geschlossen", "1. Mi im Monat 14:00–16:00; Mo, Di, Do, Fr 9:00–12:00"),
        ("Mo–Fr durchgehend 9–17 Uhr", "Mo–Fr 9:00–17:00"),
        ("nach Vereinbarung Mo 9–12", "Mo 9:00–12:00 nach Vereinbarung"),
        ("Mo 9–12 (Raum A | B)", "Mo 9:00–12:00 (Raum A | B)"),
        ("Mo 9–12 bis 30.06.2027; Mo 9–14 ab 01.07.2027", "Mo 9:00–12:00 bis 30.06.2027; Mo 9:00–14:00 ab 01.07.2027"),
        ("Mo 9–12; Mo 10–11 nach Vereinbarung", "Mo 9:00–12:00; Mo 10:00–11:00 nach Vereinbarung"),
        ("Mo 9–12 (Kurs); Mo 10–13 (Beratung)", "Mo 9:00–12:00 (Kurs); Mo 10:00–13:00 (Beratung)"),
        ("tägl. außer Mi 10-16 Uhr", "Mo, Di, Do–So 10:00–16:00"),
        ("Mo–Fr 9–12 außer Mi, Do; Do 14–16", "Mo, Di, Fr 9:00–12:00; Do 14:00–16:00"),
        ("Mo–Fr außer Mi 9–12, Sa 10–12", "Mo, Di, Do, Fr 9:00–12:00; Sa 10:00–12:00"),
        ("Mo–Fr 9–12 außer feiertags", "Mo–Fr 9:00–12:00"),
        ("Mo, Di, Do 9-12; Fr geschl.", "Mo, Di, Do 9:00–12:00"),
        ("Termine nach tel. Absprache", "nach Vereinbarung"),
        ("Termine n. telefonischer Vereinb.", "nach Vereinbarung"),
        ("Mo–Fr vormittags 9–12 und nachmittags 14–16 Uhr", "Mo–Fr 9:00–12:00; Mo–Fr 14:00–16:00"),
        ("Mo-Fr 8.30-12.30 Uhr, Do. auch 14-17 Uhr", "Mo–Fr 8:30–12:30; Do 14:00–17:00"),
        ("1x im Monat, 2. Samstag 10.00-12.00", "2. Sa im Monat 10:00–12:00"),
        ("", ""),
    ],
)
def test_opening_hours_are_understood_as_staff_write_them(written, understood):
    lines = sheet.hours_from_text(written)
    assert sheet.hours_to_text(lines) == understood
    assert sheet.hours_from_text(understood) == lines


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("geschlossen bis 31.08.2026", "Von wann bis wann"),
        ("geschlossen ab 01.07.2026", "Von wann bis wann"),
        ("abweichend ab 01.07.2026 Mo 9–11", "Von wann bis wann"),
        ("geschlossen am 24.12.2026 und 31.12.2026", "ein Datum, oder zwei"),
        ("24.12.2026 9-11, 31.12.2026 9-12", "Semikolon"),
        ("Mo–Fr 9–12; 1. Mi im Monat geschlossen", "Geschlossen oder geöffnet"),
        ("Mi 9–12; Mo–Fr geschlossen", "Geschlossen oder geöffnet"),
        ("Mo–Fr 9–12, 14–16 Uhr nach Vereinbarung", "Welche Zeiten sind nach Vereinbarung"),
        ("Mo–Fr 9–12 nach Vereinbarung und 14–16 Uhr", "Was gilt für welche Zeiten"),
        ("Mo–Fr 9–12, an Feiertagen 14–16", "Was gilt für welche Zeiten"),
        ("Mo–Fr 9–12, ab 1.7.2026 Mo–Fr 10–14", "Für welche Zeiten gilt das Datum"),
        ("ab 1.7.2026 Mo 9–12 (Hof), Di 10–14", "Für welche Zeiten gilt das Datum"),
        ("Mo–Fr 9–12, ab 1.7.2026 10–14", "Was gilt für welche Zeiten"),
        ("Mo 24/7 9–12", "Was gilt für welche Zeiten"),
        ("Di 10 und 14 Uhr", "von wann bis wann"),
        ("Di 10:00 14:00", "von wann bis wann"),
        ("Mo, 1. Mi im Monat 9–12", "nur im Monat"),
        ("Mo,We[1] 09:00-12:00", "nur im Monat"),
        ("Mi geschlossen, nach Vereinbarung", "Geschlossen oder geöffnet"),
        ("Mo-Fr 09:00-17:00; We 09:00-12:00", "überschneiden sich"),
        ("Mo 22–3; Mo 23–24", "überschneiden sich"),
        ("Mo–Fr 9–12 außer Mi, Sa 10–14", "Was gilt für welche Zeiten"),
        ("Mo–Fr 9–12, außer Mi nach Vereinbarung", "Welche Tage sind gemeint"),
        ("Mo, Di außer Mi 9–12", "Welche Tage sind gemeint"),
        ("außer Mi 9–12", "Welche Tage sind gemeint"),
        ("vormittags n.V.", r"„nach Vereinbarung \(vormittags\)“"),
        ("flexibel", "„nach Vereinbarung“"),
        ("Mi 14–16 alle zwei Wochen", "alle zwei Wochen"),
        ("werktags 9–12", "„Mo–Fr“ oder „Mo–Sa“"),
        ("Mo–Fr ab 8 Uhr", "„Mo–Fr 8:00–16:00“"),
        ("Mo–Fr 9–12, Rest siehe Homepage", "die Adresse gehört zu „Internet“"),
        ("; ".join(f"Mo {hour}:{minute:02}–{hour}:{minute + 1:02}" for hour in (8, 9) for minute in range(58)), "100"),
    ],
)
def test_hours_that_could_mean_two_things_are_refused(written, said):
    with pytest.raises(ValidationError, match=said):
        sheet.hours_from_text(written)


@pytest.mark.parametrize(
    ("written", "understood"),
    [
        ("Arabisch (montags und mittwochs) und Türkisch", "Arabisch (montags und mittwochs), Türkisch"),
        ("Arabisch\nTürkisch", "Arabisch, Türkisch"),
        ("ar, TR; Englisch / Deutsch", "Arabisch, Türkisch, Englisch"),
        ("Farsi und Dari", "Persisch, Dari"),
        ("Kurdisch (Sorani) (freitags), Kurmandschi", "Kurdisch (Sorani) (freitags), Kurdisch (Kurmandschi)"),
        ("Arabisch (Mo, Di), Gebärdensprache", "Arabisch (Mo, Di), Deutsche Gebärdensprache"),
        ("arab., engl./frz. (Di)", "Arabisch, Englisch, Französisch (Di)"),
        ("türk. u. kurd. (Sorani)", "Türkisch, Kurdisch (Sorani)"),
        ("poln.+rumän. & bulg", "Polnisch, Rumänisch, Bulgarisch"),
        ("nur deutsch", ""),
        ("dt., pers./ukr.", "Persisch, Ukrainisch"),
    ],
)
def test_languages_are_understood_by_code_and_by_name(written, understood):
    assert sheet.languages_to_text(sheet.languages_from_text(written)) == understood


def test_a_language_is_not_said_twice_in_two_ways():
    with pytest.raises(ValidationError, match="zweimal"):
        sheet.languages_from_text("Arabisch (montags), ar")


def hints(content):
    return [(entry.number, *hint) for entry in check(content).rows for hint in entry.hints]


def test_what_a_language_was_taken_for_is_said(editor):
    content = csv(("Angebot", "Organisation", "Sprachen"), ("A", "O", "arab., Kurdisch; dt. und Türkisch, Persisch"))
    assert [message for _number, _column, message in hints(content)] == [
        "„arab.“ heißt Arabisch.",
        "„Kurdisch“ heißt Kurdisch (Kurmandschi). Ist Sorani gemeint, bitte „Kurdisch (Sorani)“ schreiben.",
        "Deutsch wird nicht eigens genannt: Die Spalte sagt, was man außer Deutsch spricht.",
    ]


def test_all_unknown_languages_of_a_cell_are_named_with_what_to_type(editor):
    content = csv(
        ("Angebot", "Organisation", "Sprachen"), ("A", "O", "D, Klingonisch, Serbokroatisch, div. (Dolmetscher)")
    )
    message = problems(content)[0][2]
    for said in ("„D“", "„Klingonisch“", "„Serbisch“, „Kroatisch“ oder „Bosnisch“", "gehört es zu „Dolmetschen“"):
        assert said in message
    assert not Service.objects.exists()


@pytest.mark.parametrize(
    ("written", "phone", "mobile", "fax"),
    [
        ("04952 12345 (AB)", "04952 12345", None, None),
        ("033398 816-10 / -11", "033398 816-10", None, None),
        ("030 23125-100 / 101", "030 23125-100", None, None),
        ("030 23125-1 oder -2", "030 23125-1", None, None),
        ("030/23125100 o. 0151 23125100", "030/23125100", "0151 23125100", None),
        ("0151 23125100 und 030 23125-100", "030 23125-100", "0151 23125100", None),
        ("0151 23125100; 0151 23125101", "0151 23125100", "0151 23125101", None),
        ("Tel.: 030 23125-100, Fax: 030 23125-101", "030 23125-100", None, "030 23125-101"),
        ("Fax 030 23125-101", "", None, "030 23125-101"),
    ],
)
def test_of_several_numbers_what_is_clear_is_read_and_said(editor, written, phone, mobile, fax):
    content = csv(("Angebot", "Organisation", "Telefon", "E-Mail"), ("A", "O", written, "a@example.org"))
    found = check(content).rows[0]
    assert not found.problems
    assert [found.said.get(f"contact.{name}") for name in ("phone", "mobile", "fax")] == [phone, mobile, fax]
    assert f"„{written}“: gelesen wird" in found.hints[0].message


def test_a_number_does_not_push_out_the_one_that_stands_in_its_column(editor):
    content = csv(
        ("Angebot", "Organisation", "Telefon", "Mobil"), ("A", "O", "030 23125-1, 0151 23125100", "0151 23125199")
    )
    found = check(content).rows[0]
    assert (found.said["contact.phone"], found.said["contact.mobile"]) == ("030 23125-1", "0151 23125199")
    assert "nicht gelesen: 0151 23125100" in found.hints[0].message


def test_what_is_wrong_with_a_number_is_said_once_and_with_the_number(editor):
    header = ("Angebot", "Organisation", "Telefon", "E-Mail", "Ansprechperson")
    found = problems(csv(header, ("A", "O", "ruf doch an", "", "Frau Muster"), ("B", "O", "", "", "Frau Muster")))
    assert [(number, column) for number, column, _message in found] == [(2, "Telefon"), (3, "Telefon")]
    assert "„ruf doch an“" in found[0][2] and "„Mobil“" in found[0][2]
    assert "Zu einem Kontakt gehört" in found[1][2]
    found = problems(csv(header, ("A", "O", "", "a@example.org, b@example.org", "Frau Muster")))
    assert len(found) == 1 and "2 E-Mail-Adressen" in found[0][2] and "„E-Mail der Organisation“" in found[0][2]


@pytest.mark.parametrize(
    ("column", "written", "read", "said"),
    [
        ("Kosten", "0", "kostenlos", "„0“ heißt „kostenlos“"),
        ("Kosten", "0,00 €", "kostenlos", "heißt „kostenlos“"),
        ("Kosten", "–", "", "„–“ gilt als leer"),
        ("Ansprechperson", "N.N.", "", "bleibt weg"),
        ("E-Mail", "beratung(at)example.org", "beratung@example.org", "heißt „beratung@example.org“"),
        ("Öffnungszeiten", "siehe Homepage", "", "sagt keine Zeiten"),
        ("Öffnungszeiten", "tägl. außer Mi 10-16", "Mo, Di, Do–So 10:00–16:00", "heißt „Mo, Di, Do–So 10:00–16:00“"),
        ("Beschreibung", "k. A.", "", "gilt als leer"),
    ],
)
def test_what_stands_for_something_else_is_read_so_and_said(editor, column, written, read, said):
    found = check(csv(("Angebot", "Organisation", column), ("A", "O", written)))
    entry, field = found.rows[0], next(c for c in found.sheet.fields.values() if c.column_name == column)
    assert not entry.problems
    assert field.text(entry.said[field.attribute]) == read
    assert [(hint.column, said in hint.message) for hint in entry.hints] == [(column, True)]


def test_a_date_or_a_bare_number_is_no_price(editor):
    content = xlsx(
        ["Angebot", "Organisation", "Kosten"], ["A", "O", date(2026, 5, 5)], ["B", "O", 5.5], ["C", "O", "5 €"]
    )
    found = problems(content)
    assert [number for number, _column, _message in found] == [2, 3]
    assert "ist ein Datum" in found[0][2] and "„5,50 €“" in found[1][2]


# Heads ------------------------------------------------------------------------------------------------


def test_a_title_above_the_headings_is_skipped_and_said(editor):
    content = csv(("Unsere Angebote 2026",), ("",), ("Name der Einrichtung", "Angebot"), ("O", "A"))
    page = look(editor, content)
    assert "Die Überschriften der Spalten stehen in Zeile 3." in page.text and "„Unsere Angebote 2026“" in page.text
    assert [(entry.number, entry.title) for entry in check(content).rows] == [(4, "A")]


def test_headings_in_two_lines_are_read_together(editor):
    content = csv(
        ("Träger", "Angebot", "Anschrift", "", "", "Kontakt", "", "#Intern"),
        ("Name", "", "Straße", "PLZ", "Ort", "Telefon (mit Vorwahl)", "E-Mail", ""),
        ("O", "A", "Weg 1", "12345", "Musterstadt", "030 23125-1", "a@example.org", "x"),
    )
    found = check(content)
    assert not found.problems and found.warnings == [
        "Die Überschriften stehen in zwei Zeilen, 1 und 2, und werden zusammen gelesen."
    ]
    entry = found.rows[0]
    assert (entry.number, entry.organization.title_de, entry.location.street) == (3, "O", "Weg 1")
    assert (entry.said["contact.phone"], entry.said["contact.email"]) == ("030 23125-1", "a@example.org")


def test_the_first_row_below_the_headings_is_no_second_line_of_them(editor):
    content = csv(("Angebot", "Organisation", "Themen", "Raum"), ("Sprachen", "Verein", "", "Haus"), ("B", "O", "", ""))
    assert [entry.title for entry in check(content).rows] == ["Sprachen", "B"]


@pytest.mark.parametrize("name", ["Name der Einrichtung", "Träger/Einrichtung", "Einrichtung (Träger)", "EINRICHTUNG:"])
def test_other_names_of_headings_are_known(editor, name):
    assert check(csv((name, "Angebot"), ("O", "A"))).rows[0].organization.title_de == "O"


def test_a_column_behind_a_hash_is_not_read(editor):
    found = check(csv(("Angebot", "Organisation", "#Zielgruppen"), ("A", "O", "gibt es nicht")))
    assert not found.problems and not found.warnings


def test_a_missing_column_is_said_with_the_headings_that_were_not_read(editor):
    text = answer(editor, csv(("Angebot", "Wer macht es?", "Ort", "PLZ"), ("A", "O", "x", "1")))
    assert "Es fehlt die Spalte „Organisation“" in text and "„Wer macht es?“" in text
    assert "In der ersten Zeile müssen" not in text


def test_an_address_beside_its_town_is_the_street(editor):
    for header in (("Adresse", "PLZ Ort"), ("Anschrift", "PLZ/Ort")):
        found = check(csv(("Angebot", "Organisation", *header), ("A", "O", "Weg 1", "12345 Musterstadt")))
        assert not found.problems and found.rows[0].location.address == "Weg 1, 12345 Musterstadt"


# Municipalities and names -----------------------------------------------------------------------------


def test_missing_municipalities_are_said_once_and_made_from_the_check(editor):
    rows = [(f"A{number}", "O", f"Weg {number}", "12345", town) for number, town in
            enumerate(("Neustadt", "Neustadt", "Neustadt b. Musterstadt", "Dorf-Hausen"))]  # fmt: skip
    page = look(editor, csv(HEAD, *rows))
    assert page.text.count("„Neustadt“ ist keine Gemeinde") == 1 and "2, 3 A0 … Gemeinde" in page.text
    assert re.findall('name="town" value="([^"]*)"', page) == ["Neustadt", "Dorf-Hausen"]
    response = editor.post(page.url, {"town": ["Neustadt", "Dorf", "", "x" * 101]})
    assert set(Municipality.objects.values_list("name", flat=True)) >= {"Neustadt", "Dorf"}
    assert Municipality.objects.count() == 4
    again = Page(page.url, editor.get(response.url).getvalue().decode())
    assert "Jetzt importieren" in again and "„Dorf-Hausen“ liegt in der Gemeinde „Dorf“." in again.text
    confirm(editor, again)
    assert sorted(str(place.municipality) for place in Location.objects.all()) == ["Dorf", *["Neustadt"] * 3]
    assert LogEntry.objects.filter(content_type__model="municipality").count() == 2


def test_who_may_not_add_municipalities_is_not_offered_it(client):
    user = staff("ohne-gemeinden", EDITORS)
    user.groups.clear()
    for name in ("view_service", "change_service"):
        user.user_permissions.add(Permission.objects.get(codename=name))
    log_in(client, user)
    page = look(client, csv(HEAD, ("A", "O", "Weg 1", "12345", "Neustadt")))
    assert 'name="town"' not in page and "Neustadt (Zeile 2)" in page.text
    assert client.post(page.url, {"town": ["Neustadt"]}).status_code == 403
    assert not Municipality.objects.filter(name="Neustadt").exists()


def test_a_town_written_wrongly_gets_the_one_it_may_be(editor):
    content = csv(HEAD, ("A", "O", "Weg 1", "12345", "Mustersdadt"))
    assert "Meinen Sie „Musterstadt“?" in problems(content)[0][2]
    page = look(editor, content)
    assert re.findall('name="town" value="([^"]*)"', page) == [""]  # a slip is not made a town by pressing a button


def test_two_towns_of_one_name_are_not_guessed_at(editor):
    for name in ("Neustadt am Bach", "Neustadt (Wald)"):
        factories.make_municipality(name=name)
    factories.make_municipality(name="Dorf bei Musterstadt")
    assert not problems(csv(HEAD, ("A", "O", "Weg 1", "12345", "Dorf")))
    factories.make_municipality(name="Neustadt b. Dorf")
    assert problems(csv(HEAD, ("A", "O", "Weg 1", "12345", "Neustadt/Bach")))


def test_organizations_that_are_one_or_nearly_are_said(editor):
    names = ("Caritas Zentrum e.V.", "Caritas-Zentrum e. V.", "Caritaszentrum", "Anderer Verein")
    content = csv(("Angebot", "Organisation"), *((f"A{number}", name) for number, name in enumerate(names)))
    assert hints(content) == [
        (3, "Organisation", "„Caritas-Zentrum e. V.“ gilt als dieselbe Organisation wie „Caritas Zentrum e.V.“."),
        (
            4,
            "Organisation",
            "„Caritaszentrum“ wird eine eigene Organisation neben „Caritas Zentrum e.V.“. Ist es dieselbe, bitte gleich "
            "schreiben.",
        ),
    ]


def test_a_new_place_is_said_once_with_its_rows(editor):
    rows = [(f"A{number}", "O", street, "12345", "Musterstadt") for number, street in
            enumerate(("Musterstr. 5", "Musterstraße 5", "Musterstr. 5"))]  # fmt: skip
    page = look(editor, csv(HEAD, *rows))
    assert page.text.count("Musterstr. 5, 12345 Musterstadt (Zeile 2, 3, 4)") == 1
    assert "„Musterstraße 5“ gilt als „Musterstr. 5“." in page.text
    done = confirm(editor, page)
    assert "?status__exact=draft" in done and "Veröffentlichen" in done.text


# What is not right -----------------------------------------------------------------------------------


HEAD = ("Angebot", "Organisation", "Straße", "PLZ", "Stadt")


@pytest.mark.parametrize(
    ("column", "value", "said"),
    [
        ("Angebot", "", "Hier muss etwas stehen"),
        ("Organisation", "", "Hier muss etwas stehen"),
        ("Angebot", "x" * 201, "201 Zeichen zu lang; es passen 200"),
        ("Beschreibung", "x" * 3001, "es passen 3000"),
        ("Telefon", "gar nicht", "keine Telefonnummer"),
        ("Telefon", "3023125100", "fehlt die Vorwahl mit der Null"),
        ("Telefon", "3,02313E+09", "steht als Zahl in der Tabelle"),
        ("Telefon", "491e9", "steht als Zahl in der Tabelle"),
        ("E-Mail", "beratung at example", "„beratung at example“ ist keine E-Mail-Adresse"),
        ("Internet", "javascript:alert(1)", "gültige Adresse"),
        ("Öffnungszeiten", "Mo–Fr 9–12 Uhr; wenn Licht brennt", "„wenn Licht brennt“ ist nicht zu verstehen"),
        ("Öffnungszeiten", "Mo ab 14 Uhr", "von wann bis wann"),
        ("Öffnungszeiten", "9–12 Uhr", "An welchen Tagen"),
        ("Öffnungszeiten", "Mo 25–26 Uhr", "keine Uhrzeit"),
        ("Öffnungszeiten", "geschlossen 24.12.–31.12.", "das Jahr"),
        ("Sprachen", "Arabsch", "Meinen Sie „Arabisch“?"),
        ("Themen", "Beratunk", "Meinen Sie „Beratung“?"),
        ("Gemeinde", "Atlantis", "keine Gemeinde, die das Portal kennt"),
        ("PLZ", "123", "fünf Ziffern"),
        ("Zustand", "vielleicht", "Möglich ist: Entwurf, Zur Freigabe, Veröffentlicht, Archiviert"),
        ("ab Alter", "jung", "keine Zahl von Jahren"),
        ("Hinweis zeigen bis", "morgen", "kein Datum"),
        ("Hinweis zeigen bis", "31.02.2030", "kein Datum"),
        ("Art des Ortes", "im Internet", "braucht seine Adresse"),
    ],
)
def test_a_mistake_is_named_by_row_and_column_and_nothing_is_imported(editor, column, value, said):
    good = dict(zip(HEAD, ("A", "O", "Weg 1", "12345", "Musterstadt"), strict=True))
    bad = {**good, "Angebot": "B", column: value}
    content = csv(tuple(bad), tuple(good.get(name, "") for name in bad), tuple(bad.values()))
    found = problems(content)
    assert [(number, name) for number, name, _message in found] == [
        (3, column if column != "Art des Ortes" else "Internet des Ortes")
    ]
    assert said in found[0][2]
    page = look(editor, content)
    assert "1 Zeile ist noch nicht richtig" in page.text and "Jetzt importieren" not in page
    assert re.search(rf"3 (B|–|x+) {re.escape(found[0][1])}", page.text)
    assert counts() == [0] * 7


def test_every_mistake_is_told_at_once(editor):
    content = csv(("Angebot", "Organisation", "Telefon", "E-Mail"), ("", "", "x", "y"), ("A", "O", "", "z"))
    assert [(number, name) for number, name, _message in problems(content)] == [
        (2, "Angebot"), (2, "Organisation"), (2, "Telefon"), (2, "E-Mail"), (3, "E-Mail"),
    ]  # fmt: skip


def test_a_confirmation_of_a_sheet_with_mistakes_writes_nothing(editor):
    page = look(editor, csv(("Angebot", "Organisation"), ("A", "O"), ("", "O")))
    editor.post(
        page.url, {"digest": check(csv(("Angebot", "Organisation"), ("A", "O"), ("", "O"))).digest()}
    ).getvalue()
    assert counts() == [0] * 7


def test_rows_about_the_same_must_agree(editor):
    header = ("Schlüssel", "Angebot", "Organisation", "Kosten", "Straße", "PLZ", "Stadt", "Rollstuhl")
    content = csv(
        header,
        ("1", "A", "O", "frei", "Weg 1", "12345", "Musterstadt", "ja"),
        ("1", "A", "O", "5 €", "Weg 2", "12345", "Musterstadt", ""),
        ("2", "B", "O", "", "Weg 1", "12345", "Musterstadt", "nein"),
        ("2", "B", "O", "", "Weg 1", "12345", "Musterstadt", ""),
    )
    found = {(number, name): message for number, name, message in problems(content)}
    assert "in Zeile 2 steht „frei“" in found[3, "Kosten"]
    assert "derselbe Ort" in found[4, "Rollstuhl"]
    assert "dieselben wie in Zeile 4" in found[5, "Straße"]


def test_two_services_of_one_name_are_not_guessed_at(editor):
    house = factories.make_organization(title_de="O")
    for _ in range(2):
        factories.make_service(organization=house, title_de="Kurs")
    assert "Schlüssel" in problems(csv(("Angebot", "Organisation"), ("Kurs", "O")))[0][2]


def test_ages_must_fit_together_also_with_what_is_there(editor):
    service = factories.make_service(minimum_age=18)
    found = problems(csv(("Schlüssel", "bis Alter"), (str(service.uuid), "16")))
    assert found == [(2, "bis Alter", "„bis Alter“ ist kleiner als „ab Alter“.")]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "leer"),
        (b"Angebot;Organisation\n", "steht nichts, was sich importieren"),
        (csv(("Name", "Farbe"), ("A", "rot")), "In Zeile 1 steht: „Name“, „Farbe“"),
        (csv(("Angebot", "Träger", "Organisation"), ("A", "O", "O")), "„Organisation“ gibt es zweimal"),
        (csv(("Angebot", "Straße", "PLZ", "Ort"), ("A", "B", "C", "D")), "Es fehlt die Spalte „Organisation“"),
        (b'Angebot;Organisation\nA;"O\nB;P\n', "Anführungszeichen"),
        (b"%PDF-1.7 ...", "keine Tabelle"),
        (b"<html><table>", "keine Tabelle"),
        (b"\x89PNG\r\n\x1a\n\x00\x00", "keine Tabelle"),
        (b"Angebot;Organisation\nCaf\x81;O", "Buchstaben der CSV-Datei"),
        (b"PK\x03\x04 kaputt", "beschädigt"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 100, "alte Excel-Format"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le"), "Kennwort"),
        (xlsx(["Angebot", "Organisation"], ["A", "=B1&C1"]), "In der Zelle B2 steht eine Formel ohne Ergebnis"),
        (xlsx(["Angebot", "Organisation"], ["A", "O"])[:-400], "beschädigt"),
        (xlsx(), "leer"),
    ],
)
def test_a_file_that_cannot_be_read_gets_a_clear_answer(editor, content, said):
    for name in ("liste.csv", "liste.xlsx"):
        assert said in answer(editor, content, name)
    assert counts() == [0] * 7


def zipped(compression=zipfile.ZIP_DEFLATED, **members):
    file = BytesIO()
    with zipfile.ZipFile(file, "w", compression) as archive:
        for name, content in members.items():
            archive.writestr(name.replace("__", "/").replace("_", "."), content)
    return file.getvalue()


def test_other_zip_files_are_called_by_their_names(editor):
    for content, said in (
        (zipped(mimetype="application/vnd.oasis.opendocument.spreadsheet"), ".ods"),
        (zipped(word__document_xml="<a/>"), "keine Tabelle"),
        (zipped(xl__workbook_bin="x"), ".xlsb"),
        (zipped(xl__workbook_xml="<!DOCTYPE a>"), "beschädigt"),
        (zipped(xl__workbook_xml="<a/>"), "beschädigt"),
    ):
        assert said in answer(editor, content)


@pytest.mark.parametrize("method, head", [(zipfile.ZIP_DEFLATED, 0), (zipfile.ZIP_BZIP2, 0), (zipfile.ZIP_LZMA, 4)])
def test_what_cannot_be_unpacked_is_damaged(editor, method, head):
    content = zipped(xl__workbook_xml="<a/>" * 100, compression=method)
    packed = content.index(b"xl/workbook.xml") + len(b"xl/workbook.xml") + head
    assert "beschädigt" in answer(editor, content[:packed] + b"\xff" * 4 + content[packed + 4 :])


def test_a_zip_bomb_is_not_unpacked(editor, monkeypatch):
    monkeypatch.setattr(spreadsheets, "MAX_UNPACKED", 100_000)
    content = zipped(xl__workbook_xml="<a/>", xl__worksheets__sheet1_xml=b"0" * 100_001)
    assert len(content) < 1000
    assert "ausgepackt zu groß" in upload(editor, content).content.decode()


def test_too_large_a_file_and_too_many_rows_are_refused(editor, settings, monkeypatch):
    settings.MAX_UPLOAD_MB = 1
    too_large = upload(editor, b"x" * (1024 * 1024 + 1)).content.decode()
    assert "Erlaubt sind 1 MB" in too_large
    monkeypatch.setattr(spreadsheets, "MAX_ROWS", 3)
    lines = [("Angebot", "Organisation"), *((f"A{number}", "O") for number in range(4))]
    for content in (csv(*lines), xlsx(*map(list, lines))):
        assert "Mehr als 3 Zeilen" in answer(editor, content)
    assert check(csv(*lines[:-1])).rows


def test_a_formula_with_a_result_counts_as_its_result(editor):
    content = xlsx(["Angebot", "Organisation"], ["A", "=B1"])
    found = BytesIO()
    with zipfile.ZipFile(BytesIO(content)) as old, zipfile.ZipFile(found, "w") as new:
        for name in old.namelist():
            part = old.read(name)
            if name.endswith("sheet1.xml"):
                part = part.replace(b"<f>B1</f><v />", b"<f>B1</f><v>Traeger</v>").replace(b'r="B2"', b'r="B2" t="str"')
                part = part.replace(b"<f>B1</f><v></v>", b"<f>B1</f><v>Traeger</v>")
            new.writestr(name, part)
    assert check(found.getvalue()).rows[0].organization.title_de == "Traeger"


def test_an_error_of_excel_in_a_cell_is_named(editor):
    content = xlsx(["Angebot", "Organisation", "Kosten"], ["A", "O", "x"], C2="#REF!")
    assert problems(content) == [(2, "Kosten", "In der Zelle steht ein Fehler aus der Tabelle: #REF!")]


def test_a_row_that_is_there_twice_is_refused_also_for_a_service_that_is_there_already(editor):
    header = ("Schlüssel", *HEAD)
    row = ("1", "A", "O", "Weg 1", "12345", "Musterstadt")
    bring(editor, csv(header, row))
    assert [(number, name) for number, name, _message in problems(csv(header, row, row))] == [(3, "Straße")]


def test_what_is_there_already_is_one_for_all_rows_that_speak_of_it(editor):
    header = ("Schlüssel", *HEAD, "Rollstuhl", "E-Mail der Organisation")
    place = ("Weg 1", "12345", "Musterstadt")
    bring(editor, csv(header, ("1", "A", "O", *place, "ja", ""), ("2", "B", "O", *place, "ja", "")))
    found = problems(csv(header, ("1", "A", "O", *place, "ja", ""), ("", "Neu", "P", *place, "nein", "")))
    assert [(number, name) for number, name, _message in found] == [(3, "Rollstuhl")]
    found = problems(csv(("Schlüssel", "E-Mail der Organisation"), ("1", "a@example.org"), ("2", "b@example.org")))
    assert [(number, name) for number, name, _message in found] == [(3, "E-Mail der Organisation")]


def test_organizations_of_one_name_are_not_mixed_up(editor):
    first, second = (factories.make_organization(title_de="Caritas") for _ in range(2))
    for owner in (first, second):
        factories.make_service(organization=owner, title_de=f"Beratung {owner.pk}", import_key=str(owner.pk))
    assert not check(exported(editor)).problems
    header = ("Schlüssel", "Angebot", "Organisation", "E-Mail der Organisation")
    bring(editor, csv(header, (str(second.pk), f"Beratung {second.pk}", "Caritas", "zwei@example.org")))
    assert [row.email for row in Organization.objects.order_by("pk")] == ["", "zwei@example.org"]
    found = problems(csv(header, ("", "Neu", "Caritas", "")))
    assert [(number, name) for number, name, _message in found] == [(2, "Organisation")]


def test_titles_that_differ_in_a_sign_only_are_two(editor):
    content = csv(HEAD, *((title, "O", f"Weg {number}", "12345", "Musterstadt") for number, title in
                          enumerate(("Kurs A1", "Kurs A1+"))))  # fmt: skip
    assert [(number, name) for number, name, _message in problems(content)] == [(3, "Angebot")]
    house = factories.make_organization(title_de="O")
    for title in ("Kurs A1", "Kurs A1+"):
        factories.make_service(organization=house, title_de=title)
    found = check(csv(("Angebot", "Organisation", "Kosten"), ("Kurs A1+", "O", "5 €")))
    assert not found.problems and found.rows[0].service.title_de == "Kurs A1+"


def test_what_a_row_says_of_a_place_it_does_not_have_is_not_dropped(editor):
    header = (*HEAD, "Rollstuhl", "Raum")
    found = problems(csv(header, ("A", "O", "", "", "Musterstadt", "ja", "Zimmer 3"), ("B", "O", "", "", "", "", "")))
    assert [(number, name) for number, name, _message in found] == [(2, "Stadt"), (2, "Rollstuhl"), (2, "Wo genau")]


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("Telefon", "030 23125-100 oder beim Pförtner"),
        ("Telefon", "23125-100 / 23125-101"),
        ("Straße", "Weg 1, 12345 Musterstadt"),
        ("PLZ", "26789 Leer"),
        ("PLZ", "2678O"),
        ("Internet", "max.muster@example.org"),
        ("Internet", "https://max.muster@example.org/"),
    ],
)
def test_what_looks_right_only_at_a_glance_is_refused(editor, column, value):
    row = {**dict(zip(HEAD, ("A", "O", "Weg 1", "12345", "Musterstadt"), strict=True)), column: value}
    assert [name for _number, name, _message in problems(csv(tuple(row), tuple(row.values())))] == [column]


def test_a_channel_on_another_site_is_an_address(editor):
    assert not problems(csv(("Angebot", "Organisation", "Internet"), ("A", "O", "video.example.org/@beratung")))


def test_lists_may_stand_one_below_the_other(editor):
    factories.make_topic(title_de="Sprache", slug="sprache")
    content = csv(
        ("Angebot", "Organisation", "Themen", "Sprachen"), ("A", "O", "Beratung\nSprache", "Arabisch\nTürkisch")
    )
    bring(editor, content)
    service = Service.objects.get()
    assert {term.slug for term in service.topics.all()} == {"beratung", "sprache"}
    assert [row.code for row in service.languages.all()] == ["ar", "tr"]


def test_further_sheets_are_named(editor):
    workbook = Workbook()
    workbook.active.title = "Nord"
    for table, title in ((workbook.active, "A"), (workbook.create_sheet("Süd"), "B"), (workbook.create_sheet("x"), "")):
        table.append(["Angebot", "Organisation"] if title else ["Notizen"])
        table.append([title, "O"])
    file = BytesIO()
    workbook.save(file)
    page = look(editor, file.getvalue(), "liste.xlsx")
    assert "Gelesen wird nur das Blatt „Nord“. Nicht gelesen: „Süd“." in page.text


def test_a_new_service_empties_nothing_of_the_house_and_the_organization_it_comes_to(editor):
    house = factories.make_location(street="Weg 1", directions_de="Bus 12", wheelchair="yes")
    old = factories.make_service(
        house, organization=factories.make_organization(title_de="O", website="https://example.org")
    )
    header = (*HEAD, "Anfahrt", "Rollstuhl", "Internet der Organisation")
    new = ("Neu", "O", "Weg 1", "12345", "Musterstadt", "", "", "")
    bring(editor, csv(header, new))
    for row in (house, old.organization):
        row.refresh_from_db()
    assert (house.directions_de, house.wheelchair, old.organization.website) == ("Bus 12", "yes", "https://example.org")
    assert old.locations.get() == Service.objects.get(title_de="Neu").locations.get()
    assert check(csv(header, (old.title_de, *new[1:]))).emptied == 3  # whoever is there already may


# Harmless -------------------------------------------------------------------------------------------


def test_scripts_in_cells_stay_text(editor):
    evil = "<script>alert(1)</script>"
    page = look(editor, csv(("Angebot", "Organisation", evil, "Telefon"), (evil, evil, "x", evil)), f"{evil}.csv")
    assert evil not in page and "&lt;script&gt;" in page
    page = look(editor, csv(("Angebot", "Organisation"), (evil, evil)))
    assert evil not in page
    assert evil not in confirm(editor, page)
    assert Service.objects.get().title_de == evil


@pytest.mark.parametrize("kind", ["xlsx", "csv"])
def test_no_exported_cell_is_a_formula_and_all_come_back_as_they_were(editor, kind):
    texts = ["=1+1", "+1", "-1", "@SUM(A1)", "'=1", "''-", "- Pass\n- Foto", "'s Gravenhage"]
    services = [factories.make_service(title_de=f"A{text}", documents_de=text, lead_de=text) for text in texts]
    factories.make_service_contact(services[0], phone="+49 30 23125-7")
    content = exported(editor, kind)
    cells = [
        cell
        for table in spreadsheets_raw(content, kind)
        for row in table
        for cell in row
        if isinstance(cell, str)
    ]  # fmt: skip
    assert not [cell for cell in cells if cell[:1] in "=+-@\t\r" and cell]
    assert "'+49 30 23125-7" in cells
    assert not check(content).changed
    if kind == "xlsx":
        assert all(cell.data_type != "f" for row in load_workbook(BytesIO(content)).active.rows for cell in row)


def spreadsheets_raw(content, kind):
    if kind == "xlsx":
        return [list(load_workbook(BytesIO(content)).active.values)]
    return [list(reader_of(content.decode("utf-8-sig").splitlines(keepends=True), delimiter=";"))]


# Who, and when --------------------------------------------------------------------------------------


def test_only_who_may_change_services_sees_import_and_export(client, editor):
    assert "Importieren" in editor.get("/admin/wegweiser/service/").content.decode()
    user = staff("nur-lesen", EDITORS)
    user.groups.clear()
    user.user_permissions.add(*user.user_permissions.model.objects.filter(codename="view_service"))
    log_in(client, user)
    html = client.get("/admin/wegweiser/service/").content.decode()
    assert "Importieren" not in html and "export_selected" not in html
    for address in ("import/", "import/vorlage/", "import/x/", "export/"):
        assert client.get(f"/admin/wegweiser/service/{address}").status_code == 403
    client.logout()
    assert client.get(START).status_code == 302


def test_only_who_uploaded_can_confirm_and_within_an_hour(editor, client, monkeypatch, settings):
    settings.SESSION_IDLE_SECONDS = 7200  # the session shall outlive the file
    page = look(editor, csv(("Angebot", "Organisation"), ("A", "O")))
    log_in(client, staff("andere", EDITORS))
    assert client.get(page.url).status_code == 302
    assert client.post(page.url, {"digest": page.digest}).status_code == 302
    log_in(client, staff("dritte", EDITORS))
    page = look(client, csv(("Angebot", "Organisation"), ("A", "O")))
    later = time.time() + 3601
    monkeypatch.setattr(signing.time, "time", lambda: later)
    response = client.post(page.url, {"digest": page.digest}, follow=True)
    assert "nicht mehr da" in response.content.decode() and not Service.objects.exists()
    for token in ("x", "a:b:c", "%00"):
        assert client.get(f"{START}{token}/").status_code in {302, 404}


def test_the_file_is_deleted_after_the_import_and_an_old_one_with_the_next(editor, monkeypatch):
    page = look(editor, csv(("Angebot", "Organisation"), ("A", "O")))
    assert len(default_storage.listdir("import")[1]) == 1
    confirm(editor, page)
    assert default_storage.listdir("import")[1] == []
    assert "nicht mehr da" in editor.post(page.url, {"digest": "x"}, follow=True).content.decode()
    look(editor, csv(("Angebot", "Organisation"), ("B", "O")))
    old = timezone.now() - timedelta(hours=2)
    monkeypatch.setattr(type(default_storage._wrapped), "get_modified_time", lambda *args: old)
    upload(editor, csv(("Angebot", "Organisation"), ("C", "O")))
    assert len(default_storage.listdir("import")[1]) == 1


def test_what_has_changed_since_the_check_is_shown_again_before_anything_is_written(editor):
    service = factories.make_service(fees_de="5 €", lead_de="Alt")
    page = look(editor, csv(("Schlüssel", "Kosten", "Kurzbeschreibung"), (str(service.uuid), "10 €", "Neu")))
    service.fees_de = "7 €"
    service.save()
    again = confirm(editor, page)
    assert "hat sich der Wegweiser geändert" in again.text and "7 €" in again.text
    service.refresh_from_db()
    assert service.fees_de == "7 €"
    assert "Importiert" in confirm(editor, again).text
    service.refresh_from_db()
    assert service.fees_de == "10 €"


def test_a_change_in_the_last_moment_is_not_overwritten(editor, django_user_model):
    service = factories.make_service(fees_de="5 €")
    found = check(csv(("Schlüssel", "Kosten"), (str(service.uuid), "10 €")))
    service.fees_de = "7 €"
    service.save()
    with pytest.raises(writer.Outdated):
        writer.write(found, django_user_model.objects.get())
    service.refresh_from_db()
    assert service.fees_de == "7 €"
    assert not LogEntry.objects.exists()


def test_the_check_writes_nothing_so_that_others_can_go_on(editor):
    bring(editor, COUNTY.encode())
    with CaptureQueriesContext(connection) as queries:
        check(COUNTY.replace("12.00", "13.00").encode())
    assert {query["sql"].split()[0] for query in queries} <= {"SELECT", "DECLARE"}


def test_an_import_is_logged_changes_the_version_and_is_found(editor, django_capture_on_commit_callbacks):
    factories.make_service()
    before = DirectoryVersion.objects.get().token
    bring(editor, COUNTY.encode())
    assert DirectoryVersion.objects.get().token != before
    service = Service.objects.get(title_de="Migrationsberatung")
    entry = LogEntry.objects.get(object_id=service.pk)
    assert entry.is_addition() and entry.user.username == "redaktion"
    assert SearchEntry.objects.filter(kind="wegweiser.service", object_id=service.pk, language="ar").exists()
    modified = service.modified
    bring(
        editor,
        csv(("Angebot", "Organisation", "Art der Organisation"), ("Sorgentelefon", "Volkshochschule", "Kursträger")),
    )
    assert Organization.objects.get(title_de="Volkshochschule").kind == "course_provider"
    assert Service.objects.get(title_de="Sprachcafé").modified > modified  # it is of the same organization


def test_what_was_imported_is_not_denied_when_the_search_fails_and_is_found_later(editor, monkeypatch):
    def locked(*args):
        raise OperationalError("database is locked")

    monkeypatch.setattr(writer.index, "index", locked)
    page = bring(editor, csv(("Angebot", "Organisation"), ("A", "O")))
    assert "Die Suche findet in ein paar Minuten" in page.text and Service.objects.exists()
    with pytest.raises(OperationalError):
        call_command("finish_imports")
    monkeypatch.undo()
    SearchEntry.objects.all().delete()
    call_command("finish_imports")
    assert SearchEntry.objects.filter(kind="wegweiser.service").exists()
    assert default_storage.listdir("import/search")[1] == []


def test_what_nobody_imports_is_deleted_each_minute_whoever_is_faster(editor, monkeypatch):
    assert "finish_imports" in dict(jobs.of_each_minute())
    for title in "AB":
        upload(editor, csv(("Angebot", "Organisation"), (title, "O")))
    first, _second = default_storage.listdir("import")[1]

    def when(storage, name):
        if name.endswith(first):
            raise FileNotFoundError(name)
        return timezone.now() - timedelta(hours=2)

    monkeypatch.setattr(type(default_storage._wrapped), "get_modified_time", when)
    call_command("finish_imports")
    assert default_storage.listdir("import")[1] == [first]


def test_an_import_counts_as_made_when_it_is_through(editor, django_user_model, monkeypatch):
    service = factories.make_service()
    found = check(csv(("Schlüssel", "Kosten"), (str(service.uuid), "10 €")))
    start = timezone.now()
    moments = (start + timedelta(minutes=number) for number in range(1, 100))
    monkeypatch.setattr(writer.timezone, "now", lambda: next(moments))
    seen = []
    monkeypatch.setattr(writer, "log", lambda *args: seen.append(timezone.now()))
    writer.write(found, django_user_model.objects.get())
    service.refresh_from_db()
    assert service.modified > seen[0]


def test_slugs_are_free_and_readable(editor):
    factories.make_service(title_de="Über uns")
    bring(
        editor,
        csv(
            ("Schlüssel", "Angebot", "Organisation"), ("1", "Über uns", "Ö"), ("2", "Über uns", "Ö"), ("3", "!!!", "Ö")
        ),
    )
    assert sorted(Service.objects.values_list("slug", flat=True)) == [
        "service",
        "ueber-uns",
        "ueber-uns-2",
        "ueber-uns-3",
    ]


def test_letters_that_no_spreadsheet_can_hold_are_left_out_wherever_they_stand(editor):
    service = factories.make_service(title_de="A\x02B", lead_de="C\uffff")
    factories.make_hours(service, note_de="Hof\x02")
    factories.make_spoken(service, "ar", note_de="mon\x02tags")
    for kind in ("xlsx", "csv"):
        found = check(exported(editor, kind))
        assert not found.problems and not found.changed
    assert exported_rows(editor)[0]["Öffnungszeiten"] == "Mo–Fr 9:00–12:00 (Hof)"


def test_notes_come_back_as_they_were(editor):
    service = factories.make_service()
    factories.make_hours(service, note_de="Raum A | B und C; D", note_en="Room")
    factories.make_spoken(service, "ar", note_de="montags und mittwochs", note_en="Mondays")
    assert not check(exported(editor)).changed


def test_an_exception_of_one_place_stands_beside_the_hours_of_all(editor):
    service = factories.make_service(factories.make_location(), factories.make_location())
    factories.make_hours(service)
    factories.make_hours(
        service, "", None, None, service_at_location=service.at_locations.first(), exception=True,
        valid_from=date(2026, 12, 28), valid_to=date(2026, 12, 31),
    )  # fmt: skip
    both = [row["Öffnungszeiten"] for row in exported_rows(editor)]
    assert both == ["Mo–Fr 9:00–12:00; geschlossen 28.12.2026–31.12.2026", "Mo–Fr 9:00–12:00"]
    assert not check(exported(editor)).changed


# Out ------------------------------------------------------------------------------------------------


def test_the_export_holds_what_the_list_shows_or_what_is_chosen(editor):
    draft = factories.make_service(status="draft", title_de="Entwurf")
    factories.make_service(title_de="Fertig")
    page = editor.get("/admin/wegweiser/service/?status__exact=draft").content.decode()
    assert "/admin/wegweiser/service/export/?status__exact=draft" in page
    content = exported(editor, "csv", "?status__exact=draft").decode("utf-8-sig")
    assert "Entwurf" in content and "Fertig" not in content
    chosen = editor.post("/admin/wegweiser/service/", {"action": "export_selected", "_selected_action": [draft.pk]})
    assert f'value="{draft.pk}"' in chosen.content.decode() and "1 Angebot," in chosen.content.decode()
    assert [row["Angebot"] for row in exported_rows(editor, ids=str(draft.pk))] == ["Entwurf"]
    assert exported(editor, "csv", "?unsinn=1&p=x")
    for data in ({"format": "exe"}, {"format": "csv", "ids": "1,x"}, {"format": "csv", "languages": ["xx"]}):
        assert editor.post("/admin/wegweiser/service/export/", data).status_code == 200


def test_the_template_explains_itself_and_its_example_is_never_imported(editor):
    response = editor.get(f"{START}vorlage/")
    workbook = load_workbook(BytesIO(response.content))
    assert workbook.sheetnames == ["Angebote", "Erklärung"]
    assert "Erlaubt" in response["Content-Disposition"] or "vorlage" in response["Content-Disposition"]
    headers = [cell.value for cell in workbook["Angebote"][1]]
    explained = [row[0].value for row in workbook["Erklärung"].iter_rows(min_row=2)]
    assert headers == explained[:-1]
    with pytest.raises(ValidationError, match="nichts, was sich importieren"):
        check(response.content)
    sheet_of = workbook["Angebote"]
    for column, cell in enumerate(sheet_of[2], start=1):
        sheet_of.cell(3, column).value = cell.value if headers[column - 1] != "Schlüssel" else "1"
    file = BytesIO()
    workbook.save(file)
    found = check(file.getvalue())
    assert [entry.number for entry in found.rows] == [3] and not found.problems


def test_each_spelling_means_one_column(site):
    columns = importer.Sheet().fields.values()
    spellings = [word for column in columns for word in column.spellings]
    assert len(spellings) == len(set(spellings))


def test_the_handbook_names_every_column(site):
    handbook = (Path(__file__).parent.parent / "docs" / "handbuch" / "wegweiser-spalten.md").read_text()
    missing = [c.column_name for c in importer.Sheet(["de"]).fields.values() if f"| {c.column_name} |" not in handbook]
    assert missing == []


# Many -----------------------------------------------------------------------------------------------


def long_list(count):
    header = (*HEAD, "Telefon", "Öffnungszeiten", "Sprachen", "Themen", "Angebot (en)", "Beschreibung", "Kosten")
    return csv(
        header,
        *(
            (
                f"Beratung {number}", f"Träger {number % 150}", f"Musterweg {number % 400}", "12345", "Musterstadt",
                f"030 23125-{100 + number % 900}", "Mo–Fr 9–12 Uhr, Do 14–18 Uhr", "Arabisch, Türkisch (dienstags)", "Beratung",
                f"Advice {number}", "Wir beraten Menschen, die neu in Deutschland sind. " * 5, "kostenlos",
            )
            for number in range(count)
        ),
    )  # fmt: skip


def test_the_number_of_questions_to_the_database_does_not_grow_with_the_rows(editor):
    rich_service()
    found = []
    for count in (10, 100):
        with CaptureQueriesContext(connection) as queries:
            check(long_list(count))
        found.append(len(queries))
        bring(editor, long_list(count))
        with CaptureQueriesContext(connection) as queries:
            check(long_list(count))
        found.append(len(queries))
        with CaptureQueriesContext(connection) as queries:
            assert len(list(importer.Sheet().texts(Service.objects.all()))) == count + 2
        found.append(len(queries))
    assert found[:3] == found[3:]


def seconds(work):
    start = time.monotonic()
    work()
    return time.monotonic() - start


def test_a_service_at_many_places_takes_as_long_as_many_services(editor):
    header = ("Schlüssel", *HEAD, "Telefon")

    def rows(area):
        return [
            ("1", "A", "O", f"Weg {number}", "12345", "Musterstadt", f"{area} 23125-{100 + number}")
            for number in range(400)
        ]

    bring(editor, csv(header, *rows("030")))
    assert seconds(lambda: check(csv(header, *rows("0491")))) < 10


def test_a_cell_full_of_spaces_is_read_at_once(editor):
    empty = "x" + " " * 32_000 + "x"
    header = ("Angebot", "Organisation", "Anschrift", "Öffnungszeiten", "Telefon", "Internet")
    assert seconds(lambda: check(csv(header, ("A", "O", *[empty] * 4)))) < 5


def test_many_of_one_name_get_their_addresses_at_once(site):
    services = [importer.fresh(Service, title_de="Beratung") for _ in range(6000)]
    assert seconds(lambda: writer.give_slugs(Service, services)) < 5
    assert services[-1].slug == "beratung-6000"


def test_two_thousand_rows_come_in_at_one_go_and_the_page_tells_how_far_it_is(editor, capsys):
    content = long_list(2000)
    start = time.monotonic()
    page = look(editor, content)
    checked = time.monotonic()
    assert "Zeile 400 von 2.000 geprüft" in page
    done = confirm(editor, page)
    written = time.monotonic()
    assert "2000 neu," in done.text and "2.000 von 2.000 sind in der Suche" in done
    assert Service.objects.count() == 2000 and Location.objects.count() == 400
    with capsys.disabled():
        print(f"\n2,000 rows: checked in {checked - start:.1f} s, imported and indexed in {written - checked:.1f} s")
