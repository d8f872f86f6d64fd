"""Days of the week, as HSDS and iCalendar write them (RFC 5545, byday)."""

from django.core.exceptions import ValidationError
from django.utils.dates import WEEKDAYS as NAMES

CODES = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
WEEKDAYS = {code: NAMES[number] for number, code in enumerate(CODES)}


def validate_days(value: str) -> None:
    days = value.split(",")
    if not all(day in CODES for day in days) or len(set(days)) != len(days):
        raise ValidationError("Wochentage stehen als MO,TU,WE,TH,FR,SA,SU da, jeder einmal.")
