"""Changing a confirmed booking in place: what is not signed, and sessions moved within their day."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from gmp_booking.bookings import change_store, store
from gmp_booking.bookings.change_store import CrewMember, NewTime
from gmp_booking.bookings.content import SessionContent
from gmp_booking.bookings.diff import differences
from gmp_booking.bookings.events import BookingAdjusted, SessionCancelled, SessionMoved
from gmp_booking.bookings.models import ChangeRequest
from gmp_booking.bookings.service import event_fields
from gmp_booking.bookings.views import BookingDetails, details_of
from gmp_booking.changes.classify_change import given_up, moved_sessions, people_only
from gmp_booking.changes.prepare_change import PreparedChange, parts_of
from gmp_booking.evaluation.resolved_content import ResolvedContent
from gmp_booking.evaluation.slot_allocation import ids_of, take_or_refuse, wanted_slots
from gmp_booking.infra.database.uow import Uow
from gmp_booking.kernel.period import Period, merge, uncovered
from gmp_booking.resources.slots import HeldSlot, NewSlot, list_held, release_some_slots

SHOWN = frozenset({"time", "room", "whole"})


def apply_unsigned(uow: Uow, edit: PreparedChange) -> None:
    """Write an edit that leaves the signatures standing; people are swapped in a change that waits, too."""
    details, wanted = edit.details, edit.wanted
    left = _swap_people(uow, edit)
    if edit.waiting is not None:
        _swap_in_proposal(uow, edit, edit.waiting)
    if not people_only(edit.old, wanted):
        rows = parts_of(details).sessions
        change_store.set_times(uow, list(_new_times(edit)))
        change_store.give_up_sessions(uow, [rows[number] for number in given_up(edit.standing, wanted)])
        _swap_slots(uow, edit)
    shows = any(each.part != "booking" and each.field in SHOWN for each in differences(edit.old, wanted))
    store.change_booking(uow, details.booking, **edit.columns, sequence=details.booking.sequence + shows)
    _record(uow, edit, left=left)


def lacking(wanted: Iterable[NewSlot], held: Iterable[HeldSlot]) -> list[NewSlot]:
    """What is wanted and not held already, place by place."""
    periods: dict[int, list[Period]] = {}
    for slot in held:
        periods.setdefault(slot.unit_id, []).append(slot.period)
    covers = {unit: merge(each) for unit, each in periods.items()}
    return [
        NewSlot(slot.unit_id, slot.resource_id, left, slot.session_id, slot.reservation_id)
        for slot in wanted
        for left in uncovered(slot.period, covers.get(slot.unit_id, ()))
    ]


def settled(details: BookingDetails, held: Iterable[HeldSlot]) -> list[HeldSlot]:
    """The slots of sessions that have begun or ended: a record of what was used, moved by nobody."""
    begun = {each["id"] for each in details.parts["sessions"] if not change_store.is_ahead(each["state"])}
    return [slot for slot in held if slot.session_id in begun]


def _swap_slots(uow: Uow, edit: PreparedChange) -> None:
    """Give back what is held no more and take what is new, keeping the places that stay."""
    held = list_held(uow, edit.details.booking.id)
    kept = settled(edit.details, held)
    wanted: list[NewSlot] = []
    if edit.gathered is not None:
        placed = wanted_slots(edit.gathered.case, edit.catalogue, parts_of(edit.details), held=held)
        wanted = lacking(placed, kept)
    as_wanted = {(slot.unit_id, slot.period, slot.session_id, slot.reservation_id) for slot in wanted}
    same = [
        slot
        for slot in held
        if slot in kept or (slot.unit_id, slot.period, slot.session_id, slot.reservation_id) in as_wanted
    ]
    release_some_slots(uow, [slot for slot in held if slot not in same])
    there = {(slot.unit_id, slot.period) for slot in same}
    new = [slot for slot in wanted if (slot.unit_id, slot.period) not in there]
    if edit.gathered is not None:
        take_or_refuse(uow, new, edit.gathered.case, edit.catalogue, booking=edit.details.booking)


def _new_times(edit: PreparedChange) -> Iterator[NewTime]:
    rows = parts_of(edit.details)
    sessions, equipment = dict(edit.old.numbered_sessions), dict(edit.old.numbered_equipment)
    for number, session in edit.wanted.numbered_sessions:
        if (session.start, session.end) != (sessions[number].start, sessions[number].end):
            yield NewTime("session", rows.sessions[number], session.start, session.end)
    for number, each in edit.wanted.numbered_equipment:
        if (each.start, each.end) != (equipment[number].start, equipment[number].end):
            yield NewTime("equipment", rows.reservations[number], each.start, each.end)


def _swap_people(uow: Uow, edit: PreparedChange) -> tuple[int, ...]:
    """Let other people take part where the edit says so; the ids of those who take part in nothing any more."""
    rows = parts_of(edit.details).sessions
    swapped = {rows[number]: session for number, session in _swapped(edit).items()}
    change_store.set_crew(uow, swapped.keys(), _crew(swapped, edit.catalogue))
    sessions = edit.details.parts["sessions"]
    before = {person["email"]: int(person["id"]) for each in sessions for person in each["people"]}
    return tuple(sorted(person_id for email, person_id in before.items() if email not in edit.wanted.emails))


def _swap_in_proposal(uow: Uow, edit: PreparedChange, waiting: ChangeRequest) -> None:
    """A person swapped now is swapped in the change that waits, where it had the same people."""
    proposal = details_of(uow, change_store.proposed(edit.details.booking, waiting))
    old = dict(edit.old.numbered_sessions)
    swapped = {
        int(each["id"]): _swapped(edit)[each["number"]]
        for each in proposal.parts["sessions"]
        if each["number"] in _swapped(edit)
        and {person["email"] for person in each["people"]} == {person.email for person in old[each["number"]].people}
    }
    change_store.set_crew(uow, swapped.keys(), _crew(swapped, edit.catalogue))


def _swapped(edit: PreparedChange) -> dict[int, SessionContent]:
    """The sessions in which other people are to take part, by number."""
    old = dict(edit.old.numbered_sessions)
    return {
        number: session
        for number, session in edit.wanted.numbered_sessions
        if frozenset(session.people) != frozenset(old[number].people)
    }


def _crew(sessions: Mapping[int, SessionContent], catalogue: ResolvedContent) -> list[CrewMember]:
    ids = ids_of(catalogue)
    return [
        CrewMember(row_id, ids[person.email], person.role)
        for row_id, session in sessions.items()
        for person in session.people
    ]


def _record(uow: Uow, edit: PreparedChange, *, left: Sequence[int]) -> None:
    envelope = event_fields(edit.details.booking)
    old, new = dict(edit.old.numbered_sessions), dict(edit.wanted.numbered_sessions)
    moved, gone = sorted(moved_sessions(edit.standing, edit.wanted)), given_up(edit.standing, edit.wanted)
    for number in moved:
        before, after = (old[number].start, old[number].end), (new[number].start, new[number].end)
        uow.record(SessionMoved(**envelope, session=number, room=new[number].room, before=before, after=after))
    for number in gone:
        said = edit.explanation or ""
        uow.record(SessionCancelled(**envelope, session=number, room=old[number].room, explanation=said))
    told = [("session", number, "time") for number in moved] + [("session", number, "whole") for number in gone]
    rest = [
        each.as_dict()
        for each in differences(edit.old, edit.wanted)
        if (each.part, each.number, each.field) not in told
    ]
    if rest:
        uow.record(BookingAdjusted(**envelope, changed=tuple(rest), left=tuple(left), explanation=edit.explanation))
