"""Pages of rooms, equipment and air zones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from flask import url_for
from werkzeug.wrappers import Response

from gmp_booking.accounts.request_context import current_request
from gmp_booking.accounts.sessions import signed_in
from gmp_booking.infra.database.history import RowChange, list_changes
from gmp_booking.infra.database.uow import Uow
from gmp_booking.infra.web.i18n import _
from gmp_booking.kernel.access import Permission, is_allowed
from gmp_booking.kernel.errors import Invalid
from gmp_booking.kernel.facility_labels import (
    EQUIPMENT_KINDS,
    EQUIPMENT_STATUSES,
    MODALITIES,
    PRESSURE_MODES,
    ROOM_ACTIVITIES,
    ROOM_CLASSES,
    ROOM_USES,
    SHARE_POLICIES,
)
from gmp_booking.kernel.fingerprint import fingerprint
from gmp_booking.kernel.vocabulary import BIOSAFETY_LEVELS, GMP_CLASSES, ChangeoverPolicy, ResourceKind, RoomClass
from gmp_booking.pages.admin import record_history
from gmp_booking.pages.admin.form_actions import (
    Form,
    admin,
    labelled,
    many,
    number,
    number_if_any,
    page,
    readable_by,
    ticked,
    words,
    words_if_any,
)
from gmp_booking.pages.rule_labels import equipment_word, grade_word, modality_word
from gmp_booking.products.service import CodedProduct, list_coded_products
from gmp_booking.resources import administration, service
from gmp_booking.resources.administration import (
    EquipmentDetails,
    ListedResource,
    ResourceDetails,
    ResourceRecord,
    RoomDetails,
)
from gmp_booking.resources.service import Names, NewEquipment, NewRoom

CHANGEOVER_OF: Mapping[str, str] = {
    RoomClass.GMP: ChangeoverPolicy.MATRIX,
    RoomClass.SERVICE: ChangeoverPolicy.L1_BETWEEN_PRODUCTS,
    RoomClass.DEMO: ChangeoverPolicy.NONE,
    RoomClass.SEATED: ChangeoverPolicy.NONE,
}


@dataclass(frozen=True)
class ResourceListData:
    rows: list[ListedResource]
    zones: list[tuple[int, str]]


def read_resources(uow: Uow) -> ResourceListData:
    return ResourceListData(administration.list_every_resource(uow), administration.list_zones(uow))


@dataclass(frozen=True)
class ResourcePageData:
    record: ResourceRecord
    rooms: list[str]
    products: list[CodedProduct]
    changes: list[RowChange]


def read_resource(uow: Uow, code: str) -> ResourcePageData:
    record = administration.get_record(uow, code)
    table = "room" if record.kind == ResourceKind.ROOM else "equipment"
    rows = [("resource", record.id), (table, record.id), *(("unit", each) for each in record.unit_ids)]
    rooms = [] if record.kind == ResourceKind.ROOM else administration.list_room_codes(uow)
    return ResourcePageData(record, rooms, list_coded_products(uow), list_changes(uow, rows))


# -- routes


@admin.get("/resources")
@signed_in
def list_of_resources() -> Response:
    return _resources({}, 200)


@admin.post("/resources")
@signed_in
def add_a_resource() -> Response:
    form = Form(_resources, needs_reason=True)
    kind = words("what")
    try:
        if kind == "room":
            new_room = _new_room()
            return form.act(_address_of(new_room.code), service.add_room, new_room)
        if kind == "equipment":
            new = _new_equipment()
            return form.act(_address_of(new.code), service.add_equipment, new)
    except Invalid as invalid:
        return form.refuse(invalid)
    zone: dict[str, Any] = {"code": words("code").upper(), "ahu": words("ahu").upper()}
    return form.act(url_for("admin.list_of_resources"), service.add_zone, **zone, single_pass=ticked("single_pass"))


def _new_room() -> NewRoom:
    room_class = words("room_class")
    return NewRoom(
        words("code").upper(),
        _names(),
        words("grade"),
        room_class,
        number("area_m2"),
        number("max_occupancy"),
        gmp=room_class in GMP_CLASSES,
        changeover_policy=CHANGEOVER_OF.get(room_class, ""),
        zone_id=number_if_any("zone"),
        recovery_min=number_if_any("recovery_min"),
        seats=number_if_any("seats"),
        **_fitness(),
    )


def _fitness() -> dict[str, Any]:
    """What a room is fit for. Errors: Invalid."""
    return {
        "bsl_max": number_if_any("bsl_max"),
        "pressure_mode": words_if_any("pressure_mode"),
        "allowed_activities": many("allowed_activities"),
        "allowed_modalities": many("allowed_modalities"),
        "shared": ticked("shared"),
    }


def _new_equipment() -> NewEquipment:
    home = words("home_room")
    return NewEquipment(
        words("code").upper(),
        _names(),
        words("equipment_kind"),
        home or None,
        words("room_use"),
        number("places"),
        share_policy=words("share_policy"),
    )


def _names() -> Names:
    return Names(words("name_ko"), words("name_en"), words("name_zh"))


def _resources(errors: dict[str, str], status: int) -> Response:
    actor = readable_by(Permission.MASTER_DATA_READ)
    data = current_request().read(read_resources)
    return page(
        "resources.html",
        errors,
        status,
        rooms=[each for each in data.rows if each.kind == ResourceKind.ROOM],
        equipment=[each for each in data.rows if each.kind == ResourceKind.EQUIPMENT],
        zones=data.zones,
        zone_choices=[(str(zone_id), code) for zone_id, code in data.zones],
        room_choices=[(each.code, each.code) for each in data.rows if each.kind == ResourceKind.ROOM and each.active],
        room_classes=labelled(ROOM_CLASSES),
        room_uses=labelled(ROOM_USES),
        equipment_kinds=labelled(EQUIPMENT_KINDS),
        share_policies=labelled(SHARE_POLICIES),
        fitness=fitness_choices(()),
        equipment_word=equipment_word,
        grade_word=grade_word,
        may_edit=is_allowed(actor, Permission.RESOURCE_EDIT),
    )


@admin.get("/resources/<code>")
@signed_in
def show_resource(code: str) -> Response:
    return _resource(code, {}, 200)


@admin.post("/resources/<code>")
@signed_in
def correct_resource(code: str) -> Response:
    form = Form(lambda errors, status: _resource(code, errors, status), needs_reason=True)
    try:
        facts = _room_facts() if words("what") == "room" else _equipment_facts()
    except Invalid as invalid:
        return form.refuse(invalid)
    return form.act(_address_of(code), administration.change_resource, code, facts, seen=words("seen"))


def _room_facts() -> ResourceDetails:
    return RoomDetails(
        **_common_facts(),
        grade=words("grade"),
        max_occupancy=number("max_occupancy"),
        recovery_min=number_if_any("recovery_min"),
        seats=number_if_any("seats"),
        **_fitness(),
    )


def _equipment_facts() -> ResourceDetails:
    return EquipmentDetails(
        **_common_facts(),
        status=words("status"),
        home_room=words("home_room"),
        places=number("places"),
        share_policy=words("share_policy"),
        dedicated_product=words("dedicated_product"),
    )


def _common_facts() -> dict[str, Any]:
    return {name: words(name) for name in ("name_ko", "name_en", "name_zh")} | {"active": ticked("active")}


def _resource(code: str, errors: dict[str, str], status: int) -> Response:
    actor = readable_by(Permission.MASTER_DATA_READ)
    data = current_request().read(read_resource, code)
    return page(
        "resource.html",
        errors,
        status,
        record=data.record,
        facts_of=data.record.facts,
        seen=fingerprint(asdict(data.record.facts)),
        rooms=[(each, each) for each in data.rooms],
        statuses=labelled(EQUIPMENT_STATUSES),
        share_policies=labelled(SHARE_POLICIES),
        products=[(code, code) for code in _product_choices(data)],
        fitness=fitness_choices(_modalities_of(data)),
        fitness_facts=_fitness_facts(data.record.facts),
        room_classes=dict(labelled(ROOM_CLASSES)),
        room_uses=dict(labelled(ROOM_USES)),
        equipment_word=equipment_word,
        may_edit=is_allowed(actor, Permission.RESOURCE_EDIT),
        history=record_history.record_changes(data.changes),
    )


@dataclass(frozen=True)
class FitnessChoices:
    """The options of a room's form; of what is ticked (value, label, hint), of what is chosen (value, label)."""

    activities: list[tuple[str, str, None]]
    modalities: list[tuple[str, str, None]]
    pressure_modes: list[tuple[str, str]]
    biosafety_levels: list[tuple[str, str]]


