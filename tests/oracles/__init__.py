"""Independent checks of what is stored: plain SQL for reading, plain Python for checking, nothing of the product.

Each returns a list of sentences, empty when all is well.
"""

from tests.oracles.completeness_oracle import SuccessfulCall, decisions_amiss, effects_beyond_one, half_written, lost
from tests.oracles.place_oracle import (
    Need,
    needs,
    places_oversold,
    refused_in_vain,
    slots_that_overlap,
    slots_unlike_agreed,
)
from tests.oracles.world import World, read_world

__all__ = [
    "Need",
    "SuccessfulCall",
    "World",
    "all_violations",
    "decisions_amiss",
    "effects_beyond_one",
    "half_written",
    "lost",
    "needs",
    "places_oversold",
    "read_world",
    "refused_in_vain",
    "slots_that_overlap",
    "slots_unlike_agreed",
]


def all_violations(world: World) -> list[str]:
    """Whatever is wrong with the stored rows by themselves."""
    return [
        *slots_that_overlap(world),
        *places_oversold(world),
        *slots_unlike_agreed(world),
        *half_written(world),
        *decisions_amiss(world),
    ]
