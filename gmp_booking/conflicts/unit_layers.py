"""How many units of a resource are needed when: parts that overlap are merged, and the greatest need counts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Protocol, TypeVar

from gmp_booking.kernel.period import Period


class NeedsUnits(Protocol):
    """Anything that needs a number of units of one resource for a period."""

    @property
    def units(self) -> int: ...
    @property
    def period(self) -> Period: ...


Part = TypeVar("Part", bound=NeedsUnits)


@dataclass(frozen=True, slots=True)
class UnitTime:
    """A number of units, each for the whole period."""

    units: int
    period: Period


def clusters(parts: Iterable[Part]) -> Iterator[list[Part]]:
    """Groups of parts that overlap, directly or through others; parts that only touch are separate."""
    cluster: list[Part] = []
    ends: datetime | None = None
    for part in sorted(parts, key=lambda one: (one.period.start, one.period.end)):
        if ends is not None and part.period.start >= ends:
            yield cluster
            cluster, ends = [], None
        cluster.append(part)
        ends = part.period.end if ends is None else max(ends, part.period.end)
    if cluster:
        yield cluster


def layers(cluster: Sequence[NeedsUnits]) -> list[UnitTime]:
    """The cluster as periods in which one unit, a second one, … is needed; equal periods are merged."""
    edges = sorted({edge for part in cluster for edge in (part.period.start, part.period.end)})
    needs = [
        (Period(start, end), max(part.units for part in cluster if part.period.start <= start < part.period.end))
        for start, end in pairwise(edges)
    ]
    counted: dict[Period, int] = {}
    for level in range(1, max(units for _, units in needs) + 1):
        for stretch in _stretches(needs, level):
            counted[stretch] = counted.get(stretch, 0) + 1
    return [UnitTime(units, stretch) for stretch, units in sorted(counted.items())]


def _stretches(needs: list[tuple[Period, int]], level: int) -> Iterator[Period]:
    start: datetime | None = None
    end: datetime | None = None
    for period, units in needs:
        if units >= level:
            start, end = start or period.start, period.end
        elif start is not None and end is not None:
            yield Period(start, end)
            start = None
    if start is not None and end is not None:
        yield Period(start, end)
