from pathlib import Path

import pytest
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, connection
from django.template.defaultfilters import filesizeformat
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from integration.publications.models import Publication, Series
from portal.files import DOCUMENTS, IMAGES, UploadValidator
from tests import factories
from tests.conftest import form_data

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _site(site):
    pass


def queries(client, path):
    with CaptureQueriesContext(connection) as captured:
        assert client.get(path).status_code == 200
    return len(captured)


def test_a_publication_names_language_type_size_and_accessibility_of_each_file(client):
    series = Series.objects.create(title_de="Integrationsberichte")
    publication = factories.make_publication(
        title_de="Integrationsbericht",
        kind="report",
        year=2020,
        year_until=2021,
        series=series,
        summary_de="Was wir erreicht haben.",
    )
    factories.make_publication(title_de="Integrationsbericht 2019", year=2019, series=series)
    factories.make_publication(title_de="Geheimer Bericht", series=series, status="draft")
    factories.make_file(publication, "de")
    factories.make_file(publication, "ar")

    for path in ("/de/veroeffentlichungen/", publication.get_absolute_url()):
        html = client.get(path).content.decode()
        for expected in (
            "Bericht",
            "2020/2021",
            "Was wir erreicht haben.",
            "Deutsch",
            "العربية",
            f"<bdi>PDF</bdi>, <bdi>{filesizeformat(len(factories.PDF))}</bdi>",
            f'<time datetime="{timezone.localdate().isoformat()}">',
            "nicht geprüft",
        ):
            assert expected in html, (path, expected)
    assert "Integrationsbericht 2019" in html
    assert "Geheimer" not in html


def test_a_file_is_handed_out_under_a_readable_name_and_can_run_nothing(client):
    publication = factories.make_publication(slug="bericht")
    file = factories.make_file(publication)
    response = client.get(file.get_absolute_url())
    assert response["Content-Type"] == "application/pdf"
    assert response["Content-Disposition"] == 'inline; filename="bericht-de.pdf"'
    assert "sandbox" in response["Content-Security-Policy"]
    assert response["X-Content-Type-Options"] == "nosniff"
    assert b"".join(response) == factories.PDF
    again = client.get(file.get_absolute_url(), headers={"if-none-match": response["ETag"]})
    assert again.status_code == 304


def test_files_of_drafts_are_not_handed_out(client):
    publication = factories.make_publication()
    file = factories.make_file(publication)
    Publication.objects.update(status="draft")
    assert client.get(file.get_absolute_url()).status_code == 404
    assert client.get(f"/admin/dateien/{file.file.name}").status_code == 302  # to the login


def test_staff_see_what_they_uploaded(editor):
    publication = factories.make_publication(status="draft")
    file = factories.make_file(publication)
    assert editor.get(file.file.url)["Content-Type"] == "application/pdf"
    assert editor.get("/admin/dateien/../settings.py").status_code in {404, 400}
    assert editor.get("/admin/dateien/nichts.pdf").status_code == 404
    assert editor.get("/admin/dateien/publicationfile/").status_code == 404


def test_a_file_missing_in_the_storage_is_a_404(client):
    file = factories.make_file(factories.make_publication())
    file.file.storage.delete(file.file.name)
    assert client.get(file.get_absolute_url()).status_code == 404


def test_there_is_one_file_per_language():
    publication = factories.make_publication()
    factories.make_file(publication)
    with pytest.raises(IntegrityError):
        factories.make_file(publication)


def test_years_must_follow_each_other():
    with pytest.raises(IntegrityError):
        factories.make_publication(year=2021, year_until=2020)


def test_the_filter_narrows_by_kind_and_year(client):
    factories.make_publication(title_de="Konzept A", kind="concept", year=2019)
    factories.make_publication(title_de="Bericht B", kind="report", year=2020, year_until=2022)
    for query, shown, hidden in (("kind=concept", "Konzept A", "Bericht B"), ("year=2021", "Bericht B", "Konzept A")):
        html = client.get(f"/de/veroeffentlichungen/?{query}").content.decode()
        assert shown in html
        assert hidden not in html
    assert "nichts gefunden" in client.get("/de/veroeffentlichungen/?year=1999").content.decode()


def test_the_feed_names_what_is_published(client):
    factories.make_publication(title_de="Neu", summary_de="Text")
    factories.make_publication(title_de="Entwurf", status="draft")
    response = client.get("/de/veroeffentlichungen/feed.xml")
    assert response["Content-Type"].startswith("application/atom+xml")
    xml = response.content.decode()
    assert "<title>Neu</title>" in xml
    assert "Entwurf" not in xml
    assert 'xml:lang="de"' in xml


