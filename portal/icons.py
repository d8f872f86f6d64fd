"""The icons staff can choose from: names from Lucide, words from daily life. And how they are drawn."""

from functools import cache
from importlib.util import find_spec
from pathlib import Path
from threading import Lock
from zipfile import ZipFile

ICONS = [
    ("info", "Information"),
    ("siren", "Notfall"),
    ("message-circle-question-mark", "Beratung"),
    ("languages", "Sprache"),
    ("graduation-cap", "Lernen und Kurse"),
    ("file-text", "Papiere und Anträge"),
    ("plane-landing", "Ankommen"),
    ("signpost", "Wegweiser"),
    ("euro", "Geld"),
    ("house", "Wohnen"),
    ("briefcase", "Arbeit"),
    ("baby", "Kita"),
    ("school", "Schule"),
    ("stethoscope", "Arzt und Ärztin"),
    ("heart-pulse", "Gesundheit"),
    ("heart-handshake", "Ehrenamt"),
    ("users", "Menschen und Gruppen"),
    ("flag", "Einbürgerung"),
    ("scale", "Recht und Diskriminierung"),
    ("hand-helping", "Helfen"),
    ("map-pin", "Ort"),
    ("calendar-days", "Veranstaltung"),
    ("phone", "Telefon"),
    ("download", "Herunterladen"),
    ("book-open", "Lesen"),
    ("bus", "Unterwegs"),
    ("shopping-bag", "Einkaufen"),
    ("trophy", "Sport"),
    ("venus", "Frauen"),
]

READING = Lock()


@cache
def lucide() -> ZipFile:
    """Opened once, and without the package's own code: that reads for each icon anew what all is in there."""
    return ZipFile(Path(find_spec("lucide").origin).with_name("lucide.zip"))


def svg(name: str) -> str:
    with READING:
        return lucide().read(f"{name}.svg").decode()
