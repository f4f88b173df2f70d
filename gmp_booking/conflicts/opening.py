"""When a room may be used: opening hours, holidays and on-call cover."""

from collections.abc import Iterator
from datetime import date, timedelta

from gmp_booking.conflicts.case import CalendarFacts, OpeningWindow
from gmp_booking.kernel.period import Period, merge, uncovered

DAY = timedelta(days=1)


def covered_time(calendar: CalendarFacts, room: str, within: Period) -> list[Period]:
    """The room's hours on the working days of a period, and the time with on-call cover."""
    hours = calendar.hours_of(room)
    opened = (
        _opened(calendar, day, window)
        for day in days(calendar, within)
        if day not in calendar.holidays
        for window in hours
        if window.weekday == day.weekday()
    )
    return merge((*opened, *calendar.on_call))


def outside_hours(calendar: CalendarFacts, room: str, occupied: Period) -> list[Period]:
    """The parts of a period outside the room's hours (closed on holidays) and without on-call cover."""
    return uncovered(occupied, covered_time(calendar, room, occupied))


def days(calendar: CalendarFacts, period: Period) -> Iterator[date]:
    """The days a period lies on; midnight at its end belongs to the day before."""
    day, last = calendar.day_of(period.start), calendar.day_of(period.end - timedelta(microseconds=1))
    while day <= last:
        yield day
        day += DAY


def _opened(calendar: CalendarFacts, day: date, window: OpeningWindow) -> Period:
    until = day if window.opens < window.closes else day + DAY
    return Period(calendar.instant(day, window.opens), calendar.instant(until, window.closes))
