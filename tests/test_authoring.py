"""The admin as an authoring tool: it helps staff to publish what everybody can read (EN 301 549, 11.8)."""

import zlib

import pikepdf
import pytest
from django.contrib.messages import get_messages
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command

from integration.publications.models import PublicationFile
from tests import factories
from tests.conftest import form_data

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _site(site):
    pass


def send(client, path, **values):
    """Fills in the form at `path` and sends it; returns the answer."""
    return client.post(path, {**form_data(client.get(path).content.decode()), **values})


def told(response):
    return " ".join(str(message) for message in get_messages(response.wsgi_request))


# Documents ------------------------------------------------------------------------------------------


def upload(editor, content, name="bericht.pdf", publication=None, **values):
    publication = publication or factories.make_publication(title_de="Bericht", slug="bericht")
    file = SimpleUploadedFile(name, content)
    path = f"/admin/publications/publication/{publication.pk}/change/"
    return send(editor, path, **{"files-0-language": "de", "files-0-file": file, **values})


def shown(client):
    return client.get("/de/veroeffentlichungen/bericht/").content.decode()


def objects_to_pdf(*objects):
    """A PDF from raw objects; the first is the catalog."""
    out, places = b"%PDF-1.7\n", []
    for number, content in enumerate(objects, start=1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    size, start = len(objects) + 1, len(out)
    head = b"xref\n0 %d\n0000000000 65535 f \n%s" % (size, table)
    return out + head + b"trailer <</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % (size, start)


def test_a_document_without_faults_is_praised_and_stays_unchecked_by_humans(editor):
    response = upload(editor, factories.PDF)
    assert response.status_code == 302
    assert "keinen Mangel gefunden" in told(response)
    file = PublicationFile.objects.get()
    assert (file.failed_checks, file.accessibility) == ([], "unknown")
    assert "Barrierefreiheit nicht geprüft" in shown(editor)
    html = editor.get(f"/admin/publications/publication/{file.publication_id}/change/").content.decode()
    assert "Getaggt: ja" in html
    assert "In Word" not in html


def test_an_untagged_document_is_explained_to_staff_and_readers(editor):
    response = upload(editor, factories.pdf(without=("tagged", "language", "title", "pdfua")))
    assert "Getaggt: nein; Sprache: nicht angegeben; Titel: fehlt" in told(response)
    file = PublicationFile.objects.get()
    html = editor.get(f"/admin/publications/publication/{file.publication_id}/change/").content.decode()
    assert "Getaggt: nein" in html
    assert "„Dokumentstrukturtags für Barrierefreiheit“" in html
    assert "Kennzeichen PDF/UA: nein" in html
    assert "nicht barrierefrei – wir helfen auf Anfrage" in shown(editor)


def test_small_faults_make_a_document_partly_accessible(editor):
    upload(editor, factories.pdf(without=("title",)))
    assert "teilweise barrierefrei" in shown(editor)


def test_a_better_file_ends_the_judgement_on_the_old_one(editor):
    upload(editor, factories.pdf(without=("tagged",)))
    upload(editor, factories.PDF, publication=PublicationFile.objects.get().publication)
    assert PublicationFile.objects.get().failed_checks == []
    assert "Barrierefreiheit nicht geprüft" in shown(editor)


def test_a_missing_mark_is_no_fault(editor):
    assert upload(editor, factories.pdf(without=("pdfua",)), **{"files-0-accessibility": "tested"}).status_code == 302
    assert "barrierefrei, geprüft" in shown(editor)


def test_a_scan_has_no_text(editor):
    upload(editor, factories.pdf(content=b"q 595 0 0 842 0 0 cm /Im0 Do Q"))
    assert PublicationFile.objects.get().failed_checks == ["text"]
    assert "nicht barrierefrei" in shown(editor)


def test_a_picture_is_not_accessible(editor):
    upload(editor, factories.png(), name="plakat.png")
    assert "nicht barrierefrei" in shown(editor)


def test_nobody_can_claim_what_the_check_disproves(editor):
    response = upload(editor, factories.pdf(without=("tagged",)), **{"files-0-accessibility": "tested"})
    assert response.status_code == 200
    html = response.content.decode()
    assert "passt nicht zu dem, was die automatische Prüfung gefunden hat: Getaggt: nein" in html
    assert not PublicationFile.objects.exists()
    assert (
        upload(
            editor,
            factories.pdf(without=("tagged",)),
            publication=response.context["original"],
            **{"files-0-accessibility": "partly"},
        ).status_code
        == 302
    )
    assert "teilweise barrierefrei" in shown(editor)


def test_a_document_that_forbids_reading_aloud_is_found(editor):
    locked = pikepdf.Encryption(
        owner="x", R=3, aes=False, metadata=False, allow=pikepdf.Permissions(accessibility=False, extract=False)
    )
    upload(editor, factories.pdf(encryption=locked))
    assert PublicationFile.objects.get().failed_checks == ["assistive"]


def test_a_document_with_script_can_be_offered_but_is_pointed_out(editor):
    page = b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]/Contents 4 0 R>>"
    text = b"<</Length 26>>\nstream\nBT /F 9 Tf (Guten Tag) Tj ET\nendstream"
    script = b"<</Type/Catalog/Pages 2 0 R/OpenAction<</S/JavaScript/JS(app.alert\\(1\\))>>>>"
    upload(editor, objects_to_pdf(script, b"<</Type/Pages/Kids[3 0 R]/Count 1>>", page, text))
    assert "script" in PublicationFile.objects.get().failed_checks
    assert "text" not in PublicationFile.objects.get().failed_checks


