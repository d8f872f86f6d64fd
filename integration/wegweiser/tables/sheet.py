"""The sheet: one row for each service at each of its places. What its columns are, and what their cells say."""

import difflib
import re
from collections import defaultdict
from collections.abc import Collection
from datetime import date
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from import_export.fields import Field
from import_export.widgets import Widget
from modeltranslation.utils import build_localized_fieldname

from integration.topics.models import Term
from portal import languages
from portal.phones import SHORT_NUMBERS
from portal.spreadsheets import CellError, printable, text_of

from ..models import Contact, Location, Municipality, Organization, Service, ServiceAtLocation
from ..written import (
    EXAMPLE,
    day,
    folded,
    hours_from_text,
    hours_to_text,
    in_line,
    languages_from_text,
    languages_to_text,
    suggestion,
)

# Cells ----------------------------------------------------------------------------------------------


# What people write where they leave nothing empty.
NOTHING = {"-", "--", "–", "—", "/", "?", "??", "???", "k.a.", "k. a.", "k.a", "keine angabe", "keine angaben", "n.a."}


class Cell(Widget):
    """Text, as one field of a model takes it."""

    explanation = ""
    can_be_empty = True

    def __init__(self, field: models.Field | None = None):
        super().__init__()
        self.field = field
        self.hints: list[str] = []  # what the cell just read was taken for

    def clean(self, value, row=None, **kwargs):
        self.hints = []
        if isinstance(value, CellError):
            raise ValidationError(f"In der Zelle steht ein Fehler aus der Tabelle: {value}")
        text = self.tidy(text_of(value))
        if text.casefold() in NOTHING:
            if self.can_be_empty:
                self.hints.append(f"„{text}“ gilt als leer.")
            value, text = None, ""
        return self.read(value, text)

    def read(self, value: Any, text: str) -> Any:
        """From a cell as the file has it, and its text."""
        text = self.completed(text)
        if self.field is not None and text:
            limit = self.field.max_length
            if limit and len(text) > limit:
                raise ValidationError(f"Der Text ist mit {len(text)} Zeichen zu lang; es passen {limit}.")
            self.field.run_validators(text)
        return text

    def completed(self, text: str) -> str:
        return text

    def tidy(self, text: str) -> str:
        if isinstance(self.field, models.TextField):
            return "\n".join(line.strip() for line in text.splitlines()).strip()
        return in_line(text)

    def render(self, value, obj=None, **kwargs):
        return self.tidy(str(value or ""))


class Lines(Cell):
    """Several things, which may stand one below the other."""

    def tidy(self, text):
        return text.strip()


class Required(Cell):
    can_be_empty = False

    def read(self, value, text):
        if not text:
            raise ValidationError("Hier muss etwas stehen. (Verbundene Zellen bitte trennen und jede Zeile ausfüllen.)")
        return super().read(value, text)


class Phone(Cell):
    explanation = "Als Text, mit Vorwahl: 030 23125-100 oder +49 30 23125100. Eine Nummer je Zelle."

    def read(self, value, text):
        text = re.sub(r"^(?:tel(?:efon)?|fon|mobil|handy|fax)\b[.:\s]*", "", text, flags=re.I)
        digits = re.sub(r"\D", "", text)
        as_number = isinstance(value, int | float) or re.fullmatch(r"\d+(?:[.,]\d+)?[eE]\+?\d+", text)
        if as_number and text not in SHORT_NUMBERS:
            raise ValidationError(
                f"„{text}“ steht als Zahl in der Tabelle, dabei geht die Null am Anfang verloren. Bitte die Spalte als Text "
                "formatieren und die Nummer mit Vorwahl eintragen, zum Beispiel „030 23125-100“."
            )
        if digits and digits not in SHORT_NUMBERS and not re.match(r"\(?(?:0|\+)", text):
            raise ValidationError(
                f"Bei „{text}“ fehlt die Vorwahl mit der Null am Anfang, zum Beispiel „030 23125-100“."
            )
        try:
            return super().read(value, text)
        except ValidationError:
            raise ValidationError(
                f"„{short(text)}“ ist keine Telefonnummer, oder es sind mehrere. In jede Zelle gehört eine; eine zweite passt in "
                "die Spalte „Mobil“, eine Faxnummer in „Fax“."
            ) from None


