"""Sessions that should have begun and that nobody recorded."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import text

from gmp_booking.execution import store
from gmp_booking.execution.clearance import MISSED_AFTER
from gmp_booking.execution.store import SessionRow
from gmp_booking.infra.database.uow import Uow
from gmp_booking.kernel.access import Permission, require
from gmp_booking.kernel.sql import sql_value, sql_values
from gmp_booking.kernel.states import IN_FORCE, NOT_BEGUN, UNRECORDED

MOST_SHOWN: Final = 200

# The bookings in force that have begun are few; each session's record is found by its key.
NOT_RECORDED: Final = f"""
    SELECT s.id, s.room_id FROM booking AS b
    JOIN booking_session AS s ON s.booking_id = b.id AND s.version = b.version AND s.starts_at <= :due
    LEFT JOIN session_record AS r ON r.booking_id = s.booking_id AND r.number = s.number
    WHERE b.state IN ({sql_values(IN_FORCE)}) AND b.starts_at <= :due
      AND COALESCE(r.state, {sql_value(UNRECORDED)}) IN ({sql_values(NOT_BEGUN)})
"""
"""SQL for the sessions that nobody recorded. Shape: `:due` is the latest start of them."""

_LISTED = f"""
    WHERE bs.id IN (SELECT id FROM ({NOT_RECORDED}) AS n) AND (:room = '' OR r.code = :room)
    ORDER BY bs.starts_at, r.code, bs.id LIMIT :most
"""
_BY_ROOM = text(
    f"""
    SELECT r.code, count(*) AS sessions FROM ({NOT_RECORDED}) AS n JOIN resource AS r ON r.id = n.room_id
    GROUP BY r.code ORDER BY r.code
    """
)


@dataclass(frozen=True)
class NotRecorded:
    """Shape: `by_room` has the number of sessions of each room, whatever room is listed."""

    sessions: list[SessionRow]
    by_room: dict[str, int]


def latest_start(uow: Uow) -> datetime:
    """When a session must have started at the latest, else it counts as not recorded."""
    return uow.now - MISSED_AFTER


def list_not_recorded(uow: Uow, *, room: str = "") -> NotRecorded:
    """The sessions that nobody recorded, the earliest first; all, or those of one room. Errors: Forbidden."""
    require(uow.actor, Permission.NOT_RECORDED_READ)
    due = latest_start(uow)
    by_room = {row.code: int(row.sessions) for row in uow.session.execute(_BY_ROOM, {"due": due})}
    return NotRecorded(store.list_sessions(uow, _LISTED, due=due, room=room, most=MOST_SHOWN), by_room)
