"""Today: each reader sees what is theirs, on a desktop, a phone and a wall screen."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.clients import PASSWORD, SIGNED, PageClient
from tests.execution.conftest import OPERATOR, OPERATOR2, POINTS, QA, SCHEDULER, ExecutionClient, execution
from tests.shared_app import SharedApp
from tests.statement_watch import watching
from tests.zones import SEOUL

__all__ = ["execution"]
HANBIT = "requester@hanbit.example"


def section(page: str, title: str) -> str:
    found = re.search(rf'<section class="sheet[^"]*" aria-labelledby="{title}-title">.*?</section>', page, re.DOTALL)
    return found[0] if found else ""


def test_a_company_meets_its_own_and_of_others_only_that_a_room_is_taken(execution: ExecutionClient) -> None:
    mine = execution.running(2, starts_in=0)
    theirs = execution.confirmed(2, company="hanbit", room="B-02", starts_in=-0.5)
    page = execution.shared_app.page_client(OPERATOR).get("/today").text
    assert mine in section(page, "now")
    assert not any(word in page for word in (theirs, "HB-Derm", "Hanbit", "한빛"))
    assert "reserved until" in section(page, "now")
    competitor = execution.shared_app.page_client(HANBIT).get("/today").text
    assert theirs in competitor
    assert not any(word in competitor for word in (mine, "GS-M1", "Gaon", "가온", "GAO operator"))
    staff = execution.shared_app.page_client(SCHEDULER).get("/today").text
    assert mine in staff
    assert theirs in staff


def test_a_session_due_before_midnight_is_shown_after_midnight(execution: ExecutionClient) -> None:
    shared_app = execution.shared_app
    midnight = datetime.now(SEOUL).replace(hour=0, minute=0, second=0, microsecond=0)
    until_midnight = (midnight - datetime.now(SEOUL)) / timedelta(hours=1)
    waiting = execution.confirmed(2, room="B-01", starts_in=until_midnight - 0.5)
    over = execution.confirmed(2, room="B-02", starts_in=until_midnight - 3)
    with shared_app.clock_at(midnight + timedelta(minutes=10)):
        page = PageClient(shared_app.app, SCHEDULER).get("/today").text
    assert waiting in section(page, "next")
    assert re.search(r"should have started \d+ min ago", section(page, "next"))
    assert over not in section(page, "next")


def test_what_runs_says_until_when_and_how_late_it_is(execution: ExecutionClient) -> None:
    running = execution.running(2, starts_in=0)
    execution.bring(running, -2.25)
    page = execution.shared_app.page_client(OPERATOR).get("/today").text
    assert "15 min over" in section(page, "now")
    ends = execution.session(running)["ends_at"] + timedelta(minutes=50)
    execution.do(OPERATOR, running, "takes-until", {"until": ends.isoformat()})
    shown = section(execution.shared_app.page_client(OPERATOR).get("/today").text, "now")
    assert "extended by 50 min" in shown
    assert f"{ends.astimezone(SEOUL):%H:%M} KST" in shown


def test_names_that_are_missing_are_asked_for_a_week_ahead(execution: ExecutionClient) -> None:
    named = [{"email": OPERATOR, "role": "OPERATOR"}, {"email": OPERATOR2, "role": "VERIFIER"}]
    whole = execution.confirmed(1, room="B-01", starts_in=24, session={"people": named})
    lacking = execution.confirmed(1, room="B-02", starts_in=48, session={"people": named[:1]})
    far = execution.confirmed(1, room="B-03", starts_in=200)
    shown = section(execution.shared_app.page_client(SCHEDULER).get("/today").text, "missing")
    assert lacking in shown
    assert "1 name missing" in shown
    assert whole not in shown
    assert far not in shown


def test_what_waits_for_whom_stands_on_top(execution: ExecutionClient) -> None:
    to_release = execution.confirmed(1, room="B-01", starts_in=-0.2)
    execution.do(OPERATOR, to_release, "clear", POINTS)
    execution.do(OPERATOR2, to_release, "verify-clearance")
    to_verify = execution.confirmed(1, room="B-02", starts_in=-0.2)
    execution.do(OPERATOR, to_verify, "clear", POINTS)
    nobody_came = execution.confirmed(1, room="B-03", starts_in=-1.5)
    done = _done(execution)

    def waits(email: str) -> dict[str, set[str]]:
        page = execution.shared_app.page_client(email).get("/today").text
        found = {}
        for action in ("ready", "verify-clearance", "verify", "missed"):
            part = re.search(rf'aria-labelledby="waiting-{action}".*?</section>', page, re.DOTALL)
            found[action] = set(re.findall(r"BK-\w{8}", part[0])) if part else set()
        return found

    assert waits(QA) == {
        "ready": {to_release},
        "verify-clearance": {to_verify},
        "verify": {done},
        "missed": set(),
    }
    assert waits(SCHEDULER) == {"ready": set(), "verify-clearance": set(), "verify": {done}, "missed": {nobody_came}}
    assert waits(OPERATOR)["verify-clearance"] == set()
    assert waits(OPERATOR2)["verify-clearance"] == {to_verify}


def _done(execution: ExecutionClient) -> str:
    reference = execution.confirmed(1, room="C-02", starts_in=-0.1)
    execution.do(OPERATOR, reference, "check-in")
    execution.do(OPERATOR, reference, "complete")
    return reference


def test_one_signature_releases_what_was_ticked_and_says_what_became_of_each(execution: ExecutionClient) -> None:
    ready = [execution.confirmed(1, room=room, starts_in=-0.2) for room in ("B-01", "B-02")]
    for reference in ready:
        execution.do(OPERATOR, reference, "clear", POINTS)
        execution.do(OPERATOR2, reference, "verify-clearance")
    raw = execution.confirmed(1, room="B-03", starts_in=-0.2)
    ticked = [f"{reference}/1" for reference in (*ready, raw)]
    fields = {"session": ticked, "password": "not this one", "idempotency_key": f"morning-{raw}"}
    page_client = execution.shared_app.page_client(QA)
    assert page_client.post("/today/release", fields).status_code == 422
    answers = [page_client.post("/today/release", fields | {"password": PASSWORD}) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [409, 409]
    assert all(answer.text.count("Not released") == 1 for answer in answers)
    assert [execution.session(each)["state"] for each in (*ready, raw)] == ["READY", "READY", "PLANNED"]
    signed = execution.shared_app.ask(
        "SELECT record_reference, meaning, content_hash FROM signature WHERE record_reference = ANY (%s)", ticked
    )
    assert {each["record_reference"] for each in signed} == set(ticked[:2])
    assert len({each["content_hash"] for each in signed}) == len(signed) == 2
    result = execution.shared_app.api_client(QA).post(
        "/api/v1/releases", SIGNED | {"sessions": [{"reference": raw, "session": 1}]}
    )
    assert [each["status"] for each in result.json["results"]] == [409]


def test_a_wall_names_nobody(execution: ExecutionClient) -> None:
    reference = execution.running(2, starts_in=0)
    for email in (SCHEDULER, OPERATOR):
        page = execution.shared_app.page_client(email).get("/today?screen=1").text
        board = page[page.index('id="board"') : page.index("</main>")]
        assert reference in board
        assert 'hx-trigger="every 30s"' in board
        assert not any(word in board for word in ("Gaon", "GS-M1", "GAO operator", "Staff", "<form"))


def test_a_wall_that_looks_again_keeps_nobody_signed_in(execution: ExecutionClient) -> None:
    shared_app = execution.shared_app
    page_client = shared_app.page_client(QA)
    ago = "UPDATE auth_session SET seen_at = seen_at - interval '3 min' WHERE ended_at IS NULL RETURNING id"
    unseen = "SELECT count(*) AS n FROM auth_session WHERE seen_at < gmp_now() - interval '2 min' AND ended_at IS NULL"
    shared_app.ask(ago)
    before = shared_app.ask(unseen)[0]["n"]
    page_client.get("/today?screen=1")
    assert shared_app.ask(unseen)[0]["n"] == before
    page_client.get("/today")
    assert shared_app.ask(unseen)[0]["n"] == before - 1


def test_who_only_works_in_rooms_lands_on_today(shared_app: SharedApp) -> None:
    assert shared_app.page_client(OPERATOR).get("/").location == "/today"
    assert shared_app.page_client(SCHEDULER).get("/").location == "/timeline"


@pytest.mark.parametrize("interface", ["page", "api"])
def test_both_interfaces_leave_the_same_journal(execution: ExecutionClient, interface: str) -> None:
    def do(email: str, reference: str, action: str, fields: Mapping[str, Any]) -> None:
        if interface == "api":
            execution.do(email, reference, action, fields)
            return
        form: dict[str, Any] = {"seen": execution.session(reference)["state"]}
        for name, value in fields.items():
            form |= {f"{action}-password": PASSWORD} if name == "signature" else {f"{action}-{name}": value}
        answer = execution.shared_app.page_client(email).post(f"/bookings/{reference}/sessions/1/{action}", form)
        assert answer.status_code == 303, answer.text[-2500:]

    why = {"reason": "The alarm of the hood went off"}
    reference = execution.confirmed(2, starts_in=0)
    do(OPERATOR, reference, "clear", POINTS)
    do(OPERATOR2, reference, "verify-clearance", {})
    do(QA, reference, "ready", SIGNED)
    do(OPERATOR, reference, "check-in", {})
    do(QA, reference, "suspend", SIGNED | why)
    do(QA, reference, "resume", SIGNED | why)
    do(OPERATOR, reference, "complete", {"headcount": 2 if interface == "api" else "2", "note": "All went well"})
    do(OPERATOR2, reference, "verify", {})
    recorded = [
        (
            event["event"],
            event["actor_name"],
            event["reason"],
            event["data"].get("note"),
            event["data"].get("headcount"),
        )
        for event in execution.events(reference)[3:]
    ]
    assert recorded == [
        ("BookingConfirmed", "Staff qa", None, None, None),
        ("LineCleared", "GAO operator", None, None, None),
        ("LineClearanceVerified", "GAO operator2", None, None, None),
        ("SessionReady", "Staff qa", None, None, None),
        ("SessionStarted", "GAO operator", None, None, None),
        ("SessionSuspended", "Staff qa", why["reason"], None, None),
        ("SessionResumed", "Staff qa", why["reason"], None, None),
        ("SessionCompleted", "GAO operator", None, "All went well", 2),
        ("SessionVerified", "GAO operator2", None, None, None),
    ]


def test_a_refused_form_comes_back_as_it_was_filled_in(execution: ExecutionClient) -> None:
    reference = execution.running(2)
    page_client = execution.shared_app.page_client(QA)
    address = f"/bookings/{reference}/sessions/1"
    sent = {"seen": "IN_USE", "abort-reason": "Spill on the bench", "abort-password": PASSWORD}
    answer = page_client.post(f"{address}/abort", sent)
    assert answer.status_code == 422
    assert "Enter the deviation number." in answer.text
    assert "Spill on the bench" in answer.text
    assert PASSWORD not in answer.text
    bad = page_client.post(f"{address}/complete", {"complete-at_date": "tomorrow", "complete-at_time": "9"})
    assert bad.status_code == 422
    assert "HH:MM" in bad.text
    assert page_client.post(f"{address}/complete", {"seen": "READY"}).status_code == 412


def test_the_cost_of_today_does_not_grow_with_its_sessions(execution: ExecutionClient) -> None:
    def count() -> list[int]:
        counted = []
        for email in (OPERATOR, QA):
            for path in ("/today", "/today?screen=1"):
                with watching(execution.shared_app.app.extensions["gmp"].database) as watched:
                    assert execution.shared_app.page_client(email).get(path).status_code == 200
                counted.append(len(watched.statements))
        return counted

    execution.confirmed(0.3, starts_in=0.5)
    count()
    few = count()
    for number in range(8):
        execution.confirmed(0.3, room=f"B-0{1 + number % 3}", starts_in=-1.2 if number > 4 else 1 + number / 4)
    assert count() == few
    assert max(few) <= 12, few
