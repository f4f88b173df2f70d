"""The evidence of a decision: everything that its case was built from, stored as JSON with a version number."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from gmp_booking.bookings.content import BookingContent
from gmp_booking.conflicts.case import BookingFacts
from gmp_booking.evaluation.evidence_versions import VERSION, upgraded
from gmp_booking.evaluation.resolved_content import ResolvedRows
from gmp_booking.evaluation.surroundings import Surroundings
from gmp_booking.kernel.period import Period
from gmp_booking.kernel.typed_json import as_json, from_json

_NOT_JUDGED: Final[dict[str, Any]] = {"title": None, "purpose": None, "booked_for": None, "partners": ()}


@dataclass(frozen=True)
class Evidence:
    """Everything that a case is built from.

    Shape: `zone` is the name of the facility's time zone; `known` is the time whose occupation was read.
    """

    content: BookingContent
    rows: ResolvedRows
    surroundings: Surroundings
    booking: BookingFacts
    now: datetime
    zone: str
    known: Period | None = None


def evidence_as_json(evidence: Evidence) -> dict[str, Any]:
    """The evidence as it is stored; texts of the request that no rule reads are left out."""
    content = evidence.content
    judged = replace(
        content,
        sessions=tuple(replace(each, number=number) for number, each in content.numbered_sessions),
        equipment=tuple(replace(each, number=number) for number, each in content.numbered_equipment),
        **_NOT_JUDGED,
    )
    return {"version": VERSION, **as_json(replace(evidence, content=judged))}


def evidence_from_json(stored: Mapping[str, Any]) -> Evidence:
    """The evidence of any version."""
    return from_json(Evidence, upgraded(stored))
