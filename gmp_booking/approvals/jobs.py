"""What happens to decisions without anybody asking: requests expire."""

from __future__ import annotations

import logging
from collections.abc import Callable

from gmp_booking.approvals.expiry import expire, list_overdue
from gmp_booking.infra.uow import Database
from gmp_booking.kernel.access import SYSTEM
from gmp_booking.kernel.errors import Refusal

_log = logging.getLogger(__name__)


def always() -> bool:
    return True


def expire_overdue(database: Database, *, goes_on: Callable[[], bool] = always) -> None:
    """End every request whose time is up, each in a transaction of its own; ten at once are harmless."""
    for reference in database.read(SYSTEM, list_overdue):
        if not goes_on():
            return
        try:
            if database.transact(SYSTEM, expire, reference):
                _log.info("%s has expired", reference)
        except Refusal:
            _log.info("%s was decided in the last moment", reference)
