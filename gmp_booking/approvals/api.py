"""Decisions over JSON."""

from __future__ import annotations

import json
from typing import Any

from flask import Response
from flask.views import MethodView
from flask_smorest import Blueprint

from gmp_booking.accounts.door import asked, idempotency_of_header, revision_seen
from gmp_booking.approvals.doors import carry_out
from gmp_booking.approvals.schemas import DecidedOut, DecisionSchema, decided_out
from gmp_booking.bookings.lifecycle import Action
from gmp_booking.bookings.schemas import etag_of
from gmp_booking.bookings.service import BookingDetails
from gmp_booking.infra.http import send
from gmp_booking.infra.i18n import current_language
from gmp_booking.infra.uow import Answer

api = Blueprint("approvals_api", __name__, url_prefix="/api/v1/bookings", description="Decisions on bookings")


def _decide(reference: str, action: Action, body: dict[str, Any]) -> Response:
    request = asked(reason=body["reason"], idempotency=idempotency_of_header())
    language = current_language()

    def dump(details: BookingDetails) -> Answer:
        out = decided_out(details, request.actor, language)
        headers = {"Content-Type": "application/json", "ETag": f'"{etag_of(details.booking)}"'}
        return Answer(200, json.dumps(out, ensure_ascii=False).encode(), headers)

    password = (body["signature"] or {}).get("password")
    answer = carry_out(
        request, dump, reference, action, reason=body["reason"], password=password, revision=revision_seen(reference)
    )
    return send(answer)


@api.route("/<reference>/review")
class Review(MethodView):
    @api.arguments(DecisionSchema)
    @api.response(200, DecidedOut)
    def post(self, body: dict[str, Any], reference: str) -> Response:
        """Pass a booking on to its next stage"""
        return _decide(reference, Action.REVIEW, body)


@api.route("/<reference>/approve")
class Approve(MethodView):
    @api.arguments(DecisionSchema)
    @api.response(200, DecidedOut)
    def post(self, body: dict[str, Any], reference: str) -> Response:
        """Approve a booking; signed where its track says so"""
        return _decide(reference, Action.APPROVE, body)


@api.route("/<reference>/return")
class Return(MethodView):
    @api.arguments(DecisionSchema)
    @api.response(200, DecidedOut)
    def post(self, body: dict[str, Any], reference: str) -> Response:
        """Give a booking back with a question"""
        return _decide(reference, Action.RETURN, body)


@api.route("/<reference>/reject")
class Reject(MethodView):
    @api.arguments(DecisionSchema)
    @api.response(200, DecidedOut)
    def post(self, body: dict[str, Any], reference: str) -> Response:
        """Reject a booking with a reason; signed where its track says so"""
        return _decide(reference, Action.REJECT, body)
