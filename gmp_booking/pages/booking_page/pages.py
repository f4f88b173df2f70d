"""One booking on one page: what it is, how far, what the rules say, who signed, what happened, what one may do."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from flask import make_response, render_template, request, url_for
from werkzeug.wrappers import Response

from gmp_booking.accounts.request_context import current_request, idempotency_of_form, revision_seen
from gmp_booking.accounts.sessions import signed_in
from gmp_booking.approvals.clarification_answers import answer
from gmp_booking.approvals.clarifications import ask_again
from gmp_booking.approvals.handlers import carry_out
from gmp_booking.bookings.finding_view import finding_card, findings_out
from gmp_booking.execution.closing import Closing
from gmp_booking.execution.closing import carry_out as close
from gmp_booking.infra.database.uow import StoredResponse, UseCaseRequest
from gmp_booking.infra.web.app_setup import send
from gmp_booking.infra.web.i18n import _, current_language
from gmp_booking.kernel.errors import Conflict, Invalid, NotFound, Refusal
from gmp_booking.kernel.vocabulary import Action
from gmp_booking.pages.booking_page.actions import actions_for
from gmp_booking.pages.booking_page.blueprint import booking_page
from gmp_booking.pages.booking_page.change_section import session_acts, shown_change, undoable
from gmp_booking.pages.booking_page.extra_fields import further_facts
from gmp_booking.pages.booking_page.override_form import answered_for, overrides_typed
from gmp_booking.pages.booking_page.page_data import read_file
from gmp_booking.pages.booking_page.question_form import entered_for, thread_of
from gmp_booking.pages.booking_page.risk_section import risk_of
from gmp_booking.pages.booking_page.view_models import (
    head_of,
    history_of,
    next_step_of,
    reservation_of,
    session_of,
    signature_of,
    steps_of,
)
from gmp_booking.requests.cancel import cancel
from gmp_booking.requests.handlers import decision_refused

__all__ = ["booking_page"]

SAYING = frozenset({Action.ANSWER, Action.ASK})
DECISIONS = frozenset({Action.REVIEW, Action.APPROVE, Action.RETURN, Action.REJECT})


@booking_page.get("/<reference>")
@signed_in
def show(reference: str) -> Response:
    return _page(reference)


@booking_page.post("/<reference>/<action>")
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
        fields = {
            {"signature": "password", "text": "reason"}.get(field, field): _(sentences[0])
            for field, sentences in invalid.field_errors.items()
        }
        return _page(reference, errors={action: fields or {"password": _(invalid.message)}}, status=422)
    except Conflict as conflict:
        if not conflict.detail.get("findings"):
            raise
        errors = {action: {"overrides": _(conflict.message, **conflict.params)}}
        return _page(reference, errors=errors, findings=conflict.detail["findings"], status=409)
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
        return close(call, done, Closing(reference, revision=revision), password=request.form.get("password"))
    if action in SAYING:
        return _say(call, done, reference, action, text=reason)
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


def _say(
    call: UseCaseRequest, done: Callable[[Any], StoredResponse], reference: str, action: Action, *, text: str | None
) -> StoredResponse:
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
    call = current_request()
    file = call.read(read_file, reference)
    details, booking = file.details, file.details.booking
    told = findings or findings_out(file.asked.findings, call.actor, current_language())
    findings_shown = [finding_card(dict(finding)) for finding in told]
    page_text = render_template(
        "booking_page/booking.html",
        booking=head_of(details, call.actor),
        further=further_facts(booking),
        next_step=next_step_of(booking, file.waiting),
        change=shown_change(file.waiting),
        undoable=undoable(file.journal, booking, call.actor),
        steps=steps_of(booking, file.journal),
        sessions=[
            session_of(each) | {"acts": session_acts(details, each, call.actor)} for each in details.parts["sessions"]
        ],
        equipment=[reservation_of(each) for each in details.parts["equipment"]],
        findings=answered_for(findings_shown, file.overrides, file.asked.booking.version),
        signatures=[signature_of(each, booking) for each in file.signatures],
        history=history_of(file),
        risk=risk_of(call, details, told),
        thread=thread_of(file.journal),
        entered=entered_for(file.confirmation, file.journal, call.actor),
        actions=actions_for(file, call.actor, told),
        action_errors=errors or {},
        action_reason=request.form.get("reason", ""),
    )
    return make_response(page_text, status)
