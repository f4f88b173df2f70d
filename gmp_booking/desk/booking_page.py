"""One booking on one page: what it is, how far, what the rules say, who signed, what happened, what one may do."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import make_response, render_template, request, url_for
from werkzeug.wrappers import Response

from gmp_booking.accounts.door import asked, idempotency_of_form, revision_seen
from gmp_booking.accounts.sessions import signed_in
from gmp_booking.approvals.doors import carry_out
from gmp_booking.approvals.overrides import Override, list_overrides
from gmp_booking.approvals.questions import ask_again
from gmp_booking.approvals.service import action_of_stage, current_stage, meaning_of, stage_of
from gmp_booking.bookings import service
from gmp_booking.bookings.answers import answer
from gmp_booking.bookings.doors import decision_refused
from gmp_booking.bookings.lifecycle import ENDED, FINAL, TRACKS, WAITING, Action, BookingState, Stage, Track
from gmp_booking.bookings.lists import list_happened
from gmp_booking.bookings.on_behalf import Acknowledgement, list_acknowledgements
from gmp_booking.bookings.proposals import OpenChange, open_change_of
from gmp_booking.bookings.schemas import findings_out
from gmp_booking.bookings.service import Booking, BookingDetails, subject_of
from gmp_booking.bookings.shown import shown_finding
from gmp_booking.desk.answering import answered_for, offered_overrides, overrides_typed
from gmp_booking.desk.change_section import (
    change_links,
    page,
    recorded_changes,
    session_acts,
    shown_change,
    undoable,
)
from gmp_booking.desk.dialogue import entered_for, thread_of
from gmp_booking.desk.further_facts import further_facts
from gmp_booking.desk.history import HistoryLine, history_lines
from gmp_booking.desk.risk_section import risk_of
from gmp_booking.execution.closing import MEANING as RECORD_REVIEWED
from gmp_booking.execution.closing import Closing
from gmp_booking.execution.closing import carry_out as close
from gmp_booking.infra.http import send
from gmp_booking.infra.i18n import _, current_language, named
from gmp_booking.infra.journal import JournalEntry
from gmp_booking.infra.uow import Answer, Request, Uow
from gmp_booking.kernel.access import Actor, Permission, is_allowed
from gmp_booking.kernel.errors import Conflict, Invalid, NotFound, Refusal
from gmp_booking.kernel.period import Period
from gmp_booking.kernel.text import N_
from gmp_booking.signatures.service import Signature, list_signatures

__all__ = ["page"]

ACT_LABELS: Mapping[Action, str] = {
    Action.REVIEW: N_("Pass on"),
    Action.APPROVE: N_("Approve"),
    Action.RETURN: N_("Return with a question"),
    Action.REJECT: N_("Reject"),
    Action.CANCEL: N_("Cancel booking"),
    Action.ANSWER: N_("Answer and submit again"),
    Action.ASK: N_("Ask once more"),
    Action.CLOSE: N_("Close booking"),
}
SAYING = frozenset({Action.ANSWER, Action.ASK})
DECISIONS = frozenset({Action.REVIEW, Action.APPROVE, Action.RETURN, Action.REJECT})


@dataclass(frozen=True)
class BookingFile:
    """Everything the page shows, read in a fixed number of statements."""

    details: BookingDetails
    signatures: Sequence[Signature]
    overrides: Sequence[Override]
    journal: Sequence[JournalEntry]
    acknowledgements: Collection[Acknowledgement]
    waiting: OpenChange | None
    now: datetime

    @property
    def asked(self) -> BookingDetails:
        """What is to be decided: the change that waits, or the booking itself."""
        return self.waiting.proposal if self.waiting else self.details


def read_file(uow: Uow, reference: str) -> BookingFile:
    """Errors: NotFound, also for what the reader may not know of."""
    details = service.get_details(uow, reference)
    return BookingFile(
        details=details,
        signatures=list_signatures(uow, "booking", details.booking.id),
        overrides=list_overrides(uow, details.booking.id),
        journal=list_happened(uow, details.booking),
        acknowledgements=list_acknowledgements(uow, details.booking.id),
        waiting=open_change_of(uow, details),
        now=uow.now,
    )


@page.get("/<reference>")
@signed_in
def show(reference: str) -> Response:
    return _page(reference)


@page.post("/<reference>/<action>")
@signed_in
def act(reference: str, action: str) -> Response:
    try:
        wanted = Action(action)
    except ValueError as error:
        raise NotFound from error
    if wanted not in DECISIONS | SAYING | {Action.CANCEL, Action.CLOSE}:
        raise NotFound
    try:
        return send(_carry_out(reference, wanted))
    except Invalid as invalid:
        errors = {
            {"signature": "password", "text": "reason"}.get(field, field): _(sentences[0])
            for field, sentences in invalid.field_errors.items()
        }
        return _page(reference, errors={action: errors or {"password": _(invalid.message)}}, status=422)
    except Conflict as conflict:
        if not conflict.detail.get("findings"):
            raise
        errors = {action: {"overrides": _(conflict.message, **conflict.params)}}
        return _page(reference, errors=errors, findings=conflict.detail["findings"], status=409)
    except Refusal as refusal:
        if refusal.status not in {403, 429} or not request.form.get("password"):
            raise
        return _page(reference, errors={action: {"password": _(refusal.message)}}, status=refusal.status)


def _carry_out(reference: str, action: Action) -> Answer:
    reason = request.form.get("reason", "").strip() or None
    call = asked(reason=reason, idempotency=idempotency_of_form())
    revision = revision_seen(reference)
    address = url_for("bookings.show", reference=reference, done=action.value)
    done: Callable[[Any], Answer] = lambda _result: Answer(303, b"", {"Location": address})  # noqa: E731
    if action is Action.CLOSE:
        return close(call, done, Closing(reference, revision=revision), password=request.form.get("password"))
    if action in SAYING:
        return _say(call, done, reference, action, text=reason)
    if action is Action.CANCEL:
        return call.answer(done, service.cancel, reference, reason=reason or "", revision=revision)
    return carry_out(
        call,
        done,
        reference,
        action,
        reason=reason,
        password=request.form.get("password"),
        revision=revision,
        overrides=overrides_typed(),
    )


def _say(call: Request, done: Callable[[Any], Answer], reference: str, action: Action, *, text: str | None) -> Answer:
    try:
        use_case = answer if action is Action.ANSWER else ask_again
        return call.answer(done, use_case, reference, text=text, revision=revision_seen(reference))
    except Conflict as conflict:
        raise decision_refused(conflict, call) from conflict


def _page(
    reference: str,
    *,
    errors: Mapping[str, Mapping[str, str]] | None = None,
    findings: Sequence[Mapping[str, Any]] | None = None,
    status: int = 200,
) -> Response:
    call = asked()
    file = call.read(read_file, reference)
    details, booking = file.details, file.details.booking
    told = findings or findings_out(file.asked.findings, call.actor, current_language())
    findings_shown = [shown_finding(dict(finding)) for finding in told]
    page_text = render_template(
        "bookings/detail.html",
        booking=_head(details, call.actor),
        further=further_facts(booking),
        next_step=_next_step(booking, file.waiting),
        change=shown_change(file.waiting),
        undoable=undoable(file.journal, booking, call.actor),
        steps=_steps(booking, file.journal),
        sessions=[
            _session(each) | {"acts": session_acts(details, each, call.actor)} for each in details.parts["sessions"]
        ],
        equipment=[_reservation(each) for each in details.parts["equipment"]],
        findings=answered_for(findings_shown, file.overrides, file.asked.booking.version),
        signatures=[_signature(each, booking) for each in file.signatures],
        history=_history(file),
        risk=risk_of(call, details, told),
        thread=thread_of(file.journal),
        entered=entered_for(file.acknowledgements, file.journal, call.actor),
        actions=_actions(file, call.actor, told),
        action_errors=errors or {},
        action_reason=request.form.get("reason", ""),
    )
    return make_response(page_text, status)


def _head(details: BookingDetails, actor: Actor) -> dict[str, Any]:
    booking, parts = details.booking, details.parts
    plain = (
        "reference",
        "title",
        "kind",
        "state",
        "version",
        "revision",
        "at_risk",
        "batch",
        "run_type",
        "purpose",
        "submitted_at",
        "confirmed_at",
        "pending_until",
    )
    product = parts["product"]
    return {name: getattr(booking, name) for name in plain} | {
        "company_name": named(parts["company"]) if actor.is_staff else None,
        "product": f"{product['code']} {product['name']}" if product else None,
        "requested_by": parts["requester"]["name"] if parts["requester"] else None,
        "entered_by": None,
    }


_NEXT: Mapping[BookingState, tuple[str, str]] = {
    BookingState.DRAFT: (N_("A draft"), N_("It holds no time until it is submitted.")),
    BookingState.SUBMITTED: (N_("Waiting to be looked at"), N_("Its time is held meanwhile.")),
    BookingState.UNDER_REVIEW: (N_("Being looked at"), N_("Its time is held meanwhile.")),
    BookingState.RETURNED: (N_("Waiting for the company's answer"), N_("Change it and submit it again.")),
    BookingState.APPROVED: (N_("Approved"), N_("It is confirmed once its papers are complete.")),
    BookingState.CONFIRMED: (N_("Confirmed"), N_("Everybody named on it is reminded in time.")),
    BookingState.REJECTED: (N_("Rejected"), N_("Its time is free again.")),
    BookingState.EXPIRED: (N_("Expired"), N_("Its time is free again.")),
    BookingState.CANCELLED: (N_("Cancelled"), N_("Its time is free again.")),
    BookingState.CLOSED: (N_("Closed"), N_("The record is reviewed and complete.")),
}


def _next_step(booking: Booking, waiting: OpenChange | None) -> dict[str, Any]:
    headline, detail = _NEXT[BookingState(booking.state)]
    if waiting is not None:
        booking = waiting.proposal.booking
        detail = N_("A change waits for its decision; until then everything stays as it is.")
        if booking.state == BookingState.RETURNED:
            detail = N_("A change was returned to the company with a question; everything stays as it is.")
    stage = current_stage(booking)
    return {
        "headline": _(headline),
        "detail": _(detail),
        "role": stage.role.value if stage else None,
        "decide_by": booking.decide_by if stage else None,
    }


def _steps(booking: Booking, journal: Sequence[JournalEntry]) -> list[dict[str, Any]]:
    """The way of the booking: request, each stage of its track, confirmation."""
    state = BookingState(booking.state)
    happened = {entry.event: entry.at for entry in journal}
    stages = TRACKS[Track(booking.track)] if booking.track else ()
    steps = [_step(_("Requested"), "done" if booking.submitted_at else "now", happened.get("BookingSubmitted"))]
    for number, stage in enumerate(stages):
        steps.append(_step(_stage_label(stage), _stage_status(booking, number), None))
    ended = state in FINAL - {BookingState.CLOSED}
    last = {True: "stopped", False: "done" if state in {BookingState.CONFIRMED, BookingState.CLOSED} else "open"}[ended]
    label = _(_NEXT[state][0]) if ended else _("Confirmed")
    steps.append(_step(label, last, booking.ended_at if ended else booking.confirmed_at))
    return steps


def _step(label: str, status: str, at: datetime | None) -> dict[str, Any]:
    return {"label": label, "status": status, "note": None, "at": at}


STAGE_LABELS: Mapping[str, str] = {
    "SCHEDULER": N_("Scheduling"),
    "PRODUCTION_MANAGER": N_("Production"),
    "QA": N_("Quality assurance"),
    "BSO": N_("Biosafety"),
    "DEMO_MANAGER": N_("Demonstration centre"),
    "COMMITTEE": N_("Operating committee"),
}


def _stage_label(stage: Stage) -> str:
    return _(STAGE_LABELS[stage.role.value])


def _stage_status(booking: Booking, number: int) -> str:
    state = BookingState(booking.state)
    if state in {BookingState.CONFIRMED, BookingState.CLOSED, BookingState.APPROVED} or number < booking.stage:
        return "done"
    if state in WAITING and number == booking.stage:
        return "now"
    return "open"


def _period(part: Mapping[str, Any]) -> Period:
    return Period(datetime.fromisoformat(part["start"]), datetime.fromisoformat(part["end"]))


def _session(session: Mapping[str, Any]) -> dict[str, Any]:
    return {
        **session,
        "room_code": session["room"],
        "room_name": named(_names(session["names"])),
        "period": _period(session),
    }


def _reservation(each: Mapping[str, Any]) -> dict[str, Any]:
    return {**each, "code": each["resource"], "name": named(_names(each["names"])), "period": _period(each)}


def _names(names: Mapping[str, str]) -> dict[str, str]:
    return {"name_ko": names["ko"], "name_en": names["en"], "name_zh": names["zh"]}


def _signature(signature: Signature, booking: Booking) -> dict[str, Any]:
    return {
        "meaning": signature.meaning,
        "printed_name": signature.printed_name,
        "role": None,
        "signed_at": signature.signed_at,
        "zone_name": signature.time_zone,
        "version": signature.record_version,
        "is_void": signature.record_version < booking.version,
    }


def _history(file: BookingFile) -> list[dict[str, Any]]:
    lines: list[HistoryLine] = history_lines(file.journal)
    return [
        {
            "what": line.what,
            "actor_name": line.actor_name,
            "at": line.at,
            "reason": line.reason,
            "version": line.version,
            "changes": recorded_changes(entry, file.details),
        }
        for entry, line in reversed(list(zip(file.journal, lines, strict=True)))
    ]


def _actions(file: BookingFile, actor: Actor, told: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    booking = file.details.booking
    state = BookingState(booking.state)
    found: list[dict[str, Any]] = []
    if state in {BookingState.DRAFT, BookingState.RETURNED} and is_allowed(
        actor, Permission.BOOKING_SUBMIT, subject_of(booking)
    ):
        found.append(_link(_("Change and submit"), url_for("bookings.edit", reference=booking.reference)))
    found += _sayings(file.asked.booking, actor)
    found += _decisions(file, actor, told)
    found += change_links(booking, file.waiting, actor)
    begun = state is BookingState.CONFIRMED and booking.starts_at is not None and booking.starts_at <= file.now
    if state not in FINAL and not begun and is_allowed(actor, Permission.BOOKING_CANCEL, subject_of(booking)):
        prompt = _("Why is it cancelled? The facility and your own people read this.")
        found.append(_action(Action.CANCEL, "reason", "danger", prompt=prompt))
    if _is_over(file) and is_allowed(actor, Permission.BOOKING_CLOSE, subject_of(booking)):
        statement = _statement(booking, RECORD_REVIEWED)
        found.append(_action(Action.CLOSE, "signature", "primary", statement=statement, needs_password=True))
    if state is not BookingState.DRAFT and is_allowed(actor, Permission.BOOKING_DRAFT, subject_of(booking)):
        found.append(_link(_("Book again"), url_for("bookings.new", copy=booking.reference), kind="quiet"))
    return found


def _is_over(file: BookingFile) -> bool:
    """Whether nothing of a confirmed booking is still to come."""
    parts = file.details.parts
    ended = all(each["state"] in ENDED for each in parts["sessions"])
    returned = all(datetime.fromisoformat(each["end"]) <= file.now for each in parts["equipment"])
    return file.details.booking.state == BookingState.CONFIRMED and ended and returned


def _sayings(booking: Booking, actor: Actor) -> list[dict[str, Any]]:
    """Answering and asking again, while the request is with the company."""
    if booking.state != BookingState.RETURNED:
        return []
    found = []
    if is_allowed(actor, Permission.BOOKING_SUBMIT, subject_of(booking)):
        found.append(_action(Action.ANSWER, "reason", "primary", prompt=_("Your answer; the request stays as it is.")))
    stage = stage_of(booking)
    subject = subject_of(booking, stage_role=stage.role if stage else None)
    if is_allowed(actor, Permission.BOOKING_DECIDE, subject):
        found.append(_action(Action.ASK, "reason", "quiet", prompt=_("What else should the company answer?")))
    return found


def _decisions(file: BookingFile, actor: Actor, told: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    booking = file.asked.booking
    stage = current_stage(booking)
    if stage is None:
        return []
    signers = frozenset(each.signer_id for each in file.signatures if each.record_version == booking.version)
    subject = subject_of(booking, stage_role=stage.role, earlier_signers=signers if stage.meaning else frozenset())
    if not is_allowed(actor, Permission.BOOKING_DECIDE, subject):
        return []
    forward = action_of_stage(booking)
    meaning = meaning_of(booking, forward)
    overrides = offered_overrides(told, file.overrides, booking.version, actor)
    found = [
        _action(
            forward,
            "signature" if meaning or overrides else "plain",
            "primary",
            statement=_statement(booking, meaning),
            needs_password=bool(meaning),
            overrides=overrides,
        )
    ]
    if booking.state in WAITING:
        prompt = _("What should the company answer or change?")
        found.append(_action(Action.RETURN, "reason", "quiet", prompt=prompt))
    refusal = meaning_of(booking, Action.REJECT)
    found.append(
        _action(
            Action.REJECT,
            "signature" if refusal else "reason",
            "danger",
            statement=_statement(booking, refusal),
            needs_reason=True,
            needs_password=bool(refusal),
            prompt=_("Why is it rejected? The company reads this."),
        )
    )
    return found


def _statement(booking: Booking, meaning: str | None) -> str | None:
    if meaning is None:
        return None
    return _(
        "I sign %(reference)s, version %(version)s, with the meaning “%(meaning)s”.",
        reference=booking.reference,
        version=booking.version,
        meaning=_(MEANINGS[meaning]),
    )


MEANINGS: Mapping[str, str] = {
    "APPROVED – QA": N_("approved by quality assurance"),
    "APPROVED – PRODUCTION": N_("approved by production"),
    "APPROVED – BIOSAFETY": N_("approved by biosafety"),
    "APPROVED – COMMITTEE": N_("approved by the operating committee"),
    "REJECTED": N_("rejected"),
    "RECORD REVIEWED": N_("record reviewed"),
}


def _action(action: Action, form: str, kind: str, **more: Any) -> dict[str, Any]:
    empty = {
        "statement": None,
        "needs_reason": False,
        "needs_password": False,
        "overrides": [],
        "href": None,
        "prompt": None,
    }
    return empty | {"name": action.value, "label": _(ACT_LABELS[action]), "form": form, "kind": kind} | more


def _link(label: str, href: str, *, kind: str = "primary") -> dict[str, Any]:
    return {"name": "edit", "label": label, "form": "link", "kind": kind, "href": href}
