"""EQ-01: as many places of the equipment as are asked for are free, each of them throughout.

A sum below the capacity at every instant is not enough: nobody moves a culture from shelf to shelf at midnight.
"""

from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise

from gmp_booking.conflicts.case import Case, EquipmentFacts
from gmp_booking.conflicts.claims import Claim
from gmp_booking.conflicts.finding import Complaint
from gmp_booking.conflicts.free_shifts import forbidden_unless
from gmp_booking.conflicts.overlaps import Block, blocks, clash, references, taken_places
from gmp_booking.conflicts.rule import EVERYTHING_HARD, Texts, rule
from gmp_booking.kernel.period import Period, merge
from gmp_booking.kernel.text import N_


@rule(
    "EQ-01",
    N_("Equipment has as many places free throughout as are asked for"),
    applies=EVERYTHING_HARD,
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
            own=N_("{resource} has too few free places {period}; {asked} asked for."),
            staff=N_("{resource} has too few free places {period}; {asked} asked for. Taken by {references}."),
        ),
        "scattered": Texts(
            own=N_("{resource} has no place that is free throughout {period}."),
            staff=N_("{resource} has no place that is free throughout {period}. Taken by {references}."),
        ),
        "capacity": Texts(
            own=N_("{resource} has {capacity} places; {asked} asked for."),
        ),
    },
)
def judge(case: Case) -> Iterator[Complaint]:
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
    """The places the booking itself needs at once there: its own claims lie within one another."""
    return sum(
        other.units
        for other in wanted
        if other.resource_code == claim.resource_code and other.period.contains(claim.period)
    )


def _shortage(case: Case, equipment: EquipmentFacts, asked: Claim) -> Iterator[Complaint]:
    capacity = len(equipment.units)
    counts = {"asked": asked.units, "capacity": capacity}
    if asked.units > capacity:
        yield replace(_complaint(asked, "capacity"), params=counts)
        return
    forbidden = forbidden_unless(taken_places(equipment), asked.period, places=asked.units)
    busy = tuple(busy for unit in equipment.units for busy in unit.busy)
    if capacity == 1:
        for block in blocks(busy, asked.period, case.booking.company_id):
            yield clash(case, asked, block, forbidden=forbidden)
        return
    short = [period for period in _short(equipment, asked) if period.overlaps(asked.period)]
    for period in short or [asked.period]:
        block = Block(period, references(busy, period, asked.period), is_own=False)
        complaint = clash(case, asked, block, forbidden=forbidden, text="full" if short else "scattered")
        yield replace(complaint, params=counts)


def _complaint(asked: Claim, text: str) -> Complaint:
    return Complaint(
        resource=asked.resource_code,
        period=asked.period,
        session=asked.session_number,
        reservation=asked.reservation_number,
        text=text,
    )


def _short(equipment: EquipmentFacts, asked: Claim) -> list[Period]:
    """The stretches in which fewer places are free than are asked for, whoever else holds them."""
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
