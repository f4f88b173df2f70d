"""Changes that wait: asked for, decided, ended. The version in force stays confirmed and holds what it held.

What a change needs beyond that is held by slots of its own, so that ending it is giving those back and putting it in
force is never refused for want of a place.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
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
from gmp_booking.bookings.views import BookingDetails, details_of
from gmp_booking.changes.apply_unsigned import apply_unsigned, lacking, settled
from gmp_booking.changes.classify_change import ChangeClass, touched_though_begun
from gmp_booking.changes.prepare_change import PreparedChange, agreed_state_of, judge_ahead, parts_of
from gmp_booking.conflicts.case import Occasion
from gmp_booking.conflicts.verdict import Verdict
from gmp_booking.evaluation.decision_deadlines import decision_days, working_days_later
from gmp_booking.evaluation.resolved_content import resolve_content
from gmp_booking.evaluation.service import save_evaluation
from gmp_booking.evaluation.slot_allocation import ids_of, take_or_refuse, wanted_slots
from gmp_booking.infra.database.uow import Uow
from gmp_booking.kernel.errors import Conflict
from gmp_booking.kernel.states import BookingState, ChangeState
from gmp_booking.kernel.text import N_
from gmp_booking.resources.slots import list_held, release_some_slots


@dataclass(frozen=True)
class OpenChange:
    """A change that waits: what is in force, the change, and the booking as the change would have it."""

    in_force: BookingDetails
    change: ChangeRequest
    proposal: BookingDetails

    @property
    def booking(self) -> Booking:
        return self.in_force.booking


def open_change_of(uow: Uow, in_force: BookingDetails) -> OpenChange | None:
    """The change of a confirmed booking that waits, if any does."""
    if in_force.booking.state != BookingState.CONFIRMED:
        return None
    change = change_store.find_open_change(uow, in_force.booking.id)
    if change is None:
        return None
    return OpenChange(in_force, change, proposal_of(uow, in_force, change))


def proposal_of(uow: Uow, in_force: BookingDetails, change: ChangeRequest) -> BookingDetails:
    """The booking as a change would have it; what has happened in its sessions has happened there, too."""
    proposal = details_of(uow, change_store.proposed(in_force.booking, change))
    states = {each["number"]: each["state"] for each in in_force.parts["sessions"]}
    sessions = [{**each, "state": states.get(each["number"], each["state"])} for each in proposal.parts["sessions"]]
    return replace(proposal, parts={**proposal.parts, "sessions": sessions})


def request_change(uow: Uow, edit: PreparedChange, *, track: Track) -> ChangeRequest:
    """Let a new version wait beside the one in force; one that waited already is replaced."""
    booking = edit.details.booking
    if edit.waiting is not None:
        _end(uow, booking.id, edit.waiting, ChangeState.WITHDRAWN)
    version = edit.last.version + 1
    ids = ids_of(edit.catalogue)
    numbers = {"booking_id": booking.id, "company_id": booking.company_id, "version": version}
    parts = store.add_version(uow, edit.wanted, **numbers, ids=ids)
    if edit.gathered is not None:
        held = list_held(uow, booking.id)
        wanted = wanted_slots(edit.gathered.case, edit.catalogue, parts, held=held)
        take_or_refuse(uow, lacking(wanted, held), edit.gathered.case, edit.catalogue, booking=booking)
    change = ChangeRequest(**numbers, **_waiting(uow, edit, track))
    change_store.add_change(uow, change)
    if edit.gathered is not None:
        save_evaluation(uow, change_store.proposed(booking, change), edit.gathered, edit.verdict)
    store.change_booking(uow, booking)
    uow.record(
        BookingChangeRequested(
            **event_fields(booking, version=version),
            base_version=booking.version,
            changed=tuple(each.as_dict() for each in differences(edit.old, edit.wanted)),
            open_findings=tuple(finding.code for finding in edit.verdict.findings),
            explanation=edit.explanation,
        )
    )
    return change


def _waiting(uow: Uow, edit: PreparedChange, track: Track) -> dict[str, Any]:
    """Shape: the columns of a change that say whose it is and by when it is decided."""
    days = decision_days(edit.wanted.kind, edit.wanted.envelope)
    return {
        "base_version": edit.details.booking.version,
        "state": ChangeState.SUBMITTED.value,
        "track": track.value,
        "stage": 0,
        "revision": 1,
        "head": change_store.head_of(edit.columns),
        "explanation": edit.explanation,
        "requested_by": uow.actor.person_id,
        "entered_by": uow.actor.person_id,
        "submitted_at": uow.now,
        "decide_by": working_days_later(uow.now, days, edit.catalogue.holidays),
        "pending_until": working_days_later(uow.now, 2 * days, edit.catalogue.holidays),
        "created_at": uow.now,
        "changed_at": uow.now,
    }


def advance(uow: Uow, waiting: OpenChange, stage: Stage) -> None:
    """One stage of the change is passed; the next one's turn comes."""
    change_store.set_change(uow, waiting.change, state=ChangeState.UNDER_REVIEW.value, stage=waiting.change.stage + 1)
    store.change_booking(uow, waiting.booking)
    uow.record(BookingChangeReviewed(**_told(waiting), stage=stage.role.value, meaning=stage.meaning))


