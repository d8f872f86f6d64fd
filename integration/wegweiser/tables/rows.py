"""The rows of a sheet, and what is said about each of them."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from django.core.exceptions import ValidationError
from django.db import models
from import_export import resources

from portal.models import SiteProfile
from portal.spreadsheets import text_of

from .. import places
from ..models import Contact, Location, OpeningHours, Organization, Service, ServiceAtLocation
from .sheet import UnknownTowns, columns

ROWS = 12  # that are named one by one


class Change(NamedTuple):
    column: str
    before: str
    after: str


class Remark(NamedTuple):
    """What is wrong with a cell, or what it was taken for."""

    column: str
    message: str


@dataclass(eq=False)
class Entry:
    """A service at one of its places: a row of the sheet."""

    number: int = 0
    service: Service | None = None
    at: ServiceAtLocation | None = None
    location: Location | None = None
    organization: Organization | None = None
    said: dict[str, Any] = field(default_factory=dict)  # what the row says, by the columns' attributes
    title: str = ""
    changes: list[Change] = field(default_factory=list)
    problems: list[Remark] = field(default_factory=list)
    refused_texts: dict[str, str] = field(default_factory=dict)  # by the columns' attributes
    hints: list[Remark] = field(default_factory=list)
    unknown_towns: list[str] = field(default_factory=list)

    def owner(self, target: str) -> models.Model | None:
        """The row of the database that a column's target is for this row of the sheet, new or old."""
        return self.contact() if target == "contact" else getattr(self, target)

    @property
    def known_at(self) -> ServiceAtLocation | None:
        return None if self.at is None or self.at._state.adding else self.at

    def hours(self) -> list[OpeningHours]:
        """What the service says now of when it is open here."""
        return [] if self.is_new else places.own_hours(self.service, self.known_at)

    def contacts(self) -> list[Contact]:
        """Those that hold here now: of this place, else of the service."""
        return [] if self.is_new else places.here(self.service.contacts.all(), self.known_at)

    def contact(self) -> Contact | None:
        return next(iter(self.contacts()), None)

    def is_newcomer(self, target: str) -> bool:
        """What others share and this row joins only now, it does not empty."""
        if target == "location":
            return self.known_at is None or self.at.location is not self.location
        return target == "organization" and (self.is_new or self.service.organization is not self.organization)

    def refused(self, column: str) -> bool:
        return any(problem.column == column for problem in self.problems)

    def refuse(self, column: str, message: str) -> None:
        self.problems.append(Remark(column, message))

    def hint(self, column: str, message: str) -> None:
        self.hints.append(Remark(column, message))

    @property
    def is_new(self) -> bool:
        return self.service is None or self.service._state.adding

    @property
    def kind(self) -> str:
        if self.problems:
            return "problem"
        return ("new" if self.is_new else "changed") if self.changes else "same"


class Sheet(resources.Resource):
    """The columns, for reading and for writing."""

    def __init__(self, shown: list[str] | None = None):
        super().__init__()
        self.fields = columns(shown or SiteProfile.current().shown_languages())
        self.by_spelling = {word: column for column in self.fields.values() for word in column.spellings}

    def import_instance(self, instance, row, **kwargs):
        """Strictly: each cell is judged, and each mistake in a row is told."""
        for column in self.get_import_fields():
            if column.column_name in row:
                try:
                    column.save(instance, row)
                except ValidationError as error:
                    instance.refuse(column.column_name, " ".join(error.messages))
                    instance.refused_texts[column.attribute] = column.widget.tidy(text_of(row[column.column_name]))
                    if isinstance(error, UnknownTowns):
                        instance.unknown_towns += error.names

    def texts(self, queryset: models.QuerySet) -> Iterator[list[str]]:
        for entry in entries(queryset):
            yield self.export_resource(entry)


def with_everything(queryset: models.QuerySet) -> models.QuerySet:
    relations = ("topics", "audiences", "areas", "at_locations__location__accessibility", *places.DETAILS)
    return queryset.select_related("organization").prefetch_related(*relations)


def entries(queryset: models.QuerySet) -> Iterator[Entry]:
    for service in with_everything(queryset).iterator(chunk_size=200):
        for at in list(service.at_locations.all()) or [None]:
            yield Entry(service=service, at=at, location=at.location if at else None, organization=service.organization)


@dataclass
class Gathered:
    """The same remark about several rows is read once."""

    remark: Remark
    entries: list[Entry]

    @property
    def rows(self) -> str:
        return in_words([entry.number for entry in self.entries])

    @property
    def titles(self) -> list[str]:
        return list(dict.fromkeys(entry.title for entry in self.entries if entry.title))


def in_words(numbers: list[int]) -> str:
    """ "3, 5, 9", and how many more there are."""
    more = f" und {len(numbers) - ROWS} weitere" if len(numbers) > ROWS else ""
    return ", ".join(map(str, numbers[:ROWS])) + more


def gathered(entries: Iterable[Entry], kind: str) -> list[Gathered]:
    """All "problems" or "hints", in the order of the rows."""
    found: dict[Remark, list[Entry]] = defaultdict(list)
    for entry in entries:
        for remark in dict.fromkeys(getattr(entry, kind)):
            found[remark].append(entry)
    return [Gathered(remark, rows) for remark, rows in found.items()]
