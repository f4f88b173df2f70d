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


def test_it_names_the_headers_that_are_honoured(app) -> None:
    paths = app.test_client().get("/api/v1/openapi.json").json["paths"]

    def headers(path: str, method: str) -> set[str]:
        return {each["name"] for each in paths[path][method].get("parameters", ()) if each["in"] == "header"}

    assert headers("/api/v1/bookings", "post") == {"Idempotency-Key"}
    assert headers("/api/v1/bookings/preview", "post") == set()
    for act in ("", "/cancel", "/approve", "/close", "/sessions/{number}/check-in"):
        method = "post" if act else "patch"
        assert headers(f"/api/v1/bookings/{{reference}}{act}", method) == {"Idempotency-Key", "If-Match"}


def test_errors_are_described_as_they_are_sent(app) -> None:
    client = app.test_client()
    described = client.get("/api/v1/openapi.json").json["components"]
    (content,) = described["responses"]["DEFAULT_ERROR"]["content"].items()
    sent = client.post("/api/v1/bookings", json={})
    assert content == (sent.mimetype, {"schema": {"$ref": "#/components/schemas/Problem"}})
    assert set(described["schemas"]["Problem"]["required"]) <= set(sent.json)
