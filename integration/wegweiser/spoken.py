"""The languages people speak at a place: many more than the portal is written in."""

from functools import lru_cache

from babel import Locale
from django.utils.functional import lazy
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from portal import languages

CODES = (
    "uk", "ru", "ar", "fa", "prs", "ps", "tr", "kmr", "ckb", "ro", "pl", "fr", "en", "es", "it", "pt", "so", "ti",
    "am", "om", "sq", "sr", "bs", "hr", "mk", "bg", "hu", "el", "cs", "sk", "lt", "lv", "rom", "hi", "ur", "pa",
    "bn", "ta", "ne", "vi", "zh", "th", "tl", "ka", "hy", "az", "kk", "mn", "sw", "ha", "ff", "ln", "nl", "gsg",
)  # fmt: skip

# What a reader of one language can be spoken to in as well: one written standard, several names.
ALSO = {"fa": ("prs",), "kmr": ("ckb",)}

# Babel writes Kurmanji under the code of all Kurdish, and reads no Leichte Sprache.
LOCALES = {"kmr": "ku", "de-simple": "de"}


def own_names() -> dict[str, str]:
    """What the CLDR does not know or calls too generally."""
    return {
        "prs": _("Dari"),
        "kmr": _("Kurdisch (Kurmandschi)"),
        "ckb": _("Kurdisch (Sorani)"),
        "gsg": _("Deutsche Gebärdensprache"),
    }


@lru_cache(maxsize=len(languages.LANGUAGES))
def names(language: str) -> dict[str, str]:
    """The name of each spoken language, for the readers of one."""
    known = Locale.parse(LOCALES.get(language, language)).languages
    german = Locale.parse(languages.SOURCE).languages
    own = own_names()
    return {code: own.get(code) or known.get(code) or german[code] for code in CODES}


def name(code: str) -> str:
    return names(get_language() or languages.SOURCE).get(code, code)


lazy_name = lazy(name, str)


def choices() -> list[tuple[str, str]]:
    """For the model and the admin, in the order of the German names."""
    german = names(languages.SOURCE)
    return [(code, lazy_name(code)) for code in sorted(CODES, key=lambda code: german[code])]


def of_reader() -> list[str]:
    """Spoken languages in which the reader of this page feels at home; none where that goes without saying."""
    language = get_language() or languages.SOURCE
    if language in {languages.SOURCE, "de-simple"}:
        return []
    return [language, *ALSO.get(language, ())]
