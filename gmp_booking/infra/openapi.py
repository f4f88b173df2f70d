"""What every door's description has in common (OpenAPI 3.1): errors as they are sent, and the headers doors honour."""

from __future__ import annotations

from typing import Any, Final

from flask_smorest import Api
from marshmallow import Schema, fields

from gmp_booking.infra.http import PROBLEM_JSON

_KEY: Final = {
    "in": "header",
    "name": "Idempotency-Key",
    "description": "A word of your own for this request: sent again, it has one effect and gets the same answer.",
    "schema": {"type": "string", "maxLength": 200},
}
_SEEN: Final = {
    "in": "header",
    "name": "If-Match",
    "description": "The ETag of what you saw: when somebody changed it meanwhile, nothing is done and you get 412.",
    "schema": {"type": "string"},
}

KEYED: Final[dict[str, Any]] = {"parameters": [_KEY]}
KEYED_AND_SEEN: Final[dict[str, Any]] = {"parameters": [_KEY, _SEEN]}
"""For `@api.doc(**…)` above what a door honours."""


class ProblemSchema(Schema):
    """An error as programs read it (RFC 9457)."""

    type = fields.String(required=True)
    title = fields.String(required=True)
    status = fields.Integer(required=True)
    detail = fields.String(required=True)
    request_id = fields.String(required=True)
    errors = fields.Dict(keys=fields.String(), values=fields.List(fields.String()))


class DescribedApi(Api):  # type: ignore[misc]
    """Errors are described as they are sent."""

    ERROR_SCHEMA = ProblemSchema
    DEFAULT_RESPONSE_CONTENT_TYPE: str

    def _register_responses(self) -> None:
        usual, self.DEFAULT_RESPONSE_CONTENT_TYPE = self.DEFAULT_RESPONSE_CONTENT_TYPE, PROBLEM_JSON
        super()._register_responses()
        self.DEFAULT_RESPONSE_CONTENT_TYPE = usual
