"""States: a booking, its sessions and its changes agree, and each has the times that its state implies."""

from typing import Final

from gmp_booking.consistency.check import Check
from gmp_booking.kernel.text import N_

_BOOKINGS: Final = """
SELECT b.reference, b.state || ': ' || fault AS detail
FROM booking AS b
CROSS JOIN LATERAL unnest(ARRAY[
    CASE WHEN b.state IN ('SUBMITTED', 'UNDER_REVIEW', 'RETURNED', 'APPROVED') AND b.pending_until IS NULL
         THEN 'it has no deadline' END,
    CASE WHEN b.state NOT IN ('SUBMITTED', 'UNDER_REVIEW', 'RETURNED', 'APPROVED') AND b.pending_until IS NOT NULL
         THEN 'it has a deadline' END,
    CASE WHEN b.state NOT IN ('DRAFT', 'CANCELLED') AND b.submitted_at IS NULL THEN 'it was never submitted' END,
    CASE WHEN b.state IN ('CONFIRMED', 'CLOSED') AND b.confirmed_at IS NULL THEN 'it was never confirmed' END,
    CASE WHEN b.state IN ('REJECTED', 'EXPIRED', 'CANCELLED', 'CLOSED') AND b.ended_at IS NULL
         THEN 'it has no end' END,
    CASE WHEN b.state NOT IN ('REJECTED', 'EXPIRED', 'CANCELLED', 'CLOSED') AND b.ended_at IS NOT NULL
         THEN 'it has an end' END,
    CASE WHEN b.submitted_at IS NOT NULL AND NOT EXISTS (
         SELECT FROM booking_version AS v WHERE v.booking_id = b.id AND v.version = b.version)
         THEN 'version ' || b.version || ' has no content' END
]) AS fault
WHERE fault IS NOT NULL
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
CROSS JOIN LATERAL unnest(ARRAY[
    CASE WHEN r.state IN ('IN_USE', 'SUSPENDED', 'DONE', 'ABORTED') AND r.actual_start_at IS NULL
         THEN 'it has no start' END,
    CASE WHEN r.state IN ('DONE', 'ABORTED') AND r.actual_end_at IS NULL THEN 'it has no end' END,
    CASE WHEN r.state NOT IN ('DONE', 'ABORTED') AND r.actual_end_at IS NOT NULL THEN 'it has an end' END,
    CASE WHEN r.state IN ('PLANNED', 'READY', 'MISSED', 'CANCELLED') AND r.actual_start_at IS NOT NULL
         THEN 'it has a start' END,
    CASE WHEN r.actual_end_at < r.actual_start_at THEN 'it ended before it began' END,
    CASE WHEN GREATEST(r.actual_start_at, r.actual_end_at) > (SELECT gmp_now()) + interval '1 minute'
         THEN 'it has times in the future' END,
    CASE WHEN r.state = 'READY' AND r.released_at IS NULL THEN 'its room was not released' END,
    CASE WHEN r.state = 'ABORTED' AND r.deviation_no IS NULL THEN 'it has no deviation number' END,
    CASE WHEN r.state <> 'DONE' AND r.verified_at IS NOT NULL THEN 'it is verified' END,
    CASE WHEN r.verified_by = r.end_entered_by THEN 'who ended it verified it' END,
    CASE WHEN NOT EXISTS (
         SELECT FROM booking_session AS s WHERE s.booking_id = r.booking_id AND s.number = r.number)
         THEN 'no version has this session' END
]) AS fault
WHERE fault IS NOT NULL
"""

_CHANGES: Final = """
SELECT b.reference, 'the change to version ' || c.version || ' is ' || c.state || ': ' || fault AS detail
FROM booking_change AS c
JOIN booking AS b ON b.id = c.booking_id
CROSS JOIN LATERAL unnest(ARRAY[
    CASE WHEN c.state IN ('SUBMITTED', 'UNDER_REVIEW', 'RETURNED') AND c.ended_at IS NOT NULL THEN 'it has an end' END,
    CASE WHEN c.state NOT IN ('SUBMITTED', 'UNDER_REVIEW', 'RETURNED') AND c.ended_at IS NULL THEN 'it has no end' END,
    CASE WHEN c.state IN ('SUBMITTED', 'UNDER_REVIEW', 'RETURNED') AND EXISTS (
         SELECT FROM booking_change AS other
         WHERE other.booking_id = c.booking_id AND other.id <> c.id
         AND other.state IN ('SUBMITTED', 'UNDER_REVIEW', 'RETURNED')) THEN 'another one is open' END,
    CASE WHEN c.state IN ('SUBMITTED', 'UNDER_REVIEW', 'RETURNED') AND c.base_version <> b.version
         THEN 'version ' || b.version || ' is in force, not version ' || c.base_version END,
    CASE WHEN c.state = 'APPROVED' AND c.track <> 'session move' AND b.version < c.version
         THEN 'version ' || b.version || ' is in force' END
]) AS fault
WHERE fault IS NOT NULL
"""

CHECKS: Final = (
    Check("booking-state", N_("A booking has the deadline and the instants that its state implies."), _BOOKINGS),
    Check("session-of-booking", N_("The states of a booking and of its sessions agree."), _SESSIONS_OF_BOOKINGS),
    Check("session-record", N_("A session has the actual times that its state implies."), _RECORDS),
    Check("change-state", N_("A booking has at most one open change, of the version in force."), _CHANGES),
)
