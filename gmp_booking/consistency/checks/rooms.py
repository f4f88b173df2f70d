"""Rooms: what really happened in them."""

from typing import Final

from gmp_booking.consistency.check import Check
from gmp_booking.kernel.text import N_

# Of overlapping uses, those whose start was recorded despite the other use are left out; among the rest none overlap.
# The home room of attended equipment is used, too, unless the booking has sessions in that room itself.
_USED_TWICE: Final = """
WITH session_in_use AS (
    SELECT b.id AS booking_id, b.reference, s.id AS session_id, s.number, s.room_id, r.actual_start_at AS from_at,
           COALESCE(r.actual_end_at, 'infinity') AS until_at
    FROM session_record AS r
    JOIN booking AS b ON b.id = r.booking_id
    JOIN booking_session AS s ON s.booking_id = b.id AND s.version = b.version AND s.number = r.number
    WHERE r.state IN ('IN_USE', 'SUSPENDED', 'DONE', 'ABORTED') AND r.actual_start_at IS NOT NULL
      AND r.actual_start_at < COALESCE(r.actual_end_at, 'infinity')
),
room_in_use AS (
    SELECT booking_id, reference, number, room_id, from_at, until_at FROM session_in_use
    UNION
    SELECT n.booking_id, n.reference, n.number, e.home_room_id, n.from_at, n.until_at
    FROM session_in_use AS n
    JOIN session_equipment AS a ON a.booking_session_id = n.session_id
    JOIN equipment AS e ON e.id = a.equipment_id AND e.room_use = 'ATTENDED'
    WHERE e.home_room_id IS NOT NULL AND NOT EXISTS (
        SELECT FROM booking_session AS own WHERE own.booking_id = n.booking_id AND own.room_id = e.home_room_id)
),
exclusive AS (
    SELECT n.*, max(until_at) OVER earlier AS taken_until, lead(from_at) OVER by_time AS next_at
    FROM room_in_use AS n JOIN room ON room.id = n.room_id
    WHERE NOT room.shared
    WINDOW by_time AS (PARTITION BY room_id ORDER BY from_at, booking_id, number),
           earlier AS (by_time ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
),
disputed AS (
    SELECT booking_id, reference, number, room_id, from_at, until_at FROM exclusive
    WHERE (from_at < taken_until OR next_at < until_at) AND NOT EXISTS (
        SELECT FROM journal AS j
        WHERE j.subject_kind = 'BOOKING' AND j.subject_id = exclusive.booking_id AND j.event = 'SessionStarted'
          AND (j.data ->> 'session')::int = exclusive.number AND j.data -> 'regardless' ? 'RM-01')
),
unrecorded AS (
    SELECT n.*, max(until_at) OVER (PARTITION BY room_id ORDER BY from_at, booking_id, number
                                    ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS taken_until
    FROM disputed AS n
)
SELECT n.reference, r.code || ': session ' || n.number || ' began at ' || n.from_at || ', another use ended at '
       || n.taken_until AS detail
FROM unrecorded AS n JOIN resource AS r ON r.id = n.room_id
WHERE n.from_at < n.taken_until
"""

CHECKS: Final = (
    Check(
        "room-used-twice",
        N_("No room is used by two sessions at once, unless that was recorded regardless of the rule."),
        _USED_TWICE,
    ),
)
