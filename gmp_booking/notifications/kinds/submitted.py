"""A new request waits for a decision at its first stage."""

from gmp_booking.bookings.events import BookingSubmitted
from gmp_booking.kernel.states import UNREVIEWED
from gmp_booking.kernel.text import N_
from gmp_booking.notifications.mail_kind import BookingMail, OnEvents
from gmp_booking.notifications.recipients import current_deciders, stage_payload
from gmp_booking.notifications.validity import waits_at_that_stage

KIND = BookingMail(
    name="submitted",
    created=OnEvents(events=[BookingSubmitted], to=current_deciders, payload=stage_payload),
    valid_while=UNREVIEWED,
    still_true=waits_at_that_stage,
    subject=N_("[%(reference)s] Waiting for your decision: %(company)s, %(what)s"),
    template="waiting.txt",
)
