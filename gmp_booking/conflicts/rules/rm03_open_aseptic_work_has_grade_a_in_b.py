"""RM-03: open aseptic work is done at grade A within a grade B room.

Other open work and closed systems are exempt.
"""

from collections.abc import Iterator

from gmp_booking.conflicts.case import Case
from gmp_booking.conflicts.finding import Violation
from gmp_booking.conflicts.rule import H, SeverityMatrix, Texts, rule
from gmp_booking.kernel.text import N_

BACKGROUND = frozenset({"A", "B"})


@rule(
    "RM-03",
    N_("Open aseptic work has grade A within grade B"),
    applies=SeverityMatrix(
        clin=H, eng=H, media_fill=H, device=None, service=None, demo=None, seated=None, clinical_demo=None
    ),
    source="PIC/S PE 009-17 Annex 2A §3.11, §3.13",
    texts={
        "": Texts(own=N_("Open aseptic work needs grade A within grade B; {resource} is grade {grade}.")),
        "step": Texts(
            own=N_("The step “{step}” is open aseptic work: it needs grade A within grade B; {resource} is {grade}.")
        ),
    },
)
def judge(case: Case) -> Iterator[Violation]:
    for session in case.sessions:
        grade = case.rooms[session.room].grade
        if session.exposure != "ASEPTIC_OPEN" or grade in BACKGROUND:
            continue
        params = {"grade": grade, "step": session.step} if session.step else {"grade": grade}
        yield Violation(
            resource=session.room,
            period=session.period,
            session=session.number,
            text="step" if session.step else "",
            params=params,
        )
