"""A public demonstration shows its title to everybody; everything else of others is reserved time."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.clients import weekday_at
from tests.factories.request_bodies import SessionFactory
from tests.shared_app import SharedApp

GAON, COMPETITOR, DEMO = "requester@gaon.example", "requester@saebyeok.example", "demo@brc.example"
TITLE = "Three weeks of cell culture"


def book(shared_app: SharedApp, start: datetime, **more: Any) -> str:
    part = SessionFactory(room="T-02", start=start)
    body = {"kind": "EDUCATION", "title": TITLE, "seats": 12, "sessions": [part]} | more
    made = shared_app.api_client(GAON).post("/api/v1/bookings", body)
    assert made.status_code == 201, made.text
    return f"/api/v1/bookings/{made.json['reference']}"


def labels_for(shared_app: SharedApp, email: str, start: datetime) -> list[str | None]:
    window = {"from": start - timedelta(hours=1), "to": start + timedelta(hours=4)}
    query = "&".join(f"{name}={at:%Y-%m-%dT%H:%M:%S}%2B09:00" for name, at in window.items())
    answer = shared_app.api_client(email).get(f"/api/v1/timeline?{query}&resource=T-02")
    return [block["label"] for block in answer.json["blocks"]]


def test_a_public_title_is_read_by_a_competitor_once_the_course_is_confirmed(shared_app: SharedApp) -> None:
    start = weekday_at(9, weeks=5)
    address = book(shared_app, start, visibility="PUBLIC")
    assert labels_for(shared_app, COMPETITOR, start) == [None]
    assert shared_app.api_client(DEMO).post(f"{address}/approve").json["state"] == "CONFIRMED"
    assert labels_for(shared_app, COMPETITOR, start) == [TITLE]
    page = shared_app.page_client(COMPETITOR).get(f"/timeline?view=day&date={start:%Y-%m-%d}&room=T-02").text
    assert TITLE in page
    assert address.rsplit("/", 1)[1] not in page


@pytest.mark.parametrize("more", [{}, {"visibility": "BUSY"}])
def test_what_is_not_public_says_nothing(shared_app: SharedApp, more: dict[str, str]) -> None:
    start = weekday_at(9, weeks=6, weekday=len(more))
    address = book(shared_app, start, **more)
    assert shared_app.api_client(DEMO).post(f"{address}/approve").json["state"] == "CONFIRMED"
    assert labels_for(shared_app, COMPETITOR, start) == [None]
    assert labels_for(shared_app, GAON, start) == [TITLE]
    assert (
        TITLE not in shared_app.page_client(COMPETITOR).get(f"/timeline?view=day&date={start:%Y-%m-%d}&room=T-02").text
    )


def test_beside_a_public_course_the_others_stay_silent(shared_app: SharedApp) -> None:
    start = weekday_at(9, weeks=7)
    public = book(shared_app, start, visibility="PUBLIC")
    silent = book(shared_app, start + timedelta(hours=2))
    for address in (public, silent):
        assert shared_app.api_client(DEMO).post(f"{address}/approve").json["state"] == "CONFIRMED"
    assert labels_for(shared_app, COMPETITOR, start) == [TITLE, None]
