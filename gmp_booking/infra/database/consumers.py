"""The copies of journal rows that consumers work off: taken one at a time, each by one worker, closed when done."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import text

from gmp_booking.infra.database.uow import Uow

MAX_ATTEMPTS = 10

_NEXT = text(
    """
    SELECT d.id, j.event, j.at, j.booking_id, j.version, j.data
    FROM delivery AS d JOIN journal AS j ON j.id = d.journal_id
    WHERE d.consumer = :consumer AND d.done_at IS NULL AND d.attempts < :max_attempts AND d.id <> ALL(:passed_over)
    ORDER BY d.id LIMIT 1 FOR UPDATE OF d SKIP LOCKED
    """
)
_DONE = text("UPDATE delivery SET done_at = gmp_now(), last_error = NULL WHERE id = :id")
_FAILED = text(
    "UPDATE delivery SET attempts = attempts + 1, last_error = :error WHERE id = :id AND done_at IS NULL"
    " RETURNING attempts"
)


@dataclass(frozen=True)
class Happening:
    """One event, delivered."""

    delivery_id: int
    event: str
    at: datetime
    booking_id: int | None
    version: int | None
    data: Mapping[str, Any]


class CannotHandle(Exception):
    """A delivery that its consumer cannot work off."""

    def __init__(self, delivery_id: int) -> None:
        super().__init__(delivery_id)
        self.delivery_id = delivery_id


def take_happening(uow: Uow, consumer: str, *, passed_over: Collection[int]) -> Happening | None:
    """The oldest open delivery nobody else is at, held for this transaction."""
    values = {"consumer": consumer, "max_attempts": MAX_ATTEMPTS, "passed_over": list(passed_over)}
    row = uow.session.execute(_NEXT, values).one_or_none()
    return Happening(*row) if row else None


def finish(uow: Uow, happening: Happening) -> None:
    uow.session.execute(_DONE, {"id": happening.delivery_id})


def note_failure(uow: Uow, delivery_id: int, error: str) -> bool:
    """Count a failed attempt; whether it was the last one there will be."""
    attempts = uow.session.execute(_FAILED, {"id": delivery_id, "error": error[:1000]}).scalar()
    return attempts is not None and attempts >= MAX_ATTEMPTS
