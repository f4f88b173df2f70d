"""What a case says about time: what its parts need, and what others hold."""

from __future__ import annotations

from gmp_booking.conflicts.case import Case
from gmp_booking.conflicts.claims import claimed_parts
from gmp_booking.evaluation.needs import Need
from gmp_booking.evaluation.others_time import UnitsBusy
from gmp_booking.evaluation.resolved_content import ResolvedContent


def planned_needs(case: Case, resolved: ResolvedContent) -> list[Need]:
    """What the sessions and reservations of a case need."""
    return [
        Need(resolved.resources[part.resource_code].id, part.units, part.period, part.session_number)
        for part in claimed_parts(case)
    ]


def time_of_others(case: Case, resolved: ResolvedContent) -> dict[int, UnitsBusy]:
    """What a case knows of the time of others, by resource."""
    rooms: dict[int, UnitsBusy] = {
        resolved.rooms[code].id: {unit: [busy.period for busy in room.busy] for unit in resolved.rooms[code].units}
        for code, room in case.rooms.items()
    }
    equipment: dict[int, UnitsBusy] = {
        resolved.equipment[code].id: {unit.unit_id: [busy.period for busy in unit.busy] for unit in each.units}
        for code, each in case.equipment.items()
    }
    return rooms | equipment
