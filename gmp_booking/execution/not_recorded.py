"""Sessions that should have begun and that nobody recorded."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
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

LOOKED_BACK: Final = timedelta(days=7)
"""How far back the count and the list look, unless older ones are asked for. Source: default is ours."""
EVER: Final = datetime(2000, 1, 1, tzinfo=UTC)

# A session that nobody recorded has no row to be found by: those that began lately are found by their start, and each
# booking and record by its key (OFFSET 0).
NOT_RECORDED: Final = f"""
    SELECT s.id, s.room_id FROM (
        SELECT id, booking_id, version, number, room_id FROM booking_session
        WHERE starts_at > :since AND starts_at <= :due OFFSET 0
    ) AS s
    CROSS JOIN LATERAL (
        SELECT 1 FROM booking AS b WHERE b.id = s.booking_id AND b.version = s.version
        AND b.state IN ({sql_values(IN_FORCE)}) OFFSET 0
    ) AS b
    LEFT JOIN LATERAL (
        SELECT state FROM session_record AS x WHERE x.booking_id = s.booking_id AND x.number = s.number OFFSET 0
    ) AS r ON true
    WHERE COALESCE(r.state, {sql_value(UNRECORDED)}) IN ({sql_values(NOT_BEGUN)})
"""
"""SQL for the sessions that nobody recorded. Shape: they should have started after `:since`, until `:due`."""

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


@dataclass(frozen=True)
class Starts:
    """When the sessions that count as not recorded should have started."""

    since: datetime
    due: datetime


def starts_looked_at(uow: Uow, *, older: bool = False) -> Starts:
    """Those of the last days; with `older`, all."""
    return Starts(EVER if older else uow.now - LOOKED_BACK, uow.now - MISSED_AFTER)


def list_not_recorded(uow: Uow, *, room: str = "", older: bool = False) -> NotRecorded:
    """The sessions that nobody recorded, the earliest first; all, or those of one room. Errors: Forbidden."""
    require(uow.actor, Permission.NOT_RECORDED_READ)
    starts = vars(starts_looked_at(uow, older=older))
    by_room = {row.code: int(row.sessions) for row in uow.session.execute(_BY_ROOM, starts)}
    return NotRecorded(store.list_sessions(uow, _LISTED, **starts, room=room, most=MOST_SHOWN), by_room)
