"""Texts to translators and back: nothing lands where it does not belong, and nothing is half written."""

import zipfile
from io import BytesIO

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from lxml import etree
from openpyxl import Workbook, load_workbook
from translate.storage.xliff import Xliff1File
from translate.storage.xliff2 import Xliff2File

from integration.offices.models import Office
from portal import spreadsheets
from portal.groups import TRANSLATORS
from portal.models import Page
from portal.translations import side_by_side
from portal.translations.models import Translation, Translator
from tests.conftest import form_data, log_in, staff
from tests.factories import make_office, make_page, make_task
from tests.test_translations import MATRIX, State, state
from tests.test_versions import versions

pytestmark = pytest.mark.django_db
EXPORT, IMPORT = f"{MATRIX}export/", f"{MATRIX}import/"
KINDS = ["1.2", "2.0", "xlsx"]
# What makes files break: signs of XML, of HTML and of formulas, lines, scripts.
TEXTS = {
    "title": ("Beraten & <helfen> „gut“", "مشورة & <مساعدة>"),
    "lead": ("=1+1\n- Zeile zwei", "=SUM(A1)\n- السطر"),
    "body": (
        '<h2>Wo</h2><p>Im <strong>Haus</strong> &amp; <a href="https://example.org/?a=1&amp;b=2" rel="noopener noreferrer">'
        "im Netz</a></p><ul><li>eins</li><li>zwei</li></ul>",
        '<h2>أين</h2><p>في <strong>البيت</strong> &amp; <a href="https://example.org/?a=1&amp;b=2" rel="noopener noreferrer">'
        "على الشبكة</a></p><ul><li>واحد</li><li>اثنان</li></ul>",
    ),
}


@pytest.fixture
def portal_page(site):
    return make_page(**{f"{name}_de": german for name, (german, _arabic) in TEXTS.items()})


def export(client, kind="1.2", language="ar", what="to_do", query=""):
    response = client.post(f"{EXPORT}{query}", {"language": language, "what": what, "format": kind})
    assert response.headers.get("Content-Disposition", "").startswith("attachment"), response.text
    return response.content


def upload(client, content, name="texte.xlf"):
    """What the page says about a file: either the form again or the result of looking."""
    return client.post(IMPORT, {"file": SimpleUploadedFile(name, content)}, follow=True)


def confirm(client, checked, **data):
    return client.post(checked.request["PATH_INFO"], {**form_data(checked.text), **data})


def fill(content, kind, translate):
    """What a translator's tool does, with the tool's own reader and writer."""
    if kind == "xlsx":
        workbook = load_workbook(BytesIO(content))
        sheet = workbook["Übersetzung"]
        for row in range(2, sheet.max_row + 1):
            german = sheet.cell(row, 5).value
            if (text := translate(german.removeprefix("'") if german.startswith("'=") else german)) is not None:
                sheet.cell(row, 6).value = text
                sheet.cell(row, 6).data_type = "s"
        file = BytesIO()
        workbook.save(file)
        return file.getvalue()
    store = (Xliff2File if kind == "2.0" else Xliff1File).parsestring(content)
    for unit in store.units:
        if (text := translate(str(unit.source))) is not None:
            unit.target = text
            unit.marktranslated()
    return bytes(store)


def arabic(german):
    return dict(TEXTS.values())[german]


@pytest.mark.parametrize("kind", KINDS)
def test_texts_come_back_byte_for_byte(editor, portal_page, kind):
    content = fill(export(editor, kind, query="?art=portal.page"), kind, arabic)
    checked = upload(editor, content)
    assert "3 Texte zu schreiben" in checked.text
    assert state(portal_page) == State.MISSING
    assert "3 Texte geschrieben" in confirm(editor, checked).text
    portal_page.refresh_from_db()
    assert {name: getattr(portal_page, f"{name}_ar") for name in TEXTS} == {
        name: text for name, (_de, text) in TEXTS.items()
    }
    assert {name: getattr(portal_page, f"{name}_de") for name in TEXTS} == {
        name: text for name, (text, _ar) in TEXTS.items()
    }
    assert state(portal_page) == State.CURRENT


