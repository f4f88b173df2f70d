"""What really happens in a room decides: nobody enters while somebody else is in it, whatever was planned."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from gmp_booking.execution.jobs import record_overdue_sessions
from gmp_booking.notifications import jobs
from gmp_booking.revalidation import jobs as revalidation
from tests.execution.conftest import (
    OPERATOR,
    PRODUCTION,
    QA,
    REQUESTER,
    WHY,
    ExecutionClient,
)
from tests.execution.test_mails import read_mails
from tests.factories.request_bodies import DemonstrationRequestFactory, EngineeringRequestFactory, SessionFactory
from tests.statement_watch import watching

HOUR = timedelta(hours=1)
REGARDLESS = WHY | {"deviation_no": "DEV-27-031"}
MOST_STATEMENTS = 24
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
    assert [each["message"] for each in refused.json["findings"]] == [f"B-02 Room B-02 is still in use by {running}."]
    theirs = execution.act(HANBIT, following, "check-in")
    assert theirs.status_code == 409
    assert theirs.json["detail"] == "B-02 is still in use."
    assert [each["message"] for each in theirs.json["findings"]] == ["B-02 Room B-02 is still in use."]
    assert running not in theirs.text
    assert execution.session(following)["state"] == "READY"
    assert [each["code"] for each in used(execution, running)] == ["B-02", "BSC-02"]
    execution.do(OPERATOR, running, "complete")
    assert all(each["until"] for each in used(execution, running))
    execution.clear_anew(following)
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
    execution.clear_anew(early)
    assert execution.do(OPERATOR, early, "check-in")["state"] == "IN_USE"


# -- K1.9: the order of two uses


def begun(execution: ExecutionClient, minutes_ago: float) -> str:
    """A session in B-02 that began so many minutes ago, and should have ended half an hour ago."""
    running = execution.released(2, room="B-02", starts_in=-0.5)
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
    assert execution.do(HANBIT, following, "check-in")["state"] == "IN_USE"


# -- K1.4: a session that should have ended


def late(execution: ExecutionClient, *, next_in: float, **session: Any) -> tuple[str, str]:
    """A session in B-01 that should have ended half an hour ago, and another company's that begins in so many hours."""
    following = execution.confirmed(2, company="hanbit", starts_in=9, session=session)
    running = execution.running(2, session={"people": [{"email": REQUESTER}]})
    execution.bring(running, -2.5)
    execution.bring(following, next_in)
    return running, following


def ticks(execution: ExecutionClient) -> None:
    """What the worker does every other second."""
    record_overdue_sessions(execution.shared_app.database)
    revalidation.enqueue_delayed(execution.shared_app.database)
    revalidation.work(execution.shared_app.database)


def is_at_risk(execution: ExecutionClient, reference: str) -> bool:
    (row,) = execution.shared_app.ask("SELECT at_risk FROM booking WHERE reference = %s", reference)
    return bool(row["at_risk"])


def test_k1_4_an_overdue_session_is_recorded_once_and_the_next_use_is_at_risk(execution: ExecutionClient) -> None:
    running, following = late(execution, next_in=0.9)
    for _ in range(3):
        ticks(execution)
    assert [each["event"] for each in execution.events(running)].count("SessionOverdue") == 1
    assert is_at_risk(execution, following)
    assert [each["event"] for each in execution.events(following)].count("BookingAtRisk") == 1
    execution.do(OPERATOR, running, "complete")
    revalidation.work(execution.shared_app.database)
    assert not is_at_risk(execution, following)


def test_k1_4_nothing_is_overdue_within_the_grace(execution: ExecutionClient) -> None:
    running, following = late(execution, next_in=0.9)
    execution.bring(running, -2.2)
    ticks(execution)
    assert "SessionOverdue" not in {each["event"] for each in execution.events(running)}
    assert not is_at_risk(execution, following)


def test_k1_4_the_next_use_is_at_risk_when_its_preparation_would_have_to_begin(execution: ExecutionClient) -> None:
    _running, following = late(execution, next_in=1.5)
    ticks(execution)
    assert not is_at_risk(execution, following)
    execution.bring(following, 0.98)
    # It came nearer by itself: nobody has looked at it since.
    execution.shared_app.ask("UPDATE revalidation SET looked_at = looked_at - interval '5 min' RETURNING id")
    ticks(execution)
    assert is_at_risk(execution, following)
    ticks(execution)
    (queued,) = execution.shared_app.ask(
        "SELECT v.due_at FROM revalidation v JOIN booking b ON b.id = v.booking_id WHERE b.reference = %s", following
    )
    assert queued["due_at"] is None


