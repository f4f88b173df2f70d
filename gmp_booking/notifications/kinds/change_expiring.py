"""A change will expire soon if nobody decides or the company does not answer."""

from datetime import datetime

from gmp_booking.bookings.events import (
    BookingChangeApproved,
    BookingChangeRejected,
    BookingChangeRequested,
    BookingChangeReturned,
    BookingChangeReviewed,
    BookingChangeWithdrawn,
)
from gmp_booking.infra.web.i18n import format_day
from gmp_booking.kernel.states import IN_FORCE, OPEN_CHANGE
from gmp_booking.kernel.text import N_
from gmp_booking.notifications.due_times import before_change_expiry
from gmp_booking.notifications.facts import BookingEvent, BookingMailFacts
from gmp_booking.notifications.mail_kind import ENDINGS, BookingMail, OnEvents, Words
from gmp_booking.notifications.recipients import change_requesters, change_requesters_and_deciders, role_of_stage
from gmp_booking.notifications.validity import expires_then
from gmp_booking.people.models import Person


def _payload(event: BookingEvent, recipient: Person) -> Words:
    """The stage, for deciders; a requester who decides as well is addressed as requester."""
    if recipient in change_requesters(event):
        return {}
    role = role_of_stage(event.proposal) if event.proposal else None
    return {"stage": role.value if role else ""}


def _words(facts: BookingMailFacts) -> Words:
    return {"day": format_day(datetime.fromisoformat(facts.payload["until"]))}


KIND = BookingMail(
    name="change_expiring",
    created=OnEvents(
        events=[BookingChangeRequested, BookingChangeReviewed, BookingChangeReturned],
        to=change_requesters_and_deciders,
        due=before_change_expiry,
        payload=_payload,
    ),
    valid_while=IN_FORCE,
    valid_while_change=OPEN_CHANGE,
    shows_proposal=True,
    still_true=expires_then,
    withdrawn_by=[*ENDINGS, BookingChangeApproved, BookingChangeRejected, BookingChangeWithdrawn],
    subject=N_("[%(reference)s] Change request expires on %(day)s: %(what)s"),
    template="change_expiring.txt",
    words=_words,
)
