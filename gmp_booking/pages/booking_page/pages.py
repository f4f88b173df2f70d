"""The page of one booking: content, progress, findings, signatures, history, actions."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from flask import make_response, render_template, request, url_for
from werkzeug.wrappers import Response

from gmp_booking.accounts.request_context import current_request, idempotency_of_form, revision_seen
from gmp_booking.accounts.sessions import signed_in
from gmp_booking.approvals.clarification_answers import answer
from gmp_booking.approvals.clarifications import add_question
from gmp_booking.approvals.handlers import carry_out
from gmp_booking.bookings.finding_view import finding_views
from gmp_booking.conflicts.privacy import FindingView
from gmp_booking.execution.closing.close import CloseRequest
from gmp_booking.execution.closing.close import carry_out as close
from gmp_booking.infra.database.uow import StoredResponse, UseCaseRequest
from gmp_booking.infra.web.app_setup import send
from gmp_booking.infra.web.i18n import _, current_language
from gmp_booking.kernel.errors import Conflict, Invalid, NotFound, Refusal
from gmp_booking.kernel.vocabulary import Action
from gmp_booking.pages.booking_page.actions import list_actions
from gmp_booking.pages.booking_page.blueprint import booking_page
from gmp_booking.pages.booking_page.change_section import change_view, session_actions, undoable
from gmp_booking.pages.booking_page.extra_fields import extra_fields
from gmp_booking.pages.booking_page.override_form import given_overrides, overrides_typed
from gmp_booking.pages.booking_page.page_data import read_page_data
from gmp_booking.pages.booking_page.question_form import clarification_entries, company_confirmation_view
from gmp_booking.pages.booking_page.risk_section import risk_view
from gmp_booking.pages.booking_page.view_models import (
    booking_view,
    history_view,
    next_step_view,
    progress_view,
    reservation_view,
    session_view,
    signature_view,
)
from gmp_booking.requests.cancel import cancel
from gmp_booking.requests.handlers import refused_decision

__all__ = ["booking_page"]

CLARIFICATIONS = frozenset({Action.ANSWER, Action.ASK})
DECISIONS = frozenset({Action.REVIEW, Action.APPROVE, Action.RETURN, Action.REJECT})


@booking_page.get("/<reference>")
@signed_in
def show(reference: str) -> Response:
    return _page(reference)


@booking_page.post("/<reference>/<action>")
@signed_in
def perform_action(reference: str, action: str) -> Response:
    try:
        requested = Action(action)
    except ValueError as error:
        raise NotFound from error
    if requested not in DECISIONS | CLARIFICATIONS | {Action.CANCEL, Action.CLOSE}:
        raise NotFound
    try:
        return send(_carry_out(reference, requested))
    except Invalid as invalid:
        fields = {
            {"signature": "password", "text": "reason"}.get(field, field): _(sentences[0])
            for field, sentences in invalid.field_errors.items()
        }
        return _page(reference, errors={action: fields or {"password": _(invalid.message)}}, status=422)
    except Conflict as conflict:
        if conflict.detail.get("lacking"):
            return _page(reference, errors={action: {"password": _(conflict.message)}}, status=409)
        if not conflict.findings:
            raise
        errors = {action: {"overrides": _(conflict.message, **conflict.params)}}
        return _page(reference, errors=errors, findings=conflict.findings, status=409)
    except Refusal as refusal:
        if refusal.status not in {403, 429} or not request.form.get("password"):
            raise
        return _page(reference, errors={action: {"password": _(refusal.message)}}, status=refusal.status)


def _carry_out(reference: str, action: Action) -> StoredResponse:
    reason = request.form.get("reason", "").strip() or None
    call = current_request(reason=reason, idempotency=idempotency_of_form())
    revision = revision_seen(reference)
    address = url_for("booking_page.show", reference=reference, done=action.value)
    done: Callable[[Any], StoredResponse] = lambda _result: StoredResponse(303, b"", {"Location": address})  # noqa: E731
    if action is Action.CLOSE:
        return close(call, done, CloseRequest(reference, revision=revision), password=request.form.get("password"))
    if action in CLARIFICATIONS:
        return _clarify(call, done, reference, action, text=reason)
    if action is Action.CANCEL:
        return call.answer(done, cancel, reference, reason=reason or "", revision=revision)
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


def _clarify(
    call: UseCaseRequest, done: Callable[[Any], StoredResponse], reference: str, action: Action, *, text: str | None
) -> StoredResponse:
    try:
        use_case = answer if action is Action.ANSWER else add_question
        return call.answer(done, use_case, reference, text=text, revision=revision_seen(reference))
    except Conflict as conflict:
        raise refused_decision(conflict, call) from conflict


def _page(
    reference: str,
    *,
    errors: Mapping[str, Mapping[str, str]] | None = None,
    findings: Sequence[FindingView] = (),
    status: int = 200,
) -> Response:
    call = current_request()
    data = call.read(read_page_data, reference)
    details, booking = data.details, data.details.booking
    findings_read = findings or finding_views(data.under_decision.findings, call.actor, current_language())
    page_text = render_template(
        "booking_page/booking.html",
        booking=booking_view(details, call.actor),
        further=extra_fields(booking),
        next_step=next_step_view(booking, data.waiting),
        change=change_view(data.waiting),
        undoable=undoable(data.journal, booking, call.actor),
        steps=progress_view(booking, data.journal),
        sessions=[
            session_view(each) | {"acts": session_actions(details, each, call.actor)} for each in details.sessions
        ],
        equipment=[reservation_view(each) for each in details.equipment],
        findings=findings_read,
        overridden=given_overrides(data.overrides, data.under_decision.booking.version),
        signatures=[signature_view(each, booking) for each in data.signatures],
        history=history_view(data),
        risk=risk_view(call, details, findings_read),
        thread=clarification_entries(data.journal),
        entered=company_confirmation_view(data.confirmation, data.journal, call.actor),
        actions=list_actions(data, call.actor, findings_read),
        action_errors=errors or {},
        action_reason=request.form.get("reason", ""),
    )
    return make_response(page_text, status)