@pytest.mark.parametrize("kind", KINDS)
def test_a_file_that_nobody_has_touched_changes_nothing(editor, portal_page, kind):
    portal_page.title_ar = "قديم"
    portal_page.save()
    portal_page.title_de = "Neu"
    portal_page.save()
    checked = upload(editor, export(editor, kind, what="all"))
    assert "nichts, was geschrieben werden könnte" in checked.text
    assert state(portal_page) == State.MISSING


@pytest.mark.parametrize("kind", KINDS)
def test_a_translation_that_is_still_right_is_confirmed_in_the_file(editor, site, kind):
    office = make_office(title_de="Amt", title_ar="مكتب", lead_de=None)
    office.title_de = "Ein Amt"
    office.save()
    content = export(editor, kind, query="?art=offices.office")
    if kind == "xlsx":
        workbook = load_workbook(BytesIO(content))
        workbook.active["G2"] = "x"
        file = BytesIO()
        workbook.save(file)
        content = file.getvalue()
    else:
        content = fill(content, kind, lambda german: "مكتب")
    checked = upload(editor, content)
    assert "stimmt noch" in checked.text
    confirm(editor, checked)
    assert state(office) == State.CURRENT


def test_only_what_is_to_be_done_is_exported_and_only_what_was_chosen(editor, site):
    done = make_office(title_de="Fertig", title_ar="جاهز", lead_de=None)
    office = make_office(title_de="Offen", lead_de=None)
    task = make_task(office, title_de="Auch offen", text_de=None)
    other = make_office(title_de="Anderes", lead_de=None)

    def texts(query, what="to_do"):
        store = Xliff1File.parsestring(export(editor, query=query, what=what))
        return [str(unit.source) for unit in store.units]

    assert texts("?art=offices.office") == ["Offen", "Auch offen", "Anderes"]
    assert texts(f"?wahl=offices.office:{other.pk}&wahl=x&wahl=y:z") == ["Anderes"]
    assert texts(f"?art=offices.office&nr={done.pk}", "all") == ["Fertig"]
    assert (
        "Hier fehlt nichts"
        in editor.post(
            f"{EXPORT}?art=offices.office&nr={done.pk}", {"language": "ar", "what": "to_do", "format": "1.2"}
        ).text
    )
    assert task


def test_a_translator_reads_where_a_text_stands_and_how_long_it_may_be(editor, portal_page):
    for kind, store in (("1.2", Xliff1File), ("2.0", Xliff2File)):
        unit = store.parsestring(export(editor, kind, query="?art=portal.page")).units[0]
        found = etree.tostring(unit.getunitelement() if kind == "2.0" else unit.xmlelement, encoding="unicode")
        assert "höchstens 200 Zeichen" in found and "Seite: Beraten" in found and "Zustand: fehlt" in found


def test_no_cell_is_taken_for_a_formula(editor, portal_page):
    sheet = load_workbook(BytesIO(export(editor, "xlsx", query="?art=portal.page"))).active
    assert all(cell.data_type == "s" for row in sheet.iter_rows() for cell in row if cell.value is not None)
    assert any(str(cell.value).startswith("'=") for row in sheet.iter_rows() for cell in row)


# What is refused ------------------------------------------------------------------------------------


def changed(content, **attributes):
    root = etree.fromstring(content)
    for unit in root.iter("{*}trans-unit"):
        for name, value in attributes.items():
            unit.set(name, value)
    return etree.tostring(root)


