"""Who is told of what happened to a booking, and whether what waits to be sent is still true."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from sqlalchemy.exc import InterfaceError, OperationalError

from gmp_booking.bookings.lifecycle import TRACKS, WAITING, BookingState, Kind, Track
from gmp_booking.bookings.models import Booking
from gmp_booking.bookings.on_behalf import first_confirmation, list_acknowledgements
from gmp_booking.bookings.store import BookingDetails, details_of
from gmp_booking.infra.deliveries import CannotHandle, Happening, finish, take_happening
from gmp_booking.infra.journal import Consumer
from gmp_booking.infra.outbox import ClaimedMessage, NewMessage, add_messages, withdraw_pending
from gmp_booking.infra.uow import Uow
from gmp_booking.kernel.access import Role
from gmp_booking.notifications import day_ahead, store
from gmp_booking.notifications.leads import BEFORE_EXPIRY, Start, due, plan_reminders
from gmp_booking.people.models import Person


class MailKind(StrEnum):
    """What a mail says."""

    SUBMITTED = "submitted"
    REVIEWED = "reviewed"
    RETURNED = "returned"
    REJECTED = "rejected"
    CONFIRMED = "confirmed"
    CANCELLED = "cancelled"
    UPCOMING = "upcoming"
    ANSWERED = "answered"
    EXPIRING = "expiring"
    EXPIRED = "expired"
    TO_CONFIRM = "to_confirm"
    AT_RISK = "at_risk"
    CLEAR_AGAIN = "clear_again"
    HAPPENED = "happened"
    DIGEST = "digest"
    DAY_AHEAD = day_ahead.KIND
    INVITATION = "invitation"
    RESET = "reset"


S = BookingState

# A mail goes out only while its booking is in one of these states; in any other it would be yesterday's news.
TRUE_IN: Final[Mapping[MailKind, frozenset[BookingState]]] = {
    MailKind.SUBMITTED: frozenset({S.SUBMITTED}),
    MailKind.REVIEWED: frozenset({S.UNDER_REVIEW}),
    MailKind.RETURNED: frozenset({S.RETURNED}),
    MailKind.REJECTED: frozenset({S.REJECTED}),
    MailKind.CONFIRMED: frozenset({S.CONFIRMED}),
    MailKind.CANCELLED: frozenset({S.CANCELLED}),
    MailKind.UPCOMING: frozenset({S.CONFIRMED}),
    MailKind.ANSWERED: WAITING,
    MailKind.EXPIRING: WAITING | {S.RETURNED, S.APPROVED},
    MailKind.EXPIRED: frozenset({S.EXPIRED}),
    MailKind.AT_RISK: WAITING | {S.RETURNED, S.APPROVED, S.CONFIRMED},
    MailKind.CLEAR_AGAIN: WAITING | {S.RETURNED, S.APPROVED, S.CONFIRMED},
    MailKind.HAPPENED: frozenset({S.CONFIRMED, S.CLOSED}),
    MailKind.TO_CONFIRM: WAITING | {S.RETURNED, S.APPROVED, S.CONFIRMED},
}


def handle_next(uow: Uow, *, passed_over: Collection[int] = ()) -> int | None:
    """Turn the oldest open delivery into messages, in the transaction that closes it.

    Shape: the delivery's id, or None when nothing is open.
    Errors: CannotHandle with the delivery's id, for whatever goes wrong in it; a clash or a lost database as it is.
    """
    happening = take_happening(uow, NOTIFICATIONS.name, passed_over=passed_over)
    if happening is None:
        return None
    booking = uow.session.get(Booking, happening.booking_id)
    if booking is not None:
        try:
            add_messages(uow, list(_HANDLERS[happening.event](uow, happening, details_of(uow, booking))))
        except (OperationalError, InterfaceError):
            raise
        except Exception as error:
            raise CannotHandle(happening.delivery_id) from error
    finish(uow, happening)
    return happening.delivery_id


# -- who hears of what


def _submitted(uow: Uow, happening: Happening, details: BookingDetails) -> Iterable[NewMessage]:
    return [
        *_to_the_stage(uow, happening, details, MailKind.SUBMITTED),
        *_messages(happening, details, MailKind.TO_CONFIRM, _to_confirm(uow, details)),
        *_notices(uow, happening, details),
    ]


def _reviewed(uow: Uow, happening: Happening, details: BookingDetails) -> Iterable[NewMessage]:
    return [*_to_the_stage(uow, happening, details, MailKind.REVIEWED), *_notices(uow, happening, details)]


def _to_the_stage(
    uow: Uow,
    happening: Happening,
    details: BookingDetails,
    kind: MailKind,
    *,
    payload: Mapping[str, Any] | None = None,
) -> Iterable[NewMessage]:
    booking = details.booking
    role = stage_role(booking)
    if role is None:
        return []
    said = {"stage": role.value, **(payload or {})}
    return _messages(happening, details, kind, _deciders(uow, booking), payload=said)


def _returned(uow: Uow, happening: Happening, details: BookingDetails) -> Iterable[NewMessage]:
    payload = {"question": happening.data["question"]}
    return [
        *_messages(happening, details, MailKind.RETURNED, _askers(uow, details), payload=payload),
        *_notices(uow, happening, details),
    ]


def _answered(uow: Uow, happening: Happening, details: BookingDetails) -> Iterable[NewMessage]:
    payload = {"answer": happening.data["answer"]}
    return [
        *_to_the_stage(uow, happening, details, MailKind.ANSWERED, payload=payload),
        *_notices(uow, happening, details),
    ]


def _expired(uow: Uow, happening: Happening, details: BookingDetails) -> Iterable[NewMessage]:
    """Both sides hear of it: who asked, and whose turn it was."""
    withdraw_pending(uow, details.booking.id, [kind.value for kind in MailKind if kind is not MailKind.EXPIRED])
    people = {person.id: person for person in (*_askers(uow, details), *_deciders(uow, details.booking))}
    payload = {"was": happening.data["was"]}
    return _messages(happening, details, MailKind.EXPIRED, people.values(), payload=payload)


def _notices(uow: Uow, happening: Happening, details: BookingDetails) -> Iterable[NewMessage]:
    """Some days before a request expires, to who asked and to whose turn it is."""
    booking = details.booking
    if booking.pending_until is None:
        return
    askers = list(_askers(uow, details))
    known = {person.id for person in askers}
    deciders = [person for person in _deciders(uow, booking) if person.id not in known]
    role = role_at_stage(booking)
    until = {"until": booking.pending_until.isoformat()}
    for lead in BEFORE_EXPIRY:
        due_at = due(lead, booking.pending_until)
        if due_at <= happening.at:
            continue
        payload = until | {"lead": lead.name}
        yield from _messages(happening, details, MailKind.EXPIRING, askers, payload=payload, due_at=due_at)
        of_stage = payload | {"stage": role.value if role else ""}
        yield from _messages(happening, details, MailKind.EXPIRING, deciders, payload=of_stage, due_at=due_at)


def _rejected(uow: Uow, happening: Happening, details: BookingDetails) -> Iterable[NewMessage]:
    payload = {"reason": happening.data["explanation"]}
    return _messages(happening, details, MailKind.REJECTED, _askers(uow, details), payload=payload)


def _cancelled(uow: Uow, happening: Happening, details: BookingDetails) -> Iterable[NewMessage]:
    withdraw_pending(uow, details.booking.id, [kind.value for kind in MailKind if kind is not MailKind.CANCELLED])
    was = BookingState(happening.data["was"])
    if was is BookingState.DRAFT:
        return []
    invited = was is BookingState.CONFIRMED
    people = {person.id: person for person in _askers(uow, details)}
    if invited:
        people |= {person.id: person for person in _participants(uow, details)}
    people |= {person.id: person for person in store.list_holders(uow, Role.SCHEDULER)}
    payload = {"reason": happening.data["explanation"], "invited": invited}
    return _messages(happening, details, MailKind.CANCELLED, people.values(), payload=payload)


def _confirmed(uow: Uow, happening: Happening, details: BookingDetails) -> Iterable[NewMessage]:
    people = _participants(uow, details)
    return [
        *_messages(happening, details, MailKind.CONFIRMED, people),
        *_reminders(happening, details, people),
    ]


def _reminders(happening: Happening, details: BookingDetails, people: Iterable[Person]) -> Iterable[NewMessage]:
    by_number = {session["number"]: session for session in details.parts["sessions"]}
    for reminder in plan_reminders(Kind(details.booking.kind), starts_of(details), known_at=happening.at):
        session = by_number.get(reminder.session_number)
        taking_part = people if session is None else _who(people, takers_of(details, session))
        if reminder.lead.is_day_ahead:
            yield from day_ahead.day_ahead_messages(taking_part, details.booking, due_at=reminder.due_at)
            continue
        yield from _messages(
            happening,
            details,
            MailKind.UPCOMING,
            taking_part,
            payload={"lead": reminder.lead.name, "hint": reminder.lead.hint, "start": reminder.starts_at.isoformat()},
            due_at=reminder.due_at,
            session_id=session["id"] if session else None,
        )


def _at_risk(uow: Uow, happening: Happening, details: BookingDetails) -> Iterable[NewMessage]:
    return _messages(happening, details, MailKind.AT_RISK, _owners(uow, details))


def _clear_again(uow: Uow, happening: Happening, details: BookingDetails) -> Iterable[NewMessage]:
    withdraw_pending(uow, details.booking.id, [MailKind.AT_RISK.value])
    return _messages(happening, details, MailKind.CLEAR_AGAIN, _owners(uow, details))


def _happened(uow: Uow, happening: Happening, details: BookingDetails) -> Iterable[NewMessage]:
    """What the facility did in a session, to who asked for it."""
    number = happening.data["session"]
    session_id = next((each["id"] for each in details.parts["sessions"] if each["number"] == number), None)
    payload = {"happened": happening.event, "room": happening.data["room"]}
    payload |= {"reason": happening.data.get("explanation") or "", "deviation_no": happening.data.get("deviation_no")}
    return _messages(
        happening, details, MailKind.HAPPENED, _askers(uow, details), payload=payload, session_id=session_id
    )


def _owners(uow: Uow, details: BookingDetails) -> Iterable[Person]:
    """Who asked for it, and who answers for its company."""
    approvers = store.list_holders(uow, Role.COMPANY_APPROVER)
    own = (person for person in approvers if person.company_id == details.booking.company_id)
    return {person.id: person for person in (*_askers(uow, details), *own)}.values()


Handler = Callable[[Uow, Happening, BookingDetails], Iterable[NewMessage]]

_HANDLERS: Final[Mapping[str, Handler]] = {
    "BookingSubmitted": _submitted,
    "BookingReviewed": _reviewed,
    "BookingReturned": _returned,
    "BookingRejected": _rejected,
    "BookingConfirmed": _confirmed,
    "BookingCancelled": _cancelled,
    "BookingQuestionAsked": _returned,
    "BookingAnswered": _answered,
    "BookingExpired": _expired,
    "BookingAtRisk": _at_risk,
    "BookingClear": _clear_again,
    "SessionSuspended": _happened,
    "SessionResumed": _happened,
    "SessionAborted": _happened,
    "SessionMissed": _happened,
}
NOTIFICATIONS: Final = Consumer("notifications", frozenset(_HANDLERS))


def _messages(
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


# -- who is who


def may_read(person: Person, booking: Booking) -> bool:
    """Mail about a booking goes to its own company and to the facility, whoever was named."""
    return person.active and person.company_id in {None, booking.company_id}


def stage_role(booking: Booking) -> Role | None:
    """Whose turn it is, while it is anybody's."""
    stages = TRACKS[Track(booking.track)] if booking.track else ()
    waiting = BookingState(booking.state) in WAITING
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


