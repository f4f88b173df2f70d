"""JSON API of the bookings that an outage would affect."""

from __future__ import annotations

from typing import Any

from flask.views import MethodView
from flask_smorest import Blueprint

from gmp_booking.accounts.request_context import current_request
from gmp_booking.outages.schemas import ImpactQuery
from gmp_booking.outages.service import NewOutage
from gmp_booking.revalidation.schemas import ImpactOut, impact_out
from gmp_booking.revalidation.service import impact

api = Blueprint("revalidation_api", __name__, url_prefix="/api/v1/outages", description="Impact of an outage")


@api.route("/impact")
class OutageImpact(MethodView):
    @api.arguments(ImpactQuery, location="query")
    @api.response(200, ImpactOut)
    def get(self, new: NewOutage) -> dict[str, Any]:
        """List the bookings an outage would affect, before it is created"""
        return impact_out(current_request().read(impact, new))
