"""A reminder some days or hours before a session; the day before has a mail of its own."""

from collections.abc import Iterable
from datetime import datetime

from gmp_booking.bookings.events import BookingConfirmed
from gmp_booking.kernel.states import GIVEN_UP, IN_FORCE
from gmp_booking.kernel.text import N_
from gmp_booking.notifications.due_times import DueTime, reminded_people, session_reminders, starts_of
from gmp_booking.notifications.facts import PLAN_CHANGES, BookingEvent, BookingMailFacts, changes_plan
from gmp_booking.notifications.mail_kind import BookingMail, OnEvents
from gmp_booking.notifications.recipients import participant_ids_of, participants
from gmp_booking.notifications.validity import takes_part


def _due(event: BookingEvent) -> Iterable[DueTime]:
    """At the [reminder offsets](reminders.md) of the booking, except the day before."""
    for reminder, session in session_reminders(event):
        if reminder.offset.is_day_ahead:
            continue
        yield DueTime(
            reminder.due_at,
            {"lead": reminder.offset.name, "hint": reminder.offset.hint, "start": reminder.starts_at.isoformat()},
            session_id=session.id if session else None,
            only=reminded_people(event, session),
        )


def _is_ahead(facts: BookingMailFacts) -> bool:
    """The session begins then and has not begun, and the reader still takes part."""
    start = datetime.fromisoformat(facts.payload["start"])
    if start <= facts.uow.now:
        return False
    session_id = facts.message.booking_session_id
    if session_id is None:
        return takes_part(facts) and any(each.at == start for each in starts_of(facts.details))
    session = next((each for each in facts.details.sessions if each.id == session_id), None)
    if session is None or session.state in GIVEN_UP:
        return False
    return facts.reader.id in participant_ids_of(facts.details, session)


KIND = BookingMail(
    name="upcoming",
    created=OnEvents(
        events=[BookingConfirmed, *PLAN_CHANGES],
        condition=changes_plan,
        to=participants,
        due=_due,
        replaced_by=PLAN_CHANGES,
    ),
    valid_while=IN_FORCE,
    still_true=_is_ahead,
    subject=N_("[%(reference)s] Reminder: %(what)s, %(instant)s"),
    template="upcoming.txt",
)
