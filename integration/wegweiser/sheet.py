"""The sheet: one row for each service at each of its places. What its cells say, and what its columns are.

Reading and writing opening hours and languages are pure functions, also for forms.
"""

import difflib
import re
import unicodedata
from collections.abc import Collection, Iterable, Iterator
from datetime import date, time
from functools import lru_cache
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from import_export.fields import Field
from import_export.widgets import Widget
from modeltranslation.utils import build_localized_fieldname

from integration.topics.models import Term
from portal import languages
from portal.phones import SHORT_NUMBERS

from . import spoken
from .models import Contact, Location, Municipality, Organization, Service, ServiceAtLocation
from .spreadsheets import CellError, text_of
from .weekdays import CODES


def folded(text: str) -> str:
    """Words as people compare them: no matter how they are written, spaced and punctuated."""
    text = unicodedata.normalize("NFKC", text).casefold()
    for letter, plain in (("ä", "ae"), ("ö", "oe"), ("ü", "ue"), ("ß", "ss")):
        text = text.replace(letter, plain)
    return " ".join(re.findall(r"\w+", text))


def in_line(text: str) -> str:
    return " ".join(text.split())


def parts(text: str, separators: str) -> Iterator[str]:
    """The text cut at its separators, but not inside of brackets."""
    depth, start = 0, 0
    for position, letter in enumerate(text):
        if letter in "()":
            depth = max(depth + (1 if letter == "(" else -1), 0)
        elif letter in separators and not depth:
            yield text[start:position]
            start = position + 1
    yield text[start:]


def bracketed(note: str) -> str:
    """A note as it stands behind a part."""
    note = in_line(note).replace("(", "[").replace(")", "]")
    return f" ({note})" if note else ""


def suggestion(word: str, known: Iterable[str]) -> str:
    close = difflib.get_close_matches(word, list(known), n=1, cutoff=0.7)
    return f" Meinen Sie „{close[0]}“?" if close else ""


# Opening hours --------------------------------------------------------------------------------------

SHORT = dict(zip(CODES, ("Mo", "Di", "Mi", "Do", "Fr", "Sa", "So"), strict=True))
EXAMPLE = "Mo–Fr 9:00–12:00; Do 14:00–18:00; 1. Mi im Monat 14:00–16:00; Di nach Vereinbarung"

DAYS = {
    "MO": ("mo", "montag", "montags", "mon", "monday"),
    "TU": ("di", "dienstag", "dienstags", "die", "tu", "tue", "tuesday"),
    "WE": ("mi", "mittwoch", "mittwochs", "mit", "we", "wed", "wednesday"),
    "TH": ("do", "donnerstag", "donnerstags", "don", "th", "thu", "thursday"),
    "FR": ("fr", "freitag", "freitags", "fre", "fri", "friday"),
    "SA": ("sa", "samstag", "samstags", "sam", "sonnabend", "sonnabends", "sat", "saturday"),
    "SU": ("so", "sonntag", "sonntags", "son", "su", "sun", "sunday"),
}
DAY_OF = {word: code for code, words in DAYS.items() for word in words}
ORDINALS = {
    **{f"{stem}{ending}": number
       for number, stem in ((1, "erste"), (2, "zweite"), (3, "dritte"), (4, "vierte"), (5, "fünfte"), (-1, "letzte"))
       for ending in ("r", "n", "")},
    **{f"{number}.": number for number in range(1, 6)},
}  # fmt: skip
# In this order: "n. V." before a full stop, dates before times.
PHRASES = (
    ("around", r"24/7|rund um die uhr|durchgehend"),
    ("appointment", r"(?:nur |auch )?(?:nach|mit|auf) (?:vorheriger |telefonischer |individueller )*"
                    r"(?:termin-?\s?(?:vereinbarung|absprache)|vereinbarung|absprache|termin|anmeldung|anfrage)"
                    r"|n\.\s?v\.|termine? nach (?:vereinbarung|absprache)"),
    ("holidays_off", r"ph off|(?:und )?(?:an )?feiertag(?:e|en|s) (?:geschlossen|zu)|außer (?:an )?feiertag(?:en|s)"),
    ("holidays", r"(?:auch |und )?an feiertagen|auch feiertags"),
    ("holiday", r"ph"),
    ("different", r"abweichend|ausnahmsweise|ausnahme"),
    ("closed", r"geschlossen|off|closed"),
    ("daily", r"täglich|jeden tag"),
    ("monthly", r"(?:im|des|jeden|eines jeden|eines) monats?"),
    ("date", r"\d{1,2}\.\s?\d{1,2}\.\s?(?:\d{4}|\d{2})(?!\d)|\d{4}-\d{2}-\d{2}"),
    ("yearless", r"\d{1,2}\.\d{1,2}\.(?!\d)"),
    ("ordinal", r"[1-5]\.(?=\s*(?:,|/|und|u\.|&|[1-5]\.|[a-z]{2}))"
                r"|(?:erste|zweite|dritte|vierte|fünfte|letzte)[rn]?"),
    ("time", r"\d{1,2}[:.]\d{2}(?!\d)|\d{1,2}(?![\d.:])"),
    ("from", r"gültig vom|gilt vom|vom|gültig ab|gilt ab|ab|seit"),
    ("dash", r"-|bis(?: zum| einschließlich)?"),
    ("and", r"sowie|und|oder|zusätzlich|,|/|&|\+"),
    ("nth_osm", r"\[[-\d,]+\]"),
    ("day", "|".join(sorted(DAY_OF, key=len, reverse=True))),
    ("filler", r"uhr|h|von|jede[nrs]?|am|:|\.|="),
)  # fmt: skip
LETTER = r"[^\W\d_]"
EDGE = rf"(?:(?<!{LETTER})|(?!{LETTER}))"  # no letters on both sides: a word is not part of a longer one
TOKEN = re.compile(
    "|".join(f"(?P<{name}>{EDGE}(?:{pattern}){EDGE})" for name, pattern in PHRASES)
    + rf"|(?P<space>\s+)|(?P<unknown>{LETTER}+|\S)"
)


