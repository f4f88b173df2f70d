"""What all actions in sessions share: the request, its step, the actual time, the event fields."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from gmp_booking.bookings.change_store import fit_crew
from gmp_booking.bookings.content import NamedPerson
from gmp_booking.bookings.lifecycle.session_steps import EMERGENCY, SESSION_STEPS, session_step
from gmp_booking.bookings.lifecycle.steps import Slots, Step, When, permission_of
from gmp_booking.bookings.service import EventFields
from gmp_booking.evaluation.slot_allocation import Granted, Holder, allocate_stored
from gmp_booking.execution import store
from gmp_booking.execution.clearance import LONGEST_EXTENSION
from gmp_booking.execution.store import SessionRow
from gmp_booking.infra.database.uow import Uow
from gmp_booking.kernel.access import Actor, Permission, Subject, is_allowed
from gmp_booking.kernel.errors import Invalid
from gmp_booking.kernel.states import SessionState
from gmp_booking.kernel.text import N_
from gmp_booking.signatures.service import Verified

NOT_IN_THE_FUTURE: Final = N_("This time is in the future.")


@dataclass(frozen=True)
class SessionAction:
    """One requested action in one session.

    Shape: `seen` is the state the person saw, `revision` that of the booking; `at` is the actual time, None for now;
    `verified` is the verified password, where a signature is required. `person_ids` are the ids of `people` by address;
    `told` is who was told of an emergency entry, and when.
    """

    reference: str
    number: int
    action: str
    revision: int | None = None
    seen: str | None = None
    at: datetime | None = None
    until: datetime | None = None
    reason: str | None = None
    items: tuple[str, ...] = ()
    headcount: int | None = None
    note: str | None = None
    deviation_no: str | None = None
    people: tuple[NamedPerson, ...] = ()
    person_ids: Mapping[str, int] = field(default_factory=dict)
    told: str | None = None
    verified: Verified | None = None

    @property
    def is_emergency(self) -> bool:
        return self.action == EMERGENCY

    @property
    def has_deviation(self) -> bool:
        """Whether a deviation is named; an emergency entry gets its number later."""
        return bool(self.deviation_no) or self.is_emergency


def may_record_regardless(actor: Actor, act: SessionAction) -> bool:
    """Whether what has happened is recorded although a rule forbids it."""
    return act.is_emergency or is_allowed(actor, Permission.SESSION_RECORD_REGARDLESS)


def step_of(session: SessionRow, act: SessionAction) -> Step[SessionState]:
    """The step of an action in a session. Errors: Conflict when its state does not allow it."""
    return session_step(session.stands, act.action, conditions_of(session, act.until))


def permission_for(session: SessionRow, action: str, *, until: datetime | None = None) -> Permission:
    """The permission for an action in a session, whether its state allows the action or not."""
    return permission_of(SESSION_STEPS, session.stands, action, conditions_of(session, until))


def conditions_of(session: SessionRow, until: datetime | None = None) -> frozenset[When]:
    """The conditions that hold for a session. Shape: `until` is the end that is announced, if one is."""
    clearance = When.CLEARED_FIRST if session.cleared_first else When.NOT_CLEARED_FIRST
    return frozenset({clearance, _beside_the_plan(session, until)})


def _beside_the_plan(session: SessionRow, until: datetime | None) -> When:
    if until is None or until <= session.ends_at:
        return When.WITHIN_THE_PLAN
    return When.BEYOND_THE_PLAN if until <= session.ends_at + LONGEST_EXTENSION else When.FAR_BEYOND_THE_PLAN


def write_state(uow: Uow, session: SessionRow, step: Step[SessionState], **columns: Any) -> None:
    """Write the target of a step. Errors: Stale when somebody else changed the session."""
    if columns or step.target != session.stands:
        store.change_session(uow, session, state=step.target, **columns)


def write_step(uow: Uow, session: SessionRow, step: Step[SessionState], **columns: Any) -> datetime | None:
    """Write the target of a step, and fit the time of crew and slots where the step does; how far the slots are held.

    Time that somebody else holds stays theirs.
    Errors: Stale when somebody else changed the session.
    """
    write_state(uow, session, step, **columns)
    if step.slots is Slots.KEEPS:
        return None
    assert step.slots is Slots.FITS, f"this step {step.slots} slots"
    ends = [each.period.end for each in fit_time(uow, session) if each.period]
    return min(ends, default=None)


def fit_time(uow: Uow, session: SessionRow) -> list[Granted]:
    """Fit the time of crew and slots to what happened; what is held for this session."""
    fit_crew(uow, session.booking_id)
    granted = allocate_stored(uow, Holder(session.booking_id, session.company_id))
    return [each for each in granted if each.need.session == session.number]


def subject_of(session: SessionRow, action: str) -> Subject:
    """The session for the permission table. Shape: `done_by` did what is now verified, so must not verify it."""
    done_by = session.end_entered_by if action == "verify" else session.cleared_by_id
    return Subject(
        company_id=session.company_id,
        requested_by=session.requested_by,
        entered_by=session.entered_by,
        done_by=done_by,
    )


def happened_at(uow: Uow, act: SessionAction, *, earliest: datetime | None) -> datetime:
    """The actual time of a record. Errors: Invalid for a time in the future, or before `earliest`."""
    at = uow.now if act.at is None else act.at
    if at > uow.now:
        raise Invalid(field_errors={"at": [NOT_IN_THE_FUTURE]})
    if earliest is not None and at < earliest:
        raise Invalid(field_errors={"at": [N_("The start time is too early. Please check it.")]})
    return at


class SessionEventFields(EventFields):
    """What every event says of its session."""

    session: int
    room: str


def session_event_fields(session: SessionRow) -> SessionEventFields:
    """The fields that every event of a session has."""
    return {
        "company_id": session.company_id,
        "booking_id": session.booking_id,
        "reference": session.reference,
        "version": session.version,
        "session": session.number,
        "room": session.room,
    }
