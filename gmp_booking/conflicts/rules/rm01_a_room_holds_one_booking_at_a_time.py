"""RM-01: two bookings never share a room, setup and teardown included."""

from collections.abc import Iterator

from gmp_booking.conflicts.case import Case
from gmp_booking.conflicts.finding import Violation
from gmp_booking.conflicts.free_shifts import forbidden_by
from gmp_booking.conflicts.overlaps import busy_blocks, overlap_violation, taken_time
from gmp_booking.conflicts.rule import EVERYTHING_HARD, Texts, rule
from gmp_booking.kernel.text import N_


@rule(
    "RM-01",
    N_("A room holds one booking at a time"),
    applies=EVERYTHING_HARD,
    source="PIC/S PE 009-17 Annex 2A §3.2",
    texts={
        "": Texts(
            own=N_("{resource} is reserved {period}."),
            staff=N_("{resource} is reserved {period} by {references}."),
        ),
        "own": Texts(
            own=N_("{resource} is reserved {period} by your booking {references}."),
            staff=N_("{resource} is reserved {period} by {references} of the same company."),
        ),
    },
)
def judge(case: Case) -> Iterator[Violation]:
    for claim in case.claims:
        room = case.rooms.get(claim.resource_code)
        if room is None:
            continue
        for block in busy_blocks(room.busy, claim.period, case.booking.company_id):
            forbidden = forbidden_by(taken_time(room), claim.period)
            yield overlap_violation(case, claim, block, forbidden=forbidden)
