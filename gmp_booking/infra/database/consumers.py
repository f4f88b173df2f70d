"""Deliveries of journal events to consumers: a worker takes one at a time and closes it when handled."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime
from typing import cast

from sqlalchemy import text

from gmp_booking.infra.database.journal import JournalRow, event_of
from gmp_booking.infra.database.queues import ProcessNext, always, process_queue, processing
from gmp_booking.infra.database.uow import Database, Uow
from gmp_booking.kernel.events import Event

MAX_ATTEMPTS = 10

_NEXT = text(
    """
    SELECT d.id, j.at, j.event, j.data, j.company_id, j.subject_kind, j.subject_id, j.reference, j.version, j.schema
    FROM delivery AS d JOIN journal AS j ON j.id = d.journal_id
    WHERE d.consumer = :consumer AND d.done_at IS NULL AND d.attempts < :max_attempts AND d.id <> ALL(:skip_ids)
    ORDER BY d.id LIMIT 1 FOR UPDATE OF d SKIP LOCKED
    """
)
_DONE = text("UPDATE delivery SET done_at = gmp_now(), last_error = NULL WHERE id = :id")
_FAILED = text(
    "UPDATE delivery SET attempts = attempts + 1, last_error = :error WHERE id = :id AND done_at IS NULL"
    " RETURNING attempts"
)


@dataclass(frozen=True)
class DeliveredEvent:
    """A journal event as one consumer receives it."""

    at: datetime
    event: Event


def handle_delivery(
    uow: Uow, consumer: str, handle: Callable[[Uow, DeliveredEvent], None], *, skip_ids: Collection[int]
) -> int | None:
    """Handle and close the oldest open delivery that no other worker has locked.

    Shape: the delivery's id, or None when none is open.
    Errors: ItemFailed.
    """
    values = {"consumer": consumer, "max_attempts": MAX_ATTEMPTS, "skip_ids": list(skip_ids)}
    row = uow.session.execute(_NEXT, values).one_or_none()
    if row is None:
        return None
    with processing(row.id):
        handle(uow, DeliveredEvent(row.at, event_of(cast("JournalRow", row))))
    uow.session.execute(_DONE, {"id": row.id})
    return int(row.id)


def note_failure(uow: Uow, delivery_id: int, error: str) -> bool:
    """Count a failed attempt; returns whether it was the last one."""
    attempts = uow.session.execute(_FAILED, {"id": delivery_id, "error": error[:1000]}).scalar()
    return attempts is not None and attempts >= MAX_ATTEMPTS


def handle_deliveries(
    database: Database, handle_next: ProcessNext, *, keep_running: Callable[[], bool] = always
) -> None:
    """Handle the open deliveries of a consumer."""
    process_queue(database, handle_next, note_failure, name="delivery", keep_running=keep_running)
