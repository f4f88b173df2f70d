"""Gather the facts of requests, as the engine, in one statement.

    resolve_content     what a request names                               one statement
    gather              who uses that time already                         one statement for all requests
    facts.build_case    the case built from both                           no statement

The rows of the first two are stored as evidence of a decision; `build_case` gives the same case from them again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from gmp_booking.bookings.content import BookingContent
from gmp_booking.conflicts.case import Case, Occasion
from gmp_booking.evaluation.evidence import Evidence
from gmp_booking.evaluation.facts import build_case
from gmp_booking.evaluation.providers.bookings import booking_facts
from gmp_booking.evaluation.resolved_content import SEARCH_AFTER, SEARCH_BEFORE, ResolvedContent
from gmp_booking.evaluation.surroundings import Surroundings, SurroundingsQuery, read_surroundings
from gmp_booking.infra.database.uow import Uow
from gmp_booking.kernel.period import Period


@dataclass(frozen=True, kw_only=True)
class GatherRequest:
    """One booking whose facts are gathered.

    Shape: with `search`, also the days around it, so that alternatives can be evaluated without another query.
    """

    content: BookingContent
    resolved: ResolvedContent
    occasion: Occasion
    company_id: int
    booking_id: int | None = None
    search: bool = False

    @property
    def window(self) -> Period:
        period = self.content.envelope
        return period.padded(before=SEARCH_BEFORE, after=SEARCH_AFTER) if self.search else period


@dataclass(frozen=True)
class Gathered:
    """A case, and the evidence it was built from."""

    case: Case
    evidence: Evidence


def gather(
    uow: Uow,
    content: BookingContent,
    resolved: ResolvedContent,
    *,
    occasion: Occasion,
    company_id: int,
    booking_id: int | None = None,
    search: bool = False,
) -> Gathered:
    """The case of one booking, with the occupations of all companies."""
    request = GatherRequest(
        content=content,
        resolved=resolved,
        occasion=occasion,
        company_id=company_id,
        booking_id=booking_id,
        search=search,
    )
    (gathered,) = gather_many(uow, [request])
    return gathered


def gather_many(uow: Uow, requests: Sequence[GatherRequest]) -> list[Gathered]:
    """The case of each booking, in one statement for all of them."""
    around = read_surroundings(uow, [_query(request) for request in requests])
    return [_gathered(uow, request, each) for request, each in zip(requests, around, strict=True)]


def _query(request: GatherRequest) -> SurroundingsQuery:
    resolved = request.resolved
    return SurroundingsQuery(
        company_id=request.company_id,
        booking_id=request.booking_id,
        product_id=resolved.product_id,
        resources=[each.id for each in resolved.resources.values()],
        people=[each.id for each in resolved.people.values()],
        window=request.window,
        spans=[request.window] if request.search else request.content.spans,
    )


def _gathered(uow: Uow, request: GatherRequest, surroundings: Surroundings) -> Gathered:
    rows = request.resolved.rows
    booking = booking_facts(
        request.content,
        surroundings.earlier,
        occasion=request.occasion,
        company_id=request.company_id,
        booking_id=request.booking_id,
        batch_is_approved=rows.batch_is_approved,
    )
    evidence = Evidence(request.content, rows, surroundings, booking, uow.now, uow.zone.key, known=request.window)
    return Gathered(build_case(evidence, occasion=request.occasion), evidence)
