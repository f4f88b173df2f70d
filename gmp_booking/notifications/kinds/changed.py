"""A confirmed booking was changed; the invitations are brought up to date."""

from gmp_booking.kernel.states import RECORDED
from gmp_booking.kernel.text import N_
from gmp_booking.notifications.facts import PLAN_CHANGES, BookingEvent, BookingMailFacts, changes_plan
from gmp_booking.notifications.mail_kind import BookingMail, OnEvents, Words
from gmp_booking.notifications.reader_parts import own_entries
from gmp_booking.notifications.recipients import participants
from gmp_booking.people.models import Person


def _payload(event: BookingEvent, _recipient: Person) -> Words:
    return {"invited": True, "sequence": event.booking.sequence}


def _is_latest(facts: BookingMailFacts) -> bool:
    """Calendars show nothing newer."""
    return bool(facts.booking.sequence == facts.payload["sequence"])


KIND = BookingMail(
    name="changed",
    created=OnEvents(events=PLAN_CHANGES, condition=changes_plan, to=participants, payload=_payload),
    valid_while=RECORDED,
    still_true=_is_latest,
    subject=N_("[%(reference)s] Changed: %(what)s, %(instant)s"),
    template="changed.txt",
    entries=own_entries,
    entries_note=N_("The attached files bring your calendar up to date."),
)
