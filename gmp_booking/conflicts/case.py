"""All facts that rules may read, frozen, grouped by subject.

The provider leaves out what the booking itself already holds: a booking never conflicts with itself.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from functools import cached_property
from zoneinfo import ZoneInfo

from gmp_booking.conflicts.claims import Claim, claims
from gmp_booking.conflicts.parameter import Parameter
from gmp_booking.conflicts.work_class import WorkClass
from gmp_booking.kernel.period import Period
from gmp_booking.kernel.vocabulary import IN_ROOM_ROLES, Exposure, RoomUse, RuleMode


class Occasion(StrEnum):
    """Why the case is examined: a fact like any other; it never selects other rules."""

    DRAFT = "DRAFT"
    PREVIEW = "PREVIEW"
    SUBMIT = "SUBMIT"
    APPROVE = "APPROVE"
    MOVE = "MOVE"
    REEXAMINE = "REEXAMINE"
    CHECK_IN = "CHECK_IN"


ENDLESS = datetime(9000, 1, 1, tzinfo=UTC)
"""Stands for the unknown end of an open period in calculations."""


class Owner(StrEnum):
    """What holds occupied time."""

    BOOKING = "BOOKING"
    CHANGEOVER = "CHANGEOVER"


@dataclass(frozen=True)
class Occupation:
    """Time that another booking or a changeover holds, or uses.

    Shape: `product` is a product code of that company. `product`, `work_class` and `exposure` are None while unknown.
    `is_running` marks the use of a session that has not ended, `is_overdue` one that should have.
    Only the facility and the owning company may read more than the period.
    """

    period: Period
    company_id: int | None = None
    reference: str | None = None
    product: str | None = None
    work_class: WorkClass | None = None
    exposure: Exposure | None = None
    owner: Owner = Owner.BOOKING
    is_running: bool = False
    is_overdue: bool = False


@dataclass(frozen=True)
class Assignment:
    person_id: int
    name: str
    role: str
    email: str = ""

    @property
    def is_in_room(self) -> bool:
        return self.role in IN_ROOM_ROLES


@dataclass(frozen=True)
class BookingFacts:
    """The booking that is requested.

    Shape: `seats` counts participants; `asked_at` is None for a request made now; `is_change` marks an edit of a
    confirmed booking.
    """

    booking_id: int | None
    company_id: int | None
    kind: str
    run_type: str | None = None
    seats: int | None = None
    asked_at: datetime | None = None
    is_change: bool = False
    is_of_approved_batch: bool = False
    is_patient_bound: bool = False


@dataclass(frozen=True)
class SessionFacts:
    """One piece of room time.

    Shape: `period` is the work itself; `occupied` includes setup and teardown.
    """

    number: int
    room: str
    period: Period
    setup: timedelta = timedelta()
    teardown: timedelta = timedelta()
    headcount: int = 0
    exposure: str = Exposure.CLOSED.value
    people: tuple[Assignment, ...] = ()
    equipment: tuple[str, ...] = ()
    step: str = ""

    @cached_property
    def occupied(self) -> Period:
        if not self.setup and not self.teardown:
            return self.period
        return self.period.padded(before=self.setup, after=self.teardown)

    @cached_property
    def crew(self) -> tuple[Assignment, ...]:
        """The named people who are in the room."""
        return tuple(person for person in self.people if person.is_in_room)


@dataclass(frozen=True)
class ReservationFacts:
    """Equipment reserved for hours or weeks, nights included."""

    number: int
    equipment: str
    units: int
    period: Period


@dataclass(frozen=True)
class OutageFacts:
    """Time that an outage or a quality hold withdraws.

    Shape: `subject` is the code or name of the subject; `end` is None while the outage is open. `hold_no` is set for
    quality holds; only the facility and the company whose own hold it is may read it.
    """

    start: datetime
    end: datetime | None
    kind: str
    subject_kind: str
    subject: str
    hold_no: str | None = None

    @property
    def period(self) -> Period:
        return Period(self.start, self.end or ENDLESS)


@dataclass(frozen=True)
class RoomFacts:
    """A room and its occupation by others.

    Shape: `busy` includes setup and teardown; `max_occupancy`, `recovery` and `seats` are None while not set.
    """

    code: str
    names: Mapping[str, str]
    grade: str
    room_class: str
    max_occupancy: int | None
    air_zone: str | None = None
    busy: tuple[Occupation, ...] = ()
    withdrawn: tuple[OutageFacts, ...] = ()
    recovery: timedelta | None = timedelta()
    seats: int | None = None
    is_gmp: bool = False


@dataclass(frozen=True)
class UnitFacts:
    unit_id: int
    number: int
    busy: tuple[Occupation, ...] = ()


@dataclass(frozen=True)
class EquipmentFacts:
    code: str
    names: Mapping[str, str]
    kind: str
    room_use: str
    home_room: str | None
    units: tuple[UnitFacts, ...]
    withdrawn: tuple[OutageFacts, ...] = ()
    out_of_service: bool = False

    @property
    def takes_room(self) -> str | None:
        """The room it occupies as well: otherwise two companies could work in one cleanroom."""
        return self.home_room if self.room_use == RoomUse.ATTENDED else None


@dataclass(frozen=True)
class PersonBusy:
    """Another session that a person is assigned to, in a role inside the room.

    Shape: the work itself without setup and teardown; `own_booking` marks an earlier assignment of this booking, which
    is no conflict.
    """

    period: Period
    room: str
    own_booking: bool = False


@dataclass(frozen=True)
class PersonFacts:
    name: str
    busy: tuple[PersonBusy, ...] = ()
    withdrawn: tuple[OutageFacts, ...] = ()


@dataclass(frozen=True)
class OpeningWindow:
    """Shape: `weekday` 0 is Monday; `closes` at 00:00 is the midnight that ends the day."""

    weekday: int
    opens: time
    closes: time


WORKING_WEEK = tuple(OpeningWindow(weekday, time(8), time(20)) for weekday in range(5))
"""Source: default is ours, Monday to Friday 08:00–20:00."""


@dataclass(frozen=True)
class CalendarFacts:
    """When the facility is open.

    Shape: `hours` by resource code; other resources have `default_hours`. `holidays` have names by language.
    """

    zone: ZoneInfo
    hours: Mapping[str, tuple[OpeningWindow, ...]] = field(default_factory=dict)
    default_hours: tuple[OpeningWindow, ...] = WORKING_WEEK
    holidays: Mapping[date, Mapping[str, str]] = field(default_factory=dict)
    on_call: tuple[Period, ...] = ()

    def hours_of(self, resource: str) -> tuple[OpeningWindow, ...]:
        return self.hours.get(resource, self.default_hours)

    def day_of(self, instant: datetime) -> date:
        return instant.astimezone(self.zone).date()

    def instant(self, day: date, at: time) -> datetime:
        return datetime.combine(day, at, self.zone)


@dataclass(frozen=True)
class Switch:
    """A rule's mode from a day on; the latest that has begun applies."""

    mode: RuleMode
    from_on: date


