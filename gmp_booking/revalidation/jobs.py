"""Background jobs: queue bookings that events, overdue sessions or the night affect; revalidate what is queued."""

from __future__ import annotations

import logging
from collections.abc import Callable

from gmp_booking.infra.database.consumers import handle_deliveries
from gmp_booking.infra.database.queues import always, process_queue
from gmp_booking.infra.database.uow import Database
from gmp_booking.kernel.access import SYSTEM
from gmp_booking.revalidation import store
from gmp_booking.revalidation.service import (
    enqueue_delayed_uses,
    enqueue_since_last_night,
    handle_next,
    revalidate_next,
)

_log = logging.getLogger(__name__)


def work(database: Database, *, keep_running: Callable[[], bool] = always) -> None:
    """Queue the bookings that open deliveries affect, then revalidate every queued booking."""
    handle_deliveries(database, handle_next, keep_running=keep_running)
    revalidate_waiting(database, keep_running=keep_running)


def revalidate_waiting(database: Database, *, keep_running: Callable[[], bool] = always) -> None:
    """Revalidate the queued bookings."""
    process_queue(
        database, revalidate_next, store.note_failure, name="revalidation of booking", keep_running=keep_running
    )


def enqueue_delayed(database: Database) -> None:
    """Queue the next uses of rooms whose sessions are overdue, once their preparation would have to begin."""
    database.transact(SYSTEM, enqueue_delayed_uses)


def enqueue_nightly(database: Database) -> None:
    """Queue all future approved bookings once a night."""
    queued = database.transact(SYSTEM, enqueue_since_last_night)
    if queued:
        _log.info("Queued %s bookings for the nightly revalidation", queued)
