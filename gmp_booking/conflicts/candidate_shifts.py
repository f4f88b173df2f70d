"""Time shifts of a booking, or of one session, that the rules' forbidden shifts leave free.

This only selects what to examine; the engine decides whether a shift is acceptable.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from gmp_booking.conflicts.case import Case, SessionFacts
from gmp_booking.conflicts.claims import Claim, claims
from gmp_booking.conflicts.free_shifts import LARGEST_SHIFT, ShiftInterval, free_gaps
from gmp_booking.conflicts.rule import Part, Rule, discover
from gmp_booking.conflicts.verdict import Verdict

GRID = timedelta(minutes=15)
NO_SHIFT = timedelta()
SMALLEST_SHIFT = timedelta(microseconds=1)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def whole_shifts(case: Case, base: Verdict) -> Iterator[timedelta]:
    """Shifts of the whole booking, the smallest first."""
    forbidden = _forbidden(case, (*case.claims, *case.sessions), base)
    lowest, highest = _within_known_time(case, case.claims)
    return _on_grid(first_start(case), forbidden, lowest=lowest, highest=highest)


def first_start(case: Case) -> datetime:
    """When the first part of the booking begins."""
    return min([*(one.period.start for one in case.sessions), *(one.period.start for one in case.reservations)])


def single_shifts(case: Case, session: SessionFacts, base: Verdict) -> Iterator[timedelta]:
    """Shifts of this session alone, between its neighbours, the smallest first."""
    alone = replace(case, sessions=(session,), reservations=())
    taken = claims(alone)
    forbidden = _forbidden(alone, (*taken, session), base)
    bounds = (_between_neighbours(case, session), _within_known_time(case, taken))
    lowest, highest = max(low for low, _ in bounds), min(high for _, high in bounds)
    return _on_grid(session.period.start, forbidden, lowest=lowest, highest=highest)


def _within_known_time(case: Case, taken: tuple[Claim, ...]) -> ShiftInterval:
    """How far these claims may move without starting in the past or leaving the time whose occupation is known."""
    first, last = min(claim.period.start for claim in taken), max(claim.period.end for claim in taken)
    lowest, highest = max(-LARGEST_SHIFT, case.now - first), LARGEST_SHIFT
    if case.known is None:
        return lowest, highest
    return max(lowest, case.known.start - first), min(highest, case.known.end - last)


def _between_neighbours(case: Case, session: SessionFacts) -> ShiftInterval:
    """How far a session may move without passing another one or leaving a reservation that contains it."""
    lowest, highest = -LARGEST_SHIFT, LARGEST_SHIFT
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


def _forbidden(case: Case, parts: Iterable[Part], base: Verdict) -> list[ShiftInterval]:
    """The shifts that a rule would refuse for one of the parts."""
    rules = [rule for rule in discover().values() if rule.offers_shifts]
    return [shift for part in parts for rule in rules for shift in _kept_by(rule, case, part, base=base)]


def _kept_by(rule: Rule, case: Case, part: Part, *, base: Verdict) -> list[ShiftInterval]:
    """The shifts a rule would refuse; none when it can be overridden, is violated now, and another rule blocks."""
    forbidden = list(rule.forbidden_shifts(case, part))
    is_violated = any(low < NO_SHIFT < high for low, high in forbidden)
    return [] if base.has_hard and rule.can_be_overridden and is_violated else forbidden


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
