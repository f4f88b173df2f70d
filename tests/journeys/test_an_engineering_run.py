"""The main journey, twice: by page and by API; both leave the same journal behind."""

from __future__ import annotations

import re

from sqlalchemy import text
from sqlalchemy.orm import Session

from tests.clients import PASSWORD, weekday_at
from tests.factories.form_fields import form_of
from tests.factories.request_bodies import (
    DemonstrationRequestFactory,
    EngineeringRequestFactory,
    ReservationFactory,
    SessionFactory,
)

START, END = weekday_at(9), weekday_at(16)
SESSION = {
    "room": "B-01",
    "start": START,
    "end": END,
    "headcount": "2",
    "people": ["operator@gaon.example", "operator2@gaon.example"],
}
INCUBATOR = {"resource": "INC-01", "units": "1", "start": START, "end": weekday_at(9, weeks=5)}
BODY = EngineeringRequestFactory(
    sessions=[
        SessionFactory(
            room="B-01",
            start=START,
            end=END,
            headcount=2,
            people=[{"email": "operator@gaon.example"}, {"email": "operator2@gaon.example"}],
        )
    ],
    equipment=[
        ReservationFactory(resource="INC-01", start=START, end=INCUBATOR["end"]),
    ],
)
SIGNED = {"signature": {"password": PASSWORD}}
REASON = "The donor material was not released"

EXPECTED = [
    ("BookingSubmitted", "GAO requester"),
    ("BookingReviewed", "Staff scheduler"),
    ("BookingApproved", "Staff qa"),
    ("BookingConfirmed", "Staff qa"),
    ("BookingCancelled", "GAO requester"),
]


def journal_of(rows: Session, reference: str) -> list[tuple[str, str]]:
    statement = text("SELECT event, actor_name FROM journal WHERE reference = :reference ORDER BY id")
    return [tuple(row) for row in rows.execute(statement, {"reference": reference})]


def test_the_journey_by_page(page_client, rows: Session) -> None:
    requester = page_client("requester@gaon.example")
    answer = requester.post("/bookings/new", form_of(sessions=[SESSION], equipment=[INCUBATOR]))
    assert answer.status_code == 303, answer.text
    reference = re.search(r"BK-\w{8}", answer.location)[0]
    assert "B-01" in requester.get(f"/bookings/{reference}").text

    scheduler = page_client("scheduler@brc.example")
    assert reference in scheduler.get("/inbox").text
    assert scheduler.post(f"/bookings/{reference}/review").status_code == 303
    quality = page_client("qa@brc.example")
    wrong = quality.post(f"/bookings/{reference}/approve", {"password": "not the password"})
    assert wrong.status_code == 422
    assert "Approve" in wrong.text
    assert quality.post(f"/bookings/{reference}/approve", {"password": PASSWORD}).status_code == 303
    page = requester.get(f"/bookings/{reference}").text
    assert "Confirmed" in page
    assert "Staff qa" in page

    refused = requester.post(f"/bookings/{reference}/cancel", {"reason": " . "})
    assert refused.status_code == 422
    assert requester.post(f"/bookings/{reference}/cancel", {"reason": REASON}).status_code == 303
    assert journal_of(rows, reference) == EXPECTED


