"""What the form asks for each kind of booking, and which rooms it offers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from gmp_booking.kernel.vocabulary import (
    DEMONSTRATIONS,
    GMP_CLASSES,
    WITH_A_CREW,
    EquipmentKind,
    Kind,
    ResourceKind,
    RoomClass,
)
from gmp_booking.resources.service import ResourceRow

_MAKING: Final = frozenset({Kind.CLEANROOM, Kind.EQUIPMENT, Kind.QC, Kind.APS, Kind.CLINICAL_DEMO})
_SHOWING: Final = frozenset(DEMONSTRATIONS)
_CLINICAL: Final = frozenset({Kind.CLEANROOM, Kind.CLINICAL_DEMO})
_EVERY: Final = frozenset(Kind)

OF_KIND: Final[Mapping[str, frozenset[Kind]]] = {
    "product": _MAKING,
    "batch": _MAKING,
    "run_type": frozenset({Kind.CLEANROOM}),
    "campaign": frozenset({Kind.CLEANROOM}),
    "room_mode": frozenset({Kind.CLEANROOM}),
    "basis": _CLINICAL,
    "donor_status": _CLINICAL,
    "priority": _EVERY,
    "partners": _EVERY,
    "seats": _SHOWING,
    "visibility": _SHOWING,
    "live_material": frozenset({Kind.TECH_DEMO, Kind.EDUCATION}),
    "sessions": _EVERY - {Kind.EQUIPMENT},
    "equipment": _EVERY - {Kind.REVIEW, Kind.TOUR, Kind.EDUCATION},
    "exposure": WITH_A_CREW,
    "crew": _EVERY - _SHOWING,
    "attended": _EVERY - {Kind.REVIEW, Kind.TOUR},
    "margins": _EVERY,
}
"""What is asked only for some kinds; everything else is asked for all."""

_ROOM_CLASSES: Final[Mapping[Kind, frozenset[str]]] = {
    Kind.CLEANROOM: GMP_CLASSES,
    Kind.APS: GMP_CLASSES,
    Kind.QC: frozenset({RoomClass.SERVICE}),
    Kind.TECH_DEMO: frozenset({RoomClass.DEMO, RoomClass.SEATED}),
    Kind.EDUCATION: frozenset({RoomClass.DEMO, RoomClass.SEATED}),
    Kind.REVIEW: frozenset({RoomClass.SEATED}),
    Kind.TOUR: frozenset({RoomClass.SEATED}),
}


def kind_of(text: str) -> Kind | None:
    return Kind(text) if text in Kind.__members__ else None


def asks(kind: Kind | None, field: str) -> bool:
    """Whether the form asks a field of this kind; of an unknown kind it asks everything."""
    return kind is None or kind in OF_KIND.get(field, _EVERY)


def fields_of(kind: Kind | None) -> dict[str, bool]:
    return {field: asks(kind, field) for field in OF_KIND}


def rooms_for(kind: Kind | None, resources: Sequence[ResourceRow]) -> list[ResourceRow]:
    """The rooms offered for a kind; quality control is done where the analysers stand, if that is known."""
    rooms = [each for each in resources if each.kind == ResourceKind.ROOM]
    classes = _ROOM_CLASSES.get(kind) if kind else None
    if classes is None:
        return rooms
    fitting = [each for each in rooms if each.room_class in classes]
    if kind is Kind.QC:
        laboratories = {each.home_room for each in resources if each.equipment_kind == EquipmentKind.ANALYSER}
        return [each for each in fitting if each.code in laboratories] or fitting
    return fitting
