"""The directory's filters, in memory: which services have which topic, place, language …, and how many.

Sets as portal/sets.py has them. They are read again when the directory has a new version (`upkeep.py`), which is one query
to see; texts are found by the site's search, not here.
"""

from __future__ import annotations

import threading
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import NamedTuple
from uuid import UUID

from django.utils import timezone

from integration.topics.models import Term
from portal import sets
from portal.models import SiteProfile
from portal.search.findable import Findable
from portal.search.models import SearchEntry
from portal.search.words import fold

from . import hours
from .models import (
    LISTED,
    DirectoryVersion,
    Location,
    Municipality,
    OpeningHours,
    Service,
    ServiceAtLocation,
    SpokenLanguage,
)


class Hours(NamedTuple):
    """A line of opening hours, as far as it decides on open or closed."""

    days: str
    nth: int | None
    opens_at: time | None
    closes_at: time | None
    by_appointment: bool
    on_holidays: bool
    exception: bool
    valid_from: date | None
    valid_to: date | None
    service_id: int | None  # whose exception it is
    service_at_location_id: int | None


@dataclass
class Index:
    version: UUID | None
    ids: list[int] = field(default_factory=list)  # in the order of the German titles
    listed: int = 0
    temporary: list[tuple[int, datetime | None, datetime | None]] = field(default_factory=list)
    sets: dict[str, dict[str, int]] = field(default_factory=dict)  # filter → value → services
    everywhere: int = 0  # for the whole county
    located: dict[str, int] = field(default_factory=dict)  # municipality → services with a place there
    serving: dict[str, int] = field(default_factory=dict)  # municipality → services for its residents alone
    neighbours: dict[str, list[str]] = field(default_factory=dict)
    schedules: dict[tuple[Hours, ...], int] = field(default_factory=dict)
    land: str | None = None
    terms: list[Term] = field(default_factory=list)  # the topics and audiences there are to choose
    towns: dict[str, str] = field(default_factory=dict)  # municipality → its name
    labels: dict[tuple[str, str | None], list[tuple[str, str]]] = field(default_factory=dict)  # see filters.py
    _openings: tuple[date, list[tuple[datetime, datetime, int]]] | None = None

    def public(self, now: datetime) -> int:
        """What may be seen at this moment."""
        return self.listed & ~sets.hidden(self.temporary, now)

    def serving_people_of(self, slug: str) -> int:
        """For the people of a town, wherever it is."""
        return self.everywhere | self.serving.get(slug, 0)

    def of_town(self, slug: str) -> int:
        """In the town, or for its people alone."""
        return (self.serving_people_of(slug) & self.located.get(slug, 0)) | self.serving.get(slug, 0)

    def place(self, slug: str) -> list[int]:
        """Services for the people of a town, the nearest first: there, for them alone, next door, for the county."""
        fits = self.serving_people_of(slug)
        near = 0
        for neighbour in self.neighbours.get(slug, ()):
            near |= self.located.get(neighbour, 0)
        tiers, rest = [], fits
        for tier in (self.located.get(slug, 0), self.serving.get(slug, 0), near, fits):
            tiers.append(rest & tier)
            rest &= ~tier
        return tiers

    def open_at(self, now: datetime) -> int:
        """Open to everybody at this moment, at one of its places at least."""
        today = timezone.localtime(now).date()
        if self._openings is None or self._openings[0] != today:
            holiday = hours.holiday(self.land)
            self._openings = (
                today,
                [
                    (found.start, found.end, services)
                    for rows, services in self.schedules.items()
                    # Since yesterday evening, too.
                    for found in hours.openings(rows, today - timedelta(days=1), 2, holiday)
                ],
            )
        return sets.union(services for start, end, services in self._openings[1] if hours.within(start, now, end))

    def findable(self, language: str) -> Findable:
        """These services as the site's search finds them."""
        place_of = self.place_of()
        entries = SearchEntry.objects.filter(kind=Service._meta.label_lower, language=language).order_by()
        places = {
            pk: place_of[service] for pk, service in entries.values_list("pk", "object_id") if service in place_of
        }
        return Findable(language, places, len(self.ids))

    def place_of(self) -> dict[int, int]:
        return {pk: position for position, pk in enumerate(self.ids)}


# Reading it -----------------------------------------------------------------------------------------

_current: Index | None = None
_reading = threading.Lock()


def current() -> Index:
    """The index of the directory as it is now."""
    global _current
    version = DirectoryVersion.objects.values_list("token", flat=True).first()
    found = _current
    if found is None or version is None or found.version != version:
        with _reading:  # who waits here finds it read
            found = _current
            if found is None or version is None or found.version != version:
                found = read(version)
                _current = found
    return found


