"""Phone numbers as people write them in Germany, short numbers included."""

import phonenumbers
from django.core.exceptions import ValidationError

# The library knows no short numbers, and a portal for newcomers needs just these.
SHORT_NUMBERS = {"110", "112", "115", "116117", "116116", "116006", "116016", "116123", "116111"}


def _digits(value: str) -> str:
    return "".join(character for character in value if character.isdigit())


def validate_phone(value: str) -> None:
    if _digits(value) in SHORT_NUMBERS:
        return
    try:
        valid = phonenumbers.is_possible_number(phonenumbers.parse(value, "DE"))
    except phonenumbers.NumberParseException:
        valid = False
    if not valid:
        raise ValidationError("Das ist keine Telefonnummer. Richtig ist zum Beispiel „0491 926-0“ oder „+49 491 9260“.")


def tel_link(value: str) -> str:
    """The tel: address of a number ("0491 926-0" → "tel:+494919260"); short numbers stay as they are."""
    digits = _digits(value)
    if digits in SHORT_NUMBERS:
        return f"tel:{digits}"
    try:
        number = phonenumbers.parse(value, "DE")
    except phonenumbers.NumberParseException:
        return f"tel:{digits}"
    return "tel:" + phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
