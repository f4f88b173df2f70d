"""The time that each part of a booking needs, as SQL: the table below over raw rows.

| part | must have | may have |
|---|---|---|
| session PLANNED, READY | planned time with setup and teardown | the same |
| session IN_USE, SUSPENDED | planned time with both | from the earlier start to the later end, with teardown |
| session DONE, ABORTED | nothing | from the earlier start to the actual end, with teardown |
| session MISSED | nothing | planned time with both, until it was recorded as missed |
| session CANCELLED | nothing | nothing |
| equipment reservation | its time | the same |
| booking CLOSED | nothing | what its sessions and reservations used |
| booking DRAFT, REJECTED, EXPIRED, CANCELLED | nothing | nothing |

The earlier start is the actual one or the planned one with setup; the later end is the planned or the announced one.
A session needs its room, its attended equipment, and the home rooms of that equipment where they are other rooms.
A reservation of attended equipment needs the home room of the equipment, too. The version that an open change
proposes has needs of its own beside those of the version in force, except for sessions that have begun or are over.
"""

from typing import Final

NEEDS: Final = """
clock AS MATERIALIZED (SELECT gmp_now() AS now),
version_with_needs AS (
    SELECT id AS booking_id, reference, state, version, false AS is_proposed FROM booking
    WHERE state IN ('SUBMITTED', 'UNDER_REVIEW', 'RETURNED', 'APPROVED', 'CONFIRMED', 'CLOSED')
    UNION ALL
    SELECT b.id, b.reference, b.state, c.version, true
    FROM booking AS b JOIN booking_change AS c ON c.booking_id = b.id
    WHERE b.state = 'CONFIRMED' AND c.state IN ('SUBMITTED', 'UNDER_REVIEW', 'RETURNED')
),
planned_session AS (
    SELECT v.booking_id, v.reference, v.state AS booking_state, s.id AS session_id, s.room_id,
           COALESCE(r.state, 'PLANNED') AS state, s.starts_at - make_interval(mins => s.setup_min) AS from_at,
           s.ends_at + make_interval(mins => s.teardown_min) AS until_at,
           LEAST(r.actual_start_at, s.starts_at - make_interval(mins => s.setup_min)) AS used_from_at,
           GREATEST(s.ends_at, r.expected_end_at) + make_interval(mins => s.teardown_min) AS announced_until_at,
           r.actual_end_at + make_interval(mins => s.teardown_min) AS used_until_at,
           r.end_entered_at AS missed_at
    FROM version_with_needs AS v
    JOIN booking_session AS s ON s.booking_id = v.booking_id AND s.version = v.version
    LEFT JOIN session_record AS r ON r.booking_id = s.booking_id AND r.number = s.number
    WHERE NOT v.is_proposed OR COALESCE(r.state, 'PLANNED') IN ('PLANNED', 'READY')
),
session_need AS (
    SELECT booking_id, reference, session_id, room_id,
           CASE WHEN booking_state <> 'CLOSED' AND state IN ('PLANNED', 'READY', 'IN_USE', 'SUSPENDED')
                THEN tstzrange(from_at, until_at) END AS must,
           CASE WHEN state IN ('DONE', 'ABORTED') THEN tstzrange(used_from_at, GREATEST(used_until_at, used_from_at))
                WHEN state = 'MISSED' THEN tstzrange(from_at, GREATEST(LEAST(missed_at, until_at), from_at))
                WHEN booking_state = 'CLOSED' THEN NULL
                WHEN state IN ('IN_USE', 'SUSPENDED') THEN tstzrange(used_from_at, announced_until_at)
                WHEN state IN ('PLANNED', 'READY') THEN tstzrange(from_at, until_at) END AS may
    FROM planned_session
),
reservation_need AS (
    SELECT v.booking_id, v.reference, q.equipment_id, q.units,
           CASE WHEN v.state <> 'CLOSED' THEN tstzrange(q.starts_at, q.ends_at) END AS must,
           tstzrange(q.starts_at, q.ends_at) AS may
    FROM version_with_needs AS v
    JOIN equipment_reservation AS q ON q.booking_id = v.booking_id AND q.version = v.version
),
need AS (
    SELECT booking_id, reference, room_id AS resource_id, 1 AS units, must, may FROM session_need
    UNION ALL
    SELECT n.booking_id, n.reference, a.equipment_id, 1, n.must, n.may
    FROM session_need AS n JOIN session_equipment AS a ON a.booking_session_id = n.session_id
    UNION ALL
    SELECT n.booking_id, n.reference, e.home_room_id, 1, n.must, n.may
    FROM session_need AS n JOIN session_equipment AS a ON a.booking_session_id = n.session_id
    JOIN equipment AS e ON e.id = a.equipment_id AND e.room_use = 'ATTENDED' AND e.home_room_id <> n.room_id
    UNION ALL
    SELECT booking_id, reference, equipment_id, units, must, may FROM reservation_need
    UNION ALL
    SELECT n.booking_id, n.reference, e.home_room_id, 1, n.must, n.may
    FROM reservation_need AS n
    JOIN equipment AS e ON e.id = n.equipment_id AND e.room_use = 'ATTENDED' AND e.home_room_id IS NOT NULL
)
"""
