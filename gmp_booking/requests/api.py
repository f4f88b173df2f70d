"""JSON API of bookings."""

from __future__ import annotations

import json
from typing import Any

from flask import Response, make_response
from flask.views import MethodView
from flask_smorest import Blueprint

from gmp_booking.accounts.request_context import current_request, idempotency_of_header, revision_seen
from gmp_booking.bookings import lists
from gmp_booking.bookings.content import BookingContent
from gmp_booking.bookings.schemas import (
    ActionSchema,
    BookingOut,
    BookingPageOut,
    BookingQuery,
    BookingSchema,
    HistoryOut,
    PreviewOut,
    alternatives_out,
    booking_out,
    content_out,
    etag_of,
    findings_out,
    head_out,
)
from gmp_booking.bookings.views import get_view
from gmp_booking.infra.database.uow import StoredResponse
from gmp_booking.infra.web.app_setup import send
from gmp_booking.infra.web.i18n import current_language
from gmp_booking.infra.web.openapi import WITH_IDEMPOTENCY_KEY, WITH_KEY_AND_IF_MATCH
from gmp_booking.kernel.access import Actor
from gmp_booking.kernel.errors import Conflict
from gmp_booking.requests import submit
from gmp_booking.requests.cancel import cancel
from gmp_booking.requests.handlers import refused_with_alternatives
from gmp_booking.requests.preview import preview_request
from gmp_booking.requests.submit import Submitted

api = Blueprint("bookings_api", __name__, url_prefix="/api/v1/bookings", description="Bookings")


def submitted_answer(submitted: Submitted, actor: Actor, language: str) -> StoredResponse:
    """201 with the booking and its URL; the body is stored with the idempotency key."""
    out = head_out(submitted.booking) | content_out(submitted.content)
    out["open_findings"] = findings_out(submitted.verdict.findings, actor, language)
    headers = {
        "Content-Type": "application/json",
        "Location": f"/api/v1/bookings/{submitted.booking.reference}",
        "ETag": f'"{etag_of(submitted.booking)}"',
    }
    return StoredResponse(201, json.dumps(out, ensure_ascii=False).encode(), headers)


def _submit(content: BookingContent, *, reference: str | None, revision: int | None) -> Response:
    request = current_request(idempotency=idempotency_of_header())
    language = current_language()
    try:
        answer = request.answer(
            lambda submitted: submitted_answer(submitted, request.actor, language),
            submit.submit,
            content,
            reference=reference,
            revision=revision,
        )
    except Conflict as conflict:
        raise refused_with_alternatives(conflict, request) from conflict
    return send(answer)


@api.route("/preview")
class PreviewBooking(MethodView):
    @api.arguments(BookingSchema)
    @api.response(200, PreviewOut)
    def post(self, content: BookingContent) -> dict[str, Any]:
        """Evaluate a booking without creating it"""
        request = current_request()
        preview = request.read(preview_request, content)
        return {
            "verdict": preview.verdict.outcome.value,
            "findings": findings_out(preview.verdict.findings, request.actor, current_language()),
            "changeovers": [],
            "alternatives": alternatives_out(preview.alternatives, current_language()),
        }


@api.route("")
class BookingCollection(MethodView):
    @api.arguments(BookingQuery, location="query")
    @api.response(200, BookingPageOut)
    def get(self, query: dict[str, Any]) -> dict[str, Any]:
        """List bookings, newest first"""
        request = current_request()
        page, size = query["page"], query["page_size"]
        found = request.read(
            lists.list_bookings,
            lists.BookingFilter(
                states=tuple(query["state"].split(",")) if query["state"] else (),
                resource=query["resource"],
                from_at=query["from_"],
                until_at=query["to"],
                offset=(page - 1) * size,
                limit=size + 1,
            ),
        )
        return {
            "bookings": [head_out(booking) for booking in found[:size]],
            "page": page,
            "page_size": size,
            "has_more": len(found) > size,
        }

    @api.doc(**WITH_IDEMPOTENCY_KEY)
    @api.arguments(BookingSchema)
    @api.response(201, BookingOut)
    def post(self, content: BookingContent) -> Response:
        """Create and submit a booking"""
        return _submit(content, reference=None, revision=None)


@api.route("/<reference>")
class BookingItem(MethodView):
    @api.response(200, BookingOut)
    def get(self, reference: str) -> Response:
        """Show a booking"""
        request = current_request()
        details = request.read(get_view, reference)
        response = make_response(booking_out(details, request.actor, current_language()))
        response.headers["ETag"] = f'"{etag_of(details.booking)}"'
        return response


@api.route("/<reference>/submit")
class SubmitBooking(MethodView):
    @api.doc(**WITH_KEY_AND_IF_MATCH)
    @api.arguments(BookingSchema)
    @api.response(201, BookingOut)
    def post(self, content: BookingContent, reference: str) -> Response:
        """Submit a draft, or a returned booking with its changes"""
        return _submit(content, reference=reference, revision=revision_seen(reference))


@api.route("/<reference>/cancel")
class CancelBooking(MethodView):
    @api.doc(**WITH_KEY_AND_IF_MATCH)
    @api.arguments(ActionSchema)
    @api.response(200, BookingOut)
    def post(self, body: dict[str, Any], reference: str) -> Response:
        """Cancel a booking, with a reason"""
        request = current_request(reason=body["reason"], idempotency=idempotency_of_header())
        answer = request.answer(
            lambda booking: StoredResponse(
                200,
                json.dumps(head_out(booking), ensure_ascii=False).encode(),
                {"Content-Type": "application/json", "ETag": f'"{etag_of(booking)}"'},
            ),
            cancel,
            reference,
            reason=body["reason"] or "",
            revision=revision_seen(reference),
        )
        return send(answer)


@api.route("/<reference>/history")
class BookingHistory(MethodView):
    @api.response(200, HistoryOut)
    def get(self, reference: str) -> dict[str, Any]:
        """List the journal of a booking, oldest first"""
        entries = current_request().read(lists.list_history, reference)
        return {
            "entries": [
                {
                    "at": entry.at.isoformat(),
                    "event": entry.event,
                    "actor": entry.actor_name,
                    "reason": entry.reason,
                    "version": entry.version,
                    "data": entry.data,
                }
                for entry in entries
            ]
        }