def blank_line() -> dict:
    return {
        "days": "", "nth": None, "opens_at": None, "closes_at": None, "by_appointment": False, "on_holidays": False,
        "exception": False, "valid_from": None, "valid_to": None, "note_de": "",
    }  # fmt: skip


def hours_to_text(rows: Iterable) -> str:
    """Rows of OpeningHours, or dicts as `hours_from_text` returns them: "Mo–Fr 9:00–12:00; Do 14:00–18:00"."""
    return "; ".join(line_to_text(as_dict(row)) for row in rows)


def as_dict(row) -> dict:
    return row if isinstance(row, dict) else {name: getattr(row, name) for name in blank_line()}


def line_to_text(line: dict) -> str:
    every_day = not line["days"] or (len(line["days"].split(",")) == 7 and not line["nth"])
    days = "" if every_day else days_to_text(line["days"])
    if line["nth"]:
        days = f"{'letzter' if line['nth'] == -1 else str(line['nth']) + '.'} {days} im Monat"
    times = f"{clock(line['opens_at'])}–{clock(line['closes_at'], end=True)}" if line["opens_at"] is not None else ""
    period = period_to_text(line["valid_from"], line["valid_to"], line["exception"])
    if line["exception"]:
        words = [days, "geschlossen", period] if not times else ["abweichend", period, days, times]
    else:
        words = [days or ("täglich" if times else ""), times]
        words += ["nach Vereinbarung"] if line["by_appointment"] else []
        words += [period]
    words += ["auch an Feiertagen"] if line["on_holidays"] else []
    return " ".join(word for word in words if word) + bracketed(line["note_de"] or "")


def days_to_text(days: str) -> str:
    """Three in a row are a range: "Mo–Mi, Fr"."""
    runs: list[list[int]] = []
    for number in sorted(CODES.index(code) for code in days.split(",")):
        if runs and runs[-1][-1] == number - 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    words = []
    for run in runs:
        names = [SHORT[CODES[number]] for number in run]
        words += [f"{names[0]}–{names[-1]}"] if len(run) > 2 else names
    return ", ".join(words)


def clock(at: time, end: bool = False) -> str:
    return "24:00" if end and at == time(0) else f"{at.hour}:{at:%M}"


def period_to_text(first: date | None, last: date | None, exception: bool) -> str:
    if exception:
        return f"{first:%d.%m.%Y}" if first == last else f"{first:%d.%m.%Y}–{last:%d.%m.%Y}"
    if first and last:
        return f"vom {first:%d.%m.%Y} bis {last:%d.%m.%Y}"
    return f"ab {first:%d.%m.%Y}" if first else f"bis {last:%d.%m.%Y}" if last else ""


def hours_from_text(text: str) -> list[dict]:
    """Lines of a sign as staff write them, or as OpenStreetMap does. What is not understood is named."""
    lines = []
    for part in parts(text.replace("\n", ";").replace("|", ";"), ";"):
        for line in lines_of(in_line(part)):
            lines = without(lines, line["closed"]) if "closed" in line else [*lines, line]
    return lines


def without(lines: list[dict], closed: list[str]) -> list[dict]:
    """ "Mo–Fr 9–12; Mi geschlossen" is open on four days."""
    found = []
    for line in lines:
        if not line["exception"] and not (line["by_appointment"] and not line["days"]):
            days = [code for code in line["days"].split(",") if code] or list(CODES)
            left = [code for code in days if code not in closed]
            if not left:
                continue
            line = line if left == days else {**line, "days": ",".join(left)}
        found.append(line)
    return found


class NotUnderstood(ValidationError):
    def __init__(self, part: str, why: str = ""):
        super().__init__(f"„{part}“ ist nicht zu verstehen. {why or f'Richtig ist zum Beispiel „{EXAMPLE}“.'}")


def lines_of(part: str) -> list[dict]:
    lines = []
    for words, note in re.findall(r"([^()]*)(?:\(([^()]*)\))?", part):
        if re.fullmatch(dict(PHRASES)["appointment"], in_line(note).casefold()):
            words, note = f"{words} {note}", ""
        label, colon, rest = words.partition(":")
        if colon and TOKEN.match(label.casefold().strip()).lastgroup == "unknown" and not any(map(str.isdigit, label)):
            words, note = rest, " – ".join(filter(None, (label.strip(" ,"), note)))  # "Offene Sprechstunde: Mo 9–12"
        lines += lines_of_words(words, part, in_line(note))
    return lines


def lines_of_words(words: str, part: str, note: str) -> list[dict]:
    groups = [Group()]
    for kind, word in tokens(words, part):
        if groups[-1].is_over_at(kind):
            groups.append(Group())
        groups[-1].add(kind, word, part)
    return [line for group in groups if note or not group.is_empty() for line in group.lines(part, note)]


