"""JSON API of the records of sessions."""

from __future__ import annotations

import json
from typing import Any

from flask import Response
from flask.views import MethodView
from flask_smorest import Blueprint

from gmp_booking.accounts.request_context import current_request, idempotency_of_header, revision_seen
from gmp_booking.bookings.schemas import ActionSchema, BookingOut, etag_of, head_out
from gmp_booking.execution.closing.close import CloseRequest
from gmp_booking.execution.closing.close import carry_out as carry_out_closing
from gmp_booking.execution.handlers import answer_of, carry_out, carry_out_all
from gmp_booking.execution.schemas import ReleasesOut, ReleasesSchema, SessionActSchema, SessionOut
from gmp_booking.execution.service import SessionAction, get_session
from gmp_booking.infra.database.uow import StoredResponse
from gmp_booking.infra.web.app_setup import send
from gmp_booking.infra.web.i18n import _
from gmp_booking.infra.web.openapi import WITH_IDEMPOTENCY_KEY, WITH_KEY_AND_IF_MATCH

api = Blueprint("execution_api", __name__, url_prefix="/api/v1", description="What happens in sessions")

_SESSION = "/bookings/<reference>/sessions/<int:number>"


def _act(reference: str, number: int, action: str, body: dict[str, Any]) -> Response:
    request = current_request(reason=body["reason"], idempotency=idempotency_of_header())
    act = SessionAction(
        reference,
        number,
        action,
        revision=revision_seen(reference),
        at=body["at"],
        until=body["until"],
        reason=body["reason"],
        items=tuple(body["items"]),
        headcount=body["headcount"],
        note=body["note"],
        deviation_no=body["deviation_no"],
        people=tuple(body["people"]),
        told=body["told"],
    )
    return send(carry_out(request, answer_of, act, password=(body["signature"] or {}).get("password")))


@api.route(_SESSION)
class OneSession(MethodView):
    @api.response(200, SessionOut)
    def get(self, reference: str, number: int) -> Response:
        """Show the record of a session"""
        return send(answer_of(current_request().read(get_session, reference, number)))


@api.route(f"{_SESSION}/clear")
class Clear(MethodView):
    @api.doc(**WITH_KEY_AND_IF_MATCH)
    @api.arguments(SessionActSchema)
    @api.response(200, SessionOut)
    def post(self, body: dict[str, Any], reference: str, number: int) -> Response:
        """Record the line clearance with its checklist"""
        return _act(reference, number, "clear", body)


@api.route(f"{_SESSION}/verify-clearance")
class VerifyClearance(MethodView):
    @api.doc(**WITH_KEY_AND_IF_MATCH)
    @api.arguments(SessionActSchema)
    @api.response(200, SessionOut)
    def post(self, body: dict[str, Any], reference: str, number: int) -> Response:
        """Verify a line clearance that another person performed"""
        return _act(reference, number, "verify-clearance", body)


@api.route(f"{_SESSION}/ready")
class Ready(MethodView):
    @api.doc(**WITH_KEY_AND_IF_MATCH)
    @api.arguments(SessionActSchema)
    @api.response(200, SessionOut)
    def post(self, body: dict[str, Any], reference: str, number: int) -> Response:
        """Release the room for a session; needs a signature"""
        return _act(reference, number, "ready", body)


@api.route(f"{_SESSION}/check-in")
class CheckIn(MethodView):
    @api.doc(**WITH_KEY_AND_IF_MATCH)
    @api.arguments(SessionActSchema)
    @api.response(200, SessionOut)
    def post(self, body: dict[str, Any], reference: str, number: int) -> Response:
        """Record the start of a session, now or at an earlier actual time"""
        return _act(reference, number, "check-in", body)


@api.route(f"{_SESSION}/emergency-entry")
class EmergencyEntry(MethodView):
    @api.doc(**WITH_KEY_AND_IF_MATCH)
    @api.arguments(SessionActSchema)
    @api.response(200, SessionOut)
    def post(self, body: dict[str, Any], reference: str, number: int) -> Response:
        """Record that the crew begins now although nobody can release the room; production or QA confirms it"""
        return _act(reference, number, "emergency-entry", body)


@api.route(f"{_SESSION}/confirm-emergency")
class ConfirmEmergency(MethodView):
    @api.doc(**WITH_KEY_AND_IF_MATCH)
    @api.arguments(SessionActSchema)
    @api.response(200, SessionOut)
    def post(self, body: dict[str, Any], reference: str, number: int) -> Response:
        """Confirm an emergency entry, with its deviation number if it has one"""
        return _act(reference, number, "confirm-emergency", body)


