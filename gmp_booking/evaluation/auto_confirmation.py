"""Automatic confirmation: clear requests of kinds and in rooms for which the facility has switched it on."""

from __future__ import annotations

from gmp_booking.bookings.content import BookingContent
from gmp_booking.bookings.lifecycle.tracks import Track
from gmp_booking.conflicts.verdict import Verdict
from gmp_booking.evaluation.approval_tracks import track_for
from gmp_booking.evaluation.gather import is_auto_confirmation_enabled
from gmp_booking.evaluation.resolved_content import ResolvedContent
from gmp_booking.infra.database.uow import Uow
from gmp_booking.kernel.vocabulary import CONFIRMED_BY_THEMSELVES


def is_auto_confirmed(
    uow: Uow, content: BookingContent, resolved: ResolvedContent, *, verdict: Verdict, company_id: int
) -> bool:
    """Whether a request is confirmed without a decision; only kinds that may be are looked up in the database."""
    if content.kind not in CONFIRMED_BY_THEMSELVES or not verdict.is_clear:
        return False
    if track_for(content, resolved, needs_no_decision=True) is not Track.NONE:
        return False
    return is_auto_confirmation_enabled(uow, content, resolved, company_id=company_id)
