"""Calendars: the SEQUENCE of RFC 5545 only rises."""

from typing import Final

from gmp_booking.consistency.check import Check
from gmp_booking.kernel.text import N_

# A calendar ignores an update whose SEQUENCE is not greater: a new version, time or end must raise it.
_NOT_MONOTONE: Final = """
WITH step AS (
    SELECT h.row_id, h.id, h.at, (h.old_row ->> 'sequence')::int AS before, (h.new_row ->> 'sequence')::int AS after,
           h.old_row ->> 'state' <> 'DRAFT' AND (
               h.old_row ->> 'version' <> h.new_row ->> 'version'
               OR h.old_row ->> 'starts_at' <> h.new_row ->> 'starts_at'
               OR h.old_row ->> 'ends_at' <> h.new_row ->> 'ends_at'
               OR h.old_row ->> 'state' <> h.new_row ->> 'state'
                  AND h.new_row ->> 'state' IN ('CONFIRMED', 'REJECTED', 'EXPIRED', 'CANCELLED')) AS must_rise
    FROM row_history AS h WHERE h.table_name = 'booking' AND h.new_row IS NOT NULL
),
latest AS (
    SELECT DISTINCT ON (row_id) row_id, after FROM step ORDER BY row_id, id DESC
)
SELECT b.reference, 'SEQUENCE ' || s.before || ' was followed by ' || s.after || ' at ' || s.at AS detail
FROM step AS s JOIN booking AS b ON b.id = s.row_id
WHERE s.after < s.before OR s.must_rise AND s.after = s.before
UNION ALL
SELECT b.reference, 'SEQUENCE is ' || b.sequence || ', its history ends with ' || l.after
FROM booking AS b JOIN latest AS l ON l.row_id = b.id
WHERE b.sequence <> l.after
"""

CHECKS: Final = (
    Check(
        "sequence-not-rising",
        N_("The SEQUENCE of a calendar entry rises with every change that the entry shows."),
        _NOT_MONOTONE,
    ),
)
