"""Our rows in the words of HSDS. The schemas know no null and no empty text: what is empty is left out.

What is a record there and none here (an address, a phone number, a program) gets an id made from its owner's, so that
it is the same tomorrow and in every language.
"""

from collections.abc import Iterable
from datetime import UTC
from typing import Any
from uuid import UUID, uuid5

from django.db.models import Prefetch, QuerySet
from django.utils import timezone
from django.utils.encoding import iri_to_uri
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from integration.topics.models import Term
from portal import languages as site_languages
from portal.models import SiteProfile

from .. import spoken
from ..models import Contact, Location, OpeningHours, Organization, Service, ServiceAtLocation
from ..weekdays import CODES, WEEKDAYS

Record = dict[str, Any]

NAMESPACE = UUID("7ffa979f-a61e-46ef-ba95-0a6e742601d4")  # of what belongs to nobody: the taxonomies
MUNICIPALITY_URI = "http://dcat-ap.de/def/politicalGeocoding/municipalityKey/"


def record(**fields) -> Record:
    return {name: value for name, value in fields.items() if value not in (None, "", [], {})}


def derived(owner: UUID, what: str) -> str:
    return str(uuid5(owner, what))


def taxonomy_id(vocabulary: str) -> UUID:
    return uuid5(NAMESPACE, vocabulary)


# What has to be fetched, in a number of queries that does not grow with the rows ---------------------


def terms() -> QuerySet[Term]:
    return Term.objects.select_related("parent")


def with_parent(rows: QuerySet[Organization]) -> QuerySet[Organization]:
    """Who offers nothing public is not public above others either."""
    return rows.prefetch_related(Prefetch("parent", Organization.objects.published()))


def with_owner(rows: QuerySet[Location]) -> QuerySet[Location]:
    """Nor as whose house it is."""
    return rows.prefetch_related(Prefetch("organization", Organization.objects.published()))


def for_organizations(rows: QuerySet[Organization], full_service: bool) -> QuerySet[Organization]:
    return with_parent(rows).prefetch_related(
        "contacts",
        Prefetch("locations", for_locations(Location.objects.published().order_by("pk"))),
        Prefetch("services", for_services(Service.objects.published().order_by("pk"), full_service)),
    )


def for_services(rows: QuerySet[Service], full: bool, places: bool = True) -> QuerySet[Service]:
    rows = rows.select_related("programme__parent")
    if not full:
        return rows.prefetch_related(Prefetch("organization", with_parent(Organization.objects)))
    organizations = with_parent(Organization.objects).prefetch_related("contacts")
    rows = rows.prefetch_related(
        Prefetch("organization", organizations),
        Prefetch("topics", terms()),
        Prefetch("audiences", terms()),
        "areas",
        "hours",
        "contacts",
        "languages",
    )
    return rows.prefetch_related(Prefetch("at_locations", for_places(ServiceAtLocation.objects))) if places else rows


def for_places(rows: QuerySet[ServiceAtLocation]) -> QuerySet[ServiceAtLocation]:
    return rows.prefetch_related(Prefetch("location", for_locations(Location.objects)))


def for_locations(rows: QuerySet[Location]) -> QuerySet[Location]:
    rows = with_owner(rows).select_related("municipality")
    return rows.prefetch_related(Prefetch("accessibility", terms()), "hours", "contacts", "languages")


# Records ----------------------------------------------------------------------------------------------


