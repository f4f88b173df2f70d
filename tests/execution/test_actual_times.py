"""True times: entered at once or late, never in the future, with who and how late; records need four eyes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from gmp_booking.bookings.content import content_hash
from gmp_booking.execution.jobs import expire_releases
from tests.clients import SIGNED
from tests.execution.conftest import (
    OPERATOR,
    OPERATOR2,
    POINTS,
    PRODUCTION,
    QA,
    REQUESTER,
    SCHEDULER,
    WHY,
    ExecutionClient,
)
from tests.factories.request_bodies import EngineeringRequestFactory, SessionFactory


def ago(**much: float) -> str:
    return (datetime.now(UTC) - timedelta(**much)).isoformat()


def test_an_entry_made_late_says_why_and_how_late_it_is(execution: ExecutionClient) -> None:
    reference = execution.released(5, starts_in=-3)
    late = {"at": ago(minutes=40)}
    refused = execution.act(OPERATOR, reference, "check-in", late)
    assert refused.status_code == 422
    assert "reason" in refused.json["errors"]
    done = execution.do(OPERATOR, reference, "check-in", late | WHY)
    assert done["start_late_min"] == 40
    row = execution.session(reference)
    assert row["start_entered_at"] - row["actual_start_at"] >= timedelta(minutes=40)
    event = execution.last_event(reference)
    assert (event["event"], event["data"]["late_min"], event["reason"]) == ("SessionStarted", 40, WHY["reason"])


def test_a_minute_or_ten_need_no_explanation(execution: ExecutionClient) -> None:
    reference = execution.released(5, starts_in=-1)
    assert execution.do(OPERATOR, reference, "check-in", {"at": ago(minutes=10)})["start_late_min"] == 0
    assert execution.do(OPERATOR, reference, "complete", {"at": ago(minutes=2), "headcount": 3})["headcount"] == 3


def test_times_to_come_and_ends_before_their_start_are_slips(execution: ExecutionClient) -> None:
    reference = execution.released(5, starts_in=-1)
    tomorrow = (datetime.now(UTC) + timedelta(days=1)).isoformat()
    for at in (tomorrow, ago(days=30), "2027-03-02T09:00:00"):
        assert execution.act(OPERATOR, reference, "check-in", {"at": at} | WHY).status_code == 422, at
    execution.do(OPERATOR, reference, "check-in", {"at": ago(minutes=30)} | WHY)
    assert execution.act(OPERATOR, reference, "complete", {"at": ago(minutes=50)} | WHY).status_code == 422
    assert execution.session(reference)["state"] == "IN_USE"


def test_what_somebody_else_must_look_at_is_not_looked_at_by_who_did_it(execution: ExecutionClient) -> None:
    reference = execution.confirmed(3)
    assert execution.act(OPERATOR, reference, "clear", {"items": POINTS["items"][:4]}).status_code == 422
    execution.do(PRODUCTION, reference, "clear", POINTS)
    assert execution.act(PRODUCTION, reference, "verify-clearance").status_code == 403
    assert execution.act(QA, reference, "ready", SIGNED).status_code == 409
    execution.do(OPERATOR, reference, "verify-clearance")
    assert execution.act(PRODUCTION, reference, "ready", SIGNED).status_code == 403
    assert execution.act(QA, reference, "ready").status_code == 422
    assert execution.act(QA, reference, "ready", {"signature": {"password": "wrong"}}).status_code == 422
    execution.do(QA, reference, "ready", SIGNED)
    execution.do(OPERATOR, reference, "check-in")
    execution.do(OPERATOR, reference, "complete", {"headcount": 2, "note": "Two vials left over"})
    assert execution.act(OPERATOR, reference, "verify").status_code == 403
    execution.do(OPERATOR2, reference, "verify")
    assert execution.act(SCHEDULER, reference, "verify").status_code == 409
    assert [event["event"] for event in execution.events(reference)][-7:] == [
        "BookingConfirmed",
        "LineCleared",
        "LineClearanceVerified",
        "SessionReady",
        "SessionStarted",
        "SessionCompleted",
        "SessionVerified",
    ]


def test_a_room_that_is_not_released_stays_shut_but_what_happened_is_recorded(execution: ExecutionClient) -> None:
    reference = execution.confirmed(3)
    refused = execution.act(OPERATOR, reference, "check-in")
    assert refused.status_code == 409
    assert refused.json["detail"] == "B-01 has not been released (line clearance 0 of 2 done)."
    assert execution.act(PRODUCTION, reference, "check-in").status_code == 409
    number = {"deviation_no": "DEV-27-014"}
    assert execution.act(PRODUCTION, reference, "check-in", number).status_code == 422
    assert execution.act(OPERATOR, reference, "check-in", number | WHY).status_code == 409
    assert execution.do(PRODUCTION, reference, "check-in", number | WHY)["deviation_no"] == "DEV-27-014"
    assert execution.last_event(reference)["data"]["regardless"] == ["CO-02"]


def test_a_released_session_that_is_moved_is_no_longer_released(execution: ExecutionClient) -> None:
    reference = execution.released(3)
    execution.shared_app.ask("UPDATE booking_session SET starts_at = starts_at + interval '5 min' RETURNING id")
    assert execution.act(OPERATOR, reference, "check-in").status_code == 409
    execution.do(PRODUCTION, reference, "clear", POINTS)
    execution.do(QA, reference, "verify-clearance")
    assert execution.do(QA, reference, "ready", SIGNED)["state"] == "READY"


def test_each_signature_is_bound_to_what_was_signed(execution: ExecutionClient) -> None:
    reference = execution.running(3)
    execution.do(QA, reference, "suspend", SIGNED | WHY)
    execution.do(QA, reference, "resume", SIGNED | WHY)
    execution.do(PRODUCTION, reference, "abort", SIGNED | WHY | {"deviation_no": "DEV-27-002"})
    given = execution.shared_app.ask(
        "SELECT * FROM signature WHERE record_type = 'booking_session' AND record_reference = %s ORDER BY id",
        f"{reference}/1",
    )
    assert [each["meaning"] for each in given] == ["ROOM RELEASED", "HOLD PLACED", "HOLD LIFTED", "ABORTED"]
    assert [each["printed_name"] for each in given] == ["Staff qa", "Staff qa", "Staff qa", "Staff production"]
    signed = [event["data"]["signed"] for event in execution.events(reference) if "signed" in event["data"]]
    assert [content_hash(each) for each in signed] == [each["content_hash"] for each in given]
    assert signed[3]["deviation_no"] == "DEV-27-002"
    assert content_hash(signed[3] | {"deviation_no": "DEV-27-003"}) != given[3]["content_hash"]
    (version,) = execution.shared_app.ask(
        "SELECT content_hash FROM booking_version v JOIN booking b ON b.id = v.booking_id WHERE b.reference = %s",
        reference,
    )
    assert {each["content_hash"] for each in signed} == {version["content_hash"]}


def test_an_abort_needs_a_deviation_and_a_reason(execution: ExecutionClient) -> None:
    reference = execution.running(3)
    number = {"deviation_no": "DEV-27-003"}
    for body, field in ((SIGNED | WHY, "deviation_no"), (SIGNED | number, "reason"), (WHY | number, "signature")):
        answer = execution.act(QA, reference, "abort", body)
        assert answer.status_code == 422
        assert field in answer.json["errors"]
    execution.do(QA, reference, "abort", SIGNED | WHY | number)
    (slot,) = execution.slots(reference)
    assert slot["ends_at"] <= datetime.now(UTC)


def test_a_booking_is_closed_once_everything_is_over(execution: ExecutionClient) -> None:
    reference = execution.running(1, 1)
    close = f"/api/v1/bookings/{reference}/close"
    qa = execution.shared_app.api_client(QA)
    execution.do(OPERATOR, reference, "complete")
    assert qa.post(close, SIGNED).status_code == 409
    execution.bring(reference, -5)
    execution.do(SCHEDULER, reference, "missed", number=2)
    assert execution.shared_app.api_client(REQUESTER).post(close, SIGNED).status_code == 403
    execution.do(OPERATOR2, reference, "verify")
    assert qa.post(close).status_code == 422
    assert qa.post(close, SIGNED).json["state"] == "CLOSED"
    signed = execution.shared_app.ask(
        "SELECT meaning FROM signature WHERE record_type = 'booking' AND record_reference = %s", reference
    )
    assert [each["meaning"] for each in signed] == ["APPROVED – QA", "RECORD REVIEWED"]
    assert execution.last_event(reference)["event"] == "BookingClosed"
    assert execution.act(OPERATOR, reference, "verify").status_code in {403, 409}


def test_a_stale_look_and_a_repeated_key_have_one_effect(execution: ExecutionClient) -> None:
    reference = execution.released(3)
    address = f"/api/v1/bookings/{reference}/sessions/1/check-in"
    api_client = execution.shared_app.api_client(OPERATOR)
    assert api_client.post(address, {}, **{"If-Match": f'"{reference}-1"'}).status_code == 412
    (row,) = execution.shared_app.ask("SELECT revision FROM booking WHERE reference = %s", reference)
    headers = {"If-Match": f'"{reference}-{row["revision"]}"', "Idempotency-Key": f"once-{reference}"}
    first, second = (api_client.post(address, {}, **headers) for _ in range(2))
    assert (first.status_code, second.status_code, second.data) == (200, 200, first.data)
    assert [event["event"] for event in execution.events(reference)].count("SessionStarted") == 1


def test_a_release_lapses_with_time_a_move_or_a_hold(execution: ExecutionClient) -> None:
    aged, moved, held, kept = (execution.released(2, room=room) for room in ("B-01", "B-02", "B-03", "C-01"))
    ask = execution.shared_app.ask
    ask(
        "UPDATE line_clearance SET performed_at = performed_at - interval '73 h' WHERE booking_id = %s RETURNING id",
        execution.session(aged)["booking_id"],
    )
    ask(
        "UPDATE booking_session SET starts_at = starts_at + interval '1 min' WHERE id = %s RETURNING id",
        execution.session(moved)["id"],
    )
    ask(
        "INSERT INTO outage (subject_kind, subject_id, kind, starts_at, hold_no, reason, raised_by)"
        " VALUES ('ROOM', %s, 'HOLD', gmp_now(), 'HLD-1', 'Counts too high', 1) RETURNING id",
        execution.session(held)["room_id"],
    )
    expire_releases(execution.shared_app.database)
    expire_releases(execution.shared_app.database)
    ask("DELETE FROM outage RETURNING id")
    assert [execution.session(each)["state"] for each in (aged, moved, held, kept)] == ["PLANNED"] * 3 + ["READY"]
    said = [execution.last_event(each)["data"].get("explanation") for each in (aged, moved, held)]
    assert said == [
        "the room stood released for too long",
        "the session was moved",
        "a hold was placed on the room",
    ]
    assert execution.act(OPERATOR, aged, "check-in").status_code == 409


def test_who_comes_early_finds_the_room_free_or_shut(execution: ExecutionClient) -> None:
    early = execution.released(2, starts_in=1)
    theirs = execution.confirmed(0.7, company="hanbit", starts_in=-0.2)
    refused = execution.act(OPERATOR, early, "check-in")
    assert refused.status_code == 409
    assert [finding["rule"] for finding in refused.json["findings"]] == ["RM-01"]
    assert theirs not in refused.text
    execution.shared_app.ask("UPDATE slot SET active = false WHERE id IN (SELECT max(id) FROM slot) RETURNING id")
    assert execution.do(OPERATOR, early, "check-in")["state"] == "IN_USE"


def test_a_booking_that_somebody_came_early_for_is_cancelled_no_more(execution: ExecutionClient) -> None:
    early = execution.released(2, starts_in=1)
    execution.do(OPERATOR, early, "check-in")
    address = f"/api/v1/bookings/{early}/cancel"
    answer = execution.shared_app.api_client(REQUESTER).post(address, {"reason": "It is not needed"})
    assert answer.status_code == 409
    assert "has begun" in answer.json["detail"]
    assert [slot["code"] for slot in execution.slots(early)] == ["B-01"]


def test_who_was_done_before_the_time_planned_is_free_in_it(execution: ExecutionClient) -> None:
    early = execution.released(2, starts_in=1, session={"people": [{"email": OPERATOR}]})
    execution.do(OPERATOR, early, "check-in")
    execution.do(OPERATOR, early, "complete")
    start = datetime.now(UTC) + timedelta(hours=0.5)
    part = SessionFactory(room="B-02", start=start, hours=4)
    part |= {"people": [{"email": OPERATOR}], "headcount": 1}
    body = EngineeringRequestFactory(sessions=[part])
    assert execution.shared_app.api_client(REQUESTER).post("/api/v1/bookings", body).status_code == 201
