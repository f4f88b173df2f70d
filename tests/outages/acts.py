"""Placing and lifting outages over the API, as the people of the test facility do."""

from __future__ import annotations

from typing import Any

from tests.clients import SIGNED
from tests.shared_app import SharedApp

QA, ENGINEER = "qa@brc.example", "engineer@brc.example"


def placed(shared_app: SharedApp, body: dict[str, Any], *, by: str | None = None) -> dict[str, Any]:
    """The outage, or the first of a series."""
    answer = shared_app.api_client(by or (QA if body["kind"] == "HOLD" else ENGINEER)).post("/api/v1/outages", body)
    assert answer.status_code == 201, answer.text
    return answer.json["outages"][0]


def lifted(shared_app: SharedApp, outage: dict[str, Any], **more: Any) -> dict[str, Any]:
    by = QA if outage["kind"] == "HOLD" else ENGINEER
    body = {"reason": "The requalification has passed"} | (SIGNED if outage["kind"] == "HOLD" else {}) | more
    answer = shared_app.api_client(by).post(f"/api/v1/outages/{outage['id']}/lift", body)
    assert answer.status_code == 200, answer.text
    return answer.json
