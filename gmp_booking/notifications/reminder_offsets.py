"""How long before a session its participants are reminded, as data; pure.

Source: the offsets by kind are the defaults this product ships with; 09:00 and the quiet hours are ours.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from gmp_booking.kernel.text import N_
from gmp_booking.kernel.vocabulary import Kind

MORNING: Final = time(9)
QUIET_FROM: Final = time(21)
QUIET_UNTIL: Final = time(8)
LONG_DAYS: Final = 7
CAMPAIGN_DAYS: Final = 5

# Offsets in hours fall due at any hour: those reminders are about safety.
assert QUIET_UNTIL <= MORNING < QUIET_FROM, "reminders keep quiet hours"


@dataclass(frozen=True)
class ReminderOffset:
    """A number of days before, in the morning, or a number of hours before.

    Shape: a long offset is used once a booking, a short one once a session. The hint is a message id.
    """

    days: int = 0
    hours: int = 0
    hint: str = ""

    @property
    def name(self) -> str:
        return f"D-{self.days}" if self.days else f"H-{self.hours}"

    @property
    def is_day_ahead(self) -> bool:
        """Whether the morning before is meant, which has one mail for the whole day."""
        return self.days == 1

    @property
    def is_long(self) -> bool:
        return self.days >= LONG_DAYS


DOCUMENTS = N_("Please check that the documents are complete.")
PEOPLE = N_("Please check that everyone named is qualified and will attend.")
MATERIALS = N_("Please check that the materials will arrive in time.")

SINGLE: Final = (ReminderOffset(days=14, hint=PEOPLE), ReminderOffset(days=7, hint=MATERIALS), ReminderOffset(days=1))
CAMPAIGN: Final = (
    ReminderOffset(days=30, hint=DOCUMENTS),
    ReminderOffset(days=14, hint=PEOPLE),
    ReminderOffset(days=7, hint=MATERIALS),
    ReminderOffset(days=3),
    ReminderOffset(days=1),
    ReminderOffset(hours=2),
)

# Calendar days, at nine in the morning; default is ours.
BEFORE_EXPIRY: Final = (ReminderOffset(days=5), ReminderOffset(days=1))

REMINDER_OFFSETS: Final[dict[Kind, tuple[ReminderOffset, ...]]] = {
    Kind.CLEANROOM: SINGLE,
    Kind.APS: SINGLE,
    Kind.EQUIPMENT: (ReminderOffset(days=3), ReminderOffset(days=1)),
    Kind.QC: (ReminderOffset(days=3), ReminderOffset(days=1)),
    Kind.TECH_DEMO: (ReminderOffset(days=14), ReminderOffset(days=3), ReminderOffset(days=1)),
    Kind.EDUCATION: (ReminderOffset(days=14), ReminderOffset(days=3), ReminderOffset(days=1)),
    Kind.REVIEW: (ReminderOffset(days=7), ReminderOffset(days=1)),
    Kind.CLINICAL_DEMO: (
        ReminderOffset(days=14),
        ReminderOffset(days=7),
        ReminderOffset(days=1),
        ReminderOffset(hours=4),
    ),
    Kind.TOUR: (ReminderOffset(days=2),),
}


@dataclass(frozen=True)
class Start:
    """When a part of a booking begins; equipment that runs alone has no session number."""

    at: datetime
    session_number: int | None = None


@dataclass(frozen=True)
class Reminder:
    """One reminder to be sent: about one session, or about the whole booking."""

    offset: ReminderOffset
    due_at: datetime
    starts_at: datetime
    session_number: int | None = None


def offsets_of(kind: Kind, starts: Iterable[Start], *, zone: ZoneInfo) -> tuple[ReminderOffset, ...]:
    """The offsets of a booking: cleanroom work on five days or more is a campaign."""
    days = {start.at.astimezone(zone).date() for start in starts}
    return CAMPAIGN if kind is Kind.CLEANROOM and len(days) >= CAMPAIGN_DAYS else REMINDER_OFFSETS[kind]


def due_at(offset: ReminderOffset, start: datetime, *, zone: ZoneInfo) -> datetime:
    """When an offset falls due: counted in local days, at nine in the morning there; hours are elapsed hours."""
    if offset.hours:
        return start - timedelta(hours=offset.hours)
    day = start.astimezone(zone).date() - timedelta(days=offset.days)
    return datetime.combine(day, MORNING, zone)


def plan_reminders(kind: Kind, starts: Sequence[Start], *, known_at: datetime, zone: ZoneInfo) -> list[Reminder]:
    """The reminders that fall due after `known_at`; each moment once a session."""
    if not starts:
        return []
    first = min(starts, key=lambda start: start.at)
    found: dict[tuple[int | None, datetime], Reminder] = {}
    for offset in offsets_of(kind, starts, zone=zone):
        for start in [Start(first.at)] if offset.is_long else starts:
            at = due_at(offset, start.at, zone=zone)
            if at > known_at:
                found.setdefault((start.session_number, at), Reminder(offset, at, start.at, start.session_number))
    return sorted(found.values(), key=lambda reminder: (reminder.due_at, reminder.session_number or 0))
