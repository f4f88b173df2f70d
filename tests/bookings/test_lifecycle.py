"""Every step of a booking and of a session, allowed or refused; the tables are typed out here once more."""

from __future__ import annotations

import itertools
from datetime import timedelta
from typing import Any

import pytest

from gmp_booking.bookings import lifecycle
from gmp_booking.bookings.lifecycle import Track
from gmp_booking.kernel.errors import Conflict
from gmp_booking.kernel.states import ENDED, FINAL, HOLDING, RUNNING, BookingState, SessionState
from gmp_booking.kernel.vocabulary import Action, Kind, RunType

# Where each action leads from each state; what is not written here is refused.
STEPS = {
    "DRAFT": {"submit": "SUBMITTED", "cancel": "CANCELLED"},
    "SUBMITTED": {
        "change": "SUBMITTED",
        "review": "UNDER_REVIEW",
        "return": "RETURNED",
        "approve": "APPROVED",
        "reject": "REJECTED",
        "expire": "EXPIRED",
        "cancel": "CANCELLED",
    },
    "UNDER_REVIEW": {
        "change": "SUBMITTED",
        "return": "RETURNED",
        "approve": "APPROVED",
        "reject": "REJECTED",
        "expire": "EXPIRED",
        "cancel": "CANCELLED",
    },
    "RETURNED": {
        "submit": "SUBMITTED",
        "change": "SUBMITTED",
        "ask": "RETURNED",
        "answer": "SUBMITTED",
        "expire": "EXPIRED",
        "cancel": "CANCELLED",
    },
    "APPROVED": {"confirm": "CONFIRMED", "expire": "EXPIRED", "cancel": "CANCELLED"},
    "CONFIRMED": {"close": "CLOSED", "cancel": "CANCELLED"},
    "REJECTED": {},
    "EXPIRED": {},
    "CANCELLED": {},
    "CLOSED": {},
}
ACTIONS = (
    "submit",
    "review",
    "return",
    "approve",
    "confirm",
    "reject",
    "ask",
    "answer",
    "change",
    "expire",
    "cancel",
    "close",
)
WITH_A_REASON = {"return", "reject", "ask", "cancel"}
EVALUATED = {"change", "submit", "review", "approve", "answer"}
WHO = {
    "submit": "requester",
    "review": "the stage's role",
    "return": "the stage's role",
    "approve": "the stage's role",
    "reject": "the stage's role",
    "ask": "the stage's role",
    "answer": "requester",
    "change": "requester",
    "confirm": "the system",
    "expire": "the system",
    "cancel": "company or scheduler",
    "close": "QA",
}
HOLDS_SLOTS = {
    "DRAFT": False,
    "SUBMITTED": True,
    "UNDER_REVIEW": True,
    "RETURNED": True,
    "APPROVED": True,
    "CONFIRMED": True,
    "REJECTED": False,
    "EXPIRED": False,
    "CANCELLED": False,
    "CLOSED": True,
}
# action → where it leads from where, what is signed, whether a reason is asked for
SESSION_STEPS = {
    "PLANNED": {"ready": "READY", "missed": "MISSED", "cancel": "CANCELLED"},
    "READY": {"unready": "PLANNED", "check-in": "IN_USE", "missed": "MISSED", "cancel": "CANCELLED"},
    "IN_USE": {"suspend": "SUSPENDED", "complete": "DONE", "abort": "ABORTED"},
    "SUSPENDED": {"resume": "IN_USE", "abort": "ABORTED"},
    "DONE": {},
    "ABORTED": {},
    "MISSED": {},
    "CANCELLED": {},
}
SESSION_SIGNATURES = {
    "ready": "ROOM RELEASED",
    "suspend": "HOLD PLACED",
    "resume": "HOLD LIFTED",
    "abort": "ABORTED",
    "unready": None,
    "check-in": None,
    "complete": None,
    "missed": None,
    "cancel": None,
}
TRACK_OF = {
    ("CLEANROOM", "ENG"): "engineering",
    ("CLEANROOM", "CLIN"): "clinical",
    ("CLEANROOM", None): "engineering",
    ("EQUIPMENT", None): "engineering",
    ("APS", None): "engineering",
    ("TECH_DEMO", None): "light",
    ("EDUCATION", None): "light",
    ("TOUR", None): "light",
    ("QC", None): "scheduling",
    ("REVIEW", None): "light",
    ("CLINICAL_DEMO", None): "clinical",
}
_SCHEDULER, _DEMO = ("SCHEDULER", None), ("DEMO_MANAGER", None)
_PRODUCTION, _QA = ("PRODUCTION_MANAGER", "APPROVED – PRODUCTION"), ("QA", "APPROVED – QA")
_BSO, _COMMITTEE = ("BSO", "APPROVED – BIOSAFETY"), ("COMMITTEE", "APPROVED – COMMITTEE")
STAGES = {
    "none": [],
    "scheduling": [_SCHEDULER],
    "light": [_DEMO],
    "light+": [_DEMO, _BSO],
    "light+qa": [_DEMO, _QA],
    "light+bso+qa": [_DEMO, _BSO, _QA],
    "engineering": [_SCHEDULER, _QA],
    "session move": [_SCHEDULER],
    "clinical": [_SCHEDULER, _PRODUCTION, _QA],
    "clinical+bso": [_SCHEDULER, _PRODUCTION, _BSO, _QA],
    "clinical+committee": [_SCHEDULER, _PRODUCTION, _QA, _COMMITTEE],
    "clinical+bso+committee": [_SCHEDULER, _PRODUCTION, _BSO, _QA, _COMMITTEE],
}
CIRCUMSTANCES = [
    # kind, run type, circumstances, track
    ("QC", None, {"needs_no_decision": True}, "none"),
    ("QC", None, {"needs_no_decision": True, "in_gmp_rooms": True}, "engineering"),
    ("REVIEW", None, {"needs_no_decision": True}, "none"),
    ("REVIEW", None, {"needs_no_decision": True, "has_gmp_equipment": True}, "light+qa"),
    ("TOUR", None, {"needs_no_decision": True}, "light"),
    ("TECH_DEMO", None, {"has_live_material": True}, "light+"),
    ("TECH_DEMO", None, {"has_live_material": True, "has_gmp_equipment": True}, "light+bso+qa"),
    ("CLEANROOM", "ENG", {"is_gene_modified": True, "length": timedelta(days=90)}, "engineering"),
    ("CLEANROOM", "CLIN", {"is_gene_modified": True}, "clinical+bso"),
    ("CLEANROOM", "CLIN", {"is_maybe_infectious": True}, "clinical+bso"),
    ("CLEANROOM", "CLIN", {"length": timedelta(days=45)}, "clinical"),
    ("CLEANROOM", "CLIN", {"length": timedelta(days=45, minutes=1)}, "clinical+committee"),
    ("CLINICAL_DEMO", None, {"is_gene_modified": True, "length": timedelta(days=50)}, "clinical+bso+committee"),
]


