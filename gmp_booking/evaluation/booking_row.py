"""Column values of `booking` derived from its content."""

from __future__ import annotations

from typing import Any

from gmp_booking.bookings.content import BookingContent
from gmp_booking.evaluation.approval_tracks import track_for
from gmp_booking.evaluation.decision_deadlines import DecisionClock, Pending, decision_days, pending_since
from gmp_booking.evaluation.resolved_content import ResolvedContent
from gmp_booking.infra.database.uow import Uow


def row_values(
    content: BookingContent, resolved: ResolvedContent, *, needs_no_decision: bool = False
) -> dict[str, Any]:
    """Column values for the content and the approval track."""
    envelope = content.envelope
    return {
        "kind": content.kind.value,
        "track": track_for(content, resolved, needs_no_decision=needs_no_decision).value,
        "product_id": resolved.product_id,
        "batch": content.batch,
        "run_type": content.run_type.value if content.run_type else None,
        "title": content.title,
        "purpose": content.purpose,
        "visibility": content.visibility,
        "seats": content.seats,
        "basis": content.basis,
        "donor_status": content.donor_status.value if content.donor_status else None,
        "campaign": content.campaign,
        "room_mode": content.room_mode.value,
        "priority": content.priority.value if content.priority else None,
        "live_material": content.live_material,
        "partners": list(content.partners),
        "starts_at": envelope.start,
        "ends_at": envelope.end,
    }


def request_row_values(
    uow: Uow,
    content: BookingContent,
    resolved: ResolvedContent,
    *,
    needs_no_decision: bool,
    before: Pending | None,
) -> dict[str, Any]:
    """Column values of a request; one that needs no decision has no deadlines. Shape: `before` is it as it was."""
    columns = row_values(content, resolved, needs_no_decision=needs_no_decision) | {"submitted_at": uow.now}
    if needs_no_decision:
        return columns | {"confirmed_at": uow.now, "decide_by": None, "pending_until": None}
    clock = DecisionClock(
        now=uow.now,
        pending_since=pending_since(uow.now, before),
        first_start=content.envelope.start,
        holidays=resolved.holidays,
        zone=uow.zone,
    )
    return columns | clock.deadlines(decision_days(content.kind, content.envelope)) | {"returned_at": None}
