"""Background job of decisions: expire overdue requests."""

from __future__ import annotations

import logging
from collections.abc import Callable

from sqlalchemy.exc import InterfaceError, OperationalError

from gmp_booking.approvals.expiry import expire, expire_change, list_overdue, list_overdue_changes
from gmp_booking.infra.database.queues import always
from gmp_booking.infra.database.uow import Database, Uow
from gmp_booking.kernel.access import SYSTEM
from gmp_booking.kernel.errors import Refusal

_log = logging.getLogger(__name__)


def expire_overdue(database: Database, *, keep_running: Callable[[], bool] = always) -> None:
    """End all overdue requests and change requests, each in its own transaction; workers may run this concurrently."""
    for list_due, end in ((list_overdue, expire), (list_overdue_changes, expire_change)):
        seen: list[str] = []
        while found := database.read(SYSTEM, list_due, seen=seen):
            for reference in found:
                if not keep_running():
                    return
                _end_one(database, end, reference)
            seen += found


def _end_one(database: Database, end: Callable[[Uow, str], bool], reference: str) -> None:
    """End one request; one that cannot be ended does not stop the others."""
    try:
        if database.transact(SYSTEM, end, reference):
            _log.info("%s was not decided in time", reference)
    except Refusal:
        _log.info("%s was decided in the last moment", reference)
    except (OperationalError, InterfaceError):
        raise
    except Exception:
        _log.exception("ALARM: %s cannot be ended", reference)
