"""DM-02: no more participants than a room has seats, the instructors not counted."""

from collections.abc import Iterator

from gmp_booking.conflicts.case import Case, SessionFacts
from gmp_booking.conflicts.finding import Violation
from gmp_booking.conflicts.rule import H, SeverityMatrix, Texts, W, rule
from gmp_booking.kernel.text import N_
from gmp_booking.kernel.vocabulary import RoomClass

JUDGED = frozenset({RoomClass.DEMO, RoomClass.SEATED})


@rule(
    "DM-02",
    N_("No more people take part than a room has seats"),
    applies=SeverityMatrix(
        clin=None, eng=None, media_fill=None, device=None, service=None, demo=H, seated=H, clinical_demo=None
    ),
    source="default is ours",
    texts={
        "": Texts(own=N_("{resource} has {seats} seats; {planned} people would take part.")),
        "unset": Texts(own=N_("No number of seats is set for {resource}.")),
    },
)
def judge(case: Case) -> Iterator[Violation]:
    if case.booking.seats is None:
        return
    unset: set[str] = set()
    for session in case.sessions:
        room = case.rooms[session.room]
        if room.room_class not in JUDGED:
            continue
        planned = _taking_part(session, case.booking.seats)
        if room.seats is None:
            if room.code not in unset:
                yield Violation(
                    resource=room.code, period=session.period, session=session.number, text="unset", at_most=W
                )
            unset.add(room.code)
        elif planned > room.seats:
            params = {"seats": room.seats, "planned": planned}
            yield Violation(resource=room.code, period=session.period, session=session.number, params=params)


def _taking_part(session: SessionFacts, seats: int) -> int:
    """The booking's seats, or fewer if the session's group is smaller; instructors are not counted."""
    return min(seats, max(session.headcount - len(session.crew), 0))
