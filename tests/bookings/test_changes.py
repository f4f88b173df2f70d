"""A change of a confirmed booking: the agreed version stays, both hold slots, and the decision leaves one of them."""

from __future__ import annotations

from datetime import timedelta

from tests.bookings.changing import (
    GAON,
    HANBIT,
    QA,
    REASON,
    SCHEDULER,
    a_run,
    booked,
    confirmed_run,
    hold_of,
    patch,
    run_body,
    take_action,
)
from tests.clients import utc
from tests.factories.bookings import SubmittedBookingFactory
from tests.shared_app import SharedApp


def test_a_change_waits_beside_what_is_confirmed_and_both_are_held(shared_app: SharedApp) -> None:
    run = confirmed_run(shared_app)
    later = run.shifted(days=7)
    asked = patch(shared_app, run.reference, later.body)
    assert (asked.status_code, asked.json["outcome"]) == (200, "requested")
    assert (asked.json["state"], asked.json["version"]) == ("CONFIRMED", 1)
    assert asked.json["change"]["version"] == 2
    assert [each["field"] for each in asked.json["change"]["changed"]] == ["time", "time"]
    assert hold_of(shared_app, run.reference) == booked(run, later)
    for period in (run, later):
        refused = shared_app.api_client(HANBIT).post("/api/v1/bookings", run_body(period.start, by=HANBIT))
        assert refused.status_code == 409
    assert shared_app.api_client(GAON).get(f"/api/v1/bookings/{run.reference}/change").json["state"] == "SUBMITTED"


def test_an_approved_change_is_the_booking_and_holds_nothing_else(shared_app: SharedApp) -> None:
    run = confirmed_run(shared_app)
    later = run.shifted(days=7)
    before = shared_app.api_client(GAON).get(f"/api/v1/bookings/{run.reference}")
    patch(shared_app, run.reference, later.body)
    assert take_action(shared_app, SCHEDULER, run.reference, "review").status_code == 200
    assert hold_of(shared_app, run.reference) == booked(run, later)
    assert take_action(shared_app, QA, run.reference, "approve").json["version"] == 2
    assert hold_of(shared_app, run.reference) == booked(later)
    now = shared_app.api_client(GAON).get(f"/api/v1/bookings/{run.reference}")
    assert now.json["sessions"][0]["start"] == utc(later.start)
    assert before.json["sessions"][0]["number"] == now.json["sessions"][0]["number"]
    (row,) = shared_app.ask("SELECT sequence, version, state FROM booking WHERE reference = %s", run.reference)
    assert (row["sequence"], row["version"], row["state"]) == (2, 2, "CONFIRMED")
    signed = shared_app.ask(
        "SELECT record_version FROM signature WHERE record_reference = %s ORDER BY id", run.reference
    )
    assert [each["record_version"] for each in signed] == [1, 2]


def test_a_rejected_or_withdrawn_change_leaves_everything_as_it_was(shared_app: SharedApp) -> None:
    for ending in ("reject", "withdraw"):
        run = confirmed_run(shared_app)
        before = shared_app.api_client(GAON).get(f"/api/v1/bookings/{run.reference}").json
        patch(shared_app, run.reference, run.shifted(days=7).body)
        if ending == "reject":
            take_action(shared_app, SCHEDULER, run.reference, "reject")
        else:
            take_action(shared_app, GAON, run.reference, "withdraw")
        after = shared_app.api_client(GAON).get(f"/api/v1/bookings/{run.reference}").json
        assert hold_of(shared_app, run.reference) == booked(run)
        assert {**after, "revision": 0} == {**before, "revision": 0}
        assert shared_app.api_client(GAON).get(f"/api/v1/bookings/{run.reference}/change").status_code == 404
        assert people_held(shared_app, run.reference) == [("operator@gaon.example", utc(run.start))]


