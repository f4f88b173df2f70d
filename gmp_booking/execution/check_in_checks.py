"""The rules at release and check-in: HARD findings of one session on current facts."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from gmp_booking.bookings.content import BookingContent
from gmp_booking.bookings.views import BookingView, get_view
from gmp_booking.conflicts.case import Occasion
from gmp_booking.conflicts.engine import examine
from gmp_booking.conflicts.finding import Finding
from gmp_booking.conflicts.verdict import Verdict
from gmp_booking.evaluation.gather import gather
from gmp_booking.evaluation.resolved_content import resolve_content
from gmp_booking.execution.store import SessionRow
from gmp_booking.infra.database.uow import Uow
from gmp_booking.kernel.period import Period
from gmp_booking.kernel.vocabulary import Severity

OVERLAPS: Final = frozenset({"RM-01", "EQ-01"})
"""The rules on time that somebody else holds or uses."""


def check_in_verdict(uow: Uow, session: SessionRow, *, at: datetime | None) -> Verdict:
    """The HARD findings of one session.

    Shape: without `at`, those that apply from now on; with it, only those that apply at this instant, and time that
    others hold from then to the planned start.
    """
    details = get_view(uow, session.reference)
    content = _only_session(details, session.number, at)
    resolved = resolve_content(uow, content, company_id=session.company_id, existing=True)
    gathered = gather(
        uow,
        content,
        resolved,
        occasion=Occasion.CHECK_IN,
        company_id=session.company_id,
        booking_id=session.booking_id,
    )
    hard = [each for each in examine(gathered.case).findings if each.severity is Severity.HARD]
    if at is None:
        return Verdict(tuple(each for each in hard if each.period is None or each.period.end > uow.now))
    gap = _before_the_plan(session, at)
    return Verdict(tuple(each for each in hard if _applies(each, at, gap)))


def _only_session(details: BookingView, number: int, at: datetime | None) -> BookingContent:
    """The content with this session only: past and later sessions are not evaluated at check-in.

    A start before the planned time moves the start of the evaluated session.
    """
    content = details.content
    (alone,) = (each for each_number, each in content.numbered_sessions if each_number == number)
    if at is not None:
        alone = replace(alone, start=min(alone.start, at + timedelta(minutes=alone.setup_min)))
    return replace(content, sessions=(alone,), equipment=())


def _before_the_plan(session: SessionRow, at: datetime) -> Period | None:
    """The time from an early start to what the session holds; None for any other start."""
    return None if at >= session.planned.start else Period(at, session.planned.start)


def _applies(finding: Finding, at: datetime, gap: Period | None) -> bool:
    if finding.period is None or finding.period.holds(at):
        return True
    return gap is not None and finding.code in OVERLAPS and finding.period.overlaps(gap)