def test_a_text_that_has_changed_since_is_refused_with_the_difference(editor, portal_page):
    content = fill(export(editor, query="?art=portal.page"), "1.2", arabic)
    portal_page.title_de = "Beraten & <helfen> „besser“"
    portal_page.save()
    checked = upload(editor, content)
    assert "hat sich seit dem Export geändert" in checked.text
    assert "„besser“</ins>" in checked.text.replace('<span class="visually-hidden">, </span>', "")
    assert "2 Texte zu schreiben" in checked.text
    confirm(editor, checked)
    portal_page.refresh_from_db()
    assert (portal_page.title_ar, portal_page.lead_ar) == (None, TEXTS["lead"][1])


@pytest.mark.parametrize(
    ("translate", "says"),
    [
        (lambda german: "x" * 201, "höchstens 200 Zeichen"),
        (lambda german: "<p>ohne alles</p>", "Die HTML-Tags stimmen nicht"),
        (lambda german: arabic(german).replace("</strong>", ""), "es fehlt: &lt;/strong&gt;"),
        (
            lambda german: arabic(german).replace("<strong>", '<strong onclick="x()">'),
            "beschädigt oder hier nicht erlaubt",
        ),
        (
            lambda german: arabic(german).replace("https://example.org/", "javascript:x"),
            "beschädigt oder hier nicht erlaubt",
        ),
    ],
)
def test_a_text_that_cannot_be_is_refused_by_name(editor, portal_page, translate, says):
    only = TEXTS["title"][0] if "200" in says else TEXTS["body"][0]
    content = fill(
        export(editor, query="?art=portal.page"), "1.2", lambda german: translate(german) if german == only else None
    )
    checked = upload(editor, content)
    assert says in checked.text
    assert "nichts, was geschrieben werden könnte" in checked.text


def test_ids_that_are_not_ours_and_ids_twice_are_refused_by_name(editor, portal_page):
    content = fill(export(editor, query="?art=portal.page"), "1.2", arabic)
    assert "Kein einziger Text dieser Datei ist hier bekannt" in upload(editor, changed(content, id="42")).text
    assert (
        "Kein einziger Text dieser Datei"
        in upload(editor, changed(content, id=f"auth.user:1:password:{'0' * 32}")).text
    )
    one = Xliff1File.parsestring(content).units[0].xmlelement.get("id")
    checked = upload(editor, changed(content, id=one))
    assert "Steht zweimal in der Datei" in checked.text
    other = make_page(title_de="Andere")
    checked = upload(
        editor, content.replace(f"portal.page:{portal_page.pk}:".encode(), f"portal.page:{other.pk}:".encode())
    )
    assert "hat sich seit dem Export geändert" in checked.text


DOCTYPE = b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'
EXTERNAL = b'<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>'
XLIFF = b'<xliff version="1.2" xmlns="urn:oasis:names:tc:xliff:document:1.2"><file original="a" source-language="de" target-language="ar"><body/></file></xliff>'


def bomb():
    file = BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", b"<workbook/>")
        archive.writestr("xl/worksheets/sheet1.xml", b" " * 200_000)
    return file.getvalue()


