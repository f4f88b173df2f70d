"""Dates that come again, checked against a calendar walked day by day."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gmp_booking.kernel.period import Period
from gmp_booking.kernel.recurrence import MOST_DATES, EveryDays, OnWeekdays, TooManyDates, dates_after, moved_to
from tests.zones import BERLIN, SEOUL

DAYS = st.dates(date(2020, 1, 1), date(2035, 12, 31))


@pytest.mark.parametrize(
    ("first", "pattern", "expected"),
    [
        (date(2027, 1, 29), EveryDays(7, 3), ["2027-02-05", "2027-02-12", "2027-02-19"]),
        (date(2027, 1, 31), EveryDays(1, 2), ["2027-02-01", "2027-02-02"]),
        (date(2028, 2, 28), EveryDays(1, 2), ["2028-02-29", "2028-03-01"]),
        (date(2027, 12, 31), EveryDays(14, 1), ["2028-01-14"]),
        (
            date(2027, 3, 1),
            OnWeekdays(frozenset({1, 3}), date(2027, 3, 11)),
            ["2027-03-02", "2027-03-04", "2027-03-09", "2027-03-11"],
        ),
        (date(2027, 3, 2), OnWeekdays(frozenset({1}), date(2027, 3, 2)), []),
        (date(2027, 3, 2), OnWeekdays(frozenset({1}), date(2027, 2, 1)), []),
    ],
)
def test_the_dates_of_a_pattern(first: date, pattern: EveryDays | OnWeekdays, expected: list[str]) -> None:
    assert [day.isoformat() for day in dates_after(first, pattern)] == expected


def test_sixty_dates_are_the_most() -> None:
    assert len(dates_after(date(2027, 1, 1), EveryDays(1, MOST_DATES))) == MOST_DATES
    with pytest.raises(TooManyDates):
        dates_after(date(2027, 1, 1), EveryDays(1, MOST_DATES + 1))
    every_day = frozenset(range(7))
    assert len(dates_after(date(2027, 1, 1), OnWeekdays(every_day, date(2027, 3, 2)))) == MOST_DATES
    with pytest.raises(TooManyDates):
        dates_after(date(2027, 1, 1), OnWeekdays(every_day, date(2027, 3, 3)))


@pytest.mark.parametrize(
    "make",
    [
        lambda: EveryDays(0, 1),
        lambda: EveryDays(1, 0),
        lambda: OnWeekdays(frozenset(), date.max),
        lambda: OnWeekdays(frozenset({7}), date.max),
    ],
)
def test_a_pattern_that_goes_nowhere_is_none(make) -> None:
    with pytest.raises(ValueError, match="a pattern"):
        make()


@settings(max_examples=100, deadline=None, print_blob=True)
@given(DAYS, st.frozensets(st.integers(0, 6), min_size=1), st.integers(0, 59))
def test_weekdays_are_those_of_the_calendar(first: date, weekdays: frozenset[int], length: int) -> None:
    until = first + timedelta(days=length)
    walked = [first + timedelta(days=n) for n in range(1, length + 1)]
    assert dates_after(first, OnWeekdays(weekdays, until)) == [day for day in walked if day.weekday() in weekdays]


def test_the_clock_stays_where_clocks_change() -> None:
    friday = Period(datetime(2027, 3, 26, 9, tzinfo=BERLIN), datetime(2027, 3, 26, 17, tzinfo=BERLIN))
    monday = moved_to(friday, date(2027, 3, 29), BERLIN)
    assert (monday.start.astimezone(BERLIN).hour, monday.end.astimezone(BERLIN).hour) == (9, 17)
    assert monday.start - friday.start == timedelta(days=3, hours=-1)


def test_a_night_stays_a_night() -> None:
    night = Period(datetime(2027, 1, 31, 22, tzinfo=SEOUL), datetime(2027, 2, 1, 6, tzinfo=SEOUL))
    moved = moved_to(night, date(2027, 2, 28), SEOUL)
    assert moved.end.astimezone(SEOUL) == datetime(2027, 3, 1, 6, tzinfo=SEOUL)
