"""What a booking takes: evaluation and slots use the same claims."""

from datetime import timedelta
from itertools import permutations

from conflict_facts import Occupation, case, during, equipment, reservation, session
from hypothesis import given, settings
from hypothesis import strategies as st

from gmp_booking.conflicts.claims import Claim
from gmp_booking.conflicts.engine import examine
from gmp_booking.conflicts.placement import choose_units, place
from gmp_booking.kernel.period import Period

HOUR = timedelta(hours=1)
ZERO = during("0", "1").start


def hours(start, end):
    return Period(ZERO + start * HOUR, ZERO + end * HOUR)


def taken_by(*sessions, **more):
    claims = case(*sessions, **more).claims
    return [(one.resource_code, one.units, one.period, one.session_number, one.reservation_number) for one in claims]


def test_a_session_takes_its_room_and_its_equipment_setup_and_teardown_included():
    half_an_hour = timedelta(minutes=30)
    facts = session("9", "12", equipment=("BSC-01",), setup=half_an_hour, teardown=half_an_hour)
    assert taken_by(facts) == [
        ("B-01", 1, during("8:30", "12:30"), 1, None),
        ("BSC-01", 1, during("8:30", "12:30"), 1, None),
    ]


def test_a_reservation_takes_its_places_and_no_room():
    culture = during("9", "9", 2, until=20)
    assert taken_by(reservations=(reservation("INC-01", culture, units=3),)) == [("INC-01", 3, culture, None, 1)]


def test_attended_equipment_takes_its_home_room():
    assert taken_by(reservations=(reservation("TFF-01", during("9", "12")),)) == [
        ("C-01", 1, during("9", "12"), None, 1),
        ("TFF-01", 1, during("9", "12"), None, 1),
    ]


def test_attended_equipment_of_another_room_takes_that_room_too():
    rooms = [code for code, *_ in taken_by(session("9", "12", equipment=("TFF-01",)))]
    assert rooms == ["B-01", "C-01", "TFF-01"]


def test_equipment_at_home_nowhere_takes_no_room():
    assert [code for code, *_ in taken_by(reservations=(reservation("DEMO-1", during("9", "12")),))] == ["DEMO-1"]


def test_a_session_and_attended_equipment_in_one_room_are_one_claim_of_the_session():
    both = taken_by(session("9", "12", room="C-01"), reservations=(reservation("TFF-01", during("11", "14")),))
    assert both == [("C-01", 1, during("9", "14"), 1, None), ("TFF-01", 1, during("11", "14"), None, 1)]


def test_sessions_that_only_touch_stay_apart():
    touching = taken_by(session("9", "12"), session("12", "14", number=2))
    assert touching == [("B-01", 1, during("9", "12"), 1, None), ("B-01", 1, during("12", "14"), 2, None)]


def test_the_greater_need_counts_not_the_sum():
    held = during("8", "20")
    both = taken_by(session("9", "12", equipment=("INC-01",)), reservations=(reservation("INC-01", held, units=2),))
    assert both == [("B-01", 1, during("9", "12"), 1, None), ("INC-01", 2, held, 1, None)]


def test_reservations_that_only_touch_may_lie_on_different_places():
    two = (reservation("INC-01", hours(0, 4)), reservation("INC-01", hours(4, 8), number=2))
    claims = case(reservations=two).claims
    placed = place({1: [hours(4, 8)], 2: [hours(0, 4)]}, claims)
    assert [placed[claim] for claim in claims] == [[1], [2]]


def test_a_need_that_grows_for_a_while_is_a_longer_and_a_shorter_claim():
    two = (reservation("INC-01", during("8", "14")), reservation("INC-01", during("12", "18"), units=3, number=2))
    assert taken_by(reservations=two) == [
        ("INC-01", 1, during("8", "18"), None, 1),
        ("INC-01", 2, during("12", "18"), None, 1),
    ]


spans = st.tuples(st.integers(0, 20), st.integers(1, 8)).map(lambda drawn: (drawn[0], sum(drawn)))
requests = st.lists(st.tuples(spans, st.integers(1, 3)), min_size=1, max_size=5)
busy_units = st.lists(st.lists(spans, max_size=4), min_size=1, max_size=4)


@settings(max_examples=150, deadline=None, print_blob=True)
@given(requests)
def test_at_every_hour_claims_add_up_to_the_greatest_need(drawn):
    reservations = tuple(
        reservation("INC-01", hours(*span), units=units, number=number) for number, (span, units) in enumerate(drawn, 1)
    )
    claims = case(reservations=reservations).claims
    for hour in range(30):
        now = hours(hour, hour + 1)
        need = max((units for (start, end), units in drawn if start <= hour < end), default=0)
        assert sum(claim.units for claim in claims if claim.period.overlaps(now)) == need
    assert all((claim.session_number is None) != (claim.reservation_number is None) for claim in claims)


