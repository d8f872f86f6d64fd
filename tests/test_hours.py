"""Is it open now? On holidays, in exceptions, across midnight and in the nights when the clocks change."""

import threading
import time as clock_time
from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

import holidays
import pytest

from integration.wegweiser import hours
from integration.wegweiser.models import OpeningHours

BERLIN = ZoneInfo("Europe/Berlin")
NI, NW = hours.holiday("NI"), hours.holiday("NW")


def line(days="MO,TU,WE,TH,FR", start="9:00", end="12:00", **fields):
    return OpeningHours(days=days, opens_at=clock(start), closes_at=clock(end), **fields)


def clock(text):
    return time(*map(int, text.split(":"))) if text else None


def at(text, fold=0):
    return datetime.fromisoformat(text).replace(tzinfo=BERLIN, fold=fold)


def is_open(rows, moment, holiday=NI):
    return hours.state_at(rows, moment, holiday).is_open


def test_it_is_open_from_the_first_minute_until_the_last_is_over():
    for moment, expected in (("08:59", False), ("09:00", True), ("11:59", True), ("12:00", False)):
        assert is_open([line()], at(f"2026-11-23T{moment}")) is expected, moment


def test_open_says_until_when_and_closed_says_when_next():
    rows = [line(), line(days="TH", start="12:00", end="17:00")]
    assert hours.state_at(rows, at("2026-11-26T10:00"), NI).until == at("2026-11-26T17:00")
    assert hours.state_at(rows, at("2026-11-27T13:00"), NI).next_opening == at("2026-11-30T09:00")


@pytest.mark.parametrize(
    ("day", "in_lower_saxony", "in_north_rhine"),
    [
        ("2026-10-31", False, True),  # Reformationstag, a Saturday
        ("2026-11-01", True, False),  # Allerheiligen, a Sunday
        ("2026-06-04", True, False),  # Fronleichnam
        ("2026-10-03", False, False),  # Tag der Deutschen Einheit
    ],
)
def test_a_holiday_of_the_land_closes_and_one_of_another_land_does_not(day, in_lower_saxony, in_north_rhine):
    rows = [line(days="")]
    assert is_open(rows, at(f"{day}T10:00"), NI) is in_lower_saxony
    assert is_open(rows, at(f"{day}T10:00"), NW) is in_north_rhine


def test_what_is_open_on_holidays_too_stays_open():
    christmas = at("2026-12-25T10:00")
    assert not is_open([line()], christmas)
    assert is_open([line(on_holidays=True)], christmas)


def test_an_exception_closes_and_another_one_opens_at_other_times():
    closed = line(
        days="", start=None, end=None, exception=True, valid_from=date(2026, 12, 28), valid_to=date(2026, 12, 31)
    )
    short = line(
        days="", start="14:00", end="15:00", exception=True, valid_from=date(2026, 11, 24), valid_to=date(2026, 11, 24)
    )
    rows = [line(), closed, short]
    assert not is_open(rows, at("2026-12-29T10:00"))
    assert is_open(rows, at("2027-01-04T10:00"))
    assert not is_open(rows, at("2026-11-24T10:00"))
    assert is_open(rows, at("2026-11-24T14:30"))


def test_an_exception_opens_even_on_a_holiday():
    row = line(days="", exception=True, valid_from=date(2026, 12, 25), valid_to=date(2026, 12, 25))
    assert is_open([row], at("2026-12-25T10:00"))


def test_other_hours_for_some_weeks_have_not_thought_of_the_holidays_in_them():
    row = line(days="", end="11:00", exception=True, valid_from=date(2026, 12, 21), valid_to=date(2027, 1, 1))
    rows = [line(days="", end="17:00", on_holidays=True), row]
    assert is_open(rows, at("2026-12-24T10:00")) and not is_open(rows, at("2026-12-24T12:00"))
    christmas = hours.on(rows, date(2026, 12, 25), NI)
    assert not christmas.openings and not christmas.exception and christmas.holiday
    row.on_holidays = True
    assert is_open(rows, at("2026-12-25T10:00"))


def test_holidays_close_in_a_house_that_is_closed_for_weeks_around_them():
    row = line(days="", start=None, end=None, exception=True, valid_from=date(2026, 12, 21), valid_to=date(2027, 1, 1))
    assert not is_open([line(days="", on_holidays=True), row], at("2026-12-25T10:00"))


def test_the_nearest_exception_says_what_is_true_of_a_day():
    christmas_eve = {"exception": True, "valid_from": date(2026, 12, 24), "valid_to": date(2026, 12, 24)}
    weeks = {"exception": True, "valid_from": date(2026, 12, 21), "valid_to": date(2026, 12, 31)}
    closed_here = line(days="", start=None, end=None, service_at_location_id=1, service_id=1, **christmas_eve)
    short = line(days="", end="11:00", service_id=1, **weeks)
    rows = hours.together([closed_here], [line(service_id=1), short])
    assert not is_open(rows, at("2026-12-24T10:00"))
    assert is_open(rows, at("2026-12-23T10:00")) and not is_open(rows, at("2026-12-23T11:30"))
    assert is_open(rows, at("2026-12-18T11:30"))


def test_a_closed_house_closes_everything_in_it_and_its_other_hours_are_its_own():
    week = {"exception": True, "valid_from": date(2026, 11, 23), "valid_to": date(2026, 11, 24), "location_id": 1}
    closed = line(days="MO", start=None, end=None, **week)
    longer = line(days="TU", end="20:00", **week)
    house = [line(end="18:00", location_id=1), closed, longer]
    own = hours.together([], [line()], house)
    assert not is_open(own, at("2026-11-23T10:00"))
    assert is_open(own, at("2026-11-24T10:00")) and not is_open(own, at("2026-11-24T19:00"))
    assert is_open(hours.together([], [], house), at("2026-11-24T19:00"))


