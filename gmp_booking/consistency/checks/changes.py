"""Changes: a change request ends with its booking."""

from typing import Final

from gmp_booking.consistency.check import Check
from gmp_booking.kernel.text import N_

_OF_ENDED_BOOKING: Final = """
SELECT b.reference, 'the change to version ' || c.version || ' is ' || c.state || ', the booking ' || b.state AS detail
FROM booking_change AS c JOIN booking AS b ON b.id = c.booking_id
WHERE (c.state IN ('SUBMITTED', 'UNDER_REVIEW', 'RETURNED') OR c.ended_at IS NULL) AND b.state <> 'CONFIRMED'
"""

CHECKS: Final = (
    Check("change-of-ended-booking", N_("A booking that has ended has no open change request."), _OF_ENDED_BOOKING),
)
