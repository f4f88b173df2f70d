"""The use cases of bookings: draft, submit, cancel, preview. Decisions on them are `approvals`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from gmp_booking.bookings import store
from gmp_booking.bookings.content import BookingContent
from gmp_booking.bookings.events import BookingConfirmed, BookingSubmitted
from gmp_booking.bookings.lifecycle import step as transition_of
from gmp_booking.bookings.models import Booking
from gmp_booking.bookings.service import event_fields, subject_of
from gmp_booking.bookings.store import NewBooking
from gmp_booking.conflicts.case import Case, Occasion
from gmp_booking.conflicts.engine import examine
from gmp_booking.conflicts.verdict import Verdict
from gmp_booking.evaluation.auto_confirmation import confirms_itself
from gmp_booking.evaluation.booking_row import request_row_values
from gmp_booking.evaluation.gather import Gathered, gather
from gmp_booking.evaluation.request_limits import find_limits, require_signatory, require_within_limit
from gmp_booking.evaluation.resolved_content import ResolvedContent, resolve_content
from gmp_booking.evaluation.service import refuse_problems, save_evaluation
from gmp_booking.evaluation.slot_allocation import ids_of, refusal, take_or_refuse, wanted_slots
from gmp_booking.infra.database.uow import Uow
from gmp_booking.kernel.access import Permission, Subject, require
from gmp_booking.kernel.errors import require_revision
from gmp_booking.kernel.states import BookingState
from gmp_booking.kernel.vocabulary import Action
from gmp_booking.requests.clarification_store import record_answer, require_answer
from gmp_booking.requests.on_behalf import (
    Asker,
    acknowledge_by_acting,
    acting_person_id,
    ask_to_confirm,
    asker_of,
    refuse_another_company,
)
from gmp_booking.resources.slots import locks_of_slots, release_slots


@dataclass(frozen=True)
class Submitted:
    """What a company gets to know of its request."""

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
    """Ask for a booking, or for something else than was asked for: its slots are held from here on, all or none.

    Shape: `answer` goes with a returned booking, to the question it was returned with.

    Errors: Invalid for what is wrong by itself; Conflict with the findings when a HARD one stands or somebody was
    quicker; Stale when the draft was changed meanwhile.
    """
    refuse_problems(content, uow)
    booking = store.get_booking(uow, reference) if reference else None
    asker = asker_for(uow, content, booking)
    _require_may_ask(uow, booking, asker, action=action, revision=revision)
    judged = _judge_request(uow, content, booking, company_id=asker.company_id)
    was_returned = booking is not None and booking.state == BookingState.RETURNED
    written = _write_request(uow, content, judged, booking=booking, asker=asker)
    save_evaluation(uow, written, judged.gathered, judged.verdict)
    if was_returned and answer and answer.strip():
        record_answer(uow, written, require_answer(answer))
    _record_submission(uow, written, content, judged.verdict)
    return Submitted(written, content, judged.verdict)


def _require_may_ask(uow: Uow, booking: Booking | None, asker: Asker, *, action: Action, revision: int | None) -> None:
    subject = subject_of(booking) if booking else Subject(company_id=asker.company_id)
    require(uow.actor, Permission.BOOKING_SUBMIT, subject)
    if booking is None:
        return
    transition_of(BookingState(booking.state), action)
    require_revision(booking.revision, seen=revision)


@dataclass(frozen=True)
class _Judged:
    """A request that nothing HARD stands against, with everything it names locked."""

    catalogue: ResolvedContent
    gathered: Gathered
    verdict: Verdict
    columns: Mapping[str, Any]


def _judge_request(uow: Uow, content: BookingContent, booking: Booking | None, *, company_id: int) -> _Judged:
    booking_id = booking.id if booking else None
    catalogue = resolve_content(uow, content, company_id=company_id)
    held = locks_of_slots(uow, booking.id) if booking else set()
    uow.lock(catalogue.lock_keys(content) | held | {("company", company_id)})
    limits = find_limits(uow, company_id, booking_id=booking_id)
    if uow.actor.company_id is not None:
        require_signatory(limits, content, uow.actor.roles)
    gathered = gather(uow, content, catalogue, occasion=Occasion.SUBMIT, company_id=company_id, booking_id=booking_id)
    verdict = examine(gathered.case)
    if verdict.has_hard:
        raise refusal(verdict)
    needs_nobody = confirms_itself(uow, content, catalogue, verdict=verdict, company_id=company_id)
    if not needs_nobody:
        require_within_limit(limits, content)
    columns = request_row_values(uow, content, catalogue, needs_nobody=needs_nobody)
    return _Judged(catalogue, gathered, verdict, columns)


def asker_for(uow: Uow, content: BookingContent, booking: Booking | None) -> Asker:
    """Who asks for this: of a kept booking, whoever asked for it before, or whom staff name now in their draft."""
    if booking is None:
        return asker_of(uow, content.booked_for)
    named = asker_of(uow, content.booked_for) if uow.actor.is_staff and content.booked_for else None
    if named is not None:
        refuse_another_company(booking, named)
    if uow.actor.is_staff and booking.state == BookingState.DRAFT:
        return Asker(booking.company_id, named.person_id if named else None)
    return Asker(booking.company_id, booking.requested_by)


def _write_request(
    uow: Uow, content: BookingContent, judged: _Judged, *, booking: Booking | None, asker: Asker
) -> Booking:
    """Write the booking's row, its version's parts and its slots."""
    if booking is None:
        booking = _add(uow, asker, judged.columns)
        ask_to_confirm(uow, booking, asker)
    else:
        _replace(uow, booking, asker, judged.columns)
    _write_parts(uow, content, judged.catalogue, judged.gathered.case, booking=booking)
    return booking


def _add(uow: Uow, asker: Asker, columns: Mapping[str, Any]) -> Booking:
    new = NewBooking(
        reference=store.new_reference(),
        company_id=asker.company_id,
        requested_by=asker.person_id or acting_person_id(uow),
        entered_by=acting_person_id(uow),
        **columns,
    )
    booking = Booking(id=store.add_booking(uow, new), version=1, revision=1, stage=0, sequence=0)
    for name in new.__dataclass_fields__:
        setattr(booking, name, getattr(new, name))
    return booking


def _replace(uow: Uow, booking: Booking, asker: Asker, columns: Mapping[str, Any]) -> None:
    """What was drafted or asked for before gives way to what is asked for now."""
    was_asked_for = booking.state != BookingState.DRAFT
    release_slots(uow, booking.id)
    store.deactivate_crew(uow, booking.id)
    store.change_booking(
        uow,
        booking,
        **columns,
        version=booking.version + 1 if was_asked_for else booking.version,
        sequence=booking.sequence + 1 if was_asked_for else booking.sequence,
        stage=0,
        draft=None,
        requested_by=asker.person_id or booking.requested_by,
    )
    if not was_asked_for:
        ask_to_confirm(uow, booking, asker)
    acknowledge_by_acting(uow, booking)


def _write_parts(
    uow: Uow, content: BookingContent, catalogue: ResolvedContent, case: Case, *, booking: Booking
) -> None:
    ids = ids_of(catalogue)
    parts = store.add_version(
        uow,
        content,
        booking_id=booking.id,
        company_id=booking.company_id,
        version=booking.version,
        ids=ids,
    )
    wanted = wanted_slots(case, catalogue, parts)
    take_or_refuse(uow, wanted, case, catalogue, booking=booking)


def _record_submission(uow: Uow, booking: Booking, content: BookingContent, verdict: Verdict) -> None:
    uow.record(
        BookingSubmitted(
            **event_fields(booking),
            kind=booking.kind,
            rooms=tuple(sorted({session.room for session in content.sessions})),
            equipment=tuple(sorted(content.resource_codes - {session.room for session in content.sessions})),
            open_findings=tuple(finding.code for finding in verdict.findings),
        )
    )
    if booking.state == BookingState.CONFIRMED:
        uow.record(BookingConfirmed(**event_fields(booking)))
