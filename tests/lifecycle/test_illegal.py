"""A state refuses every action that its table has no step for."""

from __future__ import annotations

import pytest

from tests.lifecycle.illegal import BOOKINGS, CHANGES, SESSIONS, TOO_MANY, Machine, not_refused
from tests.lifecycle.scenario import World

MACHINES = {"bookings": BOOKINGS, "changes": CHANGES, "sessions": SESSIONS}


@pytest.mark.parametrize("name", MACHINES)
def test_an_action_without_a_step_is_refused(world: World, name: str) -> None:
    assert not_refused(world, MACHINES[name]) == []


@pytest.mark.parametrize(("machine", "state", "action"), TOO_MANY, ids=lambda value: str(value).split("(")[0])
def test_a_step_too_many_is_noticed(world: World, machine: Machine, state: object, action: str) -> None:
    with machine.one_step_more(state, action).applied():
        found = machine.attempt(world, machine.in_state[state](world), state, action)
    assert found != 409
