"""EQ-01: the requested number of units is free, each for the whole time.

Enough capacity at every instant does not suffice: a culture stays on its shelf.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import pairwise

from gmp_booking.conflicts.case import Case, EquipmentFacts
from gmp_booking.conflicts.claims import Claim
from gmp_booking.conflicts.finding import Violation
from gmp_booking.conflicts.free_shifts import ShiftInterval, forbidden_unless
from gmp_booking.conflicts.overlaps import IN_USE, BusyBlock, busy_blocks, overlap_violation, references
from gmp_booking.conflicts.rule import EVERYTHING_HARD, Part, Texts, rule
from gmp_booking.kernel.period import Period, merge
from gmp_booking.kernel.text import N_


def forbidden_shifts(case: Case, part: Part) -> Iterable[ShiftInterval]:
    """The shifts after which too few units of the claimed equipment would be free throughout."""
    if not isinstance(part, Claim) or part.resource_code not in case.equipment:
        return ()
    taken = [[busy.period for busy in unit.busy] for unit in case.equipment[part.resource_code].units]
    return forbidden_unless(taken, part.period, places=part.units)


@rule(
    "EQ-01",
    N_("Equipment has enough free places for the whole time"),
    applies=EVERYTHING_HARD,
    forbidden_shifts=forbidden_shifts,
    source="PIC/S PE 009-17 Annex 2A §3.4",
    texts={
        "": Texts(
            own=N_("{resource} is reserved {period}."),
            staff=N_("{resource} is reserved {period} by {references}."),
        ),
        "own": Texts(
            own=N_("{resource} is reserved {period} by your booking {references}."),
            staff=N_("{resource} is reserved {period} by {references} of the same company."),
        ),
        "full": Texts(
            own=N_("{resource} has too few free places {period}; {asked} requested."),
            staff=N_("{resource} has too few free places {period}; {asked} requested. Taken by {references}."),
        ),
        "scattered": Texts(
            own=N_("{resource} has no place that is free throughout {period}."),
            staff=N_("{resource} has no place that is free throughout {period}. Taken by {references}."),
        ),
        "capacity": Texts(
            own=N_("{resource} has {capacity} places; {asked} requested."),
        ),
        **IN_USE,
    },
)
def judge(case: Case) -> Iterator[Violation]:
    wanted = [claim for claim in case.claims if claim.resource_code in case.equipment]
    for claim in wanted:
        equipment = case.equipment[claim.resource_code]
        asked = replace(claim, units=_needed(claim, wanted))
        if _free_places(equipment, asked.period) < asked.units:
            yield from _shortage(case, equipment, asked)


def _free_places(equipment: EquipmentFacts, throughout: Period) -> int:
    start, end = throughout.start, throughout.end
    return sum(
        all(busy.period.end <= start or end <= busy.period.start for busy in unit.busy) for unit in equipment.units
    )


def _needed(claim: Claim, wanted: list[Claim]) -> int:
    """The units that the booking itself needs at the same time: its own claims are nested."""
    return sum(
        other.units
        for other in wanted
        if other.resource_code == claim.resource_code and other.period.contains(claim.period)
    )


def _shortage(case: Case, equipment: EquipmentFacts, asked: Claim) -> Iterator[Violation]:
    capacity = len(equipment.units)
    counts = {"asked": asked.units, "capacity": capacity}
    if asked.units > capacity:
        yield replace(_violation(asked, "capacity"), params=counts)
        return
    busy = tuple(busy for unit in equipment.units for busy in unit.busy)
    if capacity == 1:
        for block in busy_blocks(busy, asked.period, case.booking.company_id):
            yield overlap_violation(asked, block)
        return
    short = [period for period in _short(equipment, asked) if period.overlaps(asked.period)]
    for period in short or [asked.period]:
        block = BusyBlock(period, references(busy, period, asked.period), is_own=False)
        violation = overlap_violation(asked, block, text="full" if short else "scattered")
        yield replace(violation, params=counts)


def _violation(asked: Claim, text: str) -> Violation:
    return Violation(
        resource=asked.resource_code,
        period=asked.period,
        session=asked.session_number,
        reservation=asked.reservation_number,
        text=text,
    )


def _short(equipment: EquipmentFacts, asked: Claim) -> list[Period]:
    """The periods in which fewer units are free than requested."""
    spare = len(equipment.units) - asked.units
    edges = sorted(
        edge
        for unit in equipment.units
        for period in merge(busy.period for busy in unit.busy)
        for edge in ((period.start, 1), (period.end, -1))
    )
    short: list[Period] = []
    depth = 0
    for (at, step), (following, _) in pairwise(edges):
        depth += step
        if depth > spare and at < following:
            short.append(Period(at, following))
    return merge(short)
