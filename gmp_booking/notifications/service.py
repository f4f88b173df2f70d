"""Who is told of what happened to a booking, and whether what waits to be sent is still true."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy.exc import InterfaceError, OperationalError

from gmp_booking.bookings.lifecycle import BookingState
from gmp_booking.bookings.models import Booking
from gmp_booking.bookings.views import BookingDetails, details_of
from gmp_booking.infra.database.consumers import CannotHandle, Happening, finish, take_happening
from gmp_booking.infra.database.journal import Consumer
from gmp_booking.infra.database.outbox import ClaimedMessage, NewMessage, add_messages, withdraw_pending
from gmp_booking.infra.database.uow import Uow
from gmp_booking.kernel.access import Role
from gmp_booking.notifications import change_notices, store
from gmp_booking.notifications.expiring import notices, still_expires
from gmp_booking.notifications.kinds import VALID_WHILE, MailKind
from gmp_booking.notifications.recipients import (
    askers,
    deciders,
    everybody,
    may_read,
    messages_to,
    owners,
    participants,
    reminders,
    stage_role,
    takers_of,
    to_confirm,
)
from gmp_booking.people.models import Person
from gmp_booking.requests.on_behalf import first_confirmation, list_acknowledgements


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
        *messages_to(happening, details, MailKind.TO_CONFIRM, to_confirm(uow, details)),
        *notices(uow, happening, details, MailKind.EXPIRING),
    ]


def _reviewed(uow: Uow, happening: Happening, details: BookingDetails) -> Iterable[NewMessage]:
    return [
        *_to_the_stage(uow, happening, details, MailKind.REVIEWED),
        *notices(uow, happening, details, MailKind.EXPIRING),
    ]


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
    return messages_to(happening, details, kind, deciders(uow, booking), payload=said)


def _returned(uow: Uow, happening: Happening, details: BookingDetails) -> Iterable[NewMessage]:
    payload = {"question": happening.data["question"]}
    return [
        *messages_to(happening, details, MailKind.RETURNED, askers(uow, details), payload=payload),
        *notices(uow, happening, details, MailKind.EXPIRING),
    ]


def _answered(uow: Uow, happening: Happening, details: BookingDetails) -> Iterable[NewMessage]:
    payload = {"answer": happening.data["answer"]}
    return [
        *_to_the_stage(uow, happening, details, MailKind.ANSWERED, payload=payload),
        *notices(uow, happening, details, MailKind.EXPIRING),
    ]


def _expired(uow: Uow, happening: Happening, details: BookingDetails) -> Iterable[NewMessage]:
    """Both sides hear of it: who asked, and whose turn it was."""
    withdraw_pending(uow, details.booking.id, [kind.value for kind in MailKind if kind is not MailKind.EXPIRED])
    people = {person.id: person for person in (*askers(uow, details), *deciders(uow, details.booking))}
    payload = {"was": happening.data["was"]}
    return messages_to(happening, details, MailKind.EXPIRED, people.values(), payload=payload)


def _rejected(uow: Uow, happening: Happening, details: BookingDetails) -> Iterable[NewMessage]:
    payload = {"reason": happening.data["explanation"]}
    return messages_to(happening, details, MailKind.REJECTED, askers(uow, details), payload=payload)


_TOLD_THOUGH_CANCELLED: Final = frozenset({MailKind.CANCELLED, MailKind.NO_LONGER_YOURS})


def _cancelled(uow: Uow, happening: Happening, details: BookingDetails) -> Iterable[NewMessage]:
    withdraw_pending(uow, details.booking.id, [kind.value for kind in MailKind if kind not in _TOLD_THOUGH_CANCELLED])
    was = BookingState(happening.data["was"])
    if was is BookingState.DRAFT:
        return []
    invited = was is BookingState.CONFIRMED
    people = {person.id: person for person in askers(uow, details)}
    if invited:
        people |= {person.id: person for person in participants(uow, details)}
    people |= {person.id: person for person in store.list_holders(uow, Role.SCHEDULER)}
    payload = {"reason": happening.data["explanation"], "invited": invited}
    return messages_to(happening, details, MailKind.CANCELLED, people.values(), payload=payload)


def _confirmed(uow: Uow, happening: Happening, details: BookingDetails) -> Iterable[NewMessage]:
    people = participants(uow, details)
    return [
        *messages_to(happening, details, MailKind.CONFIRMED, people),
        *reminders(happening, details, people),
    ]


def _at_risk(uow: Uow, happening: Happening, details: BookingDetails) -> Iterable[NewMessage]:
    return messages_to(happening, details, MailKind.AT_RISK, owners(uow, details))


def _clear_again(uow: Uow, happening: Happening, details: BookingDetails) -> Iterable[NewMessage]:
    withdraw_pending(uow, details.booking.id, [MailKind.AT_RISK.value])
    return messages_to(happening, details, MailKind.CLEAR_AGAIN, owners(uow, details))


def _happened(uow: Uow, happening: Happening, details: BookingDetails) -> Iterable[NewMessage]:
    """What the facility did in a session, to who asked for it."""
    number = happening.data["session"]
    session_id = next((each["id"] for each in details.parts["sessions"] if each["number"] == number), None)
    payload = {"happened": happening.event, "room": happening.data["room"]}
    payload |= {"reason": happening.data.get("explanation") or "", "deviation_no": happening.data.get("deviation_no")}
    return messages_to(
        happening, details, MailKind.HAPPENED, askers(uow, details), payload=payload, session_id=session_id
    )


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
    **change_notices.HANDLERS,
}
NOTIFICATIONS: Final = Consumer("notifications", frozenset(_HANDLERS))


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
    if BookingState(booking.state) not in VALID_WHILE[kind]:
        return None
    if not _is_of_today(uow, message, booking):
        return None
    details = details_of(uow, booking)
    if kind in {MailKind.CHANGE_WAITING, MailKind.CHANGE_EXPIRING}:
        details = change_notices.proposal_of(uow, booking, message.booking_version or 0) or details
    if kind is MailKind.TO_CONFIRM and first_confirmation(list_acknowledgements(uow, booking.id)):
        return None
    if not _still_concerns(message, kind, details, now=uow.now):
        return None
    return Current(details, reader, uow.now)


def _is_of_today(uow: Uow, message: ClaimedMessage, booking: Booking) -> bool:
    """Whether the version or the change it tells of is still the one there is."""
    if message.kind in change_notices.KINDS:
        return change_notices.change_still_true(uow, message, booking)
    # Whether it is at risk is true of the booking, whatever version came into force since.
    return booking.version == message.booking_version or message.kind in {MailKind.AT_RISK, MailKind.CLEAR_AGAIN}


def _still_concerns(message: ClaimedMessage, kind: MailKind, details: BookingDetails, *, now: datetime) -> bool:
    if kind in {MailKind.AT_RISK, MailKind.CLEAR_AGAIN}:
        return details.booking.at_risk == (kind is MailKind.AT_RISK)
    if kind is MailKind.EXPIRING:
        return still_expires(message, details.booking)
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