def _askers(uow: Uow, details: BookingDetails) -> Iterable[Person]:
    return store.list_active_people(uow, {details.booking.requested_by, details.booking.entered_by})


def _deciders(uow: Uow, booking: Booking) -> list[Person]:
    """The people of its stage: nobody decides on what they asked for, so nobody is asked to."""
    role = role_at_stage(booking)
    return [] if role is None else [each for each in store.list_holders(uow, role) if each.id != booking.requested_by]


def _to_confirm(uow: Uow, details: BookingDetails) -> Iterable[Person]:
    """Whom staff named as asking, while nobody of the company has confirmed it."""
    asked = list_acknowledgements(uow, details.booking.id)
    return () if first_confirmation(asked) else store.list_active_people(uow, {row.person_id for row in asked})


def _participants(uow: Uow, details: BookingDetails) -> Iterable[Person]:
    return store.list_active_people(uow, everybody(details))


def _who(people: Iterable[Person], ids: Collection[int]) -> list[Person]:
    return [person for person in people if person.id in ids]


# -- whether it is still true


@dataclass(frozen=True)
class Current:
    """A claimed message with its booking and reader as they are now."""

    details: BookingDetails
    reader: Person
    now: datetime


def look_again(uow: Uow, message: ClaimedMessage) -> Current | None:
    """What the message is about, as it stands after its claim; None when it should not be sent any more."""
    booking = uow.session.get(Booking, message.booking_id) if message.booking_id else None
    reader = uow.session.get(Person, message.person_id) if message.person_id else None
    if booking is None or reader is None or not may_read(reader, booking):
        return None
    kind = MailKind(message.kind)
    if booking.version != message.booking_version or BookingState(booking.state) not in TRUE_IN[kind]:
        return None
    details = details_of(uow, booking)
    if kind is MailKind.TO_CONFIRM and first_confirmation(list_acknowledgements(uow, booking.id)):
        return None
    if not _still_concerns(message, kind, details, now=uow.now):
        return None
    return Current(details, reader, uow.now)