def fitness_choices(modalities: Sequence[str]) -> FitnessChoices:
    """The choices of what a room is fit for; `modalities` without a label of their own stand at the end."""
    typed = sorted(set(modalities) - set(MODALITIES))
    return FitnessChoices(
        activities=[(value, label, None) for value, label in labelled(ROOM_ACTIVITIES)],
        modalities=[(each, modality_word(each), None) for each in (*MODALITIES, *typed)],
        pressure_modes=labelled(PRESSURE_MODES),
        biosafety_levels=[(str(level), str(level)) for level in BIOSAFETY_LEVELS],
    )


def _fitness_facts(facts: ResourceDetails) -> list[tuple[str, str]]:
    """What a room or a piece of equipment is fit for, for those who may not change it."""
    if isinstance(facts, EquipmentDetails):
        return [
            (_("Shared by"), _(SHARE_POLICIES[facts.share_policy])),
            (_("Dedicated product"), facts.dedicated_product),
        ]
    pressure = _(PRESSURE_MODES[facts.pressure_mode]) if facts.pressure_mode else ""
    return [
        (_("Biosafety level, at most"), str(facts.bsl_max or "")),
        (_("Pressure"), pressure),
        (_("Allowed activities"), ", ".join(_(ROOM_ACTIVITIES[each]) for each in facts.allowed_activities)),
        (_("Allowed modalities"), ", ".join(map(modality_word, facts.allowed_modalities))),
        (_("Several sessions may use it at once"), _("Yes") if facts.shared else ""),
    ]


def _modalities_of(data: ResourcePageData) -> list[str]:
    """The modalities of the products, and what the room allows already."""
    allowed = data.record.facts.allowed_modalities if isinstance(data.record.facts, RoomDetails) else ()
    return [*(product.modality for product in data.products), *allowed]


def _product_choices(data: ResourcePageData) -> list[str]:
    """The products in use, and the one that the equipment is dedicated to already."""
    facts = data.record.facts
    now = {facts.dedicated_product} - {""} if isinstance(facts, EquipmentDetails) else set()
    return sorted({product.full_code for product in data.products} | now)


def _address_of(code: str) -> str:
    return url_for("admin.show_resource", code=code)
