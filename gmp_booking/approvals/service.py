"""Decisions on bookings: review, approve, return, reject; each under the booking's locks, by compare-and-swap."""

from __future__ import annotations

from dataclasses import dataclass

from gmp_booking.approvals.overrides import OverrideRequest, resolve_overrides, save_overrides
from gmp_booking.bookings import store
from gmp_booking.bookings.events import (
    BookingApproved,
    BookingConfirmed,
    BookingRejected,
    BookingReturned,
    BookingReviewed,
)
from gmp_booking.bookings.lifecycle import TRACKS, Track, step
from gmp_booking.bookings.models import Booking
from gmp_booking.bookings.service import event_fields, locks_of, require_reason, subject_of
from gmp_booking.bookings.stages import action_of_stage, current_stage, meaning_of
from gmp_booking.bookings.views import BookingView, get_view
from gmp_booking.changes.change_requests import OpenChange, advance, apply, open_change_of, reject, return_to_requester
from gmp_booking.conflicts.case import Occasion
from gmp_booking.evaluation.decision_deadlines import RETURNED_DAYS, working_days_later
from gmp_booking.evaluation.service import examine_again
from gmp_booking.evaluation.slot_allocation import refusal, release
from gmp_booking.infra.database.uow import Uow
from gmp_booking.kernel.access import Permission, is_allowed
from gmp_booking.kernel.errors import Conflict, Forbidden, Invalid, require_revision
from gmp_booking.kernel.states import BookingState
from gmp_booking.kernel.text import N_
from gmp_booking.kernel.vocabulary import Action
from gmp_booking.policies.store import holidays_between
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
    _require_may_decide(uow, booking)
    step(BookingState(booking.state), decision.action)
    uow.lock(locks_of(uow, under_decision))
    decide_by_action = {
        Action.REVIEW: _pass_stage,
        Action.APPROVE: _pass_stage,
        Action.RETURN: _return,
        Action.REJECT: _reject,
    }[decision.action]
    decide_by_action(uow, under_decision, decision, waiting=waiting)
    return details


def _require_may_decide(uow: Uow, booking: Booking) -> None:
    stage = current_stage(booking)
    signers = signers_of(uow, RECORD_TYPE, booking.id, version=booking.version) if stage and stage.meaning else ()
    subject = subject_of(booking, stage_role=stage.role if stage else None, earlier_signers=frozenset(signers))
    if stage is None and uow.actor.is_staff:
        raise Conflict(N_("This booking is not waiting for a decision."))
    if not is_allowed(uow.actor, Permission.BOOKING_DECIDE, subject):
        # If the decider's own first request was committed between the two reads, the answer is Stale, not Forbidden.
        store.require_unchanged(uow, booking)
        raise Forbidden(params={"permission": Permission.BOOKING_DECIDE.value})


def _pass_stage(uow: Uow, details: BookingView, decision: Decision, *, waiting: OpenChange | None) -> None:
    booking = details.booking
    stage = current_stage(booking)
    assert stage is not None
    if decision.action is not action_of_stage(booking):
        raise Conflict(N_("The booking is at another stage; check it again."))
    verdict = examine_again(uow, details, occasion=Occasion.APPROVE)
    if verdict.has_hard:
        raise refusal(verdict)
    later = [each.role for each in TRACKS[Track(booking.track)][booking.stage + 1 :]]
    resolved = resolve_overrides(uow, booking, verdict, asked=decision.overrides, later=later)
    signature = _sign_if_due(uow, booking, decision)
    save_overrides(uow, booking, resolved, signature_id=signature.id if signature else None)
    last = not later
    if waiting is not None:
        pass_stage = apply if last else advance
        pass_stage(uow, waiting, stage)
        return
    if not last:
        store.change_booking(uow, booking, state=BookingState.UNDER_REVIEW, stage=booking.stage + 1)
        uow.record(BookingReviewed(**event_fields(booking), stage=stage.role.value, meaning=stage.meaning))
        return
    store.change_booking(
        uow,
        booking,
        state=BookingState.CONFIRMED,
        confirmed_at=uow.now,
        pending_until=None,
        sequence=booking.sequence + 1,
    )
    uow.record(BookingApproved(**event_fields(booking), stage=stage.role.value, meaning=stage.meaning))
    uow.record(BookingConfirmed(**event_fields(booking)))


def _return(uow: Uow, details: BookingView, decision: Decision, *, waiting: OpenChange | None) -> None:
    booking = details.booking
    stage = current_stage(booking)
    assert stage is not None
    question = require_reason(decision.reason)
    holidays = holidays_between(uow, uow.now.date(), days=30)
    until = working_days_later(uow.now, RETURNED_DAYS, holidays, zone=uow.zone)
    if waiting is not None:
        return_to_requester(uow, waiting, stage, question=question, until=until)
        return
    store.change_booking(uow, booking, state=BookingState.RETURNED, pending_until=until)
    uow.record(BookingReturned(**event_fields(booking), stage=stage.role.value, question=question))


def _reject(uow: Uow, details: BookingView, decision: Decision, *, waiting: OpenChange | None) -> None:
    booking = details.booking
    stage = current_stage(booking)
    assert stage is not None
    explanation = require_reason(decision.reason)
    meaning = meaning_of(booking, Action.REJECT)
    _sign_if_due(uow, booking, decision)
    if waiting is not None:
        reject(uow, waiting, stage, explanation=explanation, meaning=meaning)
        return
    release(uow, booking, state=BookingState.REJECTED)
    uow.record(
        BookingRejected(**event_fields(booking), stage=stage.role.value, explanation=explanation, meaning=meaning)
    )


def _sign_if_due(uow: Uow, booking: Booking, decision: Decision) -> Signature | None:
    meaning = meaning_of(booking, decision.action)
    if meaning is None:
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
        meaning=meaning,
        company_id=booking.company_id,
    )
