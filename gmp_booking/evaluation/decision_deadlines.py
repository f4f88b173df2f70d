"""How long a decision may take, and until when a request holds its time undecided. Defaults are ours."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

from gmp_booking.kernel.period import Period
from gmp_booking.kernel.vocabulary import Kind


class Pending(Protocol):
    """A stored request or change request."""

    @property
    def pending_since(self) -> datetime | None: ...
    @property
    def returned_at(self) -> datetime | None: ...


CAMPAIGN = timedelta(days=5)
_TARGET_DAYS = {Kind.EQUIPMENT: 2, Kind.QC: 2, Kind.TOUR: 2, Kind.REVIEW: 3, Kind.CLINICAL_DEMO: 5}
RETURNED_DAYS = 5
LEAST_DECISION = timedelta(hours=2)
"""The least time a decision needs before the work begins. Source: default is ours."""


@dataclass(frozen=True)
class DecisionClock:
    """What the deadlines of one request are counted with.

    Shape: `pending_since` is the first submission, with the time spent returned added; `first_start` is when the work
    begins, None when nothing is to come.
    """

    now: datetime
    pending_since: datetime
    first_start: datetime | None
    holidays: Collection[date]
    zone: ZoneInfo

    def deadlines(self, days: int) -> dict[str, datetime]:
        """Until when it is decided, and until when it is pending. Unit: `days` are the target in working days."""
        pending_until = self._before_the_work(self._later(self.pending_since, 2 * days))
        decide_by = min(self._later(self.now, days), pending_until)
        return {"pending_since": self.pending_since, "decide_by": decide_by, "pending_until": pending_until}

    def returned_until(self) -> datetime:
        """Until when a request that is returned now keeps its time."""
        return self._before_the_work(self._later(self.now, RETURNED_DAYS))

    def _later(self, start: datetime, days: int) -> datetime:
        return working_days_later(start, days, self.holidays, zone=self.zone)

    def _before_the_work(self, at: datetime) -> datetime:
        if self.first_start is None:
            return at
        early = self.first_start - LEAST_DECISION
        return min(at, early if self.now < early else self.first_start)


def pending_since(now: datetime, before: Pending | None) -> datetime:
    """The first submission of a request, with the time spent returned added; now, for a new one."""
    if before is None or before.pending_since is None:
        return now
    return before.pending_since + (now - before.returned_at if before.returned_at else timedelta())


def decision_days(kind: Kind, envelope: Period) -> int:
    """The target time for a decision. Unit: working days."""
    if kind is Kind.CLEANROOM and envelope.duration >= CAMPAIGN:
        return 15
    return _TARGET_DAYS.get(kind, 7)


def working_days_later(start: datetime, days: int, holidays: Collection[date], *, zone: ZoneInfo) -> datetime:
    """The same local time, `days` working days later."""
    at = start.astimezone(zone)
    left = days
    while left > 0:
        at += timedelta(days=1)
        if at.weekday() < 5 and at.date() not in holidays:
            left -= 1
    return at
