"""RM-01: two bookings never share a room, setup and teardown included."""

from collections.abc import Iterable, Iterator

from gmp_booking.conflicts.case import Case
from gmp_booking.conflicts.claims import Claim
from gmp_booking.conflicts.finding import Violation
from gmp_booking.conflicts.free_shifts import ShiftInterval, forbidden_by
from gmp_booking.conflicts.overlaps import busy_blocks, overlap_violation
from gmp_booking.conflicts.rule import EVERYTHING_HARD, Part, Texts, rule
from gmp_booking.kernel.text import N_


def forbidden_shifts(case: Case, part: Part) -> Iterable[ShiftInterval]:
    """The shifts after which a claimed room would be occupied."""
    if not isinstance(part, Claim) or part.resource_code not in case.rooms:
        return ()
    return forbidden_by((busy.period for busy in case.rooms[part.resource_code].busy), part.period)


@rule(
    "RM-01",
    N_("A room holds one booking at a time"),
    applies=EVERYTHING_HARD,
    forbidden_shifts=forbidden_shifts,
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
            yield overlap_violation(claim, block)
