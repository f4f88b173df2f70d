"""Automatic confirmation: clear requests of kinds and in rooms for which the facility has switched it on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from sqlalchemy import bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.types import BigInteger

from gmp_booking.bookings.content import BookingContent
from gmp_booking.bookings.lifecycle.tracks import Track
from gmp_booking.conflicts.verdict import Verdict
from gmp_booking.evaluation.approval_tracks import track_for
from gmp_booking.evaluation.resolved_content import ResolvedContent
from gmp_booking.infra.database.uow import Uow
from gmp_booking.kernel.vocabulary import CONFIRMED_BY_THEMSELVES, Kind

# The setting of the company takes precedence over those of the rooms, and these over the general one of the kind.
_IS_ENABLED = text(
    """
    SELECT COALESCE(
        (SELECT is_on FROM auto_confirm WHERE kind = :kind AND company_id = :company_id),
        (SELECT bool_and(is_on) FROM auto_confirm WHERE kind = :kind AND resource_id = ANY (:resources)),
        (SELECT is_on FROM auto_confirm WHERE kind = :kind AND company_id IS NULL AND resource_id IS NULL),
        false)
    """
).bindparams(bindparam("resources", type_=ARRAY(BigInteger)))


@dataclass(frozen=True)
class AutoConfirmationLimits:
    """How much time may be confirmed without a decision, all parts together, and how long before it begins."""

    longest: timedelta
    notice: timedelta


LIMITS: Final[Mapping[Kind, AutoConfirmationLimits]] = {
    Kind.QC: AutoConfirmationLimits(longest=timedelta(hours=24), notice=timedelta(hours=1)),
    Kind.REVIEW: AutoConfirmationLimits(longest=timedelta(hours=8), notice=timedelta(hours=2)),
}
"""Source: default is ours."""


def is_auto_confirmed(
    uow: Uow, content: BookingContent, resolved: ResolvedContent, *, verdict: Verdict, company_id: int
) -> bool:
    """Whether a request is confirmed without a decision; only kinds that may be are looked up in the database."""
    if content.kind not in CONFIRMED_BY_THEMSELVES or not verdict.is_clear:
        return False
    limits = LIMITS[content.kind]
    lasts = sum((period.duration for period in content.spans), timedelta())
    if lasts > limits.longest or content.envelope.start < uow.now + limits.notice:
        return False
    if track_for(content, resolved, needs_no_decision=True) is not Track.NONE:
        return False
    return _is_enabled(uow, content, resolved, company_id=company_id)


def _is_enabled(uow: Uow, content: BookingContent, resolved: ResolvedContent, *, company_id: int) -> bool:
    """Whether automatic confirmation is on for this kind, company and these resources."""
    values = {
        "kind": content.kind.value,
        "company_id": company_id,
        "resources": [resolved.resources[code].id for code in sorted(content.resource_codes)],
    }
    with uow.as_engine():
        return bool(uow.session.execute(_IS_ENABLED, values).scalar_one())
