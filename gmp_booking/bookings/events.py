"""What happens to bookings, in the past tense."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from gmp_booking.kernel.events import Event


@dataclass(frozen=True)
class Difference:
    """One thing that is no longer as it was.

    Shape: `part` is "booking", "session" or "equipment", the latter two with their number. Values are plain JSON; a
    part that came or went is one difference of field "whole", its absence None.
    """

    part: str
    number: int | None
    field: str
    before: Any
    after: Any


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
class RuleOverridden(Event):
    """Somebody answers for what a rule found in one version."""

    rule: str
    role: str
    explanation: str


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
    pass


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


@dataclass(frozen=True, kw_only=True)
class BookingChangeRequested(Event):
    """A change of what is signed waits; what is in force stays."""

    base_version: int
    changed: tuple[Difference, ...]
    open_findings: tuple[str, ...] = ()
    explanation: str | None = None


@dataclass(frozen=True, kw_only=True)
class BookingChangeReviewed(Event):
    stage: str
    meaning: str | None = None


@dataclass(frozen=True, kw_only=True)
class BookingChangeReturned(Event):
    stage: str
    question: str


@dataclass(frozen=True, kw_only=True)
class BookingChangeApproved(Event):
    """The changed version is in force; signatures of the one before are void for it.

    Shape: `stage` is None when it needed nobody's decision; a session move is done in place of the base version.
    """

    base_version: int
    stage: str | None = None
    meaning: str | None = None
    in_place: bool = False


@dataclass(frozen=True, kw_only=True)
class BookingChangeRejected(Event):
    stage: str
    explanation: str
    meaning: str | None = None


@dataclass(frozen=True, kw_only=True)
class BookingChangeWithdrawn(Event):
    explanation: str | None = None


@dataclass(frozen=True, kw_only=True)
class BookingChangeExpired(Event):
    was: str
    stage: str | None = None


@dataclass(frozen=True, kw_only=True)
class BookingAdjusted(Event):
    """Something that is not signed was changed; the signatures stand. Shape: `left` are ids of people swapped out."""

    changed: tuple[Difference, ...]
    left: tuple[int, ...] = ()
    explanation: str | None = None


@dataclass(frozen=True, kw_only=True)
class SessionMoved(Event):
    """A session moved within the day its signatures allow."""

    session: int
    room: str
    before: tuple[datetime, datetime]
    after: tuple[datetime, datetime]


@dataclass(frozen=True, kw_only=True)
class SessionCancelled(Event):
    session: int
    room: str
    explanation: str
