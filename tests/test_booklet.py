"""The directory as a PDF: accessible in every language, made ahead, never out of date."""

import fcntl
import io
import os
import re
import shutil
import subprocess
import sys
import time
from datetime import date, timedelta

import pikepdf
import pytest
from django.core.files.base import ContentFile
from django.core.management import call_command
from django.db import connection
from django.http import HttpResponse
from django.test.utils import CaptureQueriesContext
from django.utils import timezone, translation

from integration.wegweiser.models import Service, ServiceAtLocation
from integration.wegweiser.paper import booklet, shelf, typesetter
from portal import files, languages, pdfs
from portal.examples import loader
from portal.search import index as search_index
from portal.timer import jobs
from tests import factories

pytestmark = pytest.mark.django_db

ADDRESS = "https://portal.example.org/de/wegweiser/"


@pytest.fixture(autouse=True)
def own_lock(settings, tmp_path):
    settings.DATA_DIR = tmp_path


@pytest.fixture
def made(monkeypatch):
    """The languages of the booklets made, without making any."""
    calls = []
    monkeypatch.setattr(booklet, "booklet", lambda ids, words, address, language: calls.append(language) or b"%PDF-")
    return calls


def content(*services, language="de", words=""):
    with translation.override(language):
        return booklet.content([service.pk for service in services], words, ADDRESS)


def entry(service, language="de"):
    return content(service, language=language)["chapters"][0]["services"][0]


def said(text):
    return "".join(part[0] for part in text)


def opened(response):
    return pikepdf.open(io.BytesIO(b"".join(response.streaming_content)))


def headings(pdf):
    """The bookmarks, which are made of the headings: topics, and services below."""
    with pdf.open_outline() as outline:
        return [(item.title, [child.title for child in item.children]) for item in outline.root]


def links(pdf):
    return {
        str(note.A.URI)
        for page in pdf.pages
        for note in page.get("/Annots", [])
        if note.Subtype == "/Link" and "/URI" in note.get("/A", {})
    }


def marked_languages(pdf):
    """The languages of parts, from the structure tree."""
    found, waiting = set(), [pdf.Root.StructTreeRoot]
    while waiting:
        node = waiting.pop()
        if isinstance(node, pikepdf.Array):
            waiting += list(node)
        elif isinstance(node, pikepdf.Dictionary):
            attributes = node.get("/A", [])
            for holder in [node, *(attributes if isinstance(attributes, pikepdf.Array) else [attributes])]:
                if isinstance(holder, pikepdf.Dictionary) and "/Lang" in holder:
                    found.add(str(holder.Lang))
            if "/K" in node:
                waiting.append(node.K)
    return found


def counselling(**fields):
    house = factories.make_location(title_de="Rathaus", wheelchair="yes", directions_de="Bus 12 bis Marktplatz.")
    service = factories.make_service(house, title_de="Beratung", title_ar="استشارة", **fields)
    factories.make_hours(service)
    factories.make_service_contact(service, phone="030 23125-110", email="beratung@example.org")
    return service


# The PDF ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("language", "title", "service"), [("de", "Wegweiser – ", "Beratung"), ("ar", None, "استشارة")]
)
def test_the_directory_is_an_accessible_pdf_in_the_readers_language(client, site, language, title, service):
    counselling()
    response = client.get(f"/{language}/wegweiser/wegweiser.pdf")
    assert response["Content-Type"] == "application/pdf"
    assert response["Content-Disposition"] == f'inline; filename="wegweiser-{language}.pdf"'
    data = b"".join(response.streaming_content)
    assert pdfs.failed_checks(ContentFile(data)) == []
    pdf = pikepdf.open(io.BytesIO(data))
    assert str(pdf.Root.Lang).startswith(language)
    assert pdf.Root.ViewerPreferences.DisplayDocTitle
    assert "Migration und Teilhabe" in str(pdf.docinfo["/Title"])
    assert [float(side) for side in pdf.pages[0].MediaBox[2:]] == pytest.approx([595.28, 841.89], abs=0.1)
    assert headings(pdf)[-1][1] == [service]
    assert {"tel:+493023125110", "mailto:beratung@example.org", "tel:116117"} <= links(pdf)
    assert f"http://testserver/{language}/wegweiser/" in links(pdf)
    assert f"http://testserver/{language}/wegweiser/beratung/" in links(pdf)


