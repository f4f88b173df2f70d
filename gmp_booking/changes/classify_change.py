"""Classify a change of a confirmed booking: match its parts, and decide whether it needs new signatures; pure.

Signed fields: product, batch, run type, resources, agreed times, step, exposure and crew size. Source: domain rules
for changes to an approved booking; the limit of one day for a session move is their default.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TypeVar

from gmp_booking.bookings.content import BookingContent, ReservationContent, SessionContent
from gmp_booking.kernel.period import Period

FURTHEST_MOVE = timedelta(hours=24)

Part = TypeVar("Part", SessionContent, ReservationContent)
Key = Callable[[Part], Hashable]


class ChangeClass(StrEnum):
    """The class of a change; its most demanding part decides."""

    NOTHING = "nothing"
    UNSIGNED = "unsigned"
    MOVE = "move"
    SIGNED = "signed"


@dataclass(frozen=True)
class AgreedState:
    """The version in force: its content, the times that were signed, and the sessions that can no longer change.

    Shape: sessions and reservations are named by their numbers.
    """

    content: BookingContent
    agreed_sessions: Mapping[int, Period]
    agreed_reservations: Mapping[int, Period]
    begun: frozenset[int] = frozenset()


def match_parts(
    agreed: BookingContent, wanted: BookingContent, *, last_session: int, last_reservation: int
) -> BookingContent:
    """The wanted content, each part numbered like the agreed part it replaces; new parts get new numbers.

    A part without a number is matched by room and time, then by room and step, then by room, then by its position:
    people who edit a form do not send numbers.
    Shape: parts are sorted by number.
    """
    sessions = _numbered(
        agreed.sessions,
        wanted.sessions,
        keys=(
            lambda each: (each.room, each.start, each.end),
            lambda each: (each.room, each.step, each.start),
            lambda each: (each.room, each.step),
            lambda each: each.room,
            lambda _each: True,
        ),
        last=last_session,
    )
    equipment = _numbered(
        agreed.equipment,
        wanted.equipment,
        keys=(
            lambda each: (each.resource, each.start, each.end),
            lambda each: (each.resource, each.start),
            lambda each: each.resource,
            lambda _each: True,
        ),
        last=last_reservation,
    )
    return replace(wanted, sessions=sessions, equipment=equipment)


def _numbered(
    agreed: Sequence[Part], wanted: Sequence[Part], *, keys: Sequence[Key[Part]], last: int
) -> tuple[Part, ...]:
    free = {each.number or place: each for place, each in enumerate(agreed, start=1)}
    found: dict[int, int] = {}
    for place, each in enumerate(wanted):
        if each.number in free:
            found[place] = each.number
            del free[each.number]
    for key in keys:
        for place, each in enumerate(wanted):
            if place in found:
                continue
            same = next((number for number, known in free.items() if key(known) == key(each)), None)
            if same is not None:
                found[place] = same
                del free[same]
    fresh = iter(range(last + 1, last + 1 + len(wanted)))
    numbered = [replace(each, number=found.get(place) or next(fresh)) for place, each in enumerate(wanted)]
    return tuple(sorted(numbered, key=lambda each: each.number or 0))


def change_class_of(agreed: AgreedState, wanted: BookingContent) -> ChangeClass:
    """The class of a change. Shape: the parts of `wanted` are numbered by `match_parts`."""
    if _normalised(agreed.content) == _normalised(wanted):
        return ChangeClass.NOTHING
    moved = frozenset(moved_sessions(agreed, wanted))
    if _with_agreed_times(agreed, wanted, moved).signed() != _in_order(agreed.content).signed():
        return ChangeClass.SIGNED
    return ChangeClass.MOVE if moved else ChangeClass.UNSIGNED


def moved_sessions(agreed: AgreedState, wanted: BookingContent) -> Iterator[int]:
    """The sessions that leave their agreed time, but by no more than a session move permits."""
    known = dict(agreed.content.numbered_sessions)
    for number, session in wanted.numbered_sessions:
        old = known.get(number)
        if old is None or old.room != session.room:
            continue
        period, signed = Period(session.start, session.end), agreed.agreed_sessions[number]
        if signed.contains(period) or Period(old.start, old.end).contains(period):
            continue
        if period.duration <= signed.duration and abs(period.start - signed.start) <= FURTHEST_MOVE:
            yield number


def cancelled_numbers(agreed: AgreedState, wanted: BookingContent) -> list[int]:
    """The numbers of agreed sessions that the change leaves out."""
    kept = {number for number, _ in wanted.numbered_sessions}
    return [number for number, _ in agreed.content.numbered_sessions if number not in kept]


def sessions_changed_after_start(agreed: AgreedState, wanted: BookingContent) -> list[int]:
    """The sessions that a change would alter or leave out although they have begun or ended."""
    old, new = dict(_normalised(agreed.content).numbered_sessions), dict(_normalised(wanted).numbered_sessions)
    return sorted(number for number in agreed.begun if old.get(number) != new.get(number))


def first_start_touched(agreed: BookingContent, wanted: BookingContent, now: datetime) -> datetime | None:
    """The earlier of the old and the new first start of what a change alters; of all that is to come, if no part is.

    None when nothing is to come.
    """
    old, new = _parts(agreed), _parts(wanted)
    altered = {key for key in old.keys() | new.keys() if old.get(key) != new.get(key)}
    touched = [parts[key] for parts in (old, new) for key in altered if key in parts] or list(new.values())
    return min((part.start for part in touched if part.start > now), default=None)


def remaining_content(content: BookingContent, begun: Collection[int]) -> BookingContent:
    """The content without sessions that have begun; those are neither evaluated nor changed."""
    return replace(content, sessions=tuple(each for number, each in content.numbered_sessions if number not in begun))


def keep_known_roles(agreed: BookingContent, typed: BookingContent) -> BookingContent:
    """The typed content, in which people keep the role they had if they had only one.

    The form has no field for crew roles.
    """
    parts: dict[str, set[str]] = {}
    for person in (person for session in agreed.sessions for person in session.people):
        parts.setdefault(person.email, set()).add(person.role)
    only = {email: next(iter(roles)) for email, roles in parts.items() if len(roles) == 1}
    sessions = tuple(
        replace(each, people=tuple(replace(person, role=only.get(person.email, person.role)) for person in each.people))
        for each in typed.sessions
    )
    return replace(typed, sessions=sessions)


def changes_people_only(agreed: BookingContent, wanted: BookingContent) -> bool:
    """Whether no time and no part changes; such a change may be applied while a change request is open."""

    def times(content: BookingContent) -> object:
        sessions = [(number, each.start, each.end) for number, each in content.numbered_sessions]
        return sorted(sessions), sorted((number, each.start, each.end) for number, each in content.numbered_equipment)

    return times(agreed) == times(wanted)


def _with_agreed_times(agreed: AgreedState, wanted: BookingContent, moved: Collection[int]) -> BookingContent:
    """The wanted content with unsigned time changes and cancelled sessions undone.

    If its signed fields then equal those in force, the signatures remain valid.
    """
    sessions, equipment = dict(agreed.content.numbered_sessions), dict(agreed.content.numbered_equipment)
    restored = [
        _set_to_agreed(each, sessions.get(number), agreed.agreed_sessions, is_moved=number in moved)
        for number, each in wanted.numbered_sessions
    ]
    restored += [sessions[number] for number in cancelled_numbers(agreed, wanted)]
    reserved = [
        _set_to_agreed(each, equipment.get(number), agreed.agreed_reservations, is_moved=False)
        for number, each in wanted.numbered_equipment
    ]
    return _in_order(replace(wanted, sessions=tuple(restored), equipment=tuple(reserved)))


def _set_to_agreed(each: Part, old: Part | None, agreed: Mapping[int, Period], *, is_moved: bool) -> Part:
    if old is None or old.number is None:
        return each
    period = Period(each.start, each.end)
    within = agreed[old.number].contains(period) or Period(old.start, old.end).contains(period)
    return replace(each, start=old.start, end=old.end) if within or is_moved else each


def _parts(content: BookingContent) -> dict[tuple[str, int], SessionContent | ReservationContent]:
    sessions = {("session", number): each for number, each in content.numbered_sessions}
    return {**sessions, **{("equipment", number): each for number, each in content.numbered_equipment}}


def _in_order(content: BookingContent) -> BookingContent:
    return replace(
        content,
        sessions=tuple(sorted(content.sessions, key=lambda each: each.number or 0)),
        equipment=tuple(sorted(content.equipment, key=lambda each: each.number or 0)),
    )


def _normalised(content: BookingContent) -> BookingContent:
    """The content in a form in which equal requests compare equal."""
    sessions = tuple(
        replace(
            each,
            people=tuple(sorted(each.people, key=lambda person: person.email)),
            equipment=tuple(sorted(each.equipment)),
        )
        for each in content.sessions
    )
    return _in_order(replace(content, sessions=sessions, booked_for=None))