def read(version: UUID | None) -> Index:
    """What is written between two of these questions may be missing here, and makes a new version."""
    rows = (
        Service.objects.rewrite(False).filter(status=Service.Status.PUBLISHED, availability__in=LISTED).order_by("pk")
    )
    services = sorted(
        rows.values_list("pk", "title_de", "publish_from", "publish_until", "availability"),
        key=lambda row: (fold(row[1] or ""), row[0]),
    )
    index = Index(version, ids=[row[0] for row in services])
    size = len(index.ids)
    place_of = index.place_of()
    index.listed = (1 << size) - 1
    index.temporary = [
        (1 << place_of[pk], start, end) for pk, _title, start, end, _availability in services if start or end
    ]
    index.land = SiteProfile.objects.values_list("land", flat=True).first()
    index.terms = list(Term.objects.filter(vocabulary__in=[Term.Vocabulary.TOPIC, Term.Vocabulary.AUDIENCE]))
    index.towns = dict(Municipality.objects.values_list("slug", "name"))

    found: dict[str, dict[str, set[int]]] = {
        name: defaultdict(set) for name in ("topic", "audience", "language", "wheelchair", "located", "serving")
    }

    def add(name: str, value: str | None, service: int) -> None:
        if value and service in place_of:
            found[name][value].add(place_of[service])

    terms = {pk: (slug, parent) for pk, slug, parent in Term.objects.order_by().values_list("pk", "slug", "parent")}
    for name, through in (("topic", Service.topics.through), ("audience", Service.audiences.through)):
        for service, term in through.objects.values_list("service_id", "term_id"):
            while term in terms:  # whoever chooses "language" finds language courses too
                add(name, terms[term][0], service)
                term = terms[term][1]

    towns = dict(Municipality.objects.values_list("pk", "slug"))
    for one, other in Municipality.neighbours.through.objects.values_list("from_municipality_id", "to_municipality_id"):
        if one in towns and other in towns:
            index.neighbours.setdefault(towns[one], []).append(towns[other])
    for service, town in Service.areas.through.objects.values_list("service_id", "municipality_id"):
        add("serving", towns.get(town), service)

    places = defaultdict(list)  # service → its places, with their houses
    columns = ("pk", "service_id", "location_id", "location__kind", "location__municipality_id", "location__wheelchair")
    for at, service, location, kind, town, wheelchair in ServiceAtLocation.objects.order_by().values_list(*columns):
        places[service].append((at, location, kind))
        add("located", towns.get(town), service)
        add("wheelchair", "yes" if wheelchair == Location.Wheelchair.YES else None, service)

    spoken, of_house = defaultdict(list), defaultdict(list)
    for service, location, code in SpokenLanguage.objects.order_by().values_list("service_id", "location_id", "code"):
        (spoken[service] if service else of_house[location]).append(code)
    for service in place_of:
        for code in spoken.get(service) or (
            code for _at, location, _kind in places[service] for code in of_house.get(location, ())
        ):
            add("language", code, service)

    index.sets = {
        name: {value: sets.of(services, size) for value, services in found[name].items()}
        for name in ("topic", "audience", "language", "wheelchair")
    }
    index.located = {value: sets.of(services, size) for value, services in found["located"].items()}
    index.serving = {value: sets.of(services, size) for value, services in found["serving"].items()}
    index.everywhere = index.listed & ~sets.union(index.serving.values())
    active = {pk: place_of[pk] for pk, *_rest, availability in services if availability == Service.Availability.ACTIVE}
    read_hours(index, active, places)
    return index


def read_hours(index: Index, place_of: dict[int, int], places: dict[int, list[tuple[int, int, str]]]) -> None:
    """By the same rule as places.py, for all services at once."""
    of_service, at_place, of_house = defaultdict(list), defaultdict(list), defaultdict(list)
    for location, *columns in OpeningHours.objects.order_by("pk").values_list("location_id", *Hours._fields):
        line = Hours(*columns)
        service, at = line.service_id, line.service_at_location_id
        owner = of_house[location] if location else at_place[at] if at else of_service[service]
        # Regular lines are the same whose they are, so that each sign is worked out once.
        owner.append(line if line.exception else line._replace(service_id=None, service_at_location_id=None))
    schedules = defaultdict(set)
    for service, position in place_of.items():
        for at, location, kind in places.get(service) or [(None, None, None)]:
            if kind == Location.Kind.POSTAL:
                continue
            if lines := hours.together(at_place.get(at, ()), of_service.get(service, ()), of_house.get(location, [])):
                schedules[tuple(lines)].add(position)
    index.schedules = {lines: sets.of(services, len(index.ids)) for lines, services in schedules.items()}
