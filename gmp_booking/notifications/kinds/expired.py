"""A request expired: nobody decided, or the company did not answer, in time."""

from gmp_booking.bookings.events import BookingCancelled, BookingExpired
from gmp_booking.kernel.states import LAPSED
from gmp_booking.kernel.text import N_
from gmp_booking.notifications.facts import BookingEvent
from gmp_booking.notifications.mail_kind import Accent, BookingMail, OnEvents, Words
from gmp_booking.notifications.recipients import requesters_and_deciders
from gmp_booking.people.models import Person


def _payload(event: BookingEvent, _recipient: Person) -> Words:
    assert isinstance(event.fact, BookingExpired)
    return {"was": event.fact.was}


KIND = BookingMail(
    name="expired",
    created=OnEvents(events=[BookingExpired], to=requesters_and_deciders, payload=_payload),
    valid_while=LAPSED,
    withdrawn_by=[BookingCancelled],
    subject=N_("[%(reference)s] Expired: %(what)s"),
    template="expired.txt",
    accent=Accent.GREY,
)