def test_the_list_asks_a_constant_number_of_queries(client):
    def add(number):
        for _ in range(number):
            factories.make_file(factories.make_publication(series=Series.objects.create(title_de="Reihe")))

    add(10)
    few = queries(client, "/ar/veroeffentlichungen/")
    add(30)
    assert queries(client, "/ar/veroeffentlichungen/") == few <= 8


def test_a_publication_asks_a_constant_number_of_queries(client):
    series = Series.objects.create(title_de="Reihe")
    publication = factories.make_publication(series=series, office=factories.make_office())

    def add(number):
        for _ in range(number):
            factories.make_publication(series=series)

    add(10)
    few = queries(client, publication.get_absolute_url())
    add(90)
    assert queries(client, publication.get_absolute_url()) == few


# Uploads --------------------------------------------------------------------------------------------

HUGE = factories.png(8000, 6000)


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("bericht.docx", b"PK\x03\x04", "docx"),
        ("bericht.pdf.exe", factories.PDF, "exe"),
        ("bericht", factories.PDF, "Endung"),
        ("bericht.pdf", b"<script>alert(1)</script>", "etwas anderes"),
        ("bericht.pdf", factories.png(), "etwas anderes"),
        ("bild.png", factories.PDF, "etwas anderes"),
        ("bild.svg", b"<svg onload='alert(1)'/>", "svg"),
        ("bild.png", factories.png()[:30], "beschädigt"),
        ("bild.webp", b"RIFF\x00\x00\x00\x00WAVEfmt ", "beschädigt"),
        ("bericht.pdf", b"", "leer"),
        ("bild.png", HUGE, "Bildpunkte"),
    ],
)  # fmt: skip
def test_uploads_are_refused_with_a_clear_message(name, content, says):
    with pytest.raises(ValidationError) as error:
        UploadValidator(DOCUMENTS)(SimpleUploadedFile(name, content))
    assert says in " ".join(error.value.messages)


def test_too_large_uploads_are_refused(settings):
    settings.MAX_UPLOAD_MB = 0
    with pytest.raises(ValidationError, match="zu groß"):
        UploadValidator(DOCUMENTS)(SimpleUploadedFile("a.pdf", factories.PDF))


def test_pictures_are_accepted_where_pictures_belong():
    UploadValidator(IMAGES)(SimpleUploadedFile("Bild.PNG", factories.png()))
    with pytest.raises(ValidationError):
        UploadValidator(IMAGES)(SimpleUploadedFile("a.pdf", factories.PDF))


def test_of_a_refused_upload_no_result_is_shown(editor):
    path = "/admin/publications/publication/add/"
    data = form_data(editor.get(path).content.decode())
    html = editor.post(path, {**data, "files-0-file": SimpleUploadedFile("neu.pdf", b"kein PDF")}).text
    assert "enthält aber etwas anderes" in html
    assert "Noch nicht geprüft." in html and "Kennzeichen PDF/UA" not in html


def test_after_a_refused_upload_the_old_file_is_still_there(editor):
    publication = factories.make_publication()
    file = factories.make_file(publication)
    path = f"/admin/publications/publication/{publication.pk}/change/"
    data = form_data(editor.get(path).content.decode())
    wrong = SimpleUploadedFile("neu.pdf", b"<html>kein PDF</html>")
    response = editor.post(path, {**data, "files-0-file": wrong})
    assert "enthält aber etwas anderes" in response.content.decode()
    assert b"".join(editor.get(file.get_absolute_url())) == factories.PDF

    right = SimpleUploadedFile("neu.pdf", factories.PDF + b"neu")
    assert editor.post(path, {**data, "files-0-file": right}).status_code == 302
    assert b"".join(editor.get(file.get_absolute_url())) == factories.PDF + b"neu"


def test_a_replaced_or_deleted_file_leaves_the_disk(tmp_path, django_capture_on_commit_callbacks):
    file = factories.make_file(factories.make_publication())
    with django_capture_on_commit_callbacks(execute=True):
        file.file = SimpleUploadedFile("neu.pdf", factories.PDF)
        file.save()
    assert [path.name for path in tmp_path.rglob("*.pdf")] == [Path(file.file.name).name]
    with django_capture_on_commit_callbacks(execute=True):
        file.delete()
    assert list(tmp_path.rglob("*.pdf")) == []


def test_of_many_files_the_readers_own_and_the_german_one_come_first(client):
    publication = factories.make_publication()
    for language in ("de", "en", "uk", "ru", "ar", "tr"):
        factories.make_file(publication, language)
    html = client.get(f"/ar/veroeffentlichungen/{publication.slug}/").content.decode()
    shown, folded = html.split('<ul class="files">')[1:3]
    assert [
        language
        for language in ("de", "en", "uk", "ru", "ar", "tr")
        if f'hreflang="{language}"' in shown.split("</ul>")[0]
    ] == ["de", "ar"]
    assert shown.index('hreflang="ar"') < shown.index('hreflang="de"')
    assert folded.count('class="file"') == 4
