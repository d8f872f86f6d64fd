"""Services as they stand in lists: fetched many at once, drawn once a minute for all who read the language."""

from collections.abc import Iterable
from datetime import datetime
from types import SimpleNamespace
from typing import NamedTuple

from django.db.models import Model, Q, QuerySet
from django.template.loader import get_template
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import get_language
from modeltranslation.utils import build_localized_fieldname

from portal import languages

from . import hours, places
from .models import Contact, OpeningHours, Service, ServiceAtLocation, SpokenLanguage
from .places import FETCHED

MOST = 2000  # cards, of some two kilobytes


class Card(NamedTuple):
    html: SafeString
    notes: set[str]  # what the page's notice has to say of it: that German or a machine stands in


class Cards:
    """Of one language and version of the contents. With each minute places open and close."""

    def __init__(self):
        self.drawn: tuple[datetime | None, dict[tuple[int, str], Card]] = None, {}

    def of(self, ids: Iterable[int], level: str, land: str | None) -> dict[int, Card]:
        """Of these services what may be seen, its title a heading of this level, as "h3"."""
        now = timezone.now()
        minute, drawn = self.drawn
        if minute != now.replace(second=0, microsecond=0) or len(drawn) > MOST:
            drawn = {}
            self.drawn = now.replace(second=0, microsecond=0), drawn
        missing = [pk for pk in ids if (pk, level) not in drawn]
        if missing:
            template, holiday = get_template("wegweiser/_service.html"), hours.holiday(land)
            for pk, service in services(missing).items():
                prepare(service, now, holiday)
                notes: set[str] = set()  # nothing else of who asks
                context = {"service": service, "level": level, "request": SimpleNamespace(language_notes=notes)}
                drawn[pk, level] = Card(template.render(context), notes)
        return {pk: drawn[pk, level] for pk in ids if (pk, level) in drawn}


def prepare(service: Service, now: datetime, holiday: hours.Holiday) -> None:
    """What templates ask of a service: its places with their hours now, and the languages spoken there."""
    service.places = places.places(service)
    for place in service.places:
        place.state = hours.state_at(place.hours, now, holiday) if place.hours else None
    service.spoken = places.languages(service)


# Fetching -------------------------------------------------------------------------------------------

OWNER = ("service_id", "location_id")
HOURS = (
    *OWNER, "service_at_location_id", "days", "nth", "opens_at", "closes_at", "by_appointment", "on_holidays",
    "exception", "valid_from", "valid_to",
)  # fmt: skip


def services(ids: Iterable[int]) -> dict[int, Service]:
    """Of these what may be seen, with what a list shows of them: few columns, and a query for each kind of row.

    prefetch_related() would ask each kind again for services, houses and organizations, with the columns of all
    languages, and make a queryset for every single one of them.
    """
    columns = ("slug", "status", "availability", *texts("title", "lead"), *texts("title", owner="organization"))
    found = only(Service.objects.published().filter(pk__in=ids).select_related("organization"), columns)
    services = {service.pk: service for service in found}

    columns = ("service_id", "location__kind", "location__city", *texts("title", owner="location"))
    rows = only(ServiceAtLocation.objects.filter(service__in=services).select_related("location"), columns)
    ats = list(rows)
    owners: dict[str, dict[int, list[Model]]] = {"service_id": {}, "location_id": {}, "organization_id": {}}
    for service in services.values():
        owners["service_id"][service.pk] = [service]
        owners["organization_id"].setdefault(service.organization_id, []).append(service.organization)
    for at in ats:
        owners["location_id"].setdefault(at.location_id, []).append(at.location)
    for owner in (owner for same in owners.values() for rows in same.values() for owner in rows):
        setattr(owner, FETCHED, {"at_locations": [], "hours": [], "contacts": [], "languages": []})
    for at in ats:
        getattr(services[at.service_id], FETCHED)["at_locations"].append(at)

    contact = (*OWNER, "organization_id", "service_at_location_id", "phone")
    spoken = only(of(SpokenLanguage, OWNER, owners), (*OWNER, "code", *texts("note", translated=False)))
    give(spoken, "languages", OWNER, owners)
    lines = of(OpeningHours, OWNER, owners).rewrite(False).values_list(*HOURS, named=True)
    give(lines, "hours", OWNER, owners)
    contacts = of(Contact, contact[:3], owners).rewrite(False).values_list(*contact, named=True)
    give(contacts, "contacts", contact[:3], owners)
    return services


def texts(*names: str, owner: str = "", translated: bool = True) -> list[str]:
    """The columns of texts that a reader sees: in the own language, else in German."""
    codes = dict.fromkeys([get_language() or languages.SOURCE, languages.SOURCE])
    columns = [build_localized_fieldname(name, code) for name in names for code in codes]
    columns += ["machine_translated"] if translated else []
    return [f"{owner}__{column}" if owner else column for column in columns]


def only(rows: QuerySet, columns: Iterable[str]) -> QuerySet:
    """Without rewriting: modeltranslation would load the columns of all languages."""
    return rows.rewrite(False).only(*columns)


def of(model: type[Model], names: tuple[str, ...], owners: dict) -> QuerySet:
    wanted = Q()
    for name in names:
        wanted |= Q(**{f"{name}__in": list(owners[name])})
    return model.objects.filter(wanted)


def give(rows: QuerySet, kind: str, names: tuple[str, ...], owners: dict) -> None:
    for row in rows:
        for name in names:
            for owner in owners[name].get(getattr(row, name), ()):
                getattr(owner, FETCHED)[kind].append(row)
