"""Crews: nobody is busy with a session that is over."""

from typing import Final

from gmp_booking.consistency.check import Check
from gmp_booking.kernel.text import N_

_BUSY_AFTER_END: Final = """
WITH busy AS (
    SELECT b.reference, b.state AS booking_state, p.person_id, p.starts_at, p.ends_at, s.number, r.state,
           s.version = b.version OR EXISTS (
               SELECT FROM booking_change AS c
               WHERE c.booking_id = b.id AND c.version = s.version
                 AND c.state IN ('SUBMITTED', 'UNDER_REVIEW', 'RETURNED')) AS counts,
           CASE WHEN r.state IN ('DONE', 'ABORTED') THEN r.actual_end_at
                WHEN r.state = 'MISSED' THEN r.end_entered_at END AS over_at
    FROM session_person AS p
    JOIN booking AS b ON b.id = p.booking_id
    JOIN booking_session AS s ON s.id = p.booking_session_id
    LEFT JOIN session_record AS r ON r.booking_id = s.booking_id AND r.number = s.number
    WHERE p.active
)
SELECT n.reference, 'session ' || n.number || ': person ' || n.person_id || ' is busy until ' || n.ends_at AS detail
FROM busy AS n
WHERE n.booking_state IN ('REJECTED', 'EXPIRED', 'CANCELLED') OR NOT n.counts OR n.state = 'CANCELLED'
   OR n.ends_at > GREATEST(n.over_at, n.starts_at) AND n.over_at IS NOT NULL
"""

CHECKS: Final = (Check("crew-busy-after-end", N_("Nobody is busy after the session has ended."), _BUSY_AFTER_END),)
