"""Facts of rooms: their row, rooms that could replace one, and the facts of a case."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from gmp_booking.conflicts.case import Occupation, RoomFacts
from gmp_booking.conflicts.work_class import work_class_of
from gmp_booking.evaluation.providers.occupations import OccupationRow
from gmp_booking.evaluation.providers.outages import KnownOutages

ROOMS: Final = """
    SELECT COALESCE(jsonb_agg(jsonb_build_object(
        'id', r.id, 'code', r.code,
        'names', jsonb_build_object('ko', r.name_ko, 'en', r.name_en, 'zh', r.name_zh),
        'units', (SELECT jsonb_agg(u.id ORDER BY u.number) FROM unit AS u WHERE u.resource_id = r.id),
        'grade', room.grade, 'room_class', room.room_class, 'gmp', room.gmp, 'air_zone', zone.code,
        'max_occupancy', room.max_occupancy, 'recovery_min', room.recovery_min, 'seats', room.seats)
        ORDER BY r.id), '[]')
    FROM found JOIN resource AS r USING (id) JOIN room ON room.id = r.id
    LEFT JOIN air_zone AS zone ON zone.id = room.air_zone_id
"""
"""JSON of the rooms in `found`."""
REPLACEMENTS: Final = """
    SELECT other.id FROM room AS mine JOIN known USING (id)
    JOIN room AS other ON other.room_class = mine.room_class AND other.grade = mine.grade
    JOIN resource AS r ON r.id = other.id AND r.active
    WHERE other.allowed_modalities = '{}' OR EXISTS (
        SELECT FROM product AS p WHERE p.id = :product_id AND p.modality = ANY (other.allowed_modalities))
"""
"""Rooms that could replace those in `known`."""


@dataclass(frozen=True)
class RoomRow:
    """A room. Shape: `max_occupancy`, `recovery_min` and `seats` are None while not set."""

    id: int
    code: str
    names: Mapping[str, str]
    units: tuple[int, ...]
    grade: str
    room_class: str
    gmp: bool
    air_zone: str | None
    max_occupancy: int | None
    recovery_min: int | None
    seats: int | None


def room_facts(row: RoomRow, occupations: Mapping[int, Sequence[OccupationRow]], outages: KnownOutages) -> RoomFacts:
    return RoomFacts(
        code=row.code,
        names=row.names,
        grade=row.grade,
        room_class=row.room_class,
        max_occupancy=row.max_occupancy,
        air_zone=row.air_zone,
        recovery=None if row.recovery_min is None else timedelta(minutes=row.recovery_min),
        seats=row.seats,
        is_gmp=row.gmp,
        busy=tuple(_occupation(each, row) for unit in row.units for each in occupations.get(unit, ())),
        withdrawn=outages.resources.get(row.id, ()),
    )


def _occupation(each: OccupationRow, room: RoomRow) -> Occupation:
    return each.facts(work_class_of(each.kind, each.run_type, room.room_class) if each.kind else None)
