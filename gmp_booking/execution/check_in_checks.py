"""The rules at the door: what stands against this session now, on today's facts."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from gmp_booking.bookings.content import BookingContent
from gmp_booking.bookings.views import BookingDetails, get_details
from gmp_booking.conflicts.case import Occasion
from gmp_booking.conflicts.engine import examine
from gmp_booking.conflicts.finding import Finding
from gmp_booking.conflicts.verdict import Verdict
from gmp_booking.evaluation.gather import gather
from gmp_booking.evaluation.resolved_content import resolve_content
from gmp_booking.execution.store import SessionRow
from gmp_booking.infra.database.uow import Uow
from gmp_booking.kernel.vocabulary import Severity


def judge_at_the_door(uow: Uow, session: SessionRow, *, at: datetime | None) -> Verdict:
    """The HARD findings against this one session, all of them or those of one instant."""
    details = get_details(uow, session.reference)
    content = _alone(details, session.number, at)
    catalogue = resolve_content(uow, content, company_id=session.company_id, agreed=True)
    gathered = gather(
        uow,
        content,
        catalogue,
        occasion=Occasion.CHECK_IN,
        company_id=session.company_id,
        booking_id=session.booking_id,
    )
    return Verdict(tuple(each for each in examine(gathered.case).findings if _stands_against(each, at)))


def _alone(details: BookingDetails, number: int, at: datetime | None) -> BookingContent:
    """The booking as if it had only this session: what ended is not judged again, what is to come not yet.

    Shape: who begins before the planned time is judged from then on.
    """
    content = details.content
    (alone,) = (each for each_number, each in content.numbered_sessions if each_number == number)
    if at is not None:
        alone = replace(alone, start=min(alone.start, at + timedelta(minutes=alone.setup_min)))
    return replace(content, sessions=(alone,), equipment=())


def _stands_against(finding: Finding, at: datetime | None) -> bool:
    if finding.severity is not Severity.HARD:
        return False
    return at is None or finding.period is None or finding.period.holds(at)
