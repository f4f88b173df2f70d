"""One mail the morning before with everything a person has the next day, whatever bookings it belongs to.

It is planned once a person and day, and written from what stands when it is sent: what was moved, cancelled or added
meanwhile is right without anything being withdrawn.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import text

from gmp_booking.bookings.models import Booking
from gmp_booking.infra.database.outbox import ClaimedMessage, NewMessage
from gmp_booking.infra.database.uow import Uow
from gmp_booking.kernel.period import Period
from gmp_booking.notifications.reminder_offsets import SEOUL
from gmp_booking.people.models import Person

KIND: Final = "day_ahead"

# Whoever asked takes part in all of it; equipment alone counts where a booking has no session.
_PARTS: Final = text(
    """
    SELECT b.reference, r.code, r.name_ko, r.name_en, r.name_zh, part.starts_at, part.ends_at, part.units
    FROM (
        SELECT s.booking_id, s.version, s.room_id AS resource_id, s.starts_at, s.ends_at, 1 AS units
        FROM booking_session AS s
        WHERE s.starts_at >= :from_at AND s.starts_at < :until_at AND s.state IN ('PLANNED', 'READY')
          AND (s.id IN (SELECT p.booking_session_id FROM session_person AS p WHERE p.person_id = :person_id
                        AND p.left_at IS NULL AND p.starts_at >= :early AND p.starts_at < :until_at)
               OR EXISTS (SELECT FROM booking AS own WHERE own.id = s.booking_id AND own.requested_by = :person_id))
        UNION ALL
        SELECT q.booking_id, q.version, q.equipment_id, q.starts_at, q.ends_at, q.units
        FROM equipment_reservation AS q JOIN booking AS own ON own.id = q.booking_id
        WHERE q.starts_at >= :from_at AND q.starts_at < :until_at AND own.requested_by = :person_id
          AND NOT EXISTS (SELECT FROM booking_session AS s WHERE s.booking_id = q.booking_id AND s.version = q.version)
    ) AS part
    JOIN booking AS b ON b.id = part.booking_id AND b.version = part.version
    JOIN resource AS r ON r.id = part.resource_id
    WHERE b.state = 'CONFIRMED' AND part.starts_at > :now
      AND (CAST(:company_id AS bigint) IS NULL OR b.company_id = :company_id)
    ORDER BY part.starts_at, r.code, b.reference
    """
)


@dataclass(frozen=True)
class Part:
    """One room or piece of equipment and its time, and which booking it belongs to."""

    reference: str
    code: str
    names: Mapping[str, str]
    period: Period
    units: int = 1


@dataclass(frozen=True)
class DayAhead:
    """What a person has on the day after the mail."""

    reader: Person
    parts: Sequence[Part]


def day_ahead_messages(people: Iterable[Person], booking: Booking, *, due_at: datetime) -> list[NewMessage]:
    """One message a person and day: for the next booking of that day it is there already."""
    return [
        NewMessage(
            kind=KIND,
            recipient=person.email,
            language=person.language,
            due_at=due_at,
            company_id=person.company_id,
            person_id=person.id,
        )
        for person in people
        if person.active and person.company_id in {None, booking.company_id}
    ]


def find_day_ahead(uow: Uow, message: ClaimedMessage) -> DayAhead | None:
    """What the reader has on the day the message is about; None when nothing is left of it."""
    reader = uow.session.get(Person, message.person_id) if message.person_id else None
    if reader is None or not reader.active:
        return None
    day = message.due_at.astimezone(SEOUL).date() + timedelta(days=1)
    start = datetime.combine(day, datetime.min.time(), SEOUL)
    values: dict[str, Any] = {
        "person_id": reader.id,
        "company_id": reader.company_id,
        "from_at": start,
        "until_at": start + timedelta(days=1),
        "early": start - timedelta(days=1),
        "now": uow.now,
    }
    parts = [
        Part(
            row.reference,
            row.code,
            {"ko": row.name_ko, "en": row.name_en, "zh_Hans": row.name_zh},
            Period(row.starts_at, row.ends_at),
            row.units,
        )
        for row in uow.session.execute(_PARTS, values)
    ]
    return DayAhead(reader, parts) if parts else None