class Person(Cell):
    def completed(self, text):
        if folded(text) in {"n n", "nn"}:
            self.hints.append(f"„{text}“ ist niemand und bleibt weg.")
            return ""
        return text


class Street(Cell):
    def completed(self, text):
        if found := re.search(r"\b\d{5}\b", text):
            raise ValidationError(
                f"In „{short(text)}“ gehört „{found[0]}“ in die Spalte „PLZ“; hier stehen nur Straße und Hausnummer."
            )
        return text


class Fees(Cell):
    """Excel makes dates and bare numbers of prices."""

    def read(self, value, text):
        if re.fullmatch(r"0+(?:[.,][0-]+)?-?\s*(?:€|eur|euro)?", text, re.I):
            self.hints.append(f"„{text}“ heißt „kostenlos“.")
            return "kostenlos"
        if isinstance(value, date) or re.fullmatch(r"\d{1,2}\.\s?\d{1,2}\.(?:\d{2,4})?", text):
            raise ValidationError(f"„{text}“ ist ein Datum. Was kostet es? Zum Beispiel „5,50 €“, mit dem €-Zeichen.")
        if re.fullmatch(r"[\d.,]+", text):
            raise ValidationError(
                f"„{text}“ ist nur eine Zahl. Was kostet es? Zum Beispiel „5,50 €“, mit dem €-Zeichen."
            )
        return super().read(value, text)


class Web(Cell):
    explanation = "Eine Internetadresse, mit oder ohne https://"

    def completed(self, text):
        if "@" in re.sub(r"^\w+://", "", text).partition("/")[0]:
            raise ValidationError(f"„{text}“ ist keine Internetadresse.")
        return f"https://{text}" if "://" not in text and re.match(r"[\w-]+(\.[\w-]+)+", text) else text


class Mail(Cell):
    explanation = "Eine E-Mail-Adresse je Zelle."

    def completed(self, text):
        plain = re.sub(r"\s*[(\[]\s*(?:at|ät|@)\s*[)\]]\s*", "@", re.sub(r"^mailto:", "", text, flags=re.I), flags=re.I)
        if plain.count("@") > 1:
            found = re.findall(r"[^\s,;/|<>]+@[^\s,;/|<>]+", plain)
            raise ValidationError(
                f"Hier stehen {len(found) or 'mehrere'} E-Mail-Adressen: „{short(text)}“. Es passt eine. Die andere bitte löschen, "
                "oder in die Spalte „E-Mail der Organisation“ schreiben."
            )
        try:
            self.field.run_validators(plain)
        except ValidationError:
            raise ValidationError(f"„{short(text)}“ ist keine E-Mail-Adresse.") from None
        if "@" not in text and plain:
            self.hints.append(f"„{text}“ heißt „{plain}“.")
        return plain


class PostalCode(Cell):
    explanation = "Fünf Ziffern. Eine Null am Anfang, die Excel verschluckt hat, ergänzt das Portal."

    def completed(self, text):
        text = re.sub(r"^D[-\s]+", "", text)
        if re.fullmatch("[0-9]{4}", text):
            text = f"0{text}"
        if text and not re.fullmatch("[0-9]{5}", text):
            raise ValidationError(f"„{text}“ ist keine Postleitzahl; sie hat fünf Ziffern.")
        return text


class Number(Cell):
    explanation = "Eine Zahl von Jahren."

    def read(self, value, text):
        if not text:
            return None
        found = re.fullmatch(r"(?:ab|bis|bis zu)?\s*(\d{1,3})\s*(?:jahren?|j\.?)?", text.lower())
        if not found or int(found[1]) > 120:
            raise ValidationError(f"„{text}“ ist keine Zahl von Jahren.")
        return int(found[1])

    def render(self, value, obj=None, **kwargs):
        return "" if value is None else str(value)


