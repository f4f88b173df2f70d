"""How many people a session needs by name, and how many its room allows; pure."""

from __future__ import annotations

from typing import Final

from gmp_booking.conflicts.work_class import WorkClass, work_class_of
from gmp_booking.kernel.vocabulary import DEMONSTRATIONS, Exposure, Kind

MINIMUM_CREW: Final = "PE-02"
ROOM_LIMIT: Final = "RM-04"
"""The codes of the rules, as records that were made despite them name them."""

_CREW_IS_JUDGED: Final = frozenset({WorkClass.CLIN, WorkClass.ENG, WorkClass.MEDIA_FILL})
"""Where rule PE-02 applies."""

_WITH_A_HOST: Final = frozenset({*DEMONSTRATIONS, Kind.CLINICAL_DEMO})


def names_needed(kind: str, run_type: str | None, room_class: str, exposure: str) -> int:
    """How many people must be named before the session starts.

    Shape: one who does open aseptic work and another who verifies it, anybody for other GMP work, one host of a
    demonstration, else nobody.
    """
    if kind in _WITH_A_HOST:
        return 1
    if work_class_of(kind, run_type, room_class) not in _CREW_IS_JUDGED:
        return 0
    return 2 if exposure == Exposure.ASEPTIC_OPEN else 1
