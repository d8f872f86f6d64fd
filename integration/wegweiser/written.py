"""Opening hours and languages as staff write them in a cell or a field: pure functions, both ways."""

import difflib
import re
import unicodedata
from collections.abc import Iterable, Iterator
from datetime import date, time
from functools import cache, lru_cache
from itertools import combinations, pairwise, takewhile
from typing import Any, NamedTuple

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


def parts(text: str, separator: str) -> Iterator[str]:
    """The text cut wherever the pattern is found, but not inside of brackets."""
    depth, start = 0, 0
    for found in re.finditer(rf"[()]|{separator}", text):
        if found[0] in "()":
            depth = max(depth + (1 if found[0] == "(" else -1), 0)
        elif not depth:
            yield text[start : found.start()]
            start = found.end()
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
MOST_LINES = 100
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
# In this order: "n. V." before a full stop, dates before times. Of folded letters: ss for ß.
PHRASES = (
    ("around", r"24/7|rund um die uhr"),
    ("once", r"(?:1\s?x|ein\s?mal)(?= im monat)"),
    ("appointment", r"(?:termine? )?(?:nur |auch )?(?:nach|n\.|mit|auf)\s?(?:(?:vorheriger|telefonischer|tel(?:ef)?\.|individueller|"
                    r"persönlicher) ?)*(?:termin-?\s?(?:vereinbarung|absprache)|vereinbarung|vereinb\.?|absprache|abspr\.?|termin|"
                    r"anmeldung|anfrage)|(?:termine? )?(?:nur |auch )?n\.\s?v\."),
    ("holidays_off", r"ph off|(?:und )?(?:an )?feiertag(?:e|en|s) (?:geschlossen|zu)|ausser (?:an )?feiertag(?:en?|s)"),
    ("holidays", r"(?:auch |und )?an feiertagen|auch feiertags"),
    ("holiday", r"ph"),
    ("different", r"abweichend|ausnahmsweise|ausnahme"),
    ("closed", r"geschlossen|geschl\.|off|closed"),
    ("except", r"ausser(?: am)?"),
    ("daily", r"täglich|tägl\.|tgl\.|jeden tag"),
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
    ("filler", r"uhr|h|durchgehend|durchg\.|von|jede[nrs]?|am|auch|(?:vor|nach)mittags(?= (?:von )?\d)|:|\.|="),
)  # fmt: skip
# What to type instead of words that say too little.
INSTEAD = (
    (r"vormittags?|nachmittags?|abends?|morgens?|mittags?",
     "Bitte Uhrzeiten schreiben, „Mo–Fr 9:00–12:00“, oder das Wort als Hinweis in Klammern: „nach Vereinbarung (vormittags)“."),
    (r"flexibel|variabel|wechselnd|verschieden|unterschiedlich|unregelm|individuell|absprache|vereinbarung",
     "Gemeint ist vielleicht „nach Vereinbarung“?"),
    (r"tägig|wöchentlich|alle (?:zwei|2|drei|3|vier|4) wochen",
     "Bitte den Tag mit einem Hinweis in Klammern schreiben, „Mi 14:00–16:00 (alle zwei Wochen)“, oder „1. Mi im Monat 14:00–16:00“."),
    (r"ferien", "Bitte als Hinweis in Klammern schreiben: „Mo 9:00–12:00 (nicht in den Ferien)“."),
    (r"werktag|werktäglich|wochentag", "Mit oder ohne Samstag? Bitte „Mo–Fr“ oder „Mo–Sa“ schreiben."),
    (r"wochenende", "Bitte „Sa, So“ schreiben."),
    (r"homepage|website|webseite|internet|aushang",
     "Bitte die Zeiten hierher schreiben oder die Zelle leeren; die Adresse gehört zu „Internet“."),
    (r"\bca\b|etwa|circa", "Bitte genaue Uhrzeiten schreiben, „Mo–Fr 9:00–12:00“."),
)  # fmt: skip
LETTER = r"[^\W\d_]"
EDGE = rf"(?:(?<!{LETTER})|(?!{LETTER}))"  # no letters on both sides: a word is not part of a longer one


