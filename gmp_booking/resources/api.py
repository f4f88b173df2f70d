"""JSON API of resources and their availability."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from flask.views import MethodView
from flask_smorest import Blueprint

from gmp_booking.accounts.request_context import current_request
from gmp_booking.kernel.errors import Invalid
from gmp_booking.kernel.period import Period
from gmp_booking.kernel.text import N_
from gmp_booking.resources import availability
from gmp_booking.resources.schemas import AvailabilityOut, AvailabilityQuery, ResourcesOut
from gmp_booking.resources.service import list_resources

api = Blueprint("resources_api", __name__, url_prefix="/api/v1", description="Rooms and equipment")


@api.route("/resources")
class Resources(MethodView):
    @api.response(200, ResourcesOut)
    def get(self) -> dict[str, Any]:
        """List rooms and equipment"""
        return {"resources": current_request().read(list_resources)}


@api.route("/availability")
class Availability(MethodView):
    @api.arguments(AvailabilityQuery, location="query")
    @api.response(200, AvailabilityOut)
    def get(self, query: dict[str, Any]) -> dict[str, Any]:
        """List the times when a resource is free for at least the given minutes"""
        if query["to"] <= query["from_"]:
            raise Invalid(field_errors={"to": [N_("The end must be after the start.")]})
        free = current_request().read(
            availability.free_periods,
            query["resource"],
            Period(query["from_"], query["to"]),
            shortest=timedelta(minutes=query["minutes"]),
        )
        return {"resource": query["resource"], "free": free}
