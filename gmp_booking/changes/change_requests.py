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
from gmp_booking.bookings.lifecycle import Stage, Track
from gmp_booking.bookings.models import Booking, ChangeRequest
from gmp_booking.bookings.service import event_fields
from gmp_booking.bookings.views import BookingView, view_of
from gmp_booking.changes.apply_unsigned import apply_unsigned, missing_slots, recorded_slots
from gmp_booking.changes.classify_change import ChangeClass, sessions_changed_after_start
from gmp_booking.changes.prepare_change import PreparedChange, agreed_state_of, gather_remaining, parts_of
from gmp_booking.conflicts.case import Occasion
from gmp_booking.conflicts.verdict import Verdict
from gmp_booking.evaluation.decision_deadlines import decision_days, working_days_later
from gmp_booking.evaluation.resolved_content import ResolvedContent, resolve_content
from gmp_booking.evaluation.service import save_evaluation
from gmp_booking.evaluation.slot_allocation import ids_of, take_or_refuse, wanted_slots
from gmp_booking.infra.database.uow import Uow
from gmp_booking.kernel.errors import Conflict
from gmp_booking.kernel.states import BookingState, ChangeState
from gmp_booking.kernel.text import N_
from gmp_booking.resources.slots import list_held, release_some_slots


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
    if in_force.booking.state != BookingState.CONFIRMED:
        return None
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
    if prepared.waiting is not None:
        _end(uow, booking.id, prepared.waiting, ChangeState.WITHDRAWN)
    version = prepared.last.version + 1
    ids = ids_of(prepared.resolved)
    numbers = {"booking_id": booking.id, "company_id": booking.company_id, "version": version}
    parts = store.add_version(uow, prepared.wanted, **numbers, ids=ids)
    if prepared.gathered is not None:
        held = list_held(uow, booking.id)
        wanted = wanted_slots(prepared.gathered.case, prepared.resolved, parts, held=held)
        take_or_refuse(uow, missing_slots(wanted, held), prepared.gathered.case, prepared.resolved, booking=booking)
    change = ChangeRequest(**numbers, **_change_values(uow, prepared, track))
    change_store.add_change(uow, change)
    if prepared.gathered is not None:
        save_evaluation(uow, change_store.proposed(booking, change), prepared.gathered, prepared.verdict)
    store.change_booking(uow, booking)
    uow.record(
        BookingChangeRequested(
            **event_fields(booking, version=version),
            base_version=booking.version,
            changed=tuple(differences(prepared.old, prepared.wanted)),
            open_findings=tuple(finding.code for finding in prepared.verdict.findings),
            explanation=prepared.explanation,
        )
    )
    return change


def _change_values(uow: Uow, prepared: PreparedChange, track: Track) -> dict[str, Any]:
    """The columns of a change request that name its requester, track and deadlines."""
    days = decision_days(prepared.wanted.kind, prepared.wanted.envelope)
    return {
        "base_version": prepared.details.booking.version,
        "state": ChangeState.SUBMITTED.value,
        "track": track.value,
        "stage": 0,
        "revision": 1,
        "head": change_store.stored_values(prepared.columns),
        "explanation": prepared.explanation,
        "requested_by": uow.actor.person_id,
        "entered_by": uow.actor.person_id,
        "submitted_at": uow.now,
        "decide_by": working_days_later(uow.now, days, prepared.resolved.holidays, zone=uow.zone),
        "pending_until": working_days_later(uow.now, 2 * days, prepared.resolved.holidays, zone=uow.zone),
        "created_at": uow.now,
        "changed_at": uow.now,
    }


def advance(uow: Uow, waiting: OpenChange, stage: Stage) -> None:
    """Pass one stage of the change request; the next stage decides."""
    change_store.set_change(uow, waiting.change, state=ChangeState.UNDER_REVIEW.value, stage=waiting.change.stage + 1)
    store.change_booking(uow, waiting.booking)
    uow.record(BookingChangeReviewed(**_event_fields(waiting), stage=stage.role.value, meaning=stage.meaning))


def return_to_requester(uow: Uow, waiting: OpenChange, stage: Stage, *, question: str, until: datetime) -> None:
    """Return the change request with a question; both versions keep their slots."""
    change_store.set_change(uow, waiting.change, state=ChangeState.RETURNED.value, pending_until=until)
    store.change_booking(uow, waiting.booking)
    uow.record(BookingChangeReturned(**_event_fields(waiting), stage=stage.role.value, question=question))


