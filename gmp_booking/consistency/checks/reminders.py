"""Reminders: a mail that waits is about what is agreed now."""

from typing import Final

from gmp_booking.consistency.check import Check
from gmp_booking.kernel.text import N_

# While a worker still has an event of the booking before it, its mails may be those of before.
_STALE: Final = """
WITH pending AS (
    SELECT m.*, (m.payload ->> 'start')::timestamptz AS reminded_start
    FROM outbox_message AS m
    WHERE m.kind = 'upcoming' AND m.subject_kind = 'BOOKING'
      AND m.sent_at IS NULL AND m.withdrawn_at IS NULL AND m.dead_at IS NULL
)
SELECT b.reference, 'reminder of ' || m.reminded_start || ' for a booking that is ' || b.state AS detail
FROM pending AS m
JOIN booking AS b ON b.id = m.subject_id
WHERE NOT EXISTS (
        SELECT FROM journal AS j JOIN delivery AS d ON d.journal_id = j.id
        WHERE j.subject_kind = 'BOOKING' AND j.subject_id = b.id AND d.consumer = 'notifications' AND d.done_at IS NULL)
  AND (b.state <> 'CONFIRMED' OR NOT EXISTS (
        SELECT FROM booking_session AS s
        WHERE s.booking_id = b.id AND s.version = b.version AND s.starts_at = m.reminded_start
          AND s.id = COALESCE(m.booking_session_id, s.id) AND NOT EXISTS (
            SELECT FROM session_record AS r
            WHERE r.booking_id = s.booking_id AND r.number = s.number AND r.state = 'CANCELLED')
        UNION ALL
        SELECT FROM equipment_reservation AS q
        WHERE q.booking_id = b.id AND q.version = b.version AND q.starts_at = m.reminded_start
          AND m.booking_session_id IS NULL))
"""

CHECKS: Final = (
    Check(
        "reminder-out-of-date",
        N_("A reminder that waits is about a confirmed booking and its present time."),
        _STALE,
    ),
)
