"""Change requests of confirmed bookings: create, decide and end them.

The version in force stays confirmed and keeps its slots. A change request holds the additional time it needs in slots
of its own. Ending it releases those slots; applying it cannot fail because somebody else took the time.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from gmp_booking.bookings import change_store, store
from gmp_booking.bookings.diff import differences
from gmp_booking.bookings.events import (
    BookingChangeApproved,
    BookingChangeExpired,
    BookingChangeRejected,
    BookingChangeRequested,
    BookingChangeReturned,
    BookingChangeReviewed,
    BookingChangeWithdrawn,
)
from gmp_booking.bookings.lifecycle.change_steps import CHANGE_STEPS, WITHDRAW
from gmp_booking.bookings.lifecycle.steps import Slots, Step, step_at_stage
from gmp_booking.bookings.lifecycle.tracks import Track
from gmp_booking.bookings.models import Booking, ChangeRequest
from gmp_booking.bookings.service import EventFields, event_fields, subject_of
from gmp_booking.bookings.stages import change_permission, change_step, stage_of
from gmp_booking.bookings.transitions import Decided, Taken
from gmp_booking.bookings.views import BookingView, view_of
from gmp_booking.changes.apply_unsigned import apply_unsigned, fit_slots
from gmp_booking.changes.classify_change import ChangeClass, first_start_touched, sessions_changed_after_start
from gmp_booking.changes.prepare_change import PreparedChange, agreed_state_of, gather_remaining
from gmp_booking.conflicts.case import Occasion
from gmp_booking.conflicts.verdict import Verdict
from gmp_booking.evaluation.decision_deadlines import DecisionClock, decision_days, pending_since
from gmp_booking.evaluation.resolved_content import ResolvedContent, resolve_content
from gmp_booking.evaluation.service import record_of
from gmp_booking.evaluation.slot_allocation import Holder, allocate_stored
from gmp_booking.infra.database.uow import Uow
from gmp_booking.kernel.access import require
from gmp_booking.kernel.errors import Conflict
from gmp_booking.kernel.states import IN_FORCE, OPEN_CHANGE, ChangeState
from gmp_booking.kernel.text import N_
from gmp_booking.kernel.typed_json import as_json
from gmp_booking.kernel.vocabulary import Action


@dataclass(frozen=True)
class OpenChange:
    """An open change request, the version in force, and the booking as the change proposes it."""

    in_force: BookingView
    change: ChangeRequest
    proposal: BookingView

    @property
    def booking(self) -> Booking:
        return self.in_force.booking


def open_change_of(uow: Uow, in_force: BookingView) -> OpenChange | None:
    """The open change request of a confirmed booking, or None."""
    return find_open_change(uow, in_force) if in_force.booking.state in IN_FORCE else None


def find_open_change(uow: Uow, in_force: BookingView) -> OpenChange | None:
    """The open change request of a booking in any state, or None."""
    change = change_store.find_open_change(uow, in_force.booking.id)
    if change is None:
        return None
    return OpenChange(in_force, change, proposal_of(uow, in_force, change))


def proposal_of(uow: Uow, in_force: BookingView, change: ChangeRequest) -> BookingView:
    """The booking as a change request proposes it."""
    return view_of(uow, change_store.proposed(in_force.booking, change))


def request_change(uow: Uow, prepared: PreparedChange, *, track: Track) -> ChangeRequest:
    """Add a proposed version beside the one in force; it replaces an earlier open change request."""
    booking = prepared.details.booking
    step = step_at_stage(CHANGE_STEPS, None, Action.CHANGE, track=track, stage=0)
    version = prepared.last.version + 1
    taken = Taken(step, _request(prepared, version), reason=prepared.explanation)
    if prepared.waiting is not None:
        _replace(uow, prepared, taken)
    ids = prepared.resolved.row_ids
    numbers = {"booking_id": booking.id, "company_id": booking.company_id, "version": version}
    store.add_version(uow, prepared.wanted, **numbers, ids=ids)
    change = ChangeRequest(**numbers, **_change_values(uow, prepared, track), state=step.target.value)
    change_store.add_change(uow, change)
    change_store.fit_crew(uow, booking.id)
    if step.slots is Slots.TAKES:
        fit_slots(uow, booking, prepared.gathered, prepared.resolved)
    if prepared.gathered is not None:
        record = record_of(prepared.gathered, prepared.verdict)
        store.save_evaluation(uow, change_store.proposed(booking, change), record)
    store.change_booking(uow, booking)
    uow.record(taken.event)
    return change


def _change_values(uow: Uow, prepared: PreparedChange, track: Track) -> dict[str, Any]:
    """The columns of a change request that name its requester, track and deadlines."""
    clock = DecisionClock(
        now=uow.now,
        pending_since=pending_since(uow.now, prepared.waiting),
        first_start=first_start_touched(prepared.old, prepared.wanted, uow.now),
        holidays=prepared.resolved.holidays,
        zone=uow.zone,
    )
    return {
        "base_version": prepared.details.booking.version,
        "track": track.value,
        "stage": 0,
        "revision": 1,
        "head": as_json(prepared.head),
        "explanation": prepared.explanation,
        "requested_by": uow.actor.person_id,
        "entered_by": uow.actor.person_id,
        "submitted_at": uow.now,
        **clock.deadlines(decision_days(prepared.wanted.kind, prepared.wanted.envelope)),
        "created_at": uow.now,
        "changed_at": uow.now,
    }


def _request(prepared: PreparedChange, version: int) -> BookingChangeRequested:
    booking = prepared.details.booking
    return BookingChangeRequested(
        **event_fields(booking, version=version),
        base_version=booking.version,
        changed=tuple(differences(prepared.old, prepared.wanted)),
        open_findings=tuple(finding.code for finding in prepared.verdict.findings),
        explanation=prepared.explanation,
    )


def _replace(uow: Uow, prepared: PreparedChange, by: Taken[ChangeState]) -> None:
    """End the open change request, since another one replaces it."""
    booking, replaced = prepared.details.booking, prepared.waiting
    assert replaced is not None
    proposed = change_store.proposed(booking, replaced)
    require(uow.actor, change_permission(proposed, Action.CHANGE), subject_of(booking))
    taken = Taken(change_step(proposed, Action.CHANGE), by.event, prepared.explanation)
    _write(uow, replaced, taken.step)


def take_on_change(uow: Uow, waiting: OpenChange, taken: Taken[ChangeState], **columns: Any) -> None:
    """Take a step with the change request; the booking stays as it is, but for its revision.

    Errors: Stale when somebody else was quicker.
    """
    _write(uow, waiting.change, taken.step, **columns)
    store.change_booking(uow, waiting.booking)
    uow.record(taken.event)


def _write(uow: Uow, change: ChangeRequest, step: Step[ChangeState], **columns: Any) -> None:
    """Write the state of the change request; one that ends without being applied releases what it holds."""
    ends = step.target not in OPEN_CHANGE
    assert step.slots is (Slots.RELEASES if ends else Slots.KEEPS), f"this step {step.slots} slots"
    if ends:
        columns["ended_at"] = uow.now
    if columns or step.target != change.state:
        change_store.set_change(uow, change, state=step.target.value, **columns)
    if ends:
        change_store.free_crew(uow, change.booking_id, version=change.version)
        allocate_stored(uow, Holder(change.booking_id, change.company_id))


def advance(uow: Uow, waiting: OpenChange, decided: Decided[ChangeState]) -> None:
    """Pass one stage of the change request; the next stage decides."""
    event = BookingChangeReviewed(**_event_fields(waiting), stage=decided.role, meaning=decided.step.meaning)
    take_on_change(uow, waiting, decided.taken(event), stage=waiting.change.stage + 1)


def return_to_requester(
    uow: Uow, waiting: OpenChange, decided: Decided[ChangeState], *, question: str, until: datetime
) -> None:
    """Return the change request with a question; both versions keep their slots."""
    event = BookingChangeReturned(**_event_fields(waiting), stage=decided.role, question=question)
    take_on_change(uow, waiting, decided.taken(event), pending_until=until, returned_at=uow.now)


def reject(uow: Uow, waiting: OpenChange, decided: Decided[ChangeState], *, explanation: str) -> None:
    """Reject the change request and release its slots."""
    meaning = decided.step.meaning
    event = BookingChangeRejected(
        **_event_fields(waiting), stage=decided.role, explanation=explanation, meaning=meaning
    )
    take_on_change(uow, waiting, decided.taken(event))


def withdraw(uow: Uow, waiting: OpenChange, *, explanation: str | None) -> None:
    """End the change request as withdrawn and release its slots."""
    event = BookingChangeWithdrawn(**_event_fields(waiting), explanation=explanation)
    take_on_change(uow, waiting, Taken(change_step(waiting.proposal.booking, WITHDRAW), event, explanation))


def expire(uow: Uow, waiting: OpenChange) -> None:
    """End a change request that was not decided in time. The caller holds the locks of the booking's slots."""
    proposed = waiting.proposal.booking
    stage = stage_of(proposed)
    event = BookingChangeExpired(
        **_event_fields(waiting), was=waiting.change.state, stage=stage.role.value if stage else None
    )
    take_on_change(uow, waiting, Taken(change_step(proposed, Action.EXPIRE), event, by_system=True))


