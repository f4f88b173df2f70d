"""How long before a session whoever takes part is reminded, as data; pure.

Source: the leads by kind are the defaults this product ships with; 09:00 and the quiet hours are ours.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from gmp_booking.bookings.lifecycle import Kind
from gmp_booking.kernel.text import N_

SEOUL: Final = ZoneInfo("Asia/Seoul")
MORNING: Final = time(9)
QUIET_FROM: Final = time(21)
QUIET_UNTIL: Final = time(8)
LONG_DAYS: Final = 7
CAMPAIGN_DAYS: Final = 5

# Leads in hours go out at any hour: they are about safety, and the session begins at that hour too.
assert QUIET_UNTIL <= MORNING < QUIET_FROM, "reminders keep quiet hours"


@dataclass(frozen=True)
class Lead:
    """So many days before, in the morning, or so many hours before.

    Shape: a long one is sent once a booking, a short one once a session. The hint is a message id.
    """

    days: int = 0
    hours: int = 0
    hint: str = ""

    @property
    def name(self) -> str:
        return f"D-{self.days}" if self.days else f"H-{self.hours}"

    @property
    def is_day_ahead(self) -> bool:
        """What is said the morning before, in one mail for the whole day."""
        return self.days == 1

    @property
    def is_long(self) -> bool:
        return self.days >= LONG_DAYS


DOCUMENTS = N_("Please see that the documents are complete.")
PEOPLE = N_("Please see that everybody named is qualified and will be there.")
MATERIALS = N_("Please see that the materials are there in time.")

SINGLE: Final = (Lead(days=14, hint=PEOPLE), Lead(days=7, hint=MATERIALS), Lead(days=1))
CAMPAIGN: Final = (
    Lead(days=30, hint=DOCUMENTS),
    Lead(days=14, hint=PEOPLE),
    Lead(days=7, hint=MATERIALS),
    Lead(days=3),
    Lead(days=1),
    Lead(hours=2),
)

# Calendar days, at nine in the morning; default is ours.
BEFORE_EXPIRY: Final = (Lead(days=5), Lead(days=1))

LEADS: Final[dict[Kind, tuple[Lead, ...]]] = {
    Kind.CLEANROOM: SINGLE,
    Kind.APS: SINGLE,
    Kind.EQUIPMENT: (Lead(days=3), Lead(days=1)),
    Kind.QC: (Lead(days=3), Lead(days=1)),
    Kind.TECH_DEMO: (Lead(days=14), Lead(days=3), Lead(days=1)),
    Kind.EDUCATION: (Lead(days=14), Lead(days=3), Lead(days=1)),
    Kind.REVIEW: (Lead(days=7), Lead(days=1)),
    Kind.CLINICAL_DEMO: (Lead(days=14), Lead(days=7), Lead(days=1), Lead(hours=4)),
    Kind.TOUR: (Lead(days=2),),
}


@dataclass(frozen=True)
class Start:
    """When a part of a booking begins; equipment that runs alone is no session."""

    at: datetime
    session_number: int | None = None


@dataclass(frozen=True)
class Reminder:
    """One reminder to be sent: about one session, or about the whole booking."""

    lead: Lead
    due_at: datetime
    starts_at: datetime
    session_number: int | None = None


def leads_of(kind: Kind, starts: Iterable[Start], *, zone: ZoneInfo = SEOUL) -> tuple[Lead, ...]:
    """The leads of a booking: cleanroom work on five days or more is a campaign."""
    days = {start.at.astimezone(zone).date() for start in starts}
    return CAMPAIGN if kind is Kind.CLEANROOM and len(days) >= CAMPAIGN_DAYS else LEADS[kind]


def due(lead: Lead, start: datetime, *, zone: ZoneInfo = SEOUL) -> datetime:
    """When a lead falls due: counted in local days, at nine in the morning there; hours are hours."""
    if lead.hours:
        return start - timedelta(hours=lead.hours)
    day = start.astimezone(zone).date() - timedelta(days=lead.days)
    return datetime.combine(day, MORNING, zone)


def plan_reminders(
    kind: Kind, starts: Sequence[Start], *, known_at: datetime, zone: ZoneInfo = SEOUL
) -> list[Reminder]:
    """The reminders still ahead of a booking confirmed at `known_at`; each moment once a session."""
    if not starts:
        return []
    first = min(starts, key=lambda start: start.at)
    found: dict[tuple[int | None, datetime], Reminder] = {}
    for lead in leads_of(kind, starts, zone=zone):
        for start in [Start(first.at)] if lead.is_long else starts:
            due_at = due(lead, start.at, zone=zone)
            if due_at > known_at:
                found.setdefault((start.session_number, due_at), Reminder(lead, due_at, start.at, start.session_number))
    return sorted(found.values(), key=lambda reminder: (reminder.due_at, reminder.session_number or 0))
