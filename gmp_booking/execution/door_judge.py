"""The rules at the door: what stands against this session now, on today's facts."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from gmp_booking.bookings import store as bookings
from gmp_booking.bookings.content import BookingContent
from gmp_booking.bookings.gather import gather, look_up
from gmp_booking.conflicts.case import Occasion
from gmp_booking.conflicts.engine import examine
from gmp_booking.conflicts.finding import Finding, Severity
from gmp_booking.conflicts.verdict import Verdict
from gmp_booking.execution.store import SessionRow
from gmp_booking.infra.uow import Uow


def judge_at_the_door(uow: Uow, session: SessionRow, *, at: datetime | None) -> Verdict:
    """The HARD findings against this one session, all of them or those of one instant."""
    details = bookings.get_details(uow, session.reference)
    content = _alone(details, session.number)
    catalogue = look_up(uow, content, company_id=session.company_id, agreed=True)
    gathered = gather(
        uow,
        content,
        catalogue,
        occasion=Occasion.CHECK_IN,
        company_id=session.company_id,
        booking_id=session.booking_id,
    )
    return Verdict(tuple(each for each in examine(gathered.case).findings if _stands_against(each, at)))


def _alone(details: bookings.BookingDetails, number: int) -> BookingContent:
    """The booking as if it had only this session: what ended is not judged again, what is to come not yet."""
    content = details.content
    alone = tuple(each for each_number, each in content.numbered_sessions if each_number == number)
    return replace(content, sessions=alone, equipment=())


def _stands_against(finding: Finding, at: datetime | None) -> bool:
    if finding.severity is not Severity.HARD:
        return False
    return at is None or finding.period is None or finding.period.holds(at)
