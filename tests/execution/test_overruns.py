"""A session that takes longer holds its room exactly as far as it is free, and no neighbour loses a minute."""

from __future__ import annotations

import os
import random
from datetime import UTC, datetime, timedelta

import pytest

from gmp_booking.revalidation import jobs as revalidation
from tests.execution.conftest import OPERATOR, QA, REQUESTER, SCHEDULER, WHY, ExecutionClient
from tests.factories.request_bodies import EngineeringRequestFactory, SessionFactory

HOUR = timedelta(hours=1)


def free_until(taken: list[tuple[datetime, datetime]], since: datetime, wanted: datetime) -> datetime:
    """How far time is free from an instant on: the oracle, without a database."""
    return min([start for start, _end in taken if since <= start < wanted], default=wanted)


def test_an_overrun_takes_the_free_time_and_stops_at_the_neighbour(execution: ExecutionClient) -> None:
    running = execution.running(2)
    neighbour = execution.confirmed(2, company="hanbit", starts_in=3)
    (theirs,) = execution.slots(neighbour)
    ends = execution.session(running)["ends_at"]
    until = ends + 2 * HOUR
    execution.do(OPERATOR, running, "takes-until", {"until": until.isoformat()})
    (mine,) = execution.slots(running)
    assert mine["ends_at"] == theirs["starts_at"] < until
    assert execution.slots(neighbour) == [theirs]
    data = execution.last_event(running)["data"]
    assert (data["session"], data["room"]) == (1, "B-01")
    assert datetime.fromisoformat(data["until"]) == until.replace(microsecond=0)
    assert datetime.fromisoformat(data["held_until"]) == theirs["starts_at"]


def test_the_next_booking_learns_that_its_room_is_taken_and_not_by_whom(execution: ExecutionClient) -> None:
    running = execution.running(2)
    neighbour = execution.confirmed(2, company="hanbit", starts_in=3)
    until = execution.session(running)["ends_at"] + 2 * HOUR
    execution.do(OPERATOR, running, "takes-until", {"until": until.isoformat()})
    refused = _release(execution, neighbour)
    assert refused.status_code == 409
    (finding,) = refused.json["findings"]
    assert finding["rule"] == "RM-01"
    begin = execution.session(neighbour)["starts_at"]
    body = SessionFactory(room="B-01", start=begin + 0.2 * HOUR, end=begin + 0.9 * HOUR)
    asked = EngineeringRequestFactory(sessions=[body], product="HB-Derm")
    seen = execution.shared_app.api_client("requester@hanbit.example").post("/api/v1/bookings/preview", asked)
    preview_text = seen.text
    assert "RM-01" in preview_text
    assert running not in preview_text
    assert "Gaon" not in preview_text
    execution.do(OPERATOR, running, "complete")
    assert _release(execution, neighbour).status_code == 200


def _release(execution: ExecutionClient, reference: str):
    from tests.clients import SIGNED
    from tests.execution.conftest import POINTS, PRODUCTION

    if execution.session(reference)["state"] == "PLANNED":
        execution.act(PRODUCTION, reference, "clear", POINTS)
        execution.act(QA, reference, "verify-clearance")
    return execution.act(QA, reference, "ready", SIGNED)


def test_a_true_end_after_the_planned_one_is_recorded_whatever_is_in_the_way(execution: ExecutionClient) -> None:
    running = execution.running(3)
    neighbour = execution.confirmed(2, company="hanbit", starts_in=4)
    execution.bring(running, -5)
    execution.bring(neighbour, -1)
    execution.shared_app.ask(
        "UPDATE session_record AS r SET actual_start_at = s.starts_at FROM booking_session AS s"
        " WHERE s.booking_id = r.booking_id AND s.number = r.number AND r.state = 'IN_USE' RETURNING r.id"
    )
    (theirs,) = execution.slots(neighbour)
    done = execution.do(OPERATOR, running, "complete")
    assert datetime.fromisoformat(done["actual_end"]) > theirs["starts_at"]
    assert [event["event"] for event in execution.events(running)][-2:] == ["SessionCompleted", "SessionOverran"]
    assert execution.slots(neighbour) == [theirs]
    assert execution.slots(running)[0]["ends_at"] == theirs["starts_at"]


