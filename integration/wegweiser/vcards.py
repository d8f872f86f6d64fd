"""Contacts for the phone's address book: vCard 3.0 (RFC 2426), which every phone and Outlook read."""

from django.utils.translation import get_language

from . import places
from .models import Service


def cards(request, service: Service) -> str:
    """A card for each place; the same id in every language, so that saving it again doubles nothing."""
    return "".join(card(request, service, place).serialize() for place in places.places(service))


def card(request, service: Service, place: places.Place):
    import vobject  # takes a twentieth of a second

    found = vobject.vCard()
    location = place.location
    found.add("fn").value = f"{service.title} ({location.city})" if location and location.city else service.title
    found.add("n").value = vobject.vcard.Name(family=found.fn.value)
    found.add("org").value = [service.organization.title]
    found.add("uid").value = f"urn:uuid:{place.at.uuid if place.at else service.uuid}"
    found.add("rev").value = service.modified.strftime("%Y%m%dT%H%M%SZ")
    found.add("url").value = request.build_absolute_uri(service.get_absolute_url())
    if location and location.city:
        address = found.add("adr")
        address.type_param = "WORK"
        address.value = vobject.vcard.Address(
            street=location.street,
            extended=location.addition,
            city=location.city,
            code=location.postal_code,
            country="Deutschland",
        )
    for contact in place.contacts:
        add_numbers(found, contact)
    if service.lead:
        found.add("note").value = service.lead
        found.note.params["LANGUAGE"] = [get_language()]
    return found


def add_numbers(found, contact) -> None:
    for number, types in (
        (contact.phone, ["WORK", "VOICE"]),
        (contact.mobile, ["CELL"]),
        (contact.fax, ["WORK", "FAX"]),
    ):
        if number:
            line = found.add("tel")
            line.value = number
            line.params["TYPE"] = types
    if contact.email:
        line = found.add("email")
        line.value = contact.email
        line.type_param = "INTERNET"
