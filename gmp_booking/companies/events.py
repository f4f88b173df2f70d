"""Events of companies."""

from __future__ import annotations

from dataclasses import dataclass

from gmp_booking.kernel.events import Event
from gmp_booking.kernel.vocabulary import RecordKind


@dataclass(frozen=True, kw_only=True)
class CompanyAdded(Event):
    record_field = (RecordKind.COMPANY, "company_id")

    code: str


@dataclass(frozen=True, kw_only=True)
class CompanyChanged(Event):
    record_field = (RecordKind.COMPANY, "company_id")

    code: str
    fields: tuple[str, ...]
