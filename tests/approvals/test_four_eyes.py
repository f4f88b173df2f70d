"""Nobody decides twice on one booking, nor on what they asked for; entering for a company is no request of one's own."""

from __future__ import annotations

from typing import Any

from tests.clients import SIGNED
from tests.factories.bookings import ReviewedBookingFactory, SubmittedBookingFactory
from tests.shared_app import SharedApp

SCHEDULER, QA, DEMO = "scheduler@brc.example", "qa@brc.example", "demo@brc.example"


def give_role(shared_app: SharedApp, email: str, role: str) -> None:
    statement = "INSERT INTO person_role (person_id, role) SELECT id, %s FROM person WHERE email = %s RETURNING id"
    shared_app.ask(statement, role, email)


def enter(shared_app: SharedApp, email: str) -> str:
    """A booking that staff enter for Gaon."""
    body = shared_app.incubator_body(booked_for="GAO")
    return SubmittedBookingFactory(app=shared_app, body=body, by=email).address


def decide(shared_app: SharedApp, email: str, address: str, action: str) -> Any:
    return shared_app.api_client(email).post(f"{address}/{action}", SIGNED | {"reason": "As was agreed by telephone"})


def test_who_entered_a_booking_may_schedule_it_and_nothing_later(shared_app: SharedApp) -> None:
    address = enter(shared_app, SCHEDULER)
    assert decide(shared_app, SCHEDULER, address, "review").status_code == 200
    give_role(shared_app, SCHEDULER, "QA")
    assert decide(shared_app, SCHEDULER, address, "approve").status_code == 403
    assert decide(shared_app, SCHEDULER, address, "reject").status_code == 403
    assert decide(shared_app, QA, address, "approve").json["state"] == "CONFIRMED"


def test_a_refusal_is_signed_and_needs_a_reason(shared_app: SharedApp) -> None:
    address = ReviewedBookingFactory(app=shared_app).address
    api_client = shared_app.api_client(QA)
    before = shared_app.count_rows()
    assert api_client.post(f"{address}/reject", {"reason": "Not in this quarter"}).status_code == 422
    assert api_client.post(f"{address}/reject", SIGNED).status_code == 422
    wrong = {"reason": "Not in this quarter", "signature": {"password": "not the password"}}
    assert api_client.post(f"{address}/reject", wrong).status_code in {403, 422}
    assert {name: count for name, count in shared_app.count_rows().items() if name != "journal"} == {
        name: count for name, count in before.items() if name != "journal"
    }
    rejected = api_client.post(f"{address}/reject", SIGNED | {"reason": "Not in this quarter"})
    assert rejected.json["state"] == "REJECTED"
    (signature,) = shared_app.ask(
        "SELECT meaning, printed_name, record_version, content_hash FROM signature WHERE record_reference = %s",
        address.rsplit("/", 1)[1],
    )
    assert (signature["meaning"], signature["printed_name"]) == ("REJECTED", "Staff qa")
    (version,) = shared_app.ask(
        "SELECT v.content_hash FROM booking_version v JOIN booking b ON b.id = v.booking_id WHERE b.reference = %s",
        address.rsplit("/", 1)[1],
    )
    assert signature["content_hash"] == version["content_hash"]


def test_a_question_needs_words_and_a_waiting_booking(shared_app: SharedApp) -> None:
    address = SubmittedBookingFactory(app=shared_app).address
    api_client = shared_app.api_client(SCHEDULER)
    assert api_client.post(f"{address}/return", {"reason": "?"}).status_code == 422
    assert api_client.post(f"{address}/return", {"reason": "Which shelf is it?"}).json["state"] == "RETURNED"
    assert api_client.post(f"{address}/return", {"reason": "Which shelf is it?"}).status_code == 409
    assert api_client.post(f"{address}/review").status_code == 409
