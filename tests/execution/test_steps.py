"""Every act in every state by every role: allowed or refused, as a table typed out once more."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.clients import SIGNED
from tests.execution.conftest import OPERATOR, POINTS, PRODUCTION, QA, SCHEDULER, WHY, ExecutionClient
from tests.factories.request_bodies import DemonstrationRequestFactory, EngineeringRequestFactory, SessionFactory

# Where each act leads from each state of a session that begins with a released room; a dash refuses (409).
STEPS = {
    "clear": {"PLANNED": "PLANNED"},
    "verify-clearance": {},
    "ready": {},
    "check-in": {"READY": "IN_USE"},
    "takes-until": {"IN_USE": "IN_USE", "SUSPENDED": "SUSPENDED"},
    "suspend": {"IN_USE": "SUSPENDED"},
    "resume": {"SUSPENDED": "IN_USE"},
    "complete": {"IN_USE": "DONE"},
    "verify": {"DONE": "DONE"},
    "missed": {},
    "abort": {"IN_USE": "ABORTED", "SUSPENDED": "ABORTED"},
}
STATES = ("PLANNED", "READY", "IN_USE", "SUSPENDED", "DONE", "ABORTED", "MISSED")
# Who may try each act at all; everybody else is refused by name (403), a competitor meets nothing (404).
ACTORS = {
    "requester": "requester@gaon.example",
    "operator": OPERATOR,
    "operator2": "operator2@gaon.example",
    "scheduler": SCHEDULER,
    "production": PRODUCTION,
    "qa": QA,
    "engineer": "engineer@brc.example",
    "demo": "demo@brc.example",
    "bso": "bso@brc.example",
    "manager": "manager@brc.example",
    "committee": "committee@brc.example",
    "admin": "admin@brc.example",
    "auditor": "auditor@brc.example",
}
COMPANY = {"requester", "operator", "operator2"}
WORKERS = {"scheduler", "production", "qa", "engineer", "demo", "bso", "manager"}
MAY = {
    "clear": {"operator", "operator2", "production"},
    "verify-clearance": {"operator", "operator2", "production", "qa"},
    "ready": {"production", "qa"},
    "check-in": COMPANY | WORKERS,
    "takes-until": COMPANY | WORKERS,
    "suspend": {"qa", "engineer"},
    "resume": {"qa"},
    "complete": COMPANY | WORKERS,
    "verify": (COMPANY | WORKERS) - {"operator"},  # who recorded the end
    "missed": {"scheduler", "demo"},
    "abort": {"production", "qa"},
}


def body_of(action: str) -> dict[str, Any]:
    later = (datetime.now(UTC) + timedelta(hours=5)).isoformat()
    return {
        "clear": POINTS,
        "ready": SIGNED,
        "takes-until": {"until": later},
        "suspend": SIGNED | WHY,
        "resume": SIGNED | WHY,
        "abort": SIGNED | WHY | {"deviation_no": "DEV-27-001"},
    }.get(action, {})


DOERS = {"clear": OPERATOR, "missed": SCHEDULER, "verify": "operator2@gaon.example"}


@pytest.mark.parametrize("state", STATES)
def test_every_act_leads_where_the_table_says_or_is_refused(execution: ExecutionClient, state: str) -> None:
    reference = execution.in_state(state)
    for action, leads in STEPS.items():
        if state in leads:
            continue
        answer = execution.act(DOERS.get(action, QA), reference, action, body_of(action))
        assert answer.status_code == 409, (state, action, answer.text)
    assert execution.session(reference)["state"] == state
    for action, leads in STEPS.items():
        if state in leads and leads[state] == state:
            execution.do(DOERS.get(action, QA), reference, action, body_of(action))
    moving = [action for action, leads in STEPS.items() if leads.get(state, state) != state]
    for index, action in enumerate(moving):
        one = reference if index == 0 else fresh(execution, state)
        assert execution.do(DOERS.get(action, QA), one, action, body_of(action))["state"] == STEPS[action][state]


def fresh(execution: ExecutionClient, state: str) -> str:
    execution.empty()
    return execution.in_state(state)


STATE_FOR = {"resume": "SUSPENDED", "verify": "DONE", "check-in": "READY", "missed": "MISSED"}


@pytest.mark.parametrize("action", sorted(MAY))
def test_an_act_is_refused_to_whoever_may_not_do_it(execution: ExecutionClient, action: str) -> None:
    early = {"clear", "verify-clearance", "ready"}
    reference = execution.in_state(STATE_FOR.get(action, "PLANNED" if action in early else "IN_USE"))
    assert execution.act("requester@saebyeok.example", reference, action, body_of(action)).status_code == 404
    before = len(execution.events(reference))
    for name, email in ACTORS.items():
        if name not in MAY[action]:
            assert execution.act(email, reference, action, body_of(action)).status_code == 403, name
    assert len(execution.events(reference)) == before
    for name in sorted(MAY[action]):
        # Without what the act asks for it goes no further than to the act itself.
        bare = execution.act(ACTORS[name], reference, action, {"at": "2099-01-01T00:00:00Z"})
        assert bare.status_code in {200, 409, 422}, (name, bare.text)


@pytest.mark.parametrize(
    ("room", "request_of"), [("T-01", DemonstrationRequestFactory), ("C-02", EngineeringRequestFactory)]
)
def test_where_no_clearance_is_judged_work_simply_begins(
    execution: ExecutionClient, room: str, request_of: Any
) -> None:
    reference = execution.confirmed(2, room=room, request=request_of())
    assert execution.act(OPERATOR, reference, "clear", POINTS).status_code == 409
    assert execution.act(QA, reference, "ready", SIGNED).status_code == 409
    assert execution.do(OPERATOR, reference, "check-in")["state"] == "IN_USE"
    assert execution.do(OPERATOR, reference, "complete")["state"] == "DONE"


def test_missed_comes_an_hour_after_the_start_and_gives_the_rest_back(execution: ExecutionClient) -> None:
    reference = execution.confirmed(3, starts_in=-0.9)
    assert execution.act(SCHEDULER, reference, "missed").status_code == 409
    execution.bring(reference, -1.1)
    assert execution.do(SCHEDULER, reference, "missed")["state"] == "MISSED"
    (slot,) = execution.slots(reference)
    assert slot["ends_at"] <= datetime.now(UTC)


def test_a_session_said_to_be_missed_much_later_held_no_more_than_its_own_time(execution: ExecutionClient) -> None:
    reference = execution.confirmed(1, starts_in=-3)
    execution.do(SCHEDULER, reference, "missed")
    (slot,) = execution.slots(reference)
    assert slot["ends_at"] - slot["starts_at"] == timedelta(hours=1)


def test_nothing_happens_in_a_booking_that_is_not_confirmed(execution: ExecutionClient) -> None:
    start = datetime.now(UTC) + timedelta(days=40)
    part = SessionFactory(room="B-01", start=start, hours=1)
    asked = EngineeringRequestFactory(sessions=[part])
    made = execution.shared_app.api_client("requester@gaon.example").post("/api/v1/bookings", asked)
    assert execution.act(OPERATOR, made.json["reference"], "clear", POINTS).status_code == 409
    assert execution.act(OPERATOR, made.json["reference"], "clear", POINTS, number=2).status_code == 404
