"""Overlaps with other bookings, reduced to what the booking's company may read."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from gmp_booking.conflicts.case import ENDLESS, Occupation
from gmp_booking.conflicts.claims import Claim
from gmp_booking.conflicts.finding import Violation
from gmp_booking.conflicts.rule import Texts
from gmp_booking.kernel.period import Period, merge
from gmp_booking.kernel.text import N_

IN_USE: Final[Mapping[str, Texts]] = {
    "in use": Texts(
        own=N_("{resource} is still in use."),
        staff=N_("{resource} is still in use by {references}."),
    ),
    "in use by own": Texts(
        own=N_("{resource} is still in use by your booking {references}."),
        staff=N_("{resource} is still in use by {references}."),
    ),
}
"""The texts for a session that has not ended, where nobody knows when it will."""


@dataclass(frozen=True, slots=True)
class BusyBlock:
    """Overlapping busy time, merged so that the ends of other companies' bookings stay hidden.

    Shape: `references` of the overlapping bookings; `is_own` when all of them belong to the booking's company;
    `is_in_use` when one is a session that has not ended, and nobody knows when it will.
    """

    period: Period
    references: tuple[str, ...]
    is_own: bool
    is_in_use: bool = False


def busy_blocks(busy: Iterable[Occupation], wanted: Period, company_id: int | None) -> list[BusyBlock]:
    """The merged busy periods that overlap the wanted one; the company's own are separate from others'."""
    taken = list(busy)
    if not any(one.period.overlaps(wanted) for one in taken):
        return []
    own = [one for one in taken if company_id is not None and one.company_id == company_id]
    others = [one for one in taken if company_id is None or one.company_id != company_id]
    return [
        BusyBlock(period, references(group, period, wanted), is_own=group is own, is_in_use=_is_in_use(group, period))
        for group in (own, others)
        for period in merge(one.period for one in group)
        if period.overlaps(wanted)
    ]


def _is_in_use(busy: Iterable[Occupation], within: Period) -> bool:
    running = (one for one in busy if one.is_overdue or (one.is_running and one.period.end == ENDLESS))
    return any(within.contains(one.period) for one in running)


def references(busy: Iterable[Occupation], within: Period, wanted: Period) -> tuple[str, ...]:
    """The references of bookings that overlap both periods."""
    clashing = (one for one in busy if one.period.overlaps(within) and one.period.overlaps(wanted))
    return tuple(sorted({one.reference for one in clashing if one.reference}))


def overlap_violation(claim: Claim, block: BusyBlock, *, text: str = "") -> Violation:
    """The violation of a claim that a busy block overlaps; only its company and staff may read the references."""
    named = {"references": list(block.references)} if block.references else {}
    if block.is_own and named:
        text = "in use by own" if block.is_in_use else "own"
    elif block.is_in_use:
        text = "in use"
    has_no_end = block.is_in_use or block.period.end == ENDLESS
    return Violation(
        resource=claim.resource_code,
        period=Period(block.period.start, claim.period.end) if has_no_end else block.period,
        session=claim.session_number,
        reservation=claim.reservation_number,
        text=text,
        params=named if block.is_own else {},
        staff_params=named,
        moved=None if has_no_end else claim,
    )
