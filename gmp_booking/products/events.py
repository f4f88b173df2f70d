"""Events of products."""

from __future__ import annotations

from dataclasses import dataclass

from gmp_booking.kernel.events import Event


@dataclass(frozen=True, kw_only=True)
class ProductAdded(Event):
    code: str


@dataclass(frozen=True, kw_only=True)
class ProductChanged(Event):
    code: str
    fields: tuple[str, ...]