def test_k1_4_a_long_preparation_begins_earlier(execution: ExecutionClient) -> None:
    _running, following = late(execution, next_in=1.5, setup_min=80)
    ticks(execution)
    assert is_at_risk(execution, following)


def holds(block: dict[str, Any], instant: datetime) -> bool:
    return datetime.fromisoformat(block["start"]) <= instant < datetime.fromisoformat(block["end"])


def test_k1_4_the_room_is_not_available_until_somebody_says_otherwise(execution: ExecutionClient) -> None:
    running, _following = late(execution, next_in=4)
    part = SessionFactory(room="B-01", start=datetime.now(UTC) + timedelta(minutes=10), hours=1)
    asked = EngineeringRequestFactory(by=HANBIT, sessions=[part])
    hanbit = execution.shared_app.api_client(HANBIT)
    seen = hanbit.post("/api/v1/bookings/preview", asked)
    assert "RM-01" in {each["rule"] for each in seen.json["findings"]}
    assert running not in seen.text
    today = datetime.now(UTC)
    window = {"from": (today - HOUR).isoformat(), "to": (today + HOUR).isoformat()}
    for email in (HANBIT, PRODUCTION):
        shown = execution.shared_app.api_client(email).get(f"/api/v1/timeline?resource=B-01&{urlencode(window)}")
        assert any(holds(each, today) for each in shown.json["blocks"]), (email, shown.text)
    assert running not in hanbit.get(f"/api/v1/timeline?resource=B-01&{urlencode(window)}").text
    board = execution.shared_app.page_client(PRODUCTION).get("/today?screen=1").text
    assert re.search(r"not ended, 3\d min over: room occupied", board)


# -- who is told


def mails_of(execution: ExecutionClient, reference: str) -> dict[str, set[str]]:
    """Who is told what happened in the rooms of a booking."""
    jobs.plan(execution.shared_app.database)
    rows = execution.shared_app.ask(
        "SELECT m.payload ->> 'happened' AS happened, m.recipient FROM outbox_message m"
        " JOIN booking b ON b.id = m.subject_id WHERE m.kind = 'room_in_use' AND b.reference = %s",
        reference,
    )
    return {
        happened: {row["recipient"] for row in rows if row["happened"] == happened}
        for happened in {row["happened"] for row in rows}
    }


def test_both_crews_and_production_hear_of_a_refusal_and_qa_of_a_second_use(execution: ExecutionClient) -> None:
    nobody_else = {"people": [{"email": HANBIT}]}
    following = execution.released(2, room="B-02", company="hanbit", starts_in=4, session=nobody_else)
    running = execution.running(2, room="B-02", session={"people": [{"email": OPERATOR}]})
    execution.bring(running, -2.5)
    execution.bring(following, 0)
    assert execution.act(HANBIT, following, "check-in").status_code == 409
    assert mails_of(execution, following) == {"CheckInRefused": {HANBIT, PRODUCTION}}
    assert mails_of(execution, running) == {"NextUseRefused": {REQUESTER, OPERATOR, PRODUCTION}}
    execution.do(PRODUCTION, following, "check-in", REGARDLESS)
    assert mails_of(execution, following)["SecondUseRecorded"] == {HANBIT, PRODUCTION, QA}
    assert mails_of(execution, running)["SecondUseRecorded"] == {REQUESTER, OPERATOR, PRODUCTION, QA}
    texts = read_mails(execution, "room_in_use")
    assert any("B-02 is still in use" in each for each in texts)
    assert any("has not ended" in each for each in texts)
    told = [each for each in texts if "Others entered B-02" in each]
    assert told
    assert not any(WHY["reason"] in each or "anbit" in each for each in told)


def test_the_crew_hears_that_its_session_is_overdue(execution: ExecutionClient) -> None:
    running, following = late(execution, next_in=0.9)
    ticks(execution)
    assert mails_of(execution, running) == {"SessionOverdue": {REQUESTER}}
    assert mails_of(execution, following) == {}


# -- what it costs


def test_a_check_in_has_a_bounded_number_of_statements(execution: ExecutionClient) -> None:
    counts = []
    for length in (1, 3):
        reference = execution.released(*[1.0] * length, session={"equipment": ["BSC-01"]})
        execution.shared_app.api_client(OPERATOR)
        with watching(execution.shared_app.app.extensions["gmp"].database) as watched:
            execution.do(OPERATOR, reference, "check-in")
        counts.append(len(watched.statements))
        execution.empty()
    print(f"a check-in has {counts[0]} statements")
    assert counts[0] == counts[1] <= MOST_STATEMENTS
