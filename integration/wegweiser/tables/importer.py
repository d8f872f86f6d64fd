"""The directory from a spreadsheet, all of it or nothing.

A row is about a service at a place. Rows with the same key (or without one: the same organization and title) are one
service. What an import may do is small: it adds and changes. It deletes no service and no place, it leaves alone what
the sheet has no column for, and it verifies nothing.

`Check` reads and compares without writing, so that others can go on editing; `write` does it all in one short
transaction. The library's own import would write row by row and roll back, and hold up everybody meanwhile.
"""

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models

from portal.models import SiteProfile
from portal.spreadsheets import Row, dotted, read, text_of

from .. import places
from ..models import (
    Contact,
    DirectoryVersion,
    Location,
    Organization,
    Service,
    ServiceAtLocation,
)
from .head import TOGETHER, head, named_cells
from .phones import spread
from .rows import Change, Entry, Sheet, with_everything
from .sheet import EXAMPLE_KEY, Column, Towns, folded, in_line, short

CONTACT = ("phone", "mobile", "fax", "email")  # one of them at least
ADDRESS = ("location.street", "location.postal_code", "location.city")


# Recognising ----------------------------------------------------------------------------------------


def street_name(text: str) -> str:
    """ "Musterstr. 5 a" is "Musterstraße 5a"."""
    text = re.sub(r"str(?:asse)?\b", "str", folded(text))
    return re.sub(r"(?<=\d) (?=[a-z]\b)", "", text)


def squeezed(name: str) -> str:
    """ "Caritas-Verband e. V." is much like "Caritasverband"."""
    return re.sub(r"( e v| ggmbh| gmbh)$", "", folded(name)).replace(" ", "")


def address_of(street: str, postal_code: str, city: str) -> tuple[str, str, str]:
    return street_name(street), folded(postal_code), folded(city.partition("(")[0])


class Directory:
    """What there is, each row once in memory, and found by what a sheet may call it."""

    def __init__(self):
        self.organizations: dict[str, list[Organization]] = defaultdict(list)
        self.nearly: dict[str, str] = {}  # their names, by what is left without spaces and legal forms
        self.by_key: dict[str, Service] = {}
        self.by_name: dict[tuple[str, str], list[Service]] = defaultdict(list)
        self.locations: dict[tuple, list[Location]] = defaultdict(list)

    def load(self) -> Iterator[int]:
        organizations = Organization.objects.in_bulk()
        for organization in organizations.values():
            self.organizations[folded(organization.title_de)].append(organization)
            self.nearly.setdefault(squeezed(organization.title_de), organization.title_de)
        locations = {row.pk: row for row in Location.objects.prefetch_related("accessibility").order_by("pk")}
        for location in locations.values():
            self.locations[location_key(location)].append(location)
        for number, service in enumerate(
            with_everything(Service.objects.order_by("pk")).iterator(chunk_size=200), start=1
        ):
            service.organization = organizations.setdefault(service.organization_id, service.organization)
            for at in service.at_locations.all():
                at.location = locations.setdefault(at.location_id, at.location)
            self.by_key[str(service.uuid)] = service
            if service.import_key:
                self.by_key[service.import_key] = service
            self.by_name[folded(service.organization.title_de), folded(service.title_de)].append(service)
            if number % 200 == 0:
                yield number


def location_key(location: Location) -> tuple:
    if location.street or location.postal_code:
        return address_of(location.street, location.postal_code, location.city)
    return (folded(location.url or location.title_de or ""),)


# Checking -------------------------------------------------------------------------------------------


@dataclass
class Writing:
    """What `write` has to do."""

    new: dict[type, list[models.Model]] = field(default_factory=lambda: defaultdict(list))
    updates: dict[models.Model, dict[str, Any]] = field(default_factory=lambda: defaultdict(dict))
    many: list[tuple[models.Model, str, tuple]] = field(default_factory=list)
    contacts: list[tuple[Contact | None, Service, ServiceAtLocation | None, dict]] = field(default_factory=list)
    hours: list[tuple[Service, list[tuple[ServiceAtLocation | None, list]]]] = field(default_factory=list)
    languages: list[tuple[Service, list[dict]]] = field(default_factory=list)

    def set(self, owner: models.Model, name: str, value: Any) -> None:
        if owner._state.adding:
            setattr(owner, name, value)
        else:
            self.updates[owner][name] = value

    def value(self, owner: models.Model, name: str) -> Any:
        """What the row will say once all is written."""
        return self.updates.get(owner, {}).get(name, getattr(owner, name)) if owner.pk else getattr(owner, name)