def end_with_booking(uow: Uow, waiting: OpenChange) -> None:
    """End the change request of a booking that is closed; the booking keeps what was used."""
    step = change_step(waiting.proposal.booking, Action.CLOSE)
    taken = Taken(step, BookingChangeWithdrawn(**_event_fields(waiting)), by_system=True)
    _write(uow, waiting.change, taken.step)
    uow.record(taken.event)


def approve(uow: Uow, waiting: OpenChange, decided: Decided[ChangeState]) -> None:
    """Apply the change request as approved at the last stage of its track."""
    fields = _approval_fields(waiting)
    event = BookingChangeApproved(**fields, stage=decided.role, meaning=decided.step.meaning)
    _apply(uow, waiting, decided.taken(event), resolved=None)


def confirm(uow: Uow, waiting: OpenChange, resolved: ResolvedContent) -> None:
    """Apply the change request that needs no decision. Shape: `resolved` is its content."""
    step = change_step(waiting.proposal.booking, Action.CONFIRM)
    taken = Taken(step, BookingChangeApproved(**_approval_fields(waiting)), by_system=True)
    _apply(uow, waiting, taken, resolved=resolved)


def _approval_fields(waiting: OpenChange) -> dict[str, Any]:
    base, in_place = waiting.booking.version, waiting.change.track == Track.MOVE
    return {**_event_fields(waiting), "base_version": base, "in_place": in_place}


