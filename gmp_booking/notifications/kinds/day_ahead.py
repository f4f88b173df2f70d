"""The morning before, one mail with everything a person has the next day, whatever bookings it belongs to.

It is planned once a person and day, and written from what is confirmed when it is sent: nothing has to be withdrawn
or replaced when a booking is moved, cancelled or added meanwhile.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import text

from gmp_booking.bookings.events import BookingConfirmed
from gmp_booking.bookings.session_state import state_of
from gmp_booking.infra.web.i18n import format_day
from gmp_booking.kernel.period import Period
from gmp_booking.kernel.sql import sql_values
from gmp_booking.kernel.states import IN_FORCE, NOT_BEGUN
from gmp_booking.kernel.text import N_
from gmp_booking.notifications.due_times import DueTime, reminded_people, session_reminders
from gmp_booking.notifications.facts import PLAN_CHANGES, BookingEvent, MailFacts, changes_plan
from gmp_booking.notifications.mail_kind import OnEvents, PersonMail, Words
from gmp_booking.notifications.recipients import participants

# The requester takes part in every session; equipment counts only where a booking has no session.
_PARTS: Final = text(
    f"""
    SELECT b.reference, r.code, r.name_ko, r.name_en, r.name_zh, part.starts_at, part.ends_at, part.units
    FROM (
        SELECT s.booking_id, s.version, s.room_id AS resource_id, s.starts_at, s.ends_at, 1 AS units
        FROM booking_session AS s
        WHERE s.starts_at >= :from_at AND s.starts_at < :until_at AND {state_of("s")} IN ({sql_values(NOT_BEGUN)})
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
    WHERE b.state IN ({sql_values(IN_FORCE)}) AND part.starts_at > :now
      AND (CAST(:company_id AS bigint) IS NULL OR b.company_id = :company_id)
    ORDER BY part.starts_at, r.code, b.reference
    """
)


@dataclass(frozen=True)
class DayPart:
    """One room or piece of equipment with its time and its booking."""

    reference: str
    code: str
    names: Mapping[str, str]
    period: Period
    units: int


def _due(event: BookingEvent) -> Iterable[DueTime]:
    """The morning of the day before."""
    for reminder, session in session_reminders(event):
        if reminder.offset.is_day_ahead:
            yield DueTime(reminder.due_at, only=reminded_people(event, session))


def _words(facts: MailFacts) -> Words | None:
    """What the reader has on the day the message is about; None when nothing of it is left."""
    parts = _list_parts(facts)
    if not parts:
        return None
    return {
        "what": ", ".join(dict.fromkeys(part.code for part in parts))[:60],
        "day": format_day(parts[0].period.start),
        "lines": parts,
        "url": f"{facts.config.base_url}/bookings",
    }


def _list_parts(facts: MailFacts) -> list[DayPart]:
    zone = facts.uow.zone
    day = facts.message.due_at.astimezone(zone).date() + timedelta(days=1)
    start = datetime.combine(day, datetime.min.time(), zone)
    values: dict[str, Any] = {
        "person_id": facts.reader.id,
        "company_id": facts.reader.company_id,
        "from_at": start,
        "until_at": start + timedelta(days=1),
        "early": start - timedelta(days=1),
        "now": facts.uow.now,
    }
    return [
        DayPart(
            row.reference,
            row.code,
            {"ko": row.name_ko, "en": row.name_en, "zh_Hans": row.name_zh},
            Period(row.starts_at, row.ends_at),
            row.units,
        )
        for row in facts.uow.session.execute(_PARTS, values)
    ]


KIND = PersonMail(
    name="day_ahead",
    created=OnEvents(
        events=[BookingConfirmed, *PLAN_CHANGES],
        condition=changes_plan,
        to=participants,
        due=_due,
    ),
    true_while="the reader still has something on that day",
    subject=N_("Tomorrow, %(day)s: %(what)s"),
    template="day_ahead.txt",
    words=_words,
    link_label=N_("Open my bookings"),
)