class Check:
    """What an import of this sheet would do to the directory as it is: `rows` for people, `writing` for `write`."""

    def __init__(self, sheet: Sheet | None = None):
        self.sheet = sheet or Sheet()
        self.rows: list[Entry] = []
        self.warnings: list[str] = []
        self.writing = Writing()
        self.towns: Towns = self.sheet.fields["location.municipality"].widget

    def run(self, file) -> Iterator[str]:
        """Says what it is doing; nothing is written."""
        self.version = DirectoryVersion.objects.values_list("token", flat=True).first()
        tables = yield from read(file)
        self.head, table = head(self.sheet, tables)
        self.warnings += self.head.warnings
        self.directory = Directory()
        for number in self.directory.load():
            yield f"{dotted(number)} vorhandene Angebote gelesen"
        below = self.head.below(table)
        total = len(below)
        for number, row in enumerate(below, start=1):
            self.read_row(row)
            if number % 200 == 0 or number == total:
                yield f"Zeile {dotted(number)} von {dotted(total)} geprüft"
        if not self.rows:
            raise ValidationError("Unter den Überschriften steht nichts, was sich importieren lässt.")
        self.recognise()
        for number in self.compare():
            yield f"{dotted(number)} Angebote verglichen"
        yield "Mit dem Wegweiser verglichen"

    # Of the result ------------------------------------------------------------------------------

    @property
    def problems(self) -> list[Entry]:
        return [entry for entry in self.rows if entry.problems]

    @property
    def changed(self) -> list[Entry]:
        return [entry for entry in self.rows if entry.changes]

    def services(self, kind: str) -> int:
        """How many services are new, changed, or the same."""
        kinds: dict[int, set[str]] = defaultdict(set)
        for entry in self.rows:
            kinds[id(entry.service)].add(entry.kind)
        best = [next((kind for kind in ("new", "changed") if kind in found), "same") for found in kinds.values()]
        return best.count(kind)

    def new(self, target: str) -> list[tuple[models.Model, list[int]]]:
        """Each new organization or location once, with the rows that speak of it."""
        found: dict[int, tuple[models.Model, list[int]]] = {}
        for entry in self.rows:
            if (owner := getattr(entry, target)) and owner._state.adding:
                found.setdefault(id(owner), (owner, []))[1].append(entry.number)
        return list(found.values())

    def unknown_towns(self) -> dict[str, list[int]]:
        """Municipalities that are missing, each under its shortest spelling, with the rows that speak of it."""
        rows: dict[str, list[int]] = defaultdict(list)
        spellings = {name for entry in self.rows for name in entry.unknown_towns}
        shortest: dict[str, str] = {}
        for name in sorted(spellings, key=lambda name: (len(name), name)):
            shortest.setdefault(self.towns.short(name), name)
        for entry in self.rows:
            for name in dict.fromkeys(entry.unknown_towns):
                rows[shortest[self.towns.short(name)]].append(entry.number)
        return dict(rows)

    @property
    def emptied(self) -> int:
        return sum(not change.after for entry in self.rows for change in entry.changes)

    def digest(self) -> str:
        """Of what was shown: only that is imported."""
        shown = [(entry.number, entry.kind, entry.changes, entry.problems) for entry in self.rows]
        return sha256(repr(shown).encode()).hexdigest()

    # One row after the other ---------------------------------------------------------------------

    def read_row(self, row: Row) -> None:
        entry = Entry(number=row.number)
        cells = named_cells(self.head, row, entry)
        if folded(text_of(cells.get("Schlüssel"))) == folded(EXAMPLE_KEY):
            self.warnings.append(f"Zeile {row.number} ist das Beispiel aus der Vorlage und wird nicht gelesen.")
            return
        spread(cells, entry)
        self.sheet.import_instance(entry, cells)
        entry.title = entry.said.get("service.title_de") or in_line(text_of(cells.get("Angebot")))
        self.rows.append(entry)

    # Which service, which place -------------------------------------------------------------------

    def recognise(self) -> None:
        """Rows with the same key are one service, without a key those of the same organization and title."""
        groups: dict[Any, list[Entry]] = defaultdict(list)
        for entry in self.rows:
            key = entry.said.get("service.import_key")
            if key:
                groups[self.directory.by_key.get(key, key)].append(entry)
            elif entry.said.get("service.title_de") and entry.said.get("service.organization"):
                groups[names_of(entry)].append(entry)
            elif not entry.problems:
                entry.refuse("Schlüssel", "Ohne Schlüssel müssen Angebot und Organisation ausgefüllt sein.")
        first_rows: dict[int, Entry] = {}
        for known, rows in groups.items():
            service = known if isinstance(known, Service) else self.find_service(rows) or self.new_service(rows)
            if (first := first_rows.setdefault(id(service), rows[0])) is not rows[0]:
                rows[0].refuse(
                    "Angebot", f"Das ist dasselbe Angebot wie in Zeile {first.number}, aber mit anderem Schlüssel."
                )
            for entry in rows:
                entry.service = service
                entry.title = entry.title or service.title_de or ""
                self.find_organization(entry)
            self.find_places(service, rows, may_move=isinstance(known, Service))

    def find_service(self, rows: list[Entry]) -> Service | None:
        """By organization, title, postal code and street."""
        said = rows[0].said
        if not (said.get("service.title_de") and said.get("service.organization")):
            return None
        same = called(self.directory.by_name.get(names_of(rows[0]), []), said["service.title_de"])
        if said.get("service.import_key"):
            same = [service for service in same if not service.import_key]
        addresses = {key for entry in rows if (key := self.said_address(entry))}
        found = [
            service
            for service in same
            if not addresses
            or not service.at_locations.all()
            or any(location_key(at.location) in addresses for at in service.at_locations.all())
        ]
        if len(found) > 1:
            rows[0].refuse(
                "Angebot",
                f"{len(found)} Angebote dieser Organisation heißen so. Welches gemeint ist, sagt die Spalte „Schlüssel“ "
                "(in einer exportierten Tabelle steht er).",
            )
        elif same and not found:
            rows[0].hint(
                "Angebot",
                "Die Organisation hat schon ein Angebot mit diesem Namen, an einem anderen Ort. Dies wird ein neues.",
            )
        return found[0] if found else None

    def new_service(self, rows: list[Entry]) -> Service:
        for entry in rows:
            for attribute, header in (("service.title_de", "Angebot"), ("service.organization", "Organisation")):
                if not entry.said.get(attribute) and not entry.refused(header):
                    entry.refuse(header, "Ein neues Angebot braucht Angebot und Organisation.")
        service = fresh(Service)
        self.writing.new[Service].append(service)
        return service

    def find_organization(self, entry: Entry) -> None:
        name = entry.said.get("service.organization")
        if not name:
            entry.organization = None if entry.service._state.adding else entry.service.organization
            return
        same = called(self.directory.organizations[folded(name)], name)
        if not entry.is_new and entry.service.organization in same:
            same = [entry.service.organization]
        if len(same) > 1:
            entry.refuse(
                "Organisation",
                f"{len(same)} Organisationen heißen „{name}“. Bitte im Portal eine davon umbenennen oder löschen.",
            )
        if not same:
            same.append(fresh(Organization, title_de=name, description_de=name, kind=Organization.Kind.OTHER))
            self.directory.organizations[folded(name)] = same
            self.writing.new[Organization].append(same[0])
            other = self.directory.nearly.setdefault(squeezed(name), name)
            if other != name:
                entry.hint(
                    "Organisation",
                    f"„{name}“ wird eine eigene Organisation neben „{other}“. Ist es dieselbe, bitte gleich schreiben.",
                )
        elif exactly(name) != exactly(same[0].title_de):
            entry.hint("Organisation", f"„{name}“ gilt als dieselbe Organisation wie „{same[0].title_de}“.")
        entry.organization = same[0]

    def said_address(self, entry: Entry) -> tuple | None:
        """By what the row's place is to be found: its address, else where it is on the internet, else its name."""
        street, postal_code, city = (entry.said.get(name) or "" for name in ADDRESS)
        if street or postal_code:
            return address_of(street, postal_code, city or self.municipality_name(entry))
        name = entry.said.get("location.url") or entry.said.get("location.title_de")
        return (folded(name),) if name else None

    def municipality_name(self, entry: Entry) -> str:
        chosen = entry.said.get("location.municipality")
        return self.towns.names[chosen[0]] if chosen else ""

    def find_places(self, service: Service, rows: list[Entry], may_move: bool) -> None:
        """Each row its place: one the service has, or another.

        With a key, a new address for the only place that is left means that it has moved.
        """
        left = [] if service._state.adding else list(service.at_locations.all())
        only = left[0] if len(left) == len(rows) == 1 else None
        waiting = []
        for entry in rows:
            if any(entry.refused(header) for header in ("Straße", "PLZ", "Stadt", *map(str.title, TOGETHER))):
                continue
            address, title = self.said_address(entry), said_title(entry)
            mine = [at for at in left if location_key(at.location) == address]
            mine = [at for at in mine if folded(at.location.title_de or "") == title] or mine
            if address is None and only:
                mine = [only]
            if mine:
                entry.at, entry.location = mine[0], mine[0].location
                left.remove(mine[0])
            else:
                waiting.append(entry)
        if may_move and len(waiting) == len(left) == 1 and self.said_address(waiting[0]):
            waiting[0].at = left[0]
        placed = {id(entry.location): entry for entry in rows if entry.location}
        for number, entry in enumerate(waiting, start=len(rows) - len(waiting)):
            address = self.said_address(entry)
            if address is None:
                self.refuse_homeless(entry)
                if len(rows) > 1:
                    entry.refuse(
                        "Straße",
                        f"Dieses Angebot steht auch in Zeile {first_other(rows, entry)}. An welchem anderen Ort ist es?",
                    )
                continue
            entry.location = self.find_location(entry, address)
            if entry.location is None:
                continue
            if other := placed.get(id(entry.location)):
                entry.refuse(
                    "Straße",
                    f"Angebot und Ort sind dieselben wie in Zeile {other.number}. Bitte eine der Zeilen löschen.",
                )
                continue
            placed[id(entry.location)] = entry
            if entry.at is None:
                entry.at = fresh(ServiceAtLocation, service=service, location=entry.location, order=number)
                self.writing.new[ServiceAtLocation].append(entry.at)
            else:
                self.writing.updates[entry.at]["location"] = entry.location

    def refuse_homeless(self, entry: Entry) -> None:
        """What a row says of a place it does not have would be lost without a word."""
        for column in self.sheet.fields.values():
            if column.target in {"location", "at"} and column.text(entry.said.get(column.attribute)):
                entry.refuse(
                    column.column_name, "Von welchem Ort? Bitte Straße und PLZ ausfüllen oder diese Zelle leeren."
                )

    def find_location(self, entry: Entry, address: tuple) -> Location | None:
        """The house at this address; where there are several, that of this name."""
        title = said_title(entry)
        same = self.directory.locations.get(address, [])
        if found := [row for row in same if folded(row.title_de or "") == title] or (same if not title else []):
            return found[0]
        if unnamed := [row for row in same if not row.title_de and not row._state.adding]:
            return unnamed[0]
        location = self.new_location(entry)
        if location:
            self.directory.locations[address].append(location)
            self.writing.new[Location].append(location)
        return location

    def new_location(self, entry: Entry) -> Location | None:
        said = entry.said
        street, postal_code, city = (said.get(name) or "" for name in ADDRESS)
        title = said.get("location.title_de", "")
        if said.get("location.url") and not street and not postal_code:
            return fresh(Location, kind=Location.Kind.VIRTUAL, url=said["location.url"], title_de=title)
        city = city or self.municipality_name(entry)
        postal = said.get("location.kind") == Location.Kind.POSTAL or folded(street).startswith("postfach")
        missing = [name for name, text in (("Straße", street), ("PLZ", postal_code), ("Stadt", city)) if not text]
        if missing and not postal:
            for name in missing:
                entry.refuse(name, "Ein Ort braucht Straße, PLZ und Stadt.")
            return None
        chosen = said.get("location.municipality")
        home = chosen[0] if chosen else self.towns.known(city)
        if home is None and (home := self.towns.nearly(city)):
            entry.hint("Gemeinde", f"„{city}“ liegt in der Gemeinde „{self.towns.names[home]}“.")
        if home is None and not postal:
            if not entry.refused("Gemeinde"):
                entry.unknown_towns.append(city)
                entry.refuse(
                    "Gemeinde",
                    f"„{city}“ ist keine Gemeinde, die das Portal kennt.{self.towns.suggested(city)} Sie lässt sich hier anlegen; "
                    "liegt es in einer anderen, gehört diese in die Spalte „Gemeinde“.",
                )
            return None
        kind = Location.Kind.POSTAL if postal else Location.Kind.PHYSICAL
        return fresh(
            Location, kind=kind, title_de=title, street=street, postal_code=postal_code, city=city, municipality_id=home
        )  # fmt: skip

    # What changes -----------------------------------------------------------------------------------

    def compare(self) -> Iterator[int]:
        """First what each row says of itself, column by column, then what rows of one service or place share.

        Now and then the number of services compared so far.
        """
        if SiteProfile.current().second_reader:
            self.leave_publishing_to_others()
        self.take_what_is_there()
        groups: dict[str, dict[int, list[Entry]]] = {}
        for target in ("service", "organization", "location", "at"):
            groups[target] = defaultdict(list)
            for entry in self.rows:
                if (owner := getattr(entry, target)) is not None:
                    groups[target][id(owner)].append(entry)
        for column in self.sheet.fields.values():
            if not column.readonly and column.target != "contact" and column.name != "hours":
                for rows in groups[column.target].values():
                    self.compare_column(column, rows)
        for entry in self.rows:
            self.show_address(entry)
        for number, rows in enumerate(groups["service"].values(), start=1):
            self.compare_contacts(rows)
            self.compare_hours(rows)
            self.check_ages(rows[0])
            if number % 200 == 0:
                yield number
        for rows in groups["location"].values():
            self.check_location(next((entry for entry in rows if entry.said.get("location.kind")), rows[0]))

    def leave_publishing_to_others(self) -> None:
        """Where a second person has to read first, no sheet makes anything public."""
        public, held = Service.Status.PUBLISHED, False
        for entry in self.rows:
            if entry.said.get("service.status") == public and entry.service and entry.service.status != public:
                entry.said["service.status"] = Service.Status.REVIEW
                held = True
        if held:
            self.warnings.append(
                "Was die Tabelle veröffentlichen möchte, bekommt den Zustand „Zur Freigabe“: Eine zweite Person gibt frei."
            )

    def take_what_is_there(self) -> None:
        """What a form has let pass and a sheet would not, as a bare "5" for the price, is no mistake where it stands already."""
        for entry in self.rows:
            for attribute, text in entry.refused_texts.items():
                column = self.sheet.fields[attribute]
                if text and text == column.text(column.get_value(entry)):
                    entry.problems = [said for said in entry.problems if said.column != column.column_name]

    def compare_column(self, column: Column, rows: list[Entry]) -> None:
        """Rows about the same must not contradict each other; an empty cell says nothing where another one does."""
        speaking = [
            entry
            for entry in rows
            if column.attribute in entry.said
            and (column.text(entry.said[column.attribute]) or not entry.is_newcomer(column.target))
        ]
        if not speaking:
            return
        entry = next((entry for entry in speaking if column.text(entry.said[column.attribute])), speaking[0])
        value = entry.said[column.attribute]
        text, before = column.text(value), column.text(column.get_value(entry))
        alike = {"organization": folded, "street": street_name}.get(column.name, exactly)
        for other in speaking:
            words = column.text(other.said[column.attribute])
            if words and alike(words) != alike(text):
                other.refuse(
                    column.column_name,
                    f"„{short(words)}“, aber in Zeile {entry.number} steht „{short(text)}“, und es ist "
                    f"{SAME[column.target]}. Bitte angleichen; zwei verschiedene Angebote brauchen verschiedene Schlüssel.",
                )
                return
            if column.name == "street" and words and exactly(words) != exactly(text):
                other.hint(column.column_name, f"„{words}“ gilt als „{text}“.")
        owner = entry.owner(column.target)
        if column.attribute in ADDRESS or text == before or (not text and column.attribute in STAYS):
            return
        if column.name == "organization" and folded(text) == folded(before):
            return
        if column.name == "import_key" and not owner._state.adding:
            before = owner.import_key or ""
            if text == str(owner.uuid):
                return
        entry.changes.append(Change(column.column_name, before, text))
        self.apply(column, owner, entry, value)

    def apply(self, column: Column, owner: models.Model, entry: Entry, value: Any) -> None:
        if column.name == "languages":
            self.writing.languages.append((owner, value))
        elif column.name == "organization":
            self.writing.set(owner, "organization", entry.organization)
        elif (model_field := owner._meta.get_field(column.name)).many_to_many:
            self.writing.many.append((owner, column.name, value))
        else:
            value = (value[0] if value else None) if model_field.many_to_one else value
            self.writing.set(owner, model_field.attname, value)

    def show_address(self, entry: Entry) -> None:
        """Where it is, when that is new."""
        if entry.location is None or entry.at is None:
            return
        old = None if entry.at._state.adding else entry.at.location
        if old is entry.location:
            return
        for attribute in ADDRESS:
            column = self.sheet.fields[attribute]
            before, after = getattr(old, column.name, ""), getattr(entry.location, column.name)
            if before != after:
                entry.changes.append(Change(column.column_name, before, after))

    def compare_contacts(self, rows: list[Entry]) -> None:
        """Of several contacts the first; an empty row does not say which of them is meant."""
        columns = [column for column in self.sheet.fields.values() if column.target == "contact"]
        users: dict[Contact | None, list[Entry]] = defaultdict(list)
        wanted: dict[Contact | None, dict[Entry, dict[str, Any]]] = defaultdict(dict)
        for entry in rows:
            contacts = entry.contacts()
            contact = next(iter(contacts), None)
            users[contact].append(entry)
            said = {column: entry.said[column.attribute] for column in columns if column.attribute in entry.said}
            values = {column.name: value for column, value in said.items()}
            if not any(values.values()) and len(contacts) != 1:
                continue
            changes = [
                Change(column.column_name, before, column.text(value))
                for column, value in said.items()
                if (before := column.text(contact and column.value_of(contact, entry))) != column.text(value)
            ]
            if not changes or not self.knows_place(entry, changes[0].column):
                continue
            reachable = any(values.get(name, getattr(contact, name, "")) for name in CONTACT)
            if any(entry.refused(column.column_name) for column in columns if column.name in CONTACT):
                continue  # there is one, and what is wrong with it is said
            if not reachable and any(values.values()):
                entry.refuse("Telefon", "Zu einem Kontakt gehört Telefon, Mobil, Fax oder E-Mail.")
                continue
            entry.changes += changes
            wanted[contact][entry] = values if reachable else {}
        if wanted:
            elsewhere = self.contacts_elsewhere(rows)
            for contact, said in wanted.items():
                everybody = contact not in elsewhere and len(said) == len(users[contact])
                self.share_contact(contact, rows[0].service, said, everybody)

    def contacts_elsewhere(self, rows: list[Entry]) -> set[Contact | None]:
        """Those in use at places that the sheet does not speak of."""
        service = rows[0].service
        if service._state.adding:
            return set()
        here = {entry.at.pk for entry in rows if entry.at}
        others = [at for at in service.at_locations.all() if at.pk not in here]
        return {next(iter(places.here(service.contacts.all(), at)), None) for at in others}

    def share_contact(
        self, contact: Contact | None, service: Service, wanted: dict[Entry, dict[str, Any]], everybody: bool
    ) -> None:
        """What several places share stays shared as long as all of them say the same."""
        first = next(iter(wanted.values()))
        if everybody and all(values == first for values in wanted.values()):
            self.writing.contacts.append((contact, service, None, first))
            return
        for entry, values in wanted.items():
            if not values:
                entry.refuse(
                    "Telefon", "Dieser Kontakt gilt auch für andere Orte des Angebots; hier kann er nicht leer sein."
                )
                continue
            self.writing.contacts.append((None, service, entry.at, fields_of(contact) | values))
            for further in entry.contacts()[1:]:
                self.writing.contacts.append((None, service, entry.at, fields_of(further)))

    def compare_hours(self, rows: list[Entry]) -> None:
        column = self.sheet.fields["service.hours"]
        service, changed = rows[0].service, False
        ats = [] if service._state.adding else list(service.at_locations.all())
        lines = {id(at): (at, places.own_hours(service, at)) for at in ats}
        for entry in rows:
            place = id(entry.at)
            lines.setdefault(place, (entry.at, entry.hours()))
            if column.attribute not in entry.said:
                continue
            before, after = column.text(entry.hours()), column.text(entry.said[column.attribute])
            if before != after and self.knows_place(entry, column.column_name):
                changed = True
                entry.changes.append(Change(column.column_name, before, after))
                lines[place] = (entry.at, entry.said[column.attribute])
        if changed:
            if len(lines) > 1:
                lines.pop(id(None), None)
            self.writing.hours.append((service, list(lines.values())))

    def knows_place(self, entry: Entry, header: str) -> bool:
        """What holds at one place only needs one."""
        if entry.at is None and not entry.is_new and entry.service.at_locations.all():
            entry.refuse(header, "Das Angebot hat mehrere Orte. Für welchen gilt das? Bitte Straße und PLZ ausfüllen.")
            return False
        return True

    def check_ages(self, entry: Entry) -> None:
        youngest, oldest = (self.writing.value(entry.service, name) for name in ("minimum_age", "maximum_age"))
        if youngest is not None and oldest is not None and youngest > oldest:
            entry.refuse("bis Alter", "„bis Alter“ ist kleiner als „ab Alter“.")

    def check_location(self, entry: Entry) -> None:
        def said(name):
            return self.writing.value(entry.location, name)

        if said("kind") == Location.Kind.VIRTUAL and not said("url"):
            entry.refuse("Internet des Ortes", "Ein Ort im Internet braucht seine Adresse.")
        if said("kind") == Location.Kind.PHYSICAL and not (said("street") and said("postal_code") and said("city")):
            entry.refuse("Art des Ortes", "Ein Haus braucht Straße, PLZ und Stadt.")
        if said("kind") == Location.Kind.PHYSICAL and said("municipality_id") is None:
            entry.refuse("Gemeinde", "Ein Haus braucht die Stadt oder Gemeinde, in der es liegt.")