def tokens(words: str, part: str) -> Iterator[tuple[str, str]]:
    text = re.sub(r"\s*[-‐‑‒–—−]\s*", "-", words.casefold())
    for found in TOKEN.finditer(text):
        kind = found.lastgroup
        if kind == "unknown":
            raise NotUnderstood(part, f"Was heißt „{found[0]}“? Richtig ist zum Beispiel „{EXAMPLE}“.")
        if kind == "yearless":
            raise NotUnderstood(part, "Bei einem Datum muss das Jahr stehen, zum Beispiel „24.12.2026“.")
        if kind not in {"space", "filler"}:
            yield kind, found[0]


class Group:
    """Days with their times: "Mo, Di 9–12 und 14–16"; the next day begins another."""

    def __init__(self):
        self.days: list[str] = []
        self.nth: list[int] = []
        self.times: list[time] = []
        self.dates: list[date] = []
        self.said: set[str] = set()  # appointment, holidays, closed …
        self.dash = ""  # what a dash before the next word stands behind
        self.open_to: date | None = None
        self.appointment_too = False
        self.last = ""

    def is_empty(self) -> bool:
        return not (self.days or self.nth or self.times or self.dates or self.said)

    def is_over_at(self, kind: str) -> bool:
        done = self.times or "appointment" in self.said or ("closed" in self.said and self.days)
        return bool(done) and kind in {"day", "daily", "ordinal", "around"} and self.last != "different"

    def add(self, kind: str, word: str, part: str) -> None:
        if kind == "day":
            self.add_day(DAY_OF[word])
        elif kind == "ordinal":
            self.nth.append(ORDINALS[word])
        elif kind == "nth_osm":
            self.nth += [int(number) for number in re.findall(r"-?\d+", word)]
        elif kind == "time":
            self.times.append(clock_time(word, part))
        elif kind == "date":
            if self.last == "dash" and not self.dates:
                self.said.add("until")
            self.dates.append(day(word, part))
        elif kind == "holiday":
            self.said.add("holidays")
        elif kind == "appointment":
            if self.last == "and" and self.times:
                self.appointment_too = True
            else:
                self.said.add(kind)
        elif kind not in {"dash", "and"}:
            self.said.add(kind)
        if kind == "dash":
            self.dash = self.last
        self.last = kind

    def add_day(self, code: str) -> None:
        if self.last == "dash" and self.dash == "day":
            number = CODES.index(self.days[-1])
            while CODES[number] != code:
                number = (number + 1) % 7
                if CODES[number] not in self.days:
                    self.days.append(CODES[number])
        elif code not in self.days:
            self.days.append(code)

    def lines(self, part: str, note: str) -> list[dict]:
        said = self.said
        if "around" in said:
            self.times, said = [time(0), time(0)], said | {"daily", "holidays"}
        if len(self.times) % 2:
            raise NotUnderstood(part, "Zu jeder Uhrzeit gehört eine zweite: von wann bis wann?")
        exception = "different" in said or ("closed" in said and bool(self.dates))
        exception = exception or (bool(self.dates) and not said & {"from", "until"})
        if said == {"holidays_off"} and not self.times:
            return []  # goes without saying
        if "closed" in said and not exception and not self.times and self.days:
            return [{"closed": self.days}]
        first, last = self.period(part, exception)
        if any(number not in {1, 2, 3, 4, 5, -1} for number in self.nth) or (self.nth and not self.days):
            raise NotUnderstood(
                part, "Welcher Wochentag im Monat? Richtig ist zum Beispiel „1. Mi im Monat 14:00–16:00“."
            )
        if "monthly" in said and not self.nth:
            raise NotUnderstood(part, "Der wievielte im Monat? Richtig ist zum Beispiel „1. Mi im Monat 14:00–16:00“.")
        if exception and (self.nth or "appointment" in said):
            raise NotUnderstood(part, "Eine Ausnahme hat ein Datum und Uhrzeiten, sonst nichts.")
        if not self.times and "appointment" not in said and not (exception and "closed" in said):
            raise NotUnderstood(part, "Es fehlen die Uhrzeiten, zum Beispiel „Mo–Fr 9:00–12:00“.")
        if "closed" in said and self.times:
            raise NotUnderstood(part, "Geschlossen oder geöffnet?")
        if self.times and not self.days and not self.dates and "daily" not in said:
            raise NotUnderstood(
                part, "An welchen Tagen? Richtig ist zum Beispiel „Mo–Fr 9:00–12:00“ oder „täglich 9:00–12:00“."
            )
        days = "" if len(self.days) == 7 and not self.nth else ",".join(code for code in CODES if code in self.days)
        line = blank_line() | {
            "days": days, "valid_from": first, "valid_to": last, "exception": exception, "note_de": note,
            "by_appointment": "appointment" in said, "on_holidays": "holidays" in said,
        }  # fmt: skip
        times = list(zip(self.times[::2], self.times[1::2], strict=True)) or [(None, None)]
        found = [
            {**line, "nth": nth, "opens_at": opens, "closes_at": closes}
            for nth in self.nth or [None]
            for opens, closes in times
        ]
        if self.appointment_too:
            found.append(blank_line() | {"by_appointment": True})
        return found

    def period(self, part: str, exception: bool) -> tuple[date | None, date | None]:
        if len(self.dates) > 2 or (exception and not self.dates):
            raise NotUnderstood(part, "Gebraucht wird ein Datum, oder zwei: „geschlossen 24.12.2026–02.01.2027“.")
        if not self.dates:
            return None, None
        first, last = self.dates[0], self.dates[-1]
        if len(self.dates) == 1 and not exception:
            return (None, last) if "until" in self.said else (first, None)
        if last < first:
            raise NotUnderstood(part, "Das Ende liegt vor dem Anfang.")
        return first, last


