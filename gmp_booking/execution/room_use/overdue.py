"""Sessions that have not ended in time: recorded once, so that the next use of their rooms is looked at."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import text

from gmp_booking.bookings.session_events import SessionOverdue
from gmp_booking.conflicts.parameter import OVERDUE_AFTER
from gmp_booking.execution import store
from gmp_booking.execution.session_actions import session_event_fields
from gmp_booking.execution.store import SessionRow
from gmp_booking.infra.database.uow import Uow
from gmp_booking.kernel.sql import sql_values
from gmp_booking.kernel.states import IN_FORCE, RUNNING

MOST_AT_ONCE: Final = 100

_NEWLY_OVERDUE = text(
    f"""
    SELECT b.reference, r.number FROM session_record AS r
    JOIN booking AS b ON b.id = r.booking_id AND b.state IN ({sql_values(IN_FORCE)})
    JOIN booking_session AS s ON s.booking_id = b.id AND s.version = b.version AND s.number = r.number
    WHERE r.state IN ({sql_values(RUNNING)}) AND r.overdue_at IS NULL
      AND greatest(s.ends_at, r.expected_end_at) <= :due_before
    ORDER BY b.reference, r.number LIMIT :most
    """
)
_MARK = text(
    """
    UPDATE session_record SET overdue_at = :now
    WHERE booking_id = :booking_id AND number = :number AND overdue_at IS NULL RETURNING id
    """
)


def due_at(session: SessionRow) -> datetime:
    """The planned end of a session, or a later one that was announced."""
    return max(session.ends_at, session.expected_end_at or session.ends_at)


def minutes_overdue(session: SessionRow, now: datetime) -> int:
    """The minutes since a running session should have ended; 0 while it is not overdue."""
    over = now - due_at(session)
    return over // timedelta(minutes=1) if session.stands in RUNNING and over >= OVERDUE_AFTER else 0


def list_newly_overdue(uow: Uow) -> list[tuple[str, int]]:
    """Running sessions that are overdue, of which that was not recorded yet."""
    rows = uow.session.execute(_NEWLY_OVERDUE, {"due_before": uow.now - OVERDUE_AFTER, "most": MOST_AT_ONCE})
    return [(row[0], row[1]) for row in rows]


def record_overdue(uow: Uow, reference: str, number: int) -> bool:
    """Record that a session is overdue, unless it ended or was extended meanwhile."""
    uow.lock(store.lock_keys_of(uow, reference, number))
    session = store.get_session(uow, reference, number)
    if not minutes_overdue(session, uow.now):
        return False
    values = {"now": uow.now, "booking_id": session.booking_id, "number": session.number}
    if uow.session.execute(_MARK, values).scalar() is None:
        return False
    uow.record(SessionOverdue(**session_event_fields(session), due_at=due_at(session)))
    return True
