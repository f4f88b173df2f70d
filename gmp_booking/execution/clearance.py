"""Line clearance: its checklist, when it is required, and time limits of records."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

from gmp_booking.conflicts.work_class import WorkClass, work_class_of
from gmp_booking.kernel.text import N_

CHECKLIST: Final[Mapping[str, str]] = {
    "previous_out": N_("Materials, labels and documents of the last use have been removed from the room."),
    "waste_out": N_("Waste has been removed."),
    "surfaces": N_("Work surfaces are cleaned and disinfected."),
    "status": N_("Room and equipment labels, pressure and alarms are as they should be."),
    "papers": N_("The documents and materials are those of this batch."),
}
"""Source: default is ours, after PIC/S PE 009-17 Part I §5.50."""

LATE_AFTER: Final = timedelta(minutes=15)
"""A later entry needs a reason. Source: default is ours."""

MISSED_AFTER: Final = timedelta(minutes=60)
"""Source: default is ours."""

CLEARANCE_LASTS: Final = timedelta(hours=72)
"""How long a release is valid while the room is not used. Source: default is ours."""

LONGEST_EXTENSION: Final = timedelta(hours=4)
"""A longer extension needs the scheduler. Source: default is ours."""

LONGEST_OVERRUN: Final = timedelta(days=7)
"""A later announced end is treated as a typing error. Source: default is ours."""

EARLIEST_START: Final = timedelta(hours=24)
"""An actual start earlier than this before the planned one is treated as a typing error. Source: default is ours."""

ONE_TAP_AHEAD: Final = timedelta(hours=1)
"""How long before its start a session can be checked in directly from a list. Source: default is ours."""

_CLEARED_FIRST = frozenset({WorkClass.CLIN, WorkClass.ENG, WorkClass.MEDIA_FILL})


def needs_clearance(kind: str, run_type: str | None, room_class: str) -> bool:
    """Whether a session requires line clearance and release of its room: where rule CO-02 applies."""
    return work_class_of(kind, run_type, room_class) in _CLEARED_FIRST


def late_minutes(happened_at: datetime, entered_at: datetime) -> int:
    """The delay of an entry in minutes; 0 within the time that needs no reason."""
    delay = entered_at - happened_at
    return int(delay.total_seconds() // 60) if delay > LATE_AFTER else 0