def clock_time(word: str, part: str) -> time:
    hour, _dot, minute = word.replace(".", ":").partition(":")
    if (int(hour), int(minute or 0)) == (24, 0):
        return time(0)
    try:
        return time(int(hour), int(minute or 0))
    except ValueError:
        raise NotUnderstood(part, f"„{word}“ ist keine Uhrzeit.") from None


def day(word: str, part: str = "") -> date:
    """ "24.12.2026", "24.12.26" or "2026-12-24"."""
    try:
        if "-" in word:
            return date.fromisoformat(word)
        number, month, year = (int(piece) for piece in word.replace(" ", "").split("."))
        return date(year + 2000 if year < 100 else year, month, number)
    except ValueError:
        raise NotUnderstood(part or word, f"„{word}“ ist kein Datum.") from None


# Languages ------------------------------------------------------------------------------------------

# What German lists call them besides the names in the portal. People who say "Kurdisch" mostly mean Kurmanji.
OTHER_NAMES = {
    "fa": ("Persisch", "Farsi", "Persisch (Farsi)", "Iranisch"), "prs": ("Afghanisch", "Dari-Persisch"), "ps": ("Paschto", "Pashto"),
    "kmr": ("Kurdisch", "Kurmandschi", "Kurmanci", "Kurmanji", "ku"), "ckb": ("Sorani", "Zentralkurdisch"),
    "gsg": ("Gebärdensprache", "DGS"), "zh": ("Mandarin",), "ti": ("Tigrinisch", "Tigrinya"), "rom": ("Romanes", "Romani"),
    "tl": ("Tagalog", "Filipino"), "ro": ("Moldauisch",), "sq": ("Kosovarisch",), "am": ("Amharisch",), "om": ("Oromo",),
}  # fmt: skip


@lru_cache(maxsize=1)
def language_codes() -> dict[str, str]:
    """Every name and code a language may be written as."""
    names = {code: (code, name, *OTHER_NAMES.get(code, ())) for code, name in spoken.names(languages.SOURCE).items()}
    return {folded(word): code for code, words in names.items() for word in words}


def languages_to_text(rows: Iterable) -> str:
    """Rows of SpokenLanguage, or dicts as `languages_from_text` returns them: "Arabisch, Türkisch (dienstags)"."""
    names = spoken.names(languages.SOURCE)
    found = [(row["code"], row["note_de"]) if isinstance(row, dict) else (row.code, row.note_de) for row in rows]
    return ", ".join(names.get(code, code) + bracketed(note or "") for code, note in found)


def languages_from_text(text: str) -> list[dict]:
    """German goes without saying and is left out."""
    known = language_codes()
    found: dict[str, dict] = {}
    for part in parts(re.sub(r"\s+(?:und|sowie|u\.)\s+", ",", text).replace("\n", ","), ",;/"):
        name, bracket, note = in_line(part).partition("(")
        code, note = known.get(folded(name)), note.removesuffix(")").strip() if bracket else ""
        if code is None and folded(f"{name} {note}") in known:  # "Kurdisch (Sorani)" is a name, not a note
            code, note = known[folded(f"{name} {note}")], ""
        elif code is not None and bracket:
            # "Kurdisch (Sorani) (freitags)": the first bracket belongs to the name
            longer, _bracket, rest = note.partition(")")
            if exact := known.get(folded(f"{name} {longer}")):
                code, note = exact, rest.strip(" ()")
        if code is None:
            if not name.strip() or folded(name) in {"deutsch", "de"}:
                continue
            german = spoken.names(languages.SOURCE).values()
            raise ValidationError(f"„{name.strip()}“ ist keine bekannte Sprache.{suggestion(name.strip(), german)}")
        if found.setdefault(code, {"code": code, "note_de": note})["note_de"] != note:
            raise ValidationError(f"„{name.strip()}“ steht zweimal da, mit verschiedenen Hinweisen.")
    return list(found.values())


# Cells ----------------------------------------------------------------------------------------------


class Cell(Widget):
    """Text, as one field of a model takes it."""

    explanation = ""
    can_be_empty = True

    def __init__(self, field: models.Field | None = None):
        super().__init__()
        self.field = field

    def clean(self, value, row=None, **kwargs):
        if isinstance(value, CellError):
            raise ValidationError(f"In der Zelle steht ein Fehler aus der Tabelle: {value}")
        return self.read(value, self.tidy(text_of(value)))

    def read(self, value: Any, text: str) -> Any:
        """From a cell as the file has it, and its text."""
        text = self.completed(text)
        if self.field is not None and text:
            limit = self.field.max_length
            if limit and len(text) > limit:
                raise ValidationError(f"Der Text ist mit {len(text)} Zeichen zu lang; es passen {limit}.")
            self.field.run_validators(text)
        return text

    def completed(self, text: str) -> str:
        return text

    def tidy(self, text: str) -> str:
        if isinstance(self.field, models.TextField):
            return "\n".join(line.strip() for line in text.splitlines()).strip()
        return in_line(text)

    def render(self, value, obj=None, **kwargs):
        text = re.sub(r"[\x00-\x08\x0b\x0c\x0e-\x1f]", "", str(value or ""))
        return self.tidy(text)


