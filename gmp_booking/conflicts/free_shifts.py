"""Time shifts that would overlap busy time, and the shifts left free.

A shift is forbidden when the moved period would overlap busy time. Forbidden shifts are open intervals: at their ends
the two periods only touch.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta

from gmp_booking.kernel.period import Period

ShiftInterval = tuple[timedelta, timedelta]
"""From one shift to another: an open interval when forbidden, a closed one when allowed."""

EVERY_SHIFT: ShiftInterval = (timedelta.min, timedelta.max)
LARGEST_SHIFT = timedelta(days=28)
"""How far a part is moved at most in search of an alternative, in either direction."""


def forbidden_by(taken: Iterable[Period], wanted: Period) -> list[ShiftInterval]:
    """Shifts that would make the period overlap taken time."""
    return [(one.start - wanted.end, one.end - wanted.start) for one in taken]


def forbidden_unless(units: Sequence[Iterable[Period]], wanted: Period, *, places: int) -> list[ShiftInterval]:
    """Shifts at which fewer than `places` units are free for the whole period."""
    spare = len(units) - places
    if spare < 0:
        return [EVERY_SHIFT]
    edges: list[tuple[timedelta, int]] = []
    for taken in units:
        for low, high in merged(forbidden_by(taken, wanted)):
            edges += (low, 1), (high, -1)
    return list(_intervals_above(spare, sorted(edges)))


def merged(forbidden: Iterable[ShiftInterval]) -> list[ShiftInterval]:
    """The union of open intervals; two that only touch leave the shift between them free."""
    union: list[ShiftInterval] = []
    for low, high in sorted(forbidden):
        if union and low < union[-1][1]:
            union[-1] = (union[-1][0], max(union[-1][1], high))
        else:
            union.append((low, high))
    return union


def first_free(forbidden: Iterable[ShiftInterval], at_least: timedelta) -> timedelta | None:
    """The smallest shift of at least `at_least` that is not forbidden."""
    shift = at_least
    for low, high in merged(forbidden):
        if low < shift < high:
            shift = high
    return None if shift == timedelta.max else shift


def free_gaps(forbidden: Iterable[ShiftInterval], *, lowest: timedelta, highest: timedelta) -> Iterator[ShiftInterval]:
    """The closed intervals of allowed shifts within the bounds, in order."""
    start = lowest
    for low, high in merged(forbidden):
        if start <= low and start <= highest:
            yield start, min(low, highest)
        start = max(start, high)
    if start <= highest:
        yield start, highest


def earliest_start(
    start: datetime, forbidden: Iterable[ShiftInterval], *, wanted: Period, now: datetime, known: Period | None
) -> datetime | None:
    """The earliest possible start, not before now; None beyond the time whose occupation is known.

    Shape: `wanted` is the occupied time, which may begin before `start` (setup).
    """
    shift = first_free(forbidden, max(timedelta(), now - wanted.start))
    if shift is None or (known is not None and wanted.end + shift > known.end):
        return None
    return start + shift


def _intervals_above(limit: int, edges: list[tuple[timedelta, int]]) -> Iterator[ShiftInterval]:
    depth, since = 0, timedelta()
    for at, step in edges:
        if depth == limit and step == 1:
            since = at
        elif depth == limit + 1 and step == -1:
            yield since, at
        depth += step