def test_ending_early_gives_the_rest_back_and_teardown_is_kept(execution: ExecutionClient) -> None:
    reference = execution.running(4, session={"teardown_min": 30, "equipment": ["BSC-01"]})
    began = execution.session(reference)["actual_start_at"]
    done = execution.do(OPERATOR, reference, "complete")
    ended = datetime.fromisoformat(done["actual_end"])
    after = execution.slots(reference)
    assert {slot["code"] for slot in after} == {"B-01", "BSC-01"}
    assert all(slot["ends_at"] == ended + 0.5 * HOUR for slot in after)
    assert {slot["starts_at"] for slot in after} == {began}
    begin = datetime.now(UTC) + HOUR
    body = SessionFactory(room="B-01", start=begin, hours=1)
    asked = EngineeringRequestFactory(sessions=[body], product="HB-Derm")
    seen = execution.shared_app.api_client("requester@hanbit.example").post("/api/v1/bookings/preview", asked).json
    assert not [each for each in seen["findings"] if each["rule"] == "RM-01"]


def test_what_was_announced_can_be_taken_back(execution: ExecutionClient) -> None:
    reference = execution.running(2)
    ends = execution.session(reference)["ends_at"]
    execution.do(OPERATOR, reference, "takes-until", {"until": (ends + HOUR).isoformat()})
    assert execution.slots(reference)[0]["ends_at"] > ends
    execution.do(OPERATOR, reference, "takes-until", {"until": ends.isoformat()})
    assert execution.slots(reference)[0]["ends_at"] == ends
    assert execution.session(reference)["expected_end_at"] is None
    assert [event["event"] for event in execution.events(reference)][-2:] == [
        "SessionOverran",
        "OverrunWithdrawn",
    ]
    for until in (ends, ends + timedelta(days=30), datetime.now(UTC) - HOUR):
        assert execution.act(SCHEDULER, reference, "takes-until", {"until": until.isoformat()}).status_code == 422


ROUNDS = int(os.environ.get("GMP_OVERRUNS", "4"))


@pytest.mark.parametrize("round_number", range(ROUNDS))
def test_random_overruns_agree_with_a_diary_in_plain_python(execution: ExecutionClient, round_number: int) -> None:
    seed = random.SystemRandom().randrange(10**6)
    print(f"round {round_number}, seed {seed}")
    dice = random.Random(seed)
    running = execution.running(2, session={"equipment": ["BSC-01"], "teardown_min": dice.choice((0, 15))})
    gaps = sorted(dice.sample(range(1, 12), k=dice.randint(0, 2)))
    neighbours = [execution.confirmed(0.5, company="hanbit", starts_in=2.5 + gap) for gap in gaps]
    theirs = [slot for each in neighbours for slot in execution.slots(each)]
    row = execution.session(running)
    teardown = timedelta(minutes=row["teardown_min"])
    held = row["ends_at"] + teardown
    for _ in range(3):
        until = row["ends_at"] + timedelta(minutes=dice.randrange(5, 700, 5))
        execution.do(SCHEDULER, running, "takes-until", {"until": until.isoformat()})
        until = until.replace(microsecond=0)
        taken = [(slot["starts_at"], slot["ends_at"]) for slot in theirs]
        wanted = until + teardown
        held = wanted if wanted <= held else free_until(taken, held, wanted)
        held = max(held, row["ends_at"] + teardown)
        found = {slot["code"]: slot["ends_at"] for slot in execution.slots(running)}
        # The bench is nobody else's; the room is shared, and whoever holds it is not pushed.
        assert found["B-01"] == held
        assert found["BSC-01"] == wanted
        assert [slot for each in neighbours for slot in execution.slots(each)] == theirs
    assert execution.act(REQUESTER, running, "complete", WHY).status_code == 200


def test_the_next_booking_is_at_risk_for_as_long_as_the_overrun_reaches_into_it(execution: ExecutionClient) -> None:
    running = execution.running(2)
    neighbour = execution.confirmed(2, company="hanbit", starts_in=3)
    later = execution.confirmed(1, company="hanbit", starts_in=9)
    ends = execution.session(running)["ends_at"]

    def at_risk() -> list[str]:
        revalidation.work(execution.shared_app.database)
        found = execution.shared_app.ask("SELECT reference FROM booking WHERE at_risk AND state = 'CONFIRMED'")
        return [each["reference"] for each in found if each["reference"] in {running, neighbour, later}]

    assert at_risk() == []
    execution.do(OPERATOR, running, "takes-until", {"until": (ends + 2 * HOUR).isoformat()})
    assert at_risk() == [neighbour]
    owners = execution.shared_app.page_client("requester@hanbit.example").get(f"/bookings/{neighbour}").text
    assert "At risk" in owners
    assert running not in owners
    assert "GS-M1" not in owners
    assert "B-02" in owners, "a twin of the room is offered instead"
    execution.do(OPERATOR, running, "takes-until", {"until": ends.isoformat()})
    assert at_risk() == []
    execution.do(OPERATOR, running, "takes-until", {"until": (ends + 2 * HOUR).isoformat()})
    assert at_risk() == [neighbour]
    execution.do(OPERATOR, running, "complete")
    assert at_risk() == []
