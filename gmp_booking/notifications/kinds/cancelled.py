"""A booking was cancelled, with the reason; what was confirmed is taken out of calendars."""

from collections.abc import Sequence

from gmp_booking.bookings.events import BookingCancelled, BookingExpired
from gmp_booking.bookings.ical import CalendarPart
from gmp_booking.kernel.access import Role
from gmp_booking.kernel.states import CALLED_OFF, DRAFTED, IN_FORCE, BookingState
from gmp_booking.kernel.text import N_
from gmp_booking.notifications.facts import BookingEvent, BookingMailFacts
from gmp_booking.notifications.mail_kind import Accent, BookingMail, OnEvents, Words
from gmp_booking.notifications.reader_parts import own_entries
from gmp_booking.notifications.recipients import participants, requesters, unique
from gmp_booking.people.models import Person


def _state_before(event: BookingEvent) -> BookingState:
    assert isinstance(event.fact, BookingCancelled)
    return BookingState(event.fact.was)


def _was_requested(event: BookingEvent) -> bool:
    return _state_before(event) not in DRAFTED


def _was_confirmed(event: BookingEvent) -> bool:
    return _state_before(event) in IN_FORCE


def _to(event: BookingEvent) -> Sequence[Person]:
    """Who requested the booking or entered it, everybody named in a confirmed one, and the schedulers."""
    invited = participants(event) if _was_confirmed(event) else ()
    return unique(requesters(event), invited, event.list_holders(Role.SCHEDULER))


def _payload(event: BookingEvent, _recipient: Person) -> Words:
    assert isinstance(event.fact, BookingCancelled)
    return {"reason": event.fact.explanation, "invited": _was_confirmed(event)}


def _entries(facts: BookingMailFacts) -> Sequence[CalendarPart]:
    return own_entries(facts) if facts.payload["invited"] else ()


KIND = BookingMail(
    name="cancelled",
    created=OnEvents(events=[BookingCancelled], condition=_was_requested, to=_to, payload=_payload),
    valid_while=CALLED_OFF,
    withdrawn_by=[BookingExpired],
    subject=N_("[%(reference)s] Cancelled: %(what)s"),
    template="cancelled.txt",
    entries=_entries,
    entries_note=N_("The attached file takes it out of your calendar."),
    accent=Accent.GREY,
)
