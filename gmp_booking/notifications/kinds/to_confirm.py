"""Staff entered a request for a company that phoned; it is asked to confirm it by a link, without signing in."""

from gmp_booking.bookings.events import BookingSubmitted
from gmp_booking.kernel.states import STANDING
from gmp_booking.kernel.text import N_
from gmp_booking.notifications.facts import BookingMailFacts
from gmp_booking.notifications.mail_kind import Accent, BookingMail, OnEvents, Words
from gmp_booking.notifications.recipients import confirmers
from gmp_booking.requests.on_behalf import first_confirmation, link_secret, list_acknowledgements


def _is_unconfirmed(facts: BookingMailFacts) -> bool:
    """Nobody of the company has confirmed it."""
    return not first_confirmation(list_acknowledgements(facts.uow, facts.booking.id))


def _words(facts: BookingMailFacts) -> Words:
    rows = list_acknowledgements(facts.uow, facts.booking.id)
    nonce = next(row.nonce for row in rows if row.person_id == facts.reader.id)
    return {"url": f"{facts.config.base_url}/confirm/{link_secret(nonce, facts.config.auth_pepper)}"}


KIND = BookingMail(
    name="to_confirm",
    created=OnEvents(events=[BookingSubmitted], to=confirmers),
    valid_while=STANDING,
    still_true=_is_unconfirmed,
    subject=N_("[%(reference)s] Please confirm: %(what)s"),
    template="to_confirm.txt",
    words=_words,
    link_label=N_("Review and confirm"),
    accent=Accent.AMBER,
)
