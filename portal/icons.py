"""The icons staff can choose from: names from Lucide, words from daily life. And how they are drawn."""

from functools import cache
from importlib.resources import files
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
    """Opened once. The package itself reads for each icon anew what all is in there, and a page has a dozen."""
    return ZipFile(files("lucide").joinpath("lucide.zip").open("rb"))


def svg(name: str) -> str:
    with READING:
        return lucide().read(f"{name}.svg").decode()
