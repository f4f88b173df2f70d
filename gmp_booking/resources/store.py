"""Queries of resources and their busy time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import BigInteger, bindparam, func, select, text
from sqlalchemy.dialects.postgresql import ARRAY

from gmp_booking.conflicts.parameter import OVERDUE_AFTER
from gmp_booking.infra.database.uow import Uow
from gmp_booking.kernel.errors import NotFound
from gmp_booking.kernel.period import Period
from gmp_booking.kernel.vocabulary import EquipmentStatus
from gmp_booking.resources.models import AirZone, Equipment, Resource, Room, Unit


@dataclass(frozen=True)
class ResourceRow:
    """A room or a piece of equipment, as lists and choices show it."""

    id: int
    code: str
    kind: str
    name_ko: str
    name_en: str
    name_zh: str
    grade: str | None
    room_class: str | None
    max_occupancy: int | None
    zone: str | None
    gmp: bool
    equipment_kind: str | None
    room_use: str | None
    home_room: str | None
    places: int
    available: bool


def get_resource_id(uow: Uow, code: str) -> int:
    """Errors: NotFound."""
    found = uow.session.execute(select(Resource.id).where(Resource.code == code)).scalar_one_or_none()
    if found is None:
        raise NotFound
    return found


_HOME = select(Resource.id, Resource.code).subquery("home")
_PLACES = select(func.count()).select_from(Unit).where(Unit.resource_id == Resource.id).correlate(Resource)
_ALL = (
    select(
        Resource.id,
        Resource.code,
        Resource.kind,
        Resource.name_ko,
        Resource.name_en,
        Resource.name_zh,
        Room.grade,
        Room.room_class,
        Room.max_occupancy,
        AirZone.code.label("zone"),
        func.coalesce(Room.gmp, Equipment.gmp, False).label("gmp"),
        Equipment.equipment_kind,
        Equipment.room_use,
        _HOME.c.code.label("home_room"),
        _PLACES.scalar_subquery().label("places"),
        (func.coalesce(Equipment.status, EquipmentStatus.AVAILABLE) == EquipmentStatus.AVAILABLE).label("available"),
    )
    .outerjoin(Room, Room.id == Resource.id)
    .outerjoin(AirZone, AirZone.id == Room.air_zone_id)
    .outerjoin(Equipment, Equipment.id == Resource.id)
    .outerjoin(_HOME, _HOME.c.id == Equipment.home_room_id)
    .where(Resource.active)
    .order_by(Resource.kind.desc(), Resource.code)
)


def list_resources(uow: Uow) -> list[ResourceRow]:
    """Everything that can be booked, rooms first, by code; one statement."""
    return [ResourceRow(*tuple(row)) for row in uow.session.execute(_ALL)]


_NOT_AVAILABLE = text(
    "SELECT resource_id, lower(closed), upper(closed) FROM gmp_not_available(:wanted, :from_at, :until_at)"
).bindparams(bindparam("wanted", type_=ARRAY(BigInteger)))


def not_available(uow: Uow, resource_ids: Sequence[int], window: Period) -> dict[int, list[Period]]:
    """Merged outage time by resource within a window, without details."""
    values = {"wanted": list(resource_ids), "from_at": window.start, "until_at": window.end}
    found: dict[int, list[Period]] = {}
    for resource_id, start, end in uow.session.execute(_NOT_AVAILABLE, values):
        found.setdefault(resource_id, []).append(Period(start, end))
    return found


_OTHERS_BUSY = text(
    "SELECT unit_id, resource_id, lower(busy), upper(busy) FROM gmp_others_busy(:wanted, :from_at, :until_at, :grace)"
).bindparams(bindparam("wanted", type_=ARRAY(BigInteger)))


def others_busy(uow: Uow, resource_ids: Sequence[int], window: Period) -> dict[int, list[tuple[int, Period]]]:
    """Merged time that other companies hold or use, by resource: (unit id, period), without details."""
    values = {
        "wanted": list(resource_ids),
        "from_at": window.start,
        "until_at": window.end,
        "grace": OVERDUE_AFTER,
    }
    found: dict[int, list[tuple[int, Period]]] = {}
    for unit_id, resource_id, start, end in uow.session.execute(_OTHERS_BUSY, values):
        found.setdefault(resource_id, []).append((unit_id, Period(start, end)))
    return found


_PUBLIC_TITLES = text(
    "SELECT resource_id, lower(busy), upper(busy), title FROM gmp_public_titles(:wanted, :from_at, :until_at)"
    " ORDER BY 1, 2, 4"
).bindparams(bindparam("wanted", type_=ARRAY(BigInteger)))


def public_titles(uow: Uow, resource_ids: Sequence[int], window: Period) -> dict[int, list[tuple[Period, str]]]:
    """Public demonstrations of other companies by resource: period and title."""
    values = {"wanted": list(resource_ids), "from_at": window.start, "until_at": window.end}
    found: dict[int, list[tuple[Period, str]]] = {}
    for resource_id, start, end, title in uow.session.execute(_PUBLIC_TITLES, values):
        found.setdefault(resource_id, []).append((Period(start, end), title))
    return found
