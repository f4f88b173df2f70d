"""A change left the reader out of sessions or reservations; those are taken out of their calendar."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from gmp_booking.bookings.events import BookingAdjusted, BookingChangeApproved, BookingExpired, Difference
from gmp_booking.bookings.ical import CANCELLED, CalendarPart, part_of
from gmp_booking.bookings.views import ReservationView, SessionView
from gmp_booking.infra.web.i18n import named
from gmp_booking.kernel.period import Period
from gmp_booking.kernel.states import CALLED_OFF, RECORDED
from gmp_booking.kernel.text import N_
from gmp_booking.notifications.facts import BookingEvent, BookingMailFacts, changes_plan
from gmp_booking.notifications.mail_kind import BookingMail, OnEvents, Words
from gmp_booking.notifications.reader_parts import MailLine
from gmp_booking.notifications.recipients import participant_ids, participant_ids_of, unique
from gmp_booking.people.models import Person


def _to(event: BookingEvent) -> Sequence[Person]:
    """Who no longer takes part in a session, or lost an equipment reservation."""
    if isinstance(event.fact, BookingChangeApproved):
        return [each for each in event.list_people(participant_ids(event.before)) if _lost_by_change(event, each)]
    swapped_out = {email for each in _swaps(event) for email in _left_out(each)}
    return unique(event.list_people(_adjusted(event).left), event.list_people_by_email(swapped_out))


def _payload(event: BookingEvent, recipient: Person) -> Words:
    lost = _lost_by_change if isinstance(event.fact, BookingChangeApproved) else _lost_by_swap
    return {"parts": lost(event, recipient)}


def _lost_by_change(event: BookingEvent, person: Person) -> list[Words]:
    """What was the person's in the version before and is not in the new one."""
    details, before = event.details, event.before
    now = {each.number: participant_ids_of(details, each) for each in details.sessions}
    reserved = {each.number for each in details.equipment}
    lost = [
        _part(each)
        for each in before.sessions
        if person.id in participant_ids_of(before, each) and person.id not in now.get(each.number, set())
    ]
    if person.id == details.booking.requested_by:
        lost += [_part(each) for each in before.equipment if each.number not in reserved]
    return lost


def _lost_by_swap(event: BookingEvent, person: Person) -> list[Words]:
    """Every session for a person who left the booking, else those in which somebody else took their place."""
    sessions = {each.number: _part(each) for each in event.details.sessions}
    if person.id in _adjusted(event).left:
        return list(sessions.values())
    numbers = [each.number for each in _swaps(event) if person.email in _left_out(each)]
    return [sessions[number] for number in numbers if number in sessions]


def _adjusted(event: BookingEvent) -> BookingAdjusted:
    assert isinstance(event.fact, BookingAdjusted)
    return event.fact


def _swaps(event: BookingEvent) -> list[Difference]:
    """The changes of who takes part in a session."""
    return [each for each in _adjusted(event).changed if (each.part, each.field) == ("session", "people")]


def _left_out(swap: Difference) -> set[str]:
    return {*swap.before} - {*swap.after}


def _part(part: SessionView | ReservationView) -> Words:
    """What the message keeps of a session or reservation. Shape: `key` is the key of its calendar entry."""
    return {
        "key": part.key,
        "code": part.code,
        "names": part.names,
        "start": part.period.start.isoformat(),
        "end": part.period.end.isoformat(),
    }


def _is_still_left_out(facts: BookingMailFacts) -> bool:
    """The reader still takes no part in at least one of them."""
    details = facts.details
    own = {each.key for each in details.sessions if facts.reader.id in participant_ids_of(details, each)}
    return any(each["key"] not in own for each in facts.payload["parts"])


def _lines(facts: BookingMailFacts) -> list[MailLine]:
    return [MailLine(each["code"], each["names"], _period(each)) for each in facts.payload["parts"]]


def _period(part: Mapping[str, Any]) -> Period:
    return Period(datetime.fromisoformat(part["start"]), datetime.fromisoformat(part["end"]))


def _entries(facts: BookingMailFacts) -> list[CalendarPart]:
    """Each lost part as a cancelled entry."""
    return [
        part_of(
            facts.booking,
            key=each["key"],
            status=CANCELLED,
            code=each["code"],
            name=named(each["names"], facts.language),
            start=_period(each).start,
            end=_period(each).end,
            transparent=each["key"].startswith("e"),
            base_url=facts.config.base_url,
            language=facts.language,
        )
        for each in facts.payload["parts"]
    ]


KIND = BookingMail(
    name="no_longer_yours",
    created=OnEvents(events=[BookingChangeApproved, BookingAdjusted], condition=changes_plan, to=_to, payload=_payload),
    valid_while=RECORDED | CALLED_OFF,
    any_version=True,
    still_true=_is_still_left_out,
    # A cancellation does not reach who was left out before it.
    withdrawn_by=[BookingExpired],
    subject=N_("[%(reference)s] No longer in your schedule: %(what)s"),
    template="no_longer_yours.txt",
    lines=_lines,
    entries=_entries,
    entries_note=N_("The attached files take it out of your calendar."),
)
