"""Actions in states that have no step for them, by people who may take them and with all that they ask for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from gmp_booking.bookings.lifecycle.booking_steps import BOOKING_STEPS
from gmp_booking.bookings.lifecycle.change_steps import CHANGE_STEPS, WITHDRAW
from gmp_booking.bookings.lifecycle.session_steps import CANCEL, SESSION_STEPS
from gmp_booking.bookings.lifecycle.steps import When
from gmp_booking.kernel.states import BookingState as B
from gmp_booking.kernel.states import ChangeState as C
from gmp_booking.kernel.states import SessionState as T
from gmp_booking.kernel.vocabulary import Action
from tests.execution.conftest import POINTS
from tests.lifecycle import booking_scenarios, change_scenarios, session_scenarios
from tests.lifecycle.scenario import (
    OPERATOR,
    OPERATOR2,
    QA,
    REQUESTER,
    SCHEDULER,
    Act,
    Attempt,
    Patch,
    Prepared,
    World,
    post,
    say,
)

Actions = Mapping[str, tuple[str, Act]]
"""Who takes an action, and how."""


@dataclass(frozen=True)
class Machine:
    """A table with bookings in its states and the actions that people have."""

    table: dict[Any, Any]
    in_state: Mapping[Any, Callable[[World], Prepared]]
    actions: Callable[[Any], Actions]

    def illegal(self, state: Any) -> list[str]:
        legal = {str(action) for source, action, _when in self.table if source == state}
        return [action for action in self.actions(state) if action not in legal]

    def attempt(self, world: World, prepared: Prepared, state: Any, action: str) -> int:
        email, act = self.actions(state)[action]
        return act(world, prepared, Attempt(email, has_reason=True, is_signed=True))

    def one_step_more(self, state: Any, action: str) -> Patch:
        """The table with a step in a state that has none."""
        step = next(step for (_, each, _), step in self.table.items() if each == action)
        return Patch(self.table, {(state, action, When.ALWAYS): step})


def booking_actions(state: B) -> Actions:
    decider = QA if state in {B.UNDER_REVIEW, B.CONFIRMED, B.CLOSED} else SCHEDULER
    decisions = (Action.REVIEW, Action.APPROVE, Action.RETURN, Action.REJECT)
    found: dict[str, tuple[str, Act]] = {action: (decider, post(action)) for action in decisions}
    if state is not B.DRAFT:  # A form has no stage whose role could ask.
        found[Action.ASK] = decider, say("ask")
    if state is not B.CONFIRMED:  # This makes a change request.
        found[Action.CHANGE] = REQUESTER, booking_scenarios.change
    return found | {
        Action.SUBMIT: (REQUESTER, submit_anew),
        Action.ANSWER: (REQUESTER, say("answer")),
        Action.CANCEL: (REQUESTER, post("cancel")),
        Action.CLOSE: (QA, post("close")),
    }


def submit_anew(world: World, prepared: Prepared, attempt: Attempt) -> int:
    body = booking_scenarios.incubator(world.shared_app.free_hour())
    return int(world.send(attempt.email, f"/{prepared.reference}/submit", body).status_code)


def change_actions(state: C) -> Actions:
    decider = QA if state is C.UNDER_REVIEW else SCHEDULER
    decisions = (Action.REVIEW, Action.APPROVE, Action.RETURN, Action.REJECT)
    found: dict[str, tuple[str, Act]] = {action: (decider, post(action)) for action in decisions}
    return found | {
        Action.ASK: (decider if state in change_scenarios.OPEN else QA, say("ask")),
        Action.ANSWER: (REQUESTER, say("answer")),
        WITHDRAW: (REQUESTER, post(WITHDRAW)),
    }


def session_actions(_state: T) -> Actions:
    act, extend = session_scenarios.act, session_scenarios.extend
    return {
        "clear": (OPERATOR, act("clear", **POINTS)),
        "verify-clearance": (QA, act("verify-clearance")),
        "ready": (QA, act("ready")),
        "check-in": (OPERATOR, act("check-in")),
        "takes-until": (OPERATOR, extend(by=timedelta(hours=1))),
        "suspend": (QA, act("suspend")),
        "resume": (QA, act("resume")),
        "complete": (OPERATOR, act("complete")),
        "verify": (OPERATOR2, act("verify")),
        "missed": (SCHEDULER, act("missed")),
        "abort": (QA, act("abort", **session_scenarios.DEVIATION)),
        CANCEL: (REQUESTER, act("cancel")),
    }


BOOKINGS = Machine(BOOKING_STEPS, booking_scenarios.IN_STATE, booking_actions)
CHANGES = Machine(CHANGE_STEPS, change_scenarios.IN_STATE, change_actions)
SESSIONS = Machine(SESSION_STEPS, session_scenarios.IN_STATE, session_actions)


def not_refused(world: World, machine: Machine) -> list[str]:
    """What is not refused with 409, of all that a state has no step for."""
    found = []
    for state, prepare in machine.in_state.items():
        prepared = prepare(world)
        for action in machine.illegal(state):
            status = machine.attempt(world, prepared, state, action)
            if status != 409:
                found.append(f"{state} {action}: {status}")
    return found


TOO_MANY: list[tuple[Machine, Any, str]] = [
    (BOOKINGS, B.CLOSED, Action.CANCEL),
    (BOOKINGS, B.REJECTED, Action.SUBMIT),
    (BOOKINGS, B.SUBMITTED, Action.ANSWER),
    (BOOKINGS, B.CONFIRMED, Action.ASK),
    (CHANGES, C.SUBMITTED, Action.ANSWER),
    (CHANGES, C.UNDER_REVIEW, Action.ASK),
    (SESSIONS, T.DONE, "suspend"),
    (SESSIONS, T.PLANNED, "complete"),
    (SESSIONS, T.MISSED, "complete"),
    (SESSIONS, T.SUSPENDED, "suspend"),
]
"""Steps that a table might have by mistake."""
