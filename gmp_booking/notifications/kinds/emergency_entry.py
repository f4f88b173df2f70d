"""A crew began in an emergency; production or QA is to confirm it, and is reminded on the next working day."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final

from gmp_booking.bookings.session_events import EmergencyEntryMade
from gmp_booking.evaluation.decision_deadlines import working_days_later
from gmp_booking.execution.emergency import CAN_RELEASE, is_unconfirmed
from gmp_booking.kernel.states import RECORDED
from gmp_booking.kernel.text import N_
from gmp_booking.notifications.due_times import DueTime
from gmp_booking.notifications.facts import BookingEvent, BookingMailFacts
from gmp_booking.notifications.mail_kind import Accent, BookingMail, OnEvents, Words
from gmp_booking.notifications.recipients import unique
from gmp_booking.notifications.reminder_offsets import MORNING
from gmp_booking.people.models import Person
from gmp_booking.policies.store import holidays_between

_LONGEST_HOLIDAYS_DAYS: Final = 14


def _who_may_confirm(event: BookingEvent) -> Sequence[Person]:
    """Production and QA."""
    return unique(*(event.list_holders(role) for role in sorted(CAN_RELEASE)))


def _fact(event: BookingEvent) -> EmergencyEntryMade:
    assert isinstance(event.fact, EmergencyEntryMade)
    return event.fact


def _due(event: BookingEvent) -> Iterable[DueTime]:
    """At once, and at nine on the next working day."""
    session = _fact(event).session
    session_id = next((each.id for each in event.details.sessions if each.number == session), None)
    return [DueTime(at, session_id=session_id) for at in (event.at, _next_morning(event))]


def _next_morning(event: BookingEvent) -> datetime:
    zone = event.uow.zone
    holidays = holidays_between(event.uow, event.at.astimezone(zone).date(), days=_LONGEST_HOLIDAYS_DAYS)
    later = working_days_later(event.at, 1, holidays, zone=zone)
    return later.replace(hour=MORNING.hour, minute=MORNING.minute, second=0, microsecond=0)


def _payload(event: BookingEvent, _recipient: Person) -> Words:
    fact = _fact(event)
    return {"session": fact.session, "room": fact.room, "told": fact.told, "reason": fact.explanation}


def _is_unconfirmed(facts: BookingMailFacts) -> bool:
    """Nobody has confirmed it."""
    return is_unconfirmed(facts.uow, facts.booking.id, facts.payload["session"])


KIND = BookingMail(
    name="emergency_entry",
    created=OnEvents(events=[EmergencyEntryMade], to=_who_may_confirm, due=_due, payload=_payload),
    valid_while=RECORDED,
    any_version=True,
    still_true=_is_unconfirmed,
    withdrawn_by=(),
    subject=N_("[%(reference)s] Emergency entry to confirm: %(what)s, %(instant)s"),
    template="emergency_entry.txt",
    accent=Accent.AMBER,
)
