"""Decisions on bookings: review, approve, return, reject; each under the booking's locks, by compare-and-swap."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from gmp_booking.approvals.decision_clock import clock_of
from gmp_booking.approvals.overrides import OverrideRequest, resolve_overrides, save_overrides
from gmp_booking.bookings import store
from gmp_booking.bookings.events import (
    BookingApproved,
    BookingConfirmed,
    BookingRejected,
    BookingReturned,
    BookingReviewed,
)
from gmp_booking.bookings.lifecycle.steps import Step
from gmp_booking.bookings.lifecycle.tracks import TRACKS, Track
from gmp_booking.bookings.models import Booking
from gmp_booking.bookings.service import event_fields, locks_of, reason_for, subject_of
from gmp_booking.bookings.stages import (
    booking_permission,
    booking_step,
    change_permission,
    change_step,
    current_stage,
    next_step,
)
from gmp_booking.bookings.transitions import Decided, Taken, take
from gmp_booking.bookings.views import BookingView, get_view
from gmp_booking.changes.change_requests import (
    OpenChange,
    advance,
    approve,
    open_change_of,
    reject,
    return_to_requester,
)
from gmp_booking.conflicts.case import Occasion
from gmp_booking.evaluation.refusals import refusal
from gmp_booking.evaluation.service import examine_again
from gmp_booking.infra.database.uow import Uow
from gmp_booking.kernel.access import is_allowed
from gmp_booking.kernel.errors import Conflict, Forbidden, Invalid, require_revision
from gmp_booking.kernel.states import BookingState
from gmp_booking.kernel.text import N_
from gmp_booking.kernel.vocabulary import Action
from gmp_booking.signatures.models import Signature
from gmp_booking.signatures.service import Verified, sign, signers_of

RECORD_TYPE = "booking"


@dataclass(frozen=True)
class Decision:
    """One decision, as it was sent.

    Shape: `revision` is the one the decider saw; `verified` is the verified password, where a signature is required.
    """

    reference: str
    action: Action
    revision: int | None = None
    reason: str | None = None
    verified: Verified | None = None
    overrides: tuple[OverrideRequest, ...] = ()


def decide(uow: Uow, decision: Decision) -> BookingView:
    """Decide on a booking or on its open change request.

    Errors: NotFound; Conflict when the state or the rules do not allow it; Forbidden for people without the role of
    the stage; Invalid for a missing reason or signature; Stale when the booking changed meanwhile.
    """
    details = get_view(uow, decision.reference)
    waiting = open_change_of(uow, details)
    under_decision = waiting.proposal if waiting else details
    booking = under_decision.booking
    require_revision(booking.revision, seen=decision.revision)
    _require_may_decide(uow, booking, decision.action, is_change=waiting is not None)
    step: Step[Any] = (change_step if waiting else booking_step)(booking, decision.action)
    uow.lock(locks_of(uow, under_decision))
    decide_by_action = {
        Action.REVIEW: _pass_stage,
        Action.APPROVE: _pass_stage,
        Action.RETURN: _return,
        Action.REJECT: _reject,
    }[decision.action]
    decide_by_action(uow, under_decision, decision, step, waiting=waiting)
    return details


def _require_may_decide(uow: Uow, booking: Booking, action: Action, *, is_change: bool) -> None:
    stage = current_stage(booking)
    signers = signers_of(uow, RECORD_TYPE, booking.id, version=booking.version) if stage and stage.meaning else ()
    subject = subject_of(booking, stage_role=stage.role if stage else None, earlier_signers=frozenset(signers))
    if stage is None and uow.actor.is_staff:
        raise Conflict(N_("This booking is not waiting for a decision."))
    permission = (change_permission if is_change else booking_permission)(booking, action)
    if not is_allowed(uow.actor, permission, subject):
        # If the decider's own first request was committed between the two reads, the answer is Stale, not Forbidden.
        store.require_unchanged(uow, booking)
        raise Forbidden(params={"permission": permission.value})


def _pass_stage(
    uow: Uow, details: BookingView, decision: Decision, step: Step[Any], *, waiting: OpenChange | None
) -> None:
    booking = details.booking
    verdict = examine_again(uow, details, occasion=Occasion.APPROVE)
    if verdict.has_hard:
        raise refusal(verdict)
    later = [each.role for each in TRACKS[Track(booking.track)][booking.stage + 1 :]]
    resolved = resolve_overrides(uow, booking, verdict, asked=decision.overrides, later=later)
    signature = _sign_if_due(uow, booking, decision, step)
    save_overrides(uow, booking, resolved, signature_id=signature.id if signature else None)
    decided = _decided(booking, decision, step, signature)
    if waiting is not None:
        (advance if later else approve)(uow, waiting, decided)
    elif later:
        event = BookingReviewed(**event_fields(booking), stage=decided.role, meaning=step.meaning)
        take(uow, booking, decided.taken(event), stage=booking.stage + 1)
    else:
        _approve(uow, booking, decided)


def _approve(uow: Uow, booking: Booking, decided: Decided[BookingState]) -> None:
    """Approve the booking; the system confirms it in the same transaction."""
    fields, step = event_fields(booking), decided.step
    approved = decided.taken(BookingApproved(**fields, stage=decided.role, meaning=step.meaning))
    confirmed = Taken(next_step(booking, step.target, Action.CONFIRM), BookingConfirmed(**fields), by_system=True)
    columns = {"confirmed_at": uow.now, "pending_until": None, "sequence": booking.sequence + 1}
    take(uow, booking, approved, confirmed, **columns)


def _return(uow: Uow, details: BookingView, decision: Decision, step: Step[Any], *, waiting: OpenChange | None) -> None:
    booking = details.booking
    question = reason_for(step, decision.reason) or ""
    until = clock_of(uow, details, waiting).returned_until()
    decided = _decided(booking, decision, step, _sign_if_due(uow, booking, decision, step))
    if waiting is not None:
        return_to_requester(uow, waiting, decided, question=question, until=until)
        return
    event = BookingReturned(**event_fields(booking), stage=decided.role, question=question)
    take(uow, booking, decided.taken(event), pending_until=until, returned_at=uow.now)


def _reject(uow: Uow, details: BookingView, decision: Decision, step: Step[Any], *, waiting: OpenChange | None) -> None:
    booking = details.booking
    explanation = reason_for(step, decision.reason) or ""
    decided = _decided(booking, decision, step, _sign_if_due(uow, booking, decision, step))
    if waiting is not None:
        reject(uow, waiting, decided, explanation=explanation)
        return
    event = BookingRejected(**event_fields(booking), stage=decided.role, explanation=explanation, meaning=step.meaning)
    take(uow, booking, decided.taken(event))


def _decided(booking: Booking, decision: Decision, step: Step[Any], signature: Signature | None) -> Decided[Any]:
    stage = current_stage(booking)
    assert stage is not None
    return Decided(step, stage, decision.reason, is_signed=signature is not None)


def _sign_if_due(uow: Uow, booking: Booking, decision: Decision, step: Step[Any]) -> Signature | None:
    if step.meaning is None:
        return None
    if decision.verified is None:
        raise Invalid(field_errors={"signature": [N_("This decision needs a signature: enter your password.")]})
    return sign(
        uow,
        decision.verified,
        record_type=RECORD_TYPE,
        record_id=booking.id,
        record_reference=booking.reference,
        record_version=booking.version,
        content_hash=store.current_hash(uow, booking),
        meaning=step.meaning,
        company_id=booking.company_id,
    )
