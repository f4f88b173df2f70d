"""A session has not ended in time, somebody was refused at check-in, or entered beside it."""

from collections.abc import Iterable, Sequence
from typing import Final, TypeAlias

from gmp_booking.bookings.session_events import (
    CheckInRefused,
    NextUseRefused,
    SecondUseRecorded,
    SessionOverdue,
)
from gmp_booking.infra.web.i18n import _
from gmp_booking.kernel.access import Role
from gmp_booking.kernel.states import RECORDED
from gmp_booking.kernel.text import N_
from gmp_booking.notifications.due_times import DueTime
from gmp_booking.notifications.facts import BookingEvent, BookingMailFacts
from gmp_booking.notifications.mail_kind import BookingMail, OnEvents, Words
from gmp_booking.notifications.recipients import participant_ids_of, unique
from gmp_booking.people.models import Person

Fact: TypeAlias = CheckInRefused | NextUseRefused | SecondUseRecorded | SessionOverdue

HEADINGS: Final = {
    "CheckInRefused": N_("Room still in use"),
    "NextUseRefused": N_("The next crew is waiting"),
    "SecondUseRecorded": N_("Two uses of a room at once"),
    "SessionOverdue": N_("Session not ended"),
}


def _fact(event: BookingEvent) -> Fact:
    assert isinstance(event.fact, CheckInRefused | NextUseRefused | SecondUseRecorded | SessionOverdue)
    return event.fact


def _recipients(event: BookingEvent) -> Sequence[Person]:
    """Who takes part in the session; unless it is only overdue, production; when both are in the room, QA."""
    number = _fact(event).session
    ids = {
        person_id
        for session in event.details.sessions
        if session.number == number
        for person_id in participant_ids_of(event.details, session)
    }
    production = [] if isinstance(event.fact, SessionOverdue) else event.list_holders(Role.PRODUCTION_MANAGER)
    quality = event.list_holders(Role.QA) if isinstance(event.fact, SecondUseRecorded) else []
    return unique(event.list_people(ids), production, quality)


def _due(event: BookingEvent) -> Iterable[DueTime]:
    """At once."""
    number = _fact(event).session
    session_id = next((each.id for each in event.details.sessions if each.number == number), None)
    return [DueTime(event.at, session_id=session_id)]


def _payload(event: BookingEvent, _recipient: Person) -> Words:
    fact = _fact(event)
    return {
        "happened": fact.name,
        "room": fact.in_use[0] if isinstance(fact, CheckInRefused) and fact.in_use else fact.room,
        "entered": isinstance(fact, SecondUseRecorded) and fact.entered,
        "deviation_no": fact.deviation_no if isinstance(fact, SecondUseRecorded) else None,
    }


def _words(facts: BookingMailFacts) -> Words:
    heading = HEADINGS[facts.payload["happened"]]
    return {"said": _(heading)}


KIND = BookingMail(
    name="room_in_use",
    created=OnEvents(
        events=[CheckInRefused, NextUseRefused, SecondUseRecorded, SessionOverdue],
        to=_recipients,
        due=_due,
        payload=_payload,
    ),
    valid_while=RECORDED,
    # What happened in the room belongs to the booking, whatever version came into force since.
    any_version=True,
    subject=N_("[%(reference)s] %(said)s: %(what)s, %(instant)s"),
    template="room_in_use.txt",
    words=_words,
)