def test_german_standing_in_is_marked_as_german(client, site):
    service = counselling(lead_de="Wir helfen.", lead_ar="نساعدكم.")
    with_german_places = marked_languages(opened(client.get("/ar/wegweiser/wegweiser.pdf")))
    assert "de" in with_german_places
    assert entry(service, "ar")["title"] == [("استشارة", "")]
    assert entry(service, "ar")["paragraphs"] == [[("نساعدكم.", "")]]
    assert entry(service, "uk")["paragraphs"] == [[("Wir helfen.", "de")]]
    assert entry(service)["paragraphs"] == [[("Wir helfen.", "")]]


def test_a_page_with_german_or_machine_texts_says_so_in_front(site):
    service = factories.make_service(title_de="Beratung", title_ar="استشارة")
    assert content(service, language="ar")["notes"] == []
    assert len(content(service, language="uk")["notes"]) == 1
    service.machine_translated = ["ar"]
    service.save()
    assert len(content(service, language="ar")["notes"]) == 1


def test_a_text_that_looks_like_source_is_printed_as_it_is(client, site):
    title = '#read("/etc/passwd") *fett* $x$ <b> @a \\ "so" -- //'
    factories.make_service(title_de=title, lead_de='#import "@preview/x:1.0.0"', documents_de="- eins\n= zwei\n\t3")
    pdf = opened(client.get("/de/wegweiser/wegweiser.pdf"))
    assert headings(pdf)[-1][1] == [title]


def test_signs_the_fonts_lack_do_not_keep_it_from_being_made(client, site):
    factories.make_service(
        title_de="Treff 😀 ❤\ufe0f → Saal ① 中\x07", lead_de="г\u064e ا\u032e ۵\u032e 👩\u200d👩\u200d👧"
    )
    pdf = opened(client.get("/de/wegweiser/wegweiser.pdf"))
    assert [title.split() for title in headings(pdf)[-1][1]] == [["Treff", "›", "Saal", "1", "�"]]


@pytest.mark.parametrize("title", ["😀", "😀 😀", "\x07", "\u200d"])
def test_a_title_of_nothing_but_drawings_does_not_keep_it_from_being_made(client, site, title):
    counselling()
    factories.make_service(title_de=title)
    assert len(headings(opened(client.get("/de/wegweiser/wegweiser.pdf")))[-1][1]) == 2


def test_every_sign_of_our_own_texts_is_in_the_fonts():
    known = set.union(*map(typesetter.characters, typesetter.FONTS))
    folders = [loader.FOLDER / "musterland", languages.__file__.removesuffix("portal/languages.py") + "locale"]
    for folder in map(loader.Path, folders):
        texts = [*folder.glob("**/*.po"), *folder.glob("**/*.toml")]
        assert texts
        for path in texts:
            assert set(path.read_text()) - known <= {"\n", "→"}, path


@pytest.mark.skipif(not shutil.which("pdftotext"), reason="poppler is not installed")
def test_times_and_phone_numbers_are_read_in_their_order_in_arabic(client, site):
    service = counselling()
    factories.make_hours(service, days="MO", opens_at="14:00", closes_at="16:30")
    assert re.search(r"09:00–12:00.*14:00–16:30.*030 23125-110", read_aloud(client.get("/ar/wegweiser/wegweiser.pdf")))


@pytest.mark.skipif(not shutil.which("pdftotext"), reason="poppler is not installed")
def test_arabic_words_are_read_as_they_are_written(client, site):
    factories.make_service(title_de="Wohnung", title_ar="شقة")
    assert "شقة" in read_aloud(client.get("/ar/wegweiser/wegweiser.pdf"))


def read_aloud(response):
    done = subprocess.run(
        ["pdftotext", "-raw", "-", "-"], input=b"".join(response.streaming_content), capture_output=True, check=True
    )
    return re.sub(
        r"[\u200e\u200f\u202a-\u202e\u2066-\u2069]|\s+", lambda sign: sign[0].isspace() * " ", done.stdout.decode()
    )


def test_three_hundred_services_in_arabic(site, capsys):
    house = factories.make_location()
    topic = factories.make_topic(title_de="Arbeit", title_ar="العمل")
    services = [factories.make_service(house, title_ar="استشارة", topics=[topic]) for _ in range(300)]
    for service in services:
        factories.make_hours(service)
    start = time.monotonic()
    data = booklet.booklet([service.pk for service in services], "", ADDRESS, "ar")
    with capsys.disabled():
        print(f" [300 services: {time.monotonic() - start:.1f} s, {len(data) // 1024} KB]", end="")
    assert len(headings(pikepdf.open(io.BytesIO(data)))[-1][1]) == 300


