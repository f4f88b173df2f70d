"""Submit a booking request. Decisions on requests are in `approvals`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from gmp_booking.bookings import store
from gmp_booking.bookings.content import BookingContent, BookingHead
from gmp_booking.bookings.events import BookingConfirmed, BookingSubmitted
from gmp_booking.bookings.lifecycle.booking_steps import BOOKING_STEPS
from gmp_booking.bookings.lifecycle.steps import Slots, Step, conditions_at, find_step, permission_of
from gmp_booking.bookings.lifecycle.tracks import Track
from gmp_booking.bookings.models import Booking
from gmp_booking.bookings.service import event_fields, require_valid_content, subject_of
from gmp_booking.bookings.stages import booking_permission, booking_step, first_booking_step
from gmp_booking.bookings.store import EvaluationRecord, NewBooking
from gmp_booking.bookings.transitions import Taken, do_with_slots
from gmp_booking.conflicts.case import Occasion
from gmp_booking.conflicts.engine import examine
from gmp_booking.conflicts.verdict import Verdict
from gmp_booking.evaluation.auto_confirmation import is_auto_confirmed
from gmp_booking.evaluation.booking_row import RequestDates, dates_of, head_of
from gmp_booking.evaluation.case_time import planned_needs, time_of_others
from gmp_booking.evaluation.gather import Gathered, gather
from gmp_booking.evaluation.refusals import RefusedRequest, refusal, refuse_taken
from gmp_booking.evaluation.request_limits import (
    find_limits,
    require_signatory,
    require_within_limit,
    room_minutes,
)
from gmp_booking.evaluation.resolved_content import ResolvedContent, resolve_content
from gmp_booking.evaluation.service import record_of
from gmp_booking.evaluation.slot_allocation import allocate, holder_of
from gmp_booking.infra.database.uow import Uow
from gmp_booking.kernel.access import Subject, require
from gmp_booking.kernel.errors import require_revision
from gmp_booking.kernel.states import DRAFTED, WITH_COMPANY, BookingState
from gmp_booking.kernel.vocabulary import Action, LockKind
from gmp_booking.requests.clarification_store import record_answer, require_answer
from gmp_booking.requests.on_behalf import (
    RequestedBy,
    acknowledge_by_acting,
    acting_person_id,
    find_requester,
    request_confirmation,
    require_same_company,
)
from gmp_booking.resources.slot_changes import HeldSlot
from gmp_booking.resources.slots import list_held, locks_of_slots


@dataclass(frozen=True)
class Submitted:
    """A submitted request and its verdict."""

    booking: Booking
    content: BookingContent
    verdict: Verdict


def submit(
    uow: Uow,
    content: BookingContent,
    *,
    reference: str | None = None,
    revision: int | None = None,
    action: Action = Action.SUBMIT,
    answer: str | None = None,
) -> Submitted:
    """Submit a new request, a draft, or a new version of a request; from then on it holds its slots, all or none.

    Shape: `answer` is the answer to the question with which a booking was returned.

    Errors: Invalid for content that is wrong by itself; Conflict with the findings when one is HARD or somebody else
    took the time; Stale when the draft was changed meanwhile.
    """
    require_valid_content(content, uow)
    booking = store.get_booking(uow, reference) if reference else None
    requester = requester_for(uow, content, booking)
    step = _require_may_submit(uow, booking, requester, action=action, revision=revision)
    evaluated = _evaluate_request(uow, content, booking, company_id=requester.company_id)
    was_returned = booking is not None and booking.state in WITH_COMPANY
    confirmation = _confirmation(step, evaluated.head)
    state = (confirmation or step).target
    written = _write_request(
        uow, content, evaluated, booking=booking, requester=requester, state=state, slots=step.slots
    )
    if was_returned and answer and answer.strip():
        record_answer(uow, written, require_answer(answer))
    uow.record(Taken(step, _submission(written, content, evaluated.verdict)).event)
    if confirmation is not None:
        do_with_slots(uow, written, confirmation.slots)
        uow.record(Taken(confirmation, BookingConfirmed(**event_fields(written)), by_system=True).event)
    return Submitted(written, content, evaluated.verdict)


def _require_may_submit(
    uow: Uow, booking: Booking | None, requester: RequestedBy, *, action: Action, revision: int | None
) -> Step[BookingState]:
    """The step to be taken. Errors: Forbidden; Conflict when the state does not allow it; Stale."""
    if booking is None:
        require(uow.actor, permission_of(BOOKING_STEPS, None, action), Subject(company_id=requester.company_id))
        return first_booking_step(action)
    require(uow.actor, booking_permission(booking, action), subject_of(booking))
    step = booking_step(booking, action)
    require_revision(booking.revision, seen=revision)
    return step


@dataclass(frozen=True)
class _EvaluatedRequest:
    """A request without HARD findings; everything it names is locked."""

    resolved: ResolvedContent
    gathered: Gathered
    verdict: Verdict
    head: BookingHead
    dates: RequestDates
    record: EvaluationRecord


def _evaluate_request(
    uow: Uow, content: BookingContent, booking: Booking | None, *, company_id: int
) -> _EvaluatedRequest:
    booking_id = booking.id if booking else None
    resolved = resolve_content(uow, content, company_id=company_id)
    held = locks_of_slots(uow, booking.id) if booking else set()
    uow.lock(resolved.lock_keys(content) | held | {(LockKind.COMPANY, company_id)})
    limits = find_limits(uow, company_id, booking_id=booking_id)
    if uow.actor.company_id is not None:
        require_signatory(limits, content, uow.actor.roles, zone=uow.zone)
    gathered = gather(uow, content, resolved, occasion=Occasion.SUBMIT, company_id=company_id, booking_id=booking_id)
    verdict = examine(gathered.case)
    if verdict.has_hard:
        raise refusal(verdict, RefusedRequest(resolved, booking_id))
    needs_no_decision = is_auto_confirmed(uow, content, resolved, verdict=verdict, company_id=company_id)
    if not needs_no_decision:
        require_within_limit(limits, room_minutes(content))
    record = record_of(gathered, verdict)
    dates = dates_of(uow, content, resolved, needs_no_decision=needs_no_decision, before=booking)
    head = head_of(content, resolved, needs_no_decision=needs_no_decision)
    return _EvaluatedRequest(resolved, gathered, verdict, head, dates, record)


def requester_for(uow: Uow, content: BookingContent, booking: Booking | None) -> RequestedBy:
    """The requester: of a stored booking the one it has, except that staff may name another one in their draft."""
    if booking is None:
        return find_requester(uow, content.booked_for)
    named = find_requester(uow, content.booked_for) if uow.actor.is_staff and content.booked_for else None
    if named is not None:
        require_same_company(booking, named)
    if uow.actor.is_staff and booking.state in DRAFTED:
        return RequestedBy(booking.company_id, named.person_id if named else None)
    return RequestedBy(booking.company_id, booking.requested_by)


def _write_request(
    uow: Uow,
    content: BookingContent,
    evaluated: _EvaluatedRequest,
    *,
    booking: Booking | None,
    requester: RequestedBy,
    state: BookingState,
    slots: Slots,
) -> Booking:
    """Write the booking, its version, the evidence and its slots."""
    held: Sequence[HeldSlot] = ()
    if booking is None:
        booking = _add_booking(uow, requester, evaluated, state=state)
        request_confirmation(uow, booking, requester)
    else:
        held = list_held(uow, booking.id)
        _replace_request(uow, booking, requester, evaluated, state=state)
    store.add_version(
        uow,
        content,
        booking_id=booking.id,
        company_id=booking.company_id,
        version=booking.version,
        ids=evaluated.resolved.row_ids,
    )
    store.save_evaluation(uow, booking, evaluated.record)
    if slots is Slots.TAKES:
        case, resolved = evaluated.gathered.case, evaluated.resolved
        allocate(
            uow,
            holder_of(booking),
            planned_needs(case, resolved),
            held=held,
            known=time_of_others(case, resolved),
            refuse=refuse_taken(case, resolved),
        )
    return booking


def _add_booking(uow: Uow, requester: RequestedBy, evaluated: _EvaluatedRequest, *, state: BookingState) -> Booking:
    new = NewBooking(
        reference=store.new_reference(),
        company_id=requester.company_id,
        requested_by=requester.person_id or acting_person_id(uow),
        entered_by=acting_person_id(uow),
        state=state,
        **vars(evaluated.head),
        **vars(evaluated.dates),
    )
    booking = Booking(id=store.add_booking(uow, new), version=1, revision=1, stage=0, sequence=0)
    for name in new.__dataclass_fields__:
        setattr(booking, name, getattr(new, name))
    return booking


def _replace_request(
    uow: Uow, booking: Booking, requester: RequestedBy, evaluated: _EvaluatedRequest, *, state: BookingState
) -> None:
    """Replace the draft or the earlier version of the request."""
    was_submitted = booking.state not in DRAFTED
    store.deactivate_crew(uow, booking.id)
    store.change_booking(
        uow,
        booking,
        state=state,
        **vars(evaluated.head),
        **vars(evaluated.dates),
        version=booking.version + 1 if was_submitted else booking.version,
        sequence=booking.sequence + 1 if was_submitted else booking.sequence,
        stage=0,
        draft=None,
        requested_by=requester.person_id or booking.requested_by,
    )
    if not was_submitted:
        request_confirmation(uow, booking, requester)
    acknowledge_by_acting(uow, booking)


def _confirmation(step: Step[BookingState], head: BookingHead) -> Step[BookingState] | None:
    """The step that the system takes right after the request, where nobody decides."""
    return find_step(BOOKING_STEPS, step.target, Action.CONFIRM, conditions_at(Track(head.track), 0))


def _submission(booking: Booking, content: BookingContent, verdict: Verdict) -> BookingSubmitted:
    return BookingSubmitted(
        **event_fields(booking),
        kind=booking.kind,
        rooms=tuple(sorted({session.room for session in content.sessions})),
        equipment=tuple(sorted(content.resource_codes - {session.room for session in content.sessions})),
        open_findings=tuple(finding.code for finding in verdict.findings),
    )