def return_to_requester(uow: Uow, waiting: OpenChange, stage: Stage, *, question: str, until: datetime) -> None:
    """The change goes back with a question; both versions stay held."""
    change_store.set_change(uow, waiting.change, state=ChangeState.RETURNED.value, pending_until=until)
    store.change_booking(uow, waiting.booking)
    uow.record(BookingChangeReturned(**_told(waiting), stage=stage.role.value, question=question))


def refuse(uow: Uow, waiting: OpenChange, stage: Stage, *, explanation: str, meaning: str | None) -> None:
    """The change is rejected and everything is as it was."""
    _drop(uow, waiting, ChangeState.REJECTED)
    event = BookingChangeRejected(**_told(waiting), stage=stage.role.value, explanation=explanation, meaning=meaning)
    uow.record(event)


def withdraw(uow: Uow, waiting: OpenChange, *, explanation: str | None) -> None:
    """Whoever asked does not ask any more; everything is as it was."""
    _drop(uow, waiting, ChangeState.WITHDRAWN)
    uow.record(BookingChangeWithdrawn(**_told(waiting), explanation=explanation))


def expire(uow: Uow, waiting: OpenChange, *, stage: Stage | None) -> None:
    """Nobody decided in time; everything is as it was. The caller holds the locks of the booking's slots."""
    was = waiting.change.state
    _drop(uow, waiting, ChangeState.EXPIRED)
    uow.record(BookingChangeExpired(**_told(waiting), was=was, stage=stage.role.value if stage else None))


def apply(uow: Uow, waiting: OpenChange, stage: Stage | None = None) -> None:
    """The change becomes the booking: it holds its own time and nothing else, and what has begun goes on in it.

    Shape: without a stage it needed nobody's decision. A session move is done in place, the signatures stand.
    Errors: Conflict when a session it would change has begun meanwhile.
    """
    booking, proposal = waiting.booking, waiting.proposal
    _refuse_what_has_begun(waiting)
    if waiting.change.track == Track.MOVE:
        _move_in_place(uow, waiting, stage)
        return
    old, new = booking.version, waiting.change.version
    catalogue = resolve_content(uow, proposal.content, company_id=booking.company_id)
    gathered = judge_ahead(uow, waiting.in_force, proposal.content, catalogue, occasion=Occasion.APPROVE)
    held = list_held(uow, booking.id)
    kept = settled(waiting.in_force, held)
    change_store.carry_over(uow, booking.id, old=old, new=new)
    release_some_slots(uow, [slot for slot in held if slot not in kept])
    if gathered is not None:
        wanted = wanted_slots(gathered.case, catalogue, parts_of(proposal), held=held)
        take_or_refuse(uow, lacking(wanted, kept), gathered.case, catalogue, booking=booking)
    change_store.free_crew(uow, booking.id, version=old)
    change_store.set_change(uow, waiting.change, state=ChangeState.APPROVED.value, ended_at=uow.now)
    head = change_store.columns_from(waiting.change.head)
    store.change_booking(uow, booking, **head, version=new, sequence=booking.sequence + 1)
    _record_approval(uow, waiting, stage, base_version=old)


def _record_approval(uow: Uow, waiting: OpenChange, stage: Stage | None, *, base_version: int) -> None:
    uow.record(
        BookingChangeApproved(
            **_told(waiting),
            base_version=base_version,
            stage=stage.role.value if stage else None,
            meaning=stage.meaning if stage else None,
            in_place=waiting.change.track == Track.MOVE,
        )
    )


def _move_in_place(uow: Uow, waiting: OpenChange, stage: Stage | None) -> None:
    """What was proposed is let go, and the sessions in force get its times."""
    booking, wanted = waiting.booking, waiting.proposal.content
    _end(uow, booking.id, waiting.change, ChangeState.APPROVED)
    catalogue = resolve_content(uow, wanted, company_id=booking.company_id)
    edit = PreparedChange(
        details=waiting.in_force,
        standing=agreed_state_of(waiting.in_force),
        wanted=wanted,
        amendment=ChangeClass.MOVE,
        last=change_store.last_numbers(uow, booking.id),
        catalogue=catalogue,
        gathered=judge_ahead(uow, waiting.in_force, wanted, catalogue, occasion=Occasion.MOVE),
        verdict=Verdict(),
        columns=change_store.columns_from(waiting.change.head),
        waiting=None,
        explanation=waiting.change.explanation,
    )
    _record_approval(uow, waiting, stage, base_version=booking.version)
    apply_unsigned(uow, edit)


def _refuse_what_has_begun(waiting: OpenChange) -> None:
    standing = agreed_state_of(waiting.in_force)
    if touched := touched_though_begun(standing, waiting.proposal.content):
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


def _told(waiting: OpenChange) -> dict[str, Any]:
    """What the events of a change say of their booking: the version is the change's."""
    return event_fields(waiting.booking, version=waiting.change.version)
