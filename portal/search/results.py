"""What is shown of the hits: grouped by kind, with the words that were found."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from django.db.models import Q
from django.utils.functional import Promise
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from portal import languages, navigation
from portal.fields import localized_link
from portal.templatetags.portal import isolate, said_in

from . import highlight
from .findable import Place
from .index import FIXED
from .models import SearchEntry


class Entry(NamedTuple):
    """What is shown of a SearchEntry."""

    kind: str
    object_id: int
    language: str
    address: str
    title: str
    title_language: str
    text: str
    text_language: str
    tokens: str


Entries = dict[tuple[str, int, str], Entry]  # by kind, number of the content, language


class Line(NamedTuple):
    html: SafeString
    attributes: str  # of the element around it


class Result(NamedTuple):
    url: str
    title: Line
    snippet: Line


@dataclass
class Group:
    kind: str
    title: Promise
    count: int
    results: list[Result]


def kinds() -> dict[str, Promise]:
    """What results are grouped by, in the order of the menu."""
    sections = {f"{config.label}.{section.model}".lower(): section.title for config, section in navigation.sections()}
    return {"portal.page": _("Seiten"), **sections, FIXED: _("Über diese Seite")}


def entries(places: list[Place], language: str) -> Entries:
    """What stands at these places, for the readers of the language and in German."""
    wanted = Q()
    for kind in {place.kind for place in places}:
        wanted |= Q(kind=kind, object_id__in=[place.object_id for place in places if place.kind == kind])
    if not wanted:
        return {}
    rows = SearchEntry.objects.published().filter(wanted, language__in={language, languages.SOURCE})
    return {row[:3]: row for row in map(Entry._make, rows.values_list(*Entry._fields))}


def groups(places: list[Place], found: Entries, tokens: set[str], language: str) -> list[Group]:
    """The kind with the best hit first."""
    titles = kinds()
    order = list(titles)
    groups: dict[str, Group] = {}
    for place in sorted(places, key=lambda place: (place.rank, order.index(place.kind))):
        groups.setdefault(place.kind, Group(place.kind, titles[place.kind], place.count, []))
    for place in places:
        if row := found.get((place.kind, place.object_id, language)):
            german = found.get((place.kind, place.object_id, languages.SOURCE), row)
            groups[place.kind].results.append(result(row, german, tokens))
    return list(groups.values())


def result(row: Entry, german: Entry, tokens: set[str]) -> Result:
    """With the piece of text that shows the words: the reader's, or else the German one they were found in."""
    texts = [
        (row.text, row.text_language),
        (german.text, german.text_language),
        (german.title, german.title_language),
    ]
    hits = ((text, code, highlight.found_in(text, code, tokens)) for text, code in texts)
    in_title = highlight.found_in(row.title, row.title_language, tokens)
    text, code, first = next((hit for hit in hits if hit[2] or in_title), (*texts[0], None))
    snippet = highlight.snippet(text, first)
    return Result(localized_link(row.address), line(row.title, row.title_language, tokens), line(snippet, code, tokens))


def line(text: str, language: str, tokens: set[str]) -> Line:
    attributes = said_in(language)
    return Line(isolate(highlight.marked(text, language, tokens), attributes), attributes)


def corrections(words: Iterable, found: Entries) -> list[str]:
    """The words that were searched instead of misspelt ones, as far as the reader sees them in something public."""
    seen = " ".join(row.tokens for row in found.values())
    return [written for word in words for token, written in word.instead.items() if f" {token} " in seen]
