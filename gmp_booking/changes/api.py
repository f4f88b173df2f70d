"""JSON API of changes of bookings."""

from __future__ import annotations

import json
from typing import Any

from flask import Response
from flask.views import MethodView
from flask_smorest import Blueprint

from gmp_booking.accounts.request_context import current_request, idempotency_of_header, revision_seen
from gmp_booking.bookings.content import BookingContent
from gmp_booking.bookings.schemas import ActionSchema, BookingOut, etag_of, head_out
from gmp_booking.bookings.views import Booking
from gmp_booking.changes import service
from gmp_booking.changes.schemas import (
    ChangeOut,
    ChangeResultOut,
    ChangeSchema,
    MoveSchema,
    change_out,
    change_result_out,
)
from gmp_booking.changes.service import ChangeResult
from gmp_booking.infra.database.uow import StoredResponse, UseCaseRequest
from gmp_booking.infra.web.app_setup import send
from gmp_booking.infra.web.i18n import current_language
from gmp_booking.infra.web.openapi import WITH_KEY_AND_IF_MATCH
from gmp_booking.kernel.errors import Conflict
from gmp_booking.requests.handlers import refused_with_alternatives

api = Blueprint("changes_api", __name__, url_prefix="/api/v1/bookings", description="Changes of bookings")


def _json(booking: Booking, out: dict[str, Any]) -> StoredResponse:
    headers = {"Content-Type": "application/json", "ETag": f'"{etag_of(booking)}"'}
    return StoredResponse(200, json.dumps(out, ensure_ascii=False).encode(), headers)


def _dump(request: UseCaseRequest) -> Any:
    language = current_language()

    def dump(result: ChangeResult) -> StoredResponse:
        return _json(result.booking, change_result_out(result, request.actor, language))

    return dump


@api.route("/<reference>")
class ChangeBooking(MethodView):
    @api.doc(**WITH_KEY_AND_IF_MATCH)
    @api.arguments(ChangeSchema)
    @api.response(200, ChangeResultOut)
    def patch(self, body: tuple[BookingContent, str | None], reference: str) -> Response:
        """Change a booking; the body is its complete content

        Unsigned content is changed at once; other changes become a change request, and the booking stays confirmed.
        """
        content, reason = body
        request = current_request(reason=reason, idempotency=idempotency_of_header())
        values: dict[str, Any] = {"revision": revision_seen(reference), "explanation": reason}
        try:
            return send(request.answer(_dump(request), service.change, reference, content, **values))
        except Conflict as conflict:
            raise refused_with_alternatives(conflict, request) from conflict


@api.route("/<reference>/change")
class WaitingChange(MethodView):
    @api.response(200, ChangeOut)
    def get(self, reference: str) -> dict[str, Any]:
        """Show the open change request and its differences"""
        return change_out(current_request().read(service.get_open_change, reference))


@api.route("/<reference>/withdraw")
class Withdraw(MethodView):
    @api.doc(**WITH_KEY_AND_IF_MATCH)
    @api.arguments(ActionSchema)
    @api.response(200, BookingOut)
    def post(self, body: dict[str, Any], reference: str) -> Response:
        """Withdraw the open change request"""
        request = current_request(reason=body["reason"], idempotency=idempotency_of_header())
        revision = revision_seen(reference)
        return send(request.answer(_head, service.withdraw, reference, revision=revision, explanation=body["reason"]))


@api.route("/<reference>/sessions/<int:number>/cancel")
class CancelSession(MethodView):
    @api.doc(**WITH_KEY_AND_IF_MATCH)
    @api.arguments(ActionSchema)
    @api.response(200, BookingOut)
    def post(self, body: dict[str, Any], reference: str, number: int) -> Response:
        """Cancel one session, with a reason"""
        request = current_request(reason=body["reason"], idempotency=idempotency_of_header())
        values: dict[str, Any] = {"revision": revision_seen(reference), "reason": body["reason"] or ""}
        return send(request.answer(_head, service.cancel_session, reference, number, **values))


@api.route("/<reference>/sessions/<int:number>/move")
class MoveSession(MethodView):
    @api.doc(**WITH_KEY_AND_IF_MATCH)
    @api.arguments(MoveSchema)
    @api.response(200, ChangeResultOut)
    def post(self, body: dict[str, Any], reference: str, number: int) -> Response:
        """Move one session to another time"""
        request = current_request(idempotency=idempotency_of_header())
        values = {"start": body["start"], "end": body["end"], "revision": revision_seen(reference)}
        try:
            return send(request.answer(_dump(request), service.move_session, reference, number, **values))
        except Conflict as conflict:
            raise refused_with_alternatives(conflict, request) from conflict


def _head(booking: Booking) -> StoredResponse:
    return _json(booking, head_out(booking))
