"""Column values of `booking` derived from its content."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from gmp_booking.bookings.content import BookingContent, BookingHead
from gmp_booking.evaluation.approval_tracks import track_for
from gmp_booking.evaluation.decision_deadlines import DecisionClock, Pending, decision_days, pending_since
from gmp_booking.evaluation.resolved_content import ResolvedContent
from gmp_booking.infra.database.uow import Uow


@dataclass(frozen=True, kw_only=True)
class RequestDates:
    """The columns of a request that say when it was submitted and until when it may wait."""

    submitted_at: datetime
    decide_by: datetime | None = None
    pending_until: datetime | None = None
    pending_since: datetime | None = None
    returned_at: datetime | None = None
    confirmed_at: datetime | None = None


def head_of(content: BookingContent, resolved: ResolvedContent, *, needs_no_decision: bool = False) -> BookingHead:
    """Column values for the content, and the approval track."""
    envelope = content.envelope
    return BookingHead(
        kind=content.kind.value,
        track=track_for(content, resolved, needs_no_decision=needs_no_decision).value,
        product_id=resolved.product_id,
        batch=content.batch,
        run_type=content.run_type.value if content.run_type else None,
        title=content.title,
        purpose=content.purpose,
        visibility=content.visibility,
        seats=content.seats,
        basis=content.basis,
        donor_status=content.donor_status.value if content.donor_status else None,
        campaign=content.campaign,
        room_mode=content.room_mode.value,
        priority=content.priority.value if content.priority else None,
        live_material=content.live_material,
        partners=list(content.partners),
        starts_at=envelope.start,
        ends_at=envelope.end,
    )


def dates_of(
    uow: Uow,
    content: BookingContent,
    resolved: ResolvedContent,
    *,
    needs_no_decision: bool,
    before: Pending | None,
) -> RequestDates:
    """The dates of a request; one that needs no decision is confirmed now. Shape: `before` is it as it was."""
    if needs_no_decision:
        return RequestDates(
            submitted_at=uow.now,
            pending_since=before.pending_since if before else None,
            returned_at=before.returned_at if before else None,
            confirmed_at=uow.now,
        )
    clock = DecisionClock(
        now=uow.now,
        pending_since=pending_since(uow.now, before),
        first_start=content.envelope.start,
        holidays=resolved.holidays,
        zone=uow.zone,
    )
    return RequestDates(submitted_at=uow.now, **clock.deadlines(decision_days(content.kind, content.envelope)))