@api.route(f"{_SESSION}/crew")
class Crew(MethodView):
    @api.doc(**WITH_KEY_AND_IF_MATCH)
    @api.arguments(SessionActSchema)
    @api.response(200, SessionOut)
    def post(self, body: dict[str, Any], reference: str, number: int) -> Response:
        """Name people of a session that has begun"""
        return _act(reference, number, "crew", body)


@api.route(f"{_SESSION}/takes-until")
class TakesUntil(MethodView):
    @api.doc(**WITH_KEY_AND_IF_MATCH)
    @api.arguments(SessionActSchema)
    @api.response(200, SessionOut)
    def post(self, body: dict[str, Any], reference: str, number: int) -> Response:
        """Record that a running session takes longer than planned"""
        return _act(reference, number, "takes-until", body)


@api.route(f"{_SESSION}/suspend")
class Suspend(MethodView):
    @api.doc(**WITH_KEY_AND_IF_MATCH)
    @api.arguments(SessionActSchema)
    @api.response(200, SessionOut)
    def post(self, body: dict[str, Any], reference: str, number: int) -> Response:
        """Suspend a running session with a reason; needs a signature"""
        return _act(reference, number, "suspend", body)


@api.route(f"{_SESSION}/resume")
class Resume(MethodView):
    @api.doc(**WITH_KEY_AND_IF_MATCH)
    @api.arguments(SessionActSchema)
    @api.response(200, SessionOut)
    def post(self, body: dict[str, Any], reference: str, number: int) -> Response:
        """Resume a suspended session with a reason; needs a signature"""
        return _act(reference, number, "resume", body)


@api.route(f"{_SESSION}/complete")
class Complete(MethodView):
    @api.doc(**WITH_KEY_AND_IF_MATCH)
    @api.arguments(SessionActSchema)
    @api.response(200, SessionOut)
    def post(self, body: dict[str, Any], reference: str, number: int) -> Response:
        """Record the end of a session, now or at an earlier actual time"""
        return _act(reference, number, "complete", body)


@api.route(f"{_SESSION}/verify")
class Verify(MethodView):
    @api.doc(**WITH_KEY_AND_IF_MATCH)
    @api.arguments(SessionActSchema)
    @api.response(200, SessionOut)
    def post(self, body: dict[str, Any], reference: str, number: int) -> Response:
        """Verify the record of a session that another person completed"""
        return _act(reference, number, "verify", body)


@api.route(f"{_SESSION}/missed")
class Missed(MethodView):
    @api.doc(**WITH_KEY_AND_IF_MATCH)
    @api.arguments(SessionActSchema)
    @api.response(200, SessionOut)
    def post(self, body: dict[str, Any], reference: str, number: int) -> Response:
        """Record a session as a no-show"""
        return _act(reference, number, "missed", body)


@api.route(f"{_SESSION}/abort")
class Abort(MethodView):
    @api.doc(**WITH_KEY_AND_IF_MATCH)
    @api.arguments(SessionActSchema)
    @api.response(200, SessionOut)
    def post(self, body: dict[str, Any], reference: str, number: int) -> Response:
        """Abort a running session with a deviation and a reason; needs a signature"""
        return _act(reference, number, "abort", body)


@api.route("/releases")
class Releases(MethodView):
    @api.doc(**WITH_IDEMPOTENCY_KEY)
    @api.arguments(ReleasesSchema)
    @api.response(200, ReleasesOut)
    def post(self, body: dict[str, Any]) -> dict[str, Any]:
        """Release the rooms of several sessions with one signature, with a result for each"""
        named = [(each["reference"], each["session"]) for each in body["sessions"]]
        password = (body["signature"] or {}).get("password")
        results = carry_out_all(
            current_request(idempotency=idempotency_of_header()),
            SessionAction("", 0, "ready"),
            named,
            password=password,
        )
        return {
            "results": [
                {
                    "reference": each.reference,
                    "session": each.number,
                    "state": each.state,
                    "status": each.refusal.status if each.refusal else 200,
                    "detail": _(each.refusal.message, **each.refusal.params) if each.refusal else None,
                }
                for each in results
            ]
        }


@api.route("/bookings/<reference>/close")
class Close(MethodView):
    @api.doc(**WITH_KEY_AND_IF_MATCH)
    @api.arguments(ActionSchema)
    @api.response(200, BookingOut)
    def post(self, body: dict[str, Any], reference: str) -> Response:
        """Close a booking after all its sessions; needs a signature"""
        request = current_request(reason=body["reason"], idempotency=idempotency_of_header())
        answer = carry_out_closing(
            request,
            lambda booking: StoredResponse(
                200,
                json.dumps(head_out(booking), ensure_ascii=False).encode(),
                {"Content-Type": "application/json", "ETag": f'"{etag_of(booking)}"'},
            ),
            CloseRequest(reference, revision=revision_seen(reference)),
            password=(body["signature"] or {}).get("password"),
        )
        return send(answer)
