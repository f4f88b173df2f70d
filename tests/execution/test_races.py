"""Stretching a session's time races with whoever books it: one of them has it, and nobody meets an error."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest

from tests.execution.conftest import OPERATOR, OPERATOR2, ExecutionClient
from tests.factories.request_bodies import EngineeringRequestFactory, SessionFactory

pytestmark = pytest.mark.heavy

OVERLAPS = """
    SELECT a.id FROM slot AS a JOIN slot AS b ON a.unit_id = b.unit_id AND a.id < b.id AND a.during && b.during
    WHERE a.active AND b.active
"""


def test_an_overrun_and_bookings_of_the_time_after_it_share_out_the_room(execution: ExecutionClient) -> None:
    for round_number in range(4):
        execution.empty()
        running = execution.running(2)
        ends = execution.session(running)["ends_at"]
        api_clients = [execution.shared_app.api_client(f"requester@{name}.example") for name in ("hanbit", "saebyeok")]
        execution.shared_app.api_client(OPERATOR)

        def book(index: int, ends: Any = ends, api_clients: Any = api_clients) -> int:
            start = ends + timedelta(minutes=20 + 45 * (index % 3))
            part = SessionFactory(room="B-01", start=start, hours=0.5)
            product = ("HB-Derm", "SE-01")[index % 2]
            body = EngineeringRequestFactory(sessions=[part], product=product)
            return int(api_clients[index % 2].post("/api/v1/bookings", body).status_code)

        def overrun(minutes: int, running: str = running, ends: Any = ends) -> int:
            until = {"until": (ends + timedelta(minutes=minutes)).isoformat()}
            return execution.act(OPERATOR, running, "takes-until", until).status_code

        with ThreadPoolExecutor(4) as pool:
            asked = [pool.submit(book, index) for index in range(4)]
            asked += [pool.submit(overrun, 40 + 30 * index) for index in range(3)]
            statuses = [each.result() for each in asked]
        assert set(statuses[:4]) <= {201, 409}, statuses
        assert set(statuses[4:]) == {200}, statuses
        assert execution.shared_app.ask(OVERLAPS) == [], f"round {round_number}"


def test_of_two_who_check_in_one_does(execution: ExecutionClient) -> None:
    reference = execution.released(2)
    for email in (OPERATOR, OPERATOR2):
        execution.shared_app.api_client(email)
    with ThreadPoolExecutor(2) as pool:
        asked = [pool.submit(execution.act, email, reference, "check-in") for email in (OPERATOR, OPERATOR2)]
        statuses = sorted(each.result().status_code for each in asked)
    assert statuses == [200, 409]
    assert [event["event"] for event in execution.events(reference)].count("SessionStarted") == 1
