"""A booking is confirmed; its times come as an invitation."""

from gmp_booking.bookings.events import BookingConfirmed
from gmp_booking.kernel.states import IN_FORCE
from gmp_booking.kernel.text import N_
from gmp_booking.notifications.mail_kind import Accent, BookingMail, OnEvents
from gmp_booking.notifications.reader_parts import own_entries
from gmp_booking.notifications.recipients import participants
from gmp_booking.notifications.validity import takes_part

KIND = BookingMail(
    name="confirmed",
    created=OnEvents(events=[BookingConfirmed], to=participants),
    valid_while=IN_FORCE,
    still_true=takes_part,
    subject=N_("[%(reference)s] Confirmed: %(what)s, %(instant)s"),
    template="confirmed.txt",
    entries=own_entries,
    entries_note=N_("The attached file puts it into your calendar."),
    accent=Accent.GREEN,
)
