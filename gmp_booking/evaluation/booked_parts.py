"""Read the sessions and reservations of a booking by resource: of its version in force, and of a waiting change."""

from __future__ import annotations

from sqlalchemy import text

from gmp_booking.bookings.part_resources import reservation_resources, session_resources
from gmp_booking.bookings.session_state import JOINED_STATE
from gmp_booking.evaluation.needs import BookedPart
from gmp_booking.infra.database.uow import Uow
from gmp_booking.kernel.sql import sql_values
from gmp_booking.kernel.states import HOLDING

_BOOKED_PARTS = text(
    f"""
    WITH version AS (
        SELECT id AS booking_id, version, false AS waits FROM booking
        WHERE id = :booking_id AND state IN ({sql_values(HOLDING)})
        UNION ALL
        SELECT booking_id, version, true FROM booking_change WHERE booking_id = :booking_id AND ended_at IS NULL
    )
    SELECT v.waits, u.resource_id, 1 AS units, s.starts_at, s.ends_at, s.number AS session, s.setup_min,
           s.teardown_min, {JOINED_STATE} AS state, record.actual_start_at, record.expected_end_at,
           record.actual_end_at, record.end_entered_at AS recorded_at
    FROM version AS v
    JOIN booking_session AS s USING (booking_id, version)
    LEFT JOIN session_record AS record USING (booking_id, number)
    CROSS JOIN LATERAL ({session_resources("s")}) AS u
    UNION ALL
    SELECT v.waits, u.resource_id, u.units, q.starts_at, q.ends_at, NULL, 0, 0, NULL, NULL, NULL, NULL, NULL
    FROM version AS v
    JOIN equipment_reservation AS q USING (booking_id, version)
    CROSS JOIN LATERAL ({reservation_resources("q")}) AS u
    """
)


def list_booked_parts(uow: Uow, booking_id: int) -> list[BookedPart]:
    return [BookedPart(**row._mapping) for row in uow.session.execute(_BOOKED_PARTS, {"booking_id": booking_id})]  # noqa: SLF001
