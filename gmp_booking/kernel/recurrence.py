"""Recurring dates: every n days, or on weekdays until a date.

Days are counted on the local calendar, so the local time of day stays the same across daylight-saving changes.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from gmp_booking.kernel.period import Period

__all__ = ["MOST_DATES", "EveryDays", "OnWeekdays", "TooManyDates", "dates_after", "moved_to"]

MOST_DATES = 60
"""Default is ours."""


class TooManyDates(ValueError):
    """The pattern yields more than MOST_DATES dates."""


@dataclass(frozen=True)
class EveryDays:
    """`times` more dates, each `days` after the one before."""

    days: int
    times: int

    def __post_init__(self) -> None:
        if self.days < 1 or self.times < 1:
            raise ValueError("a pattern goes on by at least one day, at least once")


@dataclass(frozen=True)
class OnWeekdays:
    """On these weekdays (0 is Monday) up to and including a date."""

    weekdays: frozenset[int]
    until: date

    def __post_init__(self) -> None:
        if not self.weekdays or not self.weekdays <= set(range(7)):
            raise ValueError("a pattern names weekdays from 0 to 6")


def dates_after(first: date, pattern: EveryDays | OnWeekdays) -> list[date]:
    """The dates of a pattern after the first one.

    Errors: TooManyDates for more than 60; OverflowError beyond the calendar.
    """
    if isinstance(pattern, EveryDays):
        if pattern.times > MOST_DATES:
            raise TooManyDates
        return [first + timedelta(days=pattern.days * number) for number in range(1, pattern.times + 1)]
    found: list[date] = []
    for day in _days(first, pattern.until):
        if day.weekday() in pattern.weekdays:
            found.append(day)
        if len(found) > MOST_DATES:
            raise TooManyDates
    return found


def _days(after: date, until: date) -> Iterator[date]:
    return (after + timedelta(days=number) for number in range(1, (until - after).days + 1))


def moved_to(period: Period, day: date, zone: ZoneInfo) -> Period:
    """The period at the same local times, starting on another day.

    Errors: ValueError when a daylight-saving change makes it empty.
    """
    start, end = period.start.astimezone(zone), period.end.astimezone(zone)
    nights = (end.date() - start.date()).days
    return Period(
        datetime.combine(day, start.time(), zone),
        datetime.combine(day + timedelta(days=nights), end.time(), zone),
    )
