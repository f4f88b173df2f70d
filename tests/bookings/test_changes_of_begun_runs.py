"""What has begun is no longer changed, and goes on in the version that comes into force."""

from __future__ import annotations

from datetime import timedelta

from tests.bookings.changing import GAON, QA, SCHEDULER, booked, confirmed_run, hold_of, patch, take_action
from tests.shared_app import SharedApp


def test_a_session_that_has_begun_stays_and_is_carried_over(shared_app: SharedApp) -> None:
    run = confirmed_run(shared_app, sessions=2, equipment=False)
    begin = (
        "INSERT INTO session_record (company_id, booking_id, number, state, actual_start_at)"
        " SELECT s.company_id, s.booking_id, 1, 'IN_USE', s.starts_at"
        " FROM booking_session AS s JOIN booking AS b ON b.id = s.booking_id"
        " WHERE b.reference = %s AND s.number = 1 RETURNING id"
    )
    shared_app.ask(begin, run.reference)
    refused = patch(shared_app, run.reference, run.shifted(days=7).body)
    assert (refused.status_code, "Session 1" in refused.json["detail"]) == (409, True)
    body = run.body
    week = timedelta(days=7)
    second = body["sessions"][1]
    second["start"], second["end"] = (
        (at + week).isoformat() for at in (run.shifted(days=1).start, run.shifted(days=1).end)
    )
    asked = patch(shared_app, run.reference, body)
    assert asked.json["outcome"] == "requested", asked.text
    assert take_action(shared_app, SCHEDULER, run.reference, "review").status_code == 200
    assert take_action(shared_app, QA, run.reference, "approve").json["version"] == 2
    shown = shared_app.api_client(GAON).get(f"/api/v1/bookings/{run.reference}").json
    assert [each["state"] for each in shown["sessions"]] == ["IN_USE", "PLANNED"]
    assert hold_of(shared_app, run.reference) == booked(run, run.shifted(days=8), equipment=False)
