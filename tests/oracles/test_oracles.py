"""The oracles find every injected fault and report nothing in clean worlds."""

import random

import pytest

from tests.oracles import (
    all_violations,
    decisions_amiss,
    effects_beyond_one,
    fault_injection,
    half_written,
    lost,
    places_oversold,
    slots_that_overlap,
    slots_unlike_agreed,
)

TIMES = 200

FINDERS = {
    "overlap": lambda generated: slots_that_overlap(generated.world),
    "oversold": lambda generated: places_oversold(generated.world),
    "unlike agreed": lambda generated: slots_unlike_agreed(generated.world),
    "half-written": lambda generated: half_written(generated.world),
    "decisions": lambda generated: decisions_amiss(generated.world),
    "lost": lambda generated: lost(generated.world, generated.successful_calls),
    "effects": lambda generated: effects_beyond_one(generated.successful_calls),
}

FAULTS = [
    (fault_injection.overlap, "overlap"),
    (fault_injection.oversell, "oversold"),
    (fault_injection.room_given_twice, "oversold"),
    (fault_injection.lost_slot, "unlike agreed"),
    (fault_injection.slot_moved, "unlike agreed"),
    (fault_injection.slots_not_released, "half-written"),
    (fault_injection.lost_booking, "lost"),
    (fault_injection.lost_decision, "lost"),
    (fault_injection.duplicate_winner, "effects"),
    (fault_injection.second_effect_of_a_key, "effects"),
    (fault_injection.half_written, "half-written"),
    (fault_injection.decided_twice, "decisions"),
    (fault_injection.signed_twice, "decisions"),
]


def test_clean_worlds_raise_no_alarm() -> None:
    for seed in range(TIMES):
        generated = fault_injection.a_clean_world(random.Random(seed))
        found = (
            all_violations(generated.world)
            + lost(generated.world, generated.successful_calls)
            + effects_beyond_one(generated.successful_calls)
        )
        assert found == [], f"seed {seed}"


@pytest.mark.parametrize(("fault", "finder"), FAULTS, ids=lambda each: getattr(each, "__name__", each))
def test_every_planted_fault_is_found(fault, finder) -> None:
    missed = []
    for seed in range(TIMES):
        chance = random.Random(seed)
        generated = fault(fault_injection.a_clean_world(chance), chance)
        if not FINDERS[finder](generated):
            missed.append(seed)
    assert missed == [], f"not found with the seeds {missed}"
