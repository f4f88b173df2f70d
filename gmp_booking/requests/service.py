"""The use cases of bookings: draft, submit, cancel, preview. Decisions on them are `approvals`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from gmp_booking.bookings import store
from gmp_booking.bookings.change_store import end_open_change
from gmp_booking.bookings.content import BookingContent, problems
from gmp_booking.bookings.events import BookingCancelled, BookingConfirmed, BookingDrafted, BookingSubmitted
from gmp_booking.bookings.lifecycle import Action, BookingState, ChangeState
from gmp_booking.bookings.lifecycle import step as transition_of
from gmp_booking.bookings.models import Booking
from gmp_booking.bookings.store import BookingDetails, NewBooking
from gmp_booking.conflicts.alternatives import Alternative, find_alternatives
from gmp_booking.conflicts.case import Case, Occasion
from gmp_booking.conflicts.engine import ENGINE_VERSION, examine
from gmp_booking.conflicts.verdict import Verdict
from gmp_booking.evaluation.auto_confirmation import confirms_itself
from gmp_booking.evaluation.booking_row import request_row_values
from gmp_booking.evaluation.gather import Gathered, gather
from gmp_booking.evaluation.request_limits import find_limits, require_signatory, require_within_limit
from gmp_booking.evaluation.resolved_content import ResolvedContent, resolve_content
from gmp_booking.evaluation.slot_allocation import ids_of, refusal, take_or_refuse, wanted_slots
from gmp_booking.infra.database.uow import Uow
from gmp_booking.kernel.access import Permission, Subject, require
from gmp_booking.kernel.errors import Conflict, Invalid, Stale
from gmp_booking.kernel.text import N_
from gmp_booking.requests.clarification_store import record_answer, require_answer
from gmp_booking.requests.on_behalf import (
    Asker,
    acknowledge_by_acting,
    ask_to_confirm,
    asker_of,
    refuse_another_company,
)
from gmp_booking.resources.slots import give_back_slots, locks_of_slots

REASON_LENGTH = 5


@dataclass(frozen=True)
class Submitted:
    """What a company gets to know of its request."""

    booking: Booking
    content: BookingContent
    verdict: Verdict


@dataclass(frozen=True)
class Preview:
    verdict: Verdict
    alternatives: tuple[Alternative, ...]


def subject_of(booking: Booking, **more: Any) -> Subject:
    """The booking as the permission table knows it."""
    return Subject(
        company_id=booking.company_id, requested_by=booking.requested_by, entered_by=booking.entered_by, **more
    )


def company_for(uow: Uow, content_company: str | None) -> int:
    """The company a request is for: one's own, or the one staff enter it for.

    Errors: Invalid when staff do not say for whom, or name nobody there is.
    """
    return asker_of(uow, content_company).company_id


def preview(uow: Uow, content: BookingContent, *, reference: str | None = None) -> Preview:
    """What the rules say of a request as it stands, and what would work instead; takes no lock, writes nothing.

    Errors: Invalid.
    """
    _refuse_problems(content, uow)
    company_id = company_for(uow, content.booked_for)
    require(uow.actor, Permission.BOOKING_DRAFT, Subject(company_id=company_id))
    booking = store.find_booking(uow, reference) if reference else None
    booking_id = booking.id if booking else None
    catalogue = resolve_content(uow, content, company_id=company_id)
    gathered = gather(uow, content, catalogue, occasion=Occasion.PREVIEW, company_id=company_id, booking_id=booking_id)
    verdict = examine(gathered.case)
    if not verdict.has_hard:
        return Preview(verdict, ())
    return _look_around(uow, content, company_id=company_id, booking_id=booking_id)


def look_around(uow: Uow, content: BookingContent, *, reference: str | None = None) -> Preview:
    """After a refusal: the same judged with its surroundings, and up to three ways that pass the rules themselves."""
    booking = store.find_booking(uow, reference) if reference else None
    company_id = booking.company_id if booking else company_for(uow, content.booked_for)
    return _look_around(uow, content, company_id=company_id, booking_id=booking.id if booking else None)


def _look_around(uow: Uow, content: BookingContent, *, company_id: int, booking_id: int | None) -> Preview:
    """Judge with what lies before and after, so that the earliest start is known."""
    catalogue = resolve_content(uow, content, company_id=company_id, search=True)
    gathered = gather(
        uow,
        content,
        catalogue,
        occasion=Occasion.PREVIEW,
        company_id=company_id,
        booking_id=booking_id,
        search=True,
    )
    return Preview(examine(gathered.case), find_alternatives(gathered.case))


def save_draft(
    uow: Uow, form: Mapping[str, Any], *, reference: str | None = None, revision: int | None = None
) -> Booking:
    """Keep a form as it was typed, whatever is missing or wrong in it; nothing is held.

    Errors: NotFound; Conflict when it is no longer a draft; Stale when it was saved from elsewhere meanwhile.
    """
    if reference is not None:
        booking = store.get_booking(uow, reference)
        require(uow.actor, Permission.BOOKING_DRAFT, subject_of(booking))
        if BookingState(booking.state) not in {BookingState.DRAFT, BookingState.RETURNED}:
            raise Conflict(N_("This booking is no longer a draft."))
        if revision is not None and revision != booking.revision:
            raise Stale
        store.change_booking(uow, booking, draft=dict(form))
        return booking
    company_id = company_for(uow, str(form.get("company") or "") or None)
    require(uow.actor, Permission.BOOKING_DRAFT, Subject(company_id=company_id))
    kind = str(form.get("kind") or "CLEANROOM")
    new = NewBooking(
        reference=store.new_reference(),
        company_id=company_id,
        kind=kind,
        state=BookingState.DRAFT,
        track="",
        requested_by=_acting_person(uow),
        entered_by=_acting_person(uow),
        purpose=str(form.get("purpose") or "") or None,
        draft=form,
    )
    booking_id = store.add_booking(uow, new)
    uow.record(
        BookingDrafted(company_id=company_id, booking_id=booking_id, reference=new.reference, version=1, kind=kind)
    )
    return store.get_booking(uow, new.reference)


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
    _refuse_problems(content, uow)
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
    if revision is not None and revision != booking.revision:
        raise Stale


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


def _refuse_problems(content: BookingContent, uow: Uow) -> None:
    found = problems(content, uow.now)
    if found:
        raise Invalid(field_errors=found)


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


def _acting_person(uow: Uow) -> int:
    assert uow.actor.person_id is not None, "only people ask for bookings"
    return uow.actor.person_id


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
        requested_by=asker.person_id or _acting_person(uow),
        entered_by=_acting_person(uow),
        **columns,
    )
    booking = Booking(id=store.add_booking(uow, new), version=1, revision=1, stage=0, sequence=0)
    for name in new.__dataclass_fields__:
        setattr(booking, name, getattr(new, name))
    return booking


def _replace(uow: Uow, booking: Booking, asker: Asker, columns: Mapping[str, Any]) -> None:
    """What was drafted or asked for before gives way to what is asked for now."""
    was_asked_for = booking.state != BookingState.DRAFT
    give_back_slots(uow, booking.id)
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


def save_evaluation(uow: Uow, booking: Booking, gathered: Gathered, verdict: Verdict) -> None:
    store.save_evaluation(
        uow,
        booking,
        occasion=gathered.case.occasion.value,
        outcome=verdict.outcome.value,
        findings=[finding.as_dict() for finding in verdict.findings],
        evidence=[finding.as_evidence() for finding in verdict.findings],
        facts=gathered.evidence,
        engine=ENGINE_VERSION,
    )


def _record_submission(uow: Uow, booking: Booking, content: BookingContent, verdict: Verdict) -> None:
    uow.record(
        BookingSubmitted(
            company_id=booking.company_id,
            booking_id=booking.id,
            reference=booking.reference,
            version=booking.version,
            kind=booking.kind,
            rooms=tuple(sorted({session.room for session in content.sessions})),
            equipment=tuple(sorted(content.resource_codes - {session.room for session in content.sessions})),
            open_findings=tuple(finding.code for finding in verdict.findings),
        )
    )
    if booking.state == BookingState.CONFIRMED:
        uow.record(
            BookingConfirmed(
                company_id=booking.company_id,
                booking_id=booking.id,
                reference=booking.reference,
                version=booking.version,
            )
        )


def examine_again(uow: Uow, details: BookingDetails, *, occasion: Occasion) -> Verdict:
    """Judge what is still to come of a booking once more on today's facts, keep the verdict, and return it.

    The caller holds the locks of the booking's slots and people.
    """
    booking = details.booking
    ahead = details.ahead
    if not ahead.spans:
        return Verdict()
    catalogue = resolve_content(uow, ahead, company_id=booking.company_id)
    gathered = gather(
        uow,
        ahead,
        catalogue,
        occasion=occasion,
        company_id=booking.company_id,
        booking_id=booking.id,
    )
    verdict = examine(gathered.case)
    save_evaluation(uow, booking, gathered, verdict)
    return verdict


def cancel(uow: Uow, reference: str, *, reason: str, revision: int | None = None) -> Booking:
    """Give a booking up; its slots are free at once.

    Errors: Invalid without a reason; Conflict once its first session has begun; Stale.
    """
    booking = store.get_booking(uow, reference)
    require(uow.actor, Permission.BOOKING_CANCEL, subject_of(booking))
    explanation = require_reason(reason)
    was = BookingState(booking.state)
    transition_of(was, Action.CANCEL)
    if revision is not None and revision != booking.revision:
        raise Stale
    uow.lock(locks_of_slots(uow, booking.id))
    if was is BookingState.CONFIRMED and _has_begun(uow, booking):
        raise Conflict(N_("The first session has begun; cancel what remains session by session."))
    release(uow, booking, state=BookingState.CANCELLED)
    uow.record(
        BookingCancelled(
            company_id=booking.company_id,
            booking_id=booking.id,
            reference=booking.reference,
            version=booking.version,
            explanation=explanation,
            was=was.value,
        )
    )
    return booking


def _has_begun(uow: Uow, booking: Booking) -> bool:
    """Whether its time has come, or somebody came before it."""
    return bool(booking.starts_at and booking.starts_at <= uow.now) or store.has_begun_session(uow, booking)


def release(uow: Uow, booking: Booking, *, state: BookingState) -> None:
    """End a booking in a state that holds nothing: it is at risk of nothing any more, either."""
    ended = {"state": state, "ended_at": uow.now, "pending_until": None, "at_risk": False}
    store.change_booking(uow, booking, **ended, sequence=booking.sequence + 1)
    give_back_slots(uow, booking.id)
    store.deactivate_crew(uow, booking.id)
    store.cancel_sessions(uow, booking.id)
    end_open_change(uow, booking.id, state=ChangeState.WITHDRAWN)


def require_reason(reason: str | None) -> str:
    """Errors: Invalid for a reason that says nothing."""
    text = (reason or "").strip()
    if sum(character.isalnum() for character in text) < REASON_LENGTH:
        raise Invalid(field_errors={"reason": [N_("Give a reason of at least a few words.")]})
    return text


def get_details(uow: Uow, reference: str) -> BookingDetails:
    """A booking with its parts. Errors: NotFound, also for what the reader may not know of."""
    return store.get_details(uow, reference)
