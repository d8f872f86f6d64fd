"""A county's colour must be readable: contrast as WCAG 2.2 defines it (1.4.3)."""

import re

from django.core.exceptions import ValidationError

DARK_GROUND = "#161b22"  # the dark theme's background, as in static/css/portal.css


def _luminance(colour: str) -> float:
    channels = (int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """The contrast ratio of two "#rrggbb" colours, 1 to 21."""
    dark, light = sorted((_luminance(one), _luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def validate_colour(colour: str) -> None:
    if not re.fullmatch(r"#[0-9a-fA-F]{6}", colour):
        raise ValidationError("Bitte als „#“ und sechs Ziffern oder Buchstaben, zum Beispiel „#00538a“.")
    if (ratio := contrast(colour, "#ffffff")) < 4.5:
        raise ValidationError(
            f"Diese Farbe ist auf Weiß zu schwach zu lesen (Kontrast {ratio:.1f}; nötig ist 4,5). "
            "Bitte einen dunkleren Ton wählen."
        )


def for_dark_ground(colour: str) -> str:
    """The same hue, mixed with white until it can be read on the dark background."""
    for white in range(0, 101, 5):
        channels = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
        mixed = "#" + "".join(f"{round(c + (255 - c) * white / 100):02x}" for c in channels)
        if contrast(mixed, DARK_GROUND) >= 7:
            return mixed
    return "#ffffff"
