"""The ruler of the timeline: converts instants to quarters of an hour, quarters to columns, columns to CSS classes.

A place is a set of class names that `static/css/timeline.css` turns into percentages (`d` day and `q` column of its
start, `n` days and `r` columns of its length), because the content security policy allows no style attributes.

A column is a quarter of an hour in the day view. In the week view the hours of the night, 22 to 6, have one column each
instead of four: work happens by day, and its blocks should be wide enough to read.

A set of quarters is an integer with one bit each, so that sets are united and intersected by single operations.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from urllib.parse import quote
from zoneinfo import ZoneInfo

from gmp_booking.kernel.period import Period

QUARTERS_PER_DAY = 96
MORNING, NIGHTFALL = 6 * 4, 22 * 4
COLUMNS_PER_WEEKDAY = 72
SHORT_DAY_COLUMNS, SHORT_WEEK_COLUMNS = 5, 34
TINY_DAY_COLUMNS, TINY_WEEK_COLUMNS = 2, 13
BARE_COLUMNS = 6
LONGEST_WINDOW_DAYS = 7


@dataclass(frozen=True)
class Window:
    """The days that are shown, whole, in the facility's own time."""

    first: date
    days: int

    def __post_init__(self) -> None:
        if not 1 <= self.days <= LONGEST_WINDOW_DAYS:
            raise ValueError(f"a timeline shows 1 to {LONGEST_WINDOW_DAYS} days, not {self.days}")

    @property
    def quarters(self) -> int:
        return self.days * QUARTERS_PER_DAY

    def period(self, zone: ZoneInfo) -> Period:
        """The window as a period, for the query that fetches its blocks."""
        after = self.first + timedelta(days=self.days)
        return Period(
            datetime.combine(self.first, time(), zone).astimezone(UTC),
            datetime.combine(after, time(), zone).astimezone(UTC),
        )


def bits(start: int, end: int) -> int:
    """The quarters from `start` up to, not with, `end`; none when that is backwards."""
    return ((1 << (end - start)) - 1) << start if end > start else 0


def lowest(quarters: int) -> int:
    """The first of a set of quarters, which must not be empty."""
    return (quarters & -quarters).bit_length() - 1


def runs(quarters: int) -> Iterator[tuple[int, int]]:
    """The continuous runs of a set of quarters, earliest first."""
    while quarters:
        start = lowest(quarters)
        end = start + lowest(~(quarters >> start))
        yield start, end
        quarters &= ~bits(start, end)


def _week_column(quarter: int, *, rounding: int) -> int:
    day, of_day = divmod(quarter, QUARTERS_PER_DAY)
    before = (min(of_day, MORNING) + rounding) // 4
    after = (max(of_day - NIGHTFALL, 0) + rounding) // 4
    return day * COLUMNS_PER_WEEKDAY + before + min(max(of_day - MORNING, 0), NIGHTFALL - MORNING) + after


_FIRST_COLUMN = tuple(
    _week_column(quarter, rounding=0) for quarter in range(LONGEST_WINDOW_DAYS * QUARTERS_PER_DAY + 1)
)
_COLUMN_AFTER = tuple(
    _week_column(quarter, rounding=3) for quarter in range(LONGEST_WINDOW_DAYS * QUARTERS_PER_DAY + 1)
)


@dataclass(frozen=True)
class Ruler:
    """Converts instants to quarters of the window and back; `moments` caches formatted ones."""

    window: Window
    zone: ZoneInfo
    moments: dict[int, str] = field(default_factory=dict)

    def quarter(self, instant: datetime, *, rounding: int) -> int:
        return self.quarter_of(instant.astimezone(self.zone), rounding=rounding)

    def quarter_of(self, local: datetime, *, rounding: int) -> int:
        minutes = local.hour * 60 + local.minute
        days = local.toordinal() - self.window.first.toordinal()
        return days * QUARTERS_PER_DAY + (minutes + rounding) // 15

    def span(self, period: Period) -> tuple[int, int]:
        """First quarter touched and first one after; not cut to the window, at least one quarter long."""
        return self.span_of(period.start.astimezone(self.zone), period.end.astimezone(self.zone))

    def span_of(self, local_start: datetime, local_end: datetime) -> tuple[int, int]:
        start = self.quarter_of(local_start, rounding=0)
        return start, max(start + 1, self.quarter_of(local_end, rounding=14))

    def cut(self, start: int, end: int) -> tuple[int, int]:
        return max(0, start), min(self.window.quarters, end)

    def bits_of(self, period: Period) -> int:
        return bits(*self.cut(*self.span(period)))

    def bits_of_all(self, periods: Iterable[Period]) -> int:
        whole = 0
        for period in periods:
            whole |= self.bits_of(period)
        return whole

    def bits_before(self, now: datetime) -> int:
        return bits(0, max(0, min(self.window.quarters, self.quarter(now, rounding=14))))

    def now_place(self, now: datetime) -> str | None:
        quarter = self.quarter(now, rounding=0)
        return self.place(quarter, quarter + 1) if 0 <= quarter < self.window.quarters else None

    def place(self, start: int, end: int) -> str:
        return self.place_of_columns(*self.columns(start, end))

    def place_of_columns(self, first: int, length: int) -> str:
        per_day = QUARTERS_PER_DAY if self.window.days == 1 else COLUMNS_PER_WEEKDAY
        return f"d{first // per_day} q{first % per_day} n{length // per_day} r{length % per_day}"

    def columns(self, start: int, end: int) -> tuple[int, int]:
        """First column and number of columns; never less than one."""
        if self.window.days == 1:
            return start, end - start
        first = _FIRST_COLUMN[start]
        return first, max(1, _COLUMN_AFTER[end] - first)

    def fit(self, columns: int) -> str:
        is_day = self.window.days == 1
        if columns <= (TINY_DAY_COLUMNS if is_day else TINY_WEEK_COLUMNS):
            return " is-tiny" if columns > BARE_COLUMNS else " is-tiny is-bare"
        return " is-short" if columns <= (SHORT_DAY_COLUMNS if is_day else SHORT_WEEK_COLUMNS) else ""

    def clock(self, quarter: int) -> str:
        hours, quarters = divmod(quarter % QUARTERS_PER_DAY, 4)
        return f"{hours:02d}:{quarters * 15:02d}"

    def moment(self, quarter: int) -> datetime:
        day, rest = divmod(quarter, QUARTERS_PER_DAY)
        on = self.window.first + timedelta(days=day)
        return datetime(on.year, on.month, on.day, rest // 4, rest % 4 * 15, tzinfo=self.zone)

    def query(self, quarter: int) -> str:
        """The instant as a query value."""
        if quarter not in self.moments:
            self.moments[quarter] = quote(self.moment(quarter).isoformat(timespec="minutes"))
        return self.moments[quarter]