def test_the_tables_speak_of_every_state_and_every_action() -> None:
    assert set(STEPS) == set(HOLDS_SLOTS) == {state.value for state in BookingState}
    assert set(ACTIONS) == set(WHO) == {action.value for action in Action}
    assert set(SESSION_STEPS) == {state.value for state in SessionState}


def step_of(state: str, action: str) -> tuple[Any, ...] | None:
    """Where the step leads, by whom, whether it needs a reason and an evaluation; None where it is refused."""
    try:
        taken = lifecycle.step(BookingState(state), Action(action))
    except Conflict:
        return None
    return taken.target.value, taken.by.value, taken.reason_required, taken.judged


def test_a_step_of_a_booking_is_allowed_or_refused() -> None:
    found = {(state, action): step_of(state, action) for state, action in itertools.product(STEPS, ACTIONS)}
    allowed = {
        (state, action): (target, WHO[action], action in WITH_A_REASON, action in EVALUATED)
        for state, targets in STEPS.items()
        for action, target in targets.items()
    }
    assert found == dict.fromkeys(found) | allowed


def test_a_state_holds_slots_or_does_not() -> None:
    assert {state.value for state in HOLDING} == {state for state, holds in HOLDS_SLOTS.items() if holds}


def test_what_nothing_leads_out_of_is_final() -> None:
    assert {state.value for state in FINAL} == {state for state, steps in STEPS.items() if not steps}


