"""Events of bookings, named in the past tense."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from gmp_booking.kernel.events import Event


@dataclass(frozen=True)
class Difference:
    """One changed field.

    Shape: `part` is "booking", "session" or "equipment", the latter two with their number. Values are plain JSON. An
    added or removed part is one difference of the field "whole"; the missing side is None.
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
    """The act REQUESTED; the booking holds its slots from now on."""

    kind: str
    rooms: tuple[str, ...]
    equipment: tuple[str, ...]
    open_findings: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class BookingReviewed(Event):
    """The act SCHEDULING REVIEWED, or another stage before the last one."""

    stage: str
    meaning: str | None = None


@dataclass(frozen=True, kw_only=True)
class RuleOverridden(Event):
    """A finding of a rule in one version was overridden."""

    rule: str
    role: str
    explanation: str


@dataclass(frozen=True, kw_only=True)
class BookingReturned(Event):
    stage: str
    question: str


@dataclass(frozen=True, kw_only=True)
class BookingQuestionAsked(Event):
    """A further question while the booking is returned to the company."""

    stage: str
    question: str


@dataclass(frozen=True, kw_only=True)
class BookingAnswered(Event):
    """The company answered: the booking is at the stage that asked, or it was changed and submitted again."""

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
    """The company confirmed a booking that staff entered."""

    by_link: bool


@dataclass(frozen=True, kw_only=True)
class BookingExpired(Event):
    """The request was not decided, or the company did not answer, in time."""

    was: str
    stage: str | None = None


@dataclass(frozen=True, kw_only=True)
class BookingCancelled(Event):
    explanation: str
    was: str


@dataclass(frozen=True, kw_only=True)
class BookingChangeRequested(Event):
    """A change of signed content was requested; the version in force stays."""

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
    """The changed version is in force; signatures of the version before do not apply to it.

    Shape: `stage` is None when no decision was needed; `in_place` when a session move changed the base version itself.
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
    """Unsigned content was changed; the signatures stay valid. Shape: `left` are ids of people who were replaced."""

    changed: tuple[Difference, ...]
    left: tuple[int, ...] = ()
    explanation: str | None = None


@dataclass(frozen=True, kw_only=True)
class SessionMoved(Event):
    """A session was moved within a day, as its signatures allow."""

    session: int
    room: str
    before: tuple[datetime, datetime]
    after: tuple[datetime, datetime]


@dataclass(frozen=True, kw_only=True)
class SessionCancelled(Event):
    session: int
    room: str
    explanation: str
