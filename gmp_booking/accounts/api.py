"""JSON API of the user's own API tokens."""

from __future__ import annotations

from typing import Any

from flask.views import MethodView
from flask_smorest import Blueprint

from gmp_booking.accounts import service, sessions
from gmp_booking.accounts.schemas import TokensSchema

api = Blueprint("tokens", __name__, url_prefix="/api/v1/tokens", description="Your API tokens")


@api.route("")
class Tokens(MethodView):
    @api.response(200, TokensSchema)
    def get(self) -> dict[str, Any]:
        """List your API tokens"""
        actor = sessions.require_actor()
        return {"items": sessions.services().database.read(actor, service.list_tokens)}


@api.route("/<int:token_id>")
class Token(MethodView):
    @api.response(204)
    def delete(self, token_id: int) -> None:
        """Revoke a token"""
        sessions.services().database.transact(sessions.require_actor(), service.revoke_token, token_id)
