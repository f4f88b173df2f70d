"""What happens to bookings, in the past tense."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from gmp_booking.kernel.events import Event


@dataclass(frozen=True, kw_only=True)
class BookingDrafted(Event):
    kind: str


@dataclass(frozen=True, kw_only=True)
class BookingSubmitted(Event):
    """The act REQUESTED: the booking holds its slots from here on."""

    kind: str
    rooms: tuple[str, ...]
    equipment: tuple[str, ...]
    open_findings: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class BookingReviewed(Event):
    """The act SCHEDULING REVIEWED, or another stage passed on the way."""

    stage: str
    meaning: str | None = None


@dataclass(frozen=True, kw_only=True)
class BookingReturned(Event):
    stage: str
    question: str


@dataclass(frozen=True, kw_only=True)
class BookingQuestionAsked(Event):
    """One more question while the booking is with the company."""

    stage: str
    question: str


@dataclass(frozen=True, kw_only=True)
class BookingAnswered(Event):
    """The company answered; the booking is with the stage that asked, or comes back changed."""

    answer: str


@dataclass(frozen=True, kw_only=True)
class BookingRejected(Event):
    stage: str
    explanation: str
    meaning: str | None = None


@dataclass(frozen=True, kw_only=True)
class BookingApproved(Event):
    stage: str
    meaning: str | None = None


@dataclass(frozen=True, kw_only=True)
class BookingConfirmed(Event):
    sessions: tuple[dict[str, Any], ...] = ()


@dataclass(frozen=True, kw_only=True)
class BookingAcknowledged(Event):
    """The company confirmed what staff had entered for it."""

    by_link: bool


@dataclass(frozen=True, kw_only=True)
class BookingExpired(Event):
    """Nobody decided, or the company did not answer, in time."""

    was: str
    stage: str | None = None


@dataclass(frozen=True, kw_only=True)
class BookingCancelled(Event):
    explanation: str
    was: str
