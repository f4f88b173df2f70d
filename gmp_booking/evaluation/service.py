"""Running the rules over a request or a booking, and keeping what they found as evidence."""

from __future__ import annotations

from dataclasses import dataclass

from gmp_booking.bookings import store
from gmp_booking.bookings.content import BookingContent, problems
from gmp_booking.bookings.models import Booking
from gmp_booking.bookings.views import BookingDetails
from gmp_booking.conflicts.alternatives import Alternative, find_alternatives
from gmp_booking.conflicts.case import Occasion
from gmp_booking.conflicts.engine import ENGINE_VERSION, examine
from gmp_booking.conflicts.verdict import Verdict
from gmp_booking.evaluation.gather import Gathered, gather
from gmp_booking.evaluation.resolved_content import resolve_content
from gmp_booking.infra.database.uow import Uow
from gmp_booking.kernel.errors import Invalid


@dataclass(frozen=True)
class Preview:
    verdict: Verdict
    alternatives: tuple[Alternative, ...]


def examine_with_surroundings(uow: Uow, content: BookingContent, *, company_id: int, booking_id: int | None) -> Preview:
    """Judge with what lies before and after, so that the earliest start is known."""
    catalogue = resolve_content(uow, content, company_id=company_id, search=True)
    gathered = gather(
        uow,
        content,
        catalogue,
        occasion=Occasion.PREVIEW,
        company_id=company_id,
        booking_id=booking_id,
        search=True,
    )
    return Preview(examine(gathered.case), find_alternatives(gathered.case))


def refuse_problems(content: BookingContent, uow: Uow) -> None:
    found = problems(content, uow.now)
    if found:
        raise Invalid(field_errors=found)


def save_evaluation(uow: Uow, booking: Booking, gathered: Gathered, verdict: Verdict) -> None:
    store.save_evaluation(
        uow,
        booking,
        occasion=gathered.case.occasion.value,
        outcome=verdict.outcome.value,
        findings=[finding.as_dict() for finding in verdict.findings],
        evidence=[finding.as_evidence() for finding in verdict.findings],
        facts=gathered.evidence,
        engine=ENGINE_VERSION,
    )


def examine_again(uow: Uow, details: BookingDetails, *, occasion: Occasion) -> Verdict:
    """Judge what is still to come of a booking once more on today's facts, keep the verdict, and return it.

    The caller holds the locks of the booking's slots and people.
    """
    booking = details.booking
    ahead = details.ahead
    if not ahead.spans:
        return Verdict()
    catalogue = resolve_content(uow, ahead, company_id=booking.company_id)
    gathered = gather(
        uow,
        ahead,
        catalogue,
        occasion=occasion,
        company_id=booking.company_id,
        booking_id=booking.id,
    )
    verdict = examine(gathered.case)
    save_evaluation(uow, booking, gathered, verdict)
    return verdict
