"""The findings that put a booking at risk, and ways out, at the top of its page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from flask import url_for

from gmp_booking.bookings.finding_view import locale_formatter_for
from gmp_booking.bookings.views import BookingView
from gmp_booking.conflicts.privacy import FindingView
from gmp_booking.infra.database.uow import UseCaseRequest
from gmp_booking.infra.web.i18n import current_language
from gmp_booking.kernel.states import IN_FORCE
from gmp_booking.kernel.vocabulary import Severity
from gmp_booking.revalidation.ways_out import list_ways_out

BLOCKING = frozenset({Severity.HARD, Severity.SOFT})


@dataclass(frozen=True)
class Risk:
    """The messages of HARD and SOFT findings, ways out as texts, and the address of the change form."""

    findings: Sequence[str]
    ways_out: Sequence[str]
    href: str | None


def risk_view(request: UseCaseRequest, details: BookingView, findings_read: Sequence[FindingView]) -> Risk | None:
    """None for a booking that is not at risk."""
    booking = details.booking
    if not booking.at_risk:
        return None
    formatter = locale_formatter_for(current_language())
    ways_out = [one.label_in(formatter) for one in request.read(list_ways_out, details)]
    blocking = dict.fromkeys(each.message for each in findings_read if each.severity in BLOCKING)
    may_change = bool(ways_out) and booking.state in IN_FORCE
    href = url_for("booking_changes.change_form", reference=booking.reference) if may_change else None
    return Risk(list(blocking), ways_out, href)
