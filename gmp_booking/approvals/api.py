"""JSON API of decisions on bookings."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from flask import Response
from flask.views import MethodView
from flask_smorest import Blueprint

from gmp_booking.accounts.request_context import current_request, idempotency_of_header, revision_seen
from gmp_booking.approvals.clarification_answers import answer
from gmp_booking.approvals.clarifications import add_question
from gmp_booking.approvals.handlers import carry_out
from gmp_booking.approvals.overrides import OverrideRequest
from gmp_booking.approvals.schemas import DecidedOut, DecisionSchema, TextSchema, decided_out
from gmp_booking.bookings.schemas import etag_of
from gmp_booking.bookings.views import BookingView
from gmp_booking.infra.database.uow import StoredResponse
from gmp_booking.infra.web.app_setup import send
from gmp_booking.infra.web.i18n import current_language
from gmp_booking.infra.web.openapi import WITH_KEY_AND_IF_MATCH
from gmp_booking.kernel.access import Actor
from gmp_booking.kernel.errors import Conflict
from gmp_booking.kernel.vocabulary import Action
from gmp_booking.requests.handlers import refused_decision

api = Blueprint("approvals_api", __name__, url_prefix="/api/v1/bookings", description="Decisions on bookings")


def _answer_of(details: BookingView, actor: Actor, language: str) -> StoredResponse:
    out = decided_out(details, actor, language)
    headers = {"Content-Type": "application/json", "ETag": f'"{etag_of(details.booking)}"'}
    return StoredResponse(200, json.dumps(out, ensure_ascii=False).encode(), headers)


def _decide(reference: str, action: Action, body: dict[str, Any]) -> Response:
    request = current_request(reason=body["reason"], idempotency=idempotency_of_header())
    language = current_language()

    def dump(details: BookingView) -> StoredResponse:
        return _answer_of(details, request.actor, language)

    password = (body["signature"] or {}).get("password")
    answer = carry_out(
        request,
        dump,
        reference,
        action,
        reason=body["reason"],
        password=password,
        revision=revision_seen(reference),
        overrides=[OverrideRequest(each["rule"], each["reason"]) for each in body["overrides"]],
    )
    return send(answer)


@api.route("/<reference>/review")
class Review(MethodView):
    @api.doc(**WITH_KEY_AND_IF_MATCH)
    @api.arguments(DecisionSchema)
    @api.response(200, DecidedOut)
    def post(self, body: dict[str, Any], reference: str) -> Response:
        """Forward a booking to its next stage"""
        return _decide(reference, Action.REVIEW, body)


@api.route("/<reference>/approve")
class Approve(MethodView):
    @api.doc(**WITH_KEY_AND_IF_MATCH)
    @api.arguments(DecisionSchema)
    @api.response(200, DecidedOut)
    def post(self, body: dict[str, Any], reference: str) -> Response:
        """Approve a booking; with a signature if the stage requires one"""
        return _decide(reference, Action.APPROVE, body)


@api.route("/<reference>/return")
class Return(MethodView):
    @api.doc(**WITH_KEY_AND_IF_MATCH)
    @api.arguments(DecisionSchema)
    @api.response(200, DecidedOut)
    def post(self, body: dict[str, Any], reference: str) -> Response:
        """Return a booking to its company with a question"""
        return _decide(reference, Action.RETURN, body)


@api.route("/<reference>/reject")
class Reject(MethodView):
    @api.doc(**WITH_KEY_AND_IF_MATCH)
    @api.arguments(DecisionSchema)
    @api.response(200, DecidedOut)
    def post(self, body: dict[str, Any], reference: str) -> Response:
        """Reject a booking with a reason; with a signature if the track requires one"""
        return _decide(reference, Action.REJECT, body)


@api.route("/<reference>/ask")
class Ask(MethodView):
    @api.doc(**WITH_KEY_AND_IF_MATCH)
    @api.arguments(TextSchema)
    @api.response(200, DecidedOut)
    def post(self, body: dict[str, Any], reference: str) -> Response:
        """Add a question to a returned booking"""
        return _send_text(reference, add_question, body["text"])


@api.route("/<reference>/answer")
class Reply(MethodView):
    @api.doc(**WITH_KEY_AND_IF_MATCH)
    @api.arguments(TextSchema)
    @api.response(200, DecidedOut)
    def post(self, body: dict[str, Any], reference: str) -> Response:
        """Answer the questions about a returned booking and submit it again unchanged"""
        return _send_text(reference, answer, body["text"])


def _send_text(reference: str, use_case: Callable[..., BookingView], text: str) -> Response:
    request = current_request(idempotency=idempotency_of_header())
    language = current_language()

    def dump(details: BookingView) -> StoredResponse:
        return _answer_of(details, request.actor, language)

    try:
        return send(request.answer(dump, use_case, reference, text=text, revision=revision_seen(reference)))
    except Conflict as conflict:
        raise refused_decision(conflict, request) from conflict
