"""What every use case on a booking needs first: who it concerns for permissions, and a reason in words."""

from __future__ import annotations

from typing import Any

from gmp_booking.bookings.models import Booking
from gmp_booking.kernel.access import Subject
from gmp_booking.kernel.errors import Invalid
from gmp_booking.kernel.text import N_

REASON_LENGTH = 5


def subject_of(booking: Booking, **more: Any) -> Subject:
    """The booking as the permission table knows it."""
    return Subject(
        company_id=booking.company_id, requested_by=booking.requested_by, entered_by=booking.entered_by, **more
    )


def require_reason(reason: str | None) -> str:
    """Errors: Invalid for a reason that says nothing."""
    text = (reason or "").strip()
    if sum(character.isalnum() for character in text) < REASON_LENGTH:
        raise Invalid(field_errors={"reason": [N_("Give a reason of at least a few words.")]})
    return text