BOMB = zlib.compress(bytes(200_000_000), 9)
CATALOG = b"<</Type/Catalog/Pages 2 0 R>>"
DEEP = [b"<</Type/Pages/Kids[%d 0 R]/Count 1>>" % number for number in range(3, 20_000)]


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (factories.pdf(encryption=pikepdf.Encryption(user="geheim", owner="geheim")), "mit einem Kennwort geschützt"),
        (factories.PDF[:300], "beschädigt"),
        (b"%PDF-1.7\n" + bytes(range(256)) * 40, "beschädigt"),
        (objects_to_pdf(CATALOG, b"<</Type/Pages/Kids[]/Count 0>>"), "keine Seiten"),
        (objects_to_pdf(CATALOG, b"<</Type/Pages/Kids[2 0 R]/Count 1>>"), "keine Seiten"),
        (objects_to_pdf(CATALOG, *DEEP, b"<</Type/Page>>"), "nicht prüfen"),
        (objects_to_pdf(b"<</X " + b"[" * 5000 + b"]" * 5000 + b">>"), "beschädigt"),
        (
            b"%%PDF-1.7\n1 0 obj\n<</Type/XRef/Size 9/W[1 1 1]/Root 2 0 R/Filter/FlateDecode/Length "
            b"%d>>\nstream\n%s\nendstream\nendobj\nstartxref\n9\n%%%%EOF\n" % (len(BOMB), BOMB),
            "Die PDF-Datei ist",
        ),
    ],
    ids=["password", "cut", "noise", "no pages", "ring", "deep", "nested", "bomb"],
)  # fmt: skip
def test_what_nobody_could_open_is_refused(editor, content, says):
    response = upload(editor, content)
    assert response.status_code == 200
    assert says in response.content.decode()
    assert not PublicationFile.objects.exists()


def test_thousands_of_pages_are_judged_by_the_first(editor):
    page = b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]>>"
    kids = b" ".join(b"%d 0 R" % number for number in range(3, 3003))
    upload(editor, objects_to_pdf(CATALOG, b"<</Type/Pages/Kids[%s]/Count 3000>>" % kids, *[page] * 3000))
    assert "text" in PublicationFile.objects.get().failed_checks


def test_odd_entries_are_faults_and_no_error(editor):
    odd = b"<</Type/Catalog/Pages 2 0 R/MarkInfo 3/StructTreeRoot[]/Lang 5/Names(x)/ViewerPreferences true/Metadata 7>>"
    page = b"<</Type/Page/Resources 3/Contents[3 (x) 5]>>"
    assert upload(editor, objects_to_pdf(odd, b"<</Type/Pages/Kids[3 0 R 7 (x)]>>", page)).status_code == 302
    assert {"text", "tagged", "language", "title"} <= set(PublicationFile.objects.get().failed_checks)


def test_documents_from_before_are_checked_by_a_command(editor, capsys):
    file = factories.make_file(factories.make_publication(slug="bericht"), content=factories.pdf(without=("tagged",)))
    PublicationFile.objects.update(failed_checks=[], checked_on=None, uploaded_on=None, accessibility="tested")
    gone = factories.make_file(factories.make_publication(title_de="Ohne Datei"))
    PublicationFile.objects.filter(pk=gone.pk).update(checked_on=None)
    gone.file.storage.delete(gone.file.name)
    assert "barrierefrei, geprüft" in shown(editor)
    call_command("check_documents")
    out = capsys.readouterr()
    assert "Getaggt: nein" in out.out
    assert "Ohne Datei (Deutsch): Die Datei fehlt." in out.err
    file.refresh_from_db()
    assert file.uploaded_on is not None
    assert "nicht barrierefrei" in shown(editor)
    call_command("check_documents")
    assert capsys.readouterr().out == ""
