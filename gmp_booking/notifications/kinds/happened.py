"""The facility suspended, resumed or aborted a session, or nobody came to it."""

from collections.abc import Iterable

from gmp_booking.execution.events import SessionAborted, SessionMissed, SessionResumed, SessionSuspended
from gmp_booking.infra.web.i18n import _
from gmp_booking.kernel.labels import SESSION_NEWS
from gmp_booking.kernel.states import RECORDED
from gmp_booking.kernel.text import N_
from gmp_booking.notifications.due_times import DueTime
from gmp_booking.notifications.facts import BookingEvent, BookingMailFacts
from gmp_booking.notifications.mail_kind import BookingMail, OnEvents, Words
from gmp_booking.notifications.recipients import requesters
from gmp_booking.people.models import Person


def _due(event: BookingEvent) -> Iterable[DueTime]:
    """At once."""
    session_id = next((each.id for each in event.details.sessions if each.number == event.data["session"]), None)
    return [DueTime(event.at, session_id=session_id)]


def _payload(event: BookingEvent, _recipient: Person) -> Words:
    return {
        "happened": event.type.__name__,
        "room": event.data["room"],
        "reason": event.data.get("explanation") or "",
        "deviation_no": event.data.get("deviation_no"),
    }


def _words(facts: BookingMailFacts) -> Words:
    news = SESSION_NEWS[facts.payload["happened"]]
    return {"said": _(news)}


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
