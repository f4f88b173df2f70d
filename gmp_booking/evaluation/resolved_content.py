"""Resolve what a request names, in one statement: resources, people, product, calendar, rule switches.

A refused request needs a second one, for the resources that could replace those it names. Each provider has its part of
both statements.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import cached_property

from sqlalchemy import bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.types import BigInteger, Text

from gmp_booking.bookings.content import BookingContent
from gmp_booking.evaluation.providers import calendar, equipment, people, policy, products, rooms
from gmp_booking.evaluation.providers.bookings import BATCH_IS_APPROVED
from gmp_booking.evaluation.providers.calendar import HolidayRow, HoursRow
from gmp_booking.evaluation.providers.equipment import EquipmentRow
from gmp_booking.evaluation.providers.people import NamedPersonRow
from gmp_booking.evaluation.providers.policy import ParameterRow, SwitchRow
from gmp_booking.evaluation.providers.products import ProductRow
from gmp_booking.evaluation.providers.rooms import RoomRow
from gmp_booking.infra.database.uow import LockKey, Uow
from gmp_booking.kernel.errors import Invalid
from gmp_booking.kernel.text import N_
from gmp_booking.kernel.typed_json import from_json, known_fields
from gmp_booking.kernel.vocabulary import LockKind

SEARCH_BEFORE = timedelta(days=3)
SEARCH_AFTER = timedelta(days=21)
HOLIDAYS_AHEAD = timedelta(days=75)

ResourceRow = RoomRow | EquipmentRow

# Both statements read these from the resources in `found`.
_OF_RESOURCES = f"'rooms', ({rooms.ROOMS}), 'equipment', ({equipment.EQUIPMENT}), 'hours', ({calendar.HOURS})"
_RESOLVE = text(
    f"""
    WITH named AS (
        SELECT r.id FROM resource AS r WHERE r.code = ANY (:codes) AND (r.active OR :existing)
    ), found AS (
        SELECT id FROM named UNION {equipment.HOME_ROOMS}
    )
    SELECT jsonb_build_object({_OF_RESOURCES},
        'people', ({people.PEOPLE}), 'product', ({products.PRODUCT}), 'batch_is_approved', ({BATCH_IS_APPROVED}),
        'holidays', ({calendar.HOLIDAYS}), 'switches', ({policy.SWITCHES}))
    """
).bindparams(bindparam("codes", type_=ARRAY(Text)), bindparam("emails", type_=ARRAY(Text)))
_REPLACEMENTS = text(
    f"""
    WITH known AS (
        SELECT r.id, r.code = ANY (:codes) AS is_named FROM resource AS r WHERE r.id = ANY (:resources)
    ), rooms AS (
        SELECT id FROM known UNION {rooms.REPLACEMENTS}
    ), found AS (
        SELECT id FROM rooms UNION {equipment.REPLACEMENTS}
    )
    SELECT jsonb_build_object({_OF_RESOURCES})
    """
).bindparams(
    bindparam("codes", type_=ARRAY(Text)),
    bindparam("resources", type_=ARRAY(BigInteger)),
    bindparam("product_id", type_=BigInteger),
)


@dataclass(frozen=True)
class ResolvedRows:
    """The rows that a request names, and those that could replace them; part of the evidence of a decision."""

    rooms: tuple[RoomRow, ...] = ()
    equipment: tuple[EquipmentRow, ...] = ()
    people: tuple[NamedPersonRow, ...] = ()
    product: ProductRow | None = None
    batch_is_approved: bool = False
    hours: tuple[HoursRow, ...] = ()
    holidays: tuple[HolidayRow, ...] = ()
    switches: tuple[SwitchRow, ...] = ()
    parameters: tuple[ParameterRow, ...] = ()


@dataclass(frozen=True)
class ResolvedContent:
    """A request with the rows that it names."""

    content: BookingContent
    company_id: int
    rows: ResolvedRows

    @cached_property
    def rooms(self) -> Mapping[str, RoomRow]:
        return {each.code: each for each in self.rows.rooms}

    @cached_property
    def equipment(self) -> Mapping[str, EquipmentRow]:
        return {each.code: each for each in self.rows.equipment}

    @cached_property
    def resources(self) -> Mapping[str, ResourceRow]:
        return {**self.rooms, **self.equipment}

    @cached_property
    def people(self) -> Mapping[str, NamedPersonRow]:
        """The named people by e-mail address."""
        return {each.email: each for each in self.rows.people}

    @property
    def product_id(self) -> int | None:
        return self.rows.product.id if self.rows.product else None

    @property
    def holidays(self) -> frozenset[date]:
        return frozenset(each.on_date for each in self.rows.holidays)

    @property
    def row_ids(self) -> dict[str, int]:
        """The row ids of everything the content names, by code or e-mail address."""
        return {name: each.id for name, each in (*self.resources.items(), *self.people.items())}

    def home_rooms(self, codes: Iterable[str]) -> set[str]:
        """The codes of the home rooms of those that are equipment."""
        return {home for code in codes if code in self.equipment and (home := self.equipment[code].home_room)}

    def lock_keys(self, content: BookingContent) -> set[LockKey]:
        """The locks this content needs: resources, home rooms of equipment, people."""
        codes = content.resource_codes | self.home_rooms(content.resource_codes)
        keys: set[LockKey] = {(LockKind.RESOURCE, self.resources[code].id) for code in codes}
        return keys | {(LockKind.PERSON, self.people[email].id) for email in content.emails}


def resolve_content(uow: Uow, content: BookingContent, *, company_id: int, existing: bool = False) -> ResolvedContent:
    """Read the rows that the content names.

    Shape: with `existing`, also inactive rows: a stored booking is evaluated again even if its room was deactivated
    since.
    Errors: Invalid, by field, for what does not exist or belongs to another company.
    """
    days = content.envelope
    values = {
        "codes": sorted(content.resource_codes),
        "emails": sorted(content.emails),
        "company_id": company_id,
        "product": content.product,
        "batch": content.batch,
        "existing": existing,
        "from_on": (min(days.start, uow.now) - SEARCH_BEFORE).date(),
        "until_on": max(days.end + SEARCH_AFTER, uow.now + HOLIDAYS_AHEAD).date(),
    }
    rows = from_json(ResolvedRows, uow.session.execute(_RESOLVE, values).scalar_one())
    resolved = ResolvedContent(content, company_id, replace(rows, parameters=policy.default_values()))
    unknown = _unknown(content, resolved, existing=existing)
    if unknown:
        raise Invalid(field_errors=unknown)
    return resolved


def with_replacements(uow: Uow, resolved: ResolvedContent) -> ResolvedContent:
    """The same with the rooms and equipment that could replace those the content names."""
    values = {
        "codes": sorted(resolved.content.resource_codes),
        "resources": [each.id for each in resolved.resources.values()],
        "product_id": resolved.product_id,
    }
    found = known_fields(ResolvedRows, uow.session.execute(_REPLACEMENTS, values).scalar_one())
    return replace(resolved, rows=replace(resolved.rows, **found))


def _unknown(content: BookingContent, resolved: ResolvedContent, *, existing: bool) -> dict[str, list[str]]:
    """Messages by field for names that were not found; nobody learns whether another company has such a row."""
    found: defaultdict[str, list[str]] = defaultdict(list)
    if content.product and resolved.product_id is None:
        found["product"].append(N_("There is no such product."))
    for index, session in enumerate(content.sessions):
        if session.room not in resolved.rooms:
            found[f"sessions.{index}.room"].append(N_("There is no such room."))
        if any(person.email not in resolved.people for person in session.people):
            found[f"sessions.{index}.people"].append(N_("There is no such person in your company."))
    for path, code, units in _equipment_named(content):
        row = resolved.equipment.get(code)
        if row is None:
            found[path].append(N_("There is no such equipment."))
        elif row.out_of_service and not existing:
            found[path].append(N_("This equipment is out of service."))
        elif units > len(row.units):
            found[path].append(N_("The equipment does not have that many places."))
    return dict(found)


def _equipment_named(content: BookingContent) -> Iterable[tuple[str, str, int]]:
    for index, session in enumerate(content.sessions):
        yield from ((f"sessions.{index}.equipment", code, 1) for code in session.equipment)
    for index, each in enumerate(content.equipment):
        yield f"equipment.{index}.resource", each.resource, each.units
