"""PE-03: a person is in one session at a time, and a change of rooms leaves time to gown.

Only roles inside the room count. Gowning time counts twice: out of one room and into the other.
"""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from gmp_booking.conflicts.case import Assignment, Case, SessionFacts
from gmp_booking.conflicts.finding import Violation
from gmp_booking.conflicts.free_shifts import ShiftInterval
from gmp_booking.conflicts.parameter import Parameter
from gmp_booking.conflicts.rule import H, Part, SeverityMatrix, Texts, rule
from gmp_booking.kernel.period import Period
from gmp_booking.kernel.text import N_

GOWNING = Parameter("PE-03", "gowning_min", unit="min", default=20, source="default is ours, each way")


def forbidden_shifts(case: Case, part: Part) -> Iterator[ShiftInterval]:
    """The shifts after which one of a session's people would be elsewhere, or changing rooms."""
    if not isinstance(part, SessionFacts):
        return
    change = _changing_rooms(case)
    for person in part.crew:
        facts = case.people.get(person.person_id)
        for busy in facts.busy if facts else ():
            if not busy.own_booking:
                apart = change if busy.room != part.room else timedelta()
                yield busy.period.start - apart - part.period.end, busy.period.end + apart - part.period.start


@rule(
    "PE-03",
    N_("A person can be in one place only at a time"),
    applies=SeverityMatrix(clin=H, eng=H, media_fill=H, device=None, service=H, demo=H, seated=H, clinical_demo=H),
    source="PIC/S PE 009-17 Annex 1 §7.2; the gowning time is ours",
    parameters=(GOWNING,),
    forbidden_shifts=forbidden_shifts,
    texts={
        "": Texts(
            own=N_("{person} is already assigned {other}."),
            staff=N_("{person} is already assigned to {room} {other}."),
        ),
        "gowning": Texts(
            own=N_("{person} is assigned to another room {other}; changing rooms takes {minutes} min."),
            staff=N_("{person} is assigned to {room} {other}; changing rooms takes {minutes} min."),
        ),
    },
)
def judge(case: Case) -> Iterator[Violation]:
    change = _changing_rooms(case)
    for session in case.sessions:
        for person in session.crew:
            for other, room, is_same_booking in _elsewhere(case, session, person, change):
                apart = change if room != session.room else timedelta()
                if other.start - apart < session.period.end and session.period.start < other.end + apart:
                    yield _violation(session, person, other, room=None if is_same_booking else room, apart=apart)


def _changing_rooms(case: Case) -> timedelta:
    """The least time between two sessions of one person in different rooms: degowning and gowning."""
    return timedelta(minutes=2 * case.policy.value(GOWNING))


def _elsewhere(
    case: Case, session: SessionFacts, person: Assignment, change: timedelta
) -> Iterator[tuple[Period, str, bool]]:
    """The person's other sessions near this one; a pair in this booking is reported once, at the later one."""
    facts = case.people.get(person.person_id)
    reach = session.period.padded(before=change, after=change)
    for busy in facts.busy if facts else ():
        if busy.period.overlaps(reach) and not busy.own_booking:
            yield busy.period, busy.room, False
    for other in case.sessions:
        if other.number < session.number and any(one.person_id == person.person_id for one in other.crew):
            yield other.period, other.room, True


def _violation(
    session: SessionFacts, person: Assignment, other: Period, *, room: str | None, apart: timedelta
) -> Violation:
    params: dict[str, Any] = {
        "person": person.name,
        "other": {"start": other.start.isoformat(), "end": other.end.isoformat()},
    }
    is_gowning = not other.overlaps(session.period)
    if is_gowning:
        params["minutes"] = int(apart.total_seconds() // 60)
    return Violation(
        resource=session.room,
        period=session.period,
        session=session.number,
        text="gowning" if is_gowning else "",
        params=params,
        staff_params={"room": room} if room else {},
    )
