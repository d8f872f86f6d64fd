"""A county's colour must be readable: contrast as WCAG 2.2 defines it (1.4.3)."""

import colorsys
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


def grounds(colour: str) -> dict[str, str]:
    """What the county's colour meets where; as in static/css/portal.css, where --tint is 11 % of it on white."""
    tint = "#" + "".join(f"{round(255 - (255 - int(colour[i : i + 2], 16)) * 0.11):02x}" for i in (1, 3, 5))
    return {
        "als Link auf weißem Grund": "#ffffff",
        "als Link auf dem hellen Grund von Kästen und Fuß": "#f6f4ef",
        "als Schrift auf ihrer eigenen hellen Tönung": tint,
        "als Knopf unter weißer Schrift": "#ffffff",
    }


NEEDED = 4.5


def german(ratio: float) -> str:
    return f"{int(ratio * 100) / 100:.2f}".replace(".", ",")  # cut off: 4.499 is not yet 4.5


def validate_colour(colour: str) -> None:
    if not re.fullmatch(r"#[0-9a-fA-F]{6}", colour):
        raise ValidationError("Bitte als „#“ und sechs Ziffern oder Buchstaben, zum Beispiel „#00538a“.")
    weak = [
        f"{use} (nur {german(contrast(colour, other))})"
        for use, other in grounds(colour).items()
        if contrast(colour, other) < NEEDED
    ]
    if weak:
        raise ValidationError(
            f"Diese Farbe ist zu schwach zu lesen: {', '.join(weak)}. Nötig ist überall ein Kontrast von 4,5. "
            f"Der nächste dunklere Ton, der passt, ist „{darker(colour)}“."
        )


def darker(colour: str) -> str:
    """The lightest tone of the same hue that can be read wherever it is used."""
    hue, lightness, saturation = colorsys.rgb_to_hls(*(int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)))
    for step in range(1000, -1, -1):
        channels = colorsys.hls_to_rgb(hue, lightness * step / 1000, saturation)
        tone = "#" + "".join(f"{round(c * 255):02x}" for c in channels)
        if all(contrast(tone, other) >= NEEDED for other in grounds(tone).values()):
            return tone
    return "#000000"


def for_dark_ground(colour: str) -> str:
    """The same hue, mixed with white until it can be read on the dark background."""
    for white in range(0, 101, 5):
        channels = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
        mixed = "#" + "".join(f"{round(c + (255 - c) * white / 100):02x}" for c in channels)
        if contrast(mixed, DARK_GROUND) >= 7:
            return mixed
    return "#ffffff"
