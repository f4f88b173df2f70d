"""Nothing stands against a booking any more that was at risk."""

from gmp_booking.kernel.states import STANDING
from gmp_booking.kernel.text import N_
from gmp_booking.notifications.facts import BookingMailFacts
from gmp_booking.notifications.mail_kind import BookingMail, OnEvents
from gmp_booking.notifications.recipients import owners
from gmp_booking.revalidation.events import BookingClear


def _is_clear(facts: BookingMailFacts) -> bool:
    """The booking is still clear."""
    return not facts.booking.at_risk


KIND = BookingMail(
    name="clear_again",
    created=OnEvents(events=[BookingClear], to=owners),
    valid_while=STANDING,
    # The risk belonged to the booking, whatever version came into force since.
    any_version=True,
    still_true=_is_clear,
    subject=N_("[%(reference)s] No longer at risk: %(what)s, %(instant)s"),
    template="clear_again.txt",
)
