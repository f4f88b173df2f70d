"""What a booking's own row says of its content."""

from __future__ import annotations

from typing import Any

from gmp_booking.bookings.content import BookingContent
from gmp_booking.evaluation.approval_tracks import track_for
from gmp_booking.evaluation.decision_deadlines import decision_days, working_days_later
from gmp_booking.evaluation.resolved_content import ResolvedContent
from gmp_booking.infra.database.uow import Uow
from gmp_booking.kernel.states import BookingState


def row_values(
    uow: Uow, content: BookingContent, catalogue: ResolvedContent, *, needs_nobody: bool = False
) -> dict[str, Any]:
    """What the content says, who decides on it and until when; plain values."""
    envelope = content.envelope
    days = decision_days(content.kind, envelope)
    return {
        "kind": content.kind.value,
        "track": track_for(content, catalogue, needs_nobody=needs_nobody).value,
        "product_id": catalogue.product_id,
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
        "submitted_at": uow.now,
        "decide_by": working_days_later(uow.now, days, catalogue.holidays),
        "pending_until": working_days_later(uow.now, 2 * days, catalogue.holidays),
    }


def request_row_values(
    uow: Uow, content: BookingContent, catalogue: ResolvedContent, *, needs_nobody: bool
) -> dict[str, Any]:
    """The columns of a request made now: submitted, or confirmed at once where it needs nobody."""
    columns = row_values(uow, content, catalogue, needs_nobody=needs_nobody)
    if not needs_nobody:
        return columns | {"state": BookingState.SUBMITTED}
    return columns | {
        "state": BookingState.CONFIRMED,
        "confirmed_at": uow.now,
        "decide_by": None,
        "pending_until": None,
    }
