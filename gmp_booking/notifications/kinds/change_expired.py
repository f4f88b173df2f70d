"""A change expired undecided; the booking stays as it is."""

from gmp_booking.bookings.events import BookingChangeExpired
from gmp_booking.kernel.states import IN_FORCE, LAPSED_CHANGE
from gmp_booking.kernel.text import N_
from gmp_booking.notifications.mail_kind import BookingMail, OnEvents
from gmp_booking.notifications.recipients import change_requesters_and_deciders

KIND = BookingMail(
    name="change_expired",
    created=OnEvents(events=[BookingChangeExpired], to=change_requesters_and_deciders),
    valid_while=IN_FORCE,
    valid_while_change=LAPSED_CHANGE,
    subject=N_("[%(reference)s] Change request expired: %(what)s"),
    template="change_expired.txt",
)
