"""A change was rejected, with the reason; the booking stays as it is."""

from gmp_booking.bookings.events import BookingChangeRejected
from gmp_booking.kernel.states import IN_FORCE, REFUSED_CHANGE
from gmp_booking.kernel.text import N_
from gmp_booking.notifications.facts import BookingEvent
from gmp_booking.notifications.mail_kind import BookingMail, OnEvents, Words
from gmp_booking.notifications.recipients import change_requesters
from gmp_booking.people.models import Person


def _payload(event: BookingEvent, _recipient: Person) -> Words:
    assert isinstance(event.fact, BookingChangeRejected)
    return {"reason": event.fact.explanation}


KIND = BookingMail(
    name="change_rejected",
    created=OnEvents(events=[BookingChangeRejected], to=change_requesters, payload=_payload),
    valid_while=IN_FORCE,
    valid_while_change=REFUSED_CHANGE,
    subject=N_("[%(reference)s] Your change request was rejected: %(what)s"),
    template="change_rejected.txt",
)
