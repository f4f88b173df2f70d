"""How long a decision may take: working days by kind. Defaults are ours."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from gmp_booking.kernel.period import Period
from gmp_booking.kernel.vocabulary import Kind

CAMPAIGN = timedelta(days=5)
_TARGET_DAYS = {Kind.EQUIPMENT: 2, Kind.QC: 2, Kind.TOUR: 2, Kind.REVIEW: 3, Kind.CLINICAL_DEMO: 5}
RETURNED_DAYS = 5


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