def _still_concerns(message: ClaimedMessage, kind: MailKind, details: BookingDetails, *, now: datetime) -> bool:
    if kind in {MailKind.AT_RISK, MailKind.CLEAR_AGAIN}:
        return details.booking.at_risk == (kind is MailKind.AT_RISK)
    if kind is MailKind.EXPIRING:
        return _still_expires(message, details.booking)
    if kind in {MailKind.SUBMITTED, MailKind.REVIEWED, MailKind.ANSWERED}:
        role = stage_role(details.booking)
        return role is not None and role.value == message.payload["stage"]
    if kind is MailKind.CONFIRMED:
        return message.person_id in everybody(details)
    if kind is not MailKind.UPCOMING:
        return True
    if datetime.fromisoformat(message.payload["start"]) <= now:
        return False
    if message.booking_session_id is None:
        return message.person_id in everybody(details)
    sessions = [each for each in details.parts["sessions"] if each["id"] == message.booking_session_id]
    return any(message.person_id in takers_of(details, each) and each["state"] != "CANCELLED" for each in sessions)


def _still_expires(message: ClaimedMessage, booking: Booking) -> bool:
    """A notice is true of one date, and for staff of one stage."""
    role = role_at_stage(booking)
    at_stage = message.payload.get("stage") in {None, role.value if role else ""}
    return at_stage and booking.pending_until == datetime.fromisoformat(message.payload["until"])
