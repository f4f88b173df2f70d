"""JSON API of the user's own calendar links."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from flask.views import MethodView
from flask_smorest import Blueprint

from gmp_booking.accounts.request_context import current_request
from gmp_booking.calendars import feeds, service
from gmp_booking.calendars.schemas import FeedFormSchema, FeedMadeSchema, FeedsSchema
from gmp_booking.calendars.service import FeedMade

api = Blueprint("feeds_api", __name__, url_prefix="/api/v1/feeds", description="Your calendar links")


def _out(made: FeedMade) -> dict[str, Any]:
    return asdict(made.feed) | {"url": feeds.https_of(made.secret), "webcal": feeds.webcal_of(made.secret)}


@api.route("")
class Feeds(MethodView):
    @api.response(200, FeedsSchema)
    def get(self) -> dict[str, Any]:
        """List your calendar links"""
        return {"items": current_request().read(service.list_own_feeds)}

    @api.arguments(FeedFormSchema)
    @api.response(201, FeedMadeSchema)
    def post(self, shape: dict[str, Any]) -> dict[str, Any]:
        """Create a calendar link; only this response contains its URL"""
        made = current_request().transact(
            service.create_feed, scope=shape["scope"], resource=shape["resource"], language=shape["language"]
        )
        return _out(made)


@api.route("/<int:feed_id>")
class Feed(MethodView):
    @api.response(204)
    def delete(self, feed_id: int) -> None:
        """Revoke a calendar link"""
        current_request().transact(service.revoke_feed, feed_id)


@api.route("/<int:feed_id>/rotate")
class Rotate(MethodView):
    @api.response(201, FeedMadeSchema)
    def post(self, feed_id: int) -> dict[str, Any]:
        """Replace a calendar link by a new one with the same content"""
        return _out(current_request().transact(service.rotate_feed, feed_id))
