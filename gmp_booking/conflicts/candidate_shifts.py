"""Time shifts of a booking, or of one session, that busy time leaves free.

This only selects what to examine; the engine decides whether a shift is acceptable.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from gmp_booking.conflicts.case import Case, SessionFacts
from gmp_booking.conflicts.claims import Claim, claims
from gmp_booking.conflicts.free_shifts import EVERY_SHIFT, ShiftInterval, forbidden_by, forbidden_unless, free_gaps
from gmp_booking.conflicts.opening import covered_time, outside_hours
from gmp_booking.conflicts.overlaps import taken_places, taken_time
from gmp_booking.conflicts.rules.pe03_one_person_one_place import changing_rooms
from gmp_booking.conflicts.verdict import Verdict

GRID = timedelta(minutes=15)
HORIZON = timedelta(days=28)
"""The largest shift, in either direction."""

NO_SHIFT = timedelta()
SMALLEST_SHIFT = timedelta(microseconds=1)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def whole_shifts(case: Case, base: Verdict) -> Iterator[timedelta]:
    """Shifts of the whole booking, the smallest first."""
    forbidden = [
        *(one for claim in case.claims for one in _taken(case, claim)),
        *(one for session in case.sessions for one in _crew_elsewhere(case, session)),
        *(one for session in case.sessions for one in _closed(case, session, base)),
    ]
    lowest, highest = _within_known_time(case, case.claims)
    return _on_grid(first_start(case), forbidden, lowest=lowest, highest=highest)


def first_start(case: Case) -> datetime:
    """When the first part of the booking begins."""
    return min([*(one.period.start for one in case.sessions), *(one.period.start for one in case.reservations)])


def single_shifts(case: Case, session: SessionFacts, base: Verdict) -> Iterator[timedelta]:
    """Shifts of this session alone, between its neighbours, the smallest first."""
    alone = replace(case, sessions=(session,), reservations=())
    taken = claims(alone)
    forbidden = [
        *(one for claim in taken for one in _taken(alone, claim)),
        *_crew_elsewhere(case, session),
        *_closed(case, session, base),
    ]
    bounds = (_between_neighbours(case, session), _within_known_time(case, taken))
    lowest, highest = max(low for low, _ in bounds), min(high for _, high in bounds)
    return _on_grid(session.period.start, forbidden, lowest=lowest, highest=highest)


def _within_known_time(case: Case, taken: tuple[Claim, ...]) -> ShiftInterval:
    """How far these claims may move without starting in the past or leaving the time whose occupation is known."""
    first, last = min(claim.period.start for claim in taken), max(claim.period.end for claim in taken)
    lowest, highest = max(-HORIZON, case.now - first), HORIZON
    if case.known is None:
        return lowest, highest
    return max(lowest, case.known.start - first), min(highest, case.known.end - last)


def _between_neighbours(case: Case, session: SessionFacts) -> ShiftInterval:
    """How far a session may move without passing another one or leaving a reservation that contains it."""
    lowest, highest = -HORIZON, HORIZON
    here = session.occupied
    for other in case.sessions:
        if other.occupied.end <= here.start:
            lowest = max(lowest, other.occupied.end - here.start)
        elif here.end <= other.occupied.start:
            highest = min(highest, other.occupied.start - here.end)
    for reservation in case.reservations:
        if reservation.period.contains(session.period):
            lowest = max(lowest, reservation.period.start - session.period.start)
            highest = min(highest, reservation.period.end - session.period.end)
    return lowest, highest


def _taken(case: Case, claim: Claim) -> list[ShiftInterval]:
    room = case.rooms.get(claim.resource_code)
    if room is not None:
        return forbidden_by(taken_time(room), claim.period)
    return forbidden_unless(taken_places(case.equipment[claim.resource_code]), claim.period, places=claim.units)


def _crew_elsewhere(case: Case, session: SessionFacts) -> Iterator[ShiftInterval]:
    change = changing_rooms(case)
    for person in session.crew:
        facts = case.people.get(person.person_id)
        for busy in facts.busy if facts else ():
            if not busy.own_booking:
                apart = change if busy.room != session.room else NO_SHIFT
                yield busy.period.start - apart - session.period.end, busy.period.end + apart - session.period.start


def _closed(case: Case, session: SessionFacts, base: Verdict) -> Iterator[ShiftInterval]:
    """Forbidden shifts out of opening hours; none for a session outside them that is blocked for another reason."""
    if base.has_hard and outside_hours(case.calendar, session.room, session.occupied):
        return
    reach = session.occupied.padded(before=HORIZON, after=HORIZON)
    low = EVERY_SHIFT[0]
    for window in covered_time(case.calendar, session.room, reach):
        if window.duration >= session.occupied.duration:
            yield low, window.start - session.occupied.start
            low = window.end - session.occupied.end
    yield low, EVERY_SHIFT[1]


def _on_grid(
    start: datetime, forbidden: Iterable[ShiftInterval], *, lowest: timedelta, highest: timedelta
) -> Iterator[timedelta]:
    """The smallest shifts of each gap that put the start on a quarter of an hour, the smallest first."""
    found: list[timedelta] = []
    off = (start - EPOCH) % GRID
    for low, high in free_gaps(forbidden, lowest=lowest, highest=highest):
        later, earlier = max(low, SMALLEST_SHIFT), min(high, -SMALLEST_SHIFT)
        nearest = (later + (-later - off) % GRID, earlier - (earlier + off) % GRID)
        found.extend(shift for shift in nearest if low <= shift <= high)
    return iter(sorted(set(found), key=lambda shift: (abs(shift), shift)))