class Export:
    def __init__(self, profile: SiteProfile):
        self.county = profile.name
        self.land = profile.land.name if profile.land else "Deutschland"  # the schema wants something

    def service(self, service: Service, full: bool = False, organization: bool = True, places: bool = True) -> Record:
        link = {"service_id": str(service.uuid)}
        found = record(
            id=str(service.uuid),
            organization_id=str(service.organization.uuid),
            program_id=program_id(service),
            name=service.title,
            alternate_name=service.alternate_name,
            description="\n\n".join(text for text in (service.lead, service.description) if text),
            url=iri_to_uri(service.url),
            status=service.availability,
            interpretation_services=service.interpretation,
            application_process=service.how_to_apply,
            fees_description=service.fees,
            eligibility_description=service.eligibility,
            minimum_age=service.minimum_age,
            maximum_age=service.maximum_age,
            assured_date=service.verified_on and service.verified_on.isoformat(),
            assurer_email=assurer(service),
            alert=service.alert if service.has_alert() else "",
            last_modified=last_modified(service),
            program=program(service),
        )
        if organization:
            found["organization"] = self.organization(service.organization, contacts=full)
        if not full:
            return found
        found |= record(
            **held(service, None, link),
            additional_urls=urls(service, link),
            languages=languages(service, link),
            service_areas=self.areas(service, link),
            required_documents=documents(service, link),
            attributes=[
                attribute(service.uuid, "service", term)
                for term in (*service.topics.all(), *service.audiences.all(), service.programme)
                if term
            ],
        )
        if places and (rows := service.at_locations.all()):
            found["service_at_locations"] = [self.place(row, service) for row in rows]
        return found

    def minimal(self, service: Service) -> Record:
        return {"id": str(service.uuid), "last_modified": last_modified(service)}

    def areas(self, service: Service, link: Record) -> list[Record]:
        """Without one of its own a service is there for everybody in the county."""
        found = [
            record(
                id=derived(service.uuid, f"area/{row.pk}"),
                **link,
                name=row.name,
                uri=MUNICIPALITY_URI + row.ags if row.ags else "",
            )
            for row in service.areas.all()
        ]
        if not found and self.county:
            found = [{"id": derived(service.uuid, "area"), **link, "name": self.county}]
        return found

    def place(self, at: ServiceAtLocation, service: Service) -> Record:
        """The service at one of its locations, as it stands within the service."""
        return record(
            **place_fields(at, service),
            **held(service, at.pk, {"service_at_location_id": str(at.uuid)}),
            location=self.location(at.location, full=True),
        )

    def place_with_service(self, at: ServiceAtLocation, full: bool) -> Record:
        """The same as it stands alone."""
        service = self.service(at.service, full, places=False)
        if full:
            return self.place(at, at.service) | {"service": service}
        return record(**place_fields(at, at.service), location=self.location(at.location), service=service)

    def organization(self, organization: Organization, contacts: bool = False) -> Record:
        found = record(
            id=str(organization.uuid),
            name=organization.title,
            alternate_name=organization.alternate_name,
            description=organization.description or organization.title,
            email=organization.email,
            website=iri_to_uri(organization.website),
            legal_status=organization.get_kind_display(),
            parent_organization_id=organization.parent and str(organization.parent.uuid),
        )
        return found | reached(organization, "organization_id") if contacts else found

    def organization_with_services(self, organization: Organization, full_service: bool) -> Record:
        services = organization.services.all()
        programs = {service.programme_id: program(service) for service in services if service.programme}
        return self.organization(organization, contacts=True) | record(
            locations=[self.location(row, full=True) for row in organization.locations.all()],
            programs=list(programs.values()),
            services=[self.service(row, full_service, organization=False) for row in services],
        )

    def location(self, location: Location, full: bool = False) -> Record:
        ags = location.municipality.ags if location.municipality else ""
        found = record(
            id=str(location.uuid),
            location_type=location.kind,
            name=location.title,
            url=iri_to_uri(location.url),
            organization_id=location.organization and str(location.organization.uuid),
            transportation=location.directions,
            latitude=location.latitude,
            longitude=location.longitude,
            external_identifier=ags,
            external_identifier_type="AGS" if ags else "",
        )
        if not full:
            return found
        link = {"location_id": str(location.uuid)}
        return found | record(
            addresses=self.addresses(location, link),
            accessibility=accessibility(location, link),
            languages=languages(location, link),
            schedules=schedules(location.hours.all(), location.uuid, link),
            **reached(location, "location_id"),
        )

    def addresses(self, location: Location, link: Record) -> list[Record]:
        """A post box may have no street, and the schema wants a first line."""
        if location.kind == Location.Kind.VIRTUAL or not (location.postal_code and location.city):
            return []
        return [
            record(
                id=derived(location.uuid, "address"),
                **link,
                address_1=location.street or location.addition or location.city,
                address_2=location.addition if location.street else "",
                city=location.city,
                region=location.municipality.name if location.municipality else "",
                state_province=self.land,
                postal_code=location.postal_code,
                country="DE",
                address_type=location.kind,
            )
        ]


