"""From files to rows and back: XLSX and CSV as offices have them, whatever their name says they are."""

import csv
import io
import lzma
import re
import zipfile
import zlib
from collections.abc import Generator, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time
from typing import Any, BinaryIO

from django.core.exceptions import ValidationError

MAX_ROWS = 20_000
MAX_COLUMNS = 400
MAX_UNPACKED = 150 * 1024 * 1024  # an XLSX is a ZIP file: a small one may fill the server's memory
MAX_CELL = 32_767  # letters, as in Excel

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
DAMAGED = "Die Excel-Datei ist beschädigt und lässt sich nicht öffnen. Bitte in Excel öffnen und neu speichern."
SAVE_AS = "Bitte im Tabellenprogramm als „Excel-Arbeitsmappe (.xlsx)“ speichern."
# What zipfile lets through of an archive that is damaged, or packed in a way it does not know.
BAD_ZIP = (zipfile.BadZipFile, zlib.error, lzma.LZMAError, OSError, EOFError, RuntimeError, KeyError, ValueError)
NO_SHEET = f"Das ist keine Tabelle. Gebraucht wird eine Excel-Arbeitsmappe (.xlsx) oder eine CSV-Datei. {SAVE_AS}"


@dataclass
class Row:
    number: int  # as the spreadsheet shows it
    cells: list[Any]


@dataclass
class Table:
    """One sheet: what stands in its rows, empty ones left out."""

    name: str
    rows: list[Row] = field(default_factory=list)


# Reading ------------------------------------------------------------------------------------------


Reading = Generator[str, None, list[Table]]  # now and then how far it is, at last the tables


