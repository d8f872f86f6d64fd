"""When is it open? Pure functions on the lines of a sign (rows of OpeningHours, or whatever has their fields).

Times are wall clock times of the portal's time zone. An opening belongs to the day it begins on: what opens on
Saturday at ten in the evening and closes at three is a matter of Saturday's lines, Sunday's holiday or exception does
not cut it. Moments are compared in UTC, so that the night in which the clocks change is as long as it is.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Any

from django.utils import timezone

from .weekdays import CODES

Row = Any  # OpeningHours or an Hours tuple of the index
Holiday = Callable[[date], str | None]

LOOK_AHEAD = 21  # days to the next opening; what opens later says so in its lines


@lru_cache(maxsize=256)
def _holidays(land: str | None, year: int) -> dict[date, str]:
    """Of one year, and whole: the library's own calendar fills itself while others are reading it already."""
    import holidays  # 3 MB, and most pages tell no hours

    return dict(holidays.country_holidays("DE", subdiv=land or None, language="de", years=year, expand=False))


def holiday(land: str | None) -> Holiday:
    """The name of a day's public holiday in a Land ("NI"), as a function; without a Land those of all of Germany."""
    return lambda day: _holidays(land, day.year).get(day)


@dataclass(frozen=True)
class Opening:
    """From when until when, both aware and in local time, and the line it comes from."""

    start: datetime
    end: datetime
    row: Row

    @property
    def by_appointment(self) -> bool:
        return self.row.by_appointment

    @property
    def is_whole_day(self) -> bool:
        return self.row.opens_at == self.row.closes_at


@dataclass
class Day:
    date: date
    openings: list[Opening] = field(default_factory=list)
    holiday: str = ""  # its German name, where it closes or could be expected to
    exception: Row | None = None  # the line that replaces the regular ones
    is_today: bool = False


@dataclass(frozen=True)
class State:
    is_open: bool
    until: datetime | None = None  # None: around the clock
    next_opening: datetime | None = None
    by_appointment: bool = False  # somebody is there now or at other times, for those with an appointment


def within(start: datetime, now: datetime, end: datetime) -> bool:
    """From the start on, until the end is reached. In UTC: aware times of one zone compare by the wall clock."""
    return start.astimezone(UTC) <= now.astimezone(UTC) < end.astimezone(UTC)


def holds(row: Row, day: date) -> bool:
    """Does this line speak of this day?"""
    if (row.valid_from and day < row.valid_from) or (row.valid_to and day > row.valid_to):
        return False
    if row.days and CODES[day.weekday()] not in row.days.split(","):
        return False
    if row.nth is None:
        return True
    if row.nth > 0:
        return (day.day - 1) // 7 + 1 == row.nth
    return (day + timedelta(days=7)).month != day.month


def opening(row: Row, day: date) -> Opening:
    end = day if row.closes_at > row.opens_at else day + timedelta(days=1)
    return Opening(moment(day, row.opens_at), moment(end, row.closes_at), row)


def moment(day: date, at: time) -> datetime:
    """Wall clock to moment; through UTC and back, so that 2:30 on the night it does not exist becomes 3:30."""
    local = datetime.combine(day, at, tzinfo=timezone.get_current_timezone())
    return timezone.localtime(local.astimezone(UTC))


def together(at_place: Iterable[Row], of_service: Iterable[Row], of_house: Iterable[Row] = ()) -> list[Row]:
    """The lines that hold at a place: its own regular ones, else those of the service, else those of the house.

    Exceptions replace no regular lines but those of their days, so all of them hold, the nearest first. A closed house
    is closed for everybody in it; its other hours are only for those who follow them.
    """
    regular: list[Row] = []
    exceptions: list[Row] = []
    for rows in (at_place, of_service, of_house):
        exceptions += [
            row for row in rows if row.exception and not (rows is of_house and regular and row.opens_at is not None)
        ]
        regular = regular or [row for row in rows if not row.exception]
    return regular + exceptions


def owner(row: Row) -> tuple[int | None, int | None]:
    return row.service_at_location_id, row.service_id


def open_on_holidays(row: Row) -> bool:
    """An exception for the holiday itself is meant for it; one for weeks has not thought of it."""
    return row.on_holidays or (row.exception and (row.opens_at is None or row.valid_from == row.valid_to))


def on(rows: Iterable[Row], day: date, holiday: Holiday) -> Day:
    """One day as it really is: the nearest exceptions before the regular lines, and of these what holds on holidays."""
    found = Day(day, holiday=holiday(day) or "")
    rows = [row for row in rows if holds(row, day)]
    if exceptions := [row for row in rows if row.exception]:
        rows = [row for row in exceptions if owner(row) == owner(exceptions[0])]
    if found.holiday:
        rows = [row for row in rows if open_on_holidays(row)]
    found.exception = next((row for row in rows if row.exception), None)
    found.openings = sorted((opening(row, day) for row in rows if row.opens_at is not None), key=lambda o: o.start)
    return found


def days(rows: Sequence[Row], first: date, count: int, holiday: Holiday) -> list[Day]:
    return [on(rows, first + timedelta(days=number), holiday) for number in range(count)]


def openings(rows: Sequence[Row], first: date, count: int, holiday: Holiday) -> Iterator[Opening]:
    """In order, without those for people with an appointment."""
    for number in range(count):
        day = on(rows, first + timedelta(days=number), holiday)
        yield from (opening for opening in day.openings if not opening.by_appointment)


def state_at(rows: Sequence[Row], now: datetime, holiday: Holiday) -> State:
    """Open or not at this moment, until when, and when next."""
    today = timezone.localtime(now).date()
    now = now.astimezone(UTC)
    until = None
    for found in openings(rows, today - timedelta(days=1), LOOK_AHEAD + 2, holiday):
        start, end = found.start.astimezone(UTC), found.end.astimezone(UTC)
        if end <= now:
            continue
        if until is None and start > now:
            return State(False, next_opening=found.start, by_appointment=has_appointments(rows, today))
        if until is not None and start > until:
            break  # a gap: it closes before
        until = max(until, end) if until else end
    else:
        if until is None:
            return State(False, by_appointment=has_appointments(rows, today))
        if until - now > timedelta(days=LOOK_AHEAD - 1):
            until = None
            return State(True)
    return State(True, until=timezone.localtime(until))


def has_appointments(rows: Iterable[Row], today: date) -> bool:
    return any(row.by_appointment and not (row.valid_to and row.valid_to < today) for row in rows)


@dataclass
class Sign:
    """The lines as they would hang on the door, for paper: no today, no tomorrow."""

    week: list[tuple[str, list[Row]]]  # by weekday code
    other: list[Row]  # once a month, by appointment without a day, for a season
    exceptions: list[Row]


def sign(rows: Sequence[Row], today: date) -> Sign:
    current = [row for row in rows if not (row.valid_to and row.valid_to < today)]
    regular = [row for row in current if not row.exception]
    weekly = [row for row in regular if row.nth is None and not row.valid_from and not row.valid_to and row.opens_at]
    week = []
    for code in CODES:
        lines = [row for row in weekly if not row.days or code in row.days.split(",")]
        if lines:
            week.append((code, sorted(lines, key=lambda row: row.opens_at)))
    exceptions = [row for row in current if row.exception]
    return Sign(
        week,
        [row for row in regular if row not in weekly],
        sorted(exceptions, key=lambda row: row.valid_from),
    )