class Day(Cell):
    explanation = "Ein Datum: 31.12.2026"

    def read(self, value, text):
        if not text:
            return None
        if not re.fullmatch(r"\d{1,2}\.\s?\d{1,2}\.\s?\d{2,4}|\d{4}-\d{2}-\d{2}", text):
            raise ValidationError(f"„{text}“ ist kein Datum. Richtig ist zum Beispiel „31.12.2026“.")
        return day(text)

    def render(self, value, obj=None, **kwargs):
        return f"{value:%d.%m.%Y}" if value else ""


class Choice(Cell):
    """One of a few; empty leaves what is, or takes the usual."""

    def __init__(self, field, synonyms: dict[str, str] | None = None, usual: str = ""):
        super().__init__(field)
        self.can_be_empty = field.blank
        self.labels = {value: str(label) for value, label in field.flatchoices}
        self.known = {folded(word): value for value, label in self.labels.items() for word in (value, label)}
        self.known |= synonyms or {}
        usual = usual or self.labels.get(field.default)
        self.explanation = f"Eines von: {', '.join(self.labels.values())}." + (
            f" Leer: wie bisher, neu: {usual}." if usual else ""
        )

    def read(self, value, text):
        if not text:
            return ""
        if folded(text) not in self.known:
            raise ValidationError(f"„{text}“ geht hier nicht. Möglich ist: {', '.join(self.labels.values())}.")
        return self.known[folded(text)]

    def render(self, value, obj=None, **kwargs):
        return self.labels.get(value, "")


class Named(Lines):
    """Rows of another table, by name: topics, municipalities."""

    nothing = (
        "Im Portal gibt es noch keine: Legen Sie sie unter „Themen, Zielgruppen und andere Begriffe“ an, oder schreiben Sie "
        "ein # vor die Überschrift, dann wird die Spalte nicht gelesen."
    )

    def __init__(self, words: dict[str, int], names: dict[int, str], what: str, many=True, everything=()):
        super().__init__()
        self.words, self.names, self.what, self.many = words, names, what, many
        self.everything = {folded(word) for word in everything}
        some = ", ".join(list(names.values())[:60])
        self.explanation = ("Mehrere mit Komma getrennt. " if many else "") + (f"Möglich: {some}" if some else "")

    def read(self, value, text):
        if not text or folded(text) in self.everything:
            return ()
        if not self.many or self.known(text):  # a name may have a comma in it
            parts = [text]
        else:
            parts = list(filter(None, map(in_line, re.split(r"[;,\n]", text))))
        found = {part: self.find(part) for part in parts}
        if unknown := [part for part, pk in found.items() if pk is None]:
            raise self.refusal(unknown)
        return tuple(dict.fromkeys(found.values()))

    def known(self, text: str) -> int | None:
        return self.words.get(folded(text))

    def find(self, text: str) -> int | None:
        return self.known(text)

    def refusal(self, unknown: list[str]) -> ValidationError:
        advice = [self.suggested(text) for text in unknown]
        messages = [f"„{text}“ ist {self.what}.{found}" for text, found in zip(unknown, advice, strict=True)]
        if self.names and not all(advice):
            messages.append(f"Bekannt sind: {', '.join(list(self.names.values())[:12])}.")
        elif not self.names:
            messages.append(self.nothing)
        return ValidationError(messages)

    def suggested(self, text: str) -> str:
        return suggestion(text, self.names.values())

    def render(self, value, obj=None, **kwargs):
        return ", ".join(sorted(self.names.get(pk, "?") for pk in value or ()))


class UnknownTowns(ValidationError):
    def __init__(self, messages: list[str], names: list[str]):
        super().__init__(messages)
        self.names = names


