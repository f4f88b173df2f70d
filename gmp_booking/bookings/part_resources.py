"""SQL for what sessions and reservations use."""

from __future__ import annotations

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


def session_uses(session: str, resource_id: str) -> str:
    """SQL for whether a session uses a resource."""
    return f"""({session}.room_id = {resource_id} OR EXISTS (
        SELECT FROM session_equipment AS se JOIN equipment AS e ON e.id = se.equipment_id
        WHERE se.booking_session_id = {session}.id
          AND (e.id = {resource_id} OR {_TAKES_HOME_ROOM} AND e.home_room_id = {resource_id})))"""


def reservation_uses(reservation: str, resource_id: str) -> str:
    """SQL for whether a reservation uses a resource."""
    return f"""({reservation}.equipment_id = {resource_id} OR EXISTS (
        SELECT FROM equipment AS e
        WHERE e.id = {reservation}.equipment_id AND {_TAKES_HOME_ROOM} AND e.home_room_id = {resource_id}))"""


def overlaps_session(slot: str, session: str) -> str:
    """SQL for whether a slot overlaps the planned time of a session with its margins, by their aliases."""
    return (
        f"{slot}.ends_at > {session}.starts_at - {session}.setup_min * interval '1 minute'"
        f" AND {slot}.starts_at < {session}.ends_at + {session}.teardown_min * interval '1 minute'"
    )
