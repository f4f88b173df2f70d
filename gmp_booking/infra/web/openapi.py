"""What every door's description has in common (OpenAPI 3.1): errors as they are sent, and the headers doors honour."""

from __future__ import annotations

from threading import RLock
from typing import Any, Final

from apispec import APISpec
from flask import Flask
from flask_smorest import Api, Blueprint
from marshmallow import Schema, fields

from gmp_booking.infra.web.app_setup import PROBLEM_JSON

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
    """Errors are described as they are sent; all doors are described when somebody first asks for it.

    Describing takes longer than everything else a process does at its start, and few are ever asked.
    """

    ERROR_SCHEMA = ProblemSchema
    DEFAULT_RESPONSE_CONTENT_TYPE: str

    def __init__(self, app: Flask) -> None:
        self._undescribed: list[Blueprint] = []
        self._describing = RLock()
        super().__init__(app)

    def register_blueprint(self, blueprint: Blueprint) -> None:
        """Open these doors."""
        self._app.extensions["flask-smorest"]["blp_name_to_api"][blueprint.name] = self
        self._app.register_blueprint(blueprint)
        self._undescribed.append(blueprint)

    @property
    def spec(self) -> APISpec:
        """The description, of everything registered so far."""
        with self._describing:
            while self._undescribed:
                self._describe(self._undescribed.pop(0))
            return self._spec

    @spec.setter
    def spec(self, spec: APISpec) -> None:
        self._spec = spec

    def _describe(self, blueprint: Blueprint) -> None:
        blueprint.register_views_in_doc(self, self._app, self._spec, name=blueprint.name, parameters=None)
        self._spec.tag({"name": blueprint.name, "description": blueprint.description})

    def _register_responses(self) -> None:
        usual, self.DEFAULT_RESPONSE_CONTENT_TYPE = self.DEFAULT_RESPONSE_CONTENT_TYPE, PROBLEM_JSON
        super()._register_responses()
        self.DEFAULT_RESPONSE_CONTENT_TYPE = usual
