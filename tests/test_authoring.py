"""The admin as an authoring tool: it helps staff to publish what everybody can read (EN 301 549, 11.8)."""

import re
import zlib
from itertools import pairwise

import pikepdf
import pytest
from django.contrib.messages import get_messages
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.db import IntegrityError, transaction

from integration.offices.models import Office
from integration.publications.models import PublicationFile
from portal.colours import contrast, grounds
from portal.models import Notice, Page, SiteProfile
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


# Pictures -------------------------------------------------------------------------------------------

PROFILE = "/admin/portal/siteprofile/1/change/"


def logo(width=40, height=20):
    return SimpleUploadedFile("logo.png", factories.png(width, height))


def test_a_logo_needs_words_or_is_decorative(editor):
    response = send(editor, PROFILE, logo=logo())
    html = response.content.decode()
    assert "braucht es in Worten" in html
    assert "Bitte die Datei noch einmal auswählen: logo.png" in html
    response = send(editor, PROFILE, logo=logo(), logo_alt_de="Wappen", logo_decorative="on")
    assert "Beides zugleich geht nicht" in response.content.decode()
    response = send(editor, PROFILE, logo=logo(), logo_alt_ar="شعار", logo_decorative="on")
    assert "Beides zugleich geht nicht" in response.content.decode()
    assert not SiteProfile.objects.get().logo

    assert send(editor, PROFILE, logo=logo(), logo_alt_de="Wappen").status_code == 302
    assert 'alt="Wappen"' in editor.get("/de/").content.decode()
    assert send(editor, PROFILE, logo_alt_de="", logo_decorative="on").status_code == 302
    assert 'alt=""' in editor.get("/de/").content.decode()


def test_the_database_too_knows_no_logo_without_words():
    with pytest.raises(IntegrityError, match="logo_in_words"), transaction.atomic():
        SiteProfile.objects.update(logo="logo.png")
    with pytest.raises(IntegrityError, match="words_or_decorative"), transaction.atomic():
        SiteProfile.objects.update(logo="logo.png", logo_alt_de="Wappen", logo_decorative=True)


@pytest.mark.parametrize(
    ("file", "says"),
    [
        (SimpleUploadedFile("logo.png", b"<svg/>"), "enthält aber etwas anderes"),
        (logo(10, 4000), "10 Bildpunkte breit und 4000 hoch"),
        (logo(4000, 10), "höchstens 8-mal so breit wie hoch"),
    ],
)
def test_a_logo_that_is_none_is_answered(editor, file, says):
    file.seek(0)
    assert says in send(editor, PROFILE, logo=file, logo_alt_de="Wappen").content.decode()


def test_a_diagram_needs_words_always(editor):
    office = factories.make_office()
    path = f"/admin/offices/office/{office.pk}/change/"
    diagram = {
        "diagrams-TOTAL_FORMS": 1,
        "diagrams-0-title_de": "Wer macht was",
        "diagrams-0-image": SimpleUploadedFile("bild.png", factories.png()),
        "diagrams-0-order": 0,
    }
    response = send(editor, path, **diagram)
    assert "alt_de" in str(response.context["inline_admin_formsets"][3].formset.errors)
    assert not office.diagrams.exists()
    with pytest.raises(IntegrityError, match="diagram_in_words"):
        factories.make_diagram(office, alt_de="")


# Colours --------------------------------------------------------------------------------------------


def test_a_weak_colour_is_answered_with_one_that_works(editor, settings):
    css = (settings.BASE_DIR / "static/css/portal.css").read_text()
    assert "layout-background-hued: #f6f4ef;" in css
    assert "var(--kern-color-action-default) 11%, var(--kern-color-layout-background-default)" in css
    html = send(editor, PROFILE, colour="#767676").content.decode()
    assert "hellen Grund von Kästen und Fuß (nur 4,13)" in html
    assert "als Knopf unter weißer Schrift (" not in html
    html = send(editor, PROFILE, colour="#ffdd00").content.decode()
    assert "als Knopf unter weißer Schrift (nur 1,3" in html
    better = re.search(r"der passt, ist „(#[0-9a-f]{6})“", html)[1]
    assert all(4.5 <= contrast(better, ground) < 5.8 for ground in grounds(better).values())
    assert send(editor, PROFILE, colour=better).status_code == 302


# Texts ----------------------------------------------------------------------------------------------


def levels(html):
    """The heading levels of a page's content, in order."""
    return [int(level) for level in re.findall(r"<h([1-6])\b", html.partition("<main")[2].partition("</main>")[0])]


