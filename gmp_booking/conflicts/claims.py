"""The resource time a booking claims, and the choice of units for it.

Rules examine these claims and slots are written from them, so that both always agree.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Protocol

from gmp_booking.kernel.period import Period


@dataclass(frozen=True, slots=True)
class Claim:
    """A number of units of one resource, each for the whole period.

    Shape: exactly one of the two numbers is set: the session's if a session is involved.
    """

    resource_code: str
    units: int
    period: Period
    session_number: int | None
    reservation_number: int | None


class _Session(Protocol):
    @property
    def number(self) -> int: ...
    @property
    def room(self) -> str: ...
    @property
    def occupied(self) -> Period: ...
    @property
    def equipment(self) -> tuple[str, ...]: ...


class _Reservation(Protocol):
    @property
    def number(self) -> int: ...
    @property
    def equipment(self) -> str: ...
    @property
    def units(self) -> int: ...
    @property
    def period(self) -> Period: ...


class _Equipment(Protocol):
    @property
    def takes_room(self) -> str | None: ...


class Claiming(Protocol):
    """Anything with sessions, reservations and equipment facts: a case, or a booking being stored."""

    @property
    def sessions(self) -> Sequence[_Session]: ...
    @property
    def reservations(self) -> Sequence[_Reservation]: ...
    @property
    def equipment(self) -> Mapping[str, _Equipment]: ...


def claims(booking: Claiming) -> tuple[Claim, ...]:
    """All claims of a booking; parts that overlap on one resource are merged.

    Shape: ordered by resource and time. A session claims its equipment for as long as its room, setup and teardown
    included. Attended equipment claims its home room too. Where parts overlap, the greatest need counts, not the sum.
    """
    by_resource: defaultdict[str, list[Claim]] = defaultdict(list)
    for part in _parts(booking):
        by_resource[part.resource_code].append(part)
    merged: list[Claim] = []
    for _, parts in sorted(by_resource.items()):
        for cluster in _clusters(parts):
            merged.extend(cluster if len(cluster) == 1 else _layers(cluster))
    return tuple(merged)


def choose_units(
    units_busy: Mapping[int, Iterable[Period]],
    claim: Claim,
    *,
    kept: Mapping[int, Iterable[Period]] | None = None,
) -> list[int] | None:
    """Units that are free for the whole claim, best fit first; None when there are too few.

    The best fit is the unit with the smallest free gap around the claim, so that long gaps stay whole. Units that the
    booking already holds come first, the longest overlap before others.
    """
    fits: list[tuple[timedelta, int, timedelta, int]] = []
    for unit_id, busy in units_busy.items():
        slack = _slack(busy, claim.period)
        if slack is not None:
            fits.append((-_shared((kept or {}).get(unit_id, ()), claim.period), *slack, unit_id))
    if len(fits) < claim.units:
        return None
    fits.sort()
    return [unit_id for *_, unit_id in fits[: claim.units]]


def place(
    units_busy: Mapping[int, Iterable[Period]],
    wanted: Iterable[Claim],
    *,
    kept: Mapping[int, Iterable[Period]] | None = None,
) -> dict[Claim, list[int]] | None:
    """Units for all claims of one resource together; None when they do not all fit.

    The longest claim is placed first: overlapping claims of one booking are nested, so a unit that is free for the
    longer one is free for the shorter one, and no other order fits more.
    """
    taken = {unit_id: list(busy) for unit_id, busy in units_busy.items()}
    placed: dict[Claim, list[int]] = {}
    for claim in sorted(wanted, key=lambda one: (-one.period.duration, one.period, one.units)):
        chosen = choose_units(taken, claim, kept=kept)
        if chosen is None:
            return None
        for unit_id in chosen:
            taken[unit_id].append(claim.period)
        placed[claim] = chosen
    return placed


def _parts(booking: Claiming) -> Iterator[Claim]:
    for session in booking.sessions:
        yield Claim(session.room, 1, session.occupied, session.number, None)
        for code in session.equipment:
            yield Claim(code, 1, session.occupied, session.number, None)
            home = booking.equipment[code].takes_room
            if home is not None and home != session.room:
                yield Claim(home, 1, session.occupied, session.number, None)
    for reservation in booking.reservations:
        yield Claim(reservation.equipment, reservation.units, reservation.period, None, reservation.number)
        home = booking.equipment[reservation.equipment].takes_room
        if home is not None:
            yield Claim(home, 1, reservation.period, None, reservation.number)


def _clusters(parts: list[Claim]) -> Iterator[list[Claim]]:
    """Groups of parts that overlap, directly or through others; parts that only touch are separate."""
    cluster: list[Claim] = []
    ends: datetime | None = None
    for part in sorted(parts, key=_by_time):
        if ends is not None and part.period.start >= ends:
            yield cluster
            cluster, ends = [], None
        cluster.append(part)
        ends = part.period.end if ends is None else max(ends, part.period.end)
    if cluster:
        yield cluster


def _layers(cluster: list[Claim]) -> Iterator[Claim]:
    """The cluster as periods in which at least one, two, … units are needed; equal periods are merged."""
    edges = sorted({edge for part in cluster for edge in (part.period.start, part.period.end)})
    needs = [
        (Period(start, end), max(part.units for part in cluster if part.period.start <= start < part.period.end))
        for start, end in pairwise(edges)
    ]
    counted: dict[Period, int] = {}
    for level in range(1, max(units for _, units in needs) + 1):
        for stretch in _stretches(needs, level):
            counted[stretch] = counted.get(stretch, 0) + 1
    for stretch, units in sorted(counted.items()):
        session, reservation = _owner(cluster, stretch)
        yield Claim(cluster[0].resource_code, units, stretch, session, reservation)


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


def _owner(cluster: list[Claim], stretch: Period) -> tuple[int | None, int | None]:
    within = [part for part in cluster if part.period.overlaps(stretch)]
    sessions = [part.session_number for part in within if part.session_number is not None]
    if sessions:
        return min(sessions), None
    return None, min(part.reservation_number for part in within if part.reservation_number is not None)


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


def _by_time(claim: Claim) -> tuple[datetime, datetime, int, int]:
    return claim.period.start, claim.period.end, claim.session_number or 0, claim.reservation_number or 0