@settings(max_examples=150, deadline=None, print_blob=True)
@given(requests)
def test_claims_of_one_booking_that_overlap_lie_within_one_another(drawn):
    reservations = tuple(
        reservation("INC-01", hours(*span), units=units, number=number) for number, (span, units) in enumerate(drawn, 1)
    )
    claims = case(reservations=reservations).claims
    for one, other in permutations(claims, 2):
        if one.period.overlaps(other.period):
            assert one.period.contains(other.period) or other.period.contains(one.period)


def wanted(start, end, units=1):
    return Claim("INC-01", units, hours(start, end), None, 1)


def test_the_tightest_gap_is_chosen_and_long_ones_stay_whole():
    busy = {1: [], 2: [hours(0, 8), hours(20, 24)], 3: [hours(0, 9), hours(13, 24)], 4: [hours(0, 9)]}
    assert choose_units(busy, wanted(9, 12, units=4)) == [3, 2, 4, 1]
    assert choose_units(busy, wanted(9, 12)) == [3]


def test_a_place_that_is_taken_for_a_moment_is_no_place():
    assert choose_units({1: [hours(11, 13)]}, wanted(9, 12)) is None
    assert choose_units({1: [hours(12, 13)]}, wanted(9, 12)) == [1]
    assert choose_units({1: [hours(7, 9)]}, wanted(9, 12)) == [1]
    assert choose_units({1: []}, wanted(9, 12, units=2)) is None


def test_the_longest_is_placed_first_because_it_fits_the_fewest_places():
    long, short = wanted(8, 18), wanted(12, 18)
    busy = {1: [hours(0, 8), hours(18, 24)], 2: [hours(0, 11)]}
    assert place(busy, (short, long)) == {long: [1], short: [2]}


def brute_force_choice(drawn, start, end, units):
    """Hour by hour, without a look at intervals: the free gap around the wanted hours, or none."""
    ranked = []
    for unit_id, spans in enumerate(drawn):
        taken = {hour for low, high in spans for hour in range(low, high)}
        if taken & set(range(start, end)):
            continue
        before = [hour for hour in taken if hour < start]
        after = [hour for hour in taken if hour >= end]
        slack = (start - 1 - max(before) if before else 0) + (min(after) - end if after else 0)
        ranked.append((2 - bool(before) - bool(after), slack, unit_id))
    ranked.sort()
    return [unit_id for *_, unit_id in ranked[:units]] if len(ranked) >= units else None


@settings(max_examples=300, deadline=None, print_blob=True)
@given(busy_units, spans, st.integers(1, 3))
def test_choosing_agrees_with_brute_force(drawn, span, units):
    busy = {unit_id: [hours(*one) for one in spans] for unit_id, spans in enumerate(drawn)}
    assert choose_units(busy, wanted(*span, units=units)) == brute_force_choice(drawn, *span, units)


def can_be_placed(drawn, reservations_drawn):
    """Whether any assignment of places to the booking's layers works, by trying them all hour by hour."""
    need = [
        max((units for (start, end), units in reservations_drawn if start <= hour < end), default=0)
        for hour in range(30)
    ]
    seams = {hour for hour in range(30) if not any(start < hour < end for (start, end), _ in reservations_drawn)}
    layers = [run for level in range(1, max(need) + 1) for run in runs([value >= level for value in need], seams)]
    free = [set(range(30)) - {hour for low, high in spans for hour in range(low, high)} for spans in drawn]
    return assign(layers, free)


def runs(flags, seams):
    """The runs of true hours, cut where one reservation ends and no other goes on."""
    found, start = [], None
    for index, flag in enumerate([*flags, False]):
        if start is not None and (not flag or index in seams):
            found.append((start, index))
            start = None
        if flag and start is None:
            start = index
    return found


def assign(layers, free):
    if not layers:
        return True
    (low, high), *rest = layers
    return any(
        set(range(low, high)) <= hours_free
        and assign(rest, [*free[:unit], hours_free - set(range(low, high)), *free[unit + 1 :]])
        for unit, hours_free in enumerate(free)
    )


@settings(max_examples=200, deadline=None, print_blob=True)
@given(busy_units, st.lists(st.tuples(spans, st.integers(1, 2)), min_size=1, max_size=3))
def test_places_are_found_whenever_there_are_any_and_eq01_says_the_same(drawn, reservations_drawn):
    reservations = tuple(
        reservation("INC-01", hours(*span), units=units, number=number)
        for number, (span, units) in enumerate(reservations_drawn, 1)
    )
    facts = case(
        reservations=reservations,
        with_equipment=(equipment("INC-01", *(tuple(Occupation(hours(*one)) for one in spans) for spans in drawn)),),
        now=ZERO,
    )
    busy = {unit_id: [hours(*one) for one in spans] for unit_id, spans in enumerate(drawn)}
    placed = place(busy, facts.claims)
    possible = can_be_placed(drawn, reservations_drawn)
    assert (placed is not None) == possible
    assert (examine(facts).findings == ()) == possible
    for claim, chosen in (placed or {}).items():
        assert len(set(chosen)) == claim.units
        assert all(not period.overlaps(claim.period) for unit_id in chosen for period in busy[unit_id])
