"""Events of companies."""

from __future__ import annotations

from dataclasses import dataclass

from gmp_booking.kernel.events import Event


@dataclass(frozen=True, kw_only=True)
class CompanyAdded(Event):
    code: str


@dataclass(frozen=True, kw_only=True)
class CompanyChanged(Event):
    code: str
    fields: tuple[str, ...]
