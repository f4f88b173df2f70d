"""Changing what was agreed: at once where no signature is touched, else as a request beside what is in force."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from gmp_booking.bookings.content import BookingContent
from gmp_booking.bookings.lifecycle import Track
from gmp_booking.bookings.models import Booking
from gmp_booking.bookings.service import require_reason, subject_of
from gmp_booking.bookings.views import BookingDetails, details_of, get_details
from gmp_booking.changes.apply_unsigned import apply_unsigned
from gmp_booking.changes.change_requests import OpenChange, apply, open_change_of, request_change
from gmp_booking.changes.change_requests import withdraw as end_as_withdrawn
from gmp_booking.changes.classify_change import ChangeClass, given_up, people_only, with_known_roles
from gmp_booking.changes.prepare_change import PreparedChange, classify, prepare
from gmp_booking.conflicts.verdict import Verdict
from gmp_booking.evaluation.auto_confirmation import confirms_itself
from gmp_booking.evaluation.request_limits import find_limits, require_signatory
from gmp_booking.evaluation.service import save_evaluation
from gmp_booking.evaluation.slot_allocation import refusal
from gmp_booking.infra.database.uow import Uow
from gmp_booking.kernel.access import Actor, Permission, is_allowed, require
from gmp_booking.kernel.errors import Conflict, NotFound, require_revision
from gmp_booking.kernel.states import NOT_BEGUN, REQUESTED, BookingState, SessionState
from gmp_booking.kernel.text import N_
from gmp_booking.kernel.vocabulary import Action
from gmp_booking.requests.submit import submit
from gmp_booking.resources.slots import locks_of_slots


class ChangeOutcome(StrEnum):
    """What became of an edit."""

    UNCHANGED = "unchanged"
    ADJUSTED = "adjusted"
    MOVED = "moved"
    REQUESTED = "requested"
    REPLACED = "replaced"
    APPROVED = "approved"


@dataclass(frozen=True)
class ChangeResult:
    """An edit that was taken, and the booking as it is now.

    Shape: `before` is the content that stood until now, so that it can be asked for again.
    """

    outcome: ChangeOutcome
    details: BookingDetails
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
    """Change a booking: a request is replaced, a confirmed one adjusted at once or kept until its change is decided.

    Shape: `typed` is a content of the form, which does not say in which part people take part.

    Errors: NotFound; Invalid; Conflict with the findings when a HARD one stands, or when the state does not allow it;
    Stale.
    """
    details = get_details(uow, reference)
    booking = details.booking
    require(uow.actor, Permission.BOOKING_CHANGE, subject_of(booking))
    require_revision(booking.revision, seen=revision)
    if typed:
        content = with_known_roles(details.content, content)
    if BookingState(booking.state) in REQUESTED:
        submitted = submit(uow, content, reference=reference, action=Action.CHANGE)
        now = details_of(uow, submitted.booking)
        return ChangeResult(ChangeOutcome.REPLACED, now, details.content, submitted.verdict)
    if booking.state != BookingState.CONFIRMED:
        raise Conflict(N_("The current state of this booking does not allow this."))
    wish = classify(uow, details, content)
    if wish.amendment is ChangeClass.NOTHING:
        return ChangeResult(ChangeOutcome.UNCHANGED, details, details.content, Verdict(), open_change_of(uow, details))
    edit = prepare(uow, wish, explanation=explanation)
    if edit.verdict.has_hard:
        raise refusal(edit.verdict)
    return _carry_out(uow, edit)


def _carry_out(uow: Uow, edit: PreparedChange) -> ChangeResult:
    booking, before = edit.details.booking, edit.old
    track = track_due(uow.actor, edit)
    if track is None:
        _refuse_beside_a_change(edit)
        if given_up(edit.standing, edit.wanted):
            require_reason(edit.explanation)
        apply_unsigned(uow, edit)
        if edit.gathered is not None:
            save_evaluation(uow, booking, edit.gathered, edit.verdict)
        return ChangeResult(outcome_of(uow.actor, edit), details_of(uow, booking), before, edit.verdict)
    if uow.actor.company_id is not None:
        require_signatory(find_limits(uow, booking.company_id, booking_id=booking.id), edit.wanted, uow.actor.roles)
    request_change(uow, edit, track=track)
    now = details_of(uow, booking)
    waiting = open_change_of(uow, now)
    if waiting is not None and confirms_itself(
        uow, edit.wanted, edit.catalogue, verdict=edit.verdict, company_id=booking.company_id
    ):
        apply(uow, waiting)
        return ChangeResult(ChangeOutcome.APPROVED, details_of(uow, waiting.booking), before, edit.verdict)
    return ChangeResult(ChangeOutcome.REQUESTED, now, before, edit.verdict, waiting)


def outcome_of(actor: Actor, prepared: PreparedChange) -> ChangeOutcome:
    """What becomes of a change that no HARD finding stands against, if nobody's automatic approval steps in."""
    if track_due(actor, prepared) is not None:
        return ChangeOutcome.REQUESTED
    return ChangeOutcome.MOVED if prepared.amendment is ChangeClass.MOVE else ChangeOutcome.ADJUSTED


