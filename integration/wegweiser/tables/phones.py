"""Numbers as lists have them: "04952 12345 (AB)", "0491 454500 o. 0151 23125100", "Tel.: …, Fax: …"."""

import re
from typing import Any

import phonenumbers
from django.core.exceptions import ValidationError

from portal.phones import SHORT_NUMBERS, validate_phone
from portal.spreadsheets import text_of

from .rows import Entry
from .sheet import in_line

LABELS = {"Fax": r"(?:tele)?fax", "Mobil": r"mobil(?:telefon)?|mob|handy", "Telefon": r"telefon|tel\.?|fon"}
LABEL = re.compile(r"(?:{})\b[.:\s]*".format("|".join(f"(?P<{name}>{words})" for name, words in LABELS.items())), re.I)
NOTE = re.compile(r"\([^()]*[^\W\d_][^()]*\)")  # "(AB)", but not "(0491)"
BETWEEN = re.compile(
    r"[;,\n&|]|\b(?:und|oder|bzw)\b\.?|\b(?:u|o|od)\.|/(?=\s*[-+])|\s/\s*(?=0)|(?=\b(?:tele)?fax\b|\bmobil|\bhandy\b)",
    re.I,
)
EXTENSION = re.compile(r"[-–\d][-–\d ]{0,5}")  # "-11": of the number before


def spread(cells: dict[str, Any], entry: Entry) -> None:
    """Of several numbers in a cell the first is read, and one of another kind in the column it belongs to.

    Only where each of them is a number without a doubt; whatever else stands there is refused as a whole.
    """
    for column in ("Telefon", "Mobil", "Fax"):
        value = cells.get(column)
        text = text_of(value)
        if not text or isinstance(value, int | float):
            continue
        found = numbers(NOTE.sub(" ", text), column)
        if not found or (len(found) == 1 and found[0] == (column, in_line(text))):
            continue
        if {kind for kind, _number in found} <= {"Mobil", ""}:
            found[0] = (column, found[0][1])  # nothing else: the first is what stands here
        read, left = {}, []
        for kind, number in found:
            if kind and kind not in read and (kind == column or not text_of(cells.get(kind))):
                read[kind] = number
            else:
                left.append(number)
        cells |= {column: ""} | read
        notes = [*NOTE.findall(text), *left]
        said = ", ".join(number if kind == column else f"{number} als {kind}" for kind, number in read.items())
        if notes or list(read) != [column]:
            unread = f"; nicht gelesen: {', '.join(notes)}" if notes else ""
            entry.hint(column, f"„{in_line(text)}“: gelesen wird {said}{unread}.")


def numbers(text: str, column: str) -> list[tuple[str, str]]:
    """Each with the column it belongs to, "" for extensions; nothing at all where one is not clear."""
    found: list[tuple[str, str]] = []
    for piece in filter(None, (in_line(part) for between in BETWEEN.split(text) for part in apart(between))):
        label = LABEL.match(piece)
        number = piece[label.end() :].strip() if label else piece
        if found and EXTENSION.fullmatch(number) and not number.startswith("0"):
            found.append(("", number))
            continue
        try:
            validate_phone(number)
        except ValidationError:
            return []
        if not re.match(r"\(?(?:0|\+)", number) and re.sub(r"\D", "", number) not in SHORT_NUMBERS:
            return []
        kind = label.lastgroup if label else "Mobil" if is_mobile(number) else "Telefon"
        found.append((kind if label or column == "Telefon" else column, number))
    return found


def apart(piece: str) -> list[str]:
    """The first slash may end an area code, any other parts two numbers."""
    parts = piece.split("/")
    if len(parts) > 1 and len(re.sub(r"^\s*(?:\+|00)\s*49|\D", "", parts[0])) <= 6:
        parts[:2] = ["/".join(parts[:2])]
    return parts


def is_mobile(number: str) -> bool:
    return phonenumbers.number_type(phonenumbers.parse(number, "DE")) == phonenumbers.PhoneNumberType.MOBILE
