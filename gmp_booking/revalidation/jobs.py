"""What the worker does for what was agreed: hear of changes, look once a night, judge whoever waits."""

from __future__ import annotations

import logging
from collections.abc import Callable

from gmp_booking.infra.database import consumers
from gmp_booking.infra.database.consumers import CannotHandle
from gmp_booking.infra.database.uow import Database
from gmp_booking.kernel.access import SYSTEM
from gmp_booking.revalidation import store
from gmp_booking.revalidation.service import CannotLook, handle_next, look_at_next, want_nightly_look

_log = logging.getLogger(__name__)


def always() -> bool:
    return True


def work(database: Database, *, keep_running: Callable[[], bool] = always) -> None:
    """Hear of everything that changed, then judge every booking that waits, one transaction each."""
    hear(database, keep_running=keep_running)
    look(database, keep_running=keep_running)


def hear(database: Database, *, keep_running: Callable[[], bool] = always) -> None:
    """Put whoever the open deliveries concern into the line."""
    failed: list[int] = []
    while keep_running():
        try:
            if database.transact(SYSTEM, handle_next, skip_ids=failed) is None:
                return
        except CannotHandle as error:
            failed.append(error.delivery_id)
            if database.transact(SYSTEM, consumers.note_failure, error.delivery_id, repr(error.__cause__)):
                _log.error("ALARM: delivery %s is given up", error.delivery_id, exc_info=error)


def look(database: Database, *, keep_running: Callable[[], bool] = always) -> None:
    """Judge whoever waits in the line; one that fails is passed over and comes back later."""
    failed: list[int] = []
    while keep_running():
        try:
            if database.transact(SYSTEM, look_at_next, skip_ids=failed) is None:
                return
        except CannotLook as error:
            failed.append(error.booking_id)
            if database.transact(SYSTEM, store.note_failure, error.booking_id, repr(error.__cause__)):
                _log.error("ALARM: booking %s cannot be judged again", error.booking_id, exc_info=error)


def look_tonight(database: Database) -> None:
    """Once a night, put everything that is agreed and lies ahead into the line."""
    wanted = database.transact(SYSTEM, want_nightly_look)
    if wanted:
        _log.info("The nightly look takes up %s bookings", wanted)
