"""The directory on paper: an accessible PDF (PDF/UA-1) of the services somebody has chosen, in the reader's language.

What stands in it is gathered here, as data; `booklet.typ` says what it looks like and `typesetter.py` makes the PDF.
"""

import json
import re
import subprocess
import sys
from collections.abc import Callable, Iterable
from datetime import date, time
from functools import lru_cache
from io import BytesIO
from pathlib import Path
from subprocess import PIPE
from urllib.parse import quote, urljoin

from django.utils import timezone, translation
from django.utils.formats import date_format, time_format
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from integration.topics.models import Term
from portal import languages
from portal.models import SiteProfile
from portal.phones import tel_link
from portal.templatetags.portal import GERMAN, LEFT_TO_RIGHT, SENTENCE_END, comma, text_and_language

from .. import hours, places, spoken
from ..emergency import EMERGENCY
from ..models import Contact, DirectorySettings, OpeningHours, Service
from ..weekdays import CODES, WEEKDAYS

TYPESETTER = Path(__file__).with_name("typesetter.py")
TEMPLATE = Path(__file__).with_name("booklet.typ")
SECONDS = 20
COLOUR = "#00538a"  # as in static/css/portal.css

# A text in parts, each with its language and perhaps the address it leads to. The language "" is the reader's, "ltr" the
# reader's too, but from left to right.
Text = list[tuple[str, ...]]


class NotMade(Exception):
    """Typesetting took too long or failed."""


def booklet(ids: list[int], words: str, address: str, language: str) -> bytes:
    """These services in this order, by topic. `words` say what was chosen, `address` leads to the list of the same."""
    with translation.override(language):
        return typeset(lambda: content(ids, words, address), TEMPLATE)


def typeset(content: Callable[[], dict], template: Path) -> bytes:
    """A PDF of any template that takes its words as data. They are gathered while the typesetter gets ready."""
    command = [sys.executable, "-I", str(TYPESETTER), str(template)]
    with subprocess.Popen(command, stdin=PIPE, stdout=PIPE, stderr=PIPE, env={}) as process:
        try:
            pdf, errors = process.communicate(json.dumps(content()).encode(), timeout=SECONDS)
        except subprocess.TimeoutExpired:
            raise NotMade(f"not ready after {SECONDS} seconds") from None
        finally:
            process.kill()
    if process.returncode:
        raise NotMade(errors.decode(errors="replace")[-2000:])
    return pdf


def content(ids: list[int], words: str, address: str) -> dict:
    site, today = SiteProfile.current(), timezone.localdate()
    chosen = chapters(ids, today, address)
    return {
        "lang": (get_language() or languages.SOURCE).partition("-")[0],
        "simple": get_language() == "de-simple",
        "rtl": languages.direction(get_language()) == "rtl",
        "colour": site.colour or COLOUR,
        "date": [today.year, today.month, today.day],
        "document": f"{_('Wegweiser')} – {site.title}",
        "title": _("Wegweiser"),
        "portal": say(site, "title"),
        "county": say(site, "name"),
        "words": own(words),
        "as_of": own(f"{_('Stand')}: {date_format(today)}"),
        "address": address,
        "online": _("Diese Seite im Internet, immer aktuell"),
        "qr": qr_code(address),
        "qr_in_words": _("QR-Code: %(address)s") % {"address": address},
        "emergency": [[number, tel_link(number), str(name)] for number, name in EMERGENCY],
        "phone": telephone(site.phone),
        "notes": language_notes(chosen),
        "labels": {"contents": _("Inhalt"), "emergency": _("Im Notfall"), "phone": _("Telefon")},
        "chapters": chosen,
    }


def qr_code(address: str) -> str:
    import segno

    try:
        code = segno.make(address, error="m", micro=False)
    except segno.DataOverflowError:
        return ""  # too long for a drawing; it stands there in letters
    drawing = BytesIO()
    code.save(drawing, kind="svg", border=0, xmldecl=False, scale=4)
    return drawing.getvalue().decode()


# Texts --------------------------------------------------------------------------------------------------


def tidy(text: str) -> str:
    return "\n".join(" ".join(line.split()) for line in text.splitlines()).strip()


def own(text: str) -> Text:
    """In the reader's language: German terms in another script are marked, numbers keep their order."""
    language = get_language()
    text = tidy(text)
    if languages.is_latin(language):
        return [(text, "")] if text else []
    pattern = LEFT_TO_RIGHT if languages.BY_CODE[language].rtl else GERMAN
    parts, end = [], 0
    for found in re.finditer(pattern, text):
        parts += [(text[end : found.start()], ""), (found[0], languages.SOURCE if found["german"] else "ltr")]
        end = found.end()
    return [part for part in [*parts, (text[end:], "")] if part[0]]


def german(text: str) -> Text:
    """Names and addresses, which are German in every language."""
    return [(part, languages.SOURCE) for part in [tidy(text)] if part]


def say(row, field: str) -> Text:
    """In the reader's language, or else in German."""
    text, language = text_and_language(row, field)
    return own(text) if language == get_language() else [(part, language) for part in [tidy(text)] if part]