def last_modified(service: Service) -> str:
    """Becoming visible is a change too, for whoever keeps a copy."""
    changed = max(service.modified, service.publish_from or service.modified)
    return changed.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def assurer(service: Service) -> str:
    """Who has checked may be somebody at work there or the mailbox for checks, neither of which is public."""
    return service.verified_by if service.verified_by == service.organization.email else ""


def program_id(service: Service) -> str:
    """In HSDS a program belongs to one organization; a nationwide one is many there."""
    return derived(service.organization.uuid, f"program/{service.programme_id}") if service.programme_id else ""


def program(service: Service) -> Record:
    programme = service.programme
    if not programme:
        return {}
    return {
        "id": program_id(service),
        "organization_id": str(service.organization.uuid),
        "name": programme.title,
        "description": programme.description or programme.title,
    }


def place_fields(at: ServiceAtLocation, service: Service) -> Record:
    return {
        "id": str(at.uuid),
        "service_id": str(service.uuid),
        "location_id": str(at.location.uuid),
        "description": at.description,
    }


def held(service: Service, at: int | None, link: Record) -> Record:
    """The contacts and hours of a service that hold at one of its places only (`at` is its id), or with None everywhere."""
    contact_rows = [row for row in service.contacts.all() if row.service_at_location_id == at]
    hours = [row for row in service.hours.all() if row.service_at_location_id == at]
    found = contacts(contact_rows, service.uuid, link)
    return {"contacts": found, "phones": phones_of(found), "schedules": schedules(hours, service.uuid, link)}


def urls(service: Service, link: Record) -> list[Record]:
    if not service.booking_url:
        return []
    id, label = derived(service.uuid, "url/booking"), _("Termin online buchen")
    return [{"id": id, **link, "label": label, "url": iri_to_uri(service.booking_url)}]


def documents(service: Service, link: Record) -> list[Record]:
    """Numbered by line: what a line says is different in each language."""
    lines = enumerate((service.documents or "").splitlines())
    return [
        {"id": derived(service.uuid, f"document/{number}"), **link, "document": line.strip()}
        for number, line in lines
        if line.strip()
    ]


def contacts(rows: Iterable[Contact], owner: UUID, link: Record) -> list[Record]:
    return [contact(row, derived(owner, f"contact/{row.pk}"), link) for row in rows]


def contact(row: Contact, id: str, link: Record) -> Record:
    phones = [
        record(id=derived(UUID(id), kind), contact_id=id, number=number, type=kind, description=row.note)
        for kind, number in (("voice", row.phone), ("cell", row.mobile), ("fax", row.fax))
        if number
    ]
    # Only a phone number has room for a note.
    title = row.label if phones else ", ".join(text for text in (row.label, row.note) if text)
    return record(
        id=id, **link, name=row.person, title=title, department=row.department, email=row.email, phones=phones
    )


def reached(owner: Organization | Location, key: str) -> Record:
    found = contacts(owner.contacts.all(), owner.uuid, {key: str(owner.uuid)})
    return record(contacts=found, phones=phones_of(found))


def phones_of(contacts: list[Record]) -> list[Record]:
    """The same numbers again, for who does not look into the contacts."""
    return [phone for contact in contacts for phone in contact.get("phones", ())]


def languages(owner: Service | Location, link: Record) -> list[Record]:
    """A list that is there is complete, and so has German too; without a list nobody has said anything."""
    found = [
        record(
            id=derived(owner.uuid, f"language/{row.pk}"),
            **link,
            name=spoken.name(row.code),
            code=row.code,
            note=row.note,
        )
        for row in owner.languages.all()
    ]
    german = site_languages.BY_CODE[site_languages.SOURCE]
    id = derived(owner.uuid, "language")
    return [{"id": id, **link, "name": german.name, "code": german.code}, *found] if found else []


