"""Opening hours and languages as staff write them in a cell or a field: pure functions, both ways."""

import difflib
import re
import unicodedata
from collections.abc import Iterable, Iterator
from datetime import date, time
from functools import lru_cache

from django.core.exceptions import ValidationError

from portal import languages

from . import spoken
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
    ("and", r"sowie|und|u\.|oder|zusätzlich|,|/|&|\+"),
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


BY_APPOINTMENT = re.compile(dict(PHRASES)["appointment"], re.I)


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
    note = in_line(line["note_de"] or "")
    return " ".join(word for word in words if word) + bracketed(
        f"Hinweis: {note}" if BY_APPOINTMENT.fullmatch(note) else note
    )


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
        if BY_APPOINTMENT.fullmatch(in_line(note)):
            words, note = f"{words} {note}", ""
        label, colon, rest = words.partition(":")
        if colon and is_label(label):
            words, note = rest, " – ".join(filter(None, (label.strip(" ,"), note)))  # "Offene Sprechstunde: Mo 9–12"
        lines += lines_of_words(words, part, in_line(note))
    return lines


def is_label(words: str) -> bool:
    """Words before a colon that are no days: "Offene Sprechstunde: Mo 9–12"."""
    first = TOKEN.match(words.casefold().strip())
    return first is not None and first.lastgroup == "unknown" and not re.search(r"\d", words)


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