class Towns(Named):
    """Municipalities, also by what else is written for them: "Stadt Leer", "Bernau b. Berlin", "Uplengen-Remels"."""

    nothing = "Im Portal gibt es noch keine Städte und Gemeinden."

    def __init__(self, rows: Collection[Municipality], **options):
        words = {place_name(row.name): row.pk for row in rows}
        words |= {folded(word): row.pk for row in rows for word in (row.name, row.slug, row.ags) if word}
        super().__init__(words, {row.pk: row.name for row in rows}, "keine Gemeinde, die das Portal kennt", **options)
        self.shortened: dict[str, set[int]] = defaultdict(set)
        for row in rows:
            self.shortened[self.short(row.name)].add(row.pk)

    def known(self, text):
        return super().known(text) or self.words.get(place_name(text))

    def find(self, text):
        found = self.known(text)
        if found is None and (found := self.nearly(text)):
            self.hints.append(f"„{text}“ heißt „{self.names[found]}“.")
        return found

    def nearly(self, text: str) -> int | None:
        """The only one that it can be, without what stands behind its name."""
        same = self.shortened.get(self.short(text)) or self.shortened.get(self.short(text.partition("-")[0])) or ()
        return next(iter(same)) if len(same) == 1 else None

    @staticmethod
    def short(text: str) -> str:
        """ "Bernau b. Berlin" and "Leer/Ostfr." are Bernau and Leer."""
        return place_name(re.split(r"[/,]|\s(?:b\.|bei|a\.|an der|am|i\.|in|OT|Ortsteil)(?=\s|$)", text, flags=re.I)[0])

    def suggested(self, text):
        by_name = {place_name(name): name for name in self.names.values()}
        close = difflib.get_close_matches(place_name(text), list(by_name), n=1, cutoff=0.7)
        return f" Meinen Sie „{by_name[close[0]]}“?" if close else ""

    def refusal(self, unknown):
        return UnknownTowns(super().refusal(unknown).messages, unknown)


NO_HOURS = re.compile(
    r"(?:(?:s|lt|vgl)\.?|siehe|laut|auf|nur)?\s*(?:unserer|der)?\s*(?:homepage|website|webseite|internet(?:seite)?|aushang)\.?",
    re.I,
)


class HoursCell(Lines):
    explanation = (
        f"Zum Beispiel: {EXAMPLE}; geschlossen 24.12.2026–02.01.2027; abweichend 30.12.2026 9:00–11:00. Hinweise in Klammern. "
        "Auch die Schreibweise von OpenStreetMap geht."
    )

    def read(self, value, text):
        if NO_HOURS.fullmatch(text):
            self.hints.append(f"„{text}“ sagt keine Zeiten; es bleibt leer.")
            return []
        return short_notes(hours_from_text(text, self.hints))

    def render(self, value, obj=None, **kwargs):
        return hours_to_text(value or [])


class LanguagesCell(Lines):
    explanation = "Außer Deutsch, mit Komma getrennt; Hinweise in Klammern: Arabisch, Türkisch (dienstags)"

    def read(self, value, text):
        return short_notes(languages_from_text(text, self.hints))

    def render(self, value, obj=None, **kwargs):
        return languages_to_text(value or [])


def short(text: str) -> str:
    return text if len(text) <= 60 else f"{text[:60]}…"


def short_notes(rows: list[dict]) -> list[dict]:
    for row in rows:
        if len(row["note_de"]) > 200:
            raise ValidationError(f"Der Hinweis „{row['note_de'][:40]}…“ ist zu lang; es passen 200 Zeichen.")
    return rows


# Columns --------------------------------------------------------------------------------------------


