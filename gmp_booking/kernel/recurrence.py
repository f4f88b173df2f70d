"""Dates that come again: every so many days, or on certain weekdays until a date.

Days are counted on the calendar of a place, so a clock time stays what it is where clocks change.
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
    """A pattern yields more dates than are shown at once."""


@dataclass(frozen=True)
class EveryDays:
    """So many times more, each so many days after the one before."""

    days: int
    times: int

    def __post_init__(self) -> None:
        if self.days < 1 or self.times < 1:
            raise ValueError("a pattern goes on by at least one day, at least once")


@dataclass(frozen=True)
class OnWeekdays:
    """On these weekdays (0 is Monday) up to a date, that one included."""

    weekdays: frozenset[int]
    until: date

    def __post_init__(self) -> None:
        if not self.weekdays or not self.weekdays <= set(range(7)):
            raise ValueError("a pattern names weekdays from 0 to 6")


def dates_after(first: date, pattern: EveryDays | OnWeekdays) -> list[date]:
    """The further dates of a pattern, the first left out.

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
    """The same clock times, beginning on another day; an end some days later stays as many days later.

    Errors: ValueError when a change of the clock leaves nothing of it.
    """
    start, end = period.start.astimezone(zone), period.end.astimezone(zone)
    nights = (end.date() - start.date()).days
    return Period(
        datetime.combine(day, start.time(), zone),
        datetime.combine(day + timedelta(days=nights), end.time(), zone),
    )