def _apply(uow: Uow, waiting: OpenChange, taken: Taken[ChangeState], *, resolved: ResolvedContent | None) -> None:
    """Apply the change request: its version comes into force and keeps only its own slots.

    Sessions that have begun continue in the new version. A session move is applied in place, since it needs no new
    signature.
    Shape: `resolved` is its content if it is resolved already.
    Errors: Conflict when a session it would change has begun meanwhile.
    """
    booking, proposal = waiting.booking, waiting.proposal
    _require_sessions_not_begun(waiting)
    assert taken.step.slots is Slots.FITS, f"this step {taken.step.slots} slots"
    if waiting.change.track == Track.MOVE:
        _move_in_place(uow, waiting, taken)
        return
    old, new = booking.version, waiting.change.version
    resolved = resolved or resolve_content(uow, proposal.content, company_id=booking.company_id)
    gathered = gather_remaining(uow, waiting.in_force, proposal.content, resolved, occasion=Occasion.APPROVE)
    change_store.free_crew(uow, booking.id, version=old)
    change_store.set_change(uow, waiting.change, state=taken.step.target.value, ended_at=uow.now)
    head = change_store.proposed_head(waiting.change)
    store.change_booking(uow, booking, **vars(head), version=new, sequence=booking.sequence + 1)
    fit_slots(uow, booking, gathered, resolved)
    uow.record(taken.event)


def _move_in_place(uow: Uow, waiting: OpenChange, taken: Taken[ChangeState]) -> None:
    """Drop the proposed version and give its times to the sessions in force."""
    booking, wanted = waiting.booking, waiting.proposal.content
    change_store.free_crew(uow, booking.id, version=waiting.change.version)
    change_store.set_change(uow, waiting.change, state=taken.step.target.value, ended_at=uow.now)
    resolved = resolve_content(uow, wanted, company_id=booking.company_id)
    prepared = PreparedChange(
        details=waiting.in_force,
        agreed=agreed_state_of(waiting.in_force),
        wanted=wanted,
        change_class=ChangeClass.MOVE,
        last=change_store.last_numbers(uow, booking.id),
        resolved=resolved,
        gathered=gather_remaining(uow, waiting.in_force, wanted, resolved, occasion=Occasion.MOVE),
        verdict=Verdict(),
        head=change_store.proposed_head(waiting.change),
        waiting=None,
        explanation=waiting.change.explanation,
    )
    uow.record(taken.event)
    apply_unsigned(uow, prepared)


def _require_sessions_not_begun(waiting: OpenChange) -> None:
    agreed = agreed_state_of(waiting.in_force)
    if touched := sessions_changed_after_start(agreed, waiting.proposal.content):
        message = N_(
            "Session %(number)s has started or ended since the change was requested. Return the change or reject it."
        )
        raise Conflict(message, params={"number": touched[0]})


def _event_fields(waiting: OpenChange) -> EventFields:
    """The booking's event fields with the version of the change request."""
    return event_fields(waiting.booking, version=waiting.change.version)
