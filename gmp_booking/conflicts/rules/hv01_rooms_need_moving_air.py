"""HV-01: while an air handling unit is stopped, no room it serves is used."""

from collections.abc import Iterable, Iterator

from gmp_booking.conflicts.case import Case
from gmp_booking.conflicts.claims import Claim
from gmp_booking.conflicts.finding import Violation
from gmp_booking.conflicts.free_shifts import ShiftInterval, forbidden_by
from gmp_booking.conflicts.outage_findings import (
    AIR_HANDLING,
    enclosing_room,
    outage_violation,
    overlapping,
    withdrawn_from,
)
from gmp_booking.conflicts.rule import H, Part, SeverityMatrix, Texts, W, rule
from gmp_booking.kernel.text import N_


def forbidden_shifts(case: Case, part: Part) -> Iterable[ShiftInterval]:
    """The shifts after which the air handling of a claimed room would be stopped."""
    if not isinstance(part, Claim):
        return ()
    stopped = (one.period for one in withdrawn_from(case, part) if one.subject_kind == AIR_HANDLING)
    return forbidden_by(stopped, part.period)


@rule(
    "HV-01",
    N_("No room is used while its air handling unit is stopped"),
    applies=SeverityMatrix(clin=H, eng=H, media_fill=H, device=W, service=H, demo=W, seated=None, clinical_demo=None),
    source="PIC/S PE 009-17 Annex 1 §4.32 i",
    forbidden_shifts=forbidden_shifts,
    texts=Texts(
        own=N_("The air handling of {room} is stopped {period}."),
        staff=N_("{subject} is stopped {period}; it serves {rooms}."),
    ),
)
def judge(case: Case) -> Iterator[Violation]:
    for claim in case.claims:
        room = enclosing_room(case, claim)
        for one in overlapping(room.withdrawn if room else (), claim.period):
            if room is not None and one.subject_kind == AIR_HANDLING:
                served = sorted(code for code, other in case.rooms.items() if one in other.withdrawn)
                yield outage_violation(claim, one, text="", params={"room": room.code, "rooms": served})