class Required(Cell):
    can_be_empty = False

    def read(self, value, text):
        if not text:
            raise ValidationError("Hier muss etwas stehen. (Verbundene Zellen bitte trennen und jede Zeile ausfüllen.)")
        return super().read(value, text)


class Phone(Cell):
    explanation = "Als Text, mit Vorwahl: 0491 926-0 oder +49 491 9260. Eine Nummer je Zelle."

    def read(self, value, text):
        text = re.sub(r"^(?:tel(?:efon)?|fon|mobil|handy|fax)\b[.:\s]*", "", text, flags=re.I)
        digits = re.sub(r"\D", "", text)
        as_number = isinstance(value, int | float) or re.fullmatch(r"\d(?:[.,]\d+)?[eE]\+?\d+", text)
        if as_number and text not in SHORT_NUMBERS:
            raise ValidationError(
                f"„{text}“ steht als Zahl in der Tabelle, dabei geht die Null am Anfang verloren. Bitte die Spalte als Text "
                "formatieren und die Nummer mit Vorwahl eintragen, zum Beispiel „0491 926-0“."
            )
        if digits and digits not in SHORT_NUMBERS and not re.match(r"\(?(?:0|\+)", text):
            raise ValidationError(f"Bei „{text}“ fehlt die Vorwahl mit der Null am Anfang, zum Beispiel „0491 926-0“.")
        return super().read(value, text)


class Web(Cell):
    explanation = "Eine Internetadresse, mit oder ohne https://"

    def completed(self, text):
        return f"https://{text}" if text and "://" not in text and re.match(r"[\w-]+(\.[\w-]+)+", text) else text


class Mail(Cell):
    explanation = "Eine E-Mail-Adresse je Zelle."

    def completed(self, text):
        return re.sub(r"^mailto:", "", text, flags=re.I)


class PostalCode(Cell):
    explanation = "Fünf Ziffern. Eine Null am Anfang, die Excel verschluckt hat, ergänzt das Portal."

    def completed(self, text):
        text = re.sub(r"^D[-\s]+", "", text)
        if text.isdigit() and len(text) == 4:
            text = f"0{text}"
        if text.isdigit() and len(text) != 5:
            raise ValidationError(f"„{text}“ ist keine Postleitzahl; sie hat fünf Ziffern.")
        return text


class Number(Cell):
    explanation = "Eine Zahl von Jahren."

    def read(self, value, text):
        if not text:
            return None
        found = re.fullmatch(r"(?:ab|bis|bis zu)?\s*(\d{1,3})\s*(?:jahren?|j\.?)?", text.lower())
        if not found or int(found[1]) > 120:
            raise ValidationError(f"„{text}“ ist keine Zahl von Jahren.")
        return int(found[1])

    def render(self, value, obj=None, **kwargs):
        return "" if value is None else str(value)


class Day(Cell):
    explanation = "Ein Datum: 31.12.2026"

    def read(self, value, text):
        if not text:
            return None
        if not re.fullmatch(r"\d{1,2}\.\s?\d{1,2}\.\s?\d{2,4}|\d{4}-\d{2}-\d{2}", text):
            raise ValidationError(f"„{text}“ ist kein Datum. Richtig ist zum Beispiel „31.12.2026“.")
        return day(text)

    def render(self, value, obj=None, **kwargs):
        return f"{value:%d.%m.%Y}" if value else ""


class Choice(Cell):
    """One of a few; empty leaves what is, or takes the usual."""

    def __init__(self, field, synonyms: dict[str, str] | None = None):
        super().__init__(field)
        self.can_be_empty = field.blank
        self.labels = {value: str(label) for value, label in field.flatchoices}
        self.known = {folded(word): value for value, label in self.labels.items() for word in (value, label)}
        self.known |= synonyms or {}
        usual = self.labels.get(field.default) if isinstance(field.default, str) else None
        self.explanation = f"Eines von: {', '.join(self.labels.values())}." + (f" Leer: {usual}." if usual else "")

    def read(self, value, text):
        if not text:
            return ""
        if folded(text) not in self.known:
            raise ValidationError(f"„{text}“ geht hier nicht. Möglich ist: {', '.join(self.labels.values())}.")
        return self.known[folded(text)]

    def render(self, value, obj=None, **kwargs):
        return self.labels.get(value, "")


class Named(Cell):
    """Rows of another table, by name: topics, municipalities."""

    def __init__(self, words: dict[str, int], names: dict[int, str], what: str, many=True, everything=()):
        super().__init__()
        self.words, self.names, self.what, self.many = words, names, what, many
        self.everything = {folded(word) for word in everything}
        some = ", ".join(list(names.values())[:60])
        self.explanation = ("Mehrere mit Komma getrennt. " if many else "") + (f"Möglich: {some}" if some else "")

    def read(self, value, text):
        if not text or folded(text) in self.everything:
            return ()
        if not self.many:
            return (self.find(text),)
        if folded(text) in self.words:  # a name may have a comma in it
            return (self.words[folded(text)],)
        return tuple(dict.fromkeys(self.find(part) for part in map(in_line, re.split(r"[;,\n]", text)) if part))

    def find(self, text: str) -> int:
        found = self.words.get(folded(text)) or self.words.get(place_name(text))
        if found is None:
            advice = (
                suggestion(text, self.names.values()) or f" Bekannt sind: {', '.join(list(self.names.values())[:12])}."
            )
            raise ValidationError(f"„{text}“ ist {self.what}.{advice if self.names else ''}")
        return found

    def render(self, value, obj=None, **kwargs):
        return ", ".join(sorted(self.names.get(pk, "?") for pk in value or ()))


