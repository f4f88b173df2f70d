"""Use cases: add air zones, rooms and equipment with their units."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import insert, select
from sqlalchemy.dialects.postgresql import insert as upsert

from gmp_booking.infra.database.uow import Uow
from gmp_booking.kernel.access import Permission, require
from gmp_booking.kernel.errors import Conflict, Invalid
from gmp_booking.kernel.period import Period
from gmp_booking.kernel.text import N_
from gmp_booking.kernel.vocabulary import (
    ChangeoverPolicy,
    EquipmentStatus,
    ResourceKind,
    RoomClass,
    RoomUse,
    SharePolicy,
)
from gmp_booking.products.service import find_product_id
from gmp_booking.resources import administration, store
from gmp_booking.resources.events import AirZoneAdded, ResourceAdded
from gmp_booking.resources.models import AirHandlingUnit, AirZone, Equipment, Resource, Room, Unit
from gmp_booking.resources.store import ResourceRow, get_resource_id

__all__ = [
    "Names",
    "NewEquipment",
    "NewRoom",
    "ResourceRow",
    "add_equipment",
    "add_room",
    "add_zone",
    "list_resources",
    "not_available",
    "others_busy",
    "public_titles",
]


CODE = re.compile(r"[A-Z0-9][A-Z0-9-]{0,15}")
CODE_FORMAT = N_("A code has 1 to 16 capital letters, digits and dashes.")
TAKEN = N_("This code is already in use.")
MAX_AREA_M2 = 5_000


@dataclass(frozen=True)
class Names:
    ko: str
    en: str
    zh: str


@dataclass(frozen=True)
class NewRoom:
    """A room as the facility describes it; area in m², recovery in minutes; several may use a `shared` one at once."""

    code: str
    names: Names
    grade: str
    room_class: str
    area_m2: int
    max_occupancy: int
    gmp: bool
    changeover_policy: str
    zone_id: int | None = None
    bsl_max: int | None = None
    recovery_min: int | None = 20
    vhp_group: str | None = None
    allowed_modalities: Sequence[str] = ()
    seats: int | None = None
    allowed_activities: Sequence[str] = ()
    pressure_mode: str | None = None
    shared: bool = False


@dataclass(frozen=True)
class NewEquipment:
    """A piece of equipment; `places` is how many can use it at once, `dedicated_product` a code like "GAO/GS-M1"."""

    code: str
    names: Names
    equipment_kind: str
    home_room: str | None
    room_use: str
    places: int = 1
    share_policy: str = SharePolicy.DEDICATED_BATCH
    dedicated_product: str | None = None
    vhp_safe: bool = False
    gmp: bool = True
    status: str = EquipmentStatus.AVAILABLE


def add_zone(uow: Uow, *, code: str, ahu: str, single_pass: bool) -> int:
    """Add a zone, and its air handling unit if it is new; returns the zone's id.

    Errors: Forbidden; Invalid naming the fields; Conflict when the zone's code is taken.
    """
    require(uow.actor, Permission.RESOURCE_EDIT)
    errors = {name: [CODE_FORMAT] for name, value in (("code", code), ("ahu", ahu)) if not CODE.fullmatch(value)}
    if errors:
        raise Invalid(field_errors=errors)
    made = upsert(AirHandlingUnit).values(code=ahu, single_pass=single_pass).on_conflict_do_nothing()
    uow.session.execute(made)
    ahu_id = uow.session.execute(select(AirHandlingUnit.id).where(AirHandlingUnit.code == ahu)).scalar_one()
    statement = upsert(AirZone).values(code=code, ahu_id=ahu_id).on_conflict_do_nothing().returning(AirZone.id)
    zone_id = uow.session.scalars(statement).one_or_none()
    if zone_id is None:
        raise Conflict(TAKEN, field_errors={"code": [TAKEN]})
    uow.record(AirZoneAdded(code=code))
    return zone_id


def add_room(uow: Uow, new: NewRoom) -> int:
    """Errors: Forbidden; Invalid naming the fields; Conflict when the code is taken."""
    require(uow.actor, Permission.RESOURCE_EDIT)
    errors = administration.room_errors(new.grade, new.max_occupancy, new.recovery_min)
    errors |= administration.fitness_errors(
        new.allowed_activities, new.allowed_modalities, pressure_mode=new.pressure_mode, bsl_max=new.bsl_max
    )
    if new.room_class not in set(RoomClass):
        errors["room_class"] = [administration.NOT_A_CHOICE]
    if new.changeover_policy not in set(ChangeoverPolicy):
        errors["changeover_policy"] = [administration.NOT_A_CHOICE]
    if not 1 <= new.area_m2 <= MAX_AREA_M2:
        errors["area_m2"] = [N_("Enter a number from 1 to 5000.")]
    _require_valid(new.code, new.names, errors)
    resource_id = _add_resource(uow, new.code, ResourceKind.ROOM, names=new.names, places=1)
    uow.session.execute(
        insert(Room).values(
            id=resource_id,
            grade=new.grade,
            room_class=new.room_class,
            air_zone_id=new.zone_id,
            area_m2=new.area_m2,
            max_occupancy=new.max_occupancy,
            bsl_max=new.bsl_max,
            recovery_min=new.recovery_min,
            gmp=new.gmp,
            changeover_policy=new.changeover_policy,
            vhp_group=new.vhp_group,
            allowed_modalities=list(new.allowed_modalities),
            allowed_activities=list(new.allowed_activities),
            pressure_mode=new.pressure_mode,
            seats=new.seats,
            shared=new.shared,
        )
    )
    return resource_id


def add_equipment(uow: Uow, new: NewEquipment) -> int:
    """Errors: Forbidden; Invalid naming the fields; Conflict when the code is taken; NotFound for its home room."""
    require(uow.actor, Permission.RESOURCE_EDIT)
    errors: dict[str, list[str]] = {}
    if new.room_use not in set(RoomUse):
        errors["room_use"] = [administration.NOT_A_CHOICE]
    if not 1 <= len(new.equipment_kind.strip()) <= 40:
        errors["equipment_kind"] = [N_("A kind has 1 to 40 characters.")]
    if not 1 <= new.places <= administration.MAX_PLACES:
        errors["places"] = [N_("Enter a number from 1 to 200.")]
    product_id = find_product_id(uow, new.dedicated_product) if new.dedicated_product else None
    errors |= administration.sharing_errors(new.share_policy, new.dedicated_product or "", product_id)
    _require_valid(new.code, new.names, errors)
    resource_id = _add_resource(uow, new.code, ResourceKind.EQUIPMENT, names=new.names, places=new.places)
    uow.session.execute(
        insert(Equipment).values(
            id=resource_id,
            equipment_kind=new.equipment_kind,
            home_room_id=get_resource_id(uow, new.home_room) if new.home_room else None,
            room_use=new.room_use,
            share_policy=new.share_policy,
            dedicated_product_id=product_id,
            vhp_safe=new.vhp_safe,
            gmp=new.gmp,
            status=new.status,
        )
    )
    return resource_id


def _add_resource(uow: Uow, code: str, kind: str, *, names: Names, places: int) -> int:
    values = {"code": code, "kind": kind, "name_ko": names.ko, "name_en": names.en, "name_zh": names.zh}
    statement = upsert(Resource).values(**values).on_conflict_do_nothing().returning(Resource.id)
    resource_id = uow.session.scalars(statement).one_or_none()
    if resource_id is None:
        raise Conflict(TAKEN, field_errors={"code": [TAKEN]})
    uow.session.execute(
        insert(Unit), [{"resource_id": resource_id, "number": number} for number in range(1, places + 1)]
    )
    uow.record(ResourceAdded(code=code, kind=kind))
    return resource_id


def _require_valid(code: str, names: Names, errors: dict[str, list[str]]) -> None:
    errors |= administration.name_errors((names.ko, names.en, names.zh))
    if not CODE.fullmatch(code):
        errors["code"] = [CODE_FORMAT]
    if errors:
        raise Invalid(field_errors=errors)


def list_resources(uow: Uow) -> list[ResourceRow]:
    """Everything that can be booked, rooms first."""
    return store.list_resources(uow)


def not_available(uow: Uow, resource_ids: Sequence[int], window: Period) -> dict[int, list[Period]]:
    """Merged outage time by resource, visible to everybody."""
    return store.not_available(uow, resource_ids, window)


def others_busy(uow: Uow, resource_ids: Sequence[int], window: Period) -> dict[int, list[tuple[int, Period]]]:
    """Merged time that other companies hold, by resource."""
    return store.others_busy(uow, resource_ids, window)


def public_titles(uow: Uow, resource_ids: Sequence[int], window: Period) -> dict[int, list[tuple[Period, str]]]:
    """Titles of other companies' public demonstrations, by resource."""
    return store.public_titles(uow, resource_ids, window)
