"""Every step of a session does what its table says, and nothing else is possible."""

from __future__ import annotations

import pytest

from gmp_booking.bookings.lifecycle.session_steps import SESSION_STEPS, WHEN_THE_BOOKING_ENDS
from gmp_booking.kernel.states import SessionState
from tests.lifecycle.patches import a_tenth, everyday_or_all, planted, planted_at_the_end, unnoticed
from tests.lifecycle.scenario import World, run
from tests.lifecycle.session_scenarios import AT_THE_END, SCENARIOS


def test_every_step_has_a_scenario() -> None:
    assert set(SCENARIOS) == set(SESSION_STEPS)
    assert set(AT_THE_END) == set(WHEN_THE_BOOKING_ENDS)


@pytest.mark.parametrize("cell", SCENARIOS, ids=lambda cell: " ".join(str(part or "new") for part in cell))
def test_a_step_does_what_its_table_says(world: World, cell: object) -> None:
    run(world, SCENARIOS[cell])


@pytest.mark.parametrize("state", AT_THE_END)
def test_a_session_that_has_not_begun_ends_with_its_booking(world: World, state: SessionState) -> None:
    run(world, AT_THE_END[state])


@everyday_or_all
def test_every_wrong_entry_of_the_table_is_noticed(world: World, share: str) -> None:
    wrong = planted(SESSION_STEPS, SCENARIOS, SessionState)
    wrong += planted_at_the_end(WHEN_THE_BOOKING_ENDS, AT_THE_END, SessionState)
    assert unnoticed(world, a_tenth(wrong) if share == "a tenth" else wrong) == []
