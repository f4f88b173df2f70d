"""HV-01: while an air handling unit is stopped, no room it serves is used."""

from collections.abc import Iterator

from gmp_booking.conflicts.case import Case
from gmp_booking.conflicts.finding import Violation
from gmp_booking.conflicts.outage_findings import AIR_HANDLING, enclosing_room, outage_violation, overlapping
from gmp_booking.conflicts.rule import H, SeverityMatrix, Texts, W, rule
from gmp_booking.kernel.text import N_


@rule(
    "HV-01",
    N_("No room is used while its air handling unit is stopped"),
    applies=SeverityMatrix(clin=H, eng=H, media_fill=H, device=W, service=H, demo=W, seated=None, clinical_demo=None),
    source="PIC/S PE 009-17 Annex 1 §4.32 i",
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
                yield outage_violation(case, claim, one, text="", params={"room": room.code, "rooms": served})
