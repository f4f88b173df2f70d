"""A line clearance is valid only while nothing happened in its room since it began."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from gmp_booking.execution.jobs import expire_releases
from gmp_booking.execution.line_clearance.lapse import Clearance, Lapse, Use, find_lapse
from tests.clients import SIGNED
from tests.execution.conftest import OPERATOR, POINTS, PRODUCTION, QA, WHY, ExecutionClient
from tests.factories.request_bodies import HoldFactory

NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
DEVIATION = {"deviation_no": "DEV-27-041"}
CLEARED = Clearance(NOW - 2 * HOUR, NOW + HOUR)


def lapse(
    uses: tuple[Use, ...] = (),
    holds: tuple[datetime, ...] = (),
    deviations: tuple[datetime, ...] = (),
    clearance: Clearance = CLEARED,
) -> Lapse | None:
    return find_lapse(uses, holds, deviations, clearance, NOW)


@pytest.mark.parametrize(
    ("began", "ended", "expected"),
    [
        (-5, -2, None),
        (-5, -1.9, Lapse.USED),
        (-1, -0.5, Lapse.USED),
        (-5, None, Lapse.IN_USE),
        (-1, None, Lapse.IN_USE),
    ],
)
def test_k1_5_a_clearance_begins_after_the_last_use_ended(
    began: float, ended: float | None, expected: Lapse | None
) -> None:
    use = Use(NOW + began * HOUR, None if ended is None else NOW + ended * HOUR)
    assert lapse(uses=(use,)) is expected


def test_k1_5_a_later_hold_or_deviation_ends_a_clearance() -> None:
    before, after = NOW - 3 * HOUR, NOW - HOUR
    assert lapse(holds=(before,), deviations=(before,)) is None
    assert lapse(holds=(before, after)) is Lapse.HELD
    assert lapse(deviations=(before, after)) is Lapse.DEVIATION


def test_k1_5_a_clearance_is_neither_older_nor_earlier_than_the_clean_hold() -> None:
    assert lapse(clearance=Clearance(NOW - 72 * HOUR, NOW)) is None
    assert lapse(clearance=Clearance(NOW - 73 * HOUR, NOW - 10 * HOUR)) is Lapse.TOO_OLD
    assert lapse(clearance=Clearance(NOW, NOW + 72 * HOUR)) is None
    assert lapse(clearance=Clearance(NOW, NOW + 73 * HOUR)) is Lapse.TOO_EARLY


def cleared(execution: ExecutionClient, reference: str) -> None:
    execution.do(OPERATOR, reference, "clear", POINTS)
    execution.do(QA, reference, "verify-clearance")


def test_k1_5_a_room_is_not_released_while_somebody_is_in_it(execution: ExecutionClient) -> None:
    following = execution.confirmed(2, room="B-02", starts_in=4)
    running = execution.running(2, room="B-02", company="hanbit")
    cleared(execution, following)
    refused = execution.act(QA, following, "ready", SIGNED)
    assert (refused.status_code, refused.json["detail"]) == (409, "B-02 is still in use.")
    execution.do(PRODUCTION, running, "complete")
    refused = execution.act(QA, following, "ready", SIGNED)
    assert (refused.status_code, refused.json["detail"]) == (
        409,
        "B-02 was in use after its line clearance began; clear it again.",
    )
    assert execution.session(following)["state"] == "PLANNED"


def test_k1_5_a_room_is_released_at_most_three_days_ahead(execution: ExecutionClient) -> None:
    reference = execution.confirmed(2, starts_in=24 * 120)
    cleared(execution, reference)
    refused = execution.act(QA, reference, "ready", SIGNED)
    assert refused.status_code == 409
    assert "72 hours" in refused.json["detail"]
    execution.bring(reference, 71)
    execution.do(QA, reference, "ready", SIGNED)


def test_k1_5_what_was_cleared_before_another_use_is_not_begun(execution: ExecutionClient) -> None:
    """Nothing is swept meanwhile: check-in asks itself."""
    following = execution.released(2, room="B-02", starts_in=4)
    between = execution.running(2, room="B-02", company="hanbit")
    execution.do(PRODUCTION, between, "complete")
    execution.bring(between, -4)
    execution.bring(following, 0)
    refused = execution.act(OPERATOR, following, "check-in")
    assert refused.status_code == 409
    assert refused.json["detail"] == "The line clearance of B-02 is no longer valid; clear it again."
    assert between not in refused.text
    execution.do(PRODUCTION, following, "check-in", WHY | DEVIATION)
    assert "CO-02" in execution.last_event(following)["data"]["regardless"]


def test_k1_5_the_job_tells_what_check_in_would_refuse(execution: ExecutionClient) -> None:
    following = execution.released(2, room="B-02", starts_in=4)
    other = execution.released(2, room="B-01", starts_in=4)
    execution.running(2, room="B-02", company="hanbit")
    expire_releases(execution.shared_app.database)
    assert execution.session(following)["state"] == "PLANNED"
    assert execution.last_event(following)["event"] == "LineClearanceVoided"
    assert execution.session(other)["state"] == "READY"


def test_k1_5_a_hold_that_was_lifted_again_ends_a_clearance(execution: ExecutionClient) -> None:
    reference = execution.confirmed(2, starts_in=1)
    cleared(execution, reference)
    client = execution.shared_app.api_client(QA)
    held = client.post("/api/v1/outages", HoldFactory(code="B-01"))
    assert held.status_code == 201, held.text
    outage = held.json["outages"][0]["id"] if "outages" in held.json else held.json["id"]
    lifted = client.post(f"/api/v1/outages/{outage}/lift", SIGNED | {"reason": "Counted again, within the limits"})
    assert lifted.status_code == 200, lifted.text
    refused = execution.act(QA, reference, "ready", SIGNED)
    assert refused.status_code == 409
    assert "hold" in refused.json["detail"]


# -- K1.6: work before release


def test_k1_6_work_that_began_before_the_release_is_recorded_regardless(execution: ExecutionClient) -> None:
    reference = execution.released(3)
    earlier = {"at": (datetime.now(UTC) - timedelta(minutes=90)).isoformat()}
    refused = execution.act(OPERATOR, reference, "check-in", earlier | WHY)
    assert refused.status_code == 409
    assert "before release" in refused.json["detail"]
    assert execution.act(PRODUCTION, reference, "check-in", earlier | WHY).status_code == 409
    assert execution.act(PRODUCTION, reference, "check-in", earlier | DEVIATION).status_code == 422
    assert execution.session(reference)["state"] == "READY"
    execution.do(PRODUCTION, reference, "check-in", earlier | WHY | DEVIATION)
    event = execution.last_event(reference)
    assert event["data"]["regardless"] == ["CO-02"]
    assert event["data"]["deviation_no"] == DEVIATION["deviation_no"]
