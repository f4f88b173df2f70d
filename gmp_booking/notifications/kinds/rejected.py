"""A request was rejected, with the reason."""

from gmp_booking.bookings.events import BookingRejected
from gmp_booking.kernel.states import REFUSED
from gmp_booking.kernel.text import N_
from gmp_booking.notifications.facts import BookingEvent
from gmp_booking.notifications.mail_kind import Accent, BookingMail, OnEvents, Words
from gmp_booking.notifications.recipients import requesters
from gmp_booking.people.models import Person


def _payload(event: BookingEvent, _recipient: Person) -> Words:
    assert isinstance(event.fact, BookingRejected)
    return {"reason": event.fact.explanation}


KIND = BookingMail(
    name="rejected",
    created=OnEvents(events=[BookingRejected], to=requesters, payload=_payload),
    valid_while=REFUSED,
    subject=N_("[%(reference)s] Rejected: %(what)s"),
    template="rejected.txt",
    accent=Accent.RED,
)
