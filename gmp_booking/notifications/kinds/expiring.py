"""A request will expire soon if nobody decides or the company does not answer."""

from datetime import datetime

from gmp_booking.bookings.events import (
    BookingAnswered,
    BookingQuestionAsked,
    BookingReturned,
    BookingReviewed,
    BookingSubmitted,
)
from gmp_booking.infra.web.i18n import format_day
from gmp_booking.kernel.states import PENDING
from gmp_booking.kernel.text import N_
from gmp_booking.notifications.due_times import before_expiry
from gmp_booking.notifications.facts import BookingEvent, BookingMailFacts
from gmp_booking.notifications.mail_kind import Accent, BookingMail, OnEvents, Words
from gmp_booking.notifications.recipients import requesters, requesters_and_deciders, role_of_stage
from gmp_booking.notifications.validity import expires_then
from gmp_booking.people.models import Person


def _payload(event: BookingEvent, recipient: Person) -> Words:
    """The stage, for deciders; a requester who decides as well is addressed as requester."""
    if recipient in requesters(event):
        return {}
    role = role_of_stage(event.booking)
    return {"stage": role.value if role else ""}


def _words(facts: BookingMailFacts) -> Words:
    return {"day": format_day(datetime.fromisoformat(facts.payload["until"]))}


KIND = BookingMail(
    name="expiring",
    created=OnEvents(
        events=[BookingSubmitted, BookingReviewed, BookingReturned, BookingQuestionAsked, BookingAnswered],
        to=requesters_and_deciders,
        due=before_expiry,
        payload=_payload,
    ),
    valid_while=PENDING,
    still_true=expires_then,
    subject=N_("[%(reference)s] Expires on %(day)s: %(what)s"),
    template="expiring.txt",
    words=_words,
    accent=Accent.AMBER,
)
