"""Half-open periods of time in UTC."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

__all__ = ["Period", "common", "merge", "uncovered"]

NOTHING = timedelta()


@dataclass(frozen=True, slots=True, order=True)
class Period:
    """The half-open period `[start, end)` between two aware instants, stored in UTC.

    Errors: ValueError when an end is naive or when the end is not after the start.
    """

    start: datetime
    end: datetime

    def __post_init__(self) -> None:
        for name in ("start", "end"):
            instant: datetime = getattr(self, name)
            if instant.tzinfo is UTC:
                continue
            if instant.utcoffset() is None:
                raise ValueError(f"the {name} of a period carries no time zone")
            object.__setattr__(self, name, instant.astimezone(UTC))
        if not self.start < self.end:
            raise ValueError("a period ends after it starts")

    @property
    def duration(self) -> timedelta:
        return self.end - self.start

    def overlaps(self, other: "Period") -> bool:
        """Whether the two share an instant; periods that only touch do not."""
        return self.start < other.end and other.start < self.end

    def contains(self, other: "Period") -> bool:
        return self.start <= other.start and other.end <= self.end

    def holds(self, instant: datetime) -> bool:
        """Whether the instant lies within; the end is excluded."""
        return self.start <= instant < self.end

    def shifted(self, by: timedelta) -> "Period":
        return Period(self.start + by, self.end + by)

    def padded(self, *, before: timedelta = NOTHING, after: timedelta = NOTHING) -> "Period":
        return Period(self.start - before, self.end + after)


def merge(periods: Iterable[Period]) -> list[Period]:
    """The union as sorted, disjoint periods; periods that touch are joined."""
    merged: list[Period] = []
    for period in sorted(periods):
        if merged and period.start <= merged[-1].end:
            if period.end > merged[-1].end:
                merged[-1] = Period(merged[-1].start, period.end)
        else:
            merged.append(period)
    return merged


def common(one: Period, other: Period) -> Period | None:
    """The time that both share; None where they share no instant."""
    return Period(max(one.start, other.start), min(one.end, other.end)) if one.overlaps(other) else None


def uncovered(period: Period, by: Iterable[Period]) -> list[Period]:
    """The parts of a period outside the covers, which must be merged and sorted."""
    left: list[Period] = []
    start = period.start
    for cover in by:
        if cover.end <= start:
            continue
        if cover.start >= period.end:
            break
        if start < cover.start:
            left.append(Period(start, cover.start))
        start = cover.end
    if start == period.start:
        return [period]
    if start < period.end:
        left.append(Period(start, period.end))
    return left
