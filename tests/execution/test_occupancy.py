"""What really happens in a room decides: nobody enters while somebody else is in it, whatever was planned."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from tests.execution.conftest import (
    OPERATOR,
    PRODUCTION,
    WHY,
    ExecutionClient,
)
from tests.factories.request_bodies import DemonstrationRequestFactory, EngineeringRequestFactory, SessionFactory

HOUR = timedelta(hours=1)
REGARDLESS = WHY | {"deviation_no": "DEV-27-031"}
HANBIT = "requester@hanbit.example"


def used(execution: ExecutionClient, reference: str) -> list[dict[str, Any]]:
    return execution.shared_app.ask(
        "SELECT r.code, lower(o.during) AS since, upper(o.during) AS until, o.regardless, o.shared"
        " FROM occupancy o JOIN resource r ON r.id = o.resource_id JOIN booking b ON b.id = o.booking_id"
        " WHERE b.reference = %s ORDER BY r.code",
        reference,
    )


def in_use_at_once(execution: ExecutionClient) -> list[dict[str, Any]]:
    """Pairs of sessions that run in one room, neither of which was recorded regardless."""
    return execution.shared_app.ask(
        "SELECT a.id FROM occupancy a JOIN occupancy b ON b.unit_id = a.unit_id AND b.id > a.id"
        " WHERE a.during && b.during AND NOT (a.regardless OR b.regardless) AND NOT (a.shared AND b.shared)"
    )


# -- K1.1: a session runs on without a word, and the next one comes


def test_k1_1_nobody_checks_in_while_the_session_before_runs_on(execution: ExecutionClient) -> None:
    following = execution.released(2, room="B-02", company="hanbit", starts_in=4)
    running = execution.running(2, room="B-02", session={"equipment": ["BSC-02"]})
    execution.bring(running, -2.5)
    execution.bring(following, 0)
    refused = execution.act(PRODUCTION, following, "check-in")
    assert refused.status_code == 409
    assert refused.json["detail"] == "B-02 is still in use."
    assert [each["message"] for each in refused.json["findings"]] == ["B-02 Room B-02 is still in use."]
    theirs = execution.act(HANBIT, following, "check-in")
    assert theirs.status_code == 409
    assert theirs.json["detail"] == "B-02 is still in use."
    assert running not in theirs.text
    assert execution.session(following)["state"] == "READY"
    assert [each["code"] for each in used(execution, running)] == ["B-02", "BSC-02"]
    execution.do(OPERATOR, running, "complete")
    assert all(each["until"] for each in used(execution, running))
    assert execution.do(HANBIT, following, "check-in")["state"] == "IN_USE"
    assert in_use_at_once(execution) == []


def test_k1_1_what_the_door_refuses_is_recorded_regardless_with_reason_and_deviation(
    execution: ExecutionClient,
) -> None:
    following = execution.released(2, room="B-02", company="hanbit", starts_in=4)
    running = execution.running(2, room="B-02")
    execution.bring(running, -2.5)
    execution.bring(following, 0)
    assert execution.act(PRODUCTION, following, "check-in", WHY).status_code == 409
    assert execution.act(HANBIT, following, "check-in", REGARDLESS).status_code == 409
    execution.do(PRODUCTION, following, "check-in", REGARDLESS)
    assert [each["regardless"] for each in used(execution, following)] == [True]
    started = [each for each in execution.events(following) if each["event"] == "SessionStarted"]
    assert started[0]["data"]["regardless"][0] == "RM-01"
    assert execution.last_event(running)["event"] == "SecondUseRecorded"
    assert in_use_at_once(execution) == []
    execution.do(OPERATOR, running, "complete")
    third = execution.confirmed(1, room="B-02", starts_in=2.2)
    refused = execution.act(PRODUCTION, third, "check-in")
    assert (refused.status_code, refused.json["detail"]) == (409, "B-02 is still in use.")


def test_k1_1_both_sides_are_told_once_however_often_somebody_tries(execution: ExecutionClient) -> None:
    following = execution.released(2, room="B-02", company="hanbit", starts_in=4)
    running = execution.running(2, room="B-02")
    execution.bring(running, -2.5)
    execution.bring(following, 0)
    for _ in range(3):
        assert execution.act(HANBIT, following, "check-in").status_code == 409
    assert [each["event"] for each in execution.events(following)].count("CheckInRefused") == 1
    assert [each["event"] for each in execution.events(running)].count("NextUseRefused") == 1
    assert "Gaon" not in str(execution.last_event(following))
    assert "anbit" not in str(execution.last_event(running))


def test_a_shared_room_takes_several_sessions_at_once(execution: ExecutionClient) -> None:
    for hours_ago, company in ((1.5, "gaon"), (3, "hanbit")):
        request = DemonstrationRequestFactory()
        reference = execution.confirmed(1, room="VC-01", company=company, request=request)
        execution.do(PRODUCTION, reference, "check-in")
        assert [each["shared"] for each in used(execution, reference)] == [True]
        execution.bring(reference, -hours_ago)


# -- K1.2 and K1.3: early starts


def test_k1_2_who_comes_early_holds_the_room_from_then_on(execution: ExecutionClient) -> None:
    early = execution.released(3, starts_in=6, session={"equipment": ["BSC-01"]})
    started = execution.do(OPERATOR, early, "check-in")
    began = datetime.fromisoformat(started["actual_start"])
    assert {each["starts_at"] for each in execution.slots(early)} == {began}
    part = SessionFactory(room="B-01", start=datetime.now(UTC) + HOUR, hours=2)
    asked = EngineeringRequestFactory(by=HANBIT, sessions=[part])
    api_client = execution.shared_app.api_client(HANBIT)
    seen = api_client.post("/api/v1/bookings/preview", asked)
    assert "RM-01" in {each["rule"] for each in seen.json["findings"]}
    assert api_client.post("/api/v1/bookings", asked).status_code == 409


def test_k1_3_nobody_comes_early_while_somebody_else_holds_the_time_between(execution: ExecutionClient) -> None:
    early = execution.released(3, starts_in=6)
    between = execution.confirmed(2, company="hanbit", starts_in=1)
    refused = execution.act(OPERATOR, early, "check-in")
    assert refused.status_code == 409
    (finding,) = refused.json["findings"]
    (theirs,) = execution.slots(between)
    assert (finding["rule"], datetime.fromisoformat(finding["end"])) == ("RM-01", theirs["ends_at"])
    assert between not in refused.text
    assert execution.do(PRODUCTION, early, "check-in", WHY)["state"] == "IN_USE"
    assert execution.slots(between) == [theirs]


def test_k1_3_attended_equipment_is_free_until_its_own_time_too(execution: ExecutionClient) -> None:
    early = execution.released(3, starts_in=6, session={"equipment": ["TFF-01"]})
    between = execution.confirmed(2, company="hanbit", room="C-01", starts_in=1, session={"equipment": ["TFF-01"]})
    refused = execution.act(OPERATOR, early, "check-in")
    assert refused.status_code == 409
    assert {each["resource"] for each in refused.json["findings"]} == {"TFF-01", "C-01"}
    assert between not in refused.text


def test_k1_3_after_they_have_left_the_room_is_open(execution: ExecutionClient) -> None:
    early = execution.released(3, starts_in=6)
    between = execution.confirmed(2, company="hanbit", starts_in=1)
    execution.bring(between, -0.5)
    execution.do(PRODUCTION, between, "check-in", REGARDLESS)
    assert execution.act(OPERATOR, early, "check-in").json["detail"] == "B-01 is still in use."
    execution.do(PRODUCTION, between, "complete")
    assert execution.do(OPERATOR, early, "check-in")["state"] == "IN_USE"


# -- K1.9: the order of two uses


def begun(execution: ExecutionClient, minutes_ago: float) -> str:
    """A session in B-02 that began so many minutes ago, and should have ended half an hour ago."""
    running = execution.released(2, room="B-02")
    execution.do(OPERATOR, running, "check-in", {"at": ago(minutes_ago)})
    execution.bring(running, -2.5)
    return running


def ago(minutes: float) -> str:
    return (datetime.now(UTC) - timedelta(minutes=minutes)).isoformat()


def test_k1_9_an_end_that_changes_the_order_of_two_uses_needs_a_reason_and_is_late(execution: ExecutionClient) -> None:
    following = execution.released(2, room="B-02", company="hanbit", starts_in=4)
    running = begun(execution, 12)
    execution.bring(following, 0)
    execution.do(PRODUCTION, following, "check-in", REGARDLESS | {"at": ago(6)})
    refused = execution.act(OPERATOR, running, "complete", {"at": ago(8)})
    assert refused.status_code == 422
    assert "reason" in refused.json["errors"]
    execution.do(OPERATOR, running, "complete", {"at": ago(8)} | WHY)
    (completed,) = [each for each in execution.events(running) if each["event"] == "SessionCompleted"]
    assert (completed["data"]["late_min"], completed["reason"]) == (8, WHY["reason"])


def test_k1_9_an_end_that_leaves_the_order_needs_none(execution: ExecutionClient) -> None:
    following = execution.released(2, room="B-02", company="hanbit", starts_in=4)
    running = begun(execution, 12)
    execution.bring(following, 0)
    execution.do(PRODUCTION, following, "check-in", REGARDLESS | {"at": ago(6)})
    execution.do(OPERATOR, running, "complete", {"at": ago(4)})
    (completed,) = [each for each in execution.events(running) if each["event"] == "SessionCompleted"]
    assert completed["data"]["late_min"] == 0


def test_k1_9_who_says_that_they_came_before_the_others_left_is_refused(execution: ExecutionClient) -> None:
    following = execution.released(2, room="B-02", company="hanbit", starts_in=4)
    running = begun(execution, 12)
    execution.bring(following, 0)
    execution.do(OPERATOR, running, "complete", {"at": ago(4)})
    refused = execution.act(HANBIT, following, "check-in", {"at": ago(6)})
    assert (refused.status_code, refused.json["detail"]) == (409, "B-02 was in use at that time.")
    assert execution.do(HANBIT, following, "check-in", {"at": ago(3)})["state"] == "IN_USE"