@cache
def token() -> re.Pattern:
    """One word, number or sign. It takes long to put together, and readers have no use for it."""
    phrases = "|".join(f"(?P<{name}>{EDGE}(?:{pattern}){EDGE})" for name, pattern in PHRASES)
    return re.compile(rf"{phrases}|(?P<space>\s+)|(?P<unknown>{LETTER}+|\S)")


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


def hours_from_text(text: str, hints: list[str] | None = None) -> list[dict]:
    """Lines of a sign as staff write them, or as OpenStreetMap does. What is not understood is named."""
    lines, closed = [], set()
    for part in parts(text, r"[;|\n]"):
        for line in lines_of(in_line(part)):
            if "closed" in line:
                closed |= line["closed"]
            else:
                lines.append(line)
    if len(lines) > MOST_LINES:
        raise ValidationError(f"Das sind {len(lines)} Zeiten; mehr als {MOST_LINES} gehen nicht.")
    lines = [without(line, closed) for line in lines]
    for one, other in combinations(lines, 2):
        if overlap(one, other):
            raise ValidationError(
                f"„{line_to_text(one)}“ und „{line_to_text(other)}“ überschneiden sich. Was gilt? Jede Zeit bitte einmal."
            )
    if hints is not None and re.search(r"\baußer\b(?! (?:an )?feiertag)", re.sub(r"\([^()]*\)", "", text), re.I):
        hints.append(f"„{in_line(text)}“ heißt „{hours_to_text(lines)}“.")
    return lines


def without(line: dict, closed: set[str]) -> dict:
    """ "Mo–Fr 9–12; Mi geschlossen" is open on four days."""
    if line["exception"] or line["nth"] or (line["by_appointment"] and not line["days"]):
        return line
    days = days_of(line)
    if not days & closed:
        return line
    if days <= closed:
        raise NotUnderstood(line_to_text(line), "Geschlossen oder geöffnet?")
    return {**line, "days": in_order(days - closed)}


def overlap(one: dict, other: dict) -> bool:
    """Twice open at once, for the same. Whoever writes so means that one replaces the other, and does not say which."""
    if any(line["exception"] or line["opens_at"] is None for line in (one, other)):
        return False
    if one["by_appointment"] != other["by_appointment"] or one["note_de"] != other["note_de"]:
        return False
    if one["nth"] and other["nth"] and one["nth"] != other["nth"]:
        return False
    if not days_of(one) & days_of(other):
        return False
    first, last = (max(line["valid_from"] or date.min for line in (one, other)),
                   min(line["valid_to"] or date.max for line in (one, other)))  # fmt: skip
    (start, end), (begin, finish) = minutes(one), minutes(other)
    return first <= last and start < finish and begin < end


def minutes(line: dict) -> tuple[int, int]:
    start, end = (at.hour * 60 + at.minute for at in (line["opens_at"], line["closes_at"]))
    return start, end if end > start else end + 24 * 60


def days_of(line: dict) -> set[str]:
    return set(line["days"].split(",")) if line["days"] else set(CODES)


def in_order(days: Iterable[str]) -> str:
    return ",".join(code for code in CODES if code in days)


class NotUnderstood(ValidationError):
    def __init__(self, part: str, why: str = ""):
        super().__init__(f"„{part}“ ist nicht zu verstehen. {why or f'Richtig ist zum Beispiel „{EXAMPLE}“.'}")


