"""The judges themselves: every planted fault is found, and clean worlds raise no alarm."""

import random

import pytest

from tests.oracles import (
    all_violations,
    decisions_amiss,
    effects_beyond_one,
    half_written,
    lost,
    places_oversold,
    planted,
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
    (planted.overlap, "overlap"),
    (planted.oversell, "oversold"),
    (planted.room_given_twice, "oversold"),
    (planted.lost_slot, "unlike agreed"),
    (planted.slot_moved, "unlike agreed"),
    (planted.slots_not_released, "half-written"),
    (planted.lost_booking, "lost"),
    (planted.lost_decision, "lost"),
    (planted.duplicate_winner, "effects"),
    (planted.second_effect_of_a_key, "effects"),
    (planted.half_written, "half-written"),
    (planted.decided_twice, "decisions"),
    (planted.signed_twice, "decisions"),
]


def test_clean_worlds_raise_no_alarm() -> None:
    for seed in range(TIMES):
        scene = planted.a_clean_scene(random.Random(seed))
        found = all_violations(scene.world) + lost(scene.world, scene.told) + effects_beyond_one(scene.told)
        assert found == [], f"seed {seed}"


@pytest.mark.parametrize(("fault", "finder"), FAULTS, ids=lambda each: getattr(each, "__name__", each))
def test_every_planted_fault_is_found(fault, finder) -> None:
    missed = []
    for seed in range(TIMES):
        chance = random.Random(seed)
        scene = fault(planted.a_clean_scene(chance), chance)
        if not FINDERS[finder](scene):
            missed.append(seed)
    assert missed == [], f"not found with the seeds {missed}"