class Column(Field):
    """A column: whose fact it tells (`target`), which (`name`), and how the cells say it."""

    def __init__(self, header, target, name, cell, help="", example="", synonyms=(), readonly=False, language=""):
        super().__init__(attribute=f"{target}.{name}", column_name=header, widget=cell, readonly=readonly)
        self.target, self.name, self.help, self.example, self.language = target, name, help, example, language
        self.synonyms = [word for word in synonyms if word != header and not word.endswith(")")]
        self.spellings = {folded(word) for word in (header, *synonyms)}

    def get_value(self, entry):
        """What the directory says now; nothing of what is only about to be there."""
        owner = entry.owner(self.target)
        if owner is None or owner._state.adding:
            return None
        return self.value_of(owner, entry)

    def value_of(self, owner: models.Model, entry) -> Any:
        """As `clean` gives it for a cell: rows of another table as a tuple of their ids."""
        if self.name == "hours":
            return entry.hours()
        if self.name == "languages":
            return list(owner.languages.all())
        if self.name == "import_key":
            return owner.import_key or str(owner.uuid)
        if self.name == "organization":
            return owner.organization.title_de
        field = owner._meta.get_field(self.name)
        if field.many_to_many:
            return tuple(row.pk for row in getattr(owner, self.name).all())
        if field.many_to_one:
            return (getattr(owner, field.attname),) if getattr(owner, field.attname) else ()
        return getattr(owner, self.name)

    def save(self, entry, row, is_m2m=False, **kwargs):
        if not self.readonly:
            entry.said[self.attribute] = self.clean(row)
            for hint in self.widget.hints:
                entry.hint(self.column_name, hint)

    def export(self, entry, **kwargs):
        return self.text(self.get_value(entry))

    def text(self, value: Any) -> str:
        return printable(self.widget.render(value))


def place_name(text: str) -> str:
    """ "Stadt Leer (Ostfriesland)" is Leer."""
    return re.sub(r"^(?:stadt|gemeinde|samtgemeinde|flecken|inselgemeinde) ", "", folded(text.partition("(")[0]))


def terms(vocabulary: str, rows: Collection[Term], what: str, **options) -> Named:
    mine = [row for row in rows if row.vocabulary == vocabulary]
    words = {folded(word): row.pk for row in mine for word in (row.title_de, row.slug, row.slug.replace("-", " "))}
    return Named(words, {row.pk: row.title_de for row in mine}, what, **options)


