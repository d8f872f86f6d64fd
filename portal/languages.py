"""The languages of the portal. To add one: a line here, `manage.py makemigrations`, one .po file."""

import unicodedata
from typing import NamedTuple

from django.conf.locale import LANG_INFO


class Language(NamedTuple):
    code: str  # BCP 47, as in the address and in <html lang>
    name: str  # what its readers call it
    german_name: str  # what staff call it
    rtl: bool = False
    aliases: tuple[str, ...] = ()  # codes browsers send for it, or people type


LANGUAGES = (
    Language("de", "Deutsch", "Deutsch"),
    # A registered variant, so valid BCP 47; "de-x-simple" breaks modeltranslation's admin.
    Language("de-simple", "Leichte Sprache", "Leichte Sprache", aliases=("de-leicht", "de-ls", "de-x-leicht")),
    Language("en", "English", "Englisch"),
    Language("uk", "Українська", "Ukrainisch"),
    Language("ru", "Русский", "Russisch"),
    Language("ar", "العربية", "Arabisch", rtl=True),
    # Dari readers get Persian: one written standard, and nearer than German.
    Language("fa", "فارسی", "Persisch (Farsi)", rtl=True, aliases=("pes", "prs")),
    Language("tr", "Türkçe", "Türkisch"),
    # "ku" is the macrolanguage; what browsers and people mean by it in Germany is mostly Kurmanji.
    Language("kmr", "Kurmancî", "Kurdisch (Kurmandschi)", aliases=("ku",)),
    Language("ro", "Română", "Rumänisch"),
    Language("pl", "Polski", "Polnisch"),
    Language("fr", "Français", "Französisch"),
)

SOURCE = "de"

BY_CODE = {language.code: language for language in LANGUAGES}
ALIASES = {alias: language.code for language in LANGUAGES for alias in language.aliases}

# Django knows neither Leichte Sprache (it would say "Deutsch") nor Kurmanji (it would raise KeyError).
for language in LANGUAGES:
    LANG_INFO[language.code] = {
        "code": language.code,
        "name": language.german_name,
        "name_local": language.name,
        "bidi": language.rtl,
    }


def direction(code: str) -> str:
    return "rtl" if BY_CODE[code].rtl else "ltr"


def is_latin(code: str) -> bool:
    """Written in the letters German is written in: then nobody can tell from a word's letters that it is German."""
    return unicodedata.name(BY_CODE[code].name[0]).startswith("LATIN")


def best_match(wanted: list[str], shown: list[str]) -> str:
    """The language of `shown` for browser codes in order of preference; German where none fits.

    "fa-AF" finds "fa", "ku" finds "kmr", "de-AT" finds "de".
    """
    for code in wanted:
        parts = code.lower().split("-")
        for length in range(len(parts), 0, -1):
            candidate = "-".join(parts[:length])
            candidate = ALIASES.get(candidate, candidate)
            if candidate in shown:
                return candidate
    return SOURCE


def allow_language_of_part(config: dict, allowed: dict) -> None:
    """For the editor's sanitiser: `<span lang>` with one of our languages, and `lang` nowhere else."""
    allowed["tags"].add("span")
    allowed["attributes"]["*"] = set()  # nh3 would let any element have lang and title
    allowed.setdefault("tag_attribute_values", {})["span"] = {"lang": set(BY_CODE)}
