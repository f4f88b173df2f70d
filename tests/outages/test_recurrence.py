"""When something that comes again falls."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest

from gmp_booking.kernel.period import Period
from gmp_booking.outages.recurrence import MAX_OCCURRENCES, Repeat, occurrences
from tests.zones import BERLIN, SEOUL

FIRST = Period(datetime(2027, 3, 2, 7, tzinfo=SEOUL), datetime(2027, 3, 2, 9, 30, tzinfo=SEOUL))


def days(repeat: Repeat) -> list[date]:
    found = occurrences(FIRST, repeat, zone=SEOUL)
    assert {one.duration for one in found} == {timedelta(hours=2, minutes=30)}
    assert {one.start.astimezone(SEOUL).hour for one in found} == {7}
    return [one.start.astimezone(SEOUL).date() for one in found]


def test_so_many_times_in_all() -> None:
    assert days(Repeat(7, times=3)) == [date(2027, 3, 2), date(2027, 3, 9), date(2027, 3, 16)]


@pytest.mark.parametrize("until, count", [(date(2027, 3, 15), 2), (date(2027, 3, 16), 3), (date(2027, 3, 17), 3)])
def test_until_a_day_that_still_counts(until: date, count: int) -> None:
    assert len(days(Repeat(7, until_on=until))) == count


def test_one_time_is_the_first_alone() -> None:
    assert days(Repeat(1, times=1)) == [date(2027, 3, 2)]


def test_until_a_day_before_it_begins_is_never() -> None:
    assert occurrences(FIRST, Repeat(1, until_on=date(2027, 3, 1)), zone=SEOUL) == []


def test_an_endless_series_stops_one_after_the_most() -> None:
    assert len(occurrences(FIRST, Repeat(1, until_on=date(2099, 1, 1)), zone=SEOUL)) == MAX_OCCURRENCES + 1


def test_a_series_keeps_its_local_start_and_its_length_where_the_clocks_change() -> None:
    first = Period(datetime(2027, 3, 21, 1, tzinfo=BERLIN), datetime(2027, 3, 21, 5, tzinfo=BERLIN))
    found = occurrences(first, Repeat(7, times=3), zone=BERLIN)
    assert [one.start.astimezone(BERLIN).hour for one in found] == [1, 1, 1]
    assert {one.duration for one in found} == {timedelta(hours=4)}
    assert found[0] == first