def lines_of(part: str) -> list[dict]:
    """The lines of one part, or {"closed": days} for days that are to be taken out of all others."""
    groups: list[Group] = []
    for words, note in re.findall(r"([^()]*)(?:\(([^()]*)\))?", part):
        if BY_APPOINTMENT.fullmatch(in_line(note)):
            words, note = f"{words} {note}", ""
        label, colon, rest = words.partition(":")
        if colon and is_label(label):
            words, note = rest, " – ".join(filter(None, (label.strip(" ,"), note)))  # "Offene Sprechstunde: Mo 9–12"
        groups += groups_of(words, part, in_line(note))
    if len(groups) > 1 and any(group.dates for group in groups):
        raise NotUnderstood(part, "Für welche Zeiten gilt das Datum? Bitte die anderen mit Semikolon davon trennen.")
    return [line for group in groups for line in group.lines(part)]


def is_label(words: str) -> bool:
    """Words before a colon that are no days: "Offene Sprechstunde: Mo 9–12"."""
    first = token().match(words.casefold().strip())
    return first is not None and first.lastgroup == "unknown" and not re.search(r"\d", words)


def groups_of(words: str, part: str, note: str) -> list["Group"]:
    groups = [Group(note)]
    for item in items(words, part):
        if groups[-1].is_over_at(item.kind):
            groups.append(Group(note))
        groups[-1].items.append(item)
        groups[-1].said.add(item.kind)
    return [group for group in groups if note or group.said - {"and"}]


class Item(NamedTuple):
    """A word with its meaning, or two that a dash joins: from Monday to Friday, from nine to twelve."""

    kind: str
    first: Any = None
    last: Any = None


def items(words: str, part: str) -> Iterator[Item]:
    found: Item | None = None
    dash = False
    for kind, word in tokens(words, part):
        if kind == "dash":
            dash = True
            continue
        value = VALUES[kind](word, part) if kind in VALUES else word
        if dash and kind in VALUES and found and found.kind == kind and found.last is None:
            found = Item(kind, found.first, value)
        else:
            if found:
                yield found
            found = Item("until" if dash and kind == "date" else kind, value)
        dash = False
    if found:
        yield found


def tokens(words: str, part: str) -> Iterator[tuple[str, str]]:
    text = re.sub(r"\s*[-‐‑‒–—−]\s*", "-", words.casefold())
    for found in token().finditer(text):
        kind = found.lastgroup
        if kind == "unknown":
            instead = next((advice for pattern, advice in INSTEAD if re.search(pattern, text)), "")
            raise NotUnderstood(part, instead or f"Was heißt „{found[0]}“? Richtig ist zum Beispiel „{EXAMPLE}“.")
        if kind == "yearless":
            raise NotUnderstood(part, "Bei einem Datum muss das Jahr stehen, zum Beispiel „24.12.2026“.")
        if kind not in {"space", "filler", "once"}:
            yield kind, found[0]


