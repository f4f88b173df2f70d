"""What cancelling, returning and submitting leave behind in the rows."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta
from typing import Any

from gmp_booking.conflicts.case import Occasion
from gmp_booking.conflicts.engine import examine
from gmp_booking.evaluation.evidence import evidence_from_json
from gmp_booking.evaluation.facts import build_case
from tests.clients import weekday_at
from tests.factories.bookings import (
    ConfirmedBookingFactory,
    ReturnedBookingFactory,
    ReviewedBookingFactory,
    SubmittedBookingFactory,
)
from tests.factories.request_bodies import (
    EngineeringRequestFactory,
    EquipmentRequestFactory,
    ReservationFactory,
    SessionFactory,
)
from tests.shared_app import SharedApp

REASON = "The donor material was not released"
GAON = "requester@gaon.example"


def cancel(shared_app: SharedApp, reference: str, *, by: str = GAON, reason: str = REASON) -> Any:
    return shared_app.api_client(by).post(f"/api/v1/bookings/{reference}/cancel", {"reason": reason})


def slots_of(shared_app: SharedApp, reference: str) -> list[tuple[str, bool]]:
    rows = shared_app.ask(
        "SELECT r.code, s.active FROM slot s JOIN booking b ON b.id = s.booking_id JOIN resource r ON r.id = s.resource_id"
        " WHERE b.reference = %s ORDER BY 1, 2",
        reference,
    )
    return [(row["code"], row["active"]) for row in rows]


def test_a_cancelled_booking_holds_nothing_and_stays_cancelled(shared_app: SharedApp) -> None:
    undecided = (SubmittedBookingFactory, ReviewedBookingFactory, ReturnedBookingFactory)
    for booking_factory in (*undecided, ConfirmedBookingFactory):
        reference = booking_factory(app=shared_app).reference
        assert cancel(shared_app, reference, reason="-.-.-").status_code == 422
        assert slots_of(shared_app, reference) == [("INC-01", True)]
        assert cancel(shared_app, reference).json["state"] == "CANCELLED"
        assert not any(active for _code, active in slots_of(shared_app, reference))
        again = cancel(shared_app, reference)
        assert (again.status_code, again.json["type"]) == (409, "urn:gmp-booking:problem:conflict")
    events = shared_app.ask("SELECT reason, data FROM journal WHERE event = 'BookingCancelled'")
    assert {event["reason"] for event in events} == {REASON}
    assert {event["data"]["was"] for event in events} == {"SUBMITTED", "UNDER_REVIEW", "RETURNED", "CONFIRMED"}


def test_what_has_begun_is_not_cancelled_as_a_whole(shared_app: SharedApp) -> None:
    reference = ConfirmedBookingFactory(app=shared_app).reference
    shared_app.ask(
        "UPDATE booking SET starts_at = now() - interval '1 hour' WHERE reference = %s RETURNING id", reference
    )
    before = shared_app.count_rows()
    refused = cancel(shared_app, reference)
    assert refused.status_code == 409
    assert "session by session" in refused.json["detail"]
    assert cancel(shared_app, reference, by="scheduler@brc.example").status_code == 409
    assert shared_app.count_rows() == before
    assert slots_of(shared_app, reference) == [("INC-01", True)]


def test_a_returned_booking_keeps_its_slots_and_comes_back_as_the_next_version(shared_app: SharedApp) -> None:
    reference = ReturnedBookingFactory(app=shared_app).reference
    assert slots_of(shared_app, reference) == [("INC-01", True)]
    body = shared_app.incubator_body()
    body["equipment"][0]["resource"] = "INC-02"
    path = f"/api/v1/bookings/{reference}/submit"
    again = shared_app.api_client(GAON).post(path, body)
    assert (again.json["state"], again.json["version"]) == ("SUBMITTED", 2)
    assert [code for code, active in slots_of(shared_app, reference) if active] == ["INC-02"]
    versions = shared_app.ask(
        "SELECT v.version, v.content_hash FROM booking_version v JOIN booking b ON b.id = v.booking_id"
        " WHERE b.reference = %s ORDER BY 1",
        reference,
    )
    assert [version["version"] for version in versions] == [1, 2]
    assert versions[0]["content_hash"] != versions[1]["content_hash"]


def test_a_resubmission_in_somebody_s_way_leaves_everything_as_it_was(shared_app: SharedApp) -> None:
    reference = ReturnedBookingFactory(app=shared_app).reference
    body = shared_app.incubator_body()
    body["equipment"][0] |= {"resource": "TFF-01"}
    competitor = EquipmentRequestFactory(equipment=[dict(body["equipment"][0])])
    SubmittedBookingFactory(app=shared_app, body=competitor, by="requester@hanbit.example")
    before = shared_app.count_rows()
    refused = shared_app.api_client(GAON).post(f"/api/v1/bookings/{reference}/submit", body)
    assert refused.status_code == 409
    assert shared_app.count_rows() == before
    assert slots_of(shared_app, reference) == [("INC-01", True)]
    assert shared_app.api_client(GAON).get(f"/api/v1/bookings/{reference}").json["state"] == "RETURNED"


def cleanroom() -> dict[str, Any]:
    """A run of a whole day and its incubation, in the evening too, so that the rules have something to say."""
    start = weekday_at(18, weeks=12)
    session = SessionFactory(
        room="B-02",
        start=start,
        hours=5,
        setup_min=30,
        teardown_min=15,
        headcount=2,
        step="Expansion",
        people=[{"email": "operator@gaon.example"}, {"email": "operator2@gaon.example", "role": "VERIFIER"}],
        equipment=["BSC-02"],
    )
    shelf = ReservationFactory(resource="INC-03", units=2, start=start, end=start + timedelta(days=9))
    return EngineeringRequestFactory(sessions=[session], equipment=[shelf])


def test_a_decision_can_be_judged_again_on_the_facts_it_was_made_on(shared_app: SharedApp) -> None:
    reference = ReviewedBookingFactory(app=shared_app, body=cleanroom()).reference
    (booking,) = shared_app.ask("SELECT id, company_id, kind, run_type FROM booking WHERE reference = %s", reference)
    evaluations = shared_app.ask(
        "SELECT e.version, e.occasion, e.outcome, e.findings, d.facts, d.findings AS evidence FROM evaluation e"
        " JOIN decision_facts d USING (booking_id, version, occasion) WHERE e.booking_id = %s ORDER BY e.id",
        booking["id"],
    )
    assert [(row["occasion"], row["version"]) for row in evaluations] == [("SUBMIT", 1), ("APPROVE", 1)]
    assert all(row["findings"] and row["evidence"] for row in evaluations), "the rules were to find something"
    # What came to be in the way later does not change what was judged then.
    were = shared_app.ask("SELECT id, status FROM equipment")
    shared_app.ask("UPDATE equipment SET status = 'OUT_OF_SERVICE' RETURNING id")
    for row in evaluations:
        case = build_case(evidence_from_json(row["facts"]), occasion=Occasion(row["occasion"]))
        verdict = examine(case)
        assert verdict.outcome.value == row["outcome"]
        assert [finding.as_dict() for finding in verdict.findings] == row["findings"]
        assert [finding.as_evidence() for finding in verdict.findings] == row["evidence"]
    for each in were:
        shared_app.ask("UPDATE equipment SET status = %s WHERE id = %s RETURNING id", each["status"], each["id"])


# Versions and evaluations are written once and never changed: they are their own history.
WRITTEN = ("booking", "booking_session", "session_person", "session_equipment", "equipment_reservation", "slot")


def test_each_row_of_a_new_booking_has_one_line_of_history(shared_app: SharedApp) -> None:
    body = cleanroom()
    for part in (*body["sessions"], *body["equipment"]):
        part |= {
            name: (datetime.fromisoformat(part[name]) + timedelta(days=30)).isoformat() for name in ("start", "end")
        }
    before = shared_app.ask("SELECT coalesce(max(id), 0) AS id FROM row_history")[0]["id"]
    last = {table: shared_app.ask(f"SELECT coalesce(max(id), 0) AS id FROM {table}")[0]["id"] for table in WRITTEN}
    made = shared_app.api_client(GAON).post("/api/v1/bookings", body)
    assert made.status_code == 201, made.text
    lines = shared_app.ask("SELECT * FROM row_history WHERE id > %s ORDER BY id", before)
    inserted = Counter((line["table_name"], line["row_id"]) for line in lines if line["operation"] == "INSERT")
    for table in WRITTEN:
        new = shared_app.ask(f"SELECT id FROM {table} WHERE id > %s", last[table])
        assert new, table
        assert all(inserted[table, row["id"]] == 1 for row in new), table
    about_it = [line for line in lines if line["table_name"] in WRITTEN]
    person = shared_app.ask("SELECT id, company_id FROM person WHERE email = %s", GAON)[0]
    assert {line["actor_id"] for line in about_it} == {person["id"]}
    assert {line["actor_name"] for line in about_it} == {"GAO requester"}
    assert {line["company_id"] for line in about_it} == {person["company_id"]}
    assert {line["request_id"] for line in about_it} == {made.headers["X-Request-Id"]}
