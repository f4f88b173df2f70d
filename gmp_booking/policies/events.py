"""Events of facility settings."""

from dataclasses import dataclass
from datetime import date, time

from gmp_booking.kernel.events import Event
from gmp_booking.kernel.vocabulary import RecordKind


@dataclass(frozen=True, kw_only=True)
class HolidayAdded(Event):
    on_date: date
    kind: str
    name_en: str


@dataclass(frozen=True, kw_only=True)
class HolidayWithdrawn(Event):
    on_date: date
    kind: str


@dataclass(frozen=True, kw_only=True)
class FacilityNamed(Event):
    code: str
    fields: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class HoursSet(Event):
    """`resource_id` is None for the default hours; without times the days are closed."""

    record_field = (RecordKind.RESOURCE, "resource_id")

    resource_id: int | None
    weekdays: tuple[int, ...]
    opens: time | None
    closes: time | None


@dataclass(frozen=True, kw_only=True)
class RuleSwitched(Event):
    rule: str
    mode: str
    from_on: date


@dataclass(frozen=True, kw_only=True)
class ConfirmingSwitched(Event):
    """`resource_id` and `of_company` are None for the default of the kind."""

    record_field = (RecordKind.RESOURCE, "resource_id")

    kind: str
    is_on: bool
    resource_id: int | None
    of_company: int | None


@dataclass(frozen=True, kw_only=True)
class OnCallAdded(Event):
    record_field = (RecordKind.ON_CALL, "on_call_id")

    on_call_id: int
    role: str
    person_id: int


@dataclass(frozen=True, kw_only=True)
class OnCallEnded(Event):
    record_field = (RecordKind.ON_CALL, "on_call_id")

    on_call_id: int
    role: str
    person_id: int
