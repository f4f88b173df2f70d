"""What stands against a booking, on top of its page, with what would help."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask import url_for

from gmp_booking.bookings.views import BookingDetails
from gmp_booking.infra.database.uow import UseCaseRequest
from gmp_booking.kernel.states import BookingState
from gmp_booking.kernel.vocabulary import Severity
from gmp_booking.requests.handlers import alternatives_out
from gmp_booking.revalidation.ways_out import ways_around

WEIGHTY = frozenset({Severity.HARD, Severity.SOFT})


@dataclass(frozen=True)
class Risk:
    """The sentences that weigh, ways around as sentences, and where a change is asked for."""

    findings: Sequence[str]
    ways: Sequence[str]
    href: str | None


def risk_of(request: UseCaseRequest, details: BookingDetails, told: Sequence[Mapping[str, Any]]) -> Risk | None:
    """None for a booking that is not at risk."""
    booking = details.booking
    if not booking.at_risk:
        return None
    ways = [one["label"] for one in alternatives_out(request.read(ways_around, details))]
    weighty = dict.fromkeys(each["message"] for each in told if each["severity"] in WEIGHTY)
    may_change = bool(ways) and booking.state == BookingState.CONFIRMED
    href = url_for("booking_changes.change_form", reference=booking.reference) if may_change else None
    return Risk(list(weighty), ways, href)