def test_holidays_are_whole_for_whoever_asks_first(monkeypatch):
    """A calendar that is being filled by one thread is not read by another."""
    populate = holidays.countries.Germany._populate

    def slowly(self, year):
        clock_time.sleep(0.05)
        populate(self, year)

    monkeypatch.setattr(holidays.countries.Germany, "_populate", slowly)
    hours._holidays.cache_clear()
    unity = hours.holiday("NI")
    found = []
    threads = [threading.Thread(target=lambda: found.append(unity(date(2031, 10, 3)))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == ["Tag der Deutschen Einheit"] * 4


def test_an_exception_for_one_weekday_leaves_the_others_alone():
    row = line(
        days="TH", start=None, end=None, exception=True, valid_from=date(2026, 11, 1), valid_to=date(2026, 11, 30)
    )
    assert not is_open([line(), row], at("2026-11-26T10:00"))
    assert is_open([line(), row], at("2026-11-25T10:00"))


def test_an_opening_past_midnight_belongs_to_the_evening_it_begins():
    rows = [line(days="SA", start="22:00", end="03:00")]
    assert is_open(rows, at("2026-11-28T23:00"))
    assert is_open(rows, at("2026-11-29T02:59"))
    assert not is_open(rows, at("2026-11-29T03:00"))
    assert not is_open(rows, at("2026-11-28T02:00"))


def test_a_holiday_does_not_cut_the_night_that_began_before_it():
    rows = [line(days="", start="22:00", end="02:00")]
    assert is_open(rows, at("2026-12-25T01:00"))  # since the evening of the 24th
    assert not is_open(rows, at("2026-12-26T01:00"))  # the 25th never opened


def test_around_the_clock_never_closes():
    state = hours.state_at([line(days="", start="00:00", end="00:00", on_holidays=True)], at("2026-12-25T03:00"), NI)
    assert state.is_open
    assert state.until is None


def test_the_night_the_clocks_go_back_is_an_hour_longer():
    rows = [line(days="SA", start="22:00", end="03:00", on_holidays=True)]
    assert is_open(rows, at("2026-10-25T02:30", fold=0))
    assert is_open(rows, at("2026-10-25T02:30", fold=1))
    assert is_open(rows, datetime(2026, 10, 25, 1, 59, tzinfo=UTC))  # 2:59 for the second time
    assert not is_open(rows, datetime(2026, 10, 25, 2, 0, tzinfo=UTC))


def test_what_closes_within_the_repeated_hour_closes_the_first_time():
    rows = [line(days="SA", start="22:00", end="02:30")]
    assert is_open(rows, at("2026-10-25T02:29", fold=0))
    assert not is_open(rows, at("2026-10-25T02:30", fold=0))
    assert not is_open(rows, at("2026-10-25T02:10", fold=1))


def test_the_night_the_clocks_go_forward_is_an_hour_shorter():
    rows = [line(days="SA", start="22:00", end="03:30")]
    assert is_open(rows, datetime(2026, 3, 29, 0, 59, tzinfo=UTC))  # 1:59
    assert is_open(rows, datetime(2026, 3, 29, 1, 0, tzinfo=UTC))  # 3:00
    assert not is_open(rows, datetime(2026, 3, 29, 1, 30, tzinfo=UTC))  # 3:30
    # Half past two does not exist that night; what opens then opens at half past three.
    rows = [line(days="SU", start="02:30", end="06:00")]
    assert not is_open(rows, datetime(2026, 3, 29, 1, 29, tzinfo=UTC))
    assert is_open(rows, datetime(2026, 3, 29, 1, 30, tzinfo=UTC))


def test_the_first_and_the_last_wednesday_of_a_month():
    first, last = [line(days="WE", nth=1)], [line(days="WE", nth=-1)]
    for day, expected in (("2026-12-02", True), ("2026-12-09", False), ("2026-12-30", False)):
        assert is_open(first, at(f"{day}T10:00")) is expected, day
    for day, expected in (("2026-11-25", True), ("2026-11-18", False), ("2026-12-30", True), ("2026-12-23", False)):
        assert is_open(last, at(f"{day}T10:00")) is expected, day


def test_a_season_begins_and_ends():
    rows = [line(days="", valid_from=date(2026, 11, 1), valid_to=date(2026, 11, 30))]
    assert is_open(rows, at("2026-11-30T10:00"))
    assert not is_open(rows, at("2026-12-01T10:00"))
    assert hours.state_at(rows, at("2026-12-01T10:00"), NI).next_opening is None


def test_hours_by_appointment_are_not_open_to_everybody():
    state = hours.state_at([line(by_appointment=True)], at("2026-11-23T10:00"), NI)
    assert not state.is_open
    assert state.by_appointment
    assert state.next_opening is None


def test_the_sign_on_the_door_leaves_out_what_is_over():
    rows = [
        line(days="MO,WE"),
        line(days="MO", start="14:00", end="16:00"),
        line(days="WE", nth=1),
        line(days="", start=None, end=None, exception=True, valid_from=date(2026, 1, 2), valid_to=date(2026, 1, 3)),
        line(days="", start=None, end=None, exception=True, valid_from=date(2026, 12, 28), valid_to=date(2026, 12, 31)),
    ]
    sign = hours.sign(rows, date(2026, 11, 22))
    assert [(code, len(lines)) for code, lines in sign.week] == [("MO", 2), ("WE", 1)]
    assert [row.nth for row in sign.other] == [1]
    assert [row.valid_from.day for row in sign.exceptions] == [28]
