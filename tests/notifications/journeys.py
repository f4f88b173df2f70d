"""Bookings on their way through the facility, for tests of mails."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from gmp_booking.approvals.service import Decision, decide
from gmp_booking.bookings.content import BookingContent, NamedPerson, SessionContent
from gmp_booking.infra.database.uow import Database
from gmp_booking.kernel.access import SYSTEM, Actor
from gmp_booking.kernel.vocabulary import Action, Kind
from gmp_booking.requests.cancel import cancel
from gmp_booking.requests.submit import submit
from tests.facility import actor_of
from tests.zones import SEOUL


def morning(days_ahead: int, hour: int = 9) -> datetime:
    """That hour in Seoul on the first working day of a week at least so many days ahead."""
    day = datetime.now(UTC).astimezone(SEOUL) + timedelta(days=days_ahead)
    day += timedelta(days=(7 - day.weekday()) % 7)
    return day.replace(hour=hour, minute=0, second=0, microsecond=0)


def a_session(day: int = 0, people: tuple[str, ...] = ("operator@gaon.example",), room: str = "T-01") -> SessionContent:
    start = morning(21) + timedelta(days=day)
    named = tuple(NamedPerson(email, "OPERATOR") for email in people)
    return SessionContent(room=room, start=start, end=start + timedelta(hours=4), headcount=4, people=named)


def a_demo(*sessions: SessionContent, **more) -> BookingContent:
    """A technology demonstration: one stage, no signature."""
    return BookingContent(**{"kind": Kind.TECH_DEMO, "sessions": sessions or (a_session(),)} | more)


def somebody(database: Database, email: str) -> Actor:
    return database.read(SYSTEM, actor_of, email)


def submitted(database: Database, content: BookingContent, by: str = "requester@gaon.example") -> str:
    return database.transact(somebody(database, by), submit, content).booking.reference


def decided(
    database: Database, reference: str, action: Action, *, by: str = "demo@brc.example", reason: str | None = None
) -> None:
    database.transact(somebody(database, by), decide, Decision(reference, action, reason=reason))


def confirm(database: Database, reference: str) -> None:
    decided(database, reference, Action.APPROVE)


def cancelled(database: Database, reference: str, by: str = "requester@gaon.example") -> None:
    database.transact(somebody(database, by), cancel, reference, reason="The samples did not arrive")


def confirmed(database: Database, content: BookingContent | None = None) -> str:
    reference = submitted(database, content or a_demo())
    confirm(database, reference)
    return reference
