"""Resolve what a request names, in one statement: resources, people, product, calendar, rule switches.

A refused request needs a second one, for the resources that could replace those it names.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import cached_property
from typing import Any

from sqlalchemy import bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.types import BigInteger, Text

from gmp_booking.bookings.content import BookingContent
from gmp_booking.infra.database.uow import LockKey, Uow
from gmp_booking.kernel.errors import Invalid
from gmp_booking.kernel.sql import sql_values
from gmp_booking.kernel.states import IN_FORCE
from gmp_booking.kernel.text import N_
from gmp_booking.kernel.vocabulary import LockKind, ResourceKind

SEARCH_BEFORE = timedelta(days=3)
SEARCH_AFTER = timedelta(days=21)
HOLIDAYS_AHEAD = timedelta(days=75)

# Both statements read these from the resources in `found`.
_RESOURCES_AND_HOURS = """
        'resources', (
            SELECT jsonb_agg(jsonb_build_object(
                'id', r.id, 'code', r.code, 'kind', r.kind,
                'names', jsonb_build_object('ko', r.name_ko, 'en', r.name_en, 'zh', r.name_zh),
                'units', (SELECT jsonb_agg(u.id ORDER BY u.number) FROM unit AS u WHERE u.resource_id = r.id),
                'grade', room.grade, 'room_class', room.room_class, 'max_occupancy', room.max_occupancy,
                'air_zone', zone.code, 'equipment_kind', e.equipment_kind, 'room_use', e.room_use,
                'recovery_min', room.recovery_min, 'seats', room.seats, 'gmp', COALESCE(room.gmp, e.gmp),
                'home_room', home.code, 'out_of_service', e.status = 'OUT_OF_SERVICE') ORDER BY r.id)
            FROM found JOIN resource AS r USING (id)
            LEFT JOIN room ON room.id = r.id LEFT JOIN air_zone AS zone ON zone.id = room.air_zone_id
            LEFT JOIN equipment AS e ON e.id = r.id LEFT JOIN resource AS home ON home.id = e.home_room_id),
        'hours', (
            SELECT jsonb_agg(jsonb_build_array(r.code, h.weekday, h.opens, h.closes) ORDER BY h.id)
            FROM opening_hours AS h LEFT JOIN resource AS r ON r.id = h.resource_id
            WHERE h.active AND (h.resource_id IS NULL OR h.resource_id IN (SELECT id FROM found)))
