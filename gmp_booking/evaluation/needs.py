"""The time that a booking needs: of what is planned, of what happens, and of a change that waits; pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from gmp_booking.kernel.period import Period
from gmp_booking.kernel.states import GIVEN_UP, NOT_BEGUN, RUNNING, WORKED


@dataclass(frozen=True)
class BookedPart:
    """One resource that a session or a reservation uses.

    Shape: `waits` marks the parts of a change request; `session` and the fields after the margins are None for
    reservations; `recorded_at` is when the end, or a missed session, was recorded.
    """

    waits: bool
    resource_id: int
    units: int
    starts_at: datetime
    ends_at: datetime
    session: int | None
    setup_min: int
    teardown_min: int
    state: str | None
    actual_start_at: datetime | None
    expected_end_at: datetime | None
    actual_end_at: datetime | None
    recorded_at: datetime | None

    @property
    def planned(self) -> Period:
        return Period(self.starts_at - timedelta(minutes=self.setup_min), self.ends_at + self.teardown)

    @property
    def teardown(self) -> timedelta:
        return timedelta(minutes=self.teardown_min)


@dataclass(frozen=True, slots=True)
class Need:
    """Units of one resource that a booking needs.

    Shape: `is_recorded` marks time that was used or is in use: it is held as far as it is free, and never refused;
    `session` is its number, None for a reservation.
    """

    resource_id: int
    units: int
    period: Period
    session: int | None = None
    is_recorded: bool = False


def needs(parts: Iterable[BookedPart]) -> list[Need]:
    """What the parts of a booking that is not over need.

    planned or released   the planned time with its margins
    running               from an early start on until the planned or the announced end, and the teardown
    done or aborted       from the actual start until the actual end, and the teardown
    missed                until that was recorded
    cancelled             nothing
    of a waiting change   its planned time, unless the session has begun meanwhile
    """
    return [need for part in parts if (need := _need(part)) is not None]


def _need(part: BookedPart) -> Need | None:
    if part.state is None or part.state in NOT_BEGUN:
        return Need(part.resource_id, part.units, part.planned, part.session)
    if part.waits or part.state in GIVEN_UP:
        return None
    start, end = _start_of_use(part), _end_of_use(part)
    if end <= start:
        return None
    return Need(part.resource_id, part.units, Period(start, end), part.session, is_recorded=True)


def _start_of_use(part: BookedPart) -> datetime:
    actual = part.actual_start_at or part.planned.start
    if part.state in WORKED:
        return actual
    return min(actual, part.planned.start) if part.state in RUNNING else part.planned.start


def _end_of_use(part: BookedPart) -> datetime:
    if part.state in RUNNING:
        return max(part.ends_at, part.expected_end_at or part.ends_at) + part.teardown
    if part.state in WORKED:
        return (part.actual_end_at or part.ends_at) + part.teardown
    return min(part.planned.end, part.recorded_at or part.planned.end)
