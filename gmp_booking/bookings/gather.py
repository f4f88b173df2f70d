"""The facts a case is made of, in a bounded number of statements whatever the booking's size and the diary's length.

    look_up   what the request names: resources, people, product, the facility's calendar and rules   one statement
    gather    who holds that time already, seen with the engine's eyes                                one statement

What both return is kept as the evidence of a decision; `build_case` makes the same case of it again at any time.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from functools import cached_property
from typing import Any

from sqlalchemy import bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.types import BigInteger, DateTime, Text

from gmp_booking.bookings.content import IN_ROOM, BookingContent
from gmp_booking.bookings.lifecycle import Priority
from gmp_booking.bookings.withdrawn import (
    NOTHING_WITHDRAWN,
    OPEN_OUTAGES,
    WITHDRAWN,
    Withdrawn,
    apart,
    as_evidence,
    as_withdrawn,
)
from gmp_booking.conflicts.case import (
    Assignment,
    BookingFacts,
    Busy,
    CalendarFacts,
    Case,
    EquipmentFacts,
    Mode,
    Occasion,
    OpeningHours,
    PersonBusy,
    PersonFacts,
    PolicyFacts,
    ReservationFacts,
    RoomFacts,
    SessionFacts,
    Switch,
    UnitFacts,
)
from gmp_booking.infra.uow import LockKey, Uow
from gmp_booking.kernel.errors import Invalid
from gmp_booking.kernel.period import Period
from gmp_booking.kernel.text import N_
from gmp_booking.policies.roster import ON_CALL

SEARCH_BEFORE = timedelta(days=3)
SEARCH_AFTER = timedelta(days=21)
MARGIN = timedelta(hours=12)
"""More than setup and teardown ever add to the time asked for."""
HOLIDAYS_AHEAD = timedelta(days=75)
GOWNING = timedelta(hours=2)
LONGEST_RECOVERY = timedelta(days=1)
"""No room may have more to recover in; neighbours as far off are looked at."""

_LOOK_UP = text(
    """
    WITH named AS (
        SELECT r.id FROM resource AS r WHERE r.code = ANY (:codes) AND (r.active OR :agreed)
    ), wanted AS (
        SELECT id FROM named
        UNION SELECT e.home_room_id FROM equipment AS e JOIN named USING (id) WHERE e.home_room_id IS NOT NULL
    ), offered AS (
        SELECT id FROM wanted
        UNION SELECT other.id FROM room AS mine JOIN wanted USING (id)
              JOIN room AS other ON other.room_class = mine.room_class AND other.grade = mine.grade
              JOIN resource AS r ON r.id = other.id AND r.active
              WHERE :search AND (other.suited_for = '{}' OR EXISTS (
                  SELECT FROM product AS p
                  WHERE p.company_id = :company_id AND p.code = :product AND p.modality = ANY (other.suited_for)))
    ), everything AS (
        SELECT id FROM offered
        UNION SELECT twin.id FROM equipment AS mine JOIN named USING (id)
              JOIN equipment AS twin ON twin.equipment_kind = mine.equipment_kind
              JOIN resource AS r ON r.id = twin.id AND r.active
              WHERE :search AND twin.home_room_id IN (SELECT id FROM offered)
    )
    SELECT jsonb_build_object(
        'resources', (
            SELECT jsonb_agg(jsonb_build_object(
                'id', r.id, 'code', r.code, 'kind', r.kind,
                'names', jsonb_build_object('ko', r.name_ko, 'en', r.name_en, 'zh', r.name_zh),
                'units', (SELECT jsonb_agg(u.id ORDER BY u.number) FROM unit AS u WHERE u.resource_id = r.id),
                'grade', room.grade, 'room_class', room.room_class, 'max_occupancy', room.max_occupancy,
                'air_zone', zone.code, 'equipment_kind', e.equipment_kind, 'room_use', e.room_use,
                'recovery_min', room.recovery_min, 'seats', room.seats, 'gmp', COALESCE(room.gmp, e.gmp),
                'home_room', home.code, 'out_of_service', e.status = 'OUT_OF_SERVICE') ORDER BY r.id)
            FROM everything JOIN resource AS r USING (id)
            LEFT JOIN room ON room.id = r.id LEFT JOIN air_zone AS zone ON zone.id = room.air_zone_id
            LEFT JOIN equipment AS e ON e.id = r.id LEFT JOIN resource AS home ON home.id = e.home_room_id),
        'people', (
            SELECT jsonb_agg(jsonb_build_object('id', p.id, 'email', p.email, 'name', p.name) ORDER BY p.id)
            FROM person AS p WHERE p.email = ANY (:emails) AND (p.active OR :agreed)
              AND (p.company_id = :company_id OR p.company_id IS NULL)),
        'product', (
            SELECT jsonb_build_object('id', id, 'code', code, 'name', name, 'modality', modality)
            FROM product WHERE company_id = :company_id AND code = :product AND (active OR :agreed)),
        'batch_is_approved', EXISTS (
            SELECT FROM booking AS b JOIN product AS p ON p.id = b.product_id
            WHERE b.company_id = :company_id AND b.batch = :batch AND p.code = :product AND b.state = 'CONFIRMED'),
        'hours', (
            SELECT jsonb_agg(jsonb_build_array(r.code, h.weekday, h.opens, h.closes) ORDER BY h.id)
            FROM opening_hours AS h LEFT JOIN resource AS r ON r.id = h.resource_id
            WHERE h.active AND (h.resource_id IS NULL OR h.resource_id IN (SELECT id FROM everything))),
        'holidays', (
            SELECT jsonb_agg(jsonb_build_array(on_date, name_ko, name_en, name_zh) ORDER BY on_date, id)
            FROM holiday WHERE active AND on_date BETWEEN :from_on AND :until_on),
        'switches', (
            SELECT jsonb_agg(jsonb_build_array(rule, mode, from_on) ORDER BY rule, from_on) FROM rule_switch)
    )
    """
).bindparams(bindparam("codes", type_=ARRAY(Text)), bindparam("emails", type_=ARRAY(Text)))

# Beside the slots: sessions that took longer than planned hold their room till their true end, also where a slot of
# somebody else was in the way of stretching theirs.
_BUSY = text(
    f"""
    WITH {OPEN_OUTAGES}
    SELECT 'slot' AS what, w.unit_id AS subject, s.starts_at, s.ends_at, s.company_id, b.reference, NULL AS room
    FROM unnest(:units, :froms, :untils) AS w (unit_id, from_at, until_at)
    CROSS JOIN LATERAL (
        SELECT slot.starts_at, slot.ends_at, slot.company_id, slot.booking_id FROM slot
        WHERE slot.active AND int8range(slot.unit_id, slot.unit_id, '[]') && int8range(w.unit_id, w.unit_id, '[]')
          AND slot.during && tstzrange(w.from_at, w.until_at)
          AND slot.booking_id IS DISTINCT FROM :booking_id
    ) AS s
    JOIN booking AS b ON b.id = s.booking_id
    UNION ALL
    SELECT 'slot', w.unit_id, o.ends_at, o.until, o.company_id, b.reference, NULL
    FROM unnest(:units, :froms, :untils) AS w (unit_id, from_at, until_at)
    JOIN unit ON unit.id = w.unit_id
    CROSS JOIN LATERAL (
        SELECT bs.booking_id, bs.version, bs.company_id, bs.ends_at,
               coalesce(bs.actual_end_at, bs.expected_end_at) + bs.teardown_min * interval '1 minute' AS until
        FROM booking_session AS bs
        WHERE bs.room_id = unit.resource_id AND coalesce(bs.actual_end_at, bs.expected_end_at) > bs.ends_at
          AND coalesce(bs.actual_end_at, bs.expected_end_at) > w.from_at - interval '1 day' AND bs.ends_at < w.until_at
          AND bs.booking_id IS DISTINCT FROM :booking_id
    ) AS o
    JOIN booking AS b ON b.id = o.booking_id AND b.version = o.version
    WHERE o.until > w.from_at
    UNION ALL
    SELECT 'person', sp.person_id, sp.starts_at, sp.ends_at, sp.company_id, NULL, r.code
    FROM session_person AS sp JOIN resource AS r ON r.id = sp.room_id
    WHERE sp.active AND sp.person_id = ANY (:people) AND sp.ends_at > :from_at AND sp.starts_at < :until_at
      AND sp.booking_id IS DISTINCT FROM :booking_id AND sp.role = ANY (:in_room)
    UNION ALL {WITHDRAWN}
    UNION ALL {ON_CALL}
    UNION ALL
    SELECT 'asked', b.id, b.submitted_at, b.confirmed_at, NULL, NULL, NULL FROM booking AS b WHERE b.id = :booking_id
    ORDER BY 1, 2, 3
    """
).bindparams(
    bindparam("units", type_=ARRAY(BigInteger)),
    bindparam("people", type_=ARRAY(BigInteger)),
    bindparam("resources", type_=ARRAY(BigInteger)),
    bindparam("product_id", type_=BigInteger),
    bindparam("in_room", type_=ARRAY(Text)),
    bindparam("roster_froms", type_=ARRAY(DateTime(timezone=True))),
    bindparam("roster_untils", type_=ARRAY(DateTime(timezone=True))),
)
ASKED_NOW = frozenset({Occasion.DRAFT, Occasion.PREVIEW, Occasion.SUBMIT})


@dataclass(frozen=True)
class Catalogue:
    """What a request names, as found; `raw` is plain JSON and part of the evidence."""

    raw: Mapping[str, Any]

    @cached_property
    def resources(self) -> Mapping[str, Mapping[str, Any]]:
        return {each["code"]: each for each in self.raw["resources"] or ()}

    @cached_property
    def people(self) -> Mapping[str, Mapping[str, Any]]:
        return {each["email"]: each for each in self.raw["people"] or ()}

    @property
    def product_id(self) -> int | None:
        return self.raw["product"]["id"] if self.raw["product"] else None

    @property
    def holidays(self) -> frozenset[date]:
        return frozenset(date.fromisoformat(row[0]) for row in self.raw["holidays"] or ())

    def resource_id(self, code: str) -> int:
        return int(self.resources[code]["id"])

    def lock_keys(self, content: BookingContent) -> set[LockKey]:
        """Everything this content touches: its resources, the rooms they take along, its people."""
        codes = set(content.resource_codes)
        codes |= {home for code in codes if (home := self.resources[code]["home_room"])}
        keys: set[LockKey] = {("resource", self.resource_id(code)) for code in codes}
        return keys | {("person", int(self.people[email]["id"])) for email in content.emails}


@dataclass(frozen=True)
class Gathered:
    """A case, and the rows it was made of."""

    case: Case
    evidence: Mapping[str, Any]


def look_up(
    uow: Uow, content: BookingContent, *, company_id: int, search: bool = False, agreed: bool = False
) -> Catalogue:
    """Find what the content names.

    Shape: with `search`, rooms and equipment that could serve instead are found too; `agreed` is for a booking that
    stands already and is judged with whatever became of what it names.
    Errors: Invalid, by field, for what does not exist or is not the company's.
    """
    days = content.envelope
    values = {
        "codes": sorted(content.resource_codes),
        "emails": sorted(content.emails),
        "company_id": company_id,
        "product": content.product,
        "batch": content.batch,
        "search": search,
        "agreed": agreed,
        "from_on": (min(days.start, uow.now) - SEARCH_BEFORE).date(),
        "until_on": max(days.end + SEARCH_AFTER, uow.now + HOLIDAYS_AHEAD).date(),
    }
    catalogue = Catalogue(uow.session.execute(_LOOK_UP, values).scalar_one())
    unknown = _unknown(content, catalogue, agreed=agreed)
    if unknown:
        raise Invalid(field_errors=unknown)
    return catalogue


def _unknown(content: BookingContent, catalogue: Catalogue, *, agreed: bool) -> dict[str, list[str]]:
    """By field, what is not there; unknown and foreign things are told apart by nobody."""
    found: defaultdict[str, list[str]] = defaultdict(list)
    if content.product and catalogue.product_id is None:
        found["product"].append(N_("There is no such product."))
    for index, session in enumerate(content.sessions):
        if catalogue.resources.get(session.room, {}).get("kind") != "ROOM":
            found[f"sessions.{index}.room"].append(N_("There is no such room."))
        if any(person.email not in catalogue.people for person in session.people):
            found[f"sessions.{index}.people"].append(N_("There is no such person in your company."))
    for path, code, units in _equipment_named(content):
        entry = catalogue.resources.get(code, {})
        if entry.get("kind") != "EQUIPMENT":
            found[path].append(N_("There is no such equipment."))
        elif entry["out_of_service"] and not agreed:
            found[path].append(N_("This equipment is out of service."))
        elif units > len(entry["units"]):
            found[path].append(N_("It does not have that many places."))
    return dict(found)


def _equipment_named(content: BookingContent) -> Iterable[tuple[str, str, int]]:
    for index, session in enumerate(content.sessions):
        yield from ((f"sessions.{index}.equipment", code, 1) for code in session.equipment)
    for index, each in enumerate(content.equipment):
        yield f"equipment.{index}.resource", each.resource, each.units


def gather(
    uow: Uow,
    content: BookingContent,
    catalogue: Catalogue,
    *,
    occasion: Occasion,
    company_id: int,
    booking_id: int | None = None,
    search: bool = False,
) -> Gathered:
    """The case of one booking, with everybody's time as the engine sees it.

    Shape: with `search`, the surroundings too, so that alternatives can be judged without asking again.
    """
    window = content.envelope
    if search:
        window = Period(window.start - SEARCH_BEFORE, window.end + SEARCH_AFTER)
    values = _asked_of_time(content, catalogue, window, search=search)
    # What is over stands in nobody's way any more.
    values |= {"look_from": max(window.start - MARGIN, uow.now), "booking_id": booking_id, "company_id": company_id}
    with uow.as_engine():
        rows, withdrawn = apart(uow.session.execute(_BUSY, values))
    before = next((row[2:4] for row in rows if row[0] == "asked"), (None, None))
    rows = [row for row in rows if row[0] != "asked"]
    booking = _asked_for(content, catalogue, before, occasion=occasion, company_id=company_id, booking_id=booking_id)
    evidence = {
        "content": _content_evidence(content),
        "catalogue": dict(catalogue.raw),
        "booking": booking.as_dict(),
        "busy": [[*row[:2], row[2].isoformat(), row[3].isoformat(), *row[4:]] for row in rows],
        "withdrawn": as_evidence(withdrawn),
        "now": uow.now.isoformat(),
    }
    case = build_case(
        content,
        catalogue,
        rows,
        booking=booking,
        occasion=occasion,
        now=uow.now,
        withdrawn=as_withdrawn(withdrawn),
    )
    return Gathered(replace(case, known=window), evidence)


def _asked_of_time(content: BookingContent, catalogue: Catalogue, window: Period, *, search: bool) -> dict[str, Any]:
    """What is asked of everybody's time: of each place, each person and each withdrawal, from when until when."""
    units = [unit for entry in catalogue.resources.values() for unit in entry["units"] or ()]
    spans = [window] if search else content.spans
    return {
        "units": units,
        "froms": [window.start - LONGEST_RECOVERY] * len(units),
        "untils": [window.end + LONGEST_RECOVERY] * len(units),
        "roster_froms": [each.start for each in spans],
        "roster_untils": [each.end for each in spans],
        "people": [each["id"] for each in catalogue.people.values()],
        "in_room": sorted(IN_ROOM),
        "from_at": window.start - GOWNING,
        "until_at": window.end + GOWNING,
        "resources": [each["id"] for each in catalogue.resources.values()],
        "product_id": catalogue.product_id,
        "look_until": window.end + MARGIN,
    }


