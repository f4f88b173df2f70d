"""DM-01: demonstrations, courses, consults and tours are never held in a room used under GMP."""

from collections.abc import Iterator

from gmp_booking.conflicts.case import Case
from gmp_booking.conflicts.finding import Violation
from gmp_booking.conflicts.rule import H, SeverityMatrix, Texts, rule
from gmp_booking.kernel.text import N_
from gmp_booking.kernel.vocabulary import DEMONSTRATIONS


@rule(
    "DM-01",
    N_("Demonstrations stay out of rooms used under GMP"),
    # In a GMP room the other rules judge a demonstration as an engineering run; this one is why it cannot stay there.
    applies=SeverityMatrix(
        clin=None, eng=H, media_fill=None, device=None, service=H, demo=H, seated=None, clinical_demo=None
    ),
    source="PIC/S PE 009-17 Annex 1 §7.5; default is ours",
    texts=Texts(own=N_("{resource} is used under GMP; demonstrations are held in the demonstration rooms.")),
)
def judge(case: Case) -> Iterator[Violation]:
    if case.booking.kind not in DEMONSTRATIONS:
        return
    for session in case.sessions:
        if case.rooms[session.room].is_gmp:
            yield Violation(resource=session.room, period=session.period, session=session.number)
