"""What this API promises beyond the standard: in words, and as JSON merge patches (RFC 7396) of the standard's schemas.

Only what always holds; the tests apply the patches and validate with the result.
"""

from .export import MUNICIPALITY_URI

WORDS = (
    "Each language has a root of its own, /de/hsds, /en/hsds and so on. An id is the same in all of them.",
    "Texts are in the language of the root; what is not translated is in German.",
    "Only what is public is there. What a list with `minimal=true` no longer has is no longer public.",
    "assured_date is the day on which somebody last made sure that everything about a service is right. It is never "
    "set by mere editing. A service without it has not been checked yet.",
    "assurer_email is there only if it is the public address of the organization.",
    "A service without locations is reached by phone or mail only. What stands at a service_at_location (contacts, "
    "schedules) holds there in place of the same of the service. Where a service has none, those of the location hold. "
    "A schedule with dates and notes alone is an exception, and replaces no other schedule.",
    "Times are wall clock times of Europe/Berlin, without an offset, in summer and in winter. A time to close that is "
    "not after the time to open is on the next day; 00:00 to 00:00 is the whole day.",
    "On public holidays of the Land a schedule does not hold, unless its description says so.",
    "HSDS cannot say that a place is closed on some days. Such exceptions stand in words in the notes of the schedules "
    "they are exceptions from; where there are no others, as a schedule with dates and notes alone. Those of a service "
    "hold at all its locations, and when a location is closed, nobody is there for any service; the nearest ones say "
    "what is true of a day.",
    "An exception with times that lasts for more than a day does not hold on public holidays.",
    "attending_type is there only where an appointment is needed.",
    "Languages are what is spoken besides German, with ISO 639-1 or 639-3 codes; where there is such a list, German is "
    "in it too.",
    "The area of a service is named by its municipalities, with their official key (AGS) as a URI of DCAT-AP.de; one "
    "that is there for the whole county has the county's name.",
    "The external_identifier of a location is the AGS of the municipality it lies in.",
    "Attributes have a link_type of topic, audience, accessibility or programme, the names of the taxonomies, or "
    "wheelchair with the value yes, limited or no.",
    "A program belongs to one organization (HSDS). The nationwide one it is part of is a term of the taxonomy of "
    "programmes.",
    "The region of an address is its municipality, the state_province its Land.",
)

TIME = r"^([01]\d|2[0-3]):[0-5]\d$"

PATCHES = {
    "service.json": {
        "required": ["id", "organization_id", "name", "status", "last_modified"],
        "properties": {"assured_date": {"format": "date"}},
    },
    "language.json": {"required": ["id", "name", "code"]},
    "phone.json": {
        "required": ["id", "contact_id", "number", "type"],
        "properties": {"type": {"enum": ["voice", "cell", "fax"]}, "extension": None},
    },
    "address.json": {"properties": {"country": {"const": "DE"}}},
    "schedule.json": {
        "properties": {
            "opens_at": {"pattern": TIME},
            "closes_at": {"pattern": TIME},
            "valid_from": {"format": "date"},
            "valid_to": {"format": "date"},
            **dict.fromkeys(
                ("timezone", "dtstart", "until", "count", "byweekno", "bymonthday", "byyearday", "schedule_link")
            ),
        }
    },
    "service_area.json": {
        "required": ["id", "service_id", "name"],
        "properties": {"uri": {"pattern": rf"^{MUNICIPALITY_URI}\d{{8}}$".replace(".", r"\.")}},
    },
    "attribute.json": {
        "required": ["id", "link_id", "link_entity", "link_type", "label"],
        "properties": {"link_type": {"enum": ["topic", "audience", "accessibility", "programme", "wheelchair"]}},
    },
    "taxonomy_term.json": {"required": ["id", "code", "name", "description", "taxonomy_id"]},
}

PROFILE = {
    "name": "HSDS 3.1 of the German integration portals",
    "standard": "Human Services Data Specification 3.1, an Open Referral resource: https://openreferral.org/",
    "in_words": WORDS,
    "schema_patches": PATCHES,
}
