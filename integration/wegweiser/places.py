"""A service as a visitor meets it: at each of its places, with the hours and contacts that hold there.

Whose hours and contacts hold is said once, here: those of the service at this place, else those of the service, else
those of the house; for contacts at last those of the organization. Exceptions hold in addition (`hours.together`).
"""

from dataclasses import dataclass

from . import hours
from .models import Contact, Location, OpeningHours, Service, ServiceAtLocation


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


def here(rows, at: ServiceAtLocation | None) -> list:
    """The rows of a service that hold at a place: its own, or else those that hold everywhere."""
    rows = list(rows)
    own = [row for row in rows if at and row.service_at_location_id == at.pk]
    return own or [row for row in rows if row.service_at_location_id is None]


def own_hours(service: Service, at: ServiceAtLocation | None) -> list[OpeningHours]:
    """The lines of a service that hold at a place, without those of the house."""
    rows = list(service.hours.all())
    at_place = [row for row in rows if at and row.service_at_location_id == at.pk]
    return hours.together(at_place, [row for row in rows if row.service_at_location_id is None])


def places(service: Service) -> list[Place]:
    found = [place(service, at) for at in service.at_locations.all()]
    return found or [place(service, None)]


def place(service: Service, at: ServiceAtLocation | None) -> Place:
    contacts = here(service.contacts.all(), at)
    lines = own_hours(service, at)
    if at and at.location.kind == Location.Kind.POSTAL:
        lines = []  # nobody is ever there
    elif at:
        lines = hours.together(lines, (), list(at.location.hours.all()))
    hours_of_house = any(row.location_id and not row.exception for row in lines)
    if at and not contacts:
        contacts = list(at.location.contacts.all())
    return Place(at, lines, contacts or list(service.organization.contacts.all()), hours_of_house)


def languages(service: Service) -> list:
    """What is spoken there besides German: the service's own list, else that of its houses, each language once."""
    rows = list(service.languages.all())
    if not rows:
        rows = [row for at in service.at_locations.all() for row in at.location.languages.all()]
    return list({row.code: row for row in reversed(rows)}.values())[::-1]


# For prefetch_related() where all there is to know of a service is shown.
EVERYTHING = (*DETAILS, "at_locations__location__accessibility", "topics", "audiences", "areas")