def read(file: BinaryIO) -> Reading:
    file.seek(0)
    head = file.read(8)
    file.seek(0)
    if head.startswith(b"PK\x03\x04"):
        return (yield from read_xlsx(file))
    elif head.startswith(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"):
        if "EncryptedPackage".encode("utf-16-le") in file.read():
            raise ValidationError("Die Datei ist mit einem Kennwort geschützt. Bitte ohne Kennwort speichern.")
        raise ValidationError(f"Das ist das alte Excel-Format (.xls). {SAVE_AS}")
    return (yield from read_csv(file.read()))


def look(file: BinaryIO) -> None:
    """Is it worth opening? What is wrong with a file as a whole is said at once."""
    file.seek(0)
    if file.read(4) == b"PK\x03\x04":
        check_zip(file)
    else:
        next(read(file), None)


def check_zip(file: BinaryIO) -> bool:
    """Refuses what is no XLSX or too large; are there formulas in it?"""
    file.seek(0)
    try:
        with zipfile.ZipFile(file) as archive:
            members = archive.infolist()
            names = {member.filename for member in members}
            if "xl/workbook.xml" not in names:
                if "mimetype" in names and b"opendocument.spreadsheet" in archive.read("mimetype")[:100]:
                    raise ValidationError(f"Das ist eine LibreOffice-Tabelle (.ods). {SAVE_AS}")
                if "xl/workbook.bin" in names:
                    raise ValidationError(f"Das ist das Excel-Format .xlsb. {SAVE_AS}")
                raise ValidationError(NO_SHEET)
            if sum(member.file_size for member in members) > MAX_UNPACKED:
                raise ValidationError(
                    f"Die Tabelle ist ausgepackt zu groß (mehr als {MAX_UNPACKED // 1024**2} MB). Bitte leere Zeilen und "
                    "Spalten, Bilder und überflüssige Blätter löschen oder die Tabelle teilen."
                )
            formulas = False
            for member in members:
                if member.filename.endswith((".xml", ".rels")):
                    with archive.open(member) as part:
                        start = part.read(1024)
                        if b"<!DOCTYPE" in start:
                            raise ValidationError(DAMAGED)
                        if member.filename.startswith("xl/worksheets/") and not formulas:
                            formulas = has_formula(start, part)
    except BAD_ZIP:
        raise ValidationError(DAMAGED) from None
    return formulas


def has_formula(rest: bytes, part: BinaryIO) -> bool:
    while chunk := part.read(1024 * 1024):
        rest = rest[-3:] + chunk if len(rest) > 1024 else rest + chunk
        if b"<f>" in rest or b"<f " in rest or b"<f/" in rest:
            return True
    return b"<f>" in rest or b"<f " in rest


# The library for these files is loaded when somebody has one: it takes 6 MB of each process, and a while.


def read_xlsx(file: BinaryIO) -> Reading:
    from openpyxl import load_workbook

    formulas = check_zip(file)
    tables = []
    try:
        values = load_workbook(file, read_only=True, data_only=True)
        sheets = values.worksheets
        sources = load_workbook(file, read_only=True).worksheets if formulas else [None] * len(sheets)
        for sheet, source in zip(sheets, sources, strict=True):
            table = Table(sheet.title)
            yield from xlsx_rows(table, sheet, source)
            tables.append(table)
    except ValidationError:
        raise
    except Exception as error:
        # A file made by hand can break the library anywhere: in its XML, its styles, its numbers.
        raise ValidationError(DAMAGED) from error
    return tables


def xlsx_rows(table: Table, sheet, source) -> Iterator[str]:
    for one in filter(None, (sheet, source)):
        one.reset_dimensions()  # what the file says about its size may be wrong
    sources = source.iter_rows() if source else None
    for number, cells in enumerate(sheet.iter_rows(), start=1):
        written = next(sources, ()) if sources else ()
        row = [xlsx_value(cell) for cell in cells[:MAX_COLUMNS]]
        while row and row[-1] is None:
            row.pop()
        for column, cell in enumerate(written[:MAX_COLUMNS]):
            if cell.data_type == "f" and (column >= len(row) or row[column] is None):
                from openpyxl.utils import get_column_letter

                raise ValidationError(
                    f"In der Zelle {get_column_letter(column + 1)}{number} steht eine Formel ohne Ergebnis. Bitte die Tabelle "
                    "in Excel öffnen und speichern, oder die Formel durch ihren Wert ersetzen."
                )
        keep(table, number, row)
        if number % 1000 == 0:
            yield f"Zeile {dotted(number)} gelesen"


def dotted(number: int) -> str:
    return f"{number:,}".replace(",", ".")


class CellError(str):
    """ "#REF!" and the like."""


def xlsx_value(cell) -> Any:
    value = cell.value
    if cell.data_type == "e":
        return CellError(value)
    if isinstance(value, str):
        return clean(value)
    return value


def clean(text: str) -> str | None:
    """Without the letters that are none, and without what protects spreadsheets from formulas."""
    text = printable(text.replace("_x000D_", "")).replace("\r\n", "\n").replace("\r", "\n")
    return unguarded(text.strip(" \n\xa0\u200b")) or None


def printable(text: str) -> str:
    """Without letters that no spreadsheet can hold."""
    return re.sub(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufeff\ufffe\uffff]", "", text)


def keep(table: Table, number: int, row: list[Any]) -> None:
    if number > MAX_ROWS * 5:
        raise ValidationError(
            f"Das Blatt „{table.name}“ reicht bis über Zeile {MAX_ROWS * 5} hinaus. "
            "Bitte die leeren Zeilen am Ende markieren und löschen."
        )
    if all(value is None or value == "" for value in row):
        return
    if len(table.rows) > MAX_ROWS:
        raise ValidationError(f"Mehr als {dotted(MAX_ROWS)} Zeilen gehen nicht auf einmal. Bitte teilen.")
    table.rows.append(Row(number, row))


def read_csv(content: bytes) -> Reading:
    text = decoded(content)
    lines = text.splitlines()
    first = next((line for line in lines if line.strip()), "")
    if found := re.fullmatch(r"sep=(.)", first.strip()):
        separator = found[1]
    else:
        separator = max(";,\t", key=lambda letter: len(re.sub(r'"[^"]*"', "", first).split(letter)))
    table = Table("CSV")
    number = 0
    try:
        for number, cells in enumerate(csv.reader(io.StringIO(text), delimiter=separator, strict=True), start=1):
            if number == 1 and found:
                continue
            row = [clean(cell) for cell in cells[:MAX_COLUMNS]]
            while row and row[-1] is None:
                row.pop()
            keep(table, number, row)
            if number % 1000 == 0:
                yield f"Zeile {dotted(number)} gelesen"
    except csv.Error:
        raise ValidationError(
            f"Ab Zeile {number + 1} ist die CSV-Datei nicht zu lesen: Ein Anführungszeichen fehlt oder ist zu viel. "
            f"Sicherer ist eine Excel-Arbeitsmappe. {SAVE_AS}"
        ) from None
    return [table]


def decoded(content: bytes) -> str:
    if not content.strip():
        raise ValidationError("Die Datei ist leer.")
    for mark, encoding in ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16")):
        if content.startswith(mark):
            candidates = [encoding]
            break
    else:
        candidates = ["utf-8", "cp1252"]
    for encoding in candidates:
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if not re.search(r"[\x00-\x08\x0e-\x1f]", text) and not text.lstrip().lower().startswith(
            ("<!doctype", "<html", "%pdf")
        ):
            return text
        raise ValidationError(NO_SHEET)
    raise ValidationError(
        "Die Buchstaben der CSV-Datei sind nicht zu erkennen. Bitte in Excel als „CSV UTF-8“ speichern. "
        f"Sicherer ist eine Excel-Arbeitsmappe. {SAVE_AS}"
    )


# Formulas -----------------------------------------------------------------------------------------

FORMULA = re.compile(r"'*[=+\-@\t\r\n＝＋－＠]")


def guarded(text: str) -> str:
    """No spreadsheet takes it for a formula; reading takes the apostrophe off again."""
    return f"'{text}" if FORMULA.match(text) else text


def unguarded(text: str) -> str:
    return text[1:] if text.startswith("'") and FORMULA.match(text, 1) else text


# Writing ------------------------------------------------------------------------------------------


def write_csv(headers: Iterable[str], rows: Iterable[Iterable[str]]) -> bytes:
    """As German Excel opens it: semicolons, and a mark that says UTF-8."""
    file = io.StringIO()
    writer = csv.writer(file, delimiter=";", lineterminator="\r\n")
    writer.writerow(headers)
    writer.writerows([guarded(text) for text in row] for row in rows)
    return b"\xef\xbb\xbf" + file.getvalue().encode()


def write_xlsx(
    title: str, headers: list[str], rows: Iterable[Iterable[str]], explanations: list[list[str]] = ()
) -> bytes:
    """Every cell is text: a telephone number keeps its zero."""
    from openpyxl import Workbook

    workbook = Workbook()
    sheet = workbook.active
    fill(sheet, title, headers, rows, [max(14, min(40, len(header) + 4)) for header in headers])
    if explanations:
        fill(workbook.create_sheet(), "Erklärung", explanations[0], explanations[1:], [30, 12, 70, 60])
    file = io.BytesIO()
    workbook.save(file)
    return file.getvalue()


def fill(sheet, title: str, headers: list[str], rows: Iterable[Iterable[str]], widths: list[int]) -> None:
    from openpyxl.styles import Alignment, Font, PatternFill
    from openpyxl.utils import get_column_letter

    sheet.title = title
    sheet.freeze_panes = "A2"
    sheet.append(headers)
    for number, width in enumerate(widths, start=1):
        letter = get_column_letter(number)
        sheet.column_dimensions[letter].width = width
        sheet.column_dimensions[letter].number_format = "@"  # what staff add below is text too
        cell = sheet.cell(1, number)
        cell.font, cell.fill = Font(bold=True), PatternFill("solid", fgColor="DDE6EE")
    for number, row in enumerate(rows, start=2):
        for column, text in enumerate(row, start=1):
            if text:
                cell = sheet.cell(number, column)
                cell.value = guarded(printable(text))[:MAX_CELL]
                cell.number_format = "@"
                if title == "Erklärung":
                    cell.alignment = Alignment(wrap_text=True, vertical="top")


def text_of(value: Any) -> str:
    """What a cell says, as text: numbers without what spreadsheets add to them."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "ja" if value else "nein"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, datetime | date):
        return f"{value:%d.%m.%Y}"
    if isinstance(value, time):
        return f"{value.hour}:{value:%M}"
    return str(value)