def test_the_journey_by_api(api_client, rows: Session) -> None:
    requester = api_client("requester@gaon.example")
    answer = requester.post("/api/v1/bookings", BODY, **{"Idempotency-Key": "one"})
    assert answer.status_code == 201, answer.text
    reference = answer.json["reference"]
    assert answer.json["state"] == "SUBMITTED"
    assert answer.location.endswith(reference)
    assert requester.post("/api/v1/bookings", BODY, **{"Idempotency-Key": "one"}).data == answer.data

    reviewed = api_client("scheduler@brc.example").post(f"/api/v1/bookings/{reference}/review")
    assert reviewed.json["stage_role"] == "QA"
    quality = api_client("qa@brc.example")
    assert quality.post(f"/api/v1/bookings/{reference}/approve").status_code == 422
    approved = quality.post(f"/api/v1/bookings/{reference}/approve", SIGNED)
    assert approved.json["state"] == "CONFIRMED", approved.text

    etag = requester.get(f"/api/v1/bookings/{reference}").headers["ETag"]
    stale = {"If-Match": f'"{reference}-1"'}
    assert requester.post(f"/api/v1/bookings/{reference}/cancel", {"reason": REASON}, **stale).status_code == 412
    cancelled = requester.post(f"/api/v1/bookings/{reference}/cancel", {"reason": REASON}, **{"If-Match": etag})
    assert cancelled.json["state"] == "CANCELLED"
    assert journal_of(rows, reference) == EXPECTED
    history = requester.get(f"/api/v1/bookings/{reference}/history").json["entries"]
    assert [entry["event"] for entry in history] == [event for event, _ in EXPECTED]


def test_a_refusal_explains_itself_and_offers_what_works(api_client) -> None:
    requester, competitor = api_client("requester@gaon.example"), api_client("requester@hanbit.example")
    assert requester.post("/api/v1/bookings", BODY).status_code == 201
    theirs = BODY | {"product": "HB-Derm", "equipment": []}
    theirs["sessions"] = [BODY["sessions"][0] | {"people": []}]
    refused = competitor.post("/api/v1/bookings", theirs)
    assert refused.status_code == 409
    assert [finding["rule"] for finding in refused.json["findings"] if finding["severity"] == "HARD"] == ["RM-01"]
    assert "GAO" not in refused.text
    assert "Gaon" not in refused.text
    alternatives = refused.json["alternatives"]
    assert 1 <= len(alternatives) <= 3
    taken = theirs | {"sessions": alternatives[0]["sessions"], "equipment": alternatives[0]["equipment"]}
    assert competitor.post("/api/v1/bookings", taken).status_code == 201


def test_a_demonstration_takes_one_click(page_client, api_client) -> None:
    session = SessionFactory(room="T-01", start=START, end=END, headcount=8)
    asked = api_client("requester@saebyeok.example").post(
        "/api/v1/bookings", DemonstrationRequestFactory(sessions=[session], title="Exosome demonstration")
    )
    assert asked.status_code == 201, asked.text
    approved = api_client("demo@brc.example").post(f"/api/v1/bookings/{asked.json['reference']}/approve")
    assert approved.json["state"] == "CONFIRMED"


def test_nobody_decides_out_of_turn(api_client) -> None:
    requester = api_client("requester@gaon.example")
    reference = requester.post("/api/v1/bookings", BODY).json["reference"]
    address = f"/api/v1/bookings/{reference}"
    assert requester.post(f"{address}/approve", SIGNED).status_code == 403
    assert api_client("admin@brc.example").post(f"{address}/review").status_code == 403
    assert api_client("qa@brc.example").post(f"{address}/approve", SIGNED).status_code == 403
    assert api_client("scheduler@brc.example").post(f"{address}/approve", SIGNED).status_code == 409
    assert api_client("requester@hanbit.example").post(f"{address}/cancel", {"reason": REASON}).status_code == 404


def test_a_returned_booking_comes_back_as_the_next_version(api_client, rows: Session) -> None:
    requester = api_client("requester@gaon.example")
    reference = requester.post("/api/v1/bookings", BODY).json["reference"]
    address = f"/api/v1/bookings/{reference}"
    question = {"reason": "Which incubator shelf do you need?"}
    assert api_client("scheduler@brc.example").post(f"{address}/return", question).json["state"] == "RETURNED"
    again = requester.post(f"{address}/submit", BODY | {"equipment": []})
    assert again.status_code == 201, again.text
    assert (again.json["version"], again.json["state"]) == (2, "SUBMITTED")
    held = rows.execute(
        text("SELECT r.code FROM slot JOIN resource r ON r.id = resource_id WHERE slot.active ORDER BY 1")
    ).scalars()
    assert list(held) == ["B-01"]
