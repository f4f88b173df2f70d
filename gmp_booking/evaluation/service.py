"""Run the rules on a request or a booking, and store the findings as evidence."""

from __future__ import annotations

from dataclasses import dataclass

from gmp_booking.bookings import store
from gmp_booking.bookings.store import EvaluationRecord
from gmp_booking.bookings.views import BookingView
from gmp_booking.conflicts.alternatives import Alternative, find_alternatives
from gmp_booking.conflicts.case import Occasion
from gmp_booking.conflicts.engine import ENGINE_VERSION, examine
from gmp_booking.conflicts.verdict import Verdict
from gmp_booking.evaluation.evidence import evidence_as_json
from gmp_booking.evaluation.gather import Gathered, gather
from gmp_booking.evaluation.resolved_content import ResolvedContent, resolve_content, with_replacements
from gmp_booking.infra.database.uow import Uow


@dataclass(frozen=True)
class RequestPreview:
    """The verdict on a request, and alternatives where it would be refused."""

    verdict: Verdict
    alternatives: tuple[Alternative, ...]


def examine_with_alternatives(
    uow: Uow, resolved: ResolvedContent, *, booking_id: int | None, occasion: Occasion = Occasion.PREVIEW
) -> RequestPreview:
    """Evaluate a resolved request with the days around it, and search alternatives."""
    gathered = gather(
        uow,
        resolved.content,
        with_replacements(uow, resolved),
        occasion=occasion,
        company_id=resolved.company_id,
        booking_id=booking_id,
        search=True,
    )
    return RequestPreview(examine(gathered.case), find_alternatives(gathered.case))


def record_of(gathered: Gathered, verdict: Verdict) -> EvaluationRecord:
    """The verdict and its facts, as they are stored."""
    return EvaluationRecord(
        occasion=gathered.case.occasion.value,
        outcome=verdict.outcome.value,
        findings=verdict.findings,
        facts=evidence_as_json(gathered.evidence),
        engine=ENGINE_VERSION,
    )


def examine_again(uow: Uow, details: BookingView, *, occasion: Occasion) -> Verdict:
    """Evaluate the remaining part of a booking on current facts, and store and return the verdict.

    The caller holds the locks of the booking's slots and people.
    """
    booking = details.booking
    remaining = details.remaining
    if not remaining.spans:
        return Verdict()
    resolved = resolve_content(uow, remaining, company_id=booking.company_id)
    gathered = gather(
        uow,
        remaining,
        resolved,
        occasion=occasion,
        company_id=booking.company_id,
        booking_id=booking.id,
    )
    verdict = examine(gathered.case)
    store.save_evaluation(uow, booking, record_of(gathered, verdict))
    return verdict