def _asked_for(
    content: BookingContent,
    catalogue: Catalogue,
    before: tuple[datetime | None, datetime | None],
    *,
    occasion: Occasion,
    company_id: int,
    booking_id: int | None,
) -> BookingFacts:
    """What is asked for; `before` says when it was submitted and confirmed already."""
    submitted_at, confirmed_at = before
    return BookingFacts(
        booking_id,
        company_id,
        content.kind.value,
        content.run_type and content.run_type.value,
        seats=content.seats,
        asked_at=None if occasion in ASKED_NOW else submitted_at,
        is_change=confirmed_at is not None,
        is_of_approved_batch=bool(catalogue.raw.get("batch_is_approved")),
        is_patient_bound=content.priority is Priority.PATIENT_BOUND,
    )


def _content_evidence(content: BookingContent) -> dict[str, Any]:
    people = [[[person.email, person.role] for person in session.people] for session in content.sessions]
    return {**content.signed(), "people": people}


def build_case(
    content: BookingContent,
    catalogue: Catalogue,
    rows: Sequence[tuple[Any, ...]],
    *,
    booking: BookingFacts,
    occasion: Occasion,
    now: datetime,
    withdrawn: Withdrawn = NOTHING_WITHDRAWN,
) -> Case:
    """A case of rows as `look_up` and `gather` read them; pure."""
    units: defaultdict[int, list[Busy]] = defaultdict(list)
    people: defaultdict[int, list[PersonBusy]] = defaultdict(list)
    on_call: list[Period] = []
    for what, subject, starts_at, ends_at, company_id, reference, room in rows:
        if what == "slot":
            units[subject].append(Busy(Period(starts_at, ends_at), company_id, reference))
        elif what == "on call":
            on_call.append(Period(starts_at, ends_at))
        elif what == "person":
            people[subject].append(PersonBusy(Period(starts_at, ends_at), room))
    entries = catalogue.resources.values()
    return Case(
        occasion=occasion,
        now=now,
        booking=booking,
        sessions=_sessions(content, catalogue),
        reservations=tuple(
            ReservationFacts(number, each.resource, each.units, Period(each.start, each.end))
            for number, each in content.numbered_equipment
        ),
        rooms={each["code"]: _room(each, units, withdrawn) for each in entries if each["kind"] == "ROOM"},
        equipment={each["code"]: _equipment(each, units, withdrawn) for each in entries if each["kind"] == "EQUIPMENT"},
        people={
            each["id"]: PersonFacts(each["name"], tuple(people[each["id"]]), withdrawn.people.get(each["id"], ()))
            for each in catalogue.people.values()
        },
        withdrawn=withdrawn.booking,
        calendar=replace(_calendar(catalogue), on_call=tuple(on_call)),
        policy=_policy(catalogue),
    )


