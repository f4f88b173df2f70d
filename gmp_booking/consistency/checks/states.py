"""States: a booking, its sessions and its changes agree, and each has the times that its state implies."""

from typing import Final

from gmp_booking.consistency.check import Check
from gmp_booking.kernel.text import N_

_BOOKINGS: Final = """
SELECT b.reference, b.state || ': ' || fault AS detail
FROM booking AS b
CROSS JOIN LATERAL (
    SELECT 'it has no deadline' AS fault
    WHERE b.state IN ('SUBMITTED', 'UNDER_REVIEW', 'RETURNED', 'APPROVED') AND b.pending_until IS NULL
    UNION ALL
    SELECT 'it has a deadline'
    WHERE b.state NOT IN ('SUBMITTED', 'UNDER_REVIEW', 'RETURNED', 'APPROVED') AND b.pending_until IS NOT NULL
    UNION ALL
    SELECT 'it was never submitted' WHERE b.state NOT IN ('DRAFT', 'CANCELLED') AND b.submitted_at IS NULL
    UNION ALL
    SELECT 'it was never confirmed' WHERE b.state IN ('CONFIRMED', 'CLOSED') AND b.confirmed_at IS NULL
    UNION ALL
    SELECT 'it has no end'
    WHERE b.state IN ('REJECTED', 'EXPIRED', 'CANCELLED', 'CLOSED') AND b.ended_at IS NULL
    UNION ALL
    SELECT 'it has an end'
    WHERE b.state NOT IN ('REJECTED', 'EXPIRED', 'CANCELLED', 'CLOSED') AND b.ended_at IS NOT NULL
    UNION ALL
    SELECT 'version ' || b.version || ' has no content'
    WHERE b.submitted_at IS NOT NULL AND NOT EXISTS (
        SELECT FROM booking_version AS v WHERE v.booking_id = b.id AND v.version = b.version)
) AS found
"""

_SESSIONS_OF_BOOKINGS: Final = """
SELECT b.reference, 'session ' || s.number || ' is ' || COALESCE(r.state, 'PLANNED') || ', the booking ' || b.state
       AS detail
FROM booking AS b
JOIN booking_session AS s ON s.booking_id = b.id AND s.version = b.version
LEFT JOIN session_record AS r ON r.booking_id = s.booking_id AND r.number = s.number
WHERE CASE COALESCE(r.state, 'PLANNED')
      WHEN 'PLANNED' THEN b.state IN ('REJECTED', 'EXPIRED', 'CANCELLED', 'CLOSED')
      WHEN 'READY' THEN b.state <> 'CONFIRMED'
      WHEN 'IN_USE' THEN b.state <> 'CONFIRMED'
      WHEN 'SUSPENDED' THEN b.state <> 'CONFIRMED'
      WHEN 'DONE' THEN b.state NOT IN ('CONFIRMED', 'CLOSED')
      WHEN 'ABORTED' THEN b.state NOT IN ('CONFIRMED', 'CLOSED')
      WHEN 'MISSED' THEN b.state NOT IN ('CONFIRMED', 'CLOSED', 'CANCELLED')
      ELSE false END
"""

_RECORDS: Final = """
SELECT b.reference, 'session ' || r.number || ' is ' || r.state || ': ' || fault AS detail
FROM session_record AS r
JOIN booking AS b ON b.id = r.booking_id
CROSS JOIN LATERAL (
    SELECT 'it has no start' AS fault
    WHERE r.state IN ('IN_USE', 'SUSPENDED', 'DONE', 'ABORTED') AND r.actual_start_at IS NULL
    UNION ALL
    SELECT 'it has no end' WHERE r.state IN ('DONE', 'ABORTED') AND r.actual_end_at IS NULL
    UNION ALL
    SELECT 'it has an end' WHERE r.state NOT IN ('DONE', 'ABORTED') AND r.actual_end_at IS NOT NULL
    UNION ALL
    SELECT 'it has a start'
    WHERE r.state IN ('PLANNED', 'READY', 'MISSED', 'CANCELLED') AND r.actual_start_at IS NOT NULL
    UNION ALL
    SELECT 'it ended before it began' WHERE r.actual_end_at < r.actual_start_at
    UNION ALL
    SELECT 'it has times in the future'
    WHERE GREATEST(r.actual_start_at, r.actual_end_at) > (SELECT gmp_now()) + interval '1 minute'
    UNION ALL
    SELECT 'its room was not released' WHERE r.state = 'READY' AND r.released_at IS NULL
    UNION ALL
    SELECT 'it has no deviation number' WHERE r.state = 'ABORTED' AND r.deviation_no IS NULL
    UNION ALL
    SELECT 'it is verified' WHERE r.state <> 'DONE' AND r.verified_at IS NOT NULL
    UNION ALL
    SELECT 'who ended it verified it' WHERE r.verified_by = r.end_entered_by
    UNION ALL
    SELECT 'no version has this session' WHERE NOT EXISTS (
        SELECT FROM booking_session AS s WHERE s.booking_id = r.booking_id AND s.number = r.number)
) AS found
"""

_CHANGES: Final = """
SELECT b.reference, 'the change to version ' || c.version || ' is ' || c.state || ': ' || fault AS detail
FROM booking_change AS c
JOIN booking AS b ON b.id = c.booking_id
CROSS JOIN LATERAL (
    SELECT 'it has an end' AS fault
    WHERE c.state IN ('SUBMITTED', 'UNDER_REVIEW', 'RETURNED') AND c.ended_at IS NOT NULL
    UNION ALL
    SELECT 'it has no end' WHERE c.state NOT IN ('SUBMITTED', 'UNDER_REVIEW', 'RETURNED') AND c.ended_at IS NULL
    UNION ALL
    SELECT 'another one is open'
    WHERE c.state IN ('SUBMITTED', 'UNDER_REVIEW', 'RETURNED') AND EXISTS (
        SELECT FROM booking_change AS other
        WHERE other.booking_id = c.booking_id AND other.id <> c.id
          AND other.state IN ('SUBMITTED', 'UNDER_REVIEW', 'RETURNED'))
    UNION ALL
    SELECT 'version ' || b.version || ' is in force, not version ' || c.base_version
    WHERE c.state IN ('SUBMITTED', 'UNDER_REVIEW', 'RETURNED') AND c.base_version <> b.version
    UNION ALL
    SELECT 'version ' || b.version || ' is in force'
    WHERE c.state = 'APPROVED' AND c.track <> 'session move' AND b.version < c.version
) AS found
"""

CHECKS: Final = (
    Check("booking-state", N_("A booking has the deadline and the instants that its state implies."), _BOOKINGS),
    Check("session-of-booking", N_("The states of a booking and of its sessions agree."), _SESSIONS_OF_BOOKINGS),
    Check("session-record", N_("A session has the actual times that its state implies."), _RECORDS),
    Check("change-state", N_("A booking has at most one open change, of the version in force."), _CHANGES),
)
