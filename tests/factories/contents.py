"""What is asked for in a booking, as the use cases take it; times in the first full week three weeks ahead."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import factory

from gmp_booking.bookings.content import BookingContent, NamedPerson, SessionContent
from gmp_booking.kernel.vocabulary import Kind, RunType
from tests.zones import SEOUL


def morning(days_ahead: int, hour: int = 9) -> datetime:
    """That hour in Seoul on the first working day of a week at least so many days ahead."""
    day = datetime.now(UTC).astimezone(SEOUL) + timedelta(days=days_ahead)
    day += timedelta(days=(7 - day.weekday()) % 7)
    return day.replace(hour=hour, minute=0, second=0, microsecond=0)


class SessionContentFactory(factory.Factory):
    """Four hours with one operator of Gaon's, on the Monday or so many `days` later."""

    class Meta:
        model = SessionContent

    class Params:
        days = 0
        crew = ("operator@gaon.example",)

    room = "T-01"
    start = factory.LazyAttribute(lambda session: morning(21) + timedelta(days=session.days))
    end = factory.LazyAttribute(lambda session: session.start + timedelta(hours=4))
    headcount = 4
    people = factory.LazyAttribute(lambda session: tuple(NamedPerson(email, "OPERATOR") for email in session.crew))


class DemonstrationContentFactory(factory.Factory):
    """A technology demonstration with a session on each of its `days`: one approval without a signature."""

    class Meta:
        model = BookingContent

    class Params:
        days = (0,)

    kind = Kind.TECH_DEMO
    sessions = factory.LazyAttribute(lambda content: tuple(SessionContentFactory(days=day) for day in content.days))


class EngineeringContentFactory(factory.Factory):
    """An engineering run of Gaon's: scheduling decides, then quality assurance."""

    class Meta:
        model = BookingContent

    kind = Kind.CLEANROOM
    product = "GS-M1"
    run_type = RunType.ENG
    sessions = factory.LazyAttribute(lambda _content: (SessionContentFactory(room="B-01"),))
