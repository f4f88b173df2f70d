"""A request comes back to the company with a question."""

from gmp_booking.bookings.events import BookingQuestionAsked, BookingReturned
from gmp_booking.kernel.states import WITH_COMPANY
from gmp_booking.kernel.text import N_
from gmp_booking.notifications.facts import BookingEvent
from gmp_booking.notifications.mail_kind import Accent, BookingMail, OnEvents, Words
from gmp_booking.notifications.recipients import requesters
from gmp_booking.people.models import Person


def _payload(event: BookingEvent, _recipient: Person) -> Words:
    assert isinstance(event.fact, BookingReturned | BookingQuestionAsked)
    return {"question": event.fact.question}


KIND = BookingMail(
    name="returned",
    created=OnEvents(events=[BookingReturned, BookingQuestionAsked], to=requesters, payload=_payload),
    valid_while=WITH_COMPANY,
    subject=N_("[%(reference)s] A question about your request: %(what)s"),
    template="returned.txt",
    accent=Accent.AMBER,
)
