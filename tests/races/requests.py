"""What the racing clients ask for."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from tests.zones import SEOUL

FULL_ROOMS = ("B-01", "B-02", "B-03", "C-01", "C-02")
_weeks = itertools.count(4)


def weeks_of_its_own(count: int = 1) -> datetime:
    """Monday 09:00 in Seoul of the first of so many weeks that no other race of this process uses."""
    day = datetime.now(UTC).astimezone(SEOUL) + timedelta(weeks=next(_weeks))
    for _ in range(count - 1):
        next(_weeks)
    day -= timedelta(days=day.weekday())
    return day.replace(hour=9, minute=0, second=0, microsecond=0)


def working_hours(monday: datetime) -> Iterator[tuple[datetime, datetime]]:
    """Two-hour spans, five a day from Monday to Friday, week after week, that touch and do not overlap."""
    for week in itertools.count():
        for day in range(5):
            for number in range(5):
                start = monday + timedelta(weeks=week, days=day, hours=2 * number)
                yield start, start + timedelta(hours=2)
