"""Events of outages, which belong to no company and no booking."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from gmp_booking.kernel.events import Event, RecordRef
from gmp_booking.kernel.vocabulary import RecordKind


@dataclass(frozen=True, kw_only=True)
class OutagePlaced(Event):
    """One outage, or all of a series: the ids in order, the times of the first."""

    outage_ids: tuple[int, ...]
    kind: str
    subject_kind: str
    subject: str
    hold_no: str | None
    starts_at: datetime
    until_at: datetime | None
    explanation: str

    @property
    def record(self) -> RecordRef:
        return RecordRef(RecordKind.OUTAGE, self.outage_ids[0])


@dataclass(frozen=True, kw_only=True)
class OutageLifted(Event):
    outage_ids: tuple[int, ...]
    kind: str
    subject_kind: str
    subject: str
    hold_no: str | None
    explanation: str
    meaning: str | None = None

    @property
    def record(self) -> RecordRef:
        return RecordRef(RecordKind.OUTAGE, self.outage_ids[0])
