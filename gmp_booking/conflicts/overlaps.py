"""Overlaps with other bookings, reduced to what the booking's company may read."""

from collections.abc import Iterable
from dataclasses import dataclass

from gmp_booking.conflicts.case import Occupation
from gmp_booking.conflicts.claims import Claim
from gmp_booking.conflicts.finding import Violation
from gmp_booking.kernel.period import Period, merge


@dataclass(frozen=True, slots=True)
class BusyBlock:
    """Overlapping busy time, merged so that the ends of other companies' bookings stay hidden.

    Shape: `references` of the overlapping bookings; `is_own` when all of them belong to the booking's company.
    """

    period: Period
    references: tuple[str, ...]
    is_own: bool


def busy_blocks(busy: Iterable[Occupation], wanted: Period, company_id: int | None) -> list[BusyBlock]:
    """The merged busy periods that overlap the wanted one; the company's own are separate from others'."""
    taken = list(busy)
    if not any(one.period.overlaps(wanted) for one in taken):
        return []
    own = [one for one in taken if company_id is not None and one.company_id == company_id]
    others = [one for one in taken if company_id is None or one.company_id != company_id]
    return [
        BusyBlock(period, references(group, period, wanted), is_own=group is own)
        for group in (own, others)
        for period in merge(one.period for one in group)
        if period.overlaps(wanted)
    ]


def references(busy: Iterable[Occupation], within: Period, wanted: Period) -> tuple[str, ...]:
    """The references of bookings that overlap both periods."""
    clashing = (one for one in busy if one.period.overlaps(within) and one.period.overlaps(wanted))
    return tuple(sorted({one.reference for one in clashing if one.reference}))


def overlap_violation(claim: Claim, block: BusyBlock, *, text: str = "") -> Violation:
    """The violation of a claim that a busy block overlaps; only its company and staff may read the references."""
    named = {"references": list(block.references)} if block.references else {}
    return Violation(
        resource=claim.resource_code,
        period=block.period,
        session=claim.session_number,
        reservation=claim.reservation_number,
        text="own" if block.is_own and named else text,
        params=named if block.is_own else {},
        staff_params=named,
        moved=claim,
    )
