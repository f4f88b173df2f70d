"""Build a case for the rules from rows; pure, so that stored evidence gives the same case again."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from gmp_booking.bookings.content import BookingContent
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
    PersonBusy,
    PersonFacts,
    PolicyFacts,
    ReservationFacts,
    RoomFacts,
    SessionFacts,
    Switch,
    UnitFacts,
)
from gmp_booking.evaluation.outage_facts import NO_OUTAGES, KnownOutages
from gmp_booking.evaluation.resolved_content import ResolvedContent
from gmp_booking.kernel.period import Period
from gmp_booking.kernel.vocabulary import ResourceKind, RuleMode


def build_case(
    content: BookingContent,
    resolved: ResolvedContent,
    rows: Sequence[tuple[Any, ...]],
    *,
    booking: BookingFacts,
    occasion: Occasion,
    now: datetime,
    zone: ZoneInfo,
    outages: KnownOutages = NO_OUTAGES,
) -> Case:
    """The case of rows that `resolve_content` and `gather` read; pure."""
    units: defaultdict[int, list[Occupation]] = defaultdict(list)
    people: defaultdict[int, list[PersonBusy]] = defaultdict(list)
    on_call: list[Period] = []
    for what, subject, starts_at, ends_at, company_id, reference, room in rows:
        if what == "slot":
            units[subject].append(Occupation(Period(starts_at, ends_at), company_id, reference))
        elif what == "on call":
            on_call.append(Period(starts_at, ends_at))
        elif what == "person":
            people[subject].append(PersonBusy(Period(starts_at, ends_at), room))
    entries = resolved.resources.values()
    return Case(
        occasion=occasion,
        now=now,
        booking=booking,
        sessions=_sessions(content, resolved),
        reservations=tuple(
            ReservationFacts(number, each.resource, each.units, Period(each.start, each.end))
            for number, each in content.numbered_equipment
        ),
        rooms={each["code"]: _room(each, units, outages) for each in entries if each["kind"] == ResourceKind.ROOM},
        equipment={
            each["code"]: _equipment(each, units, outages) for each in entries if each["kind"] == ResourceKind.EQUIPMENT
        },
        people={
            each["id"]: PersonFacts(each["name"], tuple(people[each["id"]]), outages.people.get(each["id"], ()))
            for each in resolved.people.values()
        },
        withdrawn=outages.booking,
        calendar=_calendar(resolved, zone, on_call),
        policy=_policy(resolved),
    )


def _sessions(content: BookingContent, resolved: ResolvedContent) -> tuple[SessionFacts, ...]:
    known = resolved.people
    return tuple(
        SessionFacts(
            number=number,
            room=session.room,
            period=Period(session.start, session.end),
            setup=timedelta(minutes=session.setup_min),
            teardown=timedelta(minutes=session.teardown_min),
            headcount=session.headcount,
            exposure=session.exposure,
            people=tuple(
                Assignment(known[named.email]["id"], known[named.email]["name"], named.role, named.email)
                for named in session.people
            ),
            equipment=session.equipment,
            step=session.step or "",
        )
        for number, session in content.numbered_sessions
    )


def _room(entry: Mapping[str, Any], units: Mapping[int, list[Occupation]], outages: KnownOutages) -> RoomFacts:
    return RoomFacts(
        code=entry["code"],
        names=entry["names"],
        grade=entry["grade"],
        room_class=entry["room_class"],
        max_occupancy=entry["max_occupancy"],
        air_zone=entry["air_zone"],
        recovery=None if entry["recovery_min"] is None else timedelta(minutes=entry["recovery_min"]),
        seats=entry["seats"],
        is_gmp=bool(entry["gmp"]),
        busy=tuple(busy for unit in entry["units"] for busy in units[unit]),
        withdrawn=outages.resources.get(entry["id"], ()),
    )


def _equipment(
    entry: Mapping[str, Any], units: Mapping[int, list[Occupation]], outages: KnownOutages
) -> EquipmentFacts:
    return EquipmentFacts(
        code=entry["code"],
        names=entry["names"],
        kind=entry["equipment_kind"],
        room_use=entry["room_use"],
        home_room=entry["home_room"],
        units=tuple(UnitFacts(unit, number, tuple(units[unit])) for number, unit in enumerate(entry["units"], start=1)),
        withdrawn=outages.resources.get(entry["id"], ()),
        out_of_service=bool(entry["out_of_service"]),
    )


def _calendar(resolved: ResolvedContent, zone: ZoneInfo, on_call: Iterable[Period]) -> CalendarFacts:
    hours: defaultdict[str | None, list[OpeningWindow]] = defaultdict(list)
    for code, weekday, opens, closes in resolved.raw["hours"] or ():
        hours[code].append(OpeningWindow(weekday, time.fromisoformat(opens), time.fromisoformat(closes)))
    default = tuple(hours.pop(None, ()))
    holidays = {
        date.fromisoformat(day): {"ko": ko, "en": en, "zh": zh} for day, ko, en, zh in resolved.raw["holidays"] or ()
    }
    own = {str(code): tuple(rows) for code, rows in hours.items()}
    return CalendarFacts(zone, own, default or WORKING_WEEK, holidays, on_call=tuple(on_call))


def _policy(resolved: ResolvedContent) -> PolicyFacts:
    switches: defaultdict[str, list[Switch]] = defaultdict(list)
    for rule, mode, from_on in resolved.raw["switches"] or ():
        switches[rule].append(Switch(RuleMode(mode), date.fromisoformat(from_on)))
    return PolicyFacts({rule: tuple(rows) for rule, rows in switches.items()})
