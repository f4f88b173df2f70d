"""What the facility decides about its days, in the past tense."""

from dataclasses import dataclass
from datetime import date

from gmp_booking.kernel.events import Event


@dataclass(frozen=True, kw_only=True)
class HolidayAdded(Event):
    on_date: date
    kind: str
    name_en: str


@dataclass(frozen=True, kw_only=True)
class HolidayWithdrawn(Event):
    on_date: date
    kind: str
