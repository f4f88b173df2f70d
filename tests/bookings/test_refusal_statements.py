"""A refusal resolves the content once, and reads the days around it once."""

from __future__ import annotations

from typing import Any

import pytest

from tests.clients import ApiClient, weekday_at
from tests.factories.bookings import ConfirmedBookingFactory, SubmittedBookingFactory
from tests.factories.request_bodies import EngineeringRequestFactory, SessionFactory
from tests.shared_app import SharedApp
from tests.statement_watch import watching

GAON = "requester@gaon.example"
RESOLVES, READS_REPLACEMENTS, READS_TIME = "WITH named AS", "WITH known AS", "'occupations' AS part"


@pytest.fixture
def client(shared_app: SharedApp) -> ApiClient:
    return shared_app.api_client(GAON)


def _run(hour: int, weeks: int) -> dict[str, Any]:
    start = weekday_at(hour, weeks=weeks)
    return EngineeringRequestFactory(sessions=[SessionFactory(room="B-02", start=start, hours=3)])


def _require_one_resolution(shared_app: SharedApp, ask: Any) -> None:
    with watching(shared_app.app.extensions["gmp"].database) as watched:
        refused = ask().json
    assert {each["rule"] for each in refused["findings"]} >= {"RM-01"}
    assert refused["alternatives"]
    counts = {
        part: sum(part in each for each in watched.statements) for part in (RESOLVES, READS_REPLACEMENTS, READS_TIME)
    }
    assert counts == {RESOLVES: 1, READS_REPLACEMENTS: 1, READS_TIME: 2}


@pytest.mark.parametrize(("path", "weeks"), [("/api/v1/bookings", 6), ("/api/v1/bookings/preview", 7)])
def test_a_refused_request_is_resolved_once(shared_app: SharedApp, client: ApiClient, path: str, weeks: int) -> None:
    SubmittedBookingFactory(app=shared_app, body=_run(9, weeks))
    _require_one_resolution(shared_app, lambda: client.post(path, _run(9, weeks)))


def test_a_refused_change_is_resolved_once(shared_app: SharedApp, client: ApiClient) -> None:
    SubmittedBookingFactory(app=shared_app, body=_run(9, 8))
    address = ConfirmedBookingFactory(app=shared_app, body=_run(13, 8)).address
    seen = {"If-Match": client.get(address).headers["ETag"]}
    _require_one_resolution(shared_app, lambda: client.patch(address, _run(9, 8), **seen))
