"""A change of what is confirmed: what is in force stays, both are held, and the decision shrinks it to one of them."""

from __future__ import annotations

from datetime import timedelta

from tests.bookings.changing import (
    GAON,
    HANBIT,
    QA,
    REASON,
    SCHEDULER,
    booked,
    confirmed_run,
    hold_of,
    patch,
    run_body,
    tell,
)
from tests.doors import utc
from tests.standing import Standing


def test_a_change_waits_beside_what_is_confirmed_and_both_are_held(standing: Standing) -> None:
    run = confirmed_run(standing)
    later = run.shifted(days=7)
    asked = patch(standing, run.reference, later.body)
    assert (asked.status_code, asked.json["outcome"]) == (200, "requested")
    assert (asked.json["state"], asked.json["version"]) == ("CONFIRMED", 1)
    assert asked.json["change"]["version"] == 2
    assert [each["field"] for each in asked.json["change"]["changed"]] == ["time", "time"]
    assert hold_of(standing, run.reference) == booked(run, later)
    for period in (run, later):
        refused = standing.program(HANBIT).post("/api/v1/bookings", run_body(period.start, product="HB-Derm"))
        assert refused.status_code == 409
    assert standing.program(GAON).get(f"/api/v1/bookings/{run.reference}/change").json["state"] == "SUBMITTED"


def test_an_approved_change_is_the_booking_and_holds_nothing_else(standing: Standing) -> None:
    run = confirmed_run(standing)
    later = run.shifted(days=7)
    before = standing.program(GAON).get(f"/api/v1/bookings/{run.reference}")
    patch(standing, run.reference, later.body)
    assert tell(standing, SCHEDULER, run.reference, "review").status_code == 200
    assert hold_of(standing, run.reference) == booked(run, later)
    assert tell(standing, QA, run.reference, "approve").json["version"] == 2
    assert hold_of(standing, run.reference) == booked(later)
    now = standing.program(GAON).get(f"/api/v1/bookings/{run.reference}")
    assert now.json["sessions"][0]["start"] == utc(later.start)
    assert before.json["sessions"][0]["number"] == now.json["sessions"][0]["number"]
    (row,) = standing.ask("SELECT sequence, version, state FROM booking WHERE reference = %s", run.reference)
    assert (row["sequence"], row["version"], row["state"]) == (2, 2, "CONFIRMED")
    signed = standing.ask("SELECT record_version FROM signature WHERE record_reference = %s ORDER BY id", run.reference)
    assert [each["record_version"] for each in signed] == [1, 2]


def test_a_rejected_or_withdrawn_change_leaves_everything_as_it_was(standing: Standing) -> None:
    for ending in ("reject", "withdraw"):
        run = confirmed_run(standing)
        before = standing.program(GAON).get(f"/api/v1/bookings/{run.reference}").json
        patch(standing, run.reference, run.shifted(days=7).body)
        if ending == "reject":
            tell(standing, SCHEDULER, run.reference, "reject")
        else:
            tell(standing, GAON, run.reference, "withdraw")
        after = standing.program(GAON).get(f"/api/v1/bookings/{run.reference}").json
        assert hold_of(standing, run.reference) == booked(run)
        assert {**after, "revision": 0} == {**before, "revision": 0}
        assert standing.program(GAON).get(f"/api/v1/bookings/{run.reference}/change").status_code == 404
        assert people_held(standing, run.reference) == [("operator@gaon.example", utc(run.start))]


def people_held(standing: Standing, reference: str) -> list[tuple[str, str]]:
    rows = standing.ask(
        "SELECT p.email, sp.starts_at FROM session_person sp JOIN person p ON p.id = sp.person_id"
        " JOIN booking b ON b.id = sp.booking_id WHERE sp.active AND b.reference = %s ORDER BY 1, 2",
        reference,
    )
    return [(row["email"], utc(row["starts_at"])) for row in rows]


def test_the_people_of_both_versions_are_held_while_a_change_waits(standing: Standing) -> None:
    run = confirmed_run(standing)
    later = run.shifted(days=7)
    patch(standing, run.reference, later.body)
    assert [start for _email, start in people_held(standing, run.reference)] == [utc(run.start), utc(later.start)]
    other = run_body(later.start, room="B-02", people=("operator@gaon.example",))
    refused = standing.program(GAON).post("/api/v1/bookings", other)
    assert refused.status_code == 409
    assert {each["rule"] for each in refused.json["findings"]} == {"PE-03"}


def test_swapping_an_operator_is_done_at_once_and_voids_nothing(standing: Standing) -> None:
    run = confirmed_run(standing)
    body = run.body
    body["sessions"][0]["people"] = [{"email": "operator2@gaon.example"}]
    done = patch(standing, run.reference, body)
    assert (done.status_code, done.json["outcome"], done.json["version"]) == (200, "adjusted", 1)
    assert [person["email"] for person in done.json["sessions"][0]["people"]] == ["operator2@gaon.example"]
    assert people_held(standing, run.reference) == [("operator2@gaon.example", utc(run.start))]
    (row,) = standing.ask("SELECT sequence, version FROM booking WHERE reference = %s", run.reference)
    assert (row["sequence"], row["version"]) == (1, 1)
    (event,) = standing.ask(
        "SELECT data FROM journal WHERE reference = %s AND event = 'BookingAdjusted'", run.reference
    )
    assert [each["field"] for each in event["data"]["changed"]] == ["people"]
    assert len(event["data"]["left"]) == 1
    back = patch(standing, run.reference, run.body)
    assert back.json["outcome"] == "adjusted"
    assert people_held(standing, run.reference) == [("operator@gaon.example", utc(run.start))]