# What stands in it --------------------------------------------------------------------------------------


def test_services_stand_under_their_first_topic_and_small_topics_under_what_they_belong_to(site):
    work = factories.make_topic(title_de="Arbeit", order=1)
    health = factories.make_topic(title_de="Gesundheit", order=2)
    debts = factories.make_topic(title_de="Ausbildung", order=9, parent=work)
    services = [
        factories.make_service(title_de="Ohne"),
        factories.make_service(title_de="Arzt", topics=[health]),
        factories.make_service(title_de="Lehre", topics=[debts]),
        factories.make_service(title_de="Beides", topics=[health, work]),
    ]
    found = [
        (said(chapter["title"]), [said(service["title"]) for service in chapter["services"]])
        for chapter in content(*services)["chapters"]
    ]
    assert found == [("Arbeit", ["Lehre", "Beides"]), ("Gesundheit", ["Arzt"]), ("Weitere Angebote", ["Ohne"])]


def test_only_what_is_public_and_not_closed_for_good_is_printed(client, site):
    factories.make_service(title_de="Da")
    factories.make_service(title_de="Zu", availability="temporarily closed")
    factories.make_service(title_de="Weg", availability="defunct")
    draft = factories.make_service(title_de="Entwurf", status="draft")
    assert headings(opened(client.get("/de/wegweiser/wegweiser.pdf")))[-1][1] == ["Da", "Zu"]
    assert content(draft)["chapters"] == []


def test_closed_an_alert_and_an_old_date_stand_in_front(site):
    service = factories.make_service(
        availability="temporarily closed",
        alert_de="Im Mai im Haus B.",
        review_due=timezone.localdate() - timedelta(days=61),
    )
    notes = ["Vorübergehend geschlossen", "Im Mai im Haus B.", "Bitte rufen Sie vorher an."]
    assert [said(note) for note in entry(service)["notes"]] == notes
    service.alert_until = timezone.localdate() - timedelta(days=1)
    service.save()
    assert "Im Mai im Haus B." not in [said(note) for note in entry(service)["notes"]]


def test_opening_hours_are_those_of_the_sign(site):
    service = factories.make_service(factories.make_location())
    factories.make_hours(service)
    factories.make_hours(service, days="TU", opens_at="14:00", closes_at="16:00", note_de="Hof")
    factories.make_hours(service, days="SA", nth=1, on_holidays=True)
    factories.make_hours(service, days="SU", opens_at="00:00", closes_at="00:00")
    factories.make_hours(service, days="", opens_at=None, closes_at=None, by_appointment=True)
    day = timezone.localdate() + timedelta(days=1)
    year = date(day.year + 1, 2, 1)
    closed = {"opens_at": None, "closes_at": None, "exception": True}
    factories.make_hours(service, days="", valid_from=year, valid_to=year + timedelta(days=1), **closed)
    hours = [(said(label), said(times)) for label, times in entry(service)["places"][0]["hours"]]
    assert hours == [
        ("Montag", "09:00–12:00"),
        ("Dienstag", "09:00–12:00, 14:00–16:00 (Hof)"),
        ("Mittwoch – Freitag", "09:00–12:00"),
        ("Sonntag", "rund um die Uhr"),
        ("Samstag, jeden ersten im Monat", "09:00–12:00 (auch an Feiertagen)"),
        ("", "nur mit Termin"),
        (f"1. Februar {year.year} – 2. Februar {year.year}", "geschlossen"),
    ]


def test_an_exception_on_some_weekdays_says_on_which(site):
    service = factories.make_service()
    first = timezone.localdate().replace(month=12, day=1)
    days = {"valid_from": first, "valid_to": first.replace(day=20)}
    factories.make_hours(service, days="MO,WE", opens_at="14:00", closes_at="16:00", exception=True, **days)
    ((label, _times),) = entry(service)["places"][0]["hours"]
    assert "Montag, Mittwoch" in said(label)


def test_contacts_that_hold_at_all_places_stand_there_once(site):
    first, second = factories.make_location(), factories.make_location()
    service = factories.make_service(first, second)
    contact = factories.make_service_contact(service)
    found = entry(service)
    assert [len(found["contacts"]), *(len(place["contacts"]) for place in found["places"])] == [1, 0, 0]
    contact.service_at_location = ServiceAtLocation.objects.get(service=service, location=second)
    contact.save()
    found = entry(service)
    assert [len(found["contacts"]), *(len(place["contacts"]) for place in found["places"])] == [0, 0, 1]


