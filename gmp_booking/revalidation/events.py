"""What becomes of an agreed booking when facts change around it."""

from __future__ import annotations

from dataclasses import dataclass

from gmp_booking.kernel.events import Event


@dataclass(frozen=True, kw_only=True)
class BookingAtRisk(Event):
    """Something stands against a booking that stood; the findings are kept with its evaluation."""

    rules: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class BookingClear(Event):
    """Nothing stands against it any more."""
