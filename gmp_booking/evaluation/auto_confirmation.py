"""Requests that need nobody's decision: clear ones, of kinds and in places the facility lets confirm themselves."""

from __future__ import annotations

from gmp_booking.bookings.content import BookingContent
from gmp_booking.bookings.lifecycle import Track
from gmp_booking.conflicts.verdict import Verdict
from gmp_booking.evaluation.approval_tracks import track_for
from gmp_booking.evaluation.gather import may_confirm_itself
from gmp_booking.evaluation.resolved_content import ResolvedContent
from gmp_booking.infra.database.uow import Uow
from gmp_booking.kernel.vocabulary import CONFIRMED_BY_THEMSELVES


def confirms_itself(
    uow: Uow, content: BookingContent, catalogue: ResolvedContent, *, verdict: Verdict, company_id: int
) -> bool:
    """Whether a request is confirmed as it is asked for; costs a statement only where its kind may."""
    if content.kind not in CONFIRMED_BY_THEMSELVES or not verdict.is_clear:
        return False
    if track_for(content, catalogue, needs_nobody=True) is not Track.NONE:
        return False
    return may_confirm_itself(uow, content, catalogue, company_id=company_id)
