"""Asking for a booking on the real database."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import event, text
from sqlalchemy.orm import Session

from gmp_booking.bookings.content import BookingContent, NamedPerson, ReservationContent, SessionContent
from gmp_booking.infra.database.uow import Database
from gmp_booking.kernel.access import SYSTEM
from gmp_booking.kernel.errors import Conflict, Invalid
from gmp_booking.requests.submit import submit
from tests.facility import actor_of
from tests.factories.contents import EngineeringContentFactory

MONDAY = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(
    days=28 - datetime.now(UTC).weekday()
)


def at(hour: float, day: int = 0) -> datetime:
    return MONDAY + timedelta(days=day, hours=hour)


def eng(room: str = "B-01", start: float = 0, end: float = 4, **more) -> BookingContent:
    session = SessionContent(
        room=room,
        start=at(start),
        end=at(end),
        headcount=2,
        people=(NamedPerson("operator@gaon.example", "OPERATOR"), NamedPerson("operator2@gaon.example", "VERIFIER")),
    )
    return EngineeringContentFactory(**{"sessions": (session,)} | more)


@pytest.fixture
def requester(database: Database):
    return database.read(SYSTEM, actor_of, "requester@gaon.example")


def test_a_request_holds_its_slots(database: Database, requester, rows: Session) -> None:
    content = eng(equipment=(ReservationContent("INC-01", at(0), at(24 * 20), units=2),))
    submitted = database.transact(requester, submit, content)
    assert submitted.booking.state == "SUBMITTED"
    slots = rows.execute(text("SELECT r.code, count(*) FROM slot JOIN resource r ON r.id = resource_id GROUP BY 1"))
    assert dict(slots.all()) == {"B-01": 1, "INC-01": 2}
    assert rows.execute(text("SELECT event FROM journal")).scalars().all() == ["BookingSubmitted"]


def test_a_taken_room_is_refused_with_words(database: Database, requester) -> None:
    database.transact(requester, submit, eng())
    with pytest.raises(Conflict) as refused:
        database.transact(requester, submit, eng(start=3, end=6))
    codes = {finding.code for finding in refused.value.detail["verdict"].findings}
    assert {"RM-01", "PE-03"} <= codes


def test_a_foreign_product_is_as_unknown_as_an_invented_one(database: Database, requester) -> None:
    for product in ("SE-01", "XX-99"):
        with pytest.raises(Invalid) as refused:
            database.transact(requester, submit, eng(product=product))
        assert refused.value.field_errors == {"product": ["There is no such product."]}


def test_a_create_has_a_budget_of_statements(database: Database, requester) -> None:
    statements: list[str] = []
    database.transact(requester, submit, eng(start=5, end=6))

    @event.listens_for(database.engine, "before_cursor_execute")
    def count(_connection, _cursor, statement, *_more) -> None:
        statements.append(statement)

    content = eng(equipment=(ReservationContent("INC-01", at(0), at(24 * 20), units=2),))
    database.transact(requester, submit, content)
    assert len(statements) <= 15, "\n".join(statement[:60] for statement in statements)
