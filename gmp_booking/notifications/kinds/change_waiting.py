"""A change of a confirmed booking waits for a decision at its stage."""

from gmp_booking.bookings.events import BookingChangeRequested, BookingChangeReviewed
from gmp_booking.kernel.states import IN_FORCE, WAITING_CHANGE
from gmp_booking.kernel.text import N_
from gmp_booking.notifications.facts import BookingEvent
from gmp_booking.notifications.mail_kind import BookingMail, OnEvents, Words
from gmp_booking.notifications.recipients import change_deciders, deciding_role
from gmp_booking.notifications.validity import waits_at_that_stage
from gmp_booking.people.models import Person


def _payload(event: BookingEvent, _recipient: Person) -> Words:
    role = deciding_role(event.proposal) if event.proposal else None
    return {"stage": role.value if role else ""}


KIND = BookingMail(
    name="change_waiting",
    created=OnEvents(events=[BookingChangeRequested, BookingChangeReviewed], to=change_deciders, payload=_payload),
    valid_while=IN_FORCE,
    valid_while_change=WAITING_CHANGE,
    shows_proposal=True,
    still_true=waits_at_that_stage,
    subject=N_("[%(reference)s] Waiting for your decision: change request of %(company)s, %(what)s"),
    template="change_waiting.txt",
)
