"""RM-04: at no moment are more people in a room than its documented maximum."""

from collections import defaultdict
from collections.abc import Iterator
from itertools import pairwise

from gmp_booking.conflicts.case import Case, RoomFacts, SessionFacts
from gmp_booking.conflicts.finding import Violation
from gmp_booking.conflicts.rule import H, SeverityMatrix, Texts, W, rule
from gmp_booking.kernel.period import Period
from gmp_booking.kernel.text import N_


@rule(
    "RM-04",
    N_("No more people are in a room than its documented maximum"),
    applies=SeverityMatrix(clin=H, eng=H, media_fill=H, device=None, service=H, demo=H, seated=H, clinical_demo=H),
    source="PIC/S PE 009-17 Annex 1 §7.2",
    texts={
        "": Texts(own=N_("{resource} allows {maximum} people; {planned} are planned.")),
        "unset": Texts(own=N_("No maximum number of people is documented for {resource}.")),
    },
)
def judge(case: Case) -> Iterator[Violation]:
    by_room: defaultdict[str, list[SessionFacts]] = defaultdict(list)
    for session in case.sessions:
        by_room[session.room].append(session)
    for code, sessions in by_room.items():
        yield from _crowded(case.rooms[code], sessions)


def _crowded(room: RoomFacts, sessions: list[SessionFacts]) -> Iterator[Violation]:
    first = sessions[0]
    if room.max_occupancy is None:
        yield Violation(resource=room.code, period=first.period, session=first.number, text="unset", at_most=W)
        return
    crowd: list[tuple[Period, int, int]] = []
    for period, present in _moments(sessions):
        planned = _people(present)
        if planned <= room.max_occupancy:
            continue
        number = min(session.number for session in present)
        if crowd and crowd[-1][0].end == period.start:
            since, before, earlier = crowd.pop()
            crowd.append((Period(since.start, period.end), max(before, planned), min(earlier, number)))
        else:
            crowd.append((period, planned, number))
    for period, planned, number in crowd:
        params = {"maximum": room.max_occupancy, "planned": planned}
        yield Violation(resource=room.code, period=period, session=number, params=params)


def _moments(sessions: list[SessionFacts]) -> Iterator[tuple[Period, list[SessionFacts]]]:
    """Periods with a constant set of sessions, with those sessions."""
    if len(sessions) == 1:
        yield sessions[0].period, sessions
        return
    edges = sorted({edge for session in sessions for edge in (session.period.start, session.period.end)})
    for start, end in pairwise(edges):
        present = [session for session in sessions if session.period.start <= start < session.period.end]
        if present:
            yield Period(start, end), present


def _people(present: list[SessionFacts]) -> int:
    """The named people, each once, plus those only counted."""
    named = {person.person_id for session in present for person in session.crew}
    unnamed = sum(max(0, session.headcount - len(session.crew)) for session in present)
    return len(named) + unnamed
