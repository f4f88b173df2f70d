"""Apply a change to a confirmed booking in place: unsigned fields, and sessions moved within the permitted range."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from gmp_booking.bookings import change_store, store
from gmp_booking.bookings.change_store import CrewMember, NewTime
from gmp_booking.bookings.content import SessionContent
from gmp_booking.bookings.diff import differences
from gmp_booking.bookings.events import BookingAdjusted, SessionCancelled, SessionMoved
from gmp_booking.bookings.lifecycle.session_steps import CANCEL, session_step
from gmp_booking.bookings.lifecycle.steps import Slots, Step
from gmp_booking.bookings.models import Booking, ChangeRequest
from gmp_booking.bookings.service import event_fields
from gmp_booking.bookings.transitions import Taken
from gmp_booking.bookings.views import view_of
from gmp_booking.changes.classify_change import cancelled_numbers, changes_people_only, moved_sessions
from gmp_booking.changes.prepare_change import PreparedChange, row_ids_of
from gmp_booking.evaluation.case_time import time_of_others
from gmp_booking.evaluation.gather import Gathered
from gmp_booking.evaluation.refusals import refuse_taken
from gmp_booking.evaluation.resolved_content import ResolvedContent
from gmp_booking.evaluation.slot_allocation import allocate_stored, holder_of
from gmp_booking.infra.database.uow import Uow
from gmp_booking.kernel.states import SessionState

# A change of one of these raises the iCalendar SEQUENCE, so that calendars replace their copy.
CALENDAR_FIELDS = frozenset({"time", "room", "whole"})


def apply_unsigned(uow: Uow, prepared: PreparedChange) -> None:
    """Write a change that needs no new signature; new people are also written to an open change request."""
    details, wanted = prepared.details, prepared.wanted
    removed_ids = _swap_people(uow, prepared)
    if prepared.waiting is not None:
        _swap_in_proposal(uow, prepared, prepared.waiting)
    if not changes_people_only(prepared.old, wanted):
        rows = row_ids_of(details).sessions
        change_store.set_times(uow, list(_new_times(prepared)))
        cancelled = {rows[number]: step.target for number, step in cancellations(prepared).items()}
        change_store.cancel_sessions_by_id(uow, cancelled)
        fit_slots(uow, details.booking, prepared.gathered, prepared.resolved)
    shows_in_calendars = any(
        each.part != "booking" and each.field in CALENDAR_FIELDS for each in differences(prepared.old, wanted)
    )
    store.change_booking(
        uow, details.booking, **vars(prepared.head), sequence=details.booking.sequence + shows_in_calendars
    )
    _record(uow, prepared, removed_ids=removed_ids)


def cancellations(prepared: PreparedChange) -> dict[int, Step[SessionState]]:
    """The steps of the sessions that the change leaves out, by number."""
    states = {each.number: each.state for each in prepared.details.sessions}
    numbers = cancelled_numbers(prepared.agreed, prepared.wanted)
    return {number: session_step(states[number], CANCEL) for number in numbers}


def fit_slots(uow: Uow, booking: Booking, gathered: Gathered | None, resolved: ResolvedContent) -> None:
    """Hold what the booking needs as it is stored now.

    Shape: `gathered` is the case of what is still to come, if there is anything.
    Errors: Conflict with the findings when somebody else holds time that the case needs.
    """
    if gathered is None:
        allocate_stored(uow, holder_of(booking))
        return
    case = gathered.case
    allocate_stored(uow, holder_of(booking), known=time_of_others(case, resolved), refuse=refuse_taken(case, resolved))


def _new_times(prepared: PreparedChange) -> Iterator[NewTime]:
    rows = row_ids_of(prepared.details)
    sessions, equipment = dict(prepared.old.numbered_sessions), dict(prepared.old.numbered_equipment)
    for number, session in prepared.wanted.numbered_sessions:
        if (session.start, session.end) != (sessions[number].start, sessions[number].end):
            yield NewTime("session", rows.sessions[number], session.start, session.end)
    for number, each in prepared.wanted.numbered_equipment:
        if (each.start, each.end) != (equipment[number].start, equipment[number].end):
            yield NewTime("equipment", rows.reservations[number], each.start, each.end)


def _swap_people(uow: Uow, prepared: PreparedChange) -> tuple[int, ...]:
    """Write the new crews, and return the ids of people who are in no session any more."""
    rows = row_ids_of(prepared.details).sessions
    swapped = {rows[number]: session for number, session in _sessions_with_new_crew(prepared).items()}
    change_store.set_crew(uow, swapped.keys(), _crew(swapped, prepared.resolved))
    before = {person.email: person.id for person in prepared.details.crew}
    return tuple(sorted(person_id for email, person_id in before.items() if email not in prepared.wanted.emails))


def _swap_in_proposal(uow: Uow, prepared: PreparedChange, waiting: ChangeRequest) -> None:
    """Swap people in the open change request, too, in sessions where both versions had the same crew.

    Otherwise approving the request would bring back the person who was replaced.
    """
    proposal = view_of(uow, change_store.proposed(prepared.details.booking, waiting))
    old = dict(prepared.old.numbered_sessions)
    swapped = {
        each.id: _sessions_with_new_crew(prepared)[each.number]
        for each in proposal.sessions
        if each.number in _sessions_with_new_crew(prepared)
        and {person.email for person in each.people} == {person.email for person in old[each.number].people}
    }
    change_store.set_crew(uow, swapped.keys(), _crew(swapped, prepared.resolved))


def _sessions_with_new_crew(prepared: PreparedChange) -> dict[int, SessionContent]:
    """The sessions whose crew changes, by number."""
    old = dict(prepared.old.numbered_sessions)
    return {
        number: session
        for number, session in prepared.wanted.numbered_sessions
        if frozenset(session.people) != frozenset(old[number].people)
    }


def _crew(sessions: Mapping[int, SessionContent], resolved: ResolvedContent) -> list[CrewMember]:
    ids = resolved.row_ids
    return [
        CrewMember(row_id, ids[person.email], person.role)
        for row_id, session in sessions.items()
        for person in session.people
    ]


def _record(uow: Uow, prepared: PreparedChange, *, removed_ids: Sequence[int]) -> None:
    envelope = event_fields(prepared.details.booking)
    old, new = dict(prepared.old.numbered_sessions), dict(prepared.wanted.numbered_sessions)
    moved, cancelled = sorted(moved_sessions(prepared.agreed, prepared.wanted)), cancellations(prepared)
    for number in moved:
        before, after = (old[number].start, old[number].end), (new[number].start, new[number].end)
        uow.record(SessionMoved(**envelope, session=number, room=new[number].room, before=before, after=after))
    for number, step in cancelled.items():
        event = SessionCancelled(
            **envelope, session=number, room=old[number].room, explanation=prepared.explanation or ""
        )
        assert step.slots is Slots.RELEASES, f"this step {step.slots} slots"
        uow.record(Taken(step, event, prepared.explanation).event)
    recorded = [("session", number, "time") for number in moved] + [
        ("session", number, "whole") for number in cancelled
    ]
    rest = [
        each
        for each in differences(prepared.old, prepared.wanted)
        if (each.part, each.number, each.field) not in recorded
    ]
    if rest:
        uow.record(
            BookingAdjusted(**envelope, changed=tuple(rest), left=tuple(removed_ids), explanation=prepared.explanation)
        )