def accessibility(location: Location, link: Record) -> list[Record]:
    found = []
    if location.wheelchair:
        id = derived(location.uuid, "accessibility/wheelchair")
        value = record(
            id=derived(UUID(id), "attribute"),
            link_id=id,
            link_entity="accessibility",
            link_type="wheelchair",
            value=location.wheelchair,
            label=location.get_wheelchair_display(),
        )
        found.append({"id": id, **link, "description": location.get_wheelchair_display(), "attributes": [value]})
    for term in location.accessibility.all():
        id = derived(location.uuid, f"accessibility/{term.pk}")
        attributes = [attribute(UUID(id), "accessibility", term)]
        found.append({"id": id, **link, "description": term.title, "attributes": attributes})
    if note := location.accessibility_note:
        found.append({"id": derived(location.uuid, "accessibility"), **link, "description": note})
    return found


def schedules(rows: Iterable[OpeningHours], owner: UUID, link: Record) -> list[Record]:
    """HSDS cannot say that a place is closed, or open otherwise, on some days: exceptions become words."""
    regular = [row for row in rows if not row.exception]
    today = timezone.localdate()
    exceptions = sorted(
        (row for row in rows if row.exception and row.valid_to >= today), key=lambda row: (row.valid_from, row.pk)
    )
    if not regular:
        return [
            record(
                id=derived(owner, f"schedule/{row.pk}"),
                **link,
                valid_from=row.valid_from.isoformat(),
                valid_to=row.valid_to.isoformat(),
                notes=in_words(row),
            )
            for row in exceptions
        ]
    notes = "; ".join(in_words(row) for row in exceptions)
    return [schedule(row, derived(owner, f"schedule/{row.pk}"), link, notes) for row in regular]


def schedule(row: OpeningHours, id: str, link: Record, notes: str) -> Record:
    days = row.days.split(",") if row.days else list(CODES if row.opens_at else ())
    description = [row.note, _("auch an Feiertagen") if row.on_holidays else ""]
    return record(
        id=id,
        **link,
        valid_from=row.valid_from and row.valid_from.isoformat(),
        valid_to=row.valid_to and row.valid_to.isoformat(),
        freq=("MONTHLY" if row.nth else "WEEKLY") if days else "",
        interval=1 if days else None,
        wkst="MO" if days else "",
        byday=",".join(f"{row.nth or ''}{day}" for day in days),
        opens_at=row.opens_at and f"{row.opens_at:%H:%M}",
        closes_at=row.closes_at and f"{row.closes_at:%H:%M}",
        attending_type=_("nur mit Termin") if row.by_appointment else "",
        description=", ".join(text for text in description if text),
        notes=notes,
    )


def in_words(row: OpeningHours) -> str:
    """ "24.12.2026 – 02.01.2027: geschlossen, Weihnachten" """
    dates = dict.fromkeys(date_format(day, "SHORT_DATE_FORMAT") for day in (row.valid_from, row.valid_to))
    days = ", ".join(str(WEEKDAYS[code]) for code in row.days.split(",") if code)
    when = " – ".join(dates) + (f" ({days})" if days else "")
    times = f"{row.opens_at:%H:%M}–{row.closes_at:%H:%M}" if row.opens_at else _("geschlossen")
    return ", ".join(text for text in (f"{when}: {times}", row.note) if text)


def attribute(owner: UUID, entity: str, term: Term) -> Record:
    return {
        "id": derived(owner, f"attribute/{term.pk}"),
        "link_id": str(owner),
        "link_entity": entity,
        "link_type": term.vocabulary,
        "taxonomy_term_id": str(term.uuid),
        "label": term.title,
        "taxonomy_term": taxonomy_term(term),
    }


def taxonomy_term(term: Term, detail: bool = False) -> Record:
    return record(
        id=str(term.uuid),
        code=term.slug,
        name=term.title,
        description=term.description or term.title,
        parent_id=term.parent and str(term.parent.uuid),
        taxonomy=term.get_vocabulary_display(),
        taxonomy_id=str(taxonomy_id(term.vocabulary)),
        taxonomy_detail=taxonomy(Term.Vocabulary(term.vocabulary)) if detail else None,
    )


def taxonomy(vocabulary: Term.Vocabulary) -> Record:
    label = str(vocabulary.label)
    return {"id": str(taxonomy_id(vocabulary)), "name": label, "description": label}
