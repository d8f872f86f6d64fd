"""What a reader has chosen from the directory, and what there is to choose.

It all stands in the address, so that a list can be bookmarked, shared and printed as a code. What nobody understands
in it is left out, and said so.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, fields, replace
from datetime import datetime
from itertools import islice
from urllib.parse import urlencode

from django.http import HttpRequest
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from portal import sets
from portal.page_cache.kept import kept
from portal.search import words
from portal.search.findable import Findable

from . import spoken
from .index import Index, current

MAX_LENGTH = 200  # letters of a query
FLAGS = {"open": "now", "wheelchair": "yes"}
LABELS = {
    "q": gettext_lazy("Suche"),
    "topic": gettext_lazy("Thema"),
    "place": gettext_lazy("Ort"),
    "language": gettext_lazy("Sprache"),
    "audience": gettext_lazy("Für wen"),
    "open": gettext_lazy("jetzt geöffnet"),
    "wheelchair": gettext_lazy("rollstuhlgerecht"),
}


@dataclass(frozen=True)
class Selection:
    """The filters, as they stand in the address."""

    q: str = ""
    topic: str = ""
    place: str = ""
    language: str = ""
    audience: str = ""
    open: str = ""
    wheelchair: str = ""

    def items(self) -> list[tuple[str, str]]:
        return [(f.name, value) for f in fields(self) if (value := getattr(self, f.name))]

    def __bool__(self) -> bool:
        return bool(self.items())

    @property
    def address(self) -> str:
        """The query string, always in the same order; empty where nothing is chosen."""
        return f"?{urlencode(self.items())}" if self else ""

    def without(self, name: str) -> "Selection":
        return replace(self, **{name: ""})


@dataclass(frozen=True)
class Choice:
    value: str
    label: str
    count: int
    chosen: bool
    of_reader: bool = False  # the language the reader reads
    there: int | None = None  # in a town or for its people; all the others it finds are the same in every town

    @property
    def shown(self) -> int:
        return self.count if self.there is None else self.there


@dataclass
class Filter:
    """One drop-down list."""

    name: str
    choices: list[Choice]

    @property
    def label(self) -> str:
        return LABELS[self.name]


@dataclass
class Chosen:
    """A filter that is set, with the address of the list without it."""

    label: str
    value: str
    rest: str


@dataclass
class Directory:
    """The services that fit, in the order in which they fit."""

    index: Index
    selection: Selection
    findable: Callable[[], Findable]  # asked only where there is a word to find
    ignored: list[tuple[str, str]] = field(default_factory=list)
    now: datetime = field(default_factory=lambda: timezone.now())

    @cached_property
    def public(self) -> int:
        return self.index.public(self.now)

    @cached_property
    def ranks(self) -> dict[int, int]:
        """What was found by words: how well (0 is best) → services."""
        return self.findable().ask(self.selection.q).ranks

    def set_of(self, name: str, value: str) -> int:
        """The services one filter leaves."""
        if name == "q":
            return sets.union(self.ranks.values())
        if name == "place":
            return self.index.serving_people_of(value)
        if name == "open":
            return self.open
        return self.index.sets[name].get(value, 0)

    @cached_property
    def open(self) -> int:
        return self.index.open_at(self.now)

    def matching(self, selection: Selection) -> int:
        found = self.public
        for name, value in selection.items():
            found &= self.set_of(name, value)
        return found

    @cached_property
    def found(self) -> int:
        return self.matching(self.selection)

    @property
    def count(self) -> int:
        return self.found.bit_count()

    def tiers(self) -> list[tuple[str, int]]:
        """The services in groups, what fits best first; the name of a group is its heading, where it has one."""
        place = self.selection.place
        if not place:
            return [("", self.found)]
        town = self.index.towns[place]
        names = (
            _("In %(town)s") % {"town": town},
            _("Zuständig für %(town)s") % {"town": town},
            _("In der Nähe"),
            _("Für den ganzen Landkreis"),
        )
        tiers = zip(names, self.index.place(place), strict=True)
        return [(name, found) for name, services in tiers if (found := services & self.found)]

    def ordered(self) -> list[tuple[str, int]]:
        """Within a group: the words' rank, then those who speak the reader's language, then by title."""
        speaking = sets.union(self.index.sets["language"].get(code, 0) for code in spoken.of_reader())
        ranks = self.ranks.values() if self.selection.q else [self.found]
        return [
            (name, part)
            for name, services in self.tiers()
            for rank in ranks
            for part in (services & rank & speaking, services & rank & ~speaking)
            if part
        ]

    def ids(self, first: int = 0, last: int | None = None) -> list[tuple[str, int]]:
        """Heading and id of the services from one place of the list to another."""
        found: list[tuple[str, int]] = []
        start = 0
        for name, services in self.ordered():
            count = services.bit_count()
            if start + count > first and (last is None or start < last):
                end = None if last is None else last - start
                positions = islice(sets.positions(services), max(first - start, 0), end)
                found += [(name, self.index.ids[position]) for position in positions]
            start += count
        return found

    @property
    def has_filters(self) -> bool:
        return bool(self.selection.without("q"))

    # What there is to choose ------------------------------------------------------------------------

    @cached_property
    def filters(self) -> dict[str, Filter]:
        return {name: self.filter(name) for name in ("topic", "place", "language", "audience")}

    def filter(self, name: str) -> Filter:
        """With the number of services each choice leaves, the other filters as they are; choices without any are
        left out."""
        others = self.matching(self.selection.without(name))
        chosen = getattr(self.selection, name)
        choices = [
            Choice(value, label, count, value == chosen, name == "language" and value in spoken.of_reader())
            for value, label in self.labels(name)
            if (count := (others & self.set_of(name, value)).bit_count()) or value == chosen
        ]
        if name == "place":
            choices = [
                replace(choice, there=(others & self.index.of_town(choice.value)).bit_count()) for choice in choices
            ]
        if name == "language":
            choices.sort(key=lambda choice: not choice.of_reader)
        return Filter(name, choices)

    def flag(self, name: str) -> Choice:
        others = self.matching(self.selection.without(name))
        count = (others & self.set_of(name, FLAGS[name])).bit_count()
        return Choice(FLAGS[name], LABELS[name], count, bool(getattr(self.selection, name)))

    def flags(self) -> list[tuple[str, Choice]]:
        return [(name, self.flag(name)) for name in FLAGS]

    def labels(self, name: str) -> list[tuple[str, str]]:
        """Value and name of all choices, in the order in which they stand."""
        key = name, get_language()
        if key not in self.index.labels:
            self.index.labels[key] = self.named(name)
        return self.index.labels[key]

    def named(self, name: str) -> list[tuple[str, str]]:
        if name in {"topic", "audience"}:
            return list(self.tree(name))
        if name == "place":
            return list(self.index.towns.items())
        known = self.index.sets["language"]
        return sorted(((code, spoken.name(code)) for code in known), key=lambda pair: pair[1].casefold())

    def tree(self, vocabulary: str, parent: int | None = None, depth: int = 0) -> Iterator[tuple[str, str]]:
        """The terms of a vocabulary, each with those below it."""
        for term in self.index.terms:
            if term.vocabulary == vocabulary and term.parent_id == parent:
                yield term.slug, f"{'– ' * depth}{term.title}"
                yield from self.tree(vocabulary, term.pk, depth + 1)

    def label(self, name: str, value: str) -> str:
        if name == "q":
            return value
        if name in FLAGS:
            return ""
        return dict(self.labels(name)).get(value, value).lstrip("– ")

    def chosen(self) -> list[Chosen]:
        return [
            Chosen(str(LABELS[name]), self.label(name, value), self.selection.without(name).address)
            for name, value in self.selection.items()
        ]

    def in_words(self) -> str:
        """The filters as a line of text, for paper; without the search, which is the reader's own."""
        parts = ((LABELS[name], self.label(name, value)) for name, value in self.selection.without("q").items())
        return " · ".join(f"{label}: {value}" if value else str(label) for label, value in parts)


def read(request: HttpRequest) -> Directory:
    """From the address. What is not understood is left out and remembered as ignored."""
    # Of the version the page is made of, so that nobody needs to ask which one the index has.
    index = kept(request, "directory", current, timeless=True)
    language = get_language()
    known = {
        "topic": {term.slug for term in index.terms if term.vocabulary == "topic"},
        "audience": {term.slug for term in index.terms if term.vocabulary == "audience"},
        "place": index.towns.keys(),
        "language": set(spoken.CODES),
        **{name: {value} for name, value in FLAGS.items()},
    }
    values, ignored = {}, []
    for name in LABELS:
        value = " ".join(request.GET.get(name, "").replace("\0", "").split())[:MAX_LENGTH]
        if not value:
            continue
        if value in known[name] if name != "q" else any(words.in_query(value)):
            values[name] = value
        else:
            ignored.append((str(LABELS[name]), value[:60]))

    def findable() -> Findable:
        return kept(request, ("services", language), lambda: index.findable(language), timeless=True)

    return Directory(index, Selection(**values), findable, ignored)
