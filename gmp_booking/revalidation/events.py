"""Events of bookings whose facts changed after approval."""

from __future__ import annotations

from dataclasses import dataclass

from gmp_booking.kernel.events import Event


@dataclass(frozen=True, kw_only=True)
class BookingAtRisk(Event):
    """A rule now has a finding against the booking; the findings are stored with its evaluation."""

    rules: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class BookingClear(Event):
    """No finding puts the booking at risk any more."""