def people_held(shared_app: SharedApp, reference: str) -> list[tuple[str, str]]:
    rows = shared_app.ask(
        "SELECT p.email, sp.starts_at FROM session_person sp JOIN person p ON p.id = sp.person_id"
        " JOIN booking b ON b.id = sp.booking_id WHERE sp.active AND b.reference = %s ORDER BY 1, 2",
        reference,
    )
    return [(row["email"], utc(row["starts_at"])) for row in rows]


def test_the_people_of_both_versions_are_held_while_a_change_waits(shared_app: SharedApp) -> None:
    run = confirmed_run(shared_app)
    later = run.shifted(days=7)
    patch(shared_app, run.reference, later.body)
    assert [start for _email, start in people_held(shared_app, run.reference)] == [utc(run.start), utc(later.start)]
    other = run_body(later.start, room="B-02")
    refused = shared_app.api_client(GAON).post("/api/v1/bookings", other)
    assert refused.status_code == 409
    assert {each["rule"] for each in refused.json["findings"]} == {"PE-03"}


def test_swapping_an_operator_is_done_at_once_and_voids_nothing(shared_app: SharedApp) -> None:
    run = confirmed_run(shared_app)
    body = run.body
    body["sessions"][0]["people"] = [{"email": "operator2@gaon.example"}]
    done = patch(shared_app, run.reference, body)
    assert (done.status_code, done.json["outcome"], done.json["version"]) == (200, "adjusted", 1)
    assert [person["email"] for person in done.json["sessions"][0]["people"]] == ["operator2@gaon.example"]
    assert people_held(shared_app, run.reference) == [("operator2@gaon.example", utc(run.start))]
    (row,) = shared_app.ask("SELECT sequence, version FROM booking WHERE reference = %s", run.reference)
    assert (row["sequence"], row["version"]) == (1, 1)
    (event,) = shared_app.ask(
        "SELECT data FROM journal WHERE reference = %s AND event = 'BookingAdjusted'", run.reference
    )
    assert [each["field"] for each in event["data"]["changed"]] == ["people"]
    assert len(event["data"]["left"]) == 1
    back = patch(shared_app, run.reference, run.body)
    assert back.json["outcome"] == "adjusted"
    assert people_held(shared_app, run.reference) == [("operator@gaon.example", utc(run.start))]


def test_ending_earlier_is_done_at_once_and_may_be_taken_back(shared_app: SharedApp) -> None:
    run = confirmed_run(shared_app)
    shorter = run.body
    shorter["sessions"][0]["end"] = (run.start + timedelta(hours=2)).isoformat()
    assert patch(shared_app, run.reference, shorter).json["outcome"] == "adjusted"
    assert hold_of(shared_app, run.reference)["B-01"] == [(utc(run.start), utc(run.start + timedelta(hours=2)))]
    assert patch(shared_app, run.reference, run.body).json["outcome"] == "adjusted"
    assert hold_of(shared_app, run.reference) == booked(run)
    (row,) = shared_app.ask("SELECT sequence, version FROM booking WHERE reference = %s", run.reference)
    assert (row["sequence"], row["version"]) == (3, 1)


def test_the_scheduler_moves_a_session_within_a_day_without_new_signatures(shared_app: SharedApp) -> None:
    run = confirmed_run(shared_app, equipment=False)
    moved = run.shifted(hours=3)
    times = {"start": moved.start.isoformat(), "end": moved.end.isoformat()}
    done = shared_app.api_client(SCHEDULER).post(f"/api/v1/bookings/{run.reference}/sessions/1/move", times)
    assert (done.status_code, done.json["outcome"], done.json["version"]) == (200, "moved", 1)
    assert hold_of(shared_app, run.reference) == booked(moved, equipment=False)
    (row,) = shared_app.ask("SELECT sequence, version FROM booking WHERE reference = %s", run.reference)
    assert (row["sequence"], row["version"]) == (2, 1)
    two_days = run.shifted(days=1, hours=4)
    times = {"start": two_days.start.isoformat(), "end": two_days.end.isoformat()}
    asked = shared_app.api_client(SCHEDULER).post(f"/api/v1/bookings/{run.reference}/sessions/1/move", times)
    assert asked.json["outcome"] == "requested", "a day from what was agreed, however often it was moved"


