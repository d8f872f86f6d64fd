"""What a service's organization can correct, each thing as a German text: read from the directory and written to it."""

import re
from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.core.validators import MaxLengthValidator
from django.db.models import Model
from django.utils import translation
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from modeltranslation.utils import build_localized_fieldname

from portal import languages

from .. import places
from ..models import Contact, Location, Municipality, Service, ServiceAtLocation
from ..written import folded, hours_from_text, hours_to_text, languages_from_text, languages_to_text

At = ServiceAtLocation | None  # a place of the service; None: what holds at all of them

LABELS = {
    "title": _("Name des Angebots"),
    "lead": _("In einem Satz"),
    "description": _("Beschreibung"),
    "availability": _("Wird das Angebot gemacht?"),
    "alert": _("Aktueller Hinweis"),
    "address": _("Adresse"),
    "hours": _("Öffnungszeiten"),
    "contacts": _("Kontakt"),
    "languages": _("Sprachen"),
    "eligibility": _("Wer kann kommen?"),
    "how_to_apply": _("Anmeldung und Termin"),
    "booking_url": _("Termine online buchen"),
    "fees": _("Kosten"),
    "documents": _("Bitte mitbringen"),
    "url": _("Internetseite des Angebots"),
    "comment": _("Mitteilung"),
}
AVAILABILITY = {
    Service.Availability.ACTIVE: _("Ja"),
    Service.Availability.INACTIVE: _("Zurzeit nicht"),
    Service.Availability.CLOSED: _("Vorübergehend geschlossen"),
    Service.Availability.DEFUNCT: _("Nein, nicht mehr"),
}
AT_PLACES = ("address", "hours", "contacts")
MAX_LENGTH = {"address": 300, "hours": 2000, "contacts": 3000, "languages": 1000, "comment": 2000}


@dataclass
class Fact:
    name: str
    at: At
    text: str

    @property
    def key(self) -> str:
        return f"{self.name}-{self.at.pk}" if self.at else self.name

    @property
    def label(self) -> str:
        return label(self.name, self.at)

    @property
    def shown(self) -> str | Promise:
        return shown(self.name, self.text)


def label(name: str, at: At = None) -> str:
    if not at:
        return str(LABELS[name])
    where = at.location.title_de or at.location.address
    return f"{LABELS[name]}: {where}"


def shown(name: str, text: str) -> str | Promise:
    return AVAILABILITY.get(text, text) if name == "availability" else text


def of(service: Service) -> list[Fact]:
    """Everything that can be corrected, empty things included, in the order of the page."""
    at = {name: [found for found, _rows in lines(service, name)] for name in ("hours", "contacts")}
    at["address"] = [row for row in service.at_locations.all() if row.location.street or row.location.city]
    return [
        Fact(name, place, read(service, name, place))
        for name in LABELS
        if name != "comment"
        for place in at.get(name, [None])
    ]


def further(service: Service) -> list[tuple[Promise, str]]:
    """What readers see besides; who finds it wrong writes a comment."""
    with translation.override(languages.SOURCE):
        found = [
            (_("Angeboten von"), str(service.organization)),
            (_("Auch genannt"), service.alternate_name_de),
            (_("Programm"), str(service.programme or "")),
            (_("Themen"), ", ".join(map(str, service.topics.all()))),
            (_("Für wen"), ", ".join(map(str, service.audiences.all()))),
            (_("Für Menschen aus"), ", ".join(map(str, service.areas.all()))),
            (_("Alter"), ages(service)),
            (_("Dolmetschen"), service.interpretation_de),
        ]
        for at in service.at_locations.all():
            location = at.location
            access = [str(location.get_wheelchair_display()), *map(str, location.accessibility.all())]
            found += [
                (_("Ort"), "\n".join(filter(None, (location.title_de, at.description_de, location.url)))),
                (_("So kommen Sie hin"), location.directions_de),
                (_("Barrierefreiheit"), "\n".join(filter(None, (*access, location.accessibility_note_de)))),
            ]
        return [(label, text) for label, text in found if text]


def ages(service: Service) -> str:
    first, last = service.minimum_age, service.maximum_age
    words = [f"ab {first} Jahren" if first is not None else "", f"bis {last} Jahre" if last is not None else ""]
    return ", ".join(filter(None, words))


def field(name: str):
    """The service's own column of that name, the German one of a translated text."""
    german = build_localized_fieldname(name, languages.SOURCE)
    return Service._meta.get_field(german if hasattr(Service, german) else name)


def translations(service: Service, name: str) -> list[str]:
    """The languages a text has besides German."""
    if name in MAX_LENGTH or not hasattr(Service, build_localized_fieldname(name, languages.SOURCE)):
        return []
    others = (code for code in languages.BY_CODE if code != languages.SOURCE)
    return [code for code in others if getattr(service, build_localized_fieldname(name, code))]