def sheet(*rows):
    workbook = Workbook()
    for row in rows:
        workbook.active.append(row)
    file = BytesIO()
    workbook.save(file)
    return file.getvalue()


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "leer"),
        (b"   ", "keine XLIFF-Datei"),
        (b"Guten Tag", "keine XLIFF-Datei"),
        (b"%PDF-1.7", "keine XLIFF-Datei"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "keine XLIFF-Datei"),
        (b"<html></html>", "keine XLIFF-Datei"),
        (b'<?xml version="1.0" encoding="klingon"?><xliff/>', "keine XLIFF-Datei"),
        (XLIFF[:-9], "beschädigt (Zeile 1)"),
        (DOCTYPE + XLIFF, "DOCTYPE"),
        (EXTERNAL + XLIFF, "DOCTYPE"),
        ((DOCTYPE + XLIFF).decode().encode("utf-16"), "DOCTYPE"),
        (XLIFF.replace(b"1.2", b"1.0", 1), "XLIFF 1.0 geht hier nicht"),
        (XLIFF.replace(b' version="1.2"', b""), "ohne Versionsangabe"),
        (b"<xliff version='1.2'>" + b"<a>" * 1000 + b"</a>" * 1000 + b"</xliff>", "verschachtelt"),
        (XLIFF.replace(b'"de"', b'"en"'), "nicht die Ausgangssprache"),
        (XLIFF.replace(b' target-language="ar"', b""), "nicht, in welche Sprache"),
        (XLIFF.replace(b'"ar"', b'"xx"'), "gibt es hier nicht"),
        (XLIFF.replace(b'"ar"', b'"de"'), "gibt es hier nicht"),
        (XLIFF.replace(b"urn:oasis:names:tc:xliff:document:1.2", b"urn:x"), "keine XLIFF-Datei"),
        (XLIFF, "nichts, was geschrieben werden könnte"),
        (b"PK\x03\x04 kaputt", "beschädigt"),
        (bomb, "ausgepackt zu groß"),
        (sheet(["Name", "Ort"], ["a", "b"]), "fehlen die Spalten"),
        (sheet(["Kennung", "Übersetzung (xx)"], ["a", "b"]), "gibt es hier nicht"),
        (sheet(["Kennung", "Übersetzung (ar)"], ["a", "b"]), "Kein einziger Text"),
        (sheet(["Kennung", "Übersetzung (ar)"], [1, None]), "Kein einziger Text"),
    ],
)
def test_a_file_that_is_no_good_is_refused_in_words(editor, portal_page, monkeypatch, content, says):
    monkeypatch.setattr(spreadsheets, "MAX_UNPACKED", 100_000)
    response = upload(editor, content() if callable(content) else content)
    assert says in response.text
    assert response.status_code == 200
    assert not Page.objects.exclude(title_ar=None).exists()


def test_a_file_that_is_too_large_is_refused(editor, portal_page, settings):
    settings.MAX_UPLOAD_MB = 0
    assert "zu groß" in upload(editor, XLIFF).text


def test_what_was_looked_at_is_what_is_written(editor, portal_page):
    checked = upload(editor, fill(export(editor, query="?art=portal.page"), "1.2", arabic))
    portal_page.title_de = "Ganz anders"
    portal_page.save()
    response = confirm(editor, checked)
    assert "Seit der Prüfung hat sich etwas geändert" in response.text
    portal_page.refresh_from_db()
    assert (portal_page.title_ar, portal_page.lead_ar) == (None, None)
    assert "2 Texte geschrieben" in confirm(editor, response).text
    assert "nicht mehr da" in editor.get(checked.request["PATH_INFO"], follow=True).text


def test_all_is_written_or_nothing(editor, portal_page, monkeypatch):
    office = make_office(title_de="Zweites", lead_de=None)
    checked = upload(editor, fill(export(editor), "1.2", lambda german: dict(TEXTS.values()).get(german, "ثان")))

    def fails(self, *args, **kwargs):
        raise ValueError

    with monkeypatch.context() as patched:
        patched.setattr(Page, "save", fails)
        assert "Es wurde nichts geschrieben" in confirm(editor, checked).text
    office.refresh_from_db()
    assert office.title_ar is None
    assert state(office) == State.MISSING


def test_whoever_imports_says_whether_a_machine_has_translated(editor, portal_page):
    content = fill(export(editor, query="?art=portal.page"), "1.2", arabic)
    confirm(editor, upload(editor, content), machine="on")
    portal_page.refresh_from_db()
    assert portal_page.machine_translated == ["ar"]
    assert state(portal_page) == State.MACHINE
    # One text by a human leaves two by the machine; only all of them take the mark away.
    content = fill(
        export(editor, what="all", query="?art=portal.page"),
        "1.2",
        lambda german: "إنسان" if german == TEXTS["title"][0] else None,
    )
    confirm(editor, upload(editor, content))
    assert state(portal_page) == State.MACHINE
    content = fill(
        export(editor, what="all", query="?art=portal.page"), "1.2", lambda german: arabic(german).replace("ا", "أ")
    )
    confirm(editor, upload(editor, content))
    assert state(portal_page) == State.CURRENT