class HoursCell(Cell):
    explanation = (
        f"Zum Beispiel: {EXAMPLE}; geschlossen 24.12.2026–02.01.2027; abweichend 30.12.2026 9:00–11:00. Hinweise in Klammern. "
        "Auch die Schreibweise von OpenStreetMap geht."
    )

    def tidy(self, text):
        return text.strip()

    def read(self, value, text):
        return short_notes(hours_from_text(text))

    def render(self, value, obj=None, **kwargs):
        return hours_to_text(value or [])


class LanguagesCell(Cell):
    explanation = "Außer Deutsch, mit Komma getrennt; Hinweise in Klammern: Arabisch, Türkisch (dienstags)"

    def read(self, value, text):
        return short_notes(languages_from_text(text))

    def render(self, value, obj=None, **kwargs):
        return languages_to_text(value or [])


def short_notes(rows: list[dict]) -> list[dict]:
    for row in rows:
        if len(row["note_de"]) > 200:
            raise ValidationError(f"Der Hinweis „{row['note_de'][:40]}…“ ist zu lang; es passen 200 Zeichen.")
    return rows


# Columns --------------------------------------------------------------------------------------------


class Column(Field):
    """A column: whose fact it tells (`target`), which (`name`), and how the cells say it."""

    def __init__(self, header, target, name, cell, help="", example="", synonyms=(), readonly=False, language=""):
        super().__init__(attribute=f"{target}.{name}", column_name=header, widget=cell, readonly=readonly)
        self.target, self.name, self.help, self.example, self.language = target, name, help, example, language
        self.spellings = {folded(word) for word in (header, *synonyms)}

    def get_value(self, entry):
        """What the directory says now; nothing of what is only about to be there."""
        owner = entry.owner(self.target)
        if owner is None or owner._state.adding:
            return None
        return self.value_of(owner, entry)

    def value_of(self, owner: models.Model, entry) -> Any:
        if self.name == "hours":
            return entry.hours()
        if self.name == "languages":
            return list(owner.languages.all())
        if self.name == "import_key":
            return owner.import_key or str(owner.uuid)
        if self.name == "organization":
            return owner.organization.title_de
        field = owner._meta.get_field(self.name)
        if field.many_to_many:
            return tuple(row.pk for row in getattr(owner, self.name).all())
        if field.many_to_one:
            return (getattr(owner, field.attname),) if getattr(owner, field.attname) else ()
        return getattr(owner, self.name)

    def save(self, entry, row, is_m2m=False, **kwargs):
        if not self.readonly:
            entry.said[self.attribute] = self.clean(row)

    def text(self, value: Any) -> str:
        return self.widget.render(value)


def place_name(text: str) -> str:
    """ "Stadt Leer (Ostfriesland)" is Leer."""
    return re.sub(r"^(?:stadt|gemeinde|samtgemeinde|flecken|inselgemeinde) ", "", folded(text.partition("(")[0]))


def terms(vocabulary: str, rows: Collection[Term], what: str, **options) -> Named:
    mine = [row for row in rows if row.vocabulary == vocabulary]
    words = {folded(word): row.pk for row in mine for word in (row.title_de, row.slug, row.slug.replace("-", " "))}
    return Named(words, {row.pk: row.title_de for row in mine}, what, **options)


def municipalities(rows: Collection[Municipality], **options) -> Named:
    words = {place_name(row.name): row.pk for row in rows}
    words |= {folded(word): row.pk for row in rows for word in (row.name, row.slug, row.ags) if word}
    return Named(words, {row.pk: row.name for row in rows}, "keine Gemeinde, die das Portal kennt", **options)