def max_length(name: str) -> int:
    return MAX_LENGTH.get(name) or field(name).max_length


def read(service: Service, name: str, at: At = None) -> str:
    if name == "address":
        return address_to_text(at.location)
    if name == "hours":
        return "\n".join(hours_to_text([row]) for row in rows(service, name, at))
    if name == "contacts":
        return contacts_to_text(rows(service, name, at))
    if name == "languages":
        return languages_to_text(places.languages(service))
    if name == "comment":
        return ""
    if name == "alert" and not service.has_alert():
        return ""  # it is over
    return tidy(getattr(service, field(name).name) or "")


def check(name: str, text: str) -> None:
    """Raises ValidationError where the text is none that could be written."""
    MaxLengthValidator(max_length(name))(text)
    if name in {"hours", "languages"}:
        try:
            hours_from_text(text) if name == "hours" else languages_from_text(text)
        except ValidationError as error:
            if translation.get_language() == languages.SOURCE:
                raise
            raise ValidationError(
                [_("Das verstehen wir nicht. Bitte schreiben Sie es wie im Beispiel."), error]
            ) from None
    elif name == "contacts":
        contacts_from_text(text)
    elif name == "address":
        address_from_text(text)
    elif name == "title" and not text:
        raise ValidationError(_("Bitte schreiben Sie, wie das Angebot heißt."))
    elif name != "comment":
        field(name).clean(text, None)


def write(service: Service, name: str, at: At, text: str) -> None:
    """Raises ValidationError, also where the rows and the text as a whole would not be right."""
    with translation.override(languages.SOURCE):
        if name == "address":
            write_address(at.location, text)
        elif name == "hours":
            write_hours(service, at, text)
        elif name == "contacts":
            write_contacts(service, at, text)
        elif name == "languages":
            replace(service.languages.all(), languages_from_text(text), same=("code",), service=service)
        elif name != "comment":
            setattr(service, field(name).name, text)
            if name == "alert":
                service.alert_until = None  # that was the former one's
            service.full_clean()
            service.save()


def owner(service: Service, name: str, at: At) -> Model:
    """What a correction changes: the service, or what others share with it."""
    if name == "address":
        return at.location
    return service.organization if name == "contacts" and is_of_organization(service, at) else service


def tidy(text: str) -> str:
    """Texts that only a browser or a careless hand tells apart are the same."""
    return "\n".join(line.strip() for line in text.replace("\r", "").strip().split("\n"))


# Opening hours and contacts: of all places, or of one --------------------------------------------------


def lines(service: Service, kind: str) -> list[tuple[At, list]]:
    """The rows ("hours", "contacts") as they are corrected: what holds at several places once, the others by place."""
    found = places.places(service)
    if len(found) == 1:
        return [(None, of_place(found[0], kind))]
    by_place: dict[At, list] = {}
    for place in found:
        here = of_place(place, kind)
        for at in dict.fromkeys(None if holds_everywhere(row) else place.at for row in here) or [place.at]:
            by_place[at] = [row for row in here if holds_everywhere(row) == (at is None)]
    return list(by_place.items())


def of_place(place: places.Place, kind: str) -> list:
    """Without the exceptions of a house whose hours the service does not follow: they are not its own to correct."""
    if kind == "contacts":
        return place.contacts
    return [row for row in place.hours if place.hours_of_house or not row.location_id]


def holds_everywhere(row) -> bool:
    if getattr(row, "organization_id", None):
        return True
    return row.service_id is not None and row.service_at_location_id is None


def rows(service: Service, kind: str, at: At) -> list:
    return next((here for place, here in lines(service, kind) if place == at), [])


def own(service: Service, kind: str, at: At):
    """The service's rows a correction replaces, and whose the new ones are. Those of a house stay: others share it."""
    if at is None and service.at_locations.count() < 2:
        return getattr(service, kind).all(), {"service": service, "service_at_location": None}
    return getattr(service, kind).filter(service_at_location=at), {"service": service, "service_at_location": at}


def write_hours(service: Service, at: At, text: str) -> None:
    wanted = hours_from_text(text)
    old, parent = own(service, "hours", at)
    replace(old, wanted, same=tuple(wanted[0]) if wanted else (), **parent)


def write_contacts(service: Service, at: At, text: str) -> None:
    old, parent = own(service, "contacts", at)
    if is_of_organization(service, at):  # its number is one and the same for all its services
        old, parent = service.organization.contacts.all(), {"organization": service.organization}
    replace(old, contacts_from_text(text), same=("label_de",), **parent)


def is_of_organization(service: Service, at: At) -> bool:
    return any(contact.organization_id for contact in rows(service, "contacts", at))


