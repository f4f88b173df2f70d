"""What a rule found needs an answer before approval: who may give it, for which version, and what is kept of it."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

from tests.clients import SIGNED, weekday_at
from tests.factories.bookings import SubmittedBookingFactory
from tests.factories.form_fields import form_of
from tests.factories.request_bodies import ClinicalRequestFactory, SessionFactory
from tests.shared_app import SharedApp

SIGNATORY, REQUESTER = "approver@gaon.example", "requester@gaon.example"
SCHEDULER, PRODUCTION, QA = "scheduler@brc.example", "production@brc.example", "qa@brc.example"
WHY = "The culture cannot wait; agreed with the head of the facility"


def clinical(shared_app: SharedApp, hour: int, *, weeks: int = 5, weekday: int = 1) -> str:
    """A clinical run of Gaon's; late in the evening it needs cover."""
    start = weekday_at(hour, weeks=weeks, weekday=weekday)
    body = ClinicalRequestFactory(sessions=[SessionFactory(room="B-01", start=start)])
    return SubmittedBookingFactory(app=shared_app, body=body, by=SIGNATORY).address


def open_rules(shared_app: SharedApp, address: str) -> list[tuple[str, str]]:
    found = shared_app.api_client(SIGNATORY).get(address).json["open_findings"]
    return [(finding["rule"], finding["severity"]) for finding in found]


def answer(shared_app: SharedApp, email: str, address: str, action: str, *overrides: tuple[str, str]) -> Any:
    body = SIGNED | {"overrides": [{"rule": rule, "reason": reason} for rule, reason in overrides]}
    return shared_app.api_client(email).post(f"{address}/{action}", body)


def test_scheduling_answers_for_an_evening_session_and_the_reason_is_kept(shared_app: SharedApp) -> None:
    address = clinical(shared_app, 19)
    assert open_rules(shared_app, address) == [("CA-01", "SOFT")]
    refused = answer(shared_app, SCHEDULER, address, "review")
    assert refused.status_code == 409
    assert "CA-01 (Scheduling)" in refused.json["detail"]
    assert answer(shared_app, SCHEDULER, address, "review", ("CA-01", WHY)).json["state"] == "UNDER_REVIEW"
    (kept,) = shared_app.ask(
        "SELECT rule, role, reason, o.version, printed_name FROM override o JOIN booking b ON b.id = o.booking_id"
        " WHERE b.reference = %s",
        address.rsplit("/", 1)[1],
    )
    assert kept == {
        "rule": "CA-01",
        "role": "SCHEDULER",
        "reason": WHY,
        "version": 1,
        "printed_name": "Staff scheduler",
    }
    assert answer(shared_app, PRODUCTION, address, "approve").status_code == 200
    assert answer(shared_app, QA, address, "approve").json["state"] == "CONFIRMED"
    page = shared_app.page_client(REQUESTER).get(address.replace("/api/v1", ""))
    assert WHY in page.text
    assert "Staff scheduler" in page.text


def test_a_later_stage_answers_for_what_is_its_own_under_its_signature(shared_app: SharedApp) -> None:
    address = clinical(shared_app, 9, weekday=2)
    neighbour = clinical(shared_app, 11, weekday=2)
    assert open_rules(shared_app, neighbour) == [("RM-02", "SOFT")]
    assert answer(shared_app, SCHEDULER, neighbour, "review").status_code == 200
    assert answer(shared_app, PRODUCTION, neighbour, "approve").status_code == 200
    assert "RM-02 (Quality assurance)" in answer(shared_app, QA, neighbour, "approve").json["detail"]
    assert answer(shared_app, QA, neighbour, "approve", ("RM-02", WHY)).json["state"] == "CONFIRMED"
    (kept,) = shared_app.ask(
        "SELECT s.meaning FROM override o JOIN signature s ON s.id = o.signature_id WHERE s.record_reference = %s",
        neighbour.rsplit("/", 1)[1],
    )
    assert kept["meaning"] == "APPROVED – QA"
    assert answer(shared_app, SCHEDULER, address, "reject").status_code == 422


def test_nobody_answers_for_a_rule_that_is_not_theirs_or_without_a_reason(shared_app: SharedApp) -> None:
    clinical(shared_app, 9, weekday=3)
    address = clinical(shared_app, 11, weekday=3)
    foreign = answer(shared_app, SCHEDULER, address, "review", ("RM-02", WHY))
    assert foreign.status_code == 403
    assert "RM-02 may be overridden by Quality assurance only." in foreign.json["detail"]
    short = answer(shared_app, SCHEDULER, address, "review", ("RM-02", "because"))
    assert short.status_code == 422
    nothing = answer(shared_app, SCHEDULER, address, "review", ("CA-01", WHY))
    assert (nothing.status_code, list(nothing.json["errors"])) == (422, ["overrides"])
    assert shared_app.ask("SELECT o.id FROM override o JOIN booking b ON b.id = o.booking_id WHERE b.reference = %s",
                        address.rsplit("/", 1)[1]) == []  # fmt: skip


def test_an_answer_holds_for_its_version_only(shared_app: SharedApp) -> None:
    address = clinical(shared_app, 19, weekday=0)
    assert answer(shared_app, SCHEDULER, address, "review", ("CA-01", WHY)).status_code == 200
    returned = shared_app.api_client(PRODUCTION).post(f"{address}/return", {"reason": "Which batch record is it?"})
    assert returned.status_code == 200
    start = weekday_at(19, weeks=5, weekday=0)
    part = {"room": "B-01", "start": start, "end": start + timedelta(hours=2), "headcount": "1"}
    page = address.replace("/api/v1", "")
    fields = form_of(run_type="CLIN", sessions=[part], purpose="As asked") | {
        "revision": str(returned.json["revision"]), "reference": returned.json["reference"]
    }  # fmt: skip
    assert shared_app.page_client(SIGNATORY).post(f"{page}/edit", fields).status_code == 303
    assert answer(shared_app, SCHEDULER, address, "review").status_code == 409
    assert answer(shared_app, SCHEDULER, address, "review", ("CA-01", WHY)).status_code == 200


def test_the_page_offers_what_the_reader_may_override_and_keeps_what_was_typed(shared_app: SharedApp) -> None:
    address = clinical(shared_app, 19, weekday=3, weeks=6).replace("/api/v1", "")
    page_client = shared_app.page_client(SCHEDULER)
    shown = page_client.get(address).text
    assert 'name="override" value="CA-01"' in shown
    revision = {"revision": "1"}
    refused = page_client.post(
        f"{address}/review", revision | {"override": "CA-01", "override_reason-CA-01": "no time"}
    )
    assert refused.status_code == 422
    assert "no time" in refused.text
    assert "at least 20 characters" in refused.text
    missing = page_client.post(f"{address}/review", revision)
    assert missing.status_code == 409
    assert "must be overridden first" in missing.text
    done = page_client.post(f"{address}/review", revision | {"override": "CA-01", "override_reason-CA-01": WHY})
    assert done.status_code == 303
    read_by_qa = shared_app.page_client(QA).get(address).text
    assert 'value="CA-01"' not in read_by_qa
    assert re.search(rf"Overridden by [^:]+: {re.escape(WHY)}", read_by_qa)
