"""RM-01: two bookings never share a room, setup and teardown included.

A session that has not ended is still in its room. Once it is overdue, the next use is at risk as soon as its
preparation would have to begin.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import timedelta

from gmp_booking.conflicts.case import Case, Occasion, RoomFacts, SessionFacts
from gmp_booking.conflicts.claims import Claim
from gmp_booking.conflicts.finding import Violation
from gmp_booking.conflicts.free_shifts import ShiftInterval, forbidden_by
from gmp_booking.conflicts.overlaps import IN_USE, busy_blocks, overlap_violation
from gmp_booking.conflicts.parameter import GRACE, NEXT_USE_AHEAD
from gmp_booking.conflicts.rule import EVERYTHING_HARD, Part, Texts, rule
from gmp_booking.kernel.period import Period
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
        **IN_USE,
    },
    parameters=(GRACE, NEXT_USE_AHEAD),
)
def judge(case: Case) -> Iterator[Violation]:
    for claim in case.claims:
        room = case.rooms.get(claim.resource_code)
        if room is None:
            continue
        blocks = busy_blocks(room.busy, claim.period, case.booking.company_id)
        for block in blocks:
            yield overlap_violation(claim, block)
        if not blocks and case.occasion is Occasion.REEXAMINE:
            yield from _waits_for_overdue(case, room, claim)


def _waits_for_overdue(case: Case, room: RoomFacts, claim: Claim) -> Iterator[Violation]:
    """An overdue session before the claim, whose end the preparation for it cannot await any longer."""
    session = next((each for each in case.sessions if each.number == claim.session_number), None)
    if session is None or session.period.start > case.now + _ahead(case, room, session):
        return
    overdue = [busy for busy in room.busy if busy.is_overdue and busy.period.end <= claim.period.start]
    until_it_begins = (replace(busy, period=Period(busy.period.start, claim.period.end)) for busy in overdue)
    for block in busy_blocks(until_it_begins, claim.period, case.booking.company_id):
        yield overlap_violation(claim, block)


def _ahead(case: Case, room: RoomFacts, session: SessionFacts) -> timedelta:
    """How long before its start a session is at risk."""
    return max(case.policy.minutes(NEXT_USE_AHEAD), session.setup + (room.recovery or timedelta()))
