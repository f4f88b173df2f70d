"""Requests: a decision comes before the time that it is about."""

from typing import Final

from gmp_booking.consistency.check import Check
from gmp_booking.kernel.text import N_

_PARTS: Final = """
waiting AS (
    SELECT id, reference, state, version, pending_until FROM booking
    WHERE state IN ('SUBMITTED', 'UNDER_REVIEW', 'RETURNED', 'APPROVED')
),
part AS (
    SELECT w.*, s.starts_at
    FROM waiting AS w JOIN booking_session AS s ON s.booking_id = w.id AND s.version = w.version
    UNION ALL
    SELECT w.*, q.starts_at
    FROM waiting AS w JOIN equipment_reservation AS q ON q.booking_id = w.id AND q.version = w.version
)
"""

# Requests expire by a job that runs every few seconds.
_PAST_START: Final = f"""
WITH {_PARTS}
SELECT reference, state || ' since before its first start, ' || min(starts_at) AS detail
FROM part
GROUP BY id, reference, state
HAVING min(starts_at) < (SELECT gmp_now()) - interval '5 minutes'
"""

_LATE_DEADLINE: Final = f"""
WITH {_PARTS}
SELECT reference, state || ' until ' || pending_until || ', its first start is ' || min(starts_at) AS detail
FROM part
GROUP BY id, reference, state, pending_until
HAVING pending_until > min(starts_at)
"""

CHECKS: Final = (
    Check("request-past-start", N_("No request waits for a decision after its first start."), _PAST_START),
    Check("deadline-after-start", N_("The deadline of a request is not after its first start."), _LATE_DEADLINE),
)