def test_ending_earlier_is_done_at_once_and_may_be_taken_back(standing: Standing) -> None:
    run = confirmed_run(standing)
    shorter = run.body
    shorter["sessions"][0]["end"] = (run.start + timedelta(hours=2)).isoformat()
    assert patch(standing, run.reference, shorter).json["outcome"] == "adjusted"
    assert hold_of(standing, run.reference)["B-01"] == [(utc(run.start), utc(run.start + timedelta(hours=2)))]
    assert patch(standing, run.reference, run.body).json["outcome"] == "adjusted"
    assert hold_of(standing, run.reference) == booked(run)
    (row,) = standing.ask("SELECT sequence, version FROM booking WHERE reference = %s", run.reference)
    assert (row["sequence"], row["version"]) == (3, 1)


def test_the_scheduler_moves_a_session_within_a_day_without_new_signatures(standing: Standing) -> None:
    run = confirmed_run(standing, equipment=False)
    moved = run.shifted(hours=3)
    times = {"start": moved.start.isoformat(), "end": moved.end.isoformat()}
    done = standing.program(SCHEDULER).post(f"/api/v1/bookings/{run.reference}/sessions/1/move", times)
    assert (done.status_code, done.json["outcome"], done.json["version"]) == (200, "moved", 1)
    assert hold_of(standing, run.reference) == booked(moved, equipment=False)
    (row,) = standing.ask("SELECT sequence, version FROM booking WHERE reference = %s", run.reference)
    assert (row["sequence"], row["version"]) == (2, 1)
    two_days = run.shifted(days=1, hours=4)
    times = {"start": two_days.start.isoformat(), "end": two_days.end.isoformat()}
    asked = standing.program(SCHEDULER).post(f"/api/v1/bookings/{run.reference}/sessions/1/move", times)
    assert asked.json["outcome"] == "requested", "a day from what was agreed, however often it was moved"


def test_a_stale_change_is_told_so(standing: Standing) -> None:
    run = confirmed_run(standing)
    etag = standing.program(GAON).get(f"/api/v1/bookings/{run.reference}").headers["ETag"]
    assert patch(standing, run.reference, run.body | {"purpose": "Another purpose"}, etag=etag).status_code == 200
    stale = patch(standing, run.reference, run.body | {"purpose": "A third purpose"}, etag=etag)
    assert stale.status_code == 412


def test_a_request_that_is_not_yet_decided_is_replaced(standing: Standing) -> None:
    run = confirmed_run(standing, until="submitted")
    later = run.shifted(days=7)
    done = patch(standing, run.reference, later.body)
    assert (done.json["outcome"], done.json["version"], done.json["state"]) == ("replaced", 2, "SUBMITTED")
    assert hold_of(standing, run.reference) == booked(later)


def test_cancelling_ends_the_change_that_waits(standing: Standing) -> None:
    run = confirmed_run(standing)
    patch(standing, run.reference, run.shifted(days=7).body)
    assert tell(standing, GAON, run.reference, "cancel").json["state"] == "CANCELLED"
    assert hold_of(standing, run.reference) == {}
    (change,) = standing.ask(
        "SELECT c.state FROM booking_change c JOIN booking b ON b.id = c.booking_id WHERE b.reference = %s",
        run.reference,
    )
    assert change["state"] == "WITHDRAWN"


def test_a_rule_in_the_way_leaves_the_booking_as_it_was(standing: Standing) -> None:
    run = confirmed_run(standing)
    rival_start = run.start + timedelta(days=7)
    taken = standing.program(HANBIT).post("/api/v1/bookings", run_body(rival_start, product="HB-Derm"))
    assert taken.status_code == 201, taken.text
    refused = patch(standing, run.reference, run.shifted(days=7).body)
    assert refused.status_code == 409
    assert "RM-01" in {each["rule"] for each in refused.json["findings"]}
    assert hold_of(standing, run.reference) == booked(run)


def test_nobody_decides_twice_on_a_change_nor_on_their_own(standing: Standing) -> None:
    run = confirmed_run(standing)
    patch(standing, run.reference, run.shifted(days=7).body, by=SCHEDULER)
    assert tell(standing, QA, run.reference, "approve").status_code == 403
    assert tell(standing, SCHEDULER, run.reference, "review").status_code == 200
    assert tell(standing, HANBIT, run.reference, "approve").status_code == 404
    assert tell(standing, GAON, run.reference, "approve").status_code == 403
    assert tell(standing, QA, run.reference, "approve").status_code == 200


def test_a_session_is_given_up_with_a_reason_and_the_rest_goes_on(standing: Standing) -> None:
    run = confirmed_run(standing, sessions=2)
    address = f"/api/v1/bookings/{run.reference}/sessions/1/cancel"
    assert standing.program(GAON).post(address).status_code == 422
    done = standing.program(GAON).post(address, {"reason": REASON})
    assert done.status_code == 200, done.text
    shown = standing.program(GAON).get(f"/api/v1/bookings/{run.reference}").json
    assert [each["state"] for each in shown["sessions"]] == ["CANCELLED", "PLANNED"]
    left = booked(run) | {"B-01": booked(run.shifted(days=1))["B-01"]}
    assert hold_of(standing, run.reference) == left
    last = standing.program(GAON).post(address.replace("/1/", "/2/"), {"reason": REASON})
    assert last.status_code == 409
