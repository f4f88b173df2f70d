"""Who is told of changes: whoever decides, whoever asked, and everybody whose plan is another one now."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any, Final

from gmp_booking.bookings.change_store import find_change, proposed
from gmp_booking.bookings.ical import CANCELLED, CalendarPart, part_of
from gmp_booking.bookings.lifecycle import WAITING, ChangeState
from gmp_booking.bookings.models import Booking
from gmp_booking.bookings.views import BookingDetails, details_of
from gmp_booking.infra.database.consumers import Happening
from gmp_booking.infra.database.outbox import ClaimedMessage, NewMessage, replace_pending, withdraw_pending
from gmp_booking.infra.database.uow import Uow
from gmp_booking.infra.web.i18n import named
from gmp_booking.notifications.expiring import notices, still_expires
from gmp_booking.notifications.kinds import MailKind
from gmp_booking.notifications.recipients import (
    askers,
    deciders,
    everybody,
    messages_to,
    participants,
    reminders,
    stage_role,
    takers_of,
)
from gmp_booking.notifications.store import list_active_people, list_active_people_by_email

# While a change stands thus, its mail is still true.
TRUE_OF_CHANGE: Final[Mapping[MailKind, frozenset[ChangeState]]] = {
    MailKind.CHANGE_WAITING: frozenset({ChangeState.SUBMITTED, ChangeState.UNDER_REVIEW}),
    MailKind.CHANGE_RETURNED: frozenset({ChangeState.RETURNED}),
    MailKind.CHANGE_REJECTED: frozenset({ChangeState.REJECTED}),
    MailKind.CHANGE_EXPIRING: frozenset({ChangeState.SUBMITTED, ChangeState.UNDER_REVIEW, ChangeState.RETURNED}),
    MailKind.CHANGE_EXPIRED: frozenset({ChangeState.EXPIRED}),
}


KINDS: Final = TRUE_OF_CHANGE.keys() | {MailKind.CHANGED, MailKind.NO_LONGER_YOURS}


def _waits(uow: Uow, happening: Happening, details: BookingDetails) -> Iterable[NewMessage]:
    wanted = proposal_of(uow, details.booking, happening.version)
    if wanted is None:
        return []
    role = stage_role(wanted.booking)
    payload = {"stage": role.value if role else ""}
    return [
        *messages_to(happening, details, MailKind.CHANGE_WAITING, deciders(uow, wanted.booking), payload=payload),
        *notices(uow, happening, wanted, MailKind.CHANGE_EXPIRING),
    ]


def _withdrawn(uow: Uow, _happening: Happening, details: BookingDetails) -> Iterable[NewMessage]:
    _no_notices(uow, details)
    return []


def _no_notices(uow: Uow, details: BookingDetails) -> None:
    """A change that ended expires no more."""
    withdraw_pending(uow, details.booking.id, [MailKind.CHANGE_EXPIRING.value])


def _returned(uow: Uow, happening: Happening, details: BookingDetails) -> Iterable[NewMessage]:
    payload = {"question": happening.data["question"]}
    asking = _who_asked(uow, happening, details)
    wanted = proposal_of(uow, details.booking, happening.version)
    return [
        *messages_to(happening, details, MailKind.CHANGE_RETURNED, asking, payload=payload),
        *(notices(uow, happening, wanted, MailKind.CHANGE_EXPIRING) if wanted else ()),
    ]


def _rejected(uow: Uow, happening: Happening, details: BookingDetails) -> Iterable[NewMessage]:
    _no_notices(uow, details)
    payload = {"reason": happening.data["explanation"]}
    return messages_to(
        happening, details, MailKind.CHANGE_REJECTED, _who_asked(uow, happening, details), payload=payload
    )


def _expired(uow: Uow, happening: Happening, details: BookingDetails) -> Iterable[NewMessage]:
    """Both sides hear of it: who asked, and whose turn it was."""
    wanted = proposal_of(uow, details.booking, happening.version)
    people = {person.id: person for person in _who_asked(uow, happening, details)}
    people |= {person.id: person for person in (deciders(uow, wanted.booking) if wanted else ())}
    return messages_to(happening, details, MailKind.CHANGE_EXPIRED, people.values())


def _approved(uow: Uow, happening: Happening, details: BookingDetails) -> Iterable[NewMessage]:
    """Everybody gets the plan as it is now; whoever lost a part of theirs is told which."""
    _no_notices(uow, details)
    if happening.data["in_place"]:
        return []
    before = details_of(uow, _at_version(details.booking, happening.data["base_version"]))
    return [*_plan_again(uow, happening, details), *_lost(uow, happening, details, before)]


def _changed(uow: Uow, happening: Happening, details: BookingDetails) -> Iterable[NewMessage]:
    return _plan_again(uow, happening, details)


def _adjusted(uow: Uow, happening: Happening, details: BookingDetails) -> Iterable[NewMessage]:
    """Only what an entry of a calendar shows, or who takes part, is news to the others."""
    shown = {each["field"] for each in happening.data["changed"]} & {"time", "people", "whole"}
    if not shown:
        return []
    return [*_plan_again(uow, happening, details), *_swapped_out(uow, happening, details)]


def _swapped_out(uow: Uow, happening: Happening, details: BookingDetails) -> Iterable[NewMessage]:
    """Whoever takes part in less than before is told of each session that is theirs no more."""
    sessions = {each["number"]: _part_of_plan(each) for each in details.parts["sessions"]}
    gone = {person.id: (person, list(sessions.values())) for person in list_active_people(uow, happening.data["left"])}
    swaps = [each for each in happening.data["changed"] if (each["part"], each["field"]) == ("session", "people")]
    left = {email for each in swaps for email in {*each["before"]} - {*each["after"]}}
    for person in list_active_people_by_email(uow, left):
        theirs = [each["number"] for each in swaps if person.email in {*each["before"]} - {*each["after"]}]
        gone.setdefault(person.id, (person, [sessions[number] for number in theirs if number in sessions]))
    for person, parts in gone.values():
        yield from messages_to(happening, details, MailKind.NO_LONGER_YOURS, [person], payload={"parts": parts})


def _plan_again(uow: Uow, happening: Happening, details: BookingDetails) -> Iterable[NewMessage]:
    """The plan as it is now, and the reminders that fit it in place of the earlier ones."""
    people = participants(uow, details)
    replace_pending(uow, details.booking.id, MailKind.UPCOMING.value, list(reminders(happening, details, people)))
    payload = {"invited": True, "sequence": details.booking.sequence}
    return messages_to(happening, details, MailKind.CHANGED, people, payload=payload)


def _lost(uow: Uow, happening: Happening, details: BookingDetails, before: BookingDetails) -> Iterable[NewMessage]:
    now = {each["number"]: takers_of(details, each) for each in details.parts["sessions"]}
    held = {each["number"] for each in details.parts["equipment"]}
    for person in list_active_people(uow, everybody(before)):
        parts = [
            _part_of_plan(each)
            for each in before.parts["sessions"]
            if person.id in takers_of(before, each) and person.id not in now.get(each["number"], set())
        ]
        if person.id == details.booking.requested_by:
            parts += [_part_of_plan(each) for each in before.parts["equipment"] if each["number"] not in held]
        if parts:
            payload = {"parts": parts}
            yield from messages_to(happening, details, MailKind.NO_LONGER_YOURS, [person], payload=payload)


def _part_of_plan(part: Mapping[str, Any]) -> dict[str, Any]:
    """A part that is taken out of a calendar. Shape: as `parts_of` names it."""
    is_equipment = "resource" in part
    return {
        "key": f"{'e' if is_equipment else 's'}{part['number']}",
        "code": part["resource"] if is_equipment else part["room"],
        "names": part["names"],
        "start": part["start"],
        "end": part["end"],
    }


def proposal_of(uow: Uow, booking: Booking, version: int) -> BookingDetails | None:
    """The booking as the change to this version would have it."""
    change = find_change(uow, booking.id, version=version)
    return None if change is None else details_of(uow, proposed(booking, change))


def _who_asked(uow: Uow, happening: Happening, details: BookingDetails) -> Iterable[Any]:
    wanted = proposal_of(uow, details.booking, happening.version)
    return askers(uow, wanted or details)


def _at_version(booking: Booking, version: int) -> Booking:
    values = {column.key: getattr(booking, column.key) for column in Booking.__table__.columns}
    return Booking(**values | {"version": version})


def _still_lost(message: ClaimedMessage, details: BookingDetails) -> list[Mapping[str, Any]]:
    """The parts that are still not the reader's."""
    theirs = {
        f"s{each['number']}" for each in details.parts["sessions"] if message.person_id in takers_of(details, each)
    }
    return [each for each in message.payload["parts"] if each["key"] not in theirs]


