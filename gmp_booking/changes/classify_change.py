"""What an edit of a confirmed booking is: which of its parts are meant, and whether the signatures survive it; pure.

Signed are product, batch, run type, resources, the time agreed, step, exposure and crew size. Source: domain rules of
changes to an approved booking; the day a session may move within is its default.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from enum import StrEnum
from typing import TypeVar

from gmp_booking.bookings.content import BookingContent, ReservationContent, SessionContent
from gmp_booking.kernel.period import Period

FURTHEST_MOVE = timedelta(hours=24)

Part = TypeVar("Part", SessionContent, ReservationContent)
Key = Callable[[Part], Hashable]


class ChangeClass(StrEnum):
    """What an edit amounts to, the gravest part of it counting."""

    NOTHING = "nothing"
    UNSIGNED = "unsigned"
    MOVE = "move"
    SIGNED = "signed"


@dataclass(frozen=True)
class AgreedState:
    """What is in force: the content, the times its parts were signed with, and the sessions that can change no more.

    Shape: parts are known by their numbers.
    """

    content: BookingContent
    agreed_sessions: Mapping[int, Period]
    agreed_reservations: Mapping[int, Period]
    begun: frozenset[int] = frozenset()


def number_like(
    standing: BookingContent, wanted: BookingContent, *, last_session: int, last_reservation: int
) -> BookingContent:
    """The wanted content with each part under the number of the standing part it is about; new parts get new numbers.

    Shape: a part says its number, or is known by room and time, then by room and step, then by room, then by its
    place. The parts come back in the order of their numbers.
    """
    sessions = _numbered(
        standing.sessions,
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
        standing.equipment,
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
    standing: Sequence[Part], wanted: Sequence[Part], *, keys: Sequence[Key[Part]], last: int
) -> tuple[Part, ...]:
    free = {each.number or place: each for place, each in enumerate(standing, start=1)}
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


def amendment_of(standing: AgreedState, wanted: BookingContent) -> ChangeClass:
    """Whether an edit leaves the signatures standing; `wanted` is numbered like what stands."""
    if _plain(standing.content) == _plain(wanted):
        return ChangeClass.NOTHING
    moved = frozenset(moved_sessions(standing, wanted))
    if _as_agreed(standing, wanted, moved).signed() != _in_order(standing.content).signed():
        return ChangeClass.SIGNED
    return ChangeClass.MOVE if moved else ChangeClass.UNSIGNED


def moved_sessions(standing: AgreedState, wanted: BookingContent) -> Iterator[int]:
    """The sessions that leave the time agreed, by no more than a session move allows."""
    known = dict(standing.content.numbered_sessions)
    for number, session in wanted.numbered_sessions:
        old = known.get(number)
        if old is None or old.room != session.room:
            continue
        period, agreed = Period(session.start, session.end), standing.agreed_sessions[number]
        if agreed.contains(period) or Period(old.start, old.end).contains(period):
            continue
        if period.duration <= agreed.duration and abs(period.start - agreed.start) <= FURTHEST_MOVE:
            yield number


def given_up(standing: AgreedState, wanted: BookingContent) -> list[int]:
    """The sessions of what stands that an edit leaves out."""
    kept = {number for number, _ in wanted.numbered_sessions}
    return [number for number, _ in standing.content.numbered_sessions if number not in kept]


def touched_though_begun(standing: AgreedState, wanted: BookingContent) -> list[int]:
    """The sessions an edit would change or leave out although they have begun or ended."""
    old, new = dict(_plain(standing.content).numbered_sessions), dict(_plain(wanted).numbered_sessions)
    return sorted(number for number in standing.begun if old.get(number) != new.get(number))


def ahead_of(content: BookingContent, begun: Collection[int]) -> BookingContent:
    """The part of a content that can still be judged and changed."""
    return replace(content, sessions=tuple(each for number, each in content.numbered_sessions if number not in begun))


def with_known_roles(standing: BookingContent, typed: BookingContent) -> BookingContent:
    """A content whose people keep the part they had where they had one only."""
    parts: dict[str, set[str]] = {}
    for person in (person for session in standing.sessions for person in session.people):
        parts.setdefault(person.email, set()).add(person.role)
    only = {email: next(iter(roles)) for email, roles in parts.items() if len(roles) == 1}
    sessions = tuple(
        replace(each, people=tuple(replace(person, role=only.get(person.email, person.role)) for person in each.people))
        for each in typed.sessions
    )
    return replace(typed, sessions=sessions)


def people_only(standing: BookingContent, wanted: BookingContent) -> bool:
    """Whether an edit changes no time and leaves nothing out, so that it may stand beside a change that waits."""

    def times(content: BookingContent) -> object:
        sessions = [(number, each.start, each.end) for number, each in content.numbered_sessions]
        return sorted(sessions), sorted((number, each.start, each.end) for number, each in content.numbered_equipment)

    return times(standing) == times(wanted)


def _as_agreed(standing: AgreedState, wanted: BookingContent, moved: Collection[int]) -> BookingContent:
    """The wanted content with every time that may change without a signature set back, and nothing given up."""
    sessions, equipment = dict(standing.content.numbered_sessions), dict(standing.content.numbered_equipment)
    back = [
        _set_back(each, sessions.get(number), standing.agreed_sessions, is_moved=number in moved)
        for number, each in wanted.numbered_sessions
    ]
    back += [sessions[number] for number in given_up(standing, wanted)]
    reserved = [
        _set_back(each, equipment.get(number), standing.agreed_reservations, is_moved=False)
        for number, each in wanted.numbered_equipment
    ]
    return _in_order(replace(wanted, sessions=tuple(back), equipment=tuple(reserved)))


def _set_back(each: Part, old: Part | None, agreed: Mapping[int, Period], *, is_moved: bool) -> Part:
    if old is None or old.number is None:
        return each
    period = Period(each.start, each.end)
    within = agreed[old.number].contains(period) or Period(old.start, old.end).contains(period)
    return replace(each, start=old.start, end=old.end) if within or is_moved else each


def _in_order(content: BookingContent) -> BookingContent:
    return replace(
        content,
        sessions=tuple(sorted(content.sessions, key=lambda each: each.number or 0)),
        equipment=tuple(sorted(content.equipment, key=lambda each: each.number or 0)),
    )


def _plain(content: BookingContent) -> BookingContent:
    """A content in which equal wishes are equal values."""
    sessions = tuple(
        replace(
            each,
            people=tuple(sorted(each.people, key=lambda person: person.email)),
            equipment=tuple(sorted(each.equipment)),
        )
        for each in content.sessions
    )
    return _in_order(replace(content, sessions=sessions, booked_for=None))