def replace(old, wanted: list[dict], same: tuple[str, ...], **parent) -> None:
    """New rows in the order of the text. One that stays the `same` keeps what else is known of it, as translations."""
    former = list(old)
    if not former and not wanted:
        raise ValidationError("Das steht beim Haus und gilt auch für andere. Bitte ändern oder leeren Sie es dort.")
    old.delete()
    for order, values in enumerate(wanted):
        row = next(
            (row for row in former if all((getattr(row, name) or "") == (values[name] or "") for name in same)), None
        )
        if row is None:
            row = old.model()
        else:
            former.remove(row)
            row.pk, row._state.adding = None, True
        if old.model is Contact:
            values = {**values, "order": order}
        for name, value in {**values, **parent}.items():
            setattr(row, name, value)
        row.full_clean()
        row.save()


# Contacts as text -------------------------------------------------------------------------------------

CONTACT_WORDS = {
    "label_de": "Wofür",
    "person": "Name",
    "department_de": "Abteilung",
    "phone": "Telefon",
    "mobile": "Mobil",
    "fax": "Fax",
    "email": "E-Mail",
    "note_de": "Hinweis",
}
OTHER_CONTACT_WORDS = {
    "tel": "phone", "fon": "phone", "telefonnummer": "phone", "handy": "mobile", "mobiltelefon": "mobile",
    "telefax": "fax", "mail": "email", "email": "email", "ansprechperson": "person", "ansprechpartner": "person",
    "ansprechpartnerin": "person", "bereich": "department_de",
}  # fmt: skip
CONTACT_FIELDS = {folded(word): name for name, word in CONTACT_WORDS.items()} | OTHER_CONTACT_WORDS
CHANNELS = ("phone", "mobile", "fax", "email")


def contacts_to_text(contacts: list[Contact]) -> str:
    """Like a visiting card, each line with what it is; an empty line stands between two contacts."""
    return "\n\n".join(
        "\n".join(
            f"{word}: {' '.join(str(value).split())}"
            for name, word in CONTACT_WORDS.items()
            if (value := getattr(contact, name))
        )
        for contact in contacts
    )


def contacts_from_text(text: str) -> list[dict]:
    return [contact_from_text(block) for block in re.split(r"\n\s*\n", tidy(text)) if block.strip()]


def contact_from_text(block: str) -> dict:
    found = dict.fromkeys(CONTACT_WORDS, "")
    for line in block.splitlines():
        word, colon, value = line.partition(":")
        name, value = (CONTACT_FIELDS.get(folded(word)), value.strip()) if colon else (bare(line), line.strip())
        if name is None:
            message = _("Was ist „%(line)s“? Bitte schreiben Sie es davor, zum Beispiel „Telefon: 030 23125-100“.")
            raise ValidationError(message, params={"line": line})
        if found[name]:
            message = _("„%(word)s“ steht zweimal da. Zwischen zwei Kontakte gehört eine leere Zeile.")
            raise ValidationError(message, params={"word": CONTACT_WORDS[name]})
        found[name] = Contact._meta.get_field(name).clean(value, None) or ""
    if not any(found[name] for name in CHANNELS):
        raise ValidationError(_("Zu jedem Kontakt gehört Telefon, Mobil, Fax oder E-Mail."))
    return found


def bare(line: str) -> str | None:
    """A number or an address says itself what it is."""
    if re.fullmatch(r"\S+@\S+", line):
        return "email"
    return "phone" if re.fullmatch(r"\+?[\d\s/()–-]{5,}", line) else None


# Addresses as text ------------------------------------------------------------------------------------


def address_to_text(location: Location) -> str:
    """As on a letter: street, addition, town."""
    town = f"{location.postal_code} {location.city}".strip()
    return "\n".join(part for part in (location.street, location.addition, town) if part)


def address_from_text(text: str) -> dict:
    parts = [part for part in re.split(r"\s*[\n,]\s*", tidy(text)) if part]
    town = re.fullmatch(r"(?:[A-Z]{1,2}[- ])?(\d{4,5})\s+(.+)", parts[-1]) if parts else None
    if not town or len(parts) not in {2, 3}:
        raise ValidationError(
            _("Bitte schreiben Sie Straße und Hausnummer in die erste Zeile, PLZ und Ort in die letzte.")
        )
    found = {
        "street": parts[0],
        "addition": parts[1] if len(parts) == 3 else "",
        "postal_code": town[1],
        "city": town[2],
    }
    for name, value in found.items():
        Location._meta.get_field(name).clean(value, None)
    return found


def write_address(location: Location, text: str) -> None:
    wanted = address_from_text(text)
    if any(getattr(location, name) != wanted[name] for name in ("street", "postal_code", "city")):
        location.latitude = location.longitude = None  # where it was; the map finds the new one by its address
        location.municipality = (
            Municipality.objects.filter(name__iexact=wanted["city"]).first() or location.municipality
        )
    for name, value in wanted.items():
        setattr(location, name, value)
    location.full_clean()
    location.save()
