"""Revalidation: evaluate stored bookings again when facts change, and mark them at risk or clear."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta
from typing import Any, Final

from sqlalchemy import select

from gmp_booking.bookings import store as bookings
from gmp_booking.bookings.content import BookingContent
from gmp_booking.bookings.events import (
    BookingAdjusted,
    BookingCancelled,
    BookingChangeApproved,
    BookingConfirmed,
    BookingSubmitted,
    SessionCancelled,
    SessionMoved,
)
from gmp_booking.bookings.models import Booking, Evaluation
from gmp_booking.bookings.service import event_fields, locks_of
from gmp_booking.bookings.session_events import (
    OverrunWithdrawn,
    SessionAborted,
    SessionCompleted,
    SessionMissed,
    SessionOverdue,
    SessionOverran,
    SessionStarted,
)
from gmp_booking.bookings.views import BookingView, view_of
from gmp_booking.conflicts.case import Occasion
from gmp_booking.conflicts.engine import examine
from gmp_booking.conflicts.finding import Finding
from gmp_booking.conflicts.parameter import DELAYS_AHEAD, OVERDUE_AFTER
from gmp_booking.conflicts.verdict import Verdict
from gmp_booking.evaluation.gather import Gathered, gather
from gmp_booking.evaluation.resolved_content import resolve_content
from gmp_booking.evaluation.service import record_of
from gmp_booking.infra.database.consumers import DeliveredEvent, handle_delivery
from gmp_booking.infra.database.journal import Consumer
from gmp_booking.infra.database.queues import processing
from gmp_booking.infra.database.uow import Uow
from gmp_booking.kernel.access import Permission, require
from gmp_booking.kernel.states import AGREED, ENDED, STANDING
from gmp_booking.kernel.vocabulary import Severity
from gmp_booking.outages.events import OutageLifted, OutagePlaced
from gmp_booking.outages.service import NewOutage, OutagePlan, plan
from gmp_booking.revalidation import store
from gmp_booking.revalidation.events import BookingAtRisk, BookingClear
from gmp_booking.revalidation.store import AffectedPeriod, OutageScope

NIGHTLY_AT: Final = time(2)


# -- which bookings are queued


_AFFECTS_NEXT_USE: Final = (
    SessionOverdue,
    SessionOverran,
    OverrunWithdrawn,
    SessionStarted,
    SessionCompleted,
    SessionAborted,
)
_AFFECTS_NEIGHBOURS: Final = (
    BookingSubmitted,
    BookingConfirmed,
    BookingAdjusted,
    BookingChangeApproved,
    BookingCancelled,
    SessionMoved,
    SessionCancelled,
    SessionMissed,
    *_AFFECTS_NEXT_USE,
)
_HANDLED: Final = (OutagePlaced, OutageLifted, *_AFFECTS_NEIGHBOURS)
REVALIDATION: Final = Consumer("revalidation", frozenset(each.__name__ for each in _HANDLED))


def _enqueue(uow: Uow, delivered: DeliveredEvent) -> None:
    event = delivered.event
    if isinstance(event, OutagePlaced | OutageLifted):
        scope = store.scope_of(uow, event.outage_ids)
        if scope is not None:
            store.enqueue_affected(uow, scope, cause=event.name)
        return
    assert event.booking_id is not None
    also_next = isinstance(event, _AFFECTS_NEXT_USE)
    store.enqueue_with_neighbours(uow, event.booking_id, cause=event.name, also_next=also_next)


def handle_next(uow: Uow, *, skip_ids: Collection[int] = ()) -> int | None:
    """Queue the bookings that the oldest open delivery affects, in the transaction that closes it.

    Shape: the delivery's id, or None when none is open.
    Errors: ItemFailed.
    """
    return handle_delivery(uow, REVALIDATION.name, _enqueue, skip_ids=skip_ids)


def enqueue_delayed_uses(uow: Uow) -> int:
    """Queue the bookings whose next use an overdue session delays from now on; return their number."""
    return len(store.enqueue_delayed(uow, grace=OVERDUE_AFTER, ahead=DELAYS_AHEAD, cause="a session is overdue"))


def enqueue_since_last_night(uow: Uow) -> int:
    """Queue the approved bookings that were not revalidated since the last nightly time; return their number.

    Unit: the nightly time is 02:00 in the facility; default is ours.
    """
    local = uow.now.astimezone(uow.zone)
    last_run = datetime.combine(local.date(), NIGHTLY_AT, uow.zone)
    since = last_run if last_run <= local else last_run - timedelta(days=1)
    return len(store.enqueue_not_revalidated(uow, since.astimezone(UTC), cause="nightly"))


# -- revalidation


def revalidate_next(uow: Uow, *, skip_ids: Collection[int] = ()) -> int | None:
    """Revalidate the next queued booking, and mark it at risk or clear if that changed.

    Shape: the booking's id, or None when none is queued.
    Errors: ItemFailed.
    """
    booking_id = store.take_next(uow, skip_ids=skip_ids)
    if booking_id is None:
        return None
    with processing(booking_id):
        _revalidate(uow, booking_id)
    store.mark_revalidated(uow, booking_id)
    return booking_id


def _revalidate(uow: Uow, booking_id: int) -> None:
    statement = select(Booking).where(Booking.id == booking_id)
    before = uow.session.scalars(statement).one()
    details = view_of(uow, before)
    uow.lock(locks_of(uow, details))
    booking = uow.session.scalars(statement.execution_options(populate_existing=True)).one()
    if booking.version != details.booking.version or booking.state not in STANDING:
        _mark(uow, booking, (), at_risk=False)
        return
    details = view_of(uow, booking)
    content = remaining(details, uow.now)
    if content is None:
        _mark(uow, booking, (), at_risk=False)
        return
    gathered = _gather(uow, content, booking)
    verdict = examine(gathered.case)
    risks = risks_of(verdict, accepted=_accepted_findings(uow, booking), is_approved=booking.state in AGREED)
    if _has_changed(verdict, details):
        bookings.save_evaluation(uow, booking, record_of(gathered, verdict))
    _mark(uow, booking, risks, at_risk=bool(risks))


def remaining(details: BookingView, now: datetime) -> BookingContent | None:
    """The content that is still to come or in progress; None when all of it is over."""
    over = {session.number for session in details.sessions if session.state in ENDED}
    content = details.content
    sessions = tuple(
        replace(one, number=number)
        for number, one in content.numbered_sessions
        if number not in over and one.end + timedelta(minutes=one.teardown_min) > now
    )
    equipment = tuple(replace(one, number=number) for number, one in content.numbered_equipment if one.end > now)
    return replace(content, sessions=sessions, equipment=equipment) if sessions or equipment else None


def _gather(uow: Uow, content: BookingContent, booking: Booking) -> Gathered:
    resolved = resolve_content(uow, content, company_id=booking.company_id, existing=True)
    return gather(
        uow,
        content,
        resolved,
        occasion=Occasion.REEXAMINE,
        company_id=booking.company_id,
        booking_id=booking.id,
    )


def risks_of(verdict: Verdict, *, accepted: Collection[tuple[Any, ...]], is_approved: bool) -> tuple[Finding, ...]:
    """Findings that put a booking at risk: HARD ones, and for an approved booking SOFT ones without an override."""
    return tuple(
        finding
        for finding in verdict.findings
        if finding.severity is Severity.HARD
        or (is_approved and finding.severity is Severity.SOFT and finding.subject not in accepted)
    )


def _accepted_findings(uow: Uow, booking: Booking) -> set[tuple[Any, ...]]:
    """The subjects of findings with which this version was approved; they do not put it at risk."""
    statement = (
        select(Evaluation.findings)
        .where(
            Evaluation.booking_id == booking.id,
            Evaluation.version == booking.version,
            Evaluation.occasion.in_([Occasion.APPROVE.value, Occasion.MOVE.value]),
        )
        .order_by(Evaluation.id.desc())
        .limit(1)
    )
    kept = uow.session.execute(statement).scalar() or ()
    return {Finding.from_dict(each).subject for each in kept}


def _has_changed(verdict: Verdict, details: BookingView) -> bool:
    """Whether the findings differ from the stored ones; a different remedy does not count."""
    found = [_without_remedy(finding) for finding in verdict.findings]
    return found != [_without_remedy(kept) for kept in details.findings]


def _without_remedy(finding: Finding) -> Finding:
    return replace(finding, remedy={})


def _mark(uow: Uow, booking: Booking, risks: Sequence[Finding], *, at_risk: bool) -> None:
    if booking.at_risk == at_risk:
        return
    is_over = booking.state not in STANDING
    bookings.change_booking(uow, booking, at_risk=at_risk)
    named = event_fields(booking)
    if at_risk:
        uow.record(BookingAtRisk(**named, rules=tuple(sorted({finding.code for finding in risks}))))
    elif not is_over:
        uow.record(BookingClear(**named))


# -- impact of an outage


@dataclass(frozen=True)
class Impact:
    """The impact of a planned outage."""

    plan: OutagePlan
    lines: Sequence[AffectedPeriod]

    @property
    def references(self) -> list[str]:
        return list(dict.fromkeys(line.reference for line in self.lines))


def impact(uow: Uow, new: NewOutage) -> Impact:
    """The bookings that an outage would affect, with their periods that overlap it.

    Errors: Forbidden; Invalid by field.
    """
    require(uow.actor, Permission.OUTAGE_READ)
    planned = plan(uow, new)
    scope = OutageScope(planned.subject.kind, planned.subject.id, planned.times)
    lines = store.list_affected_periods(uow, store.list_affected_bookings(uow, scope))
    return Impact(planned, [line for line in lines if any(_overlaps(line, one) for one in planned.times)])


def _overlaps(line: AffectedPeriod, times: Any) -> bool:
    return line.ends_at > times.start and (times.until is None or line.starts_at < times.until)
