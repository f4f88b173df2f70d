"""Shared parts of the OpenAPI 3.1 description: error responses and request headers."""

from __future__ import annotations

from threading import RLock
from typing import Any, Final

from apispec import APISpec
from flask import Flask
from flask_smorest import Api, Blueprint
from marshmallow import Schema, fields

from gmp_booking.infra.web.request_info import PROBLEM_JSON

_IDEMPOTENCY_KEY: Final = {
    "in": "header",
    "name": "Idempotency-Key",
    "description": "A word of your own for this request: sent again, it has one effect and gets the same answer.",
    "schema": {"type": "string", "maxLength": 200},
}
_IF_MATCH: Final = {
    "in": "header",
    "name": "If-Match",
    "description": "The ETag of what you saw: when somebody changed it meanwhile, nothing is done and you get 412.",
    "schema": {"type": "string"},
}

WITH_IDEMPOTENCY_KEY: Final[dict[str, Any]] = {"parameters": [_IDEMPOTENCY_KEY]}
WITH_KEY_AND_IF_MATCH: Final[dict[str, Any]] = {"parameters": [_IDEMPOTENCY_KEY, _IF_MATCH]}
"""Arguments of `@api.doc(**…)` for operations that read these headers."""


class ProblemSchema(Schema):
    """An error for programs (RFC 9457)."""

    type = fields.String(required=True)
    title = fields.String(required=True)
    status = fields.Integer(required=True)
    detail = fields.String(required=True)
    request_id = fields.String(required=True)
    errors = fields.Dict(keys=fields.String(), values=fields.List(fields.String()))


class LazySpecApi(Api):  # type: ignore[misc]
    """An API that describes its errors as problem+json and builds the description on first request.

    Building it takes longer than the rest of the start of a process, and most processes never need it.
    """

    ERROR_SCHEMA = ProblemSchema
    DEFAULT_RESPONSE_CONTENT_TYPE: str

    def __init__(self, app: Flask) -> None:
        self._undescribed: list[Blueprint] = []
        self._describing = RLock()
        super().__init__(app)

    def register_blueprint(self, blueprint: Blueprint) -> None:
        """Register the routes now; their description is built on the first request for it."""
        self._app.extensions["flask-smorest"]["blp_name_to_api"][blueprint.name] = self
        self._app.register_blueprint(blueprint)
        self._undescribed.append(blueprint)

    @property
    def spec(self) -> APISpec:
        """The description of all routes registered so far."""
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
