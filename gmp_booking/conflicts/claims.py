"""The resource time a booking claims.

Rules examine these claims, and slots are written from the same parts, so that both always agree.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from gmp_booking.conflicts.unit_layers import clusters, layers
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
    for part in claimed_parts(booking):
        by_resource[part.resource_code].append(part)
    merged: list[Claim] = []
    for _, parts in sorted(by_resource.items()):
        for cluster in clusters(sorted(parts, key=_by_number)):
            merged.extend(cluster if len(cluster) == 1 else _layers(cluster))
    return tuple(merged)


def claimed_parts(booking: Claiming) -> Iterator[Claim]:
    """What each session and each reservation claims by itself."""
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


def _layers(cluster: list[Claim]) -> Iterator[Claim]:
    for layer in layers(cluster):
        session, reservation = _owner(cluster, layer.period)
        yield Claim(cluster[0].resource_code, layer.units, layer.period, session, reservation)


def _owner(cluster: list[Claim], stretch: Period) -> tuple[int | None, int | None]:
    within = [part for part in cluster if part.period.overlaps(stretch)]
    sessions = [part.session_number for part in within if part.session_number is not None]
    if sessions:
        return min(sessions), None
    return None, min(part.reservation_number for part in within if part.reservation_number is not None)


def _by_number(claim: Claim) -> tuple[int, int]:
    return claim.session_number or 0, claim.reservation_number or 0
