"""A service as a visitor meets it: at each of its places, with the hours and contacts that hold there.

Whose hours and contacts hold is said once, here: those of the service at this place, else those of the service, else
those of the house; for contacts at last those of the organization. Exceptions hold in addition (`hours.together`).
"""

from dataclasses import dataclass

from django.db.models import Prefetch

from . import hours
from .models import Contact, Location, OpeningHours, Organization, Service, ServiceAtLocation


@dataclass
class Place:
    at: ServiceAtLocation | None  # None: reached by phone or mail only
    hours: list[OpeningHours]
    contacts: list[Contact]
    hours_of_house: bool = False  # the house is open then; the service has not said when it is

    @property
    def location(self) -> Location | None:
        return self.at.location if self.at else None


DETAILS = (
    "hours",
    "contacts",
    "languages",
    "organization__contacts",
    "at_locations__location__municipality",
    "at_locations__location__hours",
    "at_locations__location__contacts",
    "at_locations__location__languages",
)  # for prefetch_related()


FETCHED = "fetched_rows"


def rows(owner: Service | Location | Organization, kind: str) -> list:
    """What belongs to one; of those in a list it is there already (cards.py, AS_LISTS)."""
    there = vars(owner)
    fetched = there[FETCHED][kind] if FETCHED in there else there.get(f"listed_{kind}")
    return list(getattr(owner, kind).all()) if fetched is None else fetched


def here(rows, at: ServiceAtLocation | None) -> list:
    """The rows of a service that hold at a place: its own, or else those that hold everywhere."""
    rows = list(rows)
    own = [row for row in rows if at and row.service_at_location_id == at.pk]
    return own or [row for row in rows if row.service_at_location_id is None]


def own_hours(service: Service, at: ServiceAtLocation | None) -> list[OpeningHours]:
    """The lines of a service that hold at a place, without those of the house."""
    found = rows(service, "hours")
    at_place = [row for row in found if at and row.service_at_location_id == at.pk]
    return hours.together(at_place, [row for row in found if row.service_at_location_id is None])


def places(service: Service) -> list[Place]:
    found = [place(service, at) for at in rows(service, "at_locations")]
    return found or [place(service, None)]


def place(service: Service, at: ServiceAtLocation | None) -> Place:
    contacts = here(rows(service, "contacts"), at)
    lines = own_hours(service, at)
    if at and at.location.kind == Location.Kind.POSTAL:
        lines = []  # nobody is ever there
    elif at:
        lines = hours.together(lines, (), rows(at.location, "hours"))
    hours_of_house = any(row.location_id and not row.exception for row in lines)
    if at and not contacts:
        contacts = rows(at.location, "contacts")
    return Place(at, lines, contacts or rows(service.organization, "contacts"), hours_of_house)


def languages(service: Service) -> list:
    """What is spoken there besides German: the service's own list, else that of its houses, each language once."""
    found = rows(service, "languages")
    if not found:
        found = [row for at in rows(service, "at_locations") for row in rows(at.location, "languages")]
    return list({row.code: row for row in reversed(found)}.values())[::-1]


# For prefetch_related() where all there is to know of a service is shown.
EVERYTHING = (*DETAILS, "at_locations__location__accessibility", "topics", "audiences", "areas")


def as_lists(owner: str, *kinds: str) -> list[Prefetch]:
    return [Prefetch(owner + kind, to_attr=f"listed_{kind}") for kind in kinds]


# The same for rows(), of many services at once: to make a queryset for each of them takes longer than to fetch the rows.
AS_LISTS = (
    *as_lists("", "hours", "contacts", "languages", "at_locations", "topics", "audiences", "areas"),
    *as_lists("organization__", "contacts"),
    "listed_at_locations__location__municipality",
    *as_lists("listed_at_locations__location__", "hours", "contacts", "languages", "accessibility"),
)
