"""By how much something may be moved, against trying every shift."""

from datetime import timedelta

from conflict_facts import during
from hypothesis import given, settings
from hypothesis import strategies as st

from gmp_booking.conflicts.free_shifts import (
    earliest_start,
    first_free,
    forbidden_by,
    forbidden_unless,
    free_gaps,
    merged,
)
from gmp_booking.kernel.period import Period

HOUR = timedelta(hours=1)
ZERO = during("0", "1").start


def hours(start, end):
    return Period(ZERO + start * HOUR, ZERO + end * HOUR)


spans = st.tuples(st.integers(-20, 20), st.integers(1, 6)).map(lambda drawn: hours(drawn[0], sum(drawn)))
units = st.lists(st.lists(spans, max_size=4), min_size=1, max_size=3)
SHIFTS = [count * HOUR for count in range(-40, 41)]


def is_forbidden(shift, forbidden):
    return any(low < shift < high for low, high in forbidden)


@settings(max_examples=150, deadline=None, print_blob=True)
@given(st.lists(spans, max_size=5), spans)
def test_forbidden_is_what_would_overlap(taken, wanted):
    forbidden = forbidden_by(taken, wanted)
    for shift in SHIFTS:
        expected = any(one.overlaps(wanted.shifted(shift)) for one in taken)
        assert is_forbidden(shift, forbidden) == expected
        assert is_forbidden(shift, merged(forbidden)) == expected


@settings(max_examples=150, deadline=None, print_blob=True)
@given(units, spans, st.integers(1, 3))
def test_places_are_forbidden_where_too_few_are_free_throughout(taken, wanted, places):
    forbidden = forbidden_unless(taken, wanted, places=places)
    for shift in SHIFTS:
        moved = wanted.shifted(shift)
        free = sum(not any(one.overlaps(moved) for one in unit) for unit in taken)
        assert is_forbidden(shift, forbidden) == (free < places)


@settings(max_examples=150, deadline=None, print_blob=True)
@given(st.lists(spans, max_size=5), spans, st.integers(0, 10))
def test_the_first_free_shift_is_the_smallest_of_all(taken, wanted, least):
    forbidden = forbidden_by(taken, wanted)
    tried = next(shift for shift in SHIFTS if shift >= least * HOUR and not is_forbidden(shift, forbidden))
    assert first_free(forbidden, least * HOUR) == tried


@settings(max_examples=150, deadline=None, print_blob=True)
@given(st.lists(spans, max_size=5), spans, st.integers(-30, 0), st.integers(0, 30))
def test_gaps_hold_exactly_the_allowed_shifts(taken, wanted, low, high):
    forbidden = forbidden_by(taken, wanted)
    gaps = list(free_gaps(forbidden, lowest=low * HOUR, highest=high * HOUR))
    for shift in SHIFTS:
        allowed = low * HOUR <= shift <= high * HOUR and not is_forbidden(shift, forbidden)
        assert any(start <= shift <= end for start, end in gaps) == allowed


def test_a_gap_of_exactly_the_right_length_is_found():
    taken = [hours(0, 5), hours(8, 12)]
    assert first_free(forbidden_by(taken, hours(2, 5)), timedelta()) == 3 * HOUR
    assert first_free(forbidden_by(taken, hours(2, 6)), timedelta()) == 10 * HOUR


def test_there_is_no_shift_when_there_are_not_as_many_places():
    forbidden = forbidden_unless([[], []], hours(0, 1), places=3)
    assert first_free(forbidden, timedelta()) is None
    assert earliest_start(ZERO, forbidden, wanted=hours(0, 1), now=ZERO, known=None) is None
    assert list(free_gaps(forbidden, lowest=-HOUR, highest=HOUR)) == []