def columns(shown: Collection[str]) -> dict[str, Column]:
    """All columns by their attribute, with the translated ones in the languages shown."""
    known_terms, known_places = list(Term.objects.all()), list(Municipality.objects.all())
    found: dict[str, Column] = {}

    def add(header, target, name, cell, help="", example="", synonyms=(), **options):
        column = Column(header, target, name, cell, help, example, synonyms, **options)
        found[column.attribute] = column

    def plain(header, model, name, cell=Cell, **options):
        add(header, TARGETS[model], name, cell(model._meta.get_field(name)), **options)

    def translated(header, model, name, cell=Cell, synonyms=(), **options):
        for code in shown:
            german = code == languages.SOURCE
            field = model._meta.get_field(build_localized_fieldname(name, code))
            words = [header, *synonyms]
            spellings = [
                f"{word} ({written})" for word in words for written in (code, languages.BY_CODE[code].german_name)
            ]
            add(
                header if german else f"{header} ({code})",
                TARGETS[model],
                field.name,
                (cell if german else Cell)(field),
                **(options if german else {}),
                synonyms=[*spellings, *(words if german else ())],
                language="" if german else code,
            )

    plain(
        "Schlüssel", Service, "import_key",
        help="Daran erkennt das Portal das Angebot wieder, auch wenn es umbenannt wird oder umzieht. Zum Beispiel eine Nummer "
        "aus Ihrer Liste; bei jedem Angebot eine andere, bei mehreren Orten eines Angebots überall dieselbe.",
        example=EXAMPLE_KEY, synonyms=("ID", "Key", "Kennung", "Import-Schlüssel"),  # no running number: it is another one after sorting
    )  # fmt: skip
    translated(
        "Angebot", Service, "title", Required, help="Wie das Angebot heißt. Muss ausgefüllt sein.",
        example="Migrationsberatung für Erwachsene",
        synonyms=("Name des Angebots", "Angebotsname", "Bezeichnung", "Titel", "Titel des Angebots", "Leistung", "Dienst",
                  "Art des Angebots", "Beratungsangebot", "Dienstleistung"),
    )  # fmt: skip
    translated("Anderer Name", Service, "alternate_name", help="Unter dem die Menschen es auch suchen.", example="MBE",
               synonyms=("Abkürzung", "Kurzname"))  # fmt: skip
    translated("Kurzbeschreibung", Service, "lead", help="Ein Satz, der in der Liste steht.",
               example="Beratung für Menschen, die neu in Deutschland sind.", synonyms=("in einem Satz", "Kurztext"))  # fmt: skip
    translated("Beschreibung", Service, "description", help="Der ganze Text; Absätze mit Alt+Eingabe.",
               synonyms=("Beschreibung des Angebots", "Angebotsbeschreibung", "Inhalt", "Inhalte"))  # fmt: skip
    add(
        "Organisation", "service", "organization", Required(Organization._meta.get_field("title_de")),
        help="Wer es anbietet. Muss ausgefüllt sein. Gibt es die Organisation noch nicht, legt das Portal sie an.",
        example="Beratungsstelle Musterstadt",
        synonyms=(
            "Träger", "Anbieter", "Einrichtung", "Institution", "Name der Organisation", "Verein", "Angeboten von",
            "Name der Einrichtung", "Name des Trägers", "Name der Institution", "Träger der Einrichtung", "Beratungsstelle",
            "Name der Beratungsstelle",
        ),
    )  # fmt: skip
    for code in shown:
        if code != languages.SOURCE:
            field = Organization._meta.get_field(build_localized_fieldname("title", code))
            spellings = (f"Organisation {languages.BY_CODE[code].german_name}", f"Träger ({code})")
            add(f"Organisation ({code})", "organization", field.name, Cell(field), synonyms=spellings, language=code)
    add(
        "Art der Organisation", "organization", "kind",
        Choice(Organization._meta.get_field("kind"), KINDS, "Weitere Einrichtung"), example="Wohlfahrtsverband",
        synonyms=("Art des Trägers", "Trägerart", "Organisationsart", "Art des Anbieters"),
    )  # fmt: skip
    translated("Beschreibung der Organisation", Organization, "description",
               help="Wer das ist, in ein, zwei Sätzen. Leer: bei einer neuen Organisation ihr Name.",
               synonyms=("Beschreibung des Trägers", "Über die Organisation"))  # fmt: skip
    plain(
        "Internet der Organisation",
        Organization,
        "website",
        Web,
        synonyms=("Internet des Trägers", "Website des Trägers"),
    )
    plain("E-Mail der Organisation", Organization, "email", Mail, synonyms=("E-Mail des Trägers",))

    add("Art des Ortes", "location", "kind", Choice(Location._meta.get_field("kind")), synonyms=("Ortsart",))
    translated("Ort (Name)", Location, "title", help="Wie das Haus heißt, zum Beispiel „Rathaus“.", example="Familienzentrum",
               synonyms=("Name des Ortes", "Gebäude", "Ortsname", "Veranstaltungsort", "Haus"))  # fmt: skip
    plain("Straße", Location, "street", Street, help="Mit Hausnummer. Ohne Straße, PLZ und Stadt hat das Angebot keinen Ort.",
          example="Musterweg 1", synonyms=("Straße und Hausnummer", "Straße, Nr.", "Straße Hausnummer", "Straße, Hausnr.", "Straße und Hausnr.", "Str."))  # fmt: skip
    plain("Zusatz", Location, "addition", example="Hinterhaus", synonyms=("Adresszusatz", "Zusatz zur Adresse"))
    plain("PLZ", Location, "postal_code", PostalCode, example="12345", synonyms=("Postleitzahl",))
    plain("Stadt", Location, "city", help="Wie in der Anschrift.", example="Musterstadt",
          synonyms=("Ort", "Wohnort", "Stadt/Ort", "Ort/Stadt"))  # fmt: skip
    add(
        "Gemeinde", "location", "municipality", Towns(known_places, many=False),
        help="Stadt oder Gemeinde des Landkreises: Name, Adresse im Portal oder Amtlicher Gemeindeschlüssel. "
        "Leer: dieselbe wie die Stadt.", synonyms=("Kommune", "Stadt oder Gemeinde", "AGS", "Gemeindeschlüssel"),
    )  # fmt: skip
    plain("Internet des Ortes", Location, "url", Web, help="Nur bei Orten im Internet.")
    translated("Weg", Location, "directions", help="Bus und Bahn, Eingang.", synonyms=("Anfahrt", "Wegbeschreibung"))
    add("Rollstuhl", "location", "wheelchair", Choice(Location._meta.get_field("wheelchair"), WHEELCHAIR), example="ja",
        synonyms=("rollstuhlgerecht", "barrierefrei", "mit dem Rollstuhl"))  # fmt: skip
    add(
        "Barrierefreiheit",
        "location",
        "accessibility",
        terms("accessibility", known_terms, "kein Begriff zur Barrierefreiheit"),
    )
    translated("Hinweis zur Barrierefreiheit", Location, "accessibility_note")
    translated("Wo genau", ServiceAtLocation, "description", help="In diesem Haus: Stockwerk, Zimmer.", example="2. Stock",
               synonyms=("Raum", "Zimmer", "Stockwerk"))  # fmt: skip

    plain("Telefon", Contact, "phone", Phone, example="030 23125-100",
          synonyms=("Tel.", "Tel", "Telefonnummer", "Fon", "Rufnummer", "Telefon-Nr.", "Tel.-Nr.", "Festnetz"))  # fmt: skip
    plain("Mobil", Contact, "mobile", Phone, synonyms=("Handy", "Mobiltelefon", "Mobilnummer", "Handynummer"))
    plain("Fax", Contact, "fax", Phone, synonyms=("Telefax", "Faxnummer"))
    plain("E-Mail", Contact, "email", Mail, example="beratung@example.org",
          synonyms=("Mail", "Email", "E-Mail-Adresse", "Mailadresse", "Emailadresse", "E-Mail-Kontakt"))  # fmt: skip
    plain("Ansprechperson", Contact, "person", Person, help="Nur mit Einverständnis der Person.",
          synonyms=("Ansprechpartner", "Ansprechpartnerin", "Ansprechpartner/in", "Ansprechpartner*in", "Kontaktperson"))  # fmt: skip
    translated(
        "Kontakt wofür", Contact, "label", help="Zum Beispiel „Sekretariat“.", synonyms=("Funktion", "Zuständigkeit")
    )
    plain("Internet", Service, "url", Web, example="www.example.org",
          synonyms=("Website", "Webseite", "Homepage", "Internetseite", "Internetadresse", "URL", "Link", "WWW", "Web"))  # fmt: skip
    plain(
        "Termine online",
        Service,
        "booking_url",
        Web,
        synonyms=("Online-Termin", "Terminbuchung", "Termine online buchen"),
    )
    add("Öffnungszeiten", "service", "hours", HoursCell(), example="Mo–Fr 9:00–12:00; Do 14:00–18:00",
        synonyms=("Öffnungszeit", "Sprechzeiten", "Sprechzeit", "Zeiten", "Sprechstunde", "Sprechstunden", "opening_hours",
                  "wann", "Uhrzeit", "Beratungszeiten", "Öffnungs- und Sprechzeiten"))  # fmt: skip
    add("Sprachen", "service", "languages", LanguagesCell(), example="Arabisch, Türkisch (dienstags)",
        synonyms=("Sprache", "gesprochene Sprachen", "Beratungssprachen", "Fremdsprachen", "Sprachkenntnisse"))  # fmt: skip
    add("Themen", "service", "topics", terms("topic", known_terms, "kein Thema, das das Portal kennt"),
        synonyms=("Thema", "Kategorie", "Kategorien", "Rubrik", "Bereich", "Themenfeld"))  # fmt: skip
    add("Zielgruppen", "service", "audiences",
        terms("audience", known_terms, "keine Zielgruppe, die das Portal kennt", everything=("alle", "für alle")),
        help="Leer: für alle.", synonyms=("Zielgruppe", "für wen"))  # fmt: skip
    add("Programm", "service", "programme", terms("programme", known_terms, "kein Programm, das das Portal kennt", many=False),
        synonyms=("Förderprogramm",))  # fmt: skip
    add("für Gemeinden", "service", "areas",
        Towns(known_places, everything=("alle", "landkreisweit", "kreisweit", "ganzer Landkreis", "gesamter Landkreis")),
        help="Nur wenn das Angebot nicht für den ganzen Landkreis da ist.", synonyms=("Einzugsgebiet", "Gebiet"))  # fmt: skip
    translated("Wer kann kommen", Service, "eligibility", synonyms=("Voraussetzungen", "Wer kommen kann", "Zugang"))
    plain("ab Alter", Service, "minimum_age", Number, synonyms=("Alter ab", "Mindestalter", "ab Jahren"))
    plain("bis Alter", Service, "maximum_age", Number, synonyms=("Alter bis", "Höchstalter", "bis Jahre"))
    translated("Kosten", Service, "fees", Fees, example="kostenlos",
               synonyms=("Gebühr", "Gebühren", "Preis", "Kosten/Gebühren", "Kostenbeitrag", "Teilnahmegebühr"))  # fmt: skip
    translated("Mitbringen", Service, "documents", help="Je Zeile eines.", synonyms=("Unterlagen", "Dokumente"))
    translated("Anmeldung", Service, "how_to_apply", synonyms=("Anmeldung und Termin", "Terminvereinbarung", "Termin"))
    translated("Dolmetschen", Service, "interpretation", synonyms=("Dolmetscher", "Sprachmittlung", "Dolmetschende"))
    translated("Aktueller Hinweis", Service, "alert", synonyms=("Hinweis", "Aktuelles"))
    plain("Hinweis zeigen bis", Service, "alert_until", Day)
    add("Betrieb", "service", "availability", Choice(Service._meta.get_field("availability")))
    add("Zustand", "service", "status", Choice(Service._meta.get_field("status")), synonyms=("Status",),
        help="Neue Angebote sind Entwürfe, wenn hier nichts anderes steht.")  # fmt: skip
    add("Zuletzt geprüft", "service", "verified_on", Day(), readonly=True,
        help="Nur zum Lesen: Ein Import prüft nichts und ändert das Datum nie.",
        synonyms=("geprüft am", "Stand", "verified_on"))  # fmt: skip
    return found


EXAMPLE_KEY = "Beispiel"

TARGETS = {
    Service: "service", Organization: "organization", Location: "location", ServiceAtLocation: "at", Contact: "contact"
}  # fmt: skip

KINDS = {
    "amt": "authority", "kommune": "authority", "verwaltung": "authority", "verband": "welfare", "wohlfahrt": "welfare",
    "verein": "association", "initiative": "association", "e v": "association", "ehrenamtliche initiative": "association",
    "migrantenorganisation": "migrant_organization", "migrantenselbstorganisation": "migrant_organization",
    "bildungstraeger": "course_provider", "sprachkurstraeger": "course_provider", "andere": "other", "sonstige": "other",
}  # fmt: skip
WHEELCHAIR = {
    "ja": "yes", "x": "yes", "barrierefrei": "yes", "voll": "yes", "nein": "no", "nicht": "no", "teilweise": "limited",
    "eingeschraenkt": "limited", "zum teil": "limited",
}  # fmt: skip
