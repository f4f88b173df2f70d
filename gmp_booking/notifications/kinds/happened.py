"""The facility suspended, resumed or aborted a session, or nobody came to it."""

from collections.abc import Iterable

from gmp_booking.bookings.session_events import SessionAborted, SessionMissed, SessionResumed, SessionSuspended
from gmp_booking.infra.web.i18n import _
from gmp_booking.kernel.labels import SESSION_NEWS, text_for_kind
from gmp_booking.kernel.states import RECORDED
from gmp_booking.kernel.text import N_
from gmp_booking.notifications.due_times import DueTime
from gmp_booking.notifications.facts import BookingEvent, BookingMailFacts
from gmp_booking.notifications.mail_kind import BookingMail, OnEvents, Words
from gmp_booking.notifications.recipients import requesters
from gmp_booking.people.models import Person


def _fact(event: BookingEvent) -> SessionSuspended | SessionResumed | SessionAborted | SessionMissed:
    assert isinstance(event.fact, SessionSuspended | SessionResumed | SessionAborted | SessionMissed)
    return event.fact


def _due(event: BookingEvent) -> Iterable[DueTime]:
    """At once."""
    fact = _fact(event)
    session_id = next((each.id for each in event.details.sessions if each.number == fact.session), None)
    return [DueTime(event.at, session_id=session_id)]


def _payload(event: BookingEvent, _recipient: Person) -> Words:
    fact = _fact(event)
    return {
        "happened": fact.name,
        "room": fact.room,
        "reason": "" if isinstance(fact, SessionMissed) else fact.explanation,
        "deviation_no": fact.deviation_no if isinstance(fact, SessionAborted) else None,
    }


def _words(facts: BookingMailFacts) -> Words:
    news = SESSION_NEWS[facts.payload["happened"]]
    return {"said": _(text_for_kind(news, facts.booking.kind))}


KIND = BookingMail(
    name="happened",
    created=OnEvents(
        events=[SessionSuspended, SessionResumed, SessionAborted, SessionMissed],
        to=requesters,
        due=_due,
        payload=_payload,
    ),
    valid_while=RECORDED,
    subject=N_("[%(reference)s] %(said)s: %(what)s, %(instant)s"),
    template="happened.txt",
    words=_words,
)
