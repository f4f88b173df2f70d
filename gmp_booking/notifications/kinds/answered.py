"""The company answered the question of the stage that decides."""

from gmp_booking.bookings.events import BookingAnswered
from gmp_booking.kernel.states import WAITING
from gmp_booking.kernel.text import N_
from gmp_booking.notifications.facts import BookingEvent
from gmp_booking.notifications.mail_kind import BookingMail, OnEvents, Words
from gmp_booking.notifications.recipients import current_deciders, stage_payload
from gmp_booking.notifications.validity import waits_at_that_stage
from gmp_booking.people.models import Person


def _payload(event: BookingEvent, recipient: Person) -> Words:
    assert isinstance(event.fact, BookingAnswered)
    return {**stage_payload(event, recipient), "answer": event.fact.answer}


KIND = BookingMail(
    name="answered",
    created=OnEvents(events=[BookingAnswered], to=current_deciders, payload=_payload),
    valid_while=WAITING,
    still_true=waits_at_that_stage,
    subject=N_("[%(reference)s] Answered: %(company)s, %(what)s"),
    template="answered.txt",
)
