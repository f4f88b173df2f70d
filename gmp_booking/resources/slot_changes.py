"""What must change so that a booking holds the wanted time and nothing else; pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from gmp_booking.kernel.period import Period, common, merge, uncovered


@dataclass(frozen=True)
class NewSlot:
    """Time of one unit to be taken."""

    unit_id: int
    resource_id: int
    period: Period


@dataclass(frozen=True)
class HeldSlot:
    """An active slot."""

    id: int
    unit_id: int
    resource_id: int
    period: Period


@dataclass
class SlotChanges:
    """Slots to release, slots with a new period by id, and slots to take."""

    released: list[int] = field(default_factory=list)
    fitted: dict[int, Period] = field(default_factory=dict)
    taken: list[NewSlot] = field(default_factory=list)


def slot_changes(held: Sequence[HeldSlot], planned: Sequence[NewSlot], recorded: Sequence[NewSlot]) -> SlotChanges:
    """The changes from the held slots to the wanted time.

    Time that is held and wanted stays where it is. Missing time of a plan gets a slot of its own, so that ending the
    plan leaves the others untouched; missing time of what happens extends the slot that it adjoins.
    """
    changes = SlotChanges()
    wanted = covered_by_unit((*planned, *recorded))
    for slot in held:
        _keep_common(changes, slot, wanted.get(slot.unit_id, ()))
    for new in _missing(planned, covered_by_unit(held)):
        changes.taken.append(new)
    standing = {slot.id: slot for slot in held if slot.id not in changes.released}
    for new in _missing(recorded, covered_by_unit((*held, *planned))):
        _extend_or_take(changes, standing.values(), new)
    return changes


def covered_by_unit(slots: Iterable[HeldSlot | NewSlot]) -> Mapping[int, Sequence[Period]]:
    """The time of each unit, merged and sorted."""
    periods: defaultdict[int, list[Period]] = defaultdict(list)
    for slot in slots:
        periods[slot.unit_id].append(slot.period)
    return {unit_id: merge(each) for unit_id, each in periods.items()}


def _keep_common(changes: SlotChanges, slot: HeldSlot, wanted: Sequence[Period]) -> None:
    pieces = [piece for each in wanted if (piece := common(slot.period, each)) is not None]
    if not pieces:
        changes.released.append(slot.id)
        return
    first, *others = pieces
    if first != slot.period:
        changes.fitted[slot.id] = first
    changes.taken.extend(NewSlot(slot.unit_id, slot.resource_id, piece) for piece in others)


def _missing(wanted: Iterable[NewSlot], covered: Mapping[int, Sequence[Period]]) -> list[NewSlot]:
    return [
        NewSlot(slot.unit_id, slot.resource_id, piece)
        for slot in wanted
        for piece in uncovered(slot.period, covered.get(slot.unit_id, ()))
    ]


def _extend_or_take(changes: SlotChanges, standing: Iterable[HeldSlot], new: NewSlot) -> None:
    for slot in standing:
        period = changes.fitted.get(slot.id, slot.period)
        if slot.unit_id == new.unit_id and new.period.start <= period.end and period.start <= new.period.end:
            start, end = min(period.start, new.period.start), max(period.end, new.period.end)
            changes.fitted[slot.id] = Period(start, end)
            return
    changes.taken.append(new)
