"""Does anything hold the same place at the same time? Sweep lines over raw rows, by two ways that share nothing."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import NamedTuple

from tests.oracles.world import HOLDING, World, grouped


class Need(NamedTuple):
    """So many places of one resource, for one booking."""

    resource_id: int
    booking_id: int
    start: datetime
    end: datetime
    units: int


Steps = list[tuple[datetime, int]]


def slots_that_overlap(world: World) -> list[str]:
    """Active slots of one unit that share an instant, and slots without any time."""
    found = [f"slot {slot.id} has no time" for slot in world.slots if slot.start >= slot.end]
    for unit_id, slots in grouped((slot for slot in world.slots if slot.active), "unit_id").items():
        open_until, holder = None, 0
        for slot in sorted(slots, key=lambda each: (each.start, each.end)):
            if open_until is not None and slot.start < open_until:
                found.append(f"unit {unit_id}: slots {holder} and {slot.id} overlap at {slot.start}")
            if open_until is None or slot.end > open_until:
                open_until, holder = slot.end, slot.id
    return found


def needs(world: World) -> Iterator[Need]:
    """What every booking that holds slots needs, derived from its agreed content and not from its slots."""
    holding = {(booking.id, booking.version) for booking in world.bookings if booking.state in HOLDING}
    resources = {resource.id: resource for resource in world.resources}
    attended = grouped(world.attended, "session_id")

    def home_of(equipment_id: int) -> int | None:
        row = resources[equipment_id]
        return row.home_room_id if row.room_use == "ATTENDED" else None

    for session in world.sessions:
        if (session.booking_id, session.version) not in holding or session.state == "CANCELLED":
            continue
        taken = {session.room_id}
        for row in attended[session.id]:
            home = home_of(row.equipment_id)
            taken |= {row.equipment_id} | ({home} if home is not None else set())
        for resource_id in taken:
            yield Need(resource_id, session.booking_id, session.start, session.end, 1)
    for row in world.reservations:
        if (row.booking_id, row.version) not in holding:
            continue
        yield Need(row.equipment_id, row.booking_id, row.start, row.end, row.units)
        home = home_of(row.equipment_id)
        if home is not None:
            yield Need(home, row.booking_id, row.start, row.end, 1)


def places_oversold(world: World) -> list[str]:
    """Resources of which, at some instant, more places are promised than there are."""
    found = []
    codes = {resource.id: resource.code for resource in world.resources}
    for resource_id, of_resource in grouped(needs(world), "resource_id").items():
        changes: defaultdict[datetime, int] = defaultdict(int)
        for of_booking in grouped(of_resource, "booking_id").values():
            level = 0
            for at, units in _greatest(of_booking):
                changes[at] += units - level
                level = units
        promised = 0
        for at in sorted(changes):
            promised += changes[at]
            if promised > world.capacity[resource_id]:
                found.append(f"{codes[resource_id]}: {promised} of {world.capacity[resource_id]} places at {at}")
                break
    return found


def slots_unlike_agreed(world: World) -> list[str]:
    """Bookings whose active slots are not exactly what was agreed: too few, too many, at another time."""
    wanted: defaultdict[tuple[int, int], list[Need]] = defaultdict(list)
    for need in needs(world):
        wanted[need.booking_id, need.resource_id].append(need)
    held: defaultdict[tuple[int, int], list[tuple[datetime, datetime]]] = defaultdict(list)
    for slot in world.slots:
        if slot.active:
            held[slot.booking_id, slot.resource_id].append((slot.start, slot.end))
    owners = {unit.id: unit.resource_id for unit in world.units}
    found = [
        f"slot {slot.id} says resource {slot.resource_id}, its unit belongs to {owners.get(slot.unit_id)}"
        for slot in world.slots
        if owners.get(slot.unit_id) != slot.resource_id
    ]
    for booking_id, resource_id in sorted(wanted.keys() | held.keys()):
        agreed = _greatest(wanted[booking_id, resource_id])
        taken = _sum(held[booking_id, resource_id])
        if agreed != taken:
            found.append(f"booking {booking_id}, resource {resource_id}: agreed {agreed}, slots {taken}")
    return found


def _greatest(parts: Iterable[Need]) -> Steps:
    """The greatest need of one booking's own parts over time, as instants where it changes."""
    parts = list(parts)
    edges = sorted({edge for part in parts for edge in (part.start, part.end)})
    levels = ((edge, max((p.units for p in parts if p.start <= edge < p.end), default=0)) for edge in edges)
    return _changes_only(levels)


def _sum(periods: Iterable[tuple[datetime, datetime]]) -> Steps:
    changes: defaultdict[datetime, int] = defaultdict(int)
    for start, end in periods:
        changes[start] += 1
        changes[end] -= 1
    level, levels = 0, []
    for at in sorted(changes):
        level += changes[at]
        levels.append((at, level))
    return _changes_only(levels)


def _changes_only(levels: Iterable[tuple[datetime, int]]) -> Steps:
    kept: Steps = []
    for at, level in levels:
        if level != (kept[-1][1] if kept else 0):
            kept.append((at, level))
    return kept


def refused_in_vain(world: World, wanted: Iterable[tuple[str, Iterable[Need]]]) -> list[str]:
    """Requests that were refused although all they need is free in the end.

    Holds only while nothing is given back: what is free now was free then.
    """
    busy: defaultdict[int, list[tuple[datetime, datetime]]] = defaultdict(list)
    for slot in world.slots:
        if slot.active:
            busy[slot.unit_id].append((slot.start, slot.end))
    units = {resource_id: [row.id for row in rows] for resource_id, rows in grouped(world.units, "resource_id").items()}

    def is_free(need: Need) -> bool:
        free = [
            unit
            for unit in units[need.resource_id]
            if all(until <= need.start or need.end <= since for since, until in busy[unit])
        ]
        return len(free) >= need.units

    return [
        f"{name} was refused, yet all it needs is free" for name, all_needs in wanted if all(map(is_free, all_needs))
    ]
