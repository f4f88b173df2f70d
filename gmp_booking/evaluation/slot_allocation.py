"""Let a booking hold the time that it needs, and nothing else: the only way to take time or to give it back."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TypeAlias

from gmp_booking.bookings.models import Booking
from gmp_booking.conflicts.placement import place
from gmp_booking.conflicts.unit_layers import UnitTime, clusters, layers
from gmp_booking.evaluation.booked_parts import list_booked_parts
from gmp_booking.evaluation.needs import Need, needs
from gmp_booking.evaluation.others_time import OthersTime, UnitsBusy, all_but
from gmp_booking.evaluation.refusals import not_free
from gmp_booking.infra.database.uow import Uow
from gmp_booking.kernel.errors import Conflict
from gmp_booking.kernel.period import Period, common, merge, uncovered
from gmp_booking.resources.slot_changes import HeldSlot, NewSlot, covered_by_unit, slot_changes
from gmp_booking.resources.slots import list_held, write_slots

Refuse: TypeAlias = Callable[[Sequence[NewSlot]], Conflict]
"""Makes the refusal of planned time that somebody else holds. Shape: `unit_id` is 0 where no unit was found."""


@dataclass(frozen=True)
class Holder:
    """The booking that holds the time, and its company."""

    booking_id: int
    company_id: int


@dataclass(frozen=True)
class Granted:
    """Recorded time that was asked for, and what of it is held: None where somebody else holds all of it."""

    need: Need
    period: Period | None


def allocate_stored(
    uow: Uow, holder: Holder, *, known: Mapping[int, UnitsBusy] | None = None, refuse: Refuse = not_free
) -> list[Granted]:
    """Hold what the stored sessions, reservations and waiting change of a booking need now."""
    wanted = needs(list_booked_parts(uow, holder.booking_id))
    held = list_held(uow, holder.booking_id)
    return allocate(uow, holder, wanted, held=held, known=known, refuse=refuse)


def allocate(
    uow: Uow,
    holder: Holder,
    wanted: Sequence[Need],
    *,
    held: Sequence[HeldSlot] = (),
    known: Mapping[int, UnitsBusy] | None = None,
    refuse: Refuse = not_free,
) -> list[Granted]:
    """Hold what is needed: on units that are held already where possible; of the rest all, or nothing.

    Shape: `known` is the time of others by resource, as far as it was read already.
    Errors: what `refuse` makes of planned time that is not free. Recorded time is held as far as it is free.
    """
    others = OthersTime(uow, holder.booking_id, wanted, known or {})
    planned: list[NewSlot] = []
    recorded: list[NewSlot] = []
    granted: list[Granted] = []
    for resource_id, each in _by_resource(wanted).items():
        own = covered_by_unit(slot for slot in held if slot.resource_id == resource_id)
        planned.extend(_place_planned(resource_id, each, own, others))
        for need in each:
            if need.is_recorded:
                found = _place_recorded(need, own, others)
                granted.append(Granted(need, found.period if found else None))
                recorded.extend([found] if found else [])
    refused = [new for new in planned if not new.unit_id]
    if not refused:
        changes = slot_changes(held, planned, recorded)
        refused = write_slots(uow, changes, company_id=holder.company_id, booking_id=holder.booking_id)
    if refused:
        raise refuse(refused)
    return granted


def holder_of(booking: Booking) -> Holder:
    return Holder(booking.id, booking.company_id)


def _by_resource(wanted: Sequence[Need]) -> Mapping[int, Sequence[Need]]:
    by_resource: defaultdict[int, list[Need]] = defaultdict(list)
    for need in wanted:
        by_resource[need.resource_id].append(need)
    return by_resource


def _place_planned(
    resource_id: int, wanted: Sequence[Need], own: Mapping[int, Sequence[Period]], others: OthersTime
) -> list[NewSlot]:
    """The planned time of one resource on units. Shape: `unit_id` is 0 when it does not all fit."""
    times = [
        each
        for cluster in clusters(UnitTime(need.units, need.period) for need in wanted if not need.is_recorded)
        for each in (cluster if len(cluster) == 1 else layers(cluster))
    ]
    if not times:
        return []
    placed = place(all_but(own), times, kept=own) or place(others.of(resource_id), times, kept=own)
    if placed is None:
        return [NewSlot(0, resource_id, each.period) for each in times]
    return [NewSlot(unit_id, resource_id, each.period) for each, units in placed.items() for unit_id in units]


def _place_recorded(need: Need, own: Mapping[int, Sequence[Period]], others: OthersTime) -> NewSlot | None:
    """The longest part of recorded time that continues what is held; else the first that is free anywhere."""
    for unit_id, periods in own.items():
        if any(each.contains(need.period) for each in periods):
            return NewSlot(unit_id, need.resource_id, need.period)
    free = [
        (_shared(piece, own.get(unit_id, ())), piece, unit_id)
        for unit_id, busy in others.of(need.resource_id).items()
        for piece in uncovered(need.period, merge(busy))
    ]
    if not free:
        return None
    _, piece, unit_id = min(free, key=lambda each: (-each[0], each[1], each[2]))
    return NewSlot(unit_id, need.resource_id, piece)


def _shared(piece: Period, own: Sequence[Period]) -> timedelta:
    shared = [found.duration for each in own if (found := common(piece, each)) is not None]
    return sum(shared, timedelta())
