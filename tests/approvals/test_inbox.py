"""The inbox: who decides and by when, narrowed by the address; several decisions in one act with a result each."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlencode

import pytest

from tests.clients import PASSWORD, SIGNED
from tests.factories.bookings import ReviewedBookingFactory, SubmittedBookingFactory
from tests.shared_app import SharedApp

SCHEDULER, QA, REQUESTER = "scheduler@brc.example", "qa@brc.example", "requester@gaon.example"


def waiting(shared_app: SharedApp, email: str = SCHEDULER, **query: Any) -> dict[str, Any]:
    return dict(shared_app.api_client(email).get(f"/api/v1/decisions?{urlencode(query | {'page_size': 200})}").json)


def references(found: dict[str, Any]) -> set[str]:
    return {row["reference"] for row in found["waiting"]}


def item(shared_app: SharedApp, reference: str) -> str:
    (row,) = shared_app.ask("SELECT revision FROM booking WHERE reference = %s", reference)
    return f"{reference}:{row['revision']}"


def act(shared_app: SharedApp, reference: str, action: str, **more: Any) -> dict[str, Any]:
    revision = int(item(shared_app, reference).split(":")[1])
    return {"reference": reference, "action": action, "revision": revision} | more


def test_each_row_says_who_decides_and_by_when(shared_app: SharedApp) -> None:
    reference = SubmittedBookingFactory(app=shared_app).reference
    row = next(row for row in waiting(shared_app)["waiting"] if row["reference"] == reference)
    assert (row["stage"], row["deciders"], row["may_decide"]) == ("SCHEDULER", ["Staff scheduler"], True)
    assert row["submitted_at"] < row["decide_by"] < row["pending_until"]
    assert reference not in references(waiting(shared_app, QA))
    seen = next(row for row in waiting(shared_app, QA, stage="all")["waiting"] if row["reference"] == reference)
    assert seen["may_decide"] is False
    page = shared_app.page_client(SCHEDULER).get("/inbox").text
    assert reference in page
    assert "Staff scheduler" in page


def test_a_company_reads_no_inbox(shared_app: SharedApp) -> None:
    assert shared_app.api_client(REQUESTER).get("/api/v1/decisions").status_code == 403


def test_the_address_narrows_what_is_shown(shared_app: SharedApp) -> None:
    late, other = SubmittedBookingFactory(app=shared_app).reference, SubmittedBookingFactory(app=shared_app).reference
    shared_app.ask(
        "UPDATE booking SET decide_by = gmp_now() - interval '1 day' WHERE reference = %s RETURNING id", late
    )
    assert other in references(waiting(shared_app))
    assert references(waiting(shared_app, late=1)) == {late}
    assert references(waiting(shared_app, q=other[3:])) == {other}
    assert {late, other} <= references(waiting(shared_app, company="GAO", kind="EQUIPMENT"))
    assert not references(waiting(shared_app, company="SAE"))
    assert not references(waiting(shared_app, room="B-01"))
    assert not references(waiting(shared_app, changes=1))
    page = shared_app.page_client(SCHEDULER).get("/inbox?late=1&sort=due").text
    assert late in page
    assert other not in page
    assert "overdue" in page


def test_ticked_records_are_shown_in_full_and_decided_one_by_one(shared_app: SharedApp) -> None:
    good, stale = ReviewedBookingFactory(app=shared_app).reference, ReviewedBookingFactory(app=shared_app).reference
    items = [item(shared_app, good), item(shared_app, stale)]
    page_client = shared_app.page_client(QA)
    form = page_client.get("/inbox/decide?" + urlencode({"item": items}, doseq=True)).text
    assert all(each in form for each in items)
    assert form.count("INC-01") == 2
    assert "Approved – quality assurance" in form
    shared_app.ask("UPDATE booking SET revision = revision + 1 WHERE reference = %s RETURNING id", stale)
    key = re.search(r'name="idempotency_key" value="([^"]+)"', form)
    assert key
    fields = {"item": items, "password": PASSWORD, "action": "forward", "idempotency_key": key[1]}
    done = page_client.post("/inbox/decide", fields)
    assert done.status_code == 200
    assert "1 of 2 done." in done.text
    assert "Someone changed this in the meantime" in done.text
    again = page_client.post("/inbox/decide", fields)
    assert "1 of 2 done." in again.text, "a double click is told the same"
    (signature,) = shared_app.ask("SELECT * FROM signature WHERE record_reference = %s", good)
    (version,) = shared_app.ask(
        "SELECT content_hash FROM booking_version v JOIN booking b ON b.id = v.booking_id WHERE b.reference = %s", good
    )
    assert (signature["meaning"], signature["content_hash"]) == ("APPROVED – QA", version["content_hash"])
    assert shared_app.ask("SELECT state FROM booking WHERE reference = %s", stale)[0]["state"] == "UNDER_REVIEW"


def test_with_a_wrong_password_nothing_is_decided_and_the_form_is_kept(shared_app: SharedApp) -> None:
    reference = ReviewedBookingFactory(app=shared_app).reference
    fields = {
        "item": item(shared_app, reference),
        "password": "not it",
        "action": "reject",
        "reason": "Not this quarter",
    }
    page = shared_app.page_client(QA).post("/inbox/decide", fields)
    assert page.status_code == 422
    assert "Not this quarter" in page.text
    assert shared_app.ask("SELECT state FROM booking WHERE reference = %s", reference)[0]["state"] == "UNDER_REVIEW"


def test_a_program_decides_on_several_under_one_signature(shared_app: SharedApp) -> None:
    approved, returned, rejected = (ReviewedBookingFactory(app=shared_app).reference for _ in range(3))
    early = SubmittedBookingFactory(app=shared_app).reference
    body = SIGNED | {
        "items": [
            act(shared_app, approved, "approve"),
            act(shared_app, returned, "return", reason="Which lot is it?"),
            act(shared_app, rejected, "reject", reason="Not in this quarter"),
            act(shared_app, early, "approve"),
            {"reference": "BK-ZZZZZZZZ", "action": "approve", "revision": 1},
        ]
    }
    api_client = shared_app.api_client(QA)
    results = api_client.post("/api/v1/decisions", body, **{"Idempotency-Key": "a morning's work"}).json["results"]
    assert [(each["done"], each["state"]) for each in results] == [
        (True, "CONFIRMED"),
        (True, "RETURNED"),
        (True, "REJECTED"),
        (False, None),
        (False, None),
    ]
    assert [each["status"] for each in results[3:]] == [403, 404]
    again = api_client.post("/api/v1/decisions", body, **{"Idempotency-Key": "a morning's work"}).json["results"]
    assert [each["done"] for each in again] == [True, True, True, False, False]
    signed = shared_app.ask(
        "SELECT record_reference, meaning FROM signature WHERE record_reference = ANY(%s)",
        [approved, returned, rejected],
    )
    assert {(row["record_reference"], row["meaning"]) for row in signed} == {
        (approved, "APPROVED – QA"),
        (rejected, "REJECTED"),
    }


def test_without_a_signature_what_is_signed_is_refused_and_the_rest_is_done(shared_app: SharedApp) -> None:
    signed, unsigned = (
        ReviewedBookingFactory(app=shared_app).reference,
        ReviewedBookingFactory(app=shared_app).reference,
    )
    body = {
        "items": [act(shared_app, signed, "approve"), act(shared_app, unsigned, "return", reason="Which lot is it?")]
    }
    results = shared_app.api_client(QA).post("/api/v1/decisions", body).json["results"]
    assert [(each["done"], each["status"]) for each in results] == [(False, 422), (True, 200)]
    assert "enter your password" in results[0]["why"]


@pytest.mark.parametrize("action", ["cancel", "expire", "ask", "approve it"])
def test_other_acts_are_no_decisions(shared_app: SharedApp, action: str) -> None:
    body = {"items": [{"reference": "BK-ZZZZZZZZ", "action": action, "revision": 1}]}
    assert shared_app.api_client(QA).post("/api/v1/decisions", body).status_code == 422