def test_an_import_writes_translations_and_nothing_else(editor, portal_page, monkeypatch):
    """Somebody may be saving the German text in this moment."""
    content = fill(export(editor, query="?art=portal.page"), "1.2", arabic)
    checked = upload(editor, content)
    save = side_by_side.save

    def later(*args, **options):
        Page.objects.update(title_de="Inzwischen anders")
        save(*args, **options)

    monkeypatch.setattr(side_by_side, "save", later)
    confirm(editor, checked)
    portal_page.refresh_from_db()
    assert portal_page.title_de == "Inzwischen anders"
    assert portal_page.title_ar == TEXTS["title"][1]
    assert versions(portal_page).first().comment == "Übersetzungen importiert (Arabisch)"


def test_many_translations_that_are_still_right_cost_no_more_questions_than_few(editor, site):
    def queries(number):
        Page.objects.all().delete()
        for _number in range(number):
            page = make_page(title_ar="صفحة", lead_de=None, body_de=None)
            page.title_de += "!"
            page.save()
        content = fill(export(editor, "xlsx", query="?art=portal.page"), "xlsx", lambda german: None)
        workbook = load_workbook(BytesIO(content))
        for row in range(2, number + 2):
            workbook["Übersetzung"].cell(row, 7).value = "x"
        file = BytesIO()
        workbook.save(file)
        checked = upload(editor, file.getvalue(), "texte.xlsx")
        with CaptureQueriesContext(connection) as found:
            confirm(editor, checked)
        assert not Translation.objects.filter(state=State.OUTDATED).exists()
        return len(found)

    assert queries(4) == queries(40)


def test_a_heading_that_only_contains_ours_is_not_taken_for_it(editor, portal_page):
    assert (
        "fehlen die Spalten" in upload(editor, sheet(["Kennung", "Neue Übersetzung (ar)"], ["x", "y"]), "a.xlsx").text
    )


def test_translators_exchange_their_own_languages_only(client, portal_page):
    user = staff("uebersetzung", TRANSLATORS)
    Translator.objects.create(user=user, languages=["ar"])
    log_in(client, user)
    content = export(client)
    assert client.post(EXPORT, {"language": "tr", "what": "all", "format": "1.2"}).status_code == 200
    english = content.replace(b'target-language="ar"', b'target-language="en"')
    assert "In diese Sprache dürfen Sie nicht übersetzen" in upload(client, english).text
    checked = upload(client, fill(content, "1.2", lambda german: dict(TEXTS.values()).get(german)))
    confirm(client, checked)
    assert state(portal_page) == State.CURRENT
    assert Translation.objects.filter(language="en", state=State.CURRENT).count() == 0


def test_who_may_not_write_may_not_exchange(coordinator, portal_page):
    assert coordinator.get(MATRIX).status_code == 200
    checked = upload(coordinator, XLIFF)
    assert checked.status_code == 200
    assert (
        coordinator.post(EXPORT, {"language": "ar", "what": "all", "format": "1.2"}).headers.get("Content-Disposition")
        is None
    )
    assert Office.objects.count() == 0


@pytest.mark.parametrize("kind", KINDS)
def test_signs_that_no_file_can_hold_are_left_out(editor, site, kind):
    """They come along when texts are pasted; the title and its note go out without them."""
    make_page(title_de="Sprach\x0bkurs\ufffe")
    content = export(editor, kind)
    if kind == "xlsx":
        sheet = load_workbook(BytesIO(content))["Übersetzung"]
        assert sheet.cell(2, 5).value == "Sprachkurs"
    else:
        assert "Sprachkurs" in "".join(etree.fromstring(content).itertext())
