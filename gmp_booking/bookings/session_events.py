"""Events of sessions. Shape: `session` is the number of the session in its booking."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from gmp_booking.kernel.events import Event


@dataclass(frozen=True, kw_only=True)
class LineCleared(Event):
    session: int
    room: str
    items: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class LineClearanceVerified(Event):
    session: int
    room: str
    performed_by: int


@dataclass(frozen=True, kw_only=True)
class LineClearanceVoided(Event):
    session: int
    room: str
    explanation: str


@dataclass(frozen=True, kw_only=True)
class SessionReady(Event):
    """The room was released. Shape: `signed` is the content that was hashed for the signature."""

    session: int
    room: str
    meaning: str
    signed: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class SessionStarted(Event):
    """Work began. Shape: `regardless` are the rules with HARD findings despite which production or QA recorded it."""

    session: int
    room: str
    started_at: datetime
    late_min: int = 0
    regardless: tuple[str, ...] = ()
    deviation_no: str | None = None
    explanation: str | None = None


@dataclass(frozen=True, kw_only=True)
class CheckInRefused(Event):
    """Somebody wanted to check in while another session used the room.

    Shape: `in_use` are the codes of what it used.
    """

    session: int
    room: str
    in_use: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class NextUseRefused(Event):
    """Another session was refused at check-in, since this one has not ended."""

    session: int
    room: str


@dataclass(frozen=True, kw_only=True)
class SecondUseRecorded(Event):
    """Production or QA recorded that a session began although another one had not ended; of both, one each.

    Shape: `entered` is true for the session that began.
    """

    session: int
    room: str
    deviation_no: str
    entered: bool


@dataclass(frozen=True, kw_only=True)
class SessionOverdue(Event):
    """The session has not ended in time. Shape: `due_at` is its planned or announced end."""

    session: int
    room: str
    due_at: datetime


@dataclass(frozen=True, kw_only=True)
class CrewNamed(Event):
    """People were named when a session began, or afterwards. Shape: `people` are their ids."""

    session: int
    room: str
    people: tuple[int, ...]


@dataclass(frozen=True, kw_only=True)
class EmergencyEntryMade(Event):
    """The crew began without anybody who could release the room. Shape: `told` is who was told, and when."""

    session: int
    room: str
    told: str
    explanation: str


@dataclass(frozen=True, kw_only=True)
class EmergencyEntryConfirmed(Event):
    """Production or QA confirmed an emergency entry."""

    session: int
    room: str


@dataclass(frozen=True, kw_only=True)
class SessionOverran(Event):
    """The session takes longer than planned. Shape: `held_until` is how far its slot could be extended."""

    session: int
    room: str
    until: datetime
    held_until: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class OverrunWithdrawn(Event):
    """An announced overrun was withdrawn."""

    session: int
    room: str
    until: datetime


@dataclass(frozen=True, kw_only=True)
class SessionSuspended(Event):
    session: int
    room: str
    explanation: str
    meaning: str
    signed: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class SessionResumed(Event):
    session: int
    room: str
    explanation: str
    meaning: str
    signed: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class SessionCompleted(Event):
    """Work ended. Shape: `regardless` are the rules despite which production or QA recorded it."""

    session: int
    room: str
    ended_at: datetime
    headcount: int
    late_min: int = 0
    regardless: tuple[str, ...] = ()
    note: str | None = None
    explanation: str | None = None


@dataclass(frozen=True, kw_only=True)
class SessionVerified(Event):
    session: int
    room: str
    completed_by: int | None


@dataclass(frozen=True, kw_only=True)
class SessionMissed(Event):
    session: int
    room: str


@dataclass(frozen=True, kw_only=True)
class SessionAborted(Event):
    session: int
    room: str
    ended_at: datetime
    deviation_no: str
    explanation: str
    meaning: str
    late_min: int = 0
    signed: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class BookingClosed(Event):
    meaning: str