def _sessions(content: BookingContent, catalogue: Catalogue) -> tuple[SessionFacts, ...]:
    known = catalogue.people
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


def _room(entry: Mapping[str, Any], units: Mapping[int, list[Busy]], withdrawn: Withdrawn) -> RoomFacts:
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
        withdrawn=withdrawn.resources.get(entry["id"], ()),
    )


def _equipment(entry: Mapping[str, Any], units: Mapping[int, list[Busy]], withdrawn: Withdrawn) -> EquipmentFacts:
    return EquipmentFacts(
        code=entry["code"],
        names=entry["names"],
        kind=entry["equipment_kind"],
        room_use=entry["room_use"],
        home_room=entry["home_room"],
        units=tuple(UnitFacts(unit, number, tuple(units[unit])) for number, unit in enumerate(entry["units"], start=1)),
        withdrawn=withdrawn.resources.get(entry["id"], ()),
        out_of_service=bool(entry["out_of_service"]),
    )


def _calendar(catalogue: Catalogue) -> CalendarFacts:
    hours: defaultdict[str | None, list[OpeningHours]] = defaultdict(list)
    for code, weekday, opens, closes in catalogue.raw["hours"] or ():
        hours[code].append(OpeningHours(weekday, time.fromisoformat(opens), time.fromisoformat(closes)))
    default = tuple(hours.pop(None, ()))
    holidays = {
        date.fromisoformat(day): {"ko": ko, "en": en, "zh": zh} for day, ko, en, zh in catalogue.raw["holidays"] or ()
    }
    own = {str(code): tuple(rows) for code, rows in hours.items()}
    return CalendarFacts(own, default, holidays) if default else CalendarFacts(own, holidays=holidays)


