"""Refuse with findings: what the rules forbid, and time that somebody else holds."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from gmp_booking.conflicts.case import Case
from gmp_booking.conflicts.finding import Finding
from gmp_booking.conflicts.verdict import Verdict
from gmp_booking.evaluation.resolved_content import ResolvedContent
from gmp_booking.kernel.errors import Conflict
from gmp_booking.kernel.text import N_
from gmp_booking.kernel.vocabulary import Severity
from gmp_booking.resources.slot_changes import NewSlot


@dataclass(frozen=True)
class RefusedRequest:
    """A refused request as it was resolved, so that alternatives can be searched after the transaction ended."""

    resolved: ResolvedContent
    booking_id: int | None


def refusal(verdict: Verdict, request: RefusedRequest | None = None) -> Conflict:
    """The refusal that carries the findings and, where alternatives may be searched, the request."""
    return Conflict(N_("A rule blocks this."), detail={"verdict": verdict, "request": request})


def not_free(_: Sequence[NewSlot]) -> Conflict:
    """The refusal where no case tells more."""
    return Conflict(N_("Somebody else holds this time."))


def refuse_taken(case: Case, resolved: ResolvedContent) -> Callable[[Sequence[NewSlot]], Conflict]:
    """Makes the refusal with the findings, when somebody else holds time that a case needs."""
    codes = {resource.id: code for code, resource in resolved.resources.items()}

    def refuse(refused: Sequence[NewSlot]) -> Conflict:
        if any(slot.resource_id not in codes for slot in refused):
            return not_free(refused)
        verdict = _taken_verdict(refused, case, codes)
        return refusal(verdict, RefusedRequest(resolved, case.booking.booking_id))

    return refuse


def _taken_verdict(refused: Sequence[NewSlot], case: Case, codes: Mapping[int, str]) -> Verdict:
    """Findings for slots that somebody else took between evaluation and allocation."""
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
