"""Session records of the demo: clearance, release, check-in and completion, up to the current time.

Pure. Only the last weeks have records; nothing older is shown as not recorded.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

from gmp_booking.bookings.content import BookingContent, NamedPerson, SessionContent
from gmp_booking.demo.facility import ROOM_CLASSES
from gmp_booking.demo.scenarios import (
    DEMO_MANAGER,
    LATEST_BEFORE_NOW,
    PRODUCTION,
    SCHEDULER,
    Scenario,
    ScenarioAct,
    ScenarioStep,
)
from gmp_booking.execution.clearance import CHECKLIST, needs_clearance
from gmp_booking.execution.crew_rules import names_needed
from gmp_booking.kernel.vocabulary import CONFIRMED_BY_THEMSELVES, DEMONSTRATIONS, CrewRole

RECORDED_FOR = timedelta(days=45)
VERIFIED_AFTER = timedelta(hours=20)
LATE_ENTRY = "작업복을 벗고 나와 입력함"


@dataclass(frozen=True)
class SessionEvent:
    """One recording action in one session; `by` is a person's address."""

    at: datetime
    by: str
    session: int
    action: str
    happened_at: datetime | None = None
    reason: str | None = None
    items: tuple[str, ...] = ()
    people: tuple[NamedPerson, ...] = ()
    is_signed: bool = False


def session_events(scenario: Scenario, now: datetime) -> list[SessionEvent]:
    """The records of a scenario's sessions by now; empty if it was not approved."""
    if not _was_confirmed(scenario):
        return []
    found: list[SessionEvent] = []
    for number, session in enumerate(scenario.content.sessions, start=1):
        if now - RECORDED_FOR < session.start < now + timedelta(hours=1):
            found += _of_session(scenario.content, session, number, Random(f"{scenario.name} {session.start}"))
    return [each for each in found if each.at <= now - LATEST_BEFORE_NOW]


def _was_confirmed(scenario: Scenario) -> bool:
    last: ScenarioAct = scenario.acts[-1]
    if last.step is ScenarioStep.APPROVE:
        return True
    return last.step is ScenarioStep.ASK and scenario.content.kind in CONFIRMED_BY_THEMSELVES


def _of_session(
    content: BookingContent, session: SessionContent, number: int, chance: Random
) -> Iterator[SessionEvent]:
    run_type = content.run_type.value if content.run_type else None
    cleared_first = needs_clearance(content.kind.value, run_type, ROOM_CLASSES[session.room])
    doer = session.people[0].email if session.people else DEMO_MANAGER
    witness = DEMO_MANAGER if content.kind in DEMONSTRATIONS and doer != DEMO_MANAGER else PRODUCTION
    if cleared_first:
        yield from _released(session, number, doer)
    elif chance.random() < 0.04:
        yield SessionEvent(session.start + timedelta(minutes=75), SCHEDULER, number, "missed")
        return
    needed = names_needed(content.kind.value, run_type, ROOM_CLASSES[session.room], session.exposure)
    host = () if len(session.people) >= needed else (NamedPerson(doer, CrewRole.OPERATOR),)
    yield SessionEvent(session.start + timedelta(minutes=chance.randrange(9)), doer, number, "check-in", people=host)
    ended_at = session.end - timedelta(minutes=chance.randrange(4, 22))
    is_late = chance.random() < 0.1
    entered_at = ended_at + timedelta(minutes=34 if is_late else 1)
    reason = LATE_ENTRY if is_late else None
    yield SessionEvent(entered_at, doer, number, "complete", happened_at=ended_at, reason=reason)
    yield SessionEvent(session.end + VERIFIED_AFTER, witness, number, "verify")


def _released(session: SessionContent, number: int, doer: str) -> Iterator[SessionEvent]:
    """Clearance by the operator, verification and release by production, within the hour before."""
    minutes = (session.start - timedelta(minutes=before) for before in (50, 42, 38))
    cleared_at, verified_at, released_at = minutes
    yield SessionEvent(cleared_at, doer, number, "clear", items=tuple(CHECKLIST))
    yield SessionEvent(verified_at, PRODUCTION, number, "verify-clearance")
    yield SessionEvent(released_at, PRODUCTION, number, "ready", is_signed=True)