def test_leichte_sprache_puts_each_sentence_on_its_own_line(site):
    service = factories.make_service(lead_de_simple="Wir helfen. Kommen Sie vorbei.")
    assert said(entry(service, "de-simple")["paragraphs"][0]) == "Wir helfen.\nKommen Sie vorbei."


def test_numbers_and_german_terms_in_arabic_keep_their_order(site):
    service = factories.make_service(title_ar="مكتب (Ausländerbehörde)", fees_ar="من 8:30–12:00")
    found = entry(service, "ar")
    assert found["title"] == [("مكتب ", ""), ("(Ausländerbehörde)", "de")]
    assert found["facts"][0][1] == [[("من ", ""), ("8:30–12:00", "ltr")]]


@pytest.mark.parametrize("language", languages.BY_CODE)
def test_it_can_be_gathered_in_every_language(site, language):
    service = counselling(
        minimum_age=16,
        areas=[factories.make_municipality()],
        audiences=[factories.make_term("audience")],
        programme=factories.make_term("programme"),
        documents_de="Ausweis\nFoto",
        url="https://www.example.org/",
        verified_on=date(2026, 3, 1),
    )
    factories.make_spoken(service, "ti", note_de="donnerstags")
    found = entry(service, language)
    assert len(found["facts"]) == 5
    assert "2026" in said(found["by"])


def test_ten_and_a_hundred_services_take_the_same_queries(site):
    services = []

    def queries():
        with CaptureQueriesContext(
            connection,
        ) as captured:
            content(*services)
        return len(captured)

    services += [counselling(topics=[factories.make_topic()]) for _ in range(10)]
    ten = queries()
    services += [counselling(topics=[factories.make_topic()]) for _ in range(90)]
    assert queries() == ten


# Kept ---------------------------------------------------------------------------------------------------


def test_it_is_made_once_and_again_when_something_has_changed(client, site, made, monkeypatch):
    service = counselling()

    def etag(language="de"):
        return client.get(f"/{language}/wegweiser/wegweiser.pdf")["ETag"]

    first = etag()
    assert etag() == first
    assert made == ["de"]
    etag("ar")
    assert made == ["de", "ar"]
    site.save()  # the portal's name stands in front
    second = etag()
    service.contacts.get().delete()
    third = etag()
    assert len({first, second, third}) == 3
    tomorrow = timezone.localdate() + timedelta(days=1)
    monkeypatch.setattr(timezone, "localdate", lambda *args: tomorrow)
    assert etag() != third
    assert made == ["de", "ar", "de", "de", "de"]
    assert client.get("/de/wegweiser/wegweiser.pdf", headers={"If-None-Match": etag()}).status_code == 304


def test_whatever_words_find_the_same_it_is_made_once_and_does_not_say_them(client, site, made, monkeypatch):
    service = counselling(topics=[factories.make_topic(title_de="Hilfe")])
    search_index.rebuild()
    for words in ("Beratung", "beratung", "Beratungen"):
        assert client.get("/de/wegweiser/wegweiser.pdf", {"q": words}).status_code == 200
    assert made == ["de"]
    asked = []
    monkeypatch.setattr(shelf, "find_or_make", lambda *given: asked.append(given) or shelf.path(*given))
    monkeypatch.setattr(files, "serve", lambda request, stored, download_name: HttpResponse())
    client.get("/de/wegweiser/wegweiser.pdf", {"q": "Beratung", "topic": "hilfe"})
    assert asked == [([service.pk], "Thema: Hilfe", "http://testserver/de/wegweiser/?topic=hilfe", "de")]


def test_what_begins_or_ends_to_be_public_makes_a_new_one(client, site, made, monkeypatch):
    factories.make_service()
    soon = factories.make_service(publish_from=timezone.now() + timedelta(hours=1))
    client.get("/de/wegweiser/wegweiser.pdf")
    later = soon.publish_from + timedelta(minutes=1)
    monkeypatch.setattr(timezone, "now", lambda: later)
    client.get("/de/wegweiser/wegweiser.pdf")
    assert made == ["de", "de"]


def stored(tmp_path):
    return sorted(path.relative_to(tmp_path / "booklets").parts[0] for path in tmp_path.glob("booklets/*/*.pdf"))


