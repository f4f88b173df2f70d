"""Choose units for the time that a booking needs of one resource."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import TypeVar

from gmp_booking.conflicts.unit_layers import NeedsUnits
from gmp_booking.kernel.period import Period

Wanted = TypeVar("Wanted", bound=NeedsUnits)


def choose_units(
    units_busy: Mapping[int, Iterable[Period]],
    wanted: NeedsUnits,
    *,
    kept: Mapping[int, Iterable[Period]] | None = None,
) -> list[int] | None:
    """Units that are free throughout, best fit first; None when there are too few.

    The best fit is the unit with the smallest free gap around the wanted time, so that long gaps stay whole. Units that
    the booking already holds come first, the longest overlap before others.
    """
    fits: list[tuple[timedelta, int, timedelta, int]] = []
    for unit_id, busy in units_busy.items():
        slack = _slack(busy, wanted.period)
        if slack is not None:
            fits.append((-_shared((kept or {}).get(unit_id, ()), wanted.period), *slack, unit_id))
    if len(fits) < wanted.units:
        return None
    fits.sort()
    return [unit_id for *_, unit_id in fits[: wanted.units]]


def place(
    units_busy: Mapping[int, Iterable[Period]],
    wanted: Iterable[Wanted],
    *,
    kept: Mapping[int, Iterable[Period]] | None = None,
) -> dict[Wanted, list[int]] | None:
    """Units for everything a booking needs of one resource; None when it does not all fit.

    The longest time is placed first: overlapping times of one booking are nested, so a unit that is free for the
    longer one is free for the shorter one, and no other order fits more.
    """
    taken = {unit_id: list(busy) for unit_id, busy in units_busy.items()}
    placed: dict[Wanted, list[int]] = {}
    for each in sorted(wanted, key=lambda one: (-one.period.duration, one.period, one.units)):
        chosen = choose_units(taken, each, kept=kept)
        if chosen is None:
            return None
        for unit_id in chosen:
            taken[unit_id].append(each.period)
        placed[each] = chosen
    return placed


def _slack(busy: Iterable[Period], wanted: Period) -> tuple[int, timedelta] | None:
    """The free time around the wanted period: (number of unbounded sides, bounded gaps); None if not free."""
    before: timedelta | None = None
    after: timedelta | None = None
    for taken in busy:
        if taken.end <= wanted.start:
            gap = wanted.start - taken.end
            before = gap if before is None else min(before, gap)
        elif wanted.end <= taken.start:
            gap = taken.start - wanted.end
            after = gap if after is None else min(after, gap)
        else:
            return None
    bounded = [gap for gap in (before, after) if gap is not None]
    return 2 - len(bounded), sum(bounded, timedelta())


def _shared(kept: Iterable[Period], wanted: Period) -> timedelta:
    common = [min(each.end, wanted.end) - max(each.start, wanted.start) for each in kept if each.overlaps(wanted)]
    return sum(common, timedelta())
