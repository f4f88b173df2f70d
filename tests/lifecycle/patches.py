"""Tables with one wrong entry: every field of every cell, one at a time."""

from __future__ import annotations

import os
import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

import pytest

from gmp_booking.bookings.events import BookingAcknowledged
from gmp_booking.bookings.lifecycle.steps import Slots
from gmp_booking.kernel.access import Permission
from gmp_booking.kernel.vocabulary import Meaning
from tests.lifecycle.scenario import Patch, Prepared, Scenario, World, run

SEED = int(os.environ.get("GMP_TEST_SEED") or random.SystemRandom().randrange(1_000_000))
OTHER_SLOTS = {
    Slots.NONE: Slots.TAKES,
    Slots.TAKES: Slots.KEEPS,
    Slots.KEEPS: Slots.RELEASES,
    Slots.FITS: Slots.KEEPS,
    Slots.RELEASES: Slots.KEEPS,
}
EVERYBODY, NOBODY_HERE = Permission.MAIL_SINK_READ, Permission.FEED_REVOKE
"""What everybody who is signed in may do, and what these people may not."""


@dataclass(frozen=True)
class Planted:
    """One wrong entry, and the scenario that should notice it."""

    name: str
    patch: Patch
    scenario: Scenario
    with_refusals: bool


def planted(table: dict[Any, Any], scenarios: Mapping[Any, Scenario], states: type[StrEnum]) -> list[Planted]:
    """Every wrong entry of the cells that have a scenario."""
    found = []
    for cell in sorted(scenarios, key=str):
        for what, wrong in _wrong_steps(table[cell], states, is_signed=bool(scenarios[cell].meaning)):
            name = f"{' '.join(str(part or 'new') for part in cell)}: {what}"
            refusals = what.startswith(("permission", "reason", "signature"))
            entries = {cell: wrong}
            if what == "permission of everybody":
                # Some use cases check the permission before they read the state: it is that of the action.
                entries |= {
                    other: replace(step, permission=wrong.permission)
                    for other, step in table.items()
                    if other[1] == cell[1] and other != cell and step.permission is table[cell].permission
                }
            found.append(Planted(name, Patch(table, entries), scenarios[cell], refusals))
    return found


def planted_at_the_end(
    table: dict[Any, Any], scenarios: Mapping[Any, Scenario], states: type[StrEnum]
) -> list[Planted]:
    """Every wrong state of what ends with its booking."""
    return [
        Planted(f"{state} when the booking ends: {wrong}", Patch(table, {state: wrong}), scenario, with_refusals=False)
        for state, scenario in sorted(scenarios.items())
        for wrong in states
        if wrong is not table[state]
    ]


def _wrong_steps(step: Any, states: type[StrEnum], *, is_signed: bool) -> Iterator[tuple[str, Any]]:
    for state in states:
        if state is not step.target:
            yield f"target {state}", replace(step, target=state)
    if step.permission is None:
        yield "permission of a person", replace(step, permission=EVERYBODY)
    else:
        yield "permission of everybody", replace(step, permission=EVERYBODY)
        yield "permission of nobody", replace(step, permission=NOBODY_HERE)
        yield "permission of the system", replace(step, permission=None)
    yield "reason", replace(step, needs_reason=not step.needs_reason)
    yield "signature", replace(step, meaning=None if step.meaning and is_signed else Meaning.ROOM_RELEASED)
    yield "slots", replace(step, slots=OTHER_SLOTS[step.slots])
    yield "event", replace(step, event=BookingAcknowledged)


def unnoticed(world: World, wrong: list[Planted]) -> list[str]:
    """The names of the wrong entries whose scenario passes all the same."""
    return [each.name for each in _each_on_a_booking(world, wrong)]


def _each_on_a_booking(world: World, wrong: list[Planted]) -> Iterator[Planted]:
    """A booking that an attempt left as it was serves the next attempt of its scenario."""
    scenario, prepared, before = None, None, None
    for each in wrong:
        if each.scenario is not scenario or prepared is None or _trace(world, prepared) != before:
            scenario, prepared = each.scenario, each.scenario.prepare(world)
            before = _trace(world, prepared)
        if _passes(world, each, prepared):
            yield each


def _trace(world: World, prepared: Prepared) -> object:
    if not prepared.reference:
        return object()  # What an attempt makes is always another booking.
    return world.booking(prepared.reference), world.held(prepared.reference), world.events(prepared.reference)


def _passes(world: World, each: Planted, prepared: Prepared) -> bool:
    try:
        run(world, each.scenario, prepared=prepared, patch=each.patch, with_refusals=each.with_refusals)
    except Exception:  # Refused, wrong or broken: whatever it is, somebody would see it.
        return False
    return True


def a_tenth(of: list[Planted]) -> list[Planted]:
    """A tenth of them, another one in each run; GMP_TEST_SEED repeats one."""
    print(f"GMP_TEST_SEED={SEED}")
    return sorted(random.Random(SEED).sample(of, len(of) // 10), key=lambda each: each.name)


everyday_or_all = pytest.mark.parametrize("share", ["a tenth", pytest.param("all", marks=pytest.mark.long)])
