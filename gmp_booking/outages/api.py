"""JSON API of outages."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from flask import Response
from flask.views import MethodView
from flask_smorest import Blueprint

from gmp_booking.accounts.request_context import current_request, idempotency_of_header, revision_seen
from gmp_booking.infra.database.uow import StoredResponse
from gmp_booking.infra.web.app_setup import send
from gmp_booking.infra.web.openapi import WITH_IDEMPOTENCY_KEY, WITH_KEY_AND_IF_MATCH
from gmp_booking.outages import service
from gmp_booking.outages.handlers import lift_outage, place_outage
from gmp_booking.outages.schemas import (
    LiftSchema,
    OutageOut,
    OutagePageOut,
    OutageQuery,
    OutageSchema,
    OutagesOut,
    etag_of,
    outage_out,
    record_of,
)
from gmp_booking.outages.service import NewOutage, OutageView

api = Blueprint("outages_api", __name__, url_prefix="/api/v1/outages", description="Outages and quality holds")


def _placed(placed: Sequence[OutageView]) -> StoredResponse:
    body = {"outages": [outage_out(each) for each in placed]}
    headers = {"Content-Type": "application/json", "Location": f"/api/v1/outages/{placed[0].id}"}
    return StoredResponse(201, json.dumps(body, ensure_ascii=False).encode(), headers)


def _one(outage: OutageView) -> StoredResponse:
    headers = {"Content-Type": "application/json", "ETag": f'"{etag_of(outage)}"'}
    return StoredResponse(200, json.dumps(outage_out(outage), ensure_ascii=False).encode(), headers)


@api.route("")
class Outages(MethodView):
    @api.arguments(OutageQuery, location="query")
    @api.response(200, OutagePageOut)
    def get(self, query: dict[str, Any]) -> dict[str, Any]:
        """List current, coming and past outages"""
        page, size = query["page"], query["page_size"]
        rows = current_request().read(
            service.list_outages,
            when=query["when"],
            kind=query["kind"],
            subject_kind=query["subject_kind"],
            offset=(page - 1) * size,
            limit=size + 1,
        )
        return {
            "outages": [outage_out(row) for row in rows[:size]],
            "page": page,
            "page_size": size,
            "has_more": len(rows) > size,
        }

    @api.doc(**WITH_IDEMPOTENCY_KEY)
    @api.arguments(OutageSchema)
    @api.response(201, OutagesOut)
    def post(self, new: NewOutage) -> Response:
        """Place an outage, also over running sessions; affected bookings become at risk"""
        return send(place_outage(current_request(reason=new.reason, idempotency=idempotency_of_header()), _placed, new))


@api.route("/<int:outage_id>")
class OneOutage(MethodView):
    @api.response(200, OutageOut)
    def get(self, outage_id: int) -> Response:
        """Show an outage"""
        return send(_one(current_request().read(service.get_outage, outage_id)))


@api.route("/<int:outage_id>/lift")
class Lift(MethodView):
    @api.doc(**WITH_KEY_AND_IF_MATCH)
    @api.arguments(LiftSchema)
    @api.response(200, OutageOut)
    def post(self, body: dict[str, Any], outage_id: int) -> Response:
        """Lift an outage now; a quality hold needs a signature"""
        reason = body["reason"] or ""
        answer = lift_outage(
            current_request(reason=reason or None, idempotency=idempotency_of_header()),
            _one,
            outage_id,
            reason=reason,
            password=(body["signature"] or {}).get("password"),
            revision=revision_seen(record_of(outage_id)),
            following=body["following"],
        )
        return send(answer)