def columns(shown: Collection[str]) -> dict[str, Column]:
    """All columns by their attribute, with the translated ones in the languages shown."""
    known_terms, known_places = list(Term.objects.all()), list(Municipality.objects.all())
    found: dict[str, Column] = {}

    def add(header, target, name, cell, help="", example="", synonyms=(), **options):
        column = Column(header, target, name, cell, help, example, synonyms, **options)
        found[column.attribute] = column

    def plain(header, model, name, cell=Cell, **options):
        add(header, TARGETS[model], name, cell(model._meta.get_field(name)), **options)

    def translated(header, model, name, cell=Cell, synonyms=(), **options):
        for code in shown:
            german = code == languages.SOURCE
            field = model._meta.get_field(build_localized_fieldname(name, code))
            words = [header, *synonyms]
            spellings = [
                f"{word} ({written})" for word in words for written in (code, languages.BY_CODE[code].german_name)
            ]
            add(
                header if german else f"{header} ({code})",
                TARGETS[model],
                field.name,
                (cell if german else Cell)(field),
                **(options if german else {}),
                synonyms=[*spellings, *(words if german else ())],
                language="" if german else code,
            )

    plain(
        "Schlüssel", Service, "import_key",
        help="Daran erkennt das Portal das Angebot wieder, auch wenn es umbenannt wird oder umzieht. Zum Beispiel eine Nummer "
        "aus Ihrer Liste; bei jedem Angebot eine andere, bei mehreren Orten eines Angebots überall dieselbe.",
        example=EXAMPLE_KEY, synonyms=("Nr", "Nummer", "lfd. Nr.", "ID", "Key", "Kennung", "Kennnummer"),
    )  # fmt: skip
    translated(
        "Angebot", Service, "title", Required, help="Wie das Angebot heißt. Muss ausgefüllt sein.",
        example="Migrationsberatung für Erwachsene",
        synonyms=("Name des Angebots", "Angebotsname", "Bezeichnung", "Titel", "Titel des Angebots", "Leistung", "Dienst"),
    )  # fmt: skip
    translated("Anderer Name", Service, "alternate_name", help="Unter dem die Menschen es auch suchen.", example="MBE",
               synonyms=("Abkürzung", "Kurzname"))  # fmt: skip
    translated("Kurzbeschreibung", Service, "lead", help="Ein Satz, der in der Liste steht.",
               example="Beratung für Menschen, die neu in Deutschland sind.", synonyms=("in einem Satz", "Kurztext"))  # fmt: skip
    translated("Beschreibung", Service, "description", help="Der ganze Text; Absätze mit Alt+Eingabe.",
               synonyms=("Beschreibung des Angebots", "Angebotsbeschreibung", "Inhalt", "Inhalte"))  # fmt: skip
    add(
        "Organisation", "service", "organization", Required(Organization._meta.get_field("title_de")),
        help="Wer es anbietet. Muss ausgefüllt sein. Gibt es die Organisation noch nicht, legt das Portal sie an.",
        example="Beratungsstelle Musterstadt",
        synonyms=("Träger", "Anbieter", "Einrichtung", "Institution", "Name der Organisation", "Verein", "Angeboten von"),
    )  # fmt: skip
    for code in shown:
        if code != languages.SOURCE:
            field = Organization._meta.get_field(build_localized_fieldname("title", code))
            spellings = (f"Organisation {languages.BY_CODE[code].german_name}", f"Träger ({code})")
            add(f"Organisation ({code})", "organization", field.name, Cell(field), synonyms=spellings, language=code)
    add(
        "Art der Organisation", "organization", "kind",
        Choice(Organization._meta.get_field("kind"), KINDS), example="Wohlfahrtsverband",
        synonyms=("Art des Trägers", "Trägerart", "Organisationsart", "Art des Anbieters"),
    )  # fmt: skip
    translated("Beschreibung der Organisation", Organization, "description",
               help="Wer das ist, in ein, zwei Sätzen. Leer: bei einer neuen Organisation ihr Name.",
               synonyms=("Beschreibung des Trägers", "Über die Organisation"))  # fmt: skip
    plain(
        "Internet der Organisation",
        Organization,
        "website",
        Web,
        synonyms=("Internet des Trägers", "Website des Trägers"),
    )
    plain("E-Mail der Organisation", Organization, "email", Mail, synonyms=("E-Mail des Trägers",))

    add("Art des Ortes", "location", "kind", Choice(Location._meta.get_field("kind")), synonyms=("Ortsart",))
    translated("Ort (Name)", Location, "title", help="Wie das Haus heißt, zum Beispiel „Rathaus“.", example="Familienzentrum",
               synonyms=("Name des Ortes", "Gebäude", "Ortsname", "Veranstaltungsort", "Haus"))  # fmt: skip
    plain("Straße", Location, "street", help="Mit Hausnummer. Ohne Straße, PLZ und Stadt hat das Angebot keinen Ort.",
          example="Musterweg 1", synonyms=("Straße und Hausnummer", "Straße, Nr.", "Straße Hausnummer", "Str."))  # fmt: skip
    plain("Zusatz", Location, "addition", example="Hinterhaus", synonyms=("Adresszusatz", "Zusatz zur Adresse"))
    plain("PLZ", Location, "postal_code", PostalCode, example="12345", synonyms=("Postleitzahl",))
    plain("Stadt", Location, "city", help="Wie in der Anschrift.", example="Musterstadt",
          synonyms=("Ort", "Wohnort", "Stadt/Ort", "Ort/Stadt"))  # fmt: skip
    add(
        "Gemeinde", "location", "municipality", municipalities(known_places, many=False),
        help="Stadt oder Gemeinde des Landkreises: Name, Adresse im Portal oder Amtlicher Gemeindeschlüssel. "
        "Leer: dieselbe wie die Stadt.", synonyms=("Kommune", "Stadt oder Gemeinde", "AGS", "Gemeindeschlüssel"),
    )  # fmt: skip
    plain("Internet des Ortes", Location, "url", Web, help="Nur bei Orten im Internet.")
    translated("Weg", Location, "directions", help="Bus und Bahn, Eingang.", synonyms=("Anfahrt", "Wegbeschreibung"))
    add("Rollstuhl", "location", "wheelchair", Choice(Location._meta.get_field("wheelchair"), WHEELCHAIR), example="ja",
        synonyms=("rollstuhlgerecht", "barrierefrei", "mit dem Rollstuhl"))  # fmt: skip
    add(
        "Barrierefreiheit",
        "location",
        "accessibility",
        terms("accessibility", known_terms, "kein Begriff zur Barrierefreiheit"),
    )
    translated("Hinweis zur Barrierefreiheit", Location, "accessibility_note")
    translated("Wo genau", ServiceAtLocation, "description", help="In diesem Haus: Stockwerk, Zimmer.", example="2. Stock",
               synonyms=("Raum", "Zimmer", "Stockwerk"))  # fmt: skip

    plain("Telefon", Contact, "phone", Phone, example="030 23125-100",
          synonyms=("Tel.", "Tel", "Telefonnummer", "Fon", "Rufnummer", "Telefon-Nr."))  # fmt: skip
    plain("Mobil", Contact, "mobile", Phone, synonyms=("Handy", "Mobiltelefon", "Mobilnummer", "Handynummer"))
    plain("Fax", Contact, "fax", Phone, synonyms=("Telefax", "Faxnummer"))
    plain("E-Mail", Contact, "email", Mail, example="beratung@example.org",
          synonyms=("Mail", "Email", "E-Mail-Adresse", "Mailadresse", "Emailadresse"))  # fmt: skip
    plain("Ansprechperson", Contact, "person", help="Nur mit Einverständnis der Person.",
          synonyms=("Ansprechpartner", "Ansprechpartnerin", "Ansprechpartner/in", "Ansprechpartner*in", "Kontaktperson"))  # fmt: skip
    translated(
        "Kontakt wofür", Contact, "label", help="Zum Beispiel „Sekretariat“.", synonyms=("Funktion", "Zuständigkeit")
    )
    plain("Internet", Service, "url", Web, example="www.example.org",
          synonyms=("Website", "Webseite", "Homepage", "Internetseite", "Internetadresse", "URL", "Link", "WWW", "Web"))  # fmt: skip
    plain(
        "Termine online",
        Service,
        "booking_url",
        Web,
        synonyms=("Online-Termin", "Terminbuchung", "Termine online buchen"),
    )
    add("Öffnungszeiten", "service", "hours", HoursCell(), example="Mo–Fr 9:00–12:00; Do 14:00–18:00",
        synonyms=("Öffnungszeit", "Sprechzeiten", "Sprechzeit", "Zeiten", "Sprechstunde", "Sprechstunden", "opening_hours"))  # fmt: skip
    add("Sprachen", "service", "languages", LanguagesCell(), example="Arabisch, Türkisch (dienstags)",
        synonyms=("Sprache", "gesprochene Sprachen", "Beratungssprachen", "Fremdsprachen"))  # fmt: skip
    add("Themen", "service", "topics", terms("topic", known_terms, "kein Thema, das das Portal kennt"),
        synonyms=("Thema", "Kategorie", "Kategorien", "Rubrik", "Bereich", "Themenfeld"))  # fmt: skip
    add("Zielgruppen", "service", "audiences",
        terms("audience", known_terms, "keine Zielgruppe, die das Portal kennt", everything=("alle", "für alle")),
        help="Leer: für alle.", synonyms=("Zielgruppe", "für wen"))  # fmt: skip
    add("Programm", "service", "programme", terms("programme", known_terms, "kein Programm, das das Portal kennt", many=False),
        synonyms=("Förderprogramm",))  # fmt: skip
    add("für Gemeinden", "service", "areas",
        municipalities(known_places, everything=("alle", "landkreisweit", "kreisweit", "ganzer Landkreis", "gesamter Landkreis")),
        help="Nur wenn das Angebot nicht für den ganzen Landkreis da ist.", synonyms=("Einzugsgebiet", "Gebiet"))  # fmt: skip
    translated("Wer kann kommen", Service, "eligibility", synonyms=("Voraussetzungen", "Wer kommen kann", "Zugang"))
    plain("ab Alter", Service, "minimum_age", Number, synonyms=("Alter ab", "Mindestalter", "ab Jahren"))
    plain("bis Alter", Service, "maximum_age", Number, synonyms=("Alter bis", "Höchstalter", "bis Jahre"))
    translated("Kosten", Service, "fees", example="kostenlos", synonyms=("Gebühren", "Preis", "Kosten/Gebühren"))
    translated("Mitbringen", Service, "documents", help="Je Zeile eines.", synonyms=("Unterlagen", "Dokumente"))
    translated("Anmeldung", Service, "how_to_apply", synonyms=("Anmeldung und Termin", "Terminvereinbarung", "Termin"))
    translated("Dolmetschen", Service, "interpretation", synonyms=("Dolmetscher", "Sprachmittlung", "Dolmetschende"))
    translated("Aktueller Hinweis", Service, "alert", synonyms=("Hinweis", "Aktuelles"))
    plain("Hinweis zeigen bis", Service, "alert_until", Day)
    add("Betrieb", "service", "availability", Choice(Service._meta.get_field("availability")))
    add("Zustand", "service", "status", Choice(Service._meta.get_field("status")), synonyms=("Status",),
        help="Neue Angebote sind Entwürfe, wenn hier nichts anderes steht.")  # fmt: skip
    add("Zuletzt geprüft", "service", "verified_on", Day(), readonly=True,
        help="Nur zum Lesen: Ein Import prüft nichts und ändert das Datum nie.",
        synonyms=("geprüft am", "Stand", "verified_on"))  # fmt: skip
    return found


EXAMPLE_KEY = "Beispiel"

TARGETS = {
    Service: "service", Organization: "organization", Location: "location", ServiceAtLocation: "at", Contact: "contact"
}  # fmt: skip

KINDS = {
    "amt": "authority", "kommune": "authority", "verwaltung": "authority", "verband": "welfare", "wohlfahrt": "welfare",
    "verein": "association", "initiative": "association", "e v": "association", "ehrenamtliche initiative": "association",
    "migrantenorganisation": "migrant_organization", "migrantenselbstorganisation": "migrant_organization",
    "bildungstraeger": "course_provider", "sprachkurstraeger": "course_provider", "andere": "other", "sonstige": "other",
}  # fmt: skip
WHEELCHAIR = {
    "ja": "yes", "x": "yes", "barrierefrei": "yes", "voll": "yes", "nein": "no", "nicht": "no", "teilweise": "limited",
    "eingeschraenkt": "limited", "zum teil": "limited",
}  # fmt: skip