"""
_RESOLVE = text(
    f"""
    WITH named AS (
        SELECT r.id FROM resource AS r WHERE r.code = ANY (:codes) AND (r.active OR :existing)
    ), found AS (
        SELECT id FROM named
        UNION SELECT e.home_room_id FROM equipment AS e JOIN named USING (id) WHERE e.home_room_id IS NOT NULL
    )
    SELECT jsonb_build_object({_RESOURCES_AND_HOURS},
        'people', (
            SELECT jsonb_agg(jsonb_build_object('id', p.id, 'email', p.email, 'name', p.name) ORDER BY p.id)
            FROM person AS p WHERE p.email = ANY (:emails) AND (p.active OR :existing)
              AND (p.company_id = :company_id OR p.company_id IS NULL)),
        'product', (
            SELECT jsonb_build_object('id', id, 'code', code, 'name', name, 'modality', modality)
            FROM product WHERE company_id = :company_id AND code = :product AND (active OR :existing)),
        'batch_is_approved', EXISTS (
            SELECT FROM booking AS b JOIN product AS p ON p.id = b.product_id
            WHERE b.company_id = :company_id AND b.batch = :batch AND p.code = :product
              AND b.state IN ({sql_values(IN_FORCE)})),
        'holidays', (
            SELECT jsonb_agg(jsonb_build_array(on_date, name_ko, name_en, name_zh) ORDER BY on_date, id)
            FROM holiday WHERE active AND on_date BETWEEN :from_on AND :until_on),
        'switches', (
            SELECT jsonb_agg(jsonb_build_array(rule, mode, from_on) ORDER BY rule, from_on) FROM rule_switch)
    )
    """
).bindparams(bindparam("codes", type_=ARRAY(Text)), bindparam("emails", type_=ARRAY(Text)))
_REPLACEMENTS = text(
    f"""
    WITH known AS (
        SELECT r.id, r.code = ANY (:codes) AS is_named FROM resource AS r WHERE r.id = ANY (:resources)
    ), rooms AS (
        SELECT id FROM known
        UNION SELECT other.id FROM room AS mine JOIN known USING (id)
              JOIN room AS other ON other.room_class = mine.room_class AND other.grade = mine.grade
              JOIN resource AS r ON r.id = other.id AND r.active
              WHERE other.allowed_modalities = '{{}}' OR EXISTS (
                  SELECT FROM product AS p WHERE p.id = :product_id AND p.modality = ANY (other.allowed_modalities))
    ), found AS (
        SELECT id FROM rooms
        UNION SELECT twin.id FROM equipment AS mine JOIN known ON known.id = mine.id AND known.is_named
              JOIN equipment AS twin ON twin.equipment_kind = mine.equipment_kind
              JOIN resource AS r ON r.id = twin.id AND r.active
              WHERE twin.home_room_id IN (SELECT id FROM rooms)
    )
    SELECT jsonb_build_object({_RESOURCES_AND_HOURS})
    """
).bindparams(
    bindparam("codes", type_=ARRAY(Text)),
    bindparam("resources", type_=ARRAY(BigInteger)),
    bindparam("product_id", type_=BigInteger),
)


@dataclass(frozen=True)
class ResolvedContent:
    """What a request names, as rows. Shape: `raw` is JSON and part of the evidence."""

    content: BookingContent
    company_id: int
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
        """The locks this content needs: resources, home rooms of equipment, people."""
        codes = set(content.resource_codes)
        codes |= {home for code in codes if (home := self.resources[code]["home_room"])}
        keys: set[LockKey] = {(LockKind.RESOURCE, self.resource_id(code)) for code in codes}
        return keys | {(LockKind.PERSON, int(self.people[email]["id"])) for email in content.emails}


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
    resolved = ResolvedContent(content, company_id, uow.session.execute(_RESOLVE, values).scalar_one())
    unknown = _unknown(content, resolved, existing=existing)
    if unknown:
        raise Invalid(field_errors=unknown)
    return resolved


def with_replacements(uow: Uow, resolved: ResolvedContent) -> ResolvedContent:
    """The same with the rooms and equipment that could replace those the content names."""
    values = {
        "codes": sorted(resolved.content.resource_codes),
        "resources": [each["id"] for each in resolved.resources.values()],
        "product_id": resolved.product_id,
    }
    return replace(resolved, raw={**resolved.raw, **uow.session.execute(_REPLACEMENTS, values).scalar_one()})


def _unknown(content: BookingContent, resolved: ResolvedContent, *, existing: bool) -> dict[str, list[str]]:
    """Messages by field for names that were not found; nobody learns whether another company has such a row."""
    found: defaultdict[str, list[str]] = defaultdict(list)
    if content.product and resolved.product_id is None:
        found["product"].append(N_("There is no such product."))
    for index, session in enumerate(content.sessions):
        if resolved.resources.get(session.room, {}).get("kind") != ResourceKind.ROOM:
            found[f"sessions.{index}.room"].append(N_("There is no such room."))
        if any(person.email not in resolved.people for person in session.people):
            found[f"sessions.{index}.people"].append(N_("There is no such person in your company."))
    for path, code, units in _equipment_named(content):
        entry = resolved.resources.get(code, {})
        if entry.get("kind") != ResourceKind.EQUIPMENT:
            found[path].append(N_("There is no such equipment."))
        elif entry["out_of_service"] and not existing:
            found[path].append(N_("This equipment is out of service."))
        elif units > len(entry["units"]):
            found[path].append(N_("The equipment does not have that many places."))
    return dict(found)


def _equipment_named(content: BookingContent) -> Iterable[tuple[str, str, int]]:
    for index, session in enumerate(content.sessions):
        yield from ((f"sessions.{index}.equipment", code, 1) for code in session.equipment)
    for index, each in enumerate(content.equipment):
        yield f"equipment.{index}.resource", each.resource, each.units
