"""Facts of the booking itself: what was asked for, since when, and whether its batch is approved."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from gmp_booking.bookings.content import BookingContent
from gmp_booking.conflicts.case import BookingFacts, Occasion
from gmp_booking.kernel.sql import sql_values
from gmp_booking.kernel.states import IN_FORCE
from gmp_booking.kernel.vocabulary import Priority

BATCH_IS_APPROVED: Final = f"""
    SELECT EXISTS (
        SELECT FROM booking AS b JOIN product AS p ON p.id = b.product_id
        WHERE b.company_id = :company_id AND b.batch = :batch AND p.code = :product
          AND b.state IN ({sql_values(IN_FORCE)}))
"""
EARLIER: Final = """
    SELECT a.request, b.id, b.submitted_at, b.confirmed_at, CAST(NULL AS json)
    FROM asked AS a JOIN booking AS b ON b.id = a.booking_id
"""
"""When the bookings in `asked` were submitted and confirmed."""
NEW_REQUESTS: Final = frozenset({Occasion.DRAFT, Occasion.PREVIEW, Occasion.SUBMIT})


@dataclass(frozen=True)
class EarlierRow:
    """When a stored booking was submitted and confirmed."""

    booking_id: int
    submitted_at: datetime | None
    confirmed_at: datetime | None


def booking_facts(
    content: BookingContent,
    earlier: Sequence[EarlierRow],
    *,
    occasion: Occasion,
    company_id: int,
    booking_id: int | None,
    batch_is_approved: bool,
) -> BookingFacts:
    """The facts of a request, or of a stored booking with its row in `earlier`."""
    before = earlier[0] if earlier else None
    return BookingFacts(
        booking_id,
        company_id,
        content.kind.value,
        content.run_type and content.run_type.value,
        seats=content.seats,
        asked_at=before.submitted_at if before and occasion not in NEW_REQUESTS else None,
        is_change=before is not None and before.confirmed_at is not None,
        is_of_approved_batch=batch_is_approved,
        is_patient_bound=content.priority is Priority.PATIENT_BOUND,
    )
