"""Setting up what can be booked: air, rooms, equipment and their places."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import insert

from gmp_booking.infra.uow import Uow
from gmp_booking.kernel.period import Period
from gmp_booking.resources import store
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
    "others_busy",
]


@dataclass(frozen=True)
class Names:
    ko: str
    en: str
    zh: str


@dataclass(frozen=True)
class NewRoom:
    """A room as the facility describes it; area in m², recovery in minutes."""

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
    recovery_min: int = 20
    vhp_group: str | None = None
    suited_for: Sequence[str] = ()


@dataclass(frozen=True)
class NewEquipment:
    """A piece of equipment; `places` is how many can use it at once."""

    code: str
    names: Names
    equipment_kind: str
    home_room: str | None
    room_use: str
    places: int = 1
    share_policy: str = "DEDICATED_BATCH"
    vhp_safe: bool = False
    gmp: bool = True
    status: str = "AVAILABLE"


def add_zone(uow: Uow, *, code: str, ahu: str, single_pass: bool) -> int:
    """An air handling unit with its one zone; returns the zone's id."""
    unit = AirHandlingUnit(code=ahu, single_pass=single_pass)
    uow.session.add(unit)
    uow.session.flush()
    zone = AirZone(code=code, ahu_id=unit.id)
    uow.session.add(zone)
    uow.session.flush()
    return zone.id


def add_room(uow: Uow, new: NewRoom) -> int:
    resource_id = _add_resource(uow, new.code, "ROOM", names=new.names, places=1)
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
            suited_for=list(new.suited_for),
        )
    )
    return resource_id


def add_equipment(uow: Uow, new: NewEquipment) -> int:
    """Errors: NotFound when its home room does not exist."""
    resource_id = _add_resource(uow, new.code, "EQUIPMENT", names=new.names, places=new.places)
    uow.session.execute(
        insert(Equipment).values(
            id=resource_id,
            equipment_kind=new.equipment_kind,
            home_room_id=get_resource_id(uow, new.home_room) if new.home_room else None,
            room_use=new.room_use,
            share_policy=new.share_policy,
            vhp_safe=new.vhp_safe,
            gmp=new.gmp,
            status=new.status,
        )
    )
    return resource_id


def _add_resource(uow: Uow, code: str, kind: str, *, names: Names, places: int) -> int:
    resource = Resource(code=code, kind=kind, name_ko=names.ko, name_en=names.en, name_zh=names.zh)
    uow.session.add(resource)
    uow.session.flush()
    uow.session.execute(
        insert(Unit), [{"resource_id": resource.id, "number": number} for number in range(1, places + 1)]
    )
    return resource.id


def list_resources(uow: Uow) -> list[ResourceRow]:
    """Everything that can be booked, rooms first."""
    return store.list_resources(uow)


def others_busy(uow: Uow, resource_ids: Sequence[int], window: Period) -> dict[int, list[tuple[int, Period]]]:
    """Merged time that other companies hold, by resource."""
    return store.others_busy(uow, resource_ids, window)
