"""A change comes back to who requested it with a question."""

from gmp_booking.bookings.events import BookingChangeReturned
from gmp_booking.kernel.states import CHANGE_WITH_COMPANY, IN_FORCE
from gmp_booking.kernel.text import N_
from gmp_booking.notifications.facts import BookingEvent
from gmp_booking.notifications.mail_kind import BookingMail, OnEvents, Words
from gmp_booking.notifications.recipients import change_requesters
from gmp_booking.people.models import Person


def _payload(event: BookingEvent, _recipient: Person) -> Words:
    assert isinstance(event.fact, BookingChangeReturned)
    return {"question": event.fact.question}


KIND = BookingMail(
    name="change_returned",
    created=OnEvents(events=[BookingChangeReturned], to=change_requesters, payload=_payload),
    valid_while=IN_FORCE,
    valid_while_change=CHANGE_WITH_COMPANY,
    subject=N_("[%(reference)s] A question about your change request: %(what)s"),
    template="change_returned.txt",
)
