"""Allocate units to the claims of a booking and take their slots: all of them, or a refusal with findings."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from gmp_booking.bookings.models import Booking
from gmp_booking.bookings.store import Parts
from gmp_booking.conflicts.case import Case
from gmp_booking.conflicts.claims import Claim, place
from gmp_booking.conflicts.finding import Finding
from gmp_booking.conflicts.verdict import Verdict
from gmp_booking.evaluation.resolved_content import ResolvedContent
from gmp_booking.infra.database.uow import Uow
from gmp_booking.kernel.errors import Conflict
from gmp_booking.kernel.period import Period
from gmp_booking.kernel.text import N_
from gmp_booking.kernel.vocabulary import Severity
from gmp_booking.resources.slots import HeldSlot, NewSlot, take_slots


@dataclass(frozen=True)
class RefusedRequest:
    """A refused request as it was resolved, so that alternatives can be searched after the transaction ended."""

    resolved: ResolvedContent
    booking_id: int | None


def refusal(verdict: Verdict, request: RefusedRequest | None = None) -> Conflict:
    """The refusal that carries the findings and, where alternatives may be searched, the request."""
    return Conflict(N_("A rule blocks this."), detail={"verdict": verdict, "request": request})


def wanted_slots(
    case: Case, resolved: ResolvedContent, parts: Parts, *, held: Sequence[HeldSlot] = ()
) -> list[NewSlot]:
    """The slots for the claims of a case; units that the booking already holds are preferred.

    Errors: Conflict with the findings when some claims get no unit.
    """
    by_resource: defaultdict[str, list[Claim]] = defaultdict(list)
    for claim in case.claims:
        by_resource[claim.resource_code].append(claim)
    wanted: list[NewSlot] = []
    unplaced: list[NewSlot] = []
    for code, claimed in by_resource.items():
        placed = place(_units_busy(case, resolved, code), claimed, kept=_kept(held))
        resource_id = resolved.resources[code].id
        for claim in claimed:
            part = (
                parts.sessions[claim.session_number] if claim.session_number else None,
                parts.reservations[claim.reservation_number] if claim.reservation_number else None,
            )
            if placed is None:
                unplaced.append(NewSlot(0, resource_id, claim.period, *part))
                continue
            wanted.extend(NewSlot(unit, resource_id, claim.period, *part) for unit in placed[claim])
    if unplaced:
        raise _refusal_of_slots(unplaced, case, resolved)
    return wanted


def take_or_refuse(
    uow: Uow, wanted: Sequence[NewSlot], case: Case, resolved: ResolvedContent, *, booking: Booking
) -> None:
    """Take the slots. Errors: Conflict with the findings when somebody else holds one of them."""
    refused = take_slots(uow, wanted, company_id=booking.company_id, booking_id=booking.id)
    if refused:
        raise _refusal_of_slots(refused, case, resolved)


def _refusal_of_slots(refused: Sequence[NewSlot], case: Case, resolved: ResolvedContent) -> Conflict:
    verdict = _taken_verdict(refused, case, resolved.row_ids)
    return refusal(verdict, RefusedRequest(resolved, case.booking.booking_id))


def _units_busy(case: Case, resolved: ResolvedContent, code: str) -> dict[int, list[Period]]:
    if code in case.rooms:
        (unit,) = resolved.resources[code].units
        return {unit: [busy.period for busy in case.rooms[code].busy]}
    return {unit.unit_id: [busy.period for busy in unit.busy] for unit in case.equipment[code].units}


def _kept(held: Sequence[HeldSlot]) -> dict[int, list[Period]]:
    kept: defaultdict[int, list[Period]] = defaultdict(list)
    for slot in held:
        kept[slot.unit_id].append(slot.period)
    return dict(kept)


def _taken_verdict(refused: Sequence[NewSlot], case: Case, ids: Mapping[str, int]) -> Verdict:
    """Findings for slots that somebody else took between evaluation and allocation."""
    codes = {resource_id: code for code, resource_id in ids.items()}
    found = {}
    for slot in refused:
        code = codes[slot.resource_id]
        facts = case.rooms.get(code) or case.equipment[code]
        found[code, slot.period] = Finding(
            code="RM-01" if code in case.rooms else "EQ-01",
            severity=Severity.HARD,
            resource=code,
            period=slot.period,
            names=facts.names,
        )
    return Verdict(tuple(found.values()))