def track_due(actor: Actor, edit: PreparedChange) -> Track | None:
    """The track the edit has to pass; None when it may be carried out at once."""
    if edit.amendment is ChangeClass.SIGNED or edit.new_findings:
        return Track(edit.columns["track"])
    if edit.amendment is ChangeClass.MOVE:
        may_move = is_allowed(actor, Permission.BOOKING_MOVE_SESSION, subject_of(edit.details.booking))
        return None if may_move else Track.MOVE
    return None


def _refuse_beside_a_change(edit: PreparedChange) -> None:
    if edit.waiting is not None and not people_only(edit.old, edit.wanted):
        raise Conflict(N_("A change request for this booking is waiting for a decision. Withdraw it first, or wait."))


def withdraw(uow: Uow, reference: str, *, revision: int | None = None, explanation: str | None = None) -> Booking:
    """Ask no more for the change that waits; the booking stays as it is confirmed.

    Errors: NotFound; Conflict when no change waits; Stale.
    """
    details = get_details(uow, reference)
    booking = details.booking
    require(uow.actor, Permission.BOOKING_CHANGE, subject_of(booking))
    require_revision(booking.revision, seen=revision)
    waiting = open_change_of(uow, details)
    if waiting is None:
        raise Conflict(N_("No change request for this booking is waiting for a decision."))
    uow.lock(locks_of_slots(uow, booking.id))
    end_as_withdrawn(uow, waiting, explanation=explanation)
    return booking


def give_up_session(uow: Uow, reference: str, number: int, *, reason: str, revision: int | None = None) -> Booking:
    """Give one session of a confirmed booking up; its time is free at once and the signatures stand.

    Errors: NotFound; Invalid without a reason; Conflict when it has begun or is the last one; Stale.
    """
    details = get_details(uow, reference)
    booking = details.booking
    require(uow.actor, Permission.BOOKING_CHANGE, subject_of(booking))
    require_revision(booking.revision, seen=revision)
    state = next((each["state"] for each in details.parts["sessions"] if each["number"] == number), None)
    if state is None:
        raise NotFound
    if booking.state != BookingState.CONFIRMED or state not in NOT_BEGUN:
        raise Conflict(N_("Only a session of a confirmed booking that has not started can be cancelled."))
    left = tuple(each for each in details.content.sessions if each.number != number)
    if not left:
        raise Conflict(N_("This is the only session left: cancel the whole booking instead."))
    wish = classify(uow, _unready(details, number), replace(details.content, sessions=left))
    edit = prepare(uow, wish, explanation=require_reason(reason))
    _refuse_beside_a_change(edit)
    apply_unsigned(uow, edit)
    return booking


def _unready(details: BookingDetails, number: int) -> BookingDetails:
    """A session that was made ready may still be given up, though no longer changed."""
    sessions = [
        {**each, "state": SessionState.PLANNED} if each["number"] == number else each
        for each in details.parts["sessions"]
    ]
    return replace(details, parts={**details.parts, "sessions": sessions})


def move_session(
    uow: Uow, reference: str, number: int, *, start: datetime, end: datetime, revision: int | None = None
) -> ChangeResult:
    """Give one session another time, everything else as it is."""
    return change(uow, reference, content_if_moved(uow, reference, number, start=start, end=end), revision=revision)


def content_if_moved(uow: Uow, reference: str, number: int, *, start: datetime, end: datetime) -> BookingContent:
    """A booking's content with one session at another time. Errors: NotFound."""
    content = get_details(uow, reference).content
    if number not in dict(content.numbered_sessions):
        raise NotFound
    sessions = [replace(each, start=start, end=end) if each.number == number else each for each in content.sessions]
    return replace(content, sessions=tuple(sessions))


def get_waiting(uow: Uow, reference: str) -> OpenChange:
    """The change of a booking that waits. Errors: NotFound when none does."""
    waiting = open_change_of(uow, get_details(uow, reference))
    if waiting is None:
        raise NotFound
    return waiting
