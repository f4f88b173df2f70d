"""RM-02: between two sessions the room's air gets its recovery time, also within one batch."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import timedelta

from gmp_booking.conflicts.case import Case, Occupation, RoomFacts, SessionFacts
from gmp_booking.conflicts.finding import Violation
from gmp_booking.conflicts.rule import S, SeverityMatrix, Texts, W, rule
from gmp_booking.kernel.period import Period
from gmp_booking.kernel.text import N_

MINUTE = timedelta(minutes=1)


@rule(
    "RM-02",
    N_("A room recovers between two sessions"),
    applies=SeverityMatrix(
        clin=S, eng=W, media_fill=S, device=None, service=None, demo=None, seated=None, clinical_demo=None
    ),
    override="QA",
    source="PIC/S PE 009-17 Annex 1 §4.29; the minutes are the room's own",
    texts={
        "": Texts(
            own=N_("{resource} needs {needed} min to recover; {gap} min are planned {period}."),
            staff=N_("{resource} needs {needed} min to recover; {gap} min are planned {period}, next to {references}."),
        ),
        "unset": Texts(own=N_("No recovery time is set for {resource}.")),
    },
)
def judge(case: Case) -> Iterator[Violation]:
    by_room: defaultdict[str, list[SessionFacts]] = defaultdict(list)
    for session in case.sessions:
        by_room[session.room].append(session)
    for code, sessions in by_room.items():
        yield from _hurried(case.rooms[code], sessions)


def _hurried(room: RoomFacts, sessions: list[SessionFacts]) -> Iterator[Violation]:
    if room.recovery is None:
        first = sessions[0]
        yield Violation(resource=room.code, period=first.period, session=first.number, text="unset", at_most=W)
        return
    if not room.recovery:
        return
    before: SessionFacts | None = None
    for session in sorted(sessions, key=lambda one: one.occupied):
        neighbours = list(room.busy)
        if before is not None:
            neighbours.append(Occupation(before.occupied))
        yield from _too_close(room, room.recovery, session, neighbours=neighbours)
        before = session


def _too_close(
    room: RoomFacts, recovery: timedelta, session: SessionFacts, *, neighbours: Iterable[Occupation]
) -> Iterator[Violation]:
    """At most one violation before and one after the session: with the nearest neighbour."""
    wanted = session.occupied
    near = [(_gap(one.period, wanted), one) for one in neighbours if not one.period.overlaps(wanted)]
    for is_earlier in (True, False):
        side = [(gap, one) for gap, one in near if (one.period.end <= wanted.start) is is_earlier and gap < recovery]
        if not side:
            continue
        gap, one = min(side, key=lambda pair: (pair[0], pair[1].period))
        yield Violation(
            resource=room.code,
            period=wanted,
            session=session.number,
            params={"needed": recovery // MINUTE, "gap": gap // MINUTE},
            staff_params={"references": [one.reference]} if one.reference else {},
        )


def _gap(one: Period, other: Period) -> timedelta:
    return max(one.start - other.end, other.start - one.end)