class Group:
    """Days with their times: "Mo, Di 9–12 und 14–16"; the next day begins another."""

    def __init__(self, note: str):
        self.note = note
        self.items: list[Item] = []
        self.said: set[str] = set()  # their kinds

    @property
    def dates(self) -> list[Item]:
        return [item for item in self.items if item.kind in {"date", "until"}]

    def is_over_at(self, kind: str) -> bool:
        """Whatever speaks of days begins anew, once it is said what is on the days before."""
        said = self.said
        if kind == "day" and self.ends_with_days_but():
            return False  # "Mo–Fr 9–12 außer Mi, Do"
        done = "time" in said or ("day" in said and ("appointment" in said or "closed" in said))
        done = done or ("appointment" in said and self.items[-1].kind == "and")
        return done and kind in {"day", "daily", "ordinal", "around", "holiday"}

    def lines(self, part: str) -> list[dict]:
        """First what is no line at all, then what does not fit together, then the lines: one for each of its times."""
        said, sequence = self.said - {"and"}, " ".join(item.kind for item in self.items if item.kind != "and")
        if said == {"holidays_off"}:
            return []  # goes without saying
        if said == {"closed", "day"}:
            return [{"closed": self.days()}]
        times = [(item.first, item.last) for item in self.items if item.kind == "time"]
        if any(closes is None for _opens, closes in times):
            raise NotUnderstood(
                part, "Zu jeder Uhrzeit gehört eine zweite: von wann bis wann? Zum Beispiel „Mo–Fr 8:00–16:00“."
            )
        if re.search(r"time (?!time).*time", sequence) or ("around" in said and times):
            raise NotUnderstood(part, "Was gilt für welche Zeiten? Bitte mit Semikolon trennen.")
        behind = re.search(r"time.* appointment", sequence)
        also = bool(behind) and any(
            one.kind == "and" and other.kind == "appointment" for one, other in pairwise(self.items)
        )  # "Mo–Fr 9–12 sowie nach Vereinbarung"
        if len(times) > 1 and behind and not also:
            raise NotUnderstood(part, "Welche Zeiten sind nach Vereinbarung? Bitte mit Semikolon trennen.")
        if "around" in said:
            times, said = [(time(0), time(0))], said | {"daily", "holidays"}
        days, nth = self.days_but(part) if "except" in said else self.days(), self.nth()
        if any(number not in {1, 2, 3, 4, 5, -1} for number in nth) or (nth and not days):
            raise NotUnderstood(
                part, "Welcher Wochentag im Monat? Richtig ist zum Beispiel „1. Mi im Monat 14:00–16:00“."
            )
        if re.search(r"\bday.* ordinal", sequence) or ("nth_osm" in said and len(days) > 1):
            raise NotUnderstood(part, "Welche Tage sind nur im Monat gemeint? Bitte mit Semikolon trennen.")
        if "monthly" in said and not nth:
            raise NotUnderstood(part, "Der wievielte im Monat? Richtig ist zum Beispiel „1. Mi im Monat 14:00–16:00“.")
        exception = bool(said & {"different"} or (self.dates and ("closed" in said or not said & {"from", "until"})))
        first, last = self.period(part, exception)
        if exception and (nth or "appointment" in said):
            raise NotUnderstood(part, "Eine Ausnahme hat ein Datum und Uhrzeiten, sonst nichts.")
        if "closed" in said and (times or not exception):
            raise NotUnderstood(
                part,
                "Geschlossen oder geöffnet? Richtig ist „Mi geschlossen“ oder „geschlossen 24.12.2026–02.01.2027“.",
            )
        if not times and not said & {"appointment", "closed"}:
            raise NotUnderstood(part, "Es fehlen die Uhrzeiten, zum Beispiel „Mo–Fr 9:00–12:00“.")
        if times and not days and not self.dates and "daily" not in said:
            raise NotUnderstood(
                part, "An welchen Tagen? Richtig ist zum Beispiel „Mo–Fr 9:00–12:00“ oder „täglich 9:00–12:00“."
            )
        line = blank_line() | {
            "days": "" if len(days) == 7 and not nth else in_order(days), "valid_from": first, "valid_to": last,
            "exception": exception, "by_appointment": "appointment" in said and not also,
            "on_holidays": bool(said & {"holidays", "holiday"}), "note_de": self.note,
        }  # fmt: skip
        found = [
            {**line, "nth": number, "opens_at": opens, "closes_at": closes}
            for number in nth or [None]
            for opens, closes in times or [(None, None)]
        ]
        return [*found, blank_line() | {"by_appointment": True}] if also else found

    def ends_with_days_but(self) -> bool:
        kinds = [item.kind for item in self.items if item.kind not in {"day", "and"}]
        return bool(kinds) and kinds[-1] == "except"

    def days_but(self, part: str) -> set[str]:
        """ "täglich außer Mi": what is left of the days before."""
        start = [item.kind for item in self.items].index("except")
        before, behind = self.items[:start], self.items[start + 1 :]
        named = days_in(before) or (set(CODES) if "daily" in self.said else set())
        left_out = list(takewhile(lambda item: item.kind in {"day", "and"}, behind))
        but, others = days_in(left_out), days_in(behind[len(left_out) :])
        if not but or not but < named or others or self.said & {"ordinal", "nth_osm", "appointment"}:
            raise NotUnderstood(part, "Welche Tage sind gemeint? Richtig ist zum Beispiel „Mo, Di, Do, Fr 9:00–12:00“.")
        return named - but

    def days(self) -> set[str]:
        return days_in(self.items)

    def nth(self) -> list[int]:
        found = [ORDINALS[item.first] for item in self.items if item.kind == "ordinal"]
        osm = [item.first for item in self.items if item.kind == "nth_osm"]
        return found + [int(number) for word in osm for number in re.findall(r"-?\d+", word)]

    def period(self, part: str, exception: bool) -> tuple[date | None, date | None]:
        dates = self.dates
        if len(dates) > 1 or (exception and not dates):
            raise NotUnderstood(part, "Gebraucht wird ein Datum, oder zwei: „geschlossen 24.12.2026–02.01.2027“.")
        if not dates:
            return None, None
        kind, first, last = dates[0]
        if last is None and exception and (kind == "until" or "from" in self.said):
            raise NotUnderstood(part, "Von wann bis wann? Richtig ist „geschlossen 24.12.2026–02.01.2027“.")
        if last is None:
            return (None, first) if kind == "until" else (first, first if exception else None)
        if last < first:
            raise NotUnderstood(part, "Das Ende liegt vor dem Anfang.")
        return first, last