def _policy(catalogue: Catalogue) -> PolicyFacts:
    switches: defaultdict[str, list[Switch]] = defaultdict(list)
    for rule, mode, from_on in catalogue.raw["switches"] or ():
        switches[rule].append(Switch(Mode(mode), date.fromisoformat(from_on)))
    return PolicyFacts({rule: tuple(rows) for rule, rows in switches.items()})


# The company's own setting counts before those of its rooms, and these before the general one of the kind.
_MAY_CONFIRM_ITSELF = text(
    """
    SELECT COALESCE(
        (SELECT is_on FROM auto_confirm WHERE kind = :kind AND company_id = :company_id),
        (SELECT bool_and(is_on) FROM auto_confirm WHERE kind = :kind AND resource_id = ANY (:resources)),
        (SELECT is_on FROM auto_confirm WHERE kind = :kind AND company_id IS NULL AND resource_id IS NULL),
        false)
    """
).bindparams(bindparam("resources", type_=ARRAY(BigInteger)))


def may_confirm_itself(uow: Uow, content: BookingContent, catalogue: Catalogue, *, company_id: int) -> bool:
    """Whether the facility lets a clear request of this kind, company and place be confirmed at once."""
    values = {
        "kind": content.kind.value,
        "company_id": company_id,
        "resources": [catalogue.resource_id(code) for code in sorted(content.resource_codes)],
    }
    with uow.as_engine():
        return bool(uow.session.execute(_MAY_CONFIRM_ITSELF, values).scalar_one())
