"""A reviewed request waits for a decision at its next stage."""

from gmp_booking.bookings.events import BookingReviewed
from gmp_booking.kernel.states import REVIEWED
from gmp_booking.kernel.text import N_
from gmp_booking.notifications.mail_kind import BookingMail, OnEvents
from gmp_booking.notifications.recipients import current_deciders, stage_payload
from gmp_booking.notifications.validity import waits_at_that_stage

KIND = BookingMail(
    name="reviewed",
    created=OnEvents(events=[BookingReviewed], to=current_deciders, payload=stage_payload),
    valid_while=REVIEWED,
    still_true=waits_at_that_stage,
    subject=N_("[%(reference)s] Waiting for your decision: %(company)s, %(what)s"),
    template="waiting.txt",
)