def days_in(items: Iterable[Item]) -> set[str]:
    found = set()
    for item in items:
        if item.kind == "day":
            first, last = CODES.index(item.first), CODES.index(item.last or item.first)
            found |= {CODES[number % 7] for number in range(first, last + (1 if last >= first else 8))}
    return found


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


VALUES = {"day": lambda word, part: DAY_OF[word], "time": clock_time, "date": day}


# Languages ------------------------------------------------------------------------------------------

# What German lists call them besides the names in the portal. People who say "Kurdisch" mostly mean Kurmanji.
OTHER_NAMES = {
    "fa": ("Persisch", "Farsi", "Persisch (Farsi)", "Iranisch"), "prs": ("Afghanisch", "Dari-Persisch"), "ps": ("Paschto", "Pashto"),
    "kmr": ("Kurdisch", "Kurmandschi", "Kurmanci", "Kurmanji", "ku"), "ckb": ("Sorani", "Zentralkurdisch"),
    "gsg": ("Gebärdensprache", "DGS"), "zh": ("Mandarin",), "ti": ("Tigrinisch", "Tigrinya", "Tigrinja"), "rom": ("Romanes", "Romani"),
    "tl": ("Tagalog", "Filipino"), "ro": ("Moldauisch",), "sq": ("Kosovarisch",), "am": ("Amharisch",), "om": ("Oromo",),
}  # fmt: skip
# With or without a full stop; nothing that could mean two ("slow.").
SHORT_NAMES = {
    "uk": ("ukr", "ukrain"), "ru": ("russ",), "ar": ("arab",), "fa": ("pers",), "ps": ("pasch",), "tr": ("tuerk",),
    "kmr": ("kurd",), "ro": ("rum", "rumaen"), "pl": ("poln",), "fr": ("frz", "franz"), "en": ("engl",),
    "es": ("span",), "it": ("ital",), "pt": ("port", "portug"), "so": ("somal",), "ti": ("tigrin",), "am": ("amhar",),
    "sq": ("alb", "alban"), "sr": ("serb",), "bs": ("bosn",), "hr": ("kroat",), "mk": ("mazed",), "bg": ("bulg",),
    "hu": ("ung", "ungar"), "el": ("griech",), "cs": ("tschech",), "sk": ("slowak",), "lt": ("lit", "litau"),
    "lv": ("lett",), "vi": ("viet", "vietn", "vietnam"), "zh": ("chin", "chines"), "ka": ("georg",), "hy": ("armen",),
    "az": ("aserb", "aserbaid"), "kk": ("kasach",), "mn": ("mongol",), "nl": ("niederl", "ndl"),
}  # fmt: skip
GERMAN = {"deutsch", "de", "dt", "dtsch", "deu", "nur deutsch", "nur dt", "ausschliesslich deutsch"}
# What to type instead of words that say too little.
NO_LANGUAGE = (
    (r"^(?:div|diverse|viele|verschiedene|weitere|andere|alle|u a|mehrsprachig|mehrere)\b|dolmetsch|sprachmittl",
     "Bitte die Sprachen nennen oder die Zelle leeren; wird gedolmetscht, gehört es zu „Dolmetschen“."),
    (r"^\w\w?$", "Bitte ausschreiben."),
    (r"serbokroatisch", "Bitte „Serbisch“, „Kroatisch“ oder „Bosnisch“ schreiben."),
)  # fmt: skip