def test_a_session_takes_only_the_steps_of_its_table() -> None:
    steps = {state: {} for state in SESSION_STEPS}
    for taken in lifecycle.SESSION_STEPS:
        for source in taken.sources:
            steps[source.value][taken.action] = taken.target.value
    assert steps == SESSION_STEPS


def test_a_step_of_a_session_is_signed_where_the_table_says_so() -> None:
    assert {step.action: step.signature for step in lifecycle.SESSION_STEPS} == SESSION_SIGNATURES
    with_a_reason = {step.action for step in lifecycle.SESSION_STEPS if step.reason_required}
    assert with_a_reason == {"suspend", "resume", "abort", "cancel"}


def track_of(kind: str, run_type: str | None, **facts: Any) -> str:
    run = RunType(run_type) if run_type else None
    return lifecycle.track_of(Kind(kind), run, lifecycle.TrackFacts(**facts)).value


def test_a_kind_takes_its_track() -> None:
    assert {(kind, run_type): track_of(kind, run_type) for kind, run_type in TRACK_OF} == TRACK_OF


def test_every_kind_has_a_track() -> None:
    assert {kind for kind, _ in TRACK_OF} == {kind.value for kind in Kind}


def test_a_track_passes_its_stages_in_order() -> None:
    found = {
        track.value: [(stage.role.value, stage.meaning) for stage in stages]
        for track, stages in lifecycle.TRACKS.items()
    }
    assert found == STAGES


def test_a_refusal_is_signed_where_an_approval_is() -> None:
    signed = {track: any(meaning for _role, meaning in stages) for track, stages in STAGES.items()}
    assert {track: lifecycle.signs_refusals(Track(track)) for track in STAGES} == signed


# Where no clearance comes first, work begins out of PLANNED and there is nothing to release.
RECORDS = {
    "clear": {"PLANNED"},
    "verify-clearance": {"PLANNED"},
    "takes-until": {"IN_USE", "SUSPENDED"},
    "verify": {"DONE"},
}


def session_target(state: str, action: str, *, cleared_first: bool) -> str | None:
    try:
        return lifecycle.session_step(SessionState(state), action, cleared_first=cleared_first).target.value
    except Conflict:
        return None


@pytest.mark.parametrize("cleared_first", [True, False])
def test_a_step_of_a_session_is_allowed_or_refused(*, cleared_first: bool) -> None:
    pairs = list(itertools.product(SESSION_STEPS, SESSION_SIGNATURES))
    expected = {(state, action): SESSION_STEPS[state].get(action) for state, action in pairs}
    if not cleared_first:
        expected |= {("PLANNED", "check-in"): "IN_USE", ("PLANNED", "ready"): None}
    assert {pair: session_target(*pair, cleared_first=cleared_first) for pair in pairs} == expected


def is_recordable(state: str, action: str) -> bool:
    try:
        lifecycle.require_recordable(SessionState(state), action)
    except Conflict:
        return False
    return True


def test_what_is_only_recorded_is_recorded_in_some_states_alone() -> None:
    assert set(lifecycle.SESSION_RECORDS) == set(RECORDS)
    found = {action: {state for state in SESSION_STEPS if is_recordable(state, action)} for action in RECORDS}
    assert found == RECORDS


def test_a_session_that_ended_runs_no_more() -> None:
    assert {state.value for state in ENDED} == {"DONE", "ABORTED", "MISSED", "CANCELLED"}
    assert {state.value for state in RUNNING} == {"IN_USE", "SUSPENDED"}


def test_circumstances_take_further_roles_in() -> None:
    for kind, run_type, circumstances, track in CIRCUMSTANCES:
        assert track_of(kind, run_type, **circumstances) == track, (kind, run_type, circumstances)