def test_headings_never_skip_a_level_on_the_page(editor):
    text = "<h2>Groß</h2><p>A</p><h3>Klein</h3><p>B</p>"
    page = factories.make_page(slug="seite", body_de=text)
    page.sections.create(title_de="Abschnitt", body_de=text)
    page.sections.create(title_de="Von früher", body_de="<h3>Klein</h3><p>A</p><h3>Klein</h3>")
    office = factories.make_office(slug="stelle", body_de="<h3>Von früher</h3>")
    factories.make_diagram(office, description_de=text)
    SiteProfile.objects.update(introduction_de=text)
    assert levels(editor.get("/de/seite/").content.decode()) == [1, 2, 3, 2, 3, 4, 2, 3, 3]
    for path in ("/de/", "/de/seite/", "/de/stellen/stelle/"):
        found = levels(editor.get(path).content.decode())
        assert found[0] == 1
        assert all(after <= before + 1 for before, after in pairwise(found)), (path, found)


def test_a_text_that_begins_with_a_small_heading_is_explained(editor):
    response = send(
        editor, "/admin/portal/page/add/", title_de="A", body_ar="<p>A</p><h3>Die <strong>Kurse</strong></h3>"
    )
    assert "beginnt mit der kleinen Überschrift „Die Kurse“" in response.content.decode()


def test_empty_headings_and_links_are_left_out(editor):
    body = '<h3> <br></h3><h2>A</h2><h2><strong></strong>&nbsp;</h2><p>B<a href="/stellen/"> </a></p>'
    assert send(editor, "/admin/portal/page/add/", title_de="A", body_de=body).status_code == 302
    assert Page.objects.get().body_de == "<h2>A</h2><p>B</p>"


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("de", "hier"),
        ("de", "<strong>Klicken Sie hier!</strong>"),
        ("de", "Mehr …"),
        ("de", "https://www.example.org/seite"),
        ("de", "www.example.org"),
        ("de_simple", "Link"),
        ("en", "Click here"),
        ("en", "hier"),
        ("ar", "انقر هنا"),
        ("tr", "Buraya tıklayın"),
        ("fr", "En savoir plus"),
        ("kmr", "li vir"),
    ],
)
def test_links_that_say_nothing_are_pointed_out_and_saved(editor, language, text):
    body = f'<p><a href="/stellen/">{text}</a> <a href="/stellen/">Alle Stellen im Überblick</a></p>'
    response = send(editor, "/admin/portal/page/add/", title_de="A", **{f"body_{language}": body})
    assert response.status_code == 302
    said = told(response)
    assert f"„{re.sub('<[^>]+>', '', text)}“ (Seite, Text, " in said
    assert "Überblick" not in said


def test_links_that_speak_bring_no_message(editor):
    body = '<p><a href="/stellen/">Mehr zum Sprachkurs</a> <a href="tel:115">115</a></p>'
    assert "Linktexte" not in told(send(editor, "/admin/portal/page/add/", title_de="A", body_de=body))


def test_link_texts_in_fields_of_their_own_are_looked_at_too(editor):
    response = send(
        editor,
        "/admin/portal/notice/add/",
        text_de="Neu",
        link="/stellen/",
        link_text_de="hier",
        link_text_en="Offices",
    )
    assert "„hier“ (Hinweis auf allen Seiten, Text des Links, Deutsch)" in told(response)
    assert Notice.objects.get().link_text_de == "hier"
    office = factories.make_office()
    office.links.create(title_de="www.example.org", link="https://example.org/")
    path = f"/admin/offices/office/{office.pk}/change/"
    assert "„www.example.org“ (Link, Titel, Deutsch)" in told(send(editor, path))


def test_the_button_of_a_call_on_the_home_page_is_looked_at_too(editor):
    response = send(
        editor, "/admin/portal/homeblock/add/", kind="call", title_de="Mitmachen", link="/stellen/", link_text_de="mehr"
    )
    assert "„mehr“ (Teil der Startseite, Text auf dem Knopf, Deutsch)" in told(response)


def test_a_part_in_another_language_reaches_the_page(editor):
    body = '<p>مكتب <span lang="de" dir="rtl" class="x">Jobcenter (Amt 1-2)</span> <span lang="xx">A</span><span>B</span></p>'
    send(
        editor,
        "/admin/offices/office/add/",
        title_de="A",
        slug="a",
        status="published",
        body_de="<p>A</p>",
        body_ar=body,
    )
    part = '<span lang="de" dir="ltr">Jobcenter (Amt 1-2)</span>'
    assert Office.objects.get().body_ar == f"<p>مكتب {part} AB</p>"
    assert part in editor.get("/ar/stellen/a/").content.decode()


def test_nothing_else_slips_in_with_the_language(editor):
    factories.make_page(
        body_de='<p lang="en" title="x" dir="rtl">A <span lang="ar" style="color:red" id="b">B</span></p>'
    )
    assert Page.objects.get().body_de == '<p>A <span lang="ar" dir="rtl">B</span></p>'


def test_the_editor_speaks_german(editor):
    assert "In neuem Fenster" in editor.get("/admin/jsi18n/").content.decode()
