"""The path of one booking through the packages, from the request to its slots, as ARCHITECTURE.md shows it."""

from __future__ import annotations

import sys
from itertools import groupby
from types import FrameType
from typing import Any

from tests.clients import weekday_at
from tests.factories.request_bodies import EngineeringRequestFactory, SessionFactory
from tests.shared_app import SharedApp

# Values, infrastructure and rules are used everywhere; who asks is known before the use case begins.
EVERYWHERE = frozenset({"kernel", "infra", "conflicts", "accounts", "app"})
PATH = ["bookings", "evaluation", "bookings", "evaluation", "resources", "bookings"]


def _package(frame: FrameType | None) -> str | None:
    """The package of the product that this call is in."""
    while frame is not None:
        words = str(frame.f_globals.get("__name__", "")).split(".")
        if words[0] == "gmp_booking" and words[1] not in EVERYWHERE:
            return words[1]
        frame = frame.f_back
    return None


def test_a_booking_goes_back_to_a_package_at_most_three_times(shared_app: SharedApp) -> None:
    client, start = shared_app.api_client("requester@gaon.example"), weekday_at(9, weeks=6)
    crew = [{"email": "operator@gaon.example", "role": "OPERATOR"}]
    body = EngineeringRequestFactory(sessions=[SessionFactory(room="B-02", start=start, hours=3, people=crew)])
    client.post("/api/v1/bookings/preview", body)
    entered: list[str] = []

    def note(frame: FrameType, event: str, _argument: Any) -> None:
        words = str(frame.f_globals.get("__name__", "")).split(".")
        is_function = "." not in frame.f_code.co_qualname and "<" not in frame.f_code.co_qualname
        if event != "call" or words[0] != "gmp_booking" or words[1] in EVERYWHERE or not is_function:
            return
        if words[1] not in {_package(frame.f_back), "requests"}:
            entered.append(words[1])

    sys.setprofile(note)
    try:
        answer = client.post("/api/v1/bookings", body)
    finally:
        sys.setprofile(None)
    assert answer.status_code == 201
    path = [package for package, _calls in groupby(entered)]
    assert path == PATH
    assert len(path) - len(set(path)) <= 3
