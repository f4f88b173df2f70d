"""A rule now stands against a booking that was clear; nothing was changed."""

from typing import Final

from gmp_booking.bookings.finding_view import locale_formatter_for
from gmp_booking.conflicts.privacy import Audience, render
from gmp_booking.kernel.states import STANDING
from gmp_booking.kernel.text import N_
from gmp_booking.kernel.vocabulary import Severity
from gmp_booking.notifications.facts import BookingMailFacts
from gmp_booking.notifications.mail_kind import ENDINGS, BookingMail, OnEvents, Words
from gmp_booking.notifications.recipients import owners
from gmp_booking.revalidation.events import BookingAtRisk, BookingClear

MOST_LISTED: Final = 12


def _is_at_risk(facts: BookingMailFacts) -> bool:
    """The booking is still at risk."""
    return facts.booking.at_risk


def _words(facts: BookingMailFacts) -> Words:
    """Shape: `risks` has one sentence for each HARD or SOFT finding, of many the first."""
    audience = Audience.STAFF if facts.reader.company_id is None else Audience.OWN
    findings = facts.details.findings
    heavy = [one for one in findings if one.severity is not Severity.WARN]
    sentences = [render(one, audience, locale_formatter_for(facts.language)) for one in heavy]
    return {"risks": list(dict.fromkeys(sentences))[:MOST_LISTED]}


KIND = BookingMail(
    name="at_risk",
    created=OnEvents(events=[BookingAtRisk], to=owners),
    valid_while=STANDING,
    # The risk belongs to the booking, whatever version came into force since.
    any_version=True,
    still_true=_is_at_risk,
    withdrawn_by=[*ENDINGS, BookingClear],
    subject=N_("[%(reference)s] At risk: %(what)s, %(instant)s"),
    template="at_risk.txt",
    words=_words,
)
