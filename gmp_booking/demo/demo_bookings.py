"""Outages and pending change requests of the demo."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from gmp_booking.accounts.service import find_actor_of_email
from gmp_booking.approvals.service import Decision, decide
from gmp_booking.bookings.content import BookingContent
from gmp_booking.changes.service import ChangeOutcome, change
from gmp_booking.demo.clock import Clock
from gmp_booking.demo.people import STAFF_DOMAIN
from gmp_booking.demo.scenarios import LATEST_BEFORE_NOW, QA, SCHEDULER, Scenario
from gmp_booking.infra.database.uow import Database
from gmp_booking.kernel.access import SYSTEM, Actor
from gmp_booking.kernel.errors import Conflict, Invalid
from gmp_booking.kernel.vocabulary import Action, OutageKind, SubjectKind
from gmp_booking.outages.service import NewOutage, Repeat, place

ENGINEER = f"engineer@{STAFF_DOMAIN}"
EARLIEST_CHANGED = timedelta(days=8)
SHIFTS = tuple(timedelta(days=days) for days in (1, 2, -1, 3, 7, -2))
# Series, requester, reason, and whether the change request is already reviewed.
_CHANGES = (
    ("saebyeok-dsp", "requester@saebyeok.example", "TFF 카세트 입고가 하루 늦어집니다.", False),
    ("jingwei-nk", "requester@jingwei.example", "供者样本改期到达，请顺延。", True),
    ("gaon-adipose", "requester@gaon.example", "기증 조직 수령일이 바뀌었습니다.", True),
)


def seed_outages_and_changes(
    database: Database, clock: Clock, scenarios: Iterable[Scenario], *, references: Mapping[str, str], now: datetime
) -> None:
    """Seed outages of the coming weeks, an open hold, and change requests of three companies."""
    clock.set(now - LATEST_BEFORE_NOW)
    for email, outage in _outages(now.astimezone(database.zone).date(), database.zone):
        database.transact(_actor(database, email), place, outage)
    for series, email, reason, is_reviewed in _CHANGES:
        chosen = [each for each in scenarios if each.name.startswith(f"{series} ") and each.name in references]
        ahead = (each for each in chosen if each.content.envelope.start > now + EARLIEST_CHANGED)
        requested = (_request_change(database, email, references[each.name], each, reason) for each in ahead)
        changed = next(filter(None, requested), None)
        if changed and is_reviewed:
            database.transact(_actor(database, SCHEDULER), decide, Decision(changed, Action.REVIEW))


def _outages(today: date, zone: ZoneInfo) -> list[tuple[str, NewOutage]]:
    monday = today + timedelta(days=7 - today.weekday())

    def at(number: int, hour: int) -> datetime:
        return datetime.combine(monday + timedelta(days=number), time(hour), zone)

    return [
        (
            ENGINEER,
            NewOutage(
                SubjectKind.ROOM,
                "D-02",
                OutageKind.MAINTENANCE,
                "고압증기멸균기 월례 점검",
                starts_at=at(5, 9),
                until_at=at(5, 17),
                repeat=Repeat(28, times=6),
            ),
        ),
        (
            ENGINEER,
            NewOutage(
                SubjectKind.EQUIPMENT,
                "TFF-01",
                OutageKind.CALIBRATION,
                "압력 센서 교정",
                starts_at=at(8, 9),
                until_at=at(8, 12),
            ),
        ),
        (
            QA,
            NewOutage(SubjectKind.EQUIPMENT, "BSC-03", OutageKind.HOLD, "HEPA 필터 누설 시험 기준 이탈"),
        ),
    ]


def _request_change(database: Database, email: str, reference: str, scenario: Scenario, reason: str) -> str | None:
    """Request another day; returns the reference if the change request is pending."""
    request = database.request(_actor(database, email), reason=reason)
    for shift in SHIFTS:
        try:
            result = request.transact(change, reference, _shifted(scenario.content, shift), explanation=reason)
        except (Conflict, Invalid):
            continue
        return reference if result.outcome is ChangeOutcome.REQUESTED else None
    return None


def _shifted(content: BookingContent, shift: timedelta) -> BookingContent:
    return replace(
        content,
        sessions=tuple(replace(each, start=each.start + shift, end=each.end + shift) for each in content.sessions),
        equipment=tuple(replace(each, start=each.start + shift, end=each.end + shift) for each in content.equipment),
    )


def _actor(database: Database, email: str) -> Actor:
    found: Actor = database.read(SYSTEM, find_actor_of_email, email)
    return found
