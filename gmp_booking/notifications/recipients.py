"""Who is who for a booking's mail, and a message for each of them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from gmp_booking.bookings.lifecycle import TRACKS, WAITING, Kind, Track
from gmp_booking.bookings.models import Booking
from gmp_booking.bookings.views import BookingDetails
from gmp_booking.infra.database.consumers import Happening
from gmp_booking.infra.database.outbox import NewMessage
from gmp_booking.infra.database.uow import Uow
from gmp_booking.kernel.access import Role
from gmp_booking.notifications import day_ahead, store
from gmp_booking.notifications.kinds import MailKind
from gmp_booking.notifications.reminder_offsets import Start, plan_reminders
from gmp_booking.people.models import Person
from gmp_booking.requests.on_behalf import first_confirmation, list_acknowledgements


def messages_to(
    happening: Happening,
    details: BookingDetails,
    kind: MailKind,
    people: Iterable[Person],
    *,
    payload: Mapping[str, Any] | None = None,
    due_at: datetime | None = None,
    session_id: int | None = None,
) -> list[NewMessage]:
    booking = details.booking
    return [
        NewMessage(
            kind=kind.value,
            recipient=person.email,
            language=person.language,
            due_at=due_at or happening.at,
            company_id=booking.company_id,
            person_id=person.id,
            booking_id=booking.id,
            booking_version=happening.version,
            booking_session_id=session_id,
            payload=payload or {},
        )
        for person in people
        if may_read(person, booking)
    ]


def may_read(person: Person, booking: Booking) -> bool:
    """Mail about a booking goes to its own company and to the facility, whoever was named."""
    return person.active and person.company_id in {None, booking.company_id}


def stage_role(booking: Booking) -> Role | None:
    """Whose turn it is, while it is anybody's."""
    stages = TRACKS[Track(booking.track)] if booking.track else ()
    # A change that has ended meanwhile is in a state no booking knows.
    waiting = booking.state in WAITING
    return stages[booking.stage].role if waiting and booking.stage < len(stages) else None


def role_at_stage(booking: Booking) -> Role | None:
    """Whose turn it is, or was when the booking was returned or ended."""
    stages = TRACKS[Track(booking.track)] if booking.track else ()
    return stages[booking.stage].role if booking.stage < len(stages) else None


def takers_of(details: BookingDetails, session: Mapping[str, Any]) -> set[int]:
    """Who takes part in one session: the requester and the people named in it."""
    return {details.booking.requested_by} | {person["id"] for person in session["people"]}


def everybody(details: BookingDetails) -> set[int]:
    """Who takes part in any of it."""
    return {details.booking.requested_by}.union(*(takers_of(details, session) for session in details.parts["sessions"]))


def part_of(details: BookingDetails, person_id: int | None, *, session_id: int | None = None) -> BookingDetails:
    """The booking as far as it concerns one person: all of it, or the sessions they are named in."""
    sessions = details.parts["sessions"]
    if session_id is not None:
        chosen = [session for session in sessions if session["id"] == session_id]
        return replace(details, parts={**details.parts, "sessions": chosen, "equipment": []})
    named = [session for session in sessions if person_id in {person["id"] for person in session["people"]}]
    if not named or person_id in {details.booking.requested_by, details.booking.entered_by}:
        return details
    return replace(details, parts={**details.parts, "sessions": named, "equipment": []})


def starts_of(details: BookingDetails) -> list[Start]:
    """When its sessions begin; of a booking without any, when its equipment does."""
    sessions = [Start(datetime.fromisoformat(each["start"]), each["number"]) for each in details.parts["sessions"]]
    return sessions or [Start(datetime.fromisoformat(each["start"])) for each in details.parts["equipment"]]


def askers(uow: Uow, details: BookingDetails) -> Iterable[Person]:
    return store.list_active_people(uow, {details.booking.requested_by, details.booking.entered_by})


def deciders(uow: Uow, booking: Booking) -> list[Person]:
    """The people of its stage: nobody decides on what they asked for, so nobody is asked to."""
    role = role_at_stage(booking)
    return [] if role is None else [each for each in store.list_holders(uow, role) if each.id != booking.requested_by]


def to_confirm(uow: Uow, details: BookingDetails) -> Iterable[Person]:
    """Whom staff named as asking, while nobody of the company has confirmed it."""
    asked = list_acknowledgements(uow, details.booking.id)
    return () if first_confirmation(asked) else store.list_active_people(uow, {row.person_id for row in asked})


def participants(uow: Uow, details: BookingDetails) -> Iterable[Person]:
    return store.list_active_people(uow, everybody(details))


def among(people: Iterable[Person], ids: Collection[int]) -> list[Person]:
    return [person for person in people if person.id in ids]


def owners(uow: Uow, details: BookingDetails) -> Iterable[Person]:
    """Who asked for it, and who answers for its company."""
    approvers = store.list_holders(uow, Role.COMPANY_APPROVER)
    own = (person for person in approvers if person.company_id == details.booking.company_id)
    return {person.id: person for person in (*askers(uow, details), *own)}.values()


def reminders(happening: Happening, details: BookingDetails, people: Iterable[Person]) -> Iterable[NewMessage]:
    by_number = {session["number"]: session for session in details.parts["sessions"]}
    for reminder in plan_reminders(Kind(details.booking.kind), starts_of(details), known_at=happening.at):
        session = by_number.get(reminder.session_number)
        taking_part = people if session is None else among(people, takers_of(details, session))
        if reminder.lead.is_day_ahead:
            yield from day_ahead.day_ahead_messages(taking_part, details.booking, due_at=reminder.due_at)
            continue
        yield from messages_to(
            happening,
            details,
            MailKind.UPCOMING,
            taking_part,
            payload={"lead": reminder.lead.name, "hint": reminder.lead.hint, "start": reminder.starts_at.isoformat()},
            due_at=reminder.due_at,
            session_id=session["id"] if session else None,
        )
