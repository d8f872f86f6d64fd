"""Texts to and from translators' tools: XLIFF 1.2 and 2.0."""

from collections.abc import Iterable
from xml.parsers import expat

from django.core.exceptions import ValidationError
from lxml import etree
from translate.storage.xliff import Xliff1File, Xliff1Unit
from translate.storage.xliff2 import Xliff2File

from portal import languages
from portal.spreadsheets import printable

from .units import Unit

MAX_DEPTH = 50
MAX_ELEMENTS = 500_000
NO_XLIFF = (
    "Das ist keine XLIFF-Datei. Gebraucht wird die Datei, die hier exportiert wurde, mit den Übersetzungen darin."
)


NAMESPACE = "urn:oasis:names:tc:xliff:document:"


class Xliff12Unit(Xliff1Unit):
    namespace = f"{NAMESPACE}1.2"


class Xliff12File(Xliff1File):
    """The library writes 1.1, which few tools still know."""

    UnitClass = Xliff12Unit
    namespace = f"{NAMESPACE}1.2"
    XMLskeleton = (
        f"<?xml version='1.0'?><xliff version='1.2' xmlns='{NAMESPACE}1.2'>"
        "<file original='portal' source-language='de' datatype='plaintext'><body/></file></xliff>"
    )


def write(units: Iterable[Unit], code: str, version: str) -> bytes:
    store = Xliff2File() if version == "2.0" else Xliff12File()
    store.setsourcelanguage(languages.SOURCE)
    store.settargetlanguage(code)
    for text in units:
        unit = store.UnitClass(printable(text.german))
        store.addunit(unit)
        if version == "2.0":
            unit.setid(text.id)
            note_in_unit(unit, text.notes)
        else:
            unit.xmlelement.set("id", text.id)
            for note in text.notes:
                unit.addnote(printable(note))
        if text.translation:
            unit.target = printable(text.translation)
            unit.markfuzzy(text.to_check)
    return bytes(store)


def note_in_unit(unit, notes: list[str]) -> None:
    """XLIFF 2.0 wants notes before the segment; the library would put them into it."""
    if notes:
        element = etree.Element(unit.namespaced("notes"))
        for note in notes:
            etree.SubElement(element, unit.namespaced("note")).text = printable(note)
        unit.getunitelement().insert(0, element)


# Reading ------------------------------------------------------------------------------------------


def look(content: bytes) -> str:
    """Walks through the file without building anything of it; returns the XLIFF version. Refuses what may do harm."""
    depth = elements = 0
    root: list[tuple[str, dict]] = []

    def start(name, attributes):
        nonlocal depth, elements
        depth, elements = depth + 1, elements + 1
        if not root:
            root.append((name, attributes))
        if depth > MAX_DEPTH or elements > MAX_ELEMENTS:
            raise ValidationError(
                "Diese Datei ist zu verschachtelt oder zu groß. Bitte weniger Inhalte auf einmal exportieren."
            )

    def end(_name):
        nonlocal depth
        depth -= 1

    def doctype(*_args):
        raise ValidationError(
            "In dieser Datei steht eine DOCTYPE-Angabe. Solche Dateien können den Server angreifen und werden nicht "
            "gelesen; eine XLIFF-Datei braucht keine."
        )

    parser = expat.ParserCreate()
    parser.StartElementHandler, parser.EndElementHandler = start, end
    parser.StartDoctypeDeclHandler = doctype
    try:
        parser.Parse(content, True)
    except expat.ExpatError as error:
        if not root:
            raise ValidationError(NO_XLIFF) from None
        raise ValidationError(
            f"Die XLIFF-Datei ist beschädigt (Zeile {error.lineno}). Bitte im Übersetzungswerkzeug noch einmal speichern."
        ) from None
    except (ValueError, LookupError):
        raise ValidationError(NO_XLIFF) from None
    name, attributes = root[0]
    if name.rpartition(":")[2] != "xliff":
        raise ValidationError(NO_XLIFF)
    version = attributes.get("version", "")
    if version not in {"1.1", "1.2", "2.0", "2.1"}:
        raise ValidationError(f"XLIFF {version or 'ohne Versionsangabe'} geht hier nicht, nur 1.2 und 2.0.")
    return version


def read(content: bytes) -> tuple[str, list[Unit]]:
    """The language of the translations, and the texts."""
    version = look(content)
    kind = Xliff1File if version < "2" else Xliff2File
    try:
        store = kind.parsestring(content)
        root = store.document.getroot()
        if not (root.nsmap.get(None) or "").startswith(NAMESPACE):
            raise ValidationError(NO_XLIFF)
        attributes = (
            [node.attrib for node in root.iterchildren(store.namespaced("file"))] if version < "2" else [root.attrib]
        )
        source, target = ("source-language", "target-language") if version < "2" else ("srcLang", "trgLang")
        codes = {attribute.get(target, "") for attribute in attributes}
        sources = {attribute.get(source, "") for attribute in attributes}
        units = units_of(store, version)
    except ValidationError:
        raise
    except Exception as error:
        # A file made by hand can break the library anywhere.
        raise ValidationError(NO_XLIFF) from error
    if sources != {languages.SOURCE}:
        raise ValidationError("In dieser Datei ist Deutsch (de) nicht die Ausgangssprache. Sie kommt nicht von hier.")
    if len(codes) != 1 or not (code := codes.pop()):
        raise ValidationError(
            "In dieser Datei steht nicht, in welche Sprache übersetzt wurde (target-language, trgLang)."
        )
    return code, units


def units_of(store, version: str) -> list[Unit]:
    if version < "2":
        return [
            Unit(
                unit.xmlelement.get("id", ""),
                str(unit.source or ""),
                str(unit.target or ""),
                still_right=bool(unit.target) and not unit.isfuzzy(),
            )
            for unit in store.units
        ]
    # Tools may have cut a text into sentences; what is between them belongs to it too.
    found = {}
    for unit in store.units:
        element = unit.getunitelement()
        if element in found:
            continue
        pieces = [x for x in element if etree.QName(x).localname in {"segment", "ignorable"}]
        segments = [x for x in pieces if etree.QName(x).localname == "segment"]
        done = all(text_in(x, "target") for x in segments)
        found[element] = Unit(
            element.get("id", ""),
            "".join(text_in(x, "source") for x in pieces),
            "".join(text_in(x, "target") or (text_in(x, "source") if x not in segments else "") for x in pieces)
            if done
            else "",
            still_right=done and all(x.get("state") in {None, "translated", "reviewed", "final"} for x in segments),
        )
    return list(found.values())


def text_in(element, name: str) -> str:
    child = next((x for x in element if isinstance(x.tag, str) and etree.QName(x).localname == name), None)
    return "".join(child.itertext()) if child is not None else ""
