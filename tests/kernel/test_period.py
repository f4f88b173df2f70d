"""A period is half-open, aware and in order."""

from datetime import UTC, datetime, timedelta, timezone
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gmp_booking.kernel.period import Period, merge, uncovered
from tests.zones import SEOUL

NINE = datetime(2027, 3, 2, 9, tzinfo=UTC)
TICK = timedelta(microseconds=1)


def hours(start: float, end: float) -> Period:
    return Period(NINE + timedelta(hours=start), NINE + timedelta(hours=end))


def test_periods_that_only_touch_do_not_overlap():
    assert not hours(0, 3).overlaps(hours(3, 5))
    assert not hours(3, 5).overlaps(hours(0, 3))


def test_one_microsecond_shared_is_an_overlap_at_both_ends():
    middle = hours(3, 5)
    assert Period(NINE, middle.start + TICK).overlaps(middle)
    assert not Period(NINE, middle.start).overlaps(middle)
    assert Period(middle.end - TICK, middle.end + TICK).overlaps(middle)
    assert not Period(middle.end, middle.end + TICK).overlaps(middle)


def test_a_period_contains_itself_and_what_ends_with_it_but_nothing_longer():
    day = hours(0, 8)
    assert day.contains(day)
    assert day.contains(hours(6, 8))
    assert not day.contains(hours(6, 8).padded(after=TICK))
    assert not day.contains(hours(0, 1).padded(before=TICK))


def test_a_period_holds_its_start_and_not_its_end():
    assert hours(0, 1).holds(NINE)
    assert not hours(0, 1).holds(NINE + timedelta(hours=1))
    assert not hours(0, 1).holds(NINE - TICK)


@pytest.mark.parametrize("length", [timedelta(0), -TICK, timedelta(days=-1)])
def test_an_end_not_after_the_start_is_refused(length):
    with pytest.raises(ValueError, match="ends after it starts"):
        Period(NINE, NINE + length)


@pytest.mark.parametrize("start, end", [(NINE.replace(tzinfo=None), NINE), (NINE, NINE.replace(tzinfo=None))])
def test_naive_instants_are_refused(start, end):
    with pytest.raises(ValueError, match="no time zone"):
        Period(start, end)


def test_instants_are_kept_in_utc_and_the_same_period_is_equal_from_any_zone():
    seoul = Period(
        datetime(2027, 3, 2, 18, tzinfo=SEOUL),
        datetime(2027, 3, 2, 20, tzinfo=timezone(timedelta(hours=9))),
    )
    assert seoul == hours(0, 2)
    assert hash(seoul) == hash(hours(0, 2))
    assert seoul.start.tzinfo is UTC
    assert seoul.end.tzinfo is UTC


def test_shifting_and_padding_make_new_periods():
    assert hours(0, 2).shifted(timedelta(hours=1)) == hours(1, 3)
    assert hours(1, 2).padded(before=timedelta(hours=1), after=timedelta(minutes=30)) == hours(0, 2.5)
    assert hours(0, 2).duration == timedelta(hours=2)


def test_merging_joins_what_overlaps_or_touches_and_keeps_gaps():
    assert merge([hours(5, 6), hours(0, 2), hours(2, 3), hours(1, 2)]) == [hours(0, 3), hours(5, 6)]
    assert merge([hours(0, 8), hours(1, 2)]) == [hours(0, 8)]
    assert merge([hours(0, 1), hours(1, 2).shifted(TICK)]) == [hours(0, 1), hours(1, 2).shifted(TICK)]
    assert merge([]) == []


spans = st.lists(st.tuples(st.integers(0, 40), st.integers(1, 12)), max_size=12)


@settings(max_examples=200, deadline=None, print_blob=True)
@given(spans)
def test_merged_periods_cover_exactly_the_same_hours(drawn):
    periods = [hours(start, start + length) for start, length in drawn]
    merged = merge(periods)
    covered = {hour for start, length in drawn for hour in range(start, start + length)}
    assert covered == {hour for hour in range(60) if any(part.overlaps(hours(hour, hour + 1)) for part in merged)}
    assert all(one.end < next_one.start for one, next_one in pairwise(merged))


def test_what_is_left_uncovered():
    day = hours(0, 8)
    assert uncovered(day, []) == [day]
    assert uncovered(day, [hours(-5, -2), hours(9, 12)]) == [day]
    assert uncovered(day, [hours(-1, 2), hours(4, 5), hours(7, 9)]) == [hours(2, 4), hours(5, 7)]
    assert uncovered(day, [day]) == []
    assert uncovered(day, [hours(0, 8).padded(after=-TICK)]) == [Period(day.end - TICK, day.end)]


@settings(max_examples=200, deadline=None, print_blob=True)
@given(spans, st.integers(0, 40), st.integers(1, 12))
def test_uncovered_hours_are_those_no_cover_holds(drawn, start, length):
    covers = merge(hours(low, low + size) for low, size in drawn)
    left = uncovered(hours(start, start + length), covers)
    held = {hour for low, size in drawn for hour in range(low, low + size)}
    expected = {hour for hour in range(start, start + length) if hour not in held}
    assert {hour for hour in range(60) if any(part.overlaps(hours(hour, hour + 1)) for part in left)} == expected
    assert all(one.end < next_one.start for one, next_one in pairwise(left))
