"""Background jobs of sessions: withdraw releases that are no longer valid, record sessions that are overdue."""

from __future__ import annotations

from collections.abc import Callable

from gmp_booking.execution.line_clearance.expiry import expire_release, list_expired_releases
from gmp_booking.execution.room_use.overdue import list_newly_overdue, record_overdue
from gmp_booking.infra.database.queues import always
from gmp_booking.infra.database.uow import Database
from gmp_booking.kernel.access import SYSTEM
from gmp_booking.kernel.errors import Refusal


def expire_releases(database: Database, *, keep_running: Callable[[], bool] = always) -> None:
    """Withdraw every release that is no longer valid, each in its own transaction; workers may do so concurrently."""
    for reference, number in database.read(SYSTEM, list_expired_releases):
        if not keep_running():
            return
        try:
            database.transact(SYSTEM, expire_release, reference, number)
        except Refusal:
            continue  # Somebody checked in or moved the session meanwhile.


def record_overdue_sessions(database: Database, *, keep_running: Callable[[], bool] = always) -> None:
    """Record every session that is overdue, each in its own transaction; workers may do so concurrently."""
    for reference, number in database.read(SYSTEM, list_newly_overdue):
        if not keep_running():
            return
        database.transact(SYSTEM, record_overdue, reference, number)
