"""Facts for the engine's tests: rooms and equipment of one small facility, times in Seoul on the first days of March 2027.

Tuesday 2 March 2027 is a working day; 1 March is a holiday.
"""

from dataclasses import replace
from datetime import date, datetime, time, timedelta

from gmp_booking.conflicts.case import (
    WORKING_WEEK,
    Assignment,
    BookingFacts,
    CalendarFacts,
    Case,
    EquipmentFacts,
    Occasion,
    Occupation,
    OpeningWindow,
    OutageFacts,
    PersonBusy,
    PersonFacts,
    PolicyFacts,
    ReservationFacts,
    RoomFacts,
    SessionFacts,
    UnitFacts,
)
from gmp_booking.kernel.period import Period
from tests.zones import SEOUL

TICK = timedelta(microseconds=1)
ME, COMPETITOR = 1, 2
IN_GOOD_TIME = datetime(2027, 1, 1, 9, tzinfo=SEOUL)
"""Sixty days before the sessions."""

HOLIDAYS = {
    date(2027, 3, 1): {"ko": "삼일절", "en": "Independence Movement Day", "zh": "三一节"},
    date(2027, 5, 3): {"ko": "노동절 대체공휴일", "en": "Labour Day (substitute)", "zh": "劳动节调休"},
}
CALENDAR = CalendarFacts(
    SEOUL,
    holidays=HOLIDAYS,
    hours={"T-02": tuple(OpeningWindow(day, time(8), time(21)) for day in range(5))},
)


def at(clock: str, day: int = 2, month: int = 3) -> datetime:
    hour, _, minute = clock.partition(":")
    return datetime(2027, month, day, int(hour), int(minute or 0), tzinfo=SEOUL)


def during(start: str, end: str, day: int = 2, *, until: int | None = None, month: int = 3) -> Period:
    """`during("9", "12")` is 2 March, 09:00 to 12:00 in Seoul."""
    return Period(at(start, day, month), at(end, until or day, month))


def busy(
    start: str,
    end: str,
    day: int = 2,
    *,
    until: int | None = None,
    by: int | None = COMPETITOR,
    reference: str | None = "BK-RIVAL777",
) -> Occupation:
    return Occupation(during(start, end, day, until=until), by, reference)


def outage(
    start: str,
    end: str | None,
    day: int = 2,
    *,
    until: int | None = None,
    kind: str = "MAINTENANCE",
    subject: tuple[str, str] = ("ROOM", "B-01"),
    hold_no: str | None = None,
) -> OutageFacts:
    """Time withdrawn from a room unless said otherwise; without an end it is open."""
    return OutageFacts(at(start, day), at(end, until or day) if end else None, kind, *subject, hold_no)


def room(
    code: str,
    *taken: Occupation,
    grade: str = "B",
    room_class: str = "GMP",
    maximum: int | None = 4,
    withdrawn: tuple[OutageFacts, ...] = (),
) -> RoomFacts:
    names = {"ko": f"{code}실", "en": f"Room {code}", "zh": f"{code}室"}
    return RoomFacts(code, names, grade, room_class, maximum, "Z1", taken, withdrawn)


def equipment(
    code: str, *units: tuple[Occupation, ...], use: str = "RUNS_ALONE", home: str | None = "B-01", kind: str = "INC"
) -> EquipmentFacts:
    """A piece of equipment with one place for each tuple of busy times; one free place when none are given."""
    places = tuple(UnitFacts(100 + index, index + 1, taken) for index, taken in enumerate(units or ((),)))
    return EquipmentFacts(code, {"en": f"Equipment {code}"}, kind, use, home, places)


def operator(person_id: int, role: str = "OPERATOR") -> Assignment:
    return Assignment(person_id, f"Person {person_id}", role, f"person{person_id}@gaon.example")


def session(
    start: str,
    end: str,
    day: int = 2,
    *,
    room: str = "B-01",
    number: int = 1,
    people: tuple[Assignment, ...] = (),
    **more: object,
) -> SessionFacts:
    facts = SessionFacts(number, room, during(start, end, day), people=people, headcount=len(people))
    return replace(facts, **more)


def reservation(code: str, period: Period, *, units: int = 1, number: int = 1) -> ReservationFacts:
    return ReservationFacts(number, code, units, period)


ROOMS = {
    one.code: one
    for one in (
        room("B-01"),
        room("B-02"),
        room("B-03", maximum=5),
        room("C-01", grade="C"),
        room("L-01", grade="D", room_class="SERVICE", maximum=5),
        room("T-01", grade="-", room_class="DEMO", maximum=10),
        room("T-02", grade="-", room_class="SEATED", maximum=24),
    )
}
EQUIPMENT = {
    one.code: one
    for one in (
        equipment("INC-01", *[()] * 8),
        equipment("INC-02", *[()] * 8),
        equipment("INC-03", *[()] * 8, home="B-02"),
        equipment("BSC-01", use="ATTENDED", kind="BSC"),
        equipment("BSC-02", use="ATTENDED", kind="BSC", home="B-02"),
        equipment("TFF-01", use="ATTENDED", kind="TFF", home="C-01"),
        equipment("ACP-01", kind="ACP", home="B-03"),
        equipment("DEMO-1", use="FREE", kind="CAM", home=None),
    )
}


def case(
    *sessions: SessionFacts,
    reservations: tuple[ReservationFacts, ...] = (),
    kind: str = "CLEANROOM",
    run_type: str | None = "CLIN",
    with_rooms: tuple[RoomFacts, ...] = (),
    with_equipment: tuple[EquipmentFacts, ...] = (),
    people: dict[int, tuple[PersonBusy, ...]] | None = None,
    company: int | None = ME,
    now: datetime | None = None,
    **more: object,
) -> Case:
    """A case of my company in an otherwise empty facility; `with_…` replaces or adds what is not as usual."""
    facts = Case(
        occasion=Occasion.PREVIEW,
        now=now or at("9", 20, 2),
        booking=BookingFacts(None, company, kind, run_type, asked_at=IN_GOOD_TIME),
        sessions=sessions,
        reservations=reservations,
        rooms=ROOMS | {one.code: one for one in with_rooms},
        equipment=EQUIPMENT | {one.code: one for one in with_equipment},
        people={person: PersonFacts(f"Person {person}", taken) for person, taken in (people or {}).items()},
        calendar=CALENDAR,
        policy=PolicyFacts(),
    )
    return replace(facts, **more)


__all__ = [
    "CALENDAR",
    "COMPETITOR",
    "EQUIPMENT",
    "HOLIDAYS",
    "IN_GOOD_TIME",
    "ME",
    "ROOMS",
    "SEOUL",
    "TICK",
    "WORKING_WEEK",
    "Assignment",
    "Occupation",
    "PersonBusy",
    "at",
    "busy",
    "case",
    "during",
    "equipment",
    "operator",
    "outage",
    "reservation",
    "room",
    "session",
]  # fmt: skip