@lru_cache(maxsize=1)
def language_codes() -> dict[str, str]:
    """Every name and code a language may be written as."""
    names = {code: (code, name, *OTHER_NAMES.get(code, ())) for code, name in spoken.names(languages.SOURCE).items()}
    found = {word: code for code, words in SHORT_NAMES.items() for word in words}
    return found | {folded(word): code for code, words in names.items() for word in words}


def languages_to_text(rows: Iterable) -> str:
    """Rows of SpokenLanguage, or dicts as `languages_from_text` returns them: "Arabisch, Türkisch (dienstags)"."""
    names = spoken.names(languages.SOURCE)
    found = [(row["code"], row["note_de"]) if isinstance(row, dict) else (row.code, row.note_de) for row in rows]
    return ", ".join(names.get(code, code) + bracketed(note or "") for code, note in found)


def languages_from_text(text: str, hints: list[str] | None = None) -> list[dict]:
    """German goes without saying and is left out. Names that are not the portal's own are said in the hints."""
    hints = [] if hints is None else hints
    known, german = language_codes(), spoken.names(languages.SOURCE)
    found: dict[str, dict] = {}
    unknown = []
    for part in parts(text, r"[,;/\n+&]|(?<=\s)(?:und|sowie|u\.)\s"):
        name, bracket, note = in_line(part).partition("(")
        name, note = name.strip(), note.removesuffix(")").strip() if bracket else ""
        code = known.get(folded(name))
        if code and bracket:
            # "Kurdisch (Sorani)" is a name, not a note; of "Kurdisch (Sorani) (freitags)" the first bracket is
            longer, _bracket, rest = note.partition(")")
            family = german[code].partition(" (")[0]
            if exact := known.get(folded(f"{name} {longer}")) or known.get(folded(f"{family} {longer}")):
                code, name, note = exact, f"{name} ({longer})", rest.strip(" ()")
        elif bracket and folded(f"{name} {note}") in known:
            code, note = known[folded(f"{name} {note}")], ""
        if folded(name) in GERMAN:
            hints.append("Deutsch wird nicht eigens genannt: Die Spalte sagt, was man außer Deutsch spricht.")
        elif code is None:
            unknown += [in_line(part)] if folded(name) else []
        else:
            if folded(name) not in {code, folded(german[code]), folded(german[code]).split()[-1]}:
                hints.append(meaning(name, german[code]))
            if found.setdefault(code, {"code": code, "note_de": note})["note_de"] != note:
                raise ValidationError(f"„{name}“ steht zweimal da, mit verschiedenen Hinweisen.")
    if unknown:
        raise ValidationError([no_language(name) for name in unknown])
    return list(found.values())


def meaning(name: str, german: str) -> str:
    other = " Ist Sorani gemeint, bitte „Kurdisch (Sorani)“ schreiben." if folded(name) in {"kurdisch", "kurd"} else ""
    return f"„{name}“ heißt {german}.{other}"


def no_language(name: str) -> str:
    advice = next((advice for pattern, advice in NO_LANGUAGE if re.search(pattern, folded(name))), "")
    close = "" if advice else suggestion(name, spoken.names(languages.SOURCE).values())
    return f"„{name}“ ist keine bekannte Sprache.{close or (advice and f' {advice}')}"
