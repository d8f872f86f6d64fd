"""A service in the words of schema.org (JSON-LD), for search engines and assistants."""

from django.utils.translation import get_language

from portal.phones import tel_link

from . import places
from .models import OpeningHours, Organization, Service
from .weekdays import CODES

DAYS = dict(zip(CODES, ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"), strict=True))
WHOLE_DAY = {"opens": "00:00", "closes": "23:59"}
TYPES = {
    Organization.Kind.AUTHORITY: ("GovernmentService", "GovernmentOrganization"),
    Organization.Kind.COURSE_PROVIDER: ("Service", "EducationalOrganization"),
}


def filled(**values) -> dict:
    return {name: value for name, value in values.items() if value not in (None, "", [], {})}


def service(request, row: Service) -> dict:
    kind, provider = TYPES.get(row.organization.kind, ("Service", "NGO"))
    return {
        "@context": "https://schema.org",
        "@type": kind,
        **filled(
            name=row.title,
            description=row.lead,
            url=request.build_absolute_uri(row.get_absolute_url()),
            inLanguage=get_language(),
            audience=[{"@type": "Audience", "audienceType": term.title} for term in row.audiences.all()],
            areaServed=[{"@type": "AdministrativeArea", "name": town.name} for town in row.areas.all()],
            provider={
                "@type": provider,
                **filled(name=row.organization.title, url=row.organization.website, email=row.organization.email),
            },
            availableChannel=[channel(row, place) for place in row.places],
        ),
    }


def channel(row: Service, place: places.Place) -> dict:
    phone = next((contact.phone or contact.mobile for contact in place.contacts if contact.phone or contact.mobile), "")
    location = place.location
    hours = place.hours if row.availability == Service.Availability.ACTIVE else []
    return {
        "@type": "ServiceChannel",
        **filled(
            availableLanguage=["de", *(spoken.code for spoken in row.spoken)],
            serviceUrl=row.booking_url or row.url or (location.url if location else ""),
            servicePhone={"@type": "ContactPoint", "telephone": tel_link(phone).removeprefix("tel:")}
            if phone
            else None,
            serviceLocation={
                "@type": "Place",
                **filled(
                    name=location.title,
                    address={
                        "@type": "PostalAddress",
                        **filled(
                            streetAddress=location.street,
                            postalCode=location.postal_code,
                            addressLocality=location.city,
                            addressCountry="DE",
                        ),
                    },
                    geo={"@type": "GeoCoordinates", "latitude": location.latitude, "longitude": location.longitude}
                    if location.latitude is not None
                    else None,
                    openingHoursSpecification=[opening(line) for line in hours if regular(line)],
                    specialOpeningHoursSpecification=[opening(line) for line in hours if line.exception],
                ),
            }
            if location and location.city
            else None,
        ),
    }


def regular(line: OpeningHours) -> bool:
    """What schema.org can say: weekly, and open to everybody."""
    return not line.exception and not line.by_appointment and line.nth is None


def opening(line: OpeningHours) -> dict:
    """Closed is said as open from midnight to midnight's minute, as schema.org wants it."""
    if line.opens_at is None:
        times = {"opens": "00:00", "closes": "00:00"}
    elif line.opens_at == line.closes_at:
        times = WHOLE_DAY
    else:
        times = {"opens": f"{line.opens_at:%H:%M}", "closes": f"{line.closes_at:%H:%M}"}
    days = line.days.split(",") if line.days else CODES
    return {
        "@type": "OpeningHoursSpecification",
        "dayOfWeek": [f"https://schema.org/{DAYS[day]}" for day in days],
        **times,
        **filled(
            validFrom=line.valid_from.isoformat() if line.valid_from else None,
            validThrough=line.valid_to.isoformat() if line.valid_to else None,
        ),
    }
