"""Mails of the demo's past: marked as sent when they were due, except a few that are sent now."""

from __future__ import annotations

import json

from sqlalchemy import Connection, text

from gmp_booking.kernel.sql import sql_value
from gmp_booking.kernel.vocabulary import RecordKind
from gmp_booking.notifications.kinds import upcoming
from gmp_booking.notifications.mail_kind import BookingMail, discover
from gmp_booking.notifications.planning import NOTIFICATIONS
from gmp_booking.revalidation.service import REVALIDATION

MAX_SENT = 16
MAX_PER_BOOKING = 2

_CLOSE = text(
    f"""
    UPDATE delivery SET done_at = gmp_now()
    WHERE consumer = :consumer AND done_at IS NULL AND id NOT IN (
        SELECT max(d.id) FROM delivery AS d
        JOIN journal AS j ON j.id = d.journal_id AND j.subject_kind = {sql_value(RecordKind.BOOKING)}
        JOIN booking AS b ON b.id = j.subject_id
        WHERE d.consumer = :consumer AND b.ends_at > gmp_now()
        GROUP BY b.id
    )
    """
)
# Nothing to revalidate: the nightly revalidation examines all bookings at the first start of the demo.
_CLOSE_ALL = text("UPDATE delivery SET done_at = gmp_now() WHERE consumer = :consumer AND done_at IS NULL")
_MARK_SENT = text(
    f"""
    WITH due AS (
        SELECT m.id, m.kind, m.due_at,
               row_number() OVER (PARTITION BY m.subject_id, m.kind ORDER BY m.due_at DESC, m.id) AS place
        FROM outbox_message AS m JOIN booking AS b ON b.id = m.subject_id
        WHERE m.subject_kind = {sql_value(RecordKind.BOOKING)}
          AND m.due_at <= gmp_now() AND m.sent_at IS NULL AND m.withdrawn_at IS NULL
          AND b.version = m.subject_version AND b.state = ANY (string_to_array(CAST(:states AS jsonb) ->> m.kind, ' '))
          AND (m.kind <> :reminder OR CAST(m.payload ->> 'start' AS timestamptz) > gmp_now())
    ), newest AS (
        SELECT id, due_at, row_number() OVER (PARTITION BY kind ORDER BY due_at DESC, id) AS place
        FROM due WHERE place <= :most
    ), arriving AS (
        SELECT id FROM newest ORDER BY place, due_at DESC LIMIT :kept
    )
    UPDATE outbox_message SET sent_at = due_at
    WHERE due_at <= gmp_now() AND sent_at IS NULL AND withdrawn_at IS NULL AND id NOT IN (SELECT id FROM arriving)
    """
)


def close_old_deliveries(owner: Connection) -> None:
    """Close deliveries except the newest of each booking that is not over, so that old events send no mail."""
    owner.execute(_CLOSE, {"consumer": NOTIFICATIONS.name})
    owner.execute(_CLOSE_ALL, {"consumer": REVALIDATION.name})


def mark_past_mail_sent(owner: Connection) -> None:
    """Mark all messages as sent except the newest valid ones of each kind."""
    states = {
        kind.name: " ".join(state.value for state in kind.valid_while)
        for kind in discover().values()
        if isinstance(kind, BookingMail)
    }
    owner.execute(
        _MARK_SENT,
        {
            "states": json.dumps(states),
            "reminder": upcoming.KIND.name,
            "most": MAX_PER_BOOKING,
            "kept": MAX_SENT,
        },
    )
