"""The head of a sheet: which of its columns is which of ours, however it is called and wherever it stands."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import zip_longest
from typing import Any

from django.core.exceptions import ValidationError

from portal.spreadsheets import Row, Table, text_of

from .rows import Entry, Sheet
from .sheet import folded, in_line

FIRST = 15  # rows among which it is looked for

# Two things in one cell, as many lists have them.
TOGETHER = {
    "plz ort": ("PLZ", "Stadt"), "plz stadt": ("PLZ", "Stadt"), "postleitzahl ort": ("PLZ", "Stadt"),
    "plz und ort": ("PLZ", "Stadt"),
    "adresse": ("Straße", "PLZ", "Stadt"), "anschrift": ("Straße", "PLZ", "Stadt"),
    "postanschrift": ("Straße", "PLZ", "Stadt"),
}  # fmt: skip
NUMBERS = {"Telefon", "Mobil", "Fax"}  # a cell with several is taken apart
NAME = {"name", "bezeichnung"}  # below "Träger"


@dataclass
class Head:
    """Which column of the file is which of ours."""

    lines: list[Row]
    texts: list[str]
    names: dict[int, str] = field(default_factory=dict)  # by position
    warnings: list[str] = field(default_factory=list)

    def below(self, table: Table) -> list[Row]:
        return [row for row in table.rows if row.number > self.lines[-1].number]


def head(sheet: Sheet, tables: list[Table]) -> tuple[Head, Table]:
    """Of the first table that has one; else it is said what is missing."""
    found = [(first, table) for table in tables if (first := find_head(sheet, table))]
    if not found:
        raise no_head(sheet, tables)
    first, table = found[0]
    read_head(sheet, first)
    above = [row for row in table.rows if row.number < first.lines[0].number]
    if above:
        titles = ", ".join(f"„{text}“" for row in above for text in texts_of(row) if text)
        first.warnings.append(
            f"Die Überschriften der Spalten stehen in Zeile {first.lines[0].number}. Was darüber steht, wird nicht "
            f"gelesen: {titles}."
        )
    if len(first.lines) > 1:
        one, other = (row.number for row in first.lines)
        first.warnings.append(
            f"Die Überschriften stehen in zwei Zeilen, {one} und {other}, und werden zusammen gelesen."
        )
    if len(found) > 1:
        others = ", ".join(f"„{table.name}“" for _head, table in found[1:])
        first.warnings.append(
            f"Gelesen wird nur das Blatt „{table.name}“. Nicht gelesen: {others}. Bitte einzeln importieren."
        )
    return first, table


def find_head(sheet: Sheet, table: Table) -> Head | None:
    return next((found for found in candidates(sheet, table) if is_head(sheet, found.texts)), None)


def candidates(sheet: Sheet, table: Table) -> Iterable[Head]:
    """Each of the first rows; with the next one where both together say more than either of them."""
    rows = table.rows[:FIRST]
    for row, following in zip_longest(rows, rows[1:]):
        texts = texts_of(row)
        if following and following.number == row.number + 1:
            below = texts_of(following)
            both = two_lines(sheet, texts, below)
            if len(known(sheet, both)) > max(len(known(sheet, texts)), len(known(sheet, below))):
                yield Head([row, following], both)
                continue
        yield Head([row], texts)


def texts_of(row: Row) -> list[str]:
    return [in_line(text_of(cell)) for cell in row.cells]


def two_lines(sheet: Sheet, upper: list[str], lower: list[str]) -> list[str]:
    """ "Kontakt" above "Telefon" and "E-Mail" is one merged cell, written in the first of them only."""
    size = max(len(upper), len(lower))
    upper, lower = ([*texts, *[""] * (size - len(texts))] for texts in (upper, lower))
    found, group = [], ""
    for own, below in zip(upper, lower, strict=True):
        group = own or group
        if not below or (folded(below) in NAME and ours(sheet, group)):
            found.append(own if not below else group)
        else:
            words = (below, f"{group} {below}", own)
            found.append(next((text for text in words if ours(sheet, text)), below))
    return found


def exactly_ours(sheet: Sheet, text: str) -> tuple[str, ...]:
    if text.startswith("#"):
        return ()  # not to be read
    column = sheet.by_spelling.get(folded(text))
    return (column.column_name,) if column else TOGETHER.get(folded(text), ())


def ours(sheet: Sheet, text: str) -> tuple[str, ...]:
    """Our names for a heading. Of "Träger/Einrichtung" both are the same, "Telefon (mit Vorwahl)" is "Telefon"."""
    names = exactly_ours(sheet, text)
    if names or text.startswith("#"):
        return names
    if (plain := text.partition("(")[0].strip()) and plain != text:
        return ours(sheet, plain)
    parts = [sheet.by_spelling.get(folded(part)) for part in re.split(r"/|,|\bund\b|\bu\.|\boder\b|&|\+", text)]
    names = [part.column_name if part else "" for part in parts]
    if len(set(names)) == 1 and names[0]:
        return (names[0],)
    return ("Telefon",) if set(names) <= NUMBERS and "Telefon" in names else ()


def known(sheet: Sheet, texts: list[str]) -> set[str]:
    return {name for text in texts for name in ours(sheet, text)}


def is_head(sheet: Sheet, texts: list[str]) -> bool:
    names = known(sheet, texts)
    return "Schlüssel" in names or {"Angebot", "Organisation"} <= names or len(names) > 3


def no_head(sheet: Sheet, tables: list[Table]) -> ValidationError:
    """What is missing in the row that looks most like one."""
    found = [candidate for table in tables for candidate in candidates(sheet, table)]
    if not found:
        return ValidationError("Die Tabelle ist leer.")
    best = max(found, key=lambda candidate: len(known(sheet, candidate.texts)))
    if known(sheet, best.texts):
        try:
            read_head(sheet, best)
        except ValidationError as error:
            return error
    written = ", ".join(f"„{text}“" for text in found[0].texts if text)
    return ValidationError(
        f"Das Portal erkennt die Überschriften der Spalten nicht. In Zeile {found[0].lines[0].number} steht: "
        f"{written[:500]}. Gebraucht werden „Angebot“ und „Organisation“ (oder „Schlüssel“). Alle Spalten zeigt die Vorlage."
    )


def read_head(sheet: Sheet, found: Head) -> None:
    names = {position: ours(sheet, text) for position, text in enumerate(found.texts)}
    exact = {name for text in found.texts for name in exactly_ours(sheet, text)}
    given = [name for parts in names.values() if len(parts) < 3 for name in parts]
    unknown = []
    for position, text in enumerate(found.texts):
        parts = names[position]
        if not exactly_ours(sheet, text) and exact & set(parts):
            parts = ()  # "Angebot (xx)" beside "Angebot"
        if len(parts) == 3 and {"PLZ", "Stadt"} <= set(given):
            parts = parts[:1]  # the rest of the address has columns of its own
        for name in parts:
            if name in taken(found):
                raise ValidationError(
                    f"Die Spalte „{name}“ gibt es zweimal (auch als „{text}“). Bitte eine davon löschen."
                )
        if parts:
            found.names[position] = parts[0] if len(parts) == 1 else folded(text.partition("(")[0])
        elif text and not text.startswith("#"):
            unknown.append(text)
    unread = ", ".join(f"„{text}“" for text in unknown)
    names_found = taken(found)
    missing = [name for name in ("Angebot", "Organisation") if name not in names_found]
    if missing and "Schlüssel" not in names_found:
        words = " und ".join(f"„{name}“" for name in missing)
        raise ValidationError(
            f"Es fehlt die Spalte {words}."
            + (f" Diese Überschriften in Zeile {found.lines[-1].number} kennt das Portal nicht: {unread}. Ist eine davon "
               "gemeint, benennen Sie sie um." if unread else "")
            + " Alle Spalten zeigt die Vorlage."
        )  # fmt: skip
    if unread:
        found.warnings.append(f"Diese Spalten kennt das Portal nicht und liest sie nicht: {unread}.")
    if "Zuletzt geprüft" in names_found:
        found.warnings.append("„Zuletzt geprüft“ wird nicht gelesen: Ein Import prüft nichts und ändert das Datum nie.")


def taken(head: Head) -> set[str]:
    """The columns of ours that the file has, also as a part of one of its own."""
    return {name for known in head.names.values() for name in TOGETHER.get(known, (known,))}


def named_cells(head: Head, row: Row, entry: Entry) -> dict[str, Any]:
    """The cells of a row by our names; an address is taken apart."""
    cells = {}
    for position, name in head.names.items():
        value = row.cells[position] if position < len(row.cells) else None
        if name not in TOGETHER:
            cells[name] = value
            continue
        text = ", ".join(filter(None, map(in_line, text_of(value).splitlines())))
        parts = TOGETHER[name]
        found = re.fullmatch(r"(?:(.*?)[,;]?\s*)?\b(?:D[- ])?(\d{5})\s+([^\d,;]+)", text)
        if text and (not found or (found[1] and len(parts) == 2)):
            example = "12345 Musterstadt" if len(parts) == 2 else "Musterweg 1, 12345 Musterstadt"
            entry.refuse(name.title(), f"„{text}“ ist nicht zu verstehen. Richtig ist zum Beispiel „{example}“.")
        cells |= dict(zip(parts, found.groups("")[-len(parts) :] if found else ("",) * len(parts), strict=True))
    return cells