def paragraphs(row, field: str, between: str = r"\n{2,}") -> list[Text]:
    """A longer text, a paragraph per empty line; in Leichte Sprache each sentence on a line of its own."""
    text, language = text_and_language(row, field)
    own_text = language == get_language()
    if own_text and language == "de-simple":
        text = SENTENCE_END.sub("\n", text)
    parts = re.split(between, tidy(text))
    return [own(part) if own_text else [(part, language)] for part in parts if part]


def joined(texts: Iterable[Text], sign: str | None = None) -> Text:
    """Several on one line."""
    found: Text = []
    for text in texts:
        if text:
            found += [(sign or f"{comma()} ", ""), *text] if found else text
    return found


def language_notes(chosen: list[dict]) -> list[str]:
    """The same notices as on a page where German or a machine stands in."""
    services = [service for chapter in chosen for service in chapter["services"]]
    notes = []
    if not all(service["translated"] for service in services):
        notes.append(
            _(
                "Ein Teil dieser Seite ist noch nicht übersetzt. Sie lesen ihn auf Deutsch. Rufen Sie uns an, wenn Sie "
                "Hilfe brauchen."
            )
        )
    if any(service["by_machine"] for service in services):
        notes.append(_("Diesen Text hat ein Computer übersetzt. Es kann Fehler geben. Es gilt der deutsche Text."))
    return notes


# Services -----------------------------------------------------------------------------------------------


def chapters(ids: list[int], today: date, address: str) -> list[dict]:
    """By topic, in the order of the topics; a service with several stands under its first."""
    rows = Service.objects.published().filter(pk__in=ids).select_related("organization", "programme")
    services = {row.pk: row for row in rows.prefetch_related(*places.AS_LISTS)}
    topics = {topic.pk: topic for topic in Term.objects.filter(vocabulary=Term.Vocabulary.TOPIC)}
    rules = DirectorySettings.current()
    found: dict[int | None, list[dict]] = {pk: [] for pk in [*topics, None]}
    for pk in ids:
        if service := services.get(pk):
            found[chapter_of(service, topics)].append(entry(service, today, rules, address))
    return [
        {"title": say(topics[pk], "title") if pk else own(_("Weitere Angebote")), "services": entries}
        for pk, entries in found.items()
        if entries
    ]


def chapter_of(service: Service, topics: dict[int, Term]) -> int | None:
    """The first topic, or what it belongs to: not a chapter for every small one."""
    topic = next((topic.pk for topic in places.rows(service, "topics")), None)
    while topic and topics[topic].parent_id in topics:
        topic = topics[topic].parent_id
    return topic


def entry(service: Service, today: date, rules: DirectorySettings, address: str) -> dict:
    found = places.places(service)
    shared = len(found) > 1 and all(place.contacts == found[0].contacts for place in found)
    notes = []
    if service.availability == Service.Availability.CLOSED:
        notes.append(own(_("Vorübergehend geschlossen")))
    if service.has_alert():
        notes.append(say(service, "alert"))
    if service.is_stale(rules):
        notes.append(own(_("Bitte rufen Sie vorher an.")))
    programme = say(service.programme, "title") if service.programme else []
    checked = own(f"{_('Geprüft am')} {date_format(service.verified_on)}") if service.verified_on else []
    data = {
        "title": say(service, "title"),
        "address": urljoin(address, service.get_absolute_url()),
        "by": joined([say(service.organization, "title"), programme, checked], " · "),
        "notes": notes,
        "paragraphs": [*paragraphs(service, "lead"), *paragraphs(service, "description")],
        "facts": [[own(label), texts] for label, texts in facts(service) if texts],
        "contacts": contacts(found[0].contacts) if shared else [],
        "places": [place_of(place, today, with_contacts=not shared) for place in found],
        "translated": get_language() in service.languages_available(),
        "by_machine": get_language() in service.machine_translated,
    }
    return {**data, "together": height(data) <= 30}


