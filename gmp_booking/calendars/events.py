"""Events of calendar links; they never contain the secret."""

from __future__ import annotations

from dataclasses import dataclass

from gmp_booking.kernel.events import Event
from gmp_booking.kernel.vocabulary import RecordKind


@dataclass(frozen=True, kw_only=True)
class CalendarFeedMade(Event):
    record_field = (RecordKind.CALENDAR_FEED, "feed_id")

    feed_id: int
    person_id: int
    scope: str
    resource: str | None
    prefix: str


@dataclass(frozen=True, kw_only=True)
class CalendarFeedRevoked(Event):
    record_field = (RecordKind.CALENDAR_FEED, "feed_id")

    feed_id: int
    person_id: int
    prefix: str