def test_a_stale_change_is_told_so(shared_app: SharedApp) -> None:
    run = confirmed_run(shared_app)
    etag = shared_app.api_client(GAON).get(f"/api/v1/bookings/{run.reference}").headers["ETag"]
    assert patch(shared_app, run.reference, run.body | {"purpose": "Another purpose"}, etag=etag).status_code == 200
    stale = patch(shared_app, run.reference, run.body | {"purpose": "A third purpose"}, etag=etag)
    assert stale.status_code == 412


def test_a_request_that_is_not_yet_decided_is_replaced(shared_app: SharedApp) -> None:
    run = a_run(shared_app, SubmittedBookingFactory)
    later = run.shifted(days=7)
    done = patch(shared_app, run.reference, later.body)
    assert (done.json["outcome"], done.json["version"], done.json["state"]) == ("replaced", 2, "SUBMITTED")
    assert hold_of(shared_app, run.reference) == booked(later)


def test_cancelling_ends_the_change_that_waits(shared_app: SharedApp) -> None:
    run = confirmed_run(shared_app)
    patch(shared_app, run.reference, run.shifted(days=7).body)
    assert take_action(shared_app, GAON, run.reference, "cancel").json["state"] == "CANCELLED"
    assert hold_of(shared_app, run.reference) == {}
    (change,) = shared_app.ask(
        "SELECT c.state FROM booking_change c JOIN booking b ON b.id = c.booking_id WHERE b.reference = %s",
        run.reference,
    )
    assert change["state"] == "WITHDRAWN"


def test_a_rule_in_the_way_leaves_the_booking_as_it_was(shared_app: SharedApp) -> None:
    run = confirmed_run(shared_app)
    competitor_start = run.start + timedelta(days=7)
    taken = shared_app.api_client(HANBIT).post("/api/v1/bookings", run_body(competitor_start, by=HANBIT))
    assert taken.status_code == 201, taken.text
    refused = patch(shared_app, run.reference, run.shifted(days=7).body)
    assert refused.status_code == 409
    assert "RM-01" in {each["rule"] for each in refused.json["findings"]}
    assert hold_of(shared_app, run.reference) == booked(run)


def test_nobody_decides_twice_on_a_change_nor_on_their_own(shared_app: SharedApp) -> None:
    run = confirmed_run(shared_app)
    patch(shared_app, run.reference, run.shifted(days=7).body, by=SCHEDULER)
    assert take_action(shared_app, QA, run.reference, "approve").status_code == 403
    assert take_action(shared_app, SCHEDULER, run.reference, "review").status_code == 200
    assert take_action(shared_app, HANBIT, run.reference, "approve").status_code == 404
    assert take_action(shared_app, GAON, run.reference, "approve").status_code == 403
    assert take_action(shared_app, QA, run.reference, "approve").status_code == 200


def test_a_session_is_given_up_with_a_reason_and_the_rest_goes_on(shared_app: SharedApp) -> None:
    run = confirmed_run(shared_app, sessions=2)
    address = f"/api/v1/bookings/{run.reference}/sessions/1/cancel"
    assert shared_app.api_client(GAON).post(address).status_code == 422
    done = shared_app.api_client(GAON).post(address, {"reason": REASON})
    assert done.status_code == 200, done.text
    shown = shared_app.api_client(GAON).get(f"/api/v1/bookings/{run.reference}").json
    assert [each["state"] for each in shown["sessions"]] == ["CANCELLED", "PLANNED"]
    left = booked(run) | {"B-01": booked(run.shifted(days=1))["B-01"]}
    assert hold_of(shared_app, run.reference) == left
    last = shared_app.api_client(GAON).post(address.replace("/1/", "/2/"), {"reason": REASON})
    assert last.status_code == 409
