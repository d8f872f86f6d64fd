"""The public style sheet: static/css/portal.css and the county's colour in one."""

from functools import lru_cache
from hashlib import sha256

from django.conf import settings

from . import colours

SOURCE = settings.BASE_DIR / "static" / "css" / "portal.css"


def css(colour: str) -> str:
    return _css(colour, SOURCE.stat().st_mtime_ns)[0]


def version(colour: str) -> str:
    """Changes with the style sheet and with the colour, so that browsers may keep what they have for good."""
    return _css(colour, SOURCE.stat().st_mtime_ns)[1]


@lru_cache(maxsize=8)
def _css(colour: str, changed: int) -> tuple[str, str]:
    text = SOURCE.read_text(encoding="utf-8")
    if colour:
        text = text.replace("/* Base --", f"{_rules(colour)}\n/* Base --", 1)
    return text, sha256(text.encode()).hexdigest()[:12]


def _rules(colour: str) -> str:
    """After the tokens and before all that uses them; paper stays black."""
    return (
        f"@media screen {{ :root {{ --kern-color-action-default: {colour}; }} }}\n"
        "@media screen and (prefers-color-scheme: dark) "
        f"{{ :root {{ --kern-color-action-default: {colours.for_dark_ground(colour)}; }} }}"
    )
