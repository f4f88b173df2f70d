"""The API's description is valid OpenAPI 3.1 and names every route."""

from __future__ import annotations

import re

from openapi_spec_validator import OpenAPIV31SpecValidator


def test_the_description_is_valid_and_complete(app) -> None:
    description = app.test_client().get("/api/v1/openapi.json").json
    OpenAPIV31SpecValidator(description).validate()
    routes = {
        re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule)
        for rule in app.url_map.iter_rules()
        if rule.rule.startswith("/api/v1/") and not rule.endpoint.startswith(("api-docs", "api_docs", "api_root"))
    }
    assert routes == set(description["paths"])