def reject(uow: Uow, waiting: OpenChange, stage: Stage, *, explanation: str, meaning: str | None) -> None:
    """Reject the change request and release its slots."""
    _drop(uow, waiting, ChangeState.REJECTED)
    event = BookingChangeRejected(
        **_event_fields(waiting), stage=stage.role.value, explanation=explanation, meaning=meaning
    )
    uow.record(event)


def withdraw(uow: Uow, waiting: OpenChange, *, explanation: str | None) -> None:
    """End the change request as withdrawn and release its slots."""
    _drop(uow, waiting, ChangeState.WITHDRAWN)
    uow.record(BookingChangeWithdrawn(**_event_fields(waiting), explanation=explanation))


def expire(uow: Uow, waiting: OpenChange, *, stage: Stage | None) -> None:
    """End a change request that was not decided in time. The caller holds the locks of the booking's slots."""
    was = waiting.change.state
    _drop(uow, waiting, ChangeState.EXPIRED)
    uow.record(BookingChangeExpired(**_event_fields(waiting), was=was, stage=stage.role.value if stage else None))


def apply(
    uow: Uow, waiting: OpenChange, stage: Stage | None = None, *, resolved: ResolvedContent | None = None
) -> None:
    """Apply the change request: its version comes into force and keeps only its own slots.

    Sessions that have begun continue in the new version. A session move is applied in place, since it needs no new
    signature.
    Shape: `stage` is None for a change that needed no decision; `resolved` is its content if it is resolved already.
    Errors: Conflict when a session it would change has begun meanwhile.
    """
    booking, proposal = waiting.booking, waiting.proposal
    _require_sessions_not_begun(waiting)
    if waiting.change.track == Track.MOVE:
        _move_in_place(uow, waiting, stage)
        return
    old, new = booking.version, waiting.change.version
    resolved = resolved or resolve_content(uow, proposal.content, company_id=booking.company_id)
    gathered = gather_remaining(uow, waiting.in_force, proposal.content, resolved, occasion=Occasion.APPROVE)
    held = list_held(uow, booking.id)
    kept = recorded_slots(waiting.in_force, held)
    change_store.reattach_slots(uow, booking.id, old=old, new=new)
    release_some_slots(uow, [slot for slot in held if slot not in kept])
    if gathered is not None:
        wanted = wanted_slots(gathered.case, resolved, parts_of(proposal), held=held)
        take_or_refuse(uow, missing_slots(wanted, kept), gathered.case, resolved, booking=booking)
    change_store.free_crew(uow, booking.id, version=old)
    change_store.set_change(uow, waiting.change, state=ChangeState.APPROVED.value, ended_at=uow.now)
    head = change_store.booking_values(waiting.change.head)
    store.change_booking(uow, booking, **head, version=new, sequence=booking.sequence + 1)
    _record_approval(uow, waiting, stage, base_version=old)


def _record_approval(uow: Uow, waiting: OpenChange, stage: Stage | None, *, base_version: int) -> None:
    uow.record(
        BookingChangeApproved(
            **_event_fields(waiting),
            base_version=base_version,
            stage=stage.role.value if stage else None,
            meaning=stage.meaning if stage else None,
            in_place=waiting.change.track == Track.MOVE,
        )
    )


def _move_in_place(uow: Uow, waiting: OpenChange, stage: Stage | None) -> None:
    """Drop the proposed version and give its times to the sessions in force."""
    booking, wanted = waiting.booking, waiting.proposal.content
    _end(uow, booking.id, waiting.change, ChangeState.APPROVED)
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
        columns=change_store.booking_values(waiting.change.head),
        waiting=None,
        explanation=waiting.change.explanation,
    )
    _record_approval(uow, waiting, stage, base_version=booking.version)
    apply_unsigned(uow, prepared)


def _require_sessions_not_begun(waiting: OpenChange) -> None:
    agreed = agreed_state_of(waiting.in_force)
    if touched := sessions_changed_after_start(agreed, waiting.proposal.content):
        message = N_(
            "Session %(number)s has started or ended since the change was requested. Return the change or reject it."
        )
        raise Conflict(message, params={"number": touched[0]})


def _drop(uow: Uow, waiting: OpenChange, state: ChangeState) -> None:
    _end(uow, waiting.booking.id, waiting.change, state)
    store.change_booking(uow, waiting.booking)


def _end(uow: Uow, booking_id: int, change: ChangeRequest, state: ChangeState) -> None:
    change_store.drop_proposal(uow, booking_id, version=change.version)
    change_store.set_change(uow, change, state=state.value, ended_at=uow.now)


def _event_fields(waiting: OpenChange) -> dict[str, Any]:
    """The booking's event fields with the version of the change request."""
    return event_fields(waiting.booking, version=waiting.change.version)
