"""Why a line clearance of a room is no longer valid, by what has really happened in the room; pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from gmp_booking.execution.clearance import CLEARANCE_LASTS
from gmp_booking.kernel.text import N_


class Lapse(StrEnum):
    IN_USE = "in use"
    USED = "used"
    HELD = "held"
    DEVIATION = "deviation"
    TOO_OLD = "too old"
    TOO_EARLY = "too early"


LAPSE_TEXTS: Final[Mapping[Lapse, str]] = {
    Lapse.IN_USE: N_("%(resource)s is still in use."),
    Lapse.USED: N_("%(room)s was in use after its line clearance began; clear it again."),
    Lapse.HELD: N_("A hold was placed on %(room)s after its line clearance; clear it again."),
    Lapse.DEVIATION: N_("A deviation was recorded in %(room)s after its line clearance; clear it again."),
    Lapse.TOO_OLD: N_("The line clearance of %(room)s is older than %(hours)s hours; clear it again."),
    Lapse.TOO_EARLY: N_("%(room)s can be cleared and released at most %(hours)s hours before the session starts."),
}
OTHERS_LAPSE_TEXT: Final = N_("The line clearance of %(room)s is no longer valid; clear it again.")
"""What a company reads where the cause may be another company's."""

CAUSED_BY_OTHERS: Final = frozenset({Lapse.USED, Lapse.HELD, Lapse.DEVIATION})


@dataclass(frozen=True)
class Use:
    """The time in which another session really used the room. Shape: no end while it has not ended."""

    began_at: datetime
    ended_at: datetime | None


@dataclass(frozen=True)
class Clearance:
    """A line clearance. Shape: `starts_at` is the planned start of the session that it is for."""

    begun_at: datetime
    starts_at: datetime


def find_lapse(
    uses: Iterable[Use],
    holds: Iterable[datetime],
    deviations: Iterable[datetime],
    clearance: Clearance,
    now: datetime,
) -> Lapse | None:
    """Why the clearance is not valid; None while it is.

    Shape: `uses`, `holds` and `deviations` are those of the room without the session's own; of a hold the instant from
    which it stands, of a deviation the instant at which it was recorded.
    """
    uses = tuple(uses)
    if any(use.ended_at is None for use in uses):
        return Lapse.IN_USE
    if any(use.ended_at and use.ended_at > clearance.begun_at for use in uses):
        return Lapse.USED
    if any(held_at > clearance.begun_at for held_at in holds):
        return Lapse.HELD
    if any(recorded_at > clearance.begun_at for recorded_at in deviations):
        return Lapse.DEVIATION
    if now - clearance.begun_at > CLEARANCE_LASTS:
        return Lapse.TOO_OLD
    if clearance.starts_at - clearance.begun_at > CLEARANCE_LASTS:
        return Lapse.TOO_EARLY
    return None
