"""Background job of decisions: expire overdue requests."""

from __future__ import annotations

import logging
from collections.abc import Callable

from gmp_booking.approvals.expiry import expire, expire_change, list_overdue, list_overdue_changes
from gmp_booking.infra.database.queues import always
from gmp_booking.infra.database.uow import Database
from gmp_booking.kernel.access import SYSTEM
from gmp_booking.kernel.errors import Refusal

_log = logging.getLogger(__name__)


def expire_overdue(database: Database, *, keep_running: Callable[[], bool] = always) -> None:
    """End all overdue requests and change requests, each in its own transaction; workers may run this concurrently."""
    for list_due, end in ((list_overdue, expire), (list_overdue_changes, expire_change)):
        for reference in database.read(SYSTEM, list_due):
            if not keep_running():
                return
            try:
                if database.transact(SYSTEM, end, reference):
                    _log.info("%s was not decided in time", reference)
            except Refusal:
                _log.info("%s was decided in the last moment", reference)