@dataclass(frozen=True)
class PolicyFacts:
    """The facility's settings of the rules.

    Shape: `switches` by rule code; `values` by rule code and parameter name. A parameter without a value has its
    default.
    """

    switches: Mapping[str, tuple[Switch, ...]] = field(default_factory=dict)
    values: Mapping[str, Mapping[str, float]] = field(default_factory=dict)

    def value(self, parameter: Parameter) -> float:
        """The value of a rule's parameter, in the parameter's unit."""
        return self.values.get(parameter.rule, {}).get(parameter.name, parameter.default)

    def minutes(self, parameter: Parameter) -> timedelta:
        """The value of a parameter whose unit is minutes."""
        return timedelta(minutes=self.value(parameter))

    def mode_of(self, rule: str, today: date) -> RuleMode:
        """Enforced unless switched; a rule that will be enforced from a later day warns until then."""
        switches = self.switches.get(rule)
        if not switches:
            return RuleMode.ENFORCE
        begun = [switch for switch in switches if switch.from_on <= today]
        if begun:
            return RuleMode(max(begun, key=lambda switch: switch.from_on).mode)
        first = min(switches, key=lambda switch: switch.from_on)
        return RuleMode.WARN if first.mode == RuleMode.ENFORCE else RuleMode.ENFORCE


@dataclass(frozen=True)
class Case:
    """One booking with all facts that decide whether it is possible.

    Shape: `rooms` and `equipment` hold what the booking names, the home rooms of that equipment, and possible
    alternatives. `known` is the time whose occupation is known; None means all. `withdrawn` are the holds on the
    booking's company or product.
    """

    occasion: Occasion
    now: datetime
    booking: BookingFacts
    calendar: CalendarFacts
    sessions: tuple[SessionFacts, ...] = ()
    reservations: tuple[ReservationFacts, ...] = ()
    rooms: Mapping[str, RoomFacts] = field(default_factory=dict)
    equipment: Mapping[str, EquipmentFacts] = field(default_factory=dict)
    people: Mapping[int, PersonFacts] = field(default_factory=dict)
    policy: PolicyFacts = field(default_factory=PolicyFacts)
    known: Period | None = None
    withdrawn: tuple[OutageFacts, ...] = ()

    @cached_property
    def claims(self) -> tuple[Claim, ...]:
        return claims(self)

    @cached_property
    def today(self) -> date:
        return self.calendar.day_of(self.now)

    @cached_property
    def sessions_by_number(self) -> Mapping[int, SessionFacts]:
        return {session.number: session for session in self.sessions}

    @cached_property
    def reservations_by_number(self) -> Mapping[int, ReservationFacts]:
        return {reservation.number: reservation for reservation in self.reservations}
