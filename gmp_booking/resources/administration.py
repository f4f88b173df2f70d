"""Use cases: edit rooms and equipment; some edits are refused while they are booked."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from typing import Any, Final

from sqlalchemy import func, insert, select
from sqlalchemy.orm import aliased

from gmp_booking.infra.database.uow import Uow
from gmp_booking.kernel.access import Permission, require
from gmp_booking.kernel.errors import Conflict, Invalid, NotFound
from gmp_booking.kernel.fingerprint import require_unchanged
from gmp_booking.kernel.text import N_
from gmp_booking.kernel.vocabulary import (
    BIOSAFETY_LEVELS,
    EquipmentStatus,
    LockKind,
    PressureMode,
    ResourceKind,
    RoomActivity,
    SharePolicy,
)
from gmp_booking.products.service import MAX_MODALITY_LENGTH, MODALITY_LENGTH, find_product_id, get_full_code
from gmp_booking.resources.events import ResourceChanged
from gmp_booking.resources.models import AirZone, Equipment, Resource, Room, Slot, Unit

MAX_NAME_LENGTH: Final = 120
MAX_PEOPLE: Final = 500
MAX_PLACES: Final = 200
MAX_RECOVERY_MIN: Final = 1440
NOT_A_CHOICE: Final = N_("Not one of the choices.")


@dataclass(frozen=True, kw_only=True)
class RoomDetails:
    """The editable fields of a room; code and class are fixed. Unit: recovery in minutes; None is unknown.

    Shape: what is allowed is sorted. No activities: not set yet; no modalities: all of them. Several may use a `shared`
    room at once.
    """

    name_ko: str
    name_en: str
    name_zh: str
    active: bool
    grade: str
    max_occupancy: int
    recovery_min: int | None
    seats: int | None
    bsl_max: int | None
    pressure_mode: str | None
    allowed_activities: tuple[str, ...]
    allowed_modalities: tuple[str, ...]
    shared: bool


@dataclass(frozen=True, kw_only=True)
class EquipmentDetails:
    """The editable fields of equipment; code and kind are fixed.

    Shape: `home_room` is a code, or empty; `dedicated_product` too, like "GAO/GS-M1".
    """

    name_ko: str
    name_en: str
    name_zh: str
    active: bool
    status: str
    home_room: str
    places: int
    share_policy: str
    dedicated_product: str


ResourceDetails = RoomDetails | EquipmentDetails
_OF_RESOURCE: Final = ("name_ko", "name_en", "name_zh", "active")


@dataclass(frozen=True)
class RoomFixture:
    """What cannot be edited about a room."""

    room_class: str
    area_m2: int
    zone: str | None


@dataclass(frozen=True)
class EquipmentFixture:
    """What cannot be edited about a piece of equipment."""

    equipment_kind: str
    room_use: str


@dataclass(frozen=True)
class ResourceRecord:
    """A room or a piece of equipment, active or not, for its page."""

    id: int
    code: str
    kind: str
    facts: ResourceDetails
    fixed: RoomFixture | EquipmentFixture
    unit_ids: tuple[int, ...]
    hours_ids: tuple[int, ...] = ()


@dataclass(frozen=True)
class ListedResource:
    id: int
    code: str
    kind: str
    name_ko: str
    name_en: str
    name_zh: str
    active: bool
    grade: str | None
    max_occupancy: int | None
    recovery_min: int | None
    room_class: str | None
    seats: int | None
    equipment_kind: str | None
    status: str | None
    home_room: str | None
    places: int


def list_every_resource(uow: Uow) -> list[ListedResource]:
    """All rooms and equipment, inactive ones included."""
    home = aliased(Resource)
    places = select(func.count()).select_from(Unit).where(Unit.resource_id == Resource.id).correlate(Resource)
    statement = (
        select(
            Resource.id,
            Resource.code,
            Resource.kind,
            Resource.name_ko,
            Resource.name_en,
            Resource.name_zh,
            Resource.active,
            Room.grade,
            Room.max_occupancy,
            Room.recovery_min,
            Room.room_class,
            Room.seats,
            Equipment.equipment_kind,
            Equipment.status,
            home.code.label("home_room"),
            places.scalar_subquery().label("places"),
        )
        .outerjoin(Room, Room.id == Resource.id)
        .outerjoin(Equipment, Equipment.id == Resource.id)
        .outerjoin(home, home.id == Equipment.home_room_id)
        .order_by(Resource.kind.desc(), Resource.code)
    )
    return [ListedResource(**row._mapping) for row in uow.session.execute(statement)]  # noqa: SLF001


def list_room_codes(uow: Uow) -> list[str]:
    """The codes of the rooms in use."""
    statement = select(Resource.code).where(Resource.kind == ResourceKind.ROOM, Resource.active).order_by(Resource.code)
    return list(uow.session.scalars(statement))


def list_zones(uow: Uow) -> list[tuple[int, str]]:
    return [(row.id, row.code) for row in uow.session.execute(select(AirZone.id, AirZone.code).order_by(AirZone.code))]


def get_record(uow: Uow, code: str) -> ResourceRecord:
    """Errors: NotFound."""
    resource = uow.session.scalars(select(Resource).where(Resource.code == code)).one_or_none()
    if resource is None:
        raise NotFound
    units = tuple(uow.session.scalars(select(Unit.id).where(Unit.resource_id == resource.id).order_by(Unit.number)))
    names = {name: getattr(resource, name) for name in _OF_RESOURCE}
    facts: ResourceDetails
    fixed: RoomFixture | EquipmentFixture
    if resource.kind == ResourceKind.ROOM:
        room = uow.session.get_one(Room, resource.id)
        facts = _room_details(room, names)
        zone = uow.session.get(AirZone, room.air_zone_id) if room.air_zone_id else None
        fixed = RoomFixture(room.room_class, room.area_m2, zone.code if zone else None)
    else:
        equipment = uow.session.get_one(Equipment, resource.id)
        facts = _equipment_details(uow, equipment, names, places=len(units))
        fixed = EquipmentFixture(equipment.equipment_kind, equipment.room_use)
    return ResourceRecord(resource.id, code, resource.kind, facts, fixed, units)


def _room_details(room: Room, names: Mapping[str, Any]) -> RoomDetails:
    return RoomDetails(
        **names,
        grade=room.grade,
        max_occupancy=room.max_occupancy,
        recovery_min=room.recovery_min,
        seats=room.seats,
        bsl_max=room.bsl_max,
        pressure_mode=room.pressure_mode,
        allowed_activities=tuple(sorted(room.allowed_activities)),
        allowed_modalities=tuple(sorted(room.allowed_modalities)),
        shared=room.shared,
    )


def _equipment_details(uow: Uow, equipment: Equipment, names: Mapping[str, Any], *, places: int) -> EquipmentDetails:
    home = uow.session.get(Resource, equipment.home_room_id) if equipment.home_room_id else None
    product_id = equipment.dedicated_product_id
    return EquipmentDetails(
        **names,
        status=equipment.status,
        home_room=home.code if home else "",
        places=places,
        share_policy=equipment.share_policy,
        dedicated_product=get_full_code(uow, product_id) if product_id else "",
    )


def change_resource(uow: Uow, code: str, new: ResourceDetails, *, seen: str | None = None) -> None:
    """Correct a room or a piece of equipment.

    Errors: Forbidden; NotFound; Invalid naming the fields; Conflict while it is booked; Stale since `seen`.
    """
    require(uow.actor, Permission.RESOURCE_EDIT)
    resource_id = _id_of(uow, code)
    uow.lock({(LockKind.RESOURCE, resource_id)})
    record = get_record(uow, code)
    require_unchanged(seen, asdict(record.facts))
    if type(new) is not type(record.facts):
        raise Invalid
    changed = tuple(
        field.name for field in fields(new) if getattr(new, field.name) != getattr(record.facts, field.name)
    )
    _require_valid(uow, record, new)
    if "active" in changed and not new.active:
        _require_unbooked(uow, resource_id)
    _write(uow, record, new)
    if changed:
        uow.record(ResourceChanged(resource_id=resource_id, code=code, fields=changed))


def _id_of(uow: Uow, code: str) -> int:
    found = uow.session.execute(select(Resource.id).where(Resource.code == code)).scalar_one_or_none()
    if found is None:
        raise NotFound
    return int(found)


def _require_valid(uow: Uow, record: ResourceRecord, new: ResourceDetails) -> None:
    errors = name_errors((new.name_ko, new.name_en, new.name_zh))
    if isinstance(new, RoomDetails):
        errors |= room_errors(new.grade, new.max_occupancy, new.recovery_min)
        errors |= fitness_errors(
            new.allowed_activities, new.allowed_modalities, pressure_mode=new.pressure_mode, bsl_max=new.bsl_max
        )
        if new.seats is not None and not 1 <= new.seats <= MAX_PEOPLE:
            errors["seats"] = [N_("Enter a number from 1 to 500.")]
    else:
        if new.status not in set(EquipmentStatus):
            errors["status"] = [NOT_A_CHOICE]
        if new.home_room and not _is_a_room(uow, new.home_room):
            errors["home_room"] = [N_("There is no such room.")]
        if not len(record.unit_ids) <= new.places <= MAX_PLACES:
            errors["places"] = [N_("Places can be added, up to 200. To reduce the places, create an outage.")]
        errors |= sharing_errors(new.share_policy, new.dedicated_product, _product_id(uow, new))
    if errors:
        raise Invalid(field_errors=errors)


def name_errors(names: Sequence[str]) -> dict[str, list[str]]:
    sentence = N_("A name has 1 to 120 characters.")
    wrong = [1 <= len(name.strip()) <= MAX_NAME_LENGTH for name in names]
    return {field: [sentence] for field, fits in zip(("name_ko", "name_en", "name_zh"), wrong, strict=True) if not fits}


def room_errors(grade: str, max_occupancy: int, recovery_min: int | None) -> dict[str, list[str]]:
    errors: dict[str, list[str]] = {}
    if not re.fullmatch(r"[A-Za-z0-9 /-]{1,12}", grade):
        errors["grade"] = [N_("A grade has 1 to 12 letters and digits.")]
    if not 1 <= max_occupancy <= MAX_PEOPLE:
        errors["max_occupancy"] = [N_("Enter a number from 1 to 500.")]
    if recovery_min is not None and not 0 <= recovery_min <= MAX_RECOVERY_MIN:
        errors["recovery_min"] = [N_("Enter a number of minutes from 0 to 1440.")]
    return errors


def fitness_errors(
    activities: Sequence[str], modalities: Sequence[str], *, pressure_mode: str | None, bsl_max: int | None
) -> dict[str, list[str]]:
    errors: dict[str, list[str]] = {}
    if not set(activities) <= set(RoomActivity):
        errors["allowed_activities"] = [NOT_A_CHOICE]
    if not all(1 <= len(each) <= MAX_MODALITY_LENGTH for each in modalities):
        errors["allowed_modalities"] = [MODALITY_LENGTH]
    if pressure_mode is not None and pressure_mode not in set(PressureMode):
        errors["pressure_mode"] = [NOT_A_CHOICE]
    if bsl_max is not None and bsl_max not in BIOSAFETY_LEVELS:
        errors["bsl_max"] = [N_("Enter a biosafety level from 1 to 4.")]
    return errors


def sharing_errors(share_policy: str, dedicated_product: str, product_id: int | None) -> dict[str, list[str]]:
    errors: dict[str, list[str]] = {}
    if share_policy not in set(SharePolicy):
        errors["share_policy"] = [NOT_A_CHOICE]
    if dedicated_product and product_id is None:
        errors["dedicated_product"] = [N_("There is no such product.")]
    return errors


def _product_id(uow: Uow, new: EquipmentDetails) -> int | None:
    return find_product_id(uow, new.dedicated_product) if new.dedicated_product else None


def _is_a_room(uow: Uow, code: str) -> bool:
    statement = select(Resource.id).where(Resource.code == code, Resource.kind == ResourceKind.ROOM, Resource.active)
    return uow.session.execute(statement).first() is not None


def _require_unbooked(uow: Uow, resource_id: int) -> None:
    """Errors: Conflict saying until when it is booked."""
    statement = select(func.max(Slot.ends_at)).where(
        Slot.resource_id == resource_id, Slot.active, Slot.ends_at > uow.now
    )
    until: datetime | None = uow.session.execute(statement).scalar_one()
    if until is not None:
        sentence = N_("It is booked until %(until)s. Move or cancel those bookings first.")
        raise Conflict(sentence, params={"until": until}, field_errors={"active": [sentence]})


def _write(uow: Uow, record: ResourceRecord, new: ResourceDetails) -> None:
    resource = uow.session.get_one(Resource, record.id)
    for name in _OF_RESOURCE:
        value = getattr(new, name)
        setattr(resource, name, value.strip() if isinstance(value, str) else value)
    if isinstance(new, RoomDetails):
        room = uow.session.get_one(Room, record.id)
        room.grade, room.max_occupancy = new.grade.strip(), new.max_occupancy
        room.recovery_min, room.seats = new.recovery_min, new.seats
        room.bsl_max, room.pressure_mode, room.shared = new.bsl_max, new.pressure_mode, new.shared
        _write_allowed(room, new)
    else:
        equipment = uow.session.get_one(Equipment, record.id)
        equipment.status, equipment.share_policy = new.status, new.share_policy
        equipment.dedicated_product_id = _product_id(uow, new)
        equipment.home_room_id = _id_of(uow, new.home_room) if new.home_room else None
        numbers = range(len(record.unit_ids) + 1, new.places + 1)
        if numbers:
            uow.session.execute(insert(Unit), [{"resource_id": record.id, "number": number} for number in numbers])
    uow.session.flush()


def _write_allowed(room: Room, new: RoomDetails) -> None:
    """Write what is allowed; the same in another order is no change, and no line of its history."""
    if set(room.allowed_activities) != set(new.allowed_activities):
        room.allowed_activities = list(new.allowed_activities)
    if set(room.allowed_modalities) != set(new.allowed_modalities):
        room.allowed_modalities = list(new.allowed_modalities)
