"""What the notifications ask the database: open deliveries, and the people mails go to."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select, text

from gmp_booking.infra.uow import Uow
from gmp_booking.kernel.access import Role
from gmp_booking.people.models import Person, PersonRole

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
    booking_id: int
    version: int
    data: Mapping[str, Any]


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


def list_active_people(uow: Uow, ids: Collection[int]) -> Sequence[Person]:
    return uow.session.scalars(select(Person).where(Person.id.in_(ids), Person.active).order_by(Person.id)).all()


def list_holders(uow: Uow, role: Role) -> Sequence[Person]:
    """Everybody active who holds a role now."""
    holds = select(PersonRole.person_id).where(PersonRole.role == role.value, PersonRole.revoked_at.is_(None))
    return uow.session.scalars(select(Person).where(Person.id.in_(holds), Person.active).order_by(Person.id)).all()
