"""Tables of steps: what an action does to a record that is in a state; pure.

A use case looks its step up, and does nothing but what the step says: it writes the target, by compare-and-swap on
(state, version), records an event of the step's class, and takes or releases slots.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Generic, TypeAlias, TypeVar

from gmp_booking.bookings.lifecycle.tracks import TRACKS, Track, signs_refusals
from gmp_booking.kernel.access import Permission
from gmp_booking.kernel.errors import Conflict
from gmp_booking.kernel.events import Event
from gmp_booking.kernel.text import N_
from gmp_booking.kernel.vocabulary import Meaning

State = TypeVar("State", bound=StrEnum)


class Slots(StrEnum):
    """What a step does with the slots of its record."""

    NONE = "has none"
    TAKES = "takes"
    KEEPS = "keeps"
    FITS = "fits"
    """Changed to the content in force, or to the time that was really used."""
    RELEASES = "releases"


class When(StrEnum):
    """A condition that a step depends on beside the state."""

    ALWAYS = "always"
    NO_STAGE = "the track has no stage"
    FIRST_STAGE = "at the first stage"
    LATER_STAGE = "at a later stage"
    STAGE_BEFORE_OTHERS = "other stages follow"
    LAST_STAGE = "at the last stage"
    CLEARED_FIRST = "a line clearance is needed"
    NOT_CLEARED_FIRST = "no line clearance is needed"
    BEYOND_THE_PLAN = "beyond the planned end"
    FAR_BEYOND_THE_PLAN = "more than four hours beyond the planned end"
    WITHIN_THE_PLAN = "within the planned end"


class SignedAs(StrEnum):
    """A meaning that depends on track and stage."""

    STAGE = "what the stage signs"
    REFUSAL = "REJECTED, where the track has a signed stage"


@dataclass(frozen=True, kw_only=True)
class Step(Generic[State]):
    """What an action does in one state.

    Shape: `permission` is None for a step that the system takes; `meaning` is None where nothing is signed.
    """

    target: State
    permission: Permission | None
    event: type[Event]
    slots: Slots = Slots.KEEPS
    needs_reason: bool = False
    meaning: Meaning | SignedAs | None = None


Cell: TypeAlias = tuple[State | None, str, When]
"""The state (None before the first one), the action, and the condition of a step."""

Table: TypeAlias = dict[Cell[State], Step[State]]


def cells(
    states: Iterable[State | None], action: str, step: Step[State], *, when: When = When.ALWAYS
) -> Iterator[tuple[Cell[State], Step[State]]]:
    """The same step from several states."""
    return (((state, action, when), step) for state in states)


def find_step(
    table: Table[State], state: State | None, action: str, holding: Iterable[When] = ()
) -> Step[State] | None:
    """The step of an action in a state. Shape: `holding` are the conditions that hold; None where it is refused."""
    named = ((state, action, when) for when in (When.ALWAYS, *holding))
    return next((table[cell] for cell in named if cell in table), None)


def step_at_stage(
    table: Table[State], state: State | None, action: str, *, track: Track | None, stage: int
) -> Step[State]:
    """The step of an action on a request at a stage of its track.

    Errors: Conflict when the state or the stage does not allow it.
    """
    step = find_step(table, state, action, conditions_at(track, stage))
    if step is not None:
        return step
    if any(cell[:2] == (state, action) for cell in table):
        raise Conflict(N_("The booking is at another stage; check it again."))
    raise Conflict(N_("The current state of this booking does not allow this."))


def nearest_step(table: Table[State], state: State | None, action: str, holding: Iterable[When] = ()) -> Step[State]:
    """The step of an action; in a state that refuses it, that of another state.

    Permission, and a reason for cancelling, are checked before the state.
    """
    found = find_step(table, state, action, holding)
    return found or next(step for cell, step in table.items() if cell[1] == action)


def permission_of(table: Table[State], state: State | None, action: str, holding: Iterable[When] = ()) -> Permission:
    """The permission for an action, whether the state allows the action or not."""
    permission = nearest_step(table, state, action, holding).permission
    assert permission is not None, f"{action} is a step of the system"
    return permission


def conditions_at(track: Track | None, stage: int) -> frozenset[When]:
    """The conditions that hold for a request at a stage of its track."""
    stages = TRACKS[track] if track else ()
    if not stages:
        return frozenset({When.NO_STAGE})
    return frozenset(
        {
            When.LATER_STAGE if stage else When.FIRST_STAGE,
            When.STAGE_BEFORE_OTHERS if stage < len(stages) - 1 else When.LAST_STAGE,
        }
    )


def meaning_at(step: Step[State], *, track: Track | None, stage: int) -> Meaning | None:
    """The meaning of the signature that a step needs at a stage of a track; None where a journaled click is enough."""
    if not isinstance(step.meaning, SignedAs):
        return step.meaning
    if track is None:
        return None
    if step.meaning is SignedAs.STAGE:
        return TRACKS[track][stage].meaning
    return Meaning.REJECTED if signs_refusals(track) else None
