"""Steps that people take on a booking, by the use cases."""

from __future__ import annotations

from gmp_booking.infra.database.uow import Database
from gmp_booking.kernel.access import SYSTEM, Actor
from gmp_booking.kernel.vocabulary import Action
from tests.facility import actor_of
from tests.factories.interfaces import ByUseCase


def somebody(database: Database, email: str) -> Actor:
    return database.read(SYSTEM, actor_of, email)


def decided(
    database: Database, reference: str, action: Action, *, by: str = "demo@brc.example", reason: str | None = None
) -> None:
    ByUseCase(database).act(by, reference, action, reason=reason)


def confirm(database: Database, reference: str) -> None:
    decided(database, reference, Action.APPROVE)


def cancelled(database: Database, reference: str) -> None:
    ByUseCase(database).act("requester@gaon.example", reference, Action.CANCEL, reason="The samples did not arrive")
