"""Change a booking: apply at once what needs no new signature, else create a change request."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from gmp_booking.bookings.content import BookingContent
from gmp_booking.bookings.lifecycle.change_steps import CHANGE_STEPS, WITHDRAW
from gmp_booking.bookings.lifecycle.session_steps import CANCEL, SESSION_STEPS
from gmp_booking.bookings.lifecycle.steps import find_step, permission_of
from gmp_booking.bookings.lifecycle.tracks import Track
from gmp_booking.bookings.models import Booking
from gmp_booking.bookings.service import reason_for, subject_of
from gmp_booking.bookings.stages import change_permission, permission_to_change
from gmp_booking.bookings.store import save_evaluation
from gmp_booking.bookings.views import BookingView, get_view, view_of
from gmp_booking.changes.apply_unsigned import apply_unsigned, cancellations
from gmp_booking.changes.change_requests import OpenChange, confirm, open_change_of, request_change
from gmp_booking.changes.change_requests import withdraw as end_as_withdrawn
from gmp_booking.changes.classify_change import ChangeClass, changes_people_only, keep_known_roles
from gmp_booking.changes.prepare_change import PreparedChange, classify, prepare
from gmp_booking.conflicts.verdict import Verdict
from gmp_booking.evaluation.auto_confirmation import is_auto_confirmed
from gmp_booking.evaluation.refusals import RefusedRequest, refusal
from gmp_booking.evaluation.request_limits import (
    added_room_minutes,
    find_limits,
    require_signatory,
    require_within_limit,
)
from gmp_booking.evaluation.service import record_of
from gmp_booking.infra.database.uow import Uow
from gmp_booking.kernel.access import Actor, Permission, is_allowed, require
from gmp_booking.kernel.errors import Conflict, NotFound, require_revision
from gmp_booking.kernel.states import IN_FORCE, REQUESTED
from gmp_booking.kernel.text import N_
from gmp_booking.kernel.vocabulary import Action
from gmp_booking.requests.submit import submit
from gmp_booking.resources.slots import locks_of_slots


class ChangeOutcome(StrEnum):
    """The outcome of a change."""

    UNCHANGED = "unchanged"
    ADJUSTED = "adjusted"
    MOVED = "moved"
    REQUESTED = "requested"
    REPLACED = "replaced"
    APPROVED = "approved"


@dataclass(frozen=True)
class ChangeResult:
    """An accepted change, and the booking as it is now.

    Shape: `before` is the previous content, so that the change can be undone.
    """

    outcome: ChangeOutcome
    details: BookingView
    before: BookingContent
    verdict: Verdict
    waiting: OpenChange | None = None

    @property
    def booking(self) -> Booking:
        return self.details.booking


def change(
    uow: Uow,
    reference: str,
    content: BookingContent,
    *,
    revision: int | None = None,
    explanation: str | None = None,
    typed: bool = False,
) -> ChangeResult:
    """Change a booking: replace a request; change a confirmed booking at once, or create a change request for it.

    Shape: `typed` is true for content of the form, which has no crew roles.

    Errors: NotFound; Invalid; Conflict with the findings when one of them is HARD, or when the state does not allow it;
    Stale.
    """
    details = get_view(uow, reference)
    booking = details.booking
    require(uow.actor, permission_to_change(booking), subject_of(booking))
    require_revision(booking.revision, seen=revision)
    if typed:
        content = keep_known_roles(details.content, content)
    if booking.state in REQUESTED:
        submitted = submit(uow, content, reference=reference, action=Action.CHANGE)
        now = view_of(uow, submitted.booking)
        return ChangeResult(ChangeOutcome.REPLACED, now, details.content, submitted.verdict)
    if booking.state not in IN_FORCE:
        raise Conflict(N_("The current state of this booking does not allow this."))
    classified = classify(uow, details, content)
    if classified.change_class is ChangeClass.NOTHING:
        return ChangeResult(ChangeOutcome.UNCHANGED, details, details.content, Verdict(), open_change_of(uow, details))
    prepared = prepare(uow, classified, explanation=explanation)
    if prepared.verdict.has_hard:
        raise refusal(prepared.verdict, RefusedRequest(prepared.resolved, booking.id))
    return _carry_out(uow, prepared)


def _carry_out(uow: Uow, prepared: PreparedChange) -> ChangeResult:
    booking, before = prepared.details.booking, prepared.old
    track = required_track(uow.actor, prepared)
    if track is None:
        _require_no_open_change(prepared)
        for step in cancellations(prepared).values():
            reason_for(step, prepared.explanation)
        apply_unsigned(uow, prepared)
        if prepared.gathered is not None:
            save_evaluation(uow, booking, record_of(prepared.gathered, prepared.verdict))
        return ChangeResult(outcome_of(uow.actor, prepared), view_of(uow, booking), before, prepared.verdict)
    limits = find_limits(uow, booking.company_id, booking_id=booking.id)
    if uow.actor.company_id is not None:
        require_signatory(limits, prepared.wanted, uow.actor.roles, zone=uow.zone)
    needs_no_decision = is_auto_confirmed(
        uow, prepared.wanted, prepared.resolved, verdict=prepared.verdict, company_id=booking.company_id
    )
    if not needs_no_decision:
        require_within_limit(limits, added_room_minutes(prepared.old, prepared.wanted))
    request_change(uow, prepared, track=track)
    now = view_of(uow, booking)
    waiting = open_change_of(uow, now)
    if waiting is not None and needs_no_decision:
        confirm(uow, waiting, prepared.resolved)
        return ChangeResult(ChangeOutcome.APPROVED, view_of(uow, waiting.booking), before, prepared.verdict)
    return ChangeResult(ChangeOutcome.REQUESTED, now, before, prepared.verdict, waiting)


def outcome_of(actor: Actor, prepared: PreparedChange) -> ChangeOutcome:
    """The outcome of a change without HARD findings, automatic confirmation aside."""
    if required_track(actor, prepared) is not None:
        return ChangeOutcome.REQUESTED
    return ChangeOutcome.MOVED if prepared.change_class is ChangeClass.MOVE else ChangeOutcome.ADJUSTED


def required_track(actor: Actor, prepared: PreparedChange) -> Track | None:
    """The approval track of the change; None when it may be applied at once."""
    if prepared.change_class is ChangeClass.SIGNED or prepared.new_findings:
        return Track(prepared.head.track)
    if prepared.change_class is ChangeClass.MOVE:
        may_move = is_allowed(actor, Permission.BOOKING_MOVE_SESSION, subject_of(prepared.details.booking))
        return None if may_move else Track.MOVE
    return None


def _require_no_open_change(prepared: PreparedChange) -> None:
    if prepared.waiting is not None and not changes_people_only(prepared.old, prepared.wanted):
        raise Conflict(N_("A change request for this booking is waiting for a decision. Withdraw it first, or wait."))


def withdraw(uow: Uow, reference: str, *, revision: int | None = None, explanation: str | None = None) -> Booking:
    """Withdraw the open change request; the booking stays confirmed as it is.

    Errors: NotFound; Conflict when no change waits; Stale.
    """
    details = get_view(uow, reference)
    booking = details.booking
    require(uow.actor, permission_of(CHANGE_STEPS, None, WITHDRAW), subject_of(booking))
    require_revision(booking.revision, seen=revision)
    waiting = open_change_of(uow, details)
    if waiting is None:
        raise Conflict(N_("No change request for this booking is waiting for a decision."))
    require(uow.actor, change_permission(waiting.proposal.booking, WITHDRAW), subject_of(booking))
    uow.lock(locks_of_slots(uow, booking.id))
    end_as_withdrawn(uow, waiting, explanation=explanation)
    return booking


def cancel_session(uow: Uow, reference: str, number: int, *, reason: str, revision: int | None = None) -> Booking:
    """Cancel one session of a confirmed booking; its time is released at once and the signatures remain valid.

    Errors: NotFound; Invalid without a reason; Conflict when it has begun or is the last one; Stale.
    """
    details = get_view(uow, reference)
    booking = details.booking
    state = next((each.state for each in details.sessions if each.number == number), None)
    require(uow.actor, permission_of(SESSION_STEPS, state, CANCEL), subject_of(booking))
    require_revision(booking.revision, seen=revision)
    if state is None:
        raise NotFound
    step = find_step(SESSION_STEPS, state, CANCEL)
    if booking.state not in IN_FORCE or step is None:
        raise Conflict(N_("Only a session of a confirmed booking that has not started can be cancelled."))
    remaining = tuple(each for each in details.content.sessions if each.number != number)
    if not remaining:
        raise Conflict(N_("This is the only session left: cancel the whole booking instead."))
    classified = classify(uow, details, replace(details.content, sessions=remaining), cancelled=number)
    prepared = prepare(uow, classified, explanation=reason_for(step, reason))
    _require_no_open_change(prepared)
    apply_unsigned(uow, prepared)
    return booking


def move_session(
    uow: Uow, reference: str, number: int, *, start: datetime, end: datetime, revision: int | None = None
) -> ChangeResult:
    """Move one session to another time."""
    return change(
        uow, reference, _content_with_moved_session(uow, reference, number, start=start, end=end), revision=revision
    )


def _content_with_moved_session(
    uow: Uow, reference: str, number: int, *, start: datetime, end: datetime
) -> BookingContent:
    """The booking's content with one session moved. Errors: NotFound."""
    content = get_view(uow, reference).content
    if number not in dict(content.numbered_sessions):
        raise NotFound
    sessions = [replace(each, start=start, end=end) if each.number == number else each for each in content.sessions]
    return replace(content, sessions=tuple(sessions))


def get_open_change(uow: Uow, reference: str) -> OpenChange:
    """The open change request of a booking. Errors: NotFound."""
    waiting = open_change_of(uow, get_view(uow, reference))
    if waiting is None:
        raise NotFound
    return waiting
