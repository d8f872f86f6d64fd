"""When somebody is there, as a calendar (RFC 5545): the next weeks as they really are, holidays and exceptions left out."""

from django.utils import timezone
from django.utils.translation import get_language

from . import hours, places
from .models import Service

WEEKS = 8

# The library is loaded when somebody wants a calendar: 3 MB, and two hundredths of a second.


def calendar(request, service: Service) -> bytes:
    from icalendar import Calendar

    found = Calendar()
    found.add("version", "2.0")
    found.add("prodid", f"-//{request.get_host()}//Integrationsportal//{get_language().upper()}")
    found.add("method", "PUBLISH")
    holiday = hours.holiday(request.shell[0].land_id)
    for place in places.places(service) if service.availability == Service.Availability.ACTIVE else ():
        for opening in hours.openings(place.hours, timezone.localdate(), WEEKS * 7, holiday):
            found.add_component(entry(request, service, place, opening))
    found.add_missing_timezones()
    return found.to_ical()


def entry(request, service: Service, place: places.Place, opening: hours.Opening):
    from icalendar import Event

    found = Event()
    owner = place.at.uuid if place.at else service.uuid
    found.add("uid", f"{owner}-{opening.start:%Y%m%dT%H%M}@{request.get_host()}")
    found.add("dtstamp", service.modified)
    found.add("dtstart", opening.start)
    found.add("dtend", opening.end)
    found.add("summary", service.title)
    if place.location and place.location.address:
        found.add("location", ", ".join(part for part in (place.location.title, place.location.address) if part))
    if opening.row.note:
        found.add("description", opening.row.note)
    found.add("url", request.build_absolute_uri(service.get_absolute_url()))
    found.add("transp", "TRANSPARENT")  # somebody else's hours, not the reader's appointment
    return found