# What empty cells do not empty: nothing could be without it.
STAYS = {
    "service.import_key", "service.title_de", "service.organization", "service.status", "service.availability",
    "organization.kind", "organization.description_de", "location.kind", "location.municipality",
}  # fmt: skip
SAME = {
    "service": "dasselbe Angebot", "organization": "dieselbe Organisation", "location": "derselbe Ort", "at": "derselbe Ort"
}  # fmt: skip


def names_of(entry: Entry) -> tuple[str, str]:
    return folded(entry.said["service.organization"]), folded(entry.said["service.title_de"])


def exactly(text: str) -> str:
    """As names and texts are compared: "Kurs A1" and "Kurs A1+" are two."""
    return in_line(text).casefold()


def called(rows: list, name: str) -> list:
    """Of rows whose titles are much like a name those that are called just so, if there are any."""
    return [row for row in rows if exactly(row.title_de) == exactly(name)] or list(rows)


def said_title(entry: Entry) -> str:
    return folded(entry.said.get("location.title_de") or "")


def first_other(rows: list[Entry], entry: Entry) -> int:
    return next(other.number for other in rows if other is not entry)


def fresh(model: type[models.Model], **values) -> models.Model:
    """A new row. Its texts are given as empty: working out the default of each in each language takes most of the time."""
    return model(**{f.name: None for f in model._meta.concrete_fields if hasattr(f, "translated_field")} | values)


PARENTS = {"id", "service_id", "organization_id", "location_id", "service_at_location_id"}


def fields_of(row: models.Model | dict | None) -> dict[str, Any]:
    """All that a row says, in all languages, without whom it belongs to."""
    if row is None or isinstance(row, dict):
        return row or {}
    return {f.attname: row.__dict__[f.attname] for f in row._meta.concrete_fields if f.attname not in PARENTS}