def test_old_ones_go_and_of_one_version_there_are_never_too_many(client, site, made, monkeypatch, tmp_path):
    service = factories.make_service()
    monkeypatch.setattr(shelf, "KEPT", 3)
    for number in range(5):
        shelf.find_or_make([service.pk], str(number), ADDRESS, "de")
    assert len(stored(tmp_path)) == 3
    service.save()
    shelf.find_or_make([service.pk], "", ADDRESS, "de")
    assert len(stored(tmp_path)) == len(list(tmp_path.glob("booklets/*"))) == 1


def test_while_another_one_is_being_made_readers_are_asked_to_come_back(client, site, made, monkeypatch, tmp_path):
    counselling()
    monkeypatch.setattr(shelf, "PATIENCE", 0)
    with (tmp_path / "booklet.lock").open("w") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        response = client.get("/de/wegweiser/wegweiser.pdf")
    assert response.status_code == 503
    assert int(response["Retry-After"]) > 0
    assert "<h1>Einen Moment bitte</h1>" in response.content.decode()
    assert client.get("/de/wegweiser/wegweiser.pdf").status_code == 200


def test_of_a_process_one_reader_waits_and_no_second_one(client, site, made):
    counselling()
    with shelf._turn:
        assert client.get("/de/wegweiser/wegweiser.pdf").status_code == 503
    assert client.get("/de/wegweiser/wegweiser.pdf").status_code == 200


def test_one_that_takes_too_long_or_fails_is_not_waited_for(client, site, monkeypatch, tmp_path):
    counselling()
    monkeypatch.setattr(booklet, "SECONDS", 0.01)
    assert client.get("/de/wegweiser/wegweiser.pdf").status_code == 503
    monkeypatch.undo()
    monkeypatch.setattr(booklet, "TYPESETTER", tmp_path / "missing.py")
    assert client.get("/de/wegweiser/wegweiser.pdf").status_code == 503


def test_too_many_are_refused_in_words(client, site, made, monkeypatch):
    monkeypatch.setattr(shelf, "MOST", 1)
    factories.make_service()
    assert client.get("/de/wegweiser/wegweiser.pdf").status_code == 200
    factories.make_service()
    response = client.get("/de/wegweiser/wegweiser.pdf")
    assert response.status_code == 413
    assert "Bitte wählen Sie weniger aus" in response.content.decode()


def test_an_empty_directory_has_no_pdf(client, site):
    assert client.get("/de/wegweiser/wegweiser.pdf").status_code == 404


# Made ahead ---------------------------------------------------------------------------------------------


@pytest.fixture
def quiet(db):
    """A directory nobody has touched for a while."""

    def leave_alone():
        Service.objects.update(modified=timezone.now() - timedelta(hours=1))

    return leave_alone


def test_it_is_made_ahead_in_every_language_shown(client, made, quiet, settings):
    factories.make_site(languages=["de", "ar"])
    settings.PORTAL_URL = "http://testserver"
    counselling()
    quiet()
    call_command("make_booklets")
    assert made == ["de", "ar"]
    call_command("make_booklets")
    client.get("/ar/wegweiser/wegweiser.pdf")
    assert made == ["de", "ar"]


def test_links_and_pdfs_of_a_clone_lead_to_the_address_its_start_prints():
    code = "from portal import settings; print(settings.PORTAL_URL)"
    environment = {**os.environ, "DEBUG": "1", "PORT": "8123", "PORTAL_URL": ""}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "http://127.0.0.1:8123"


def test_the_timer_sees_to_it():
    assert "make_booklets" in jobs.names()


def test_nothing_is_made_ahead_while_somebody_is_writing(site, made, quiet, settings):
    settings.PORTAL_URL = "http://testserver"
    service = counselling()
    call_command("make_booklets")
    assert made == []
    call_command("make_booklets", now=True)
    assert len(made) == len(languages.BY_CODE)
    quiet()
    service.save()
    call_command("make_booklets")
    assert len(made) == len(languages.BY_CODE)


def test_one_language_that_fails_does_not_stop_the_others(site, settings, monkeypatch, capsys):
    settings.PORTAL_URL = "http://testserver"
    made = []

    def fail(ids, words, address, language):
        if language == "en":
            raise booklet.NotMade("kaputt")
        made.append(language)
        return b"%PDF-"

    monkeypatch.setattr(booklet, "booklet", fail)
    counselling()
    call_command("make_booklets", now=True)
    assert "fr" in made
    assert "en: kaputt" in capsys.readouterr().err
