"""By how much something may be moved: free time, seen from the thing that looks for a place.

A shift is forbidden when the moved period would overlap taken time. Forbidden shifts are open intervals: at their
edges the two periods only touch.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta

from gmp_booking.kernel.period import Period

Shifts = tuple[timedelta, timedelta]
"""From one shift to another, the ends left out where they are forbidden and counted where they are allowed."""

EVERY_SHIFT: Shifts = (timedelta.min, timedelta.max)


def forbidden_by(taken: Iterable[Period], wanted: Period) -> list[Shifts]:
    """The shifts of the wanted period that would run into something taken."""
    return [(one.start - wanted.end, one.end - wanted.start) for one in taken]


def forbidden_unless(units: Sequence[Iterable[Period]], wanted: Period, *, places: int) -> list[Shifts]:
    """The shifts that would leave fewer places free throughout the wanted period than are asked for."""
    spare = len(units) - places
    if spare < 0:
        return [EVERY_SHIFT]
    edges: list[tuple[timedelta, int]] = []
    for taken in units:
        for low, high in joined(forbidden_by(taken, wanted)):
            edges += (low, 1), (high, -1)
    return list(_where_above(spare, sorted(edges)))


def joined(forbidden: Iterable[Shifts]) -> list[Shifts]:
    """The same shifts in the fewest intervals; two that only touch leave the shift between them free."""
    union: list[Shifts] = []
    for low, high in sorted(forbidden):
        if union and low < union[-1][1]:
            union[-1] = (union[-1][0], max(union[-1][1], high))
        else:
            union.append((low, high))
    return union


def first_free(forbidden: Iterable[Shifts], at_least: timedelta) -> timedelta | None:
    """The smallest shift from `at_least` on that is not forbidden."""
    shift = at_least
    for low, high in joined(forbidden):
        if low < shift < high:
            shift = high
    return None if shift == timedelta.max else shift


def free_gaps(forbidden: Iterable[Shifts], *, lowest: timedelta, highest: timedelta) -> Iterator[Shifts]:
    """The closed intervals of allowed shifts within the bounds, in order."""
    start = lowest
    for low, high in joined(forbidden):
        if start <= low and start <= highest:
            yield start, min(low, highest)
        start = max(start, high)
    if start <= highest:
        yield start, highest


def earliest_start(
    start: datetime, forbidden: Iterable[Shifts], *, wanted: Period, now: datetime, known: Period | None
) -> datetime | None:
    """When that which would begin at `start` can begin, not before now; None where the busy lists say nothing yet.

    Shape: `wanted` is the time taken, which may begin before `start`.
    """
    shift = first_free(forbidden, max(timedelta(), now - wanted.start))
    if shift is None or (known is not None and wanted.end + shift > known.end):
        return None
    return start + shift


def _where_above(limit: int, edges: list[tuple[timedelta, int]]) -> Iterator[Shifts]:
    depth, since = 0, timedelta()
    for at, step in edges:
        if depth == limit and step == 1:
            since = at
        elif depth == limit + 1 and step == -1:
            yield since, at
        depth += step
