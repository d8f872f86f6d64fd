"""What a machine can say of a PDF's accessibility before anybody reads it (EN 301 549, 10; PDF/UA-1)."""

import json
import subprocess
import sys
from collections import OrderedDict
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

from django.core.exceptions import ValidationError
from django.core.files import File

INSPECTOR = Path(__file__).with_name("pdf_inspector.py")
SECONDS = 20


class Check(NamedTuple):
    name: str
    passed: str
    failed: str
    advice: str
    bars: bool = False  # without this some people cannot read the document at all
    hint: bool = False  # good to have; nobody is kept from reading


CHECKS = (
    Check(
        "text",
        "Text: vorhanden",
        "Text: fehlt – die Seiten sind nur Bilder",
        "Eingescannte Seiten kann niemand vorlesen lassen. Bitte die ursprüngliche Datei verwenden (zum Beispiel aus "
        "Word) oder den Scan mit Texterkennung (OCR) neu erzeugen.",
        bars=True,
    ),
    Check(
        "assistive",
        "Vorlesen: erlaubt",
        "Vorlesen: durch einen Kopierschutz verboten",
        "Bitte ohne Kopierschutz speichern. In Acrobat: Datei → Eigenschaften → Sicherheit → „Keine Sicherheit“.",
        bars=True,
    ),
    Check(
        "tagged",
        "Getaggt: ja",
        "Getaggt: nein",
        "Ohne Tags weiß ein Vorleseprogramm nicht, was Überschrift, Liste oder Tabelle ist. In Word: Datei → Speichern "
        "unter → PDF → Optionen → „Dokumentstrukturtags für Barrierefreiheit“. In LibreOffice: Datei → Exportieren als "
        "→ PDF → „Universelle Barrierefreiheit (PDF/UA)“. Nicht über „Drucken“ erzeugen: Dabei gehen die Tags verloren.",
        bars=True,
    ),
    Check(
        "language",
        "Sprache: angegeben",
        "Sprache: nicht angegeben",
        "Das Vorleseprogramm spricht sonst in der falschen Sprache. In Word: Überprüfen → Sprache → Sprache für die "
        "Korrekturhilfen festlegen. In LibreOffice: Extras → Optionen → Sprachen.",
    ),
    Check(
        "title",
        "Titel: angegeben",
        "Titel: fehlt oder wird nicht angezeigt",
        "In Word: Datei → Informationen → Titel. In LibreOffice: Datei → Eigenschaften → Beschreibung. In Acrobat: "
        "Datei → Eigenschaften → Ansicht beim Öffnen → Einblenden: „Dokumenttitel“.",
    ),
    Check(
        "pdfua",
        "Kennzeichen PDF/UA: ja",
        "Kennzeichen PDF/UA: nein",
        "Kein Mangel für Leserinnen und Leser, aber ein gutes Zeichen: Programme setzen es, wenn man als PDF/UA speichert.",
        hint=True,
    ),
    Check(
        "script",
        "Programmcode: keiner",
        "Programmcode: enthält JavaScript",
        "Auf Telefonen und in Browsern läuft er nicht. Bitte nur verwenden, wenn das Dokument auch ohne ihn benutzbar ist.",
        hint=True,
    ),
)
BY_NAME = {check.name: check for check in CHECKS}

PROBLEMS = {
    "password": "Die Datei ist mit einem Kennwort geschützt; niemand könnte sie öffnen. Bitte ohne Kennwort speichern.",
    "damaged": "Die PDF-Datei ist beschädigt und lässt sich nicht öffnen. Bitte neu erzeugen und noch einmal hochladen.",
    "empty": "Die PDF-Datei hat keine Seiten.",
    "excessive": "Die PDF-Datei ist so aufgebaut, dass sie sich nicht prüfen lässt. Bitte im Programm, mit dem sie "
    "gemacht wurde, neu speichern und noch einmal hochladen.",
}

# Validated, then saved: the same bytes come several times in a row.
_known: OrderedDict[bytes, dict] = OrderedDict()


def _inspect(file: File) -> dict:
    file.seek(0)
    data = file.read()
    file.seek(0)
    digest = sha256(data).digest()
    if digest not in _known:
        _known[digest] = _run_inspector(data)
        while len(_known) > 200:
            _known.popitem(last=False)
    return _known[digest]


def _run_inspector(data: bytes) -> dict:
    try:
        done = subprocess.run(
            [sys.executable, "-I", str(INSPECTOR)], input=data, capture_output=True, timeout=SECONDS, check=True
        )
        return json.loads(done.stdout)
    except (subprocess.SubprocessError, ValueError):
        return {"problem": "excessive"}


def validate_pdf(file: File) -> None:
    """Refuses what nobody could open; what is merely inaccessible is told, not refused."""
    if problem := _inspect(file).get("problem"):
        raise ValidationError(PROBLEMS[problem])


def failed_checks(file: File) -> list[str]:
    """The names of the CHECKS a document does not pass."""
    return _inspect(file).get("failed", ["text"])  # one that cannot be opened cannot be read


def barriers(failed: list[str]) -> list[Check]:
    return [check for check in CHECKS if check.name in failed and not check.hint]
