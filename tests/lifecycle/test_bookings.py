"""Every step of a booking does what its table says, and nothing else is possible."""

from __future__ import annotations

import pytest

from gmp_booking.bookings.lifecycle.booking_steps import BOOKING_STEPS, NOT_REACHED
from gmp_booking.kernel.states import BookingState
from tests.lifecycle.booking_scenarios import SCENARIOS
from tests.lifecycle.patches import a_tenth, everyday_or_all, planted, unnoticed
from tests.lifecycle.scenario import World, run


def test_every_step_that_is_reached_has_a_scenario() -> None:
    assert set(SCENARIOS) == set(BOOKING_STEPS) - set(NOT_REACHED)


@pytest.mark.parametrize("cell", SCENARIOS, ids=lambda cell: " ".join(str(part or "new") for part in cell))
def test_a_step_does_what_its_table_says(world: World, cell: object) -> None:
    run(world, SCENARIOS[cell])


@everyday_or_all
def test_every_wrong_entry_of_the_table_is_noticed(world: World, share: str) -> None:
    wrong = planted(BOOKING_STEPS, SCENARIOS, BookingState)
    assert unnoticed(world, a_tenth(wrong) if share == "a tenth" else wrong) == []
