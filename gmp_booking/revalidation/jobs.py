"""Background jobs: queue bookings that events affect, queue all once a night, revalidate what is queued."""

from __future__ import annotations

import logging
from collections.abc import Callable

from gmp_booking.infra.database import consumers
from gmp_booking.infra.database.consumers import CannotHandle
from gmp_booking.infra.database.uow import Database
from gmp_booking.kernel.access import SYSTEM
from gmp_booking.revalidation import store
from gmp_booking.revalidation.service import RevalidationFailed, enqueue_since_last_night, handle_next, revalidate_next

_log = logging.getLogger(__name__)


def always() -> bool:
    return True


def work(database: Database, *, keep_running: Callable[[], bool] = always) -> None:
    """Handle open deliveries, then revalidate every queued booking, each in its own transaction."""
    handle_deliveries(database, keep_running=keep_running)
    revalidate_waiting(database, keep_running=keep_running)


def handle_deliveries(database: Database, *, keep_running: Callable[[], bool] = always) -> None:
    """Queue the bookings that open deliveries affect."""
    failed: list[int] = []
    while keep_running():
        try:
            if database.transact(SYSTEM, handle_next, skip_ids=failed) is None:
                return
        except CannotHandle as error:
            failed.append(error.delivery_id)
            if database.transact(SYSTEM, consumers.note_failure, error.delivery_id, repr(error.__cause__)):
                _log.error("ALARM: delivery %s is given up", error.delivery_id, exc_info=error)


def revalidate_waiting(database: Database, *, keep_running: Callable[[], bool] = always) -> None:
    """Revalidate queued bookings; one that fails is skipped and retried later."""
    failed: list[int] = []
    while keep_running():
        try:
            if database.transact(SYSTEM, revalidate_next, skip_ids=failed) is None:
                return
        except RevalidationFailed as error:
            failed.append(error.booking_id)
            if database.transact(SYSTEM, store.note_failure, error.booking_id, repr(error.__cause__)):
                _log.error("ALARM: booking %s cannot be judged again", error.booking_id, exc_info=error)


def enqueue_nightly(database: Database) -> None:
    """Queue all future approved bookings once a night."""
    queued = database.transact(SYSTEM, enqueue_since_last_night)
    if queued:
        _log.info("Queued %s bookings for the nightly revalidation", queued)
