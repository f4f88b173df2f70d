"""Who is in the way: others' time as a booking's company may hear of it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from gmp_booking.conflicts.case import ENDLESS, Case, EquipmentFacts, Occupation, RoomFacts
from gmp_booking.conflicts.claims import Claim
from gmp_booking.conflicts.finding import Complaint
from gmp_booking.conflicts.free_shifts import Shifts, earliest_start
from gmp_booking.kernel.period import Period, merge


@dataclass(frozen=True, slots=True)
class Block:
    """Taken time that is in the way, joined so that it does not tell where one of others' bookings ends.

    Shape: `references` names what overlaps; `is_own` says that all of it is the asking company's own.
    """

    period: Period
    references: tuple[str, ...]
    is_own: bool


def blocks(busy: Iterable[Occupation], wanted: Period, company_id: int | None) -> list[Block]:
    """The joined stretches of taken time that overlap the wanted one, the company's own apart from others'."""
    taken = list(busy)
    if not any(one.period.overlaps(wanted) for one in taken):
        return []
    own = [one for one in taken if company_id is not None and one.company_id == company_id]
    others = [one for one in taken if company_id is None or one.company_id != company_id]
    return [
        Block(period, references(group, period, wanted), is_own=group is own)
        for group in (own, others)
        for period in merge(one.period for one in group)
        if period.overlaps(wanted)
    ]


def references(busy: Iterable[Occupation], within: Period, wanted: Period) -> tuple[str, ...]:
    """The bookings that take something of the wanted period within the given one."""
    clashing = (one for one in busy if one.period.overlaps(within) and one.period.overlaps(wanted))
    return tuple(sorted({one.reference for one in clashing if one.reference}))


def clash(case: Case, claim: Claim, block: Block, *, forbidden: Iterable[Shifts], text: str = "") -> Complaint:
    """The complaint that the block is in the claim's way: only its own company may read the references, and staff."""
    named = {"references": list(block.references)} if block.references else {}
    return Complaint(
        resource=claim.resource_code,
        period=block.period,
        session=claim.session_number,
        reservation=claim.reservation_number,
        text="own" if block.is_own and named else text,
        params=named if block.is_own else {},
        staff_params=named,
        remedy=remedy(case, claim, forbidden),
    )


def remedy(case: Case, claim: Claim, forbidden: Iterable[Shifts]) -> dict[str, Any]:
    """Shape: {"earliest_start": ISO instant} of the session or reservation the claim is of, or nothing."""
    start = earliest_start(_start_of(case, claim), forbidden, wanted=claim.period, now=case.now, known=case.known)
    return {} if start is None or start >= ENDLESS else {"earliest_start": start.isoformat()}


def taken_time(room: RoomFacts) -> list[Period]:
    """When a room cannot be had: others hold it, or it is out of service."""
    return [*(busy.period for busy in room.busy), *(one.period for one in room.withdrawn)]


def taken_places(equipment: EquipmentFacts) -> list[list[Period]]:
    """The same of equipment, for each of its places."""
    closed = [one.period for one in equipment.withdrawn]
    return [[*(busy.period for busy in unit.busy), *closed] for unit in equipment.units]


def _start_of(case: Case, claim: Claim) -> datetime:
    if claim.session_number is not None:
        return case.sessions_by_number[claim.session_number].period.start
    assert claim.reservation_number is not None
    return case.reservations_by_number[claim.reservation_number].period.start
