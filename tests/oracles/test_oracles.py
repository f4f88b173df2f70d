"""The judges themselves: every planted fault is found, and clean worlds raise no alarm."""

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
    "overlap": lambda scene: slots_that_overlap(scene.world),
    "oversold": lambda scene: places_oversold(scene.world),
    "unlike agreed": lambda scene: slots_unlike_agreed(scene.world),
    "half-written": lambda scene: half_written(scene.world),
    "decisions": lambda scene: decisions_amiss(scene.world),
    "lost": lambda scene: lost(scene.world, scene.told),
    "effects": lambda scene: effects_beyond_one(scene.told),
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
        scene = fault_injection.a_clean_scene(random.Random(seed))
        found = all_violations(scene.world) + lost(scene.world, scene.told) + effects_beyond_one(scene.told)
        assert found == [], f"seed {seed}"


@pytest.mark.parametrize(("fault", "finder"), FAULTS, ids=lambda each: getattr(each, "__name__", each))
def test_every_planted_fault_is_found(fault, finder) -> None:
    missed = []
    for seed in range(TIMES):
        chance = random.Random(seed)
        scene = fault(fault_injection.a_clean_scene(chance), chance)
        if not FINDERS[finder](scene):
            missed.append(seed)
    assert missed == [], f"not found with the seeds {missed}"