def height(data) -> int:
    """About so many lines: what is short is kept on one page."""
    if isinstance(data, dict):
        return sum(map(height, data.values()))
    if not isinstance(data, list):
        return 0
    if data and isinstance(data[0], tuple):
        return sum(1 + len(line) // 45 for line in "".join(part[0] for part in data).split("\n"))
    return sum(map(height, data))


def facts(service: Service) -> list[tuple[str, list[Text]]]:
    """What there is to know, as a label and its lines."""
    who = [joined(say(term, "title") for term in places.rows(service, "audiences")), own(ages(service))]
    return [
        (_("Für wen"), [line for line in who if line] + paragraphs(service, "eligibility")),
        (_("Nur für Menschen aus"), some(joined(german(town.name) for town in places.rows(service, "areas")))),
        (_("Kosten"), paragraphs(service, "fees")),
        (_("Mitbringen"), paragraphs(service, "documents", between=r"\n+")),
        (_("Anmeldung und Termin"), paragraphs(service, "how_to_apply")),
        (_("Wir sprechen auch"), some(joined(language(row) for row in places.languages(service)))),
        (_("Dolmetschen"), paragraphs(service, "interpretation")),
        (_("Termine online buchen"), some(link(service.booking_url, service.booking_url))),
        (_("Im Internet"), some(link(service.url, service.url))),
    ]


def some(text: Text) -> list[Text]:
    return [text] if text else []


def ages(service: Service) -> str:
    ages = {"minimum": service.minimum_age, "maximum": service.maximum_age}
    if service.minimum_age and service.maximum_age:
        return _("%(minimum)s bis %(maximum)s Jahre") % ages
    if service.minimum_age:
        return _("ab %(minimum)s Jahren") % ages
    return _("bis %(maximum)s Jahre") % ages if service.maximum_age else ""


def language(row) -> Text:
    note = say(row, "note")
    return [*own(spoken.name(row.code)), *([(" (", ""), *note, (")", "")] if note else [])]


def link(text: str, address: str) -> Text:
    return [(text, "ltr", address)] if text else []


def telephone(number: str) -> Text:
    return link(number, tel_link(number))


# Places, hours, contacts --------------------------------------------------------------------------------


def place_of(place: places.Place, today: date, with_contacts: bool) -> dict:
    location = place.location
    found = {
        "title": [],
        "lines": [],
        "hours_title": _("Öffnungszeiten des Hauses") if place.hours_of_house else _("Öffnungszeiten"),
        "hours": schedule(place.hours, today),
        "contacts": contacts(place.contacts) if with_contacts else [],
    }
    if location:
        town = f"{location.postal_code} {location.city}"
        comfort = [
            own(location.get_wheelchair_display()),
            *(say(term, "title") for term in places.rows(location, "accessibility")),
        ]
        found["title"] = say(location, "title")
        found["lines"] = [
            *some(say(place.at, "description")),
            *some(german("\n".join(part for part in (location.street, location.addition, town) if part.strip()))),
            *some(link(location.url, location.url)),
            *some(joined(comfort)),
            *paragraphs(location, "accessibility_note"),
            *paragraphs(location, "directions"),
        ]
    return {**found, "together": height(found) <= 18}


def contacts(rows: list[Contact]) -> list[dict]:
    return [
        {
            "title": joined([say(row, "label"), german(row.person), say(row, "department")]),
            "lines": [
                [label, text]
                for label, text in (
                    (_("Telefon"), telephone(row.phone)),
                    (_("Mobil"), telephone(row.mobile)),
                    (_("Fax"), [(row.fax, "ltr")] if row.fax else []),
                    (_("E-Mail"), link(row.email, f"mailto:{quote(row.email, safe='@+')}")),
                )
                if text
            ],
            "note": say(row, "note"),
        }
        for row in rows
    ]


def schedule(rows: list[OpeningHours], today: date) -> list[list[Text]]:
    """The sign on the door: days and their times, days in a row with the same times on one line."""
    sign = hours.sign(rows, today)
    groups: list[tuple[list[str], Text]] = []
    for code, openings in sign.week:
        said = joined(times(row) for row in openings)
        if groups and groups[-1][1] == said and groups[-1][0][-1] == CODES[CODES.index(code) - 1]:
            groups[-1][0].append(code)
        else:
            groups.append(([code], said))
    return [
        *([days(codes), said] for codes, said in groups),
        *([joined([days(row.days.split(",")), nth(row), period(row)]), times(row)] for row in sign.other),
        *([joined([period(row), days(row.days.split(","))]), times(row)] for row in sign.exceptions),
    ]


def days(codes: list[str]) -> Text:
    names = [own(str(WEEKDAYS[code])) for code in CODES if code in codes]
    positions = [CODES.index(code) for code in codes if code]
    if len(names) > 2 and positions[-1] - positions[0] == len(names) - 1:
        return joined([names[0], names[-1]], " – ")
    return joined(names)


def nth(row: OpeningHours) -> Text:
    return own(row.get_nth_display()) if row.nth else []


def period(row: OpeningHours) -> Text:
    start, end = (date_format(day) if day else "" for day in (row.valid_from, row.valid_to))
    if start and end:
        return own(start) if start == end else joined([own(start), own(end)], " – ")
    if start:
        return own(_("ab %(date)s") % {"date": start})
    return own(_("bis %(date)s") % {"date": end}) if end else []


@lru_cache(maxsize=1000)  # a directory's hours are always the same few
def clock(time: time, language: str) -> str:
    return time_format(time)


def times(row: OpeningHours) -> Text:
    if row.opens_at is None:
        said = own(_("geschlossen") if row.exception else _("nur mit Termin"))
    elif row.opens_at == row.closes_at == time(0):
        said = own(_("rund um die Uhr"))
    else:
        said = [(f"{clock(row.opens_at, get_language())}–{clock(row.closes_at, get_language())}", "ltr")]
    extras = [
        own(_("nur mit Termin")) if row.by_appointment and row.opens_at else [],
        own(_("auch an Feiertagen")) if row.on_holidays else [],
        say(row, "note"),
    ]
    extra = joined(extras)
    return [*said, (" (", ""), *extra, (")", "")] if extra else said
