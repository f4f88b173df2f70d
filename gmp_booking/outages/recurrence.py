"""Recurring outages: every n days at the same local time. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from gmp_booking.kernel.period import Period

MAX_OCCURRENCES = 120
"""Occurrences of one series at most; default is ours."""


@dataclass(frozen=True)
class Repeat:
    """Every `every_days` days, `times` times in total or until a day.

    Shape: exactly one of `times` and `until_on` is set; `until_on` is included.
    """

    every_days: int
    times: int | None = None
    until_on: date | None = None


def occurrences(first: Period, repeat: Repeat, *, zone: ZoneInfo) -> list[Period]:
    """All periods of a series in order, the first included; MAX_OCCURRENCES + 1 of them when there are too many."""
    return [period for period, _ in zip(_periods(first, repeat, zone), range(MAX_OCCURRENCES + 1), strict=False)]


def _periods(first: Period, repeat: Repeat, zone: ZoneInfo) -> Iterator[Period]:
    start = first.start.astimezone(zone)
    number = 0
    while True:
        day = start.date() + timedelta(days=number * repeat.every_days)
        is_over = number >= repeat.times if repeat.times is not None else day > (repeat.until_on or start.date())
        if is_over:
            return
        # In UTC, because adding to a local time would change the length where the clocks change.
        at = datetime.combine(day, start.time(), zone).astimezone(UTC)
        yield Period(at, at + first.duration)
        number += 1
