"""Read the sessions and reservations of a booking by resource: of its version in force, and of a waiting change."""

from __future__ import annotations

from sqlalchemy import text

from gmp_booking.bookings.needs import BookedPart
from gmp_booking.bookings.session_state import JOINED_STATE
from gmp_booking.infra.database.uow import Uow
from gmp_booking.kernel.sql import sql_value
from gmp_booking.kernel.vocabulary import RoomUse

_TAKES_HOME_ROOM = f"e.room_use = {sql_value(RoomUse.ATTENDED)} AND e.home_room_id IS NOT NULL"


def session_resources(session: str) -> str:
    """SQL for what the `booking_session` row with this alias uses: its room, equipment, and rooms of that equipment."""
    attended = f"session_equipment AS se WHERE se.booking_session_id = {session}.id"
    return f"""
        SELECT {session}.room_id AS resource_id
        UNION SELECT se.equipment_id FROM {attended}
        UNION SELECT e.home_room_id FROM equipment AS e, {attended} AND e.id = se.equipment_id AND {_TAKES_HOME_ROOM}
    """


def reservation_resources(reservation: str) -> str:
    """SQL for what the `equipment_reservation` row with this alias uses. Shape: resource_id, units."""
    return f"""
        SELECT {reservation}.equipment_id AS resource_id, {reservation}.units AS units
        UNION SELECT e.home_room_id, 1 FROM equipment AS e WHERE e.id = {reservation}.equipment_id
            AND {_TAKES_HOME_ROOM}
    """


def overlaps_session(slot: str, session: str) -> str:
    """SQL for whether a slot overlaps the planned time of a session with its margins, by their aliases."""
    return (
        f"{slot}.ends_at > {session}.starts_at - {session}.setup_min * interval '1 minute'"
        f" AND {slot}.starts_at < {session}.ends_at + {session}.teardown_min * interval '1 minute'"
    )


_BOOKED_PARTS = text(
    f"""
    WITH version AS (
        SELECT id AS booking_id, version, false AS waits FROM booking WHERE id = :booking_id
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
