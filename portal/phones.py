"""Phone numbers as people write them in Germany, short numbers included."""

import re

import phonenumbers
from django.core.exceptions import ValidationError

# The library knows no short numbers, and a portal for newcomers needs just these.
SHORT_NUMBERS = {"110", "112", "115", "116117", "116116", "116006", "116016", "116123", "116111"}

# With a slash behind the area code at most: "030 23125-100 / 101" are two numbers, and would be dialled as one.
ONE_NUMBER = re.compile(r"(?:\s*(?:\+|00)49)?(?:[^\d/]*\d){0,6}[^\d/]*/[^/]*|[^/]*")
MORE_THAN_ONE = re.compile(r"[^\W\d_]|[;,#|&]")


def _digits(value: str) -> str:
    return "".join(character for character in value if character.isdigit())


def validate_phone(value: str) -> None:
    if _digits(value) in SHORT_NUMBERS:
        return
    try:
        is_one = ONE_NUMBER.fullmatch(value) and not MORE_THAN_ONE.search(value)
        valid = is_one and phonenumbers.is_possible_number(phonenumbers.parse(value, "DE"))
    except phonenumbers.NumberParseException:
        valid = False
    if not valid:
        raise ValidationError(
            "Das ist keine Telefonnummer, oder es sind mehrere. Richtig ist zum Beispiel „030 23125-0“ oder „+49 30 231250“."
        )


def tel_link(value: str) -> str:
    """The tel: address of a number ("030 23125-0" → "tel:+4930231250"); short numbers stay as they are."""
    digits = _digits(value)
    if digits in SHORT_NUMBERS:
        return f"tel:{digits}"
    try:
        number = phonenumbers.parse(value, "DE")
    except phonenumbers.NumberParseException:
        return f"tel:{digits}"
    return "tel:" + phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
