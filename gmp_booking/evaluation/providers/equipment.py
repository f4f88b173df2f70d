"""Facts of equipment: its row, equipment that could replace it, and the facts of a case."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from gmp_booking.conflicts.case import EquipmentFacts, UnitFacts
from gmp_booking.conflicts.work_class import WorkClass, work_class_of
from gmp_booking.evaluation.providers.occupations import OccupationRow
from gmp_booking.evaluation.providers.outages import KnownOutages
from gmp_booking.evaluation.providers.rooms import RoomRow
from gmp_booking.kernel.sql import sql_value
from gmp_booking.kernel.vocabulary import EquipmentStatus, RoomUse

EQUIPMENT: Final = f"""
    SELECT COALESCE(jsonb_agg(jsonb_build_object(
        'id', r.id, 'code', r.code,
        'names', jsonb_build_object('ko', r.name_ko, 'en', r.name_en, 'zh', r.name_zh),
        'units', (SELECT jsonb_agg(u.id ORDER BY u.number) FROM unit AS u WHERE u.resource_id = r.id),
        'equipment_kind', e.equipment_kind, 'room_use', e.room_use, 'home_room', home.code, 'gmp', e.gmp,
        'out_of_service', e.status = {sql_value(EquipmentStatus.OUT_OF_SERVICE)}) ORDER BY r.id), '[]')
    FROM found JOIN resource AS r USING (id) JOIN equipment AS e ON e.id = r.id
    LEFT JOIN resource AS home ON home.id = e.home_room_id
"""
"""JSON of the equipment in `found`."""
HOME_ROOMS: Final = """
    SELECT e.home_room_id FROM equipment AS e JOIN named USING (id) WHERE e.home_room_id IS NOT NULL
"""
REPLACEMENTS: Final = """
    SELECT twin.id FROM equipment AS mine JOIN known ON known.id = mine.id AND known.is_named
    JOIN equipment AS twin ON twin.equipment_kind = mine.equipment_kind
    JOIN resource AS r ON r.id = twin.id AND r.active
    WHERE twin.home_room_id IN (SELECT id FROM rooms)
"""
"""Equipment in one of `rooms` that could replace the named pieces in `known`."""


@dataclass(frozen=True)
class EquipmentRow:
    """A piece of equipment. Shape: `home_room` is a room's code."""

    id: int
    code: str
    names: Mapping[str, str]
    units: tuple[int, ...]
    equipment_kind: str
    room_use: str
    home_room: str | None
    gmp: bool
    out_of_service: bool


def equipment_facts(
    row: EquipmentRow,
    rooms: Mapping[str, RoomRow],
    occupations: Mapping[int, Sequence[OccupationRow]],
    outages: KnownOutages,
) -> EquipmentFacts:
    """The facts of one piece of equipment; `rooms` hold its home room."""
    home = rooms.get(row.home_room) if row.home_room else None
    units = (
        UnitFacts(unit, number, tuple(each.facts(_work_class(each, row, home)) for each in occupations.get(unit, ())))
        for number, unit in enumerate(row.units, start=1)
    )
    return EquipmentFacts(
        code=row.code,
        names=row.names,
        kind=row.equipment_kind,
        room_use=row.room_use,
        home_room=row.home_room,
        units=tuple(units),
        withdrawn=outages.resources.get(row.id, ()),
        out_of_service=row.out_of_service,
    )


def _work_class(each: OccupationRow, row: EquipmentRow, home: RoomRow | None) -> WorkClass | None:
    """The class of the work that occupies the equipment; None for equipment that is used in any room."""
    if each.kind is None:
        return None
    if row.room_use == RoomUse.RUNS_ALONE:
        return work_class_of(each.kind, each.run_type, None)
    return work_class_of(each.kind, each.run_type, home.room_class) if home else None