def lost_parts(message: ClaimedMessage, booking: Booking, *, base_url: str, language: str) -> list[CalendarPart]:
    """What the reader takes part in no more, as cancelled entries of their calendar."""
    return [
        part_of(
            booking,
            key=each["key"],
            status=CANCELLED,
            code=each["code"],
            name=named(each["names"], language),
            start=datetime.fromisoformat(each["start"]),
            end=datetime.fromisoformat(each["end"]),
            transparent=each["key"].startswith("e"),
            base_url=base_url,
            language=language,
        )
        for each in message.payload["parts"]
    ]


def change_still_true(uow: Uow, message: ClaimedMessage, booking: Booking) -> bool:
    """Whether a mail about a change, or about a plan that changed, still says how things are."""
    kind = MailKind(message.kind)
    if kind is MailKind.NO_LONGER_YOURS:
        return bool(_still_lost(message, details_of(uow, booking)))
    if kind is MailKind.CHANGED:
        return booking.version == message.booking_version and booking.sequence == message.payload["sequence"]
    change = find_change(uow, booking.id, version=message.booking_version or 0)
    if change is None or change.state not in TRUE_OF_CHANGE[kind]:
        return False
    if kind is MailKind.CHANGE_EXPIRING:
        return still_expires(message, proposed(booking, change))
    if kind is not MailKind.CHANGE_WAITING:
        return True
    role = stage_role(proposed(booking, change)) if change.state in WAITING else None
    return role is not None and role.value == message.payload["stage"]


HANDLERS: Final[Mapping[str, Callable[[Uow, Happening, BookingDetails], Iterable[NewMessage]]]] = {
    "BookingChangeRequested": _waits,
    "BookingChangeReviewed": _waits,
    "BookingChangeReturned": _returned,
    "BookingChangeRejected": _rejected,
    "BookingChangeExpired": _expired,
    "BookingChangeWithdrawn": _withdrawn,
    "BookingChangeApproved": _approved,
    "BookingAdjusted": _adjusted,
    "SessionMoved": _changed,
    "SessionCancelled": _changed,
}
