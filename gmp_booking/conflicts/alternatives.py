"""Alternatives to a booking that is refused: a bounded, deterministic search.

Busy time selects the candidates; only candidates that pass the engine are returned.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

from gmp_booking.conflicts.candidate_shifts import NO_SHIFT, first_start, single_shifts, whole_shifts
from gmp_booking.conflicts.case import Case, EquipmentFacts, ReservationFacts, RoomFacts, SessionFacts
from gmp_booking.conflicts.engine import examine
from gmp_booking.conflicts.finding import Finding
from gmp_booking.conflicts.locale_formatter import LocaleFormatter
from gmp_booking.conflicts.verdict import Verdict
from gmp_booking.kernel.text import N_
from gmp_booking.kernel.vocabulary import Severity

MAX_EXAMINED = 10
"""How many candidates of each of the five kinds are examined."""
MAX_KEPT = 2
"""How many of each kind are kept before the smallest changes are chosen."""

OTHER_EQUIPMENT = N_("Use {equipment} instead of {replaced}")
OTHER_ROOM = N_("Use {room} at the same time")
OTHER_ROOM_FOR_ONE = N_("Use {room} at the same time for session {number}")
LATER = N_("Start later: {start}")
EARLIER = N_("Start earlier: {start}")
ALL_LATER = N_("Move the whole booking later: first start {start}")
ALL_EARLIER = N_("Move the whole booking earlier: first start {start}")
ONE_LATER = N_("Start session {number} later: {start}")
ONE_EARLIER = N_("Start session {number} earlier: {start}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Alternative:
    """A changed booking that passes the engine.

    Shape: `label` is a message id; `start` in `params` is an ISO instant, other params are texts or numbers.
    `displacement` is the largest move, `changes` the number of changed parts.
    """

    label: str
    params: Mapping[str, Any]
    case: Case
    displacement: timedelta
    changes: int

    def label_in(self, formatter: LocaleFormatter) -> str:
        """The label in the reader's language."""
        words = dict(self.params)
        if "start" in words:
            words["start"] = formatter.instant(datetime.fromisoformat(words["start"]))
        return formatter.sentence(self.label, words)


def find_alternatives(case: Case, limit: int = 3) -> tuple[Alternative, ...]:
    """Up to `limit` alternatives, the smallest change first; none when the case is clear."""
    base = examine(case)
    if base.is_clear or not case.claims:
        return ()
    kinds = [_first_fitting(kind, base) for kind in _kinds(case, base)]
    first = sorted((kind[0] for kind in kinds if kind), key=_change_size)
    second = sorted((one for kind in kinds for one in kind[1:]), key=_change_size)
    return tuple(sorted((first + second)[:limit], key=_change_size))


def alternative_as_json(alternative: Alternative, formatter: LocaleFormatter) -> dict[str, Any]:
    """Shape: {label, sessions, equipment}, parts as a booking is sent, times with the facility's offset."""
    case = alternative.case
    return {
        "label": alternative.label_in(formatter),
        "sessions": [_session_as_json(session, case) for session in case.sessions],
        "equipment": [_reservation_as_json(reservation, case) for reservation in case.reservations],
    }


def _kinds(case: Case, base: Verdict) -> tuple[Iterator[Alternative], ...]:
    shifts = tuple(whole_shifts(case, base))
    later = (shift for shift in shifts if shift > NO_SHIFT)
    earlier = (shift for shift in shifts if shift < NO_SHIFT)
    return (
        _other_equipment(case, base),
        _other_room(case, base),
        _moved_by(case, later, alone=LATER, together=ALL_LATER),
        _moved_by(case, earlier, alone=EARLIER, together=ALL_EARLIER),
        _one_session(case, base),
    )


def _first_fitting(kind: Iterator[Alternative], base: Verdict) -> list[Alternative]:
    return list(islice((one for one in islice(kind, MAX_EXAMINED) if _fits(one.case, base)), MAX_KEPT))


def _fits(candidate: Case, base: Verdict) -> bool:
    """No HARD finding and no new or heavier one; if the base has no HARD finding, no SOFT one either."""
    if any(claim.period.start < candidate.now for claim in candidate.claims):
        return False
    if candidate.known is not None and not all(candidate.known.contains(claim.period) for claim in candidate.claims):
        return False
    verdict = examine(candidate)
    if verdict.has_hard or (verdict.open_soft and not base.has_hard):
        return False
    before = {finding.subject: finding.severity.rank for finding in reversed(base.findings)}
    return all(before.get(finding.subject, 9) <= finding.severity.rank for finding in verdict.findings)


def _change_size(alternative: Alternative) -> tuple[timedelta, int, str, str]:
    return alternative.displacement, alternative.changes, alternative.label, str(sorted(alternative.params.items()))


def _blocking_findings(base: Verdict) -> list[Finding]:
    worst = Severity.HARD if base.has_hard else Severity.SOFT
    return [finding for finding in base.findings if finding.severity is worst]


# Other equipment of the same kind in the same place


def _other_equipment(case: Case, base: Verdict) -> Iterator[Alternative]:
    taken = sorted({finding.resource for finding in _blocking_findings(base) if finding.resource in case.equipment})
    if len(taken) != 1:
        return
    replaced = case.equipment[taken[0]]
    for other in _same_kind(case, replaced, home=replaced.home_room):
        moved = _with_equipment(case, {replaced.code: other.code})
        params = {"equipment": other.code, "replaced": replaced.code}
        yield Alternative(
            label=OTHER_EQUIPMENT, params=params, case=moved, displacement=NO_SHIFT, changes=_changes(case, moved)
        )


def _same_kind(case: Case, wanted: EquipmentFacts, *, home: str | None) -> list[EquipmentFacts]:
    """Equipment of the same kind and with that home room that the booking does not use yet."""
    used = {code for session in case.sessions for code in session.equipment}
    used |= {reservation.equipment for reservation in case.reservations}
    return [
        other
        for code, other in sorted(case.equipment.items())
        if code not in used and (other.kind, other.room_use, other.home_room) == (wanted.kind, wanted.room_use, home)
    ]


def _with_equipment(case: Case, swapped: Mapping[str, str]) -> Case:
    sessions = tuple(
        replace(session, equipment=tuple(swapped.get(code, code) for code in session.equipment))
        for session in case.sessions
    )
    reservations = tuple(
        replace(reservation, equipment=swapped.get(reservation.equipment, reservation.equipment))
        for reservation in case.reservations
    )
    return replace(case, sessions=sessions, reservations=reservations)


# An equivalent room at the same time


def _other_room(case: Case, base: Verdict) -> Iterator[Alternative]:
    for code, numbers in _blocked_sessions(case, base).items():
        room = case.rooms[code]
        there = {session.number for session in case.sessions if session.room == code}
        for other in _equivalent(case, room, there):
            if len(numbers) == 1 and numbers != there:
                yield from _moved_to(case, room, other, numbers=numbers, label=OTHER_ROOM_FOR_ONE)
            yield from _moved_to(case, room, other, numbers=there, label=OTHER_ROOM)


def _blocked_sessions(case: Case, base: Verdict) -> dict[str, set[int]]:
    found: dict[str, set[int]] = {}
    for finding in _blocking_findings(base):
        if finding.session is not None:
            found.setdefault(case.sessions_by_number[finding.session].room, set()).add(finding.session)
    return found


def _equivalent(case: Case, room: RoomFacts, numbers: Iterable[int]) -> list[RoomFacts]:
    """Rooms of the same grade and class with space for the largest head count."""
    people = max((max(case.sessions_by_number[one].headcount, 1) for one in numbers), default=1)
    return [
        other
        for _, other in sorted(case.rooms.items())
        if other.code != room.code
        and (other.grade, other.room_class) == (room.grade, room.room_class)
        and (other.max_occupancy or 0) >= people
    ]


def _moved_to(case: Case, room: RoomFacts, other: RoomFacts, *, numbers: set[int], label: str) -> Iterator[Alternative]:
    """The sessions in the other room; equipment whose home is the old room is replaced by equipment of the new one."""
    is_all = label == OTHER_ROOM
    tied = {code for one in case.sessions if one.number in numbers for code in one.equipment}
    tied |= {one.equipment for one in case.reservations if is_all}
    swapped: dict[str, str] = {}
    for code in sorted(tied):
        if case.equipment[code].home_room != room.code:
            continue
        free = (one.code for one in _same_kind(case, case.equipment[code], home=other.code))
        chosen = next((one for one in free if one not in swapped.values()), None)
        if chosen is None:
            return
        swapped[code] = chosen
    sessions = tuple(
        replace(one, room=other.code, equipment=tuple(swapped.get(code, code) for code in one.equipment))
        if one.number in numbers
        else one
        for one in case.sessions
    )
    moved = replace(case, sessions=sessions)
    if is_all:
        moved = _with_equipment(moved, swapped)
    params: dict[str, Any] = {"room": other.code} if is_all else {"room": other.code, "number": min(numbers)}
    yield Alternative(label=label, params=params, case=moved, displacement=NO_SHIFT, changes=_changes(case, moved))


def _changes(case: Case, moved: Case) -> int:
    pairs = (*zip(case.sessions, moved.sessions, strict=True), *zip(case.reservations, moved.reservations, strict=True))
    return sum(before != after for before, after in pairs)


# The whole booking, moved together


def _moved_by(case: Case, shifts: Iterable[timedelta], *, alone: str, together: str) -> Iterator[Alternative]:
    parts = len(case.sessions) + len(case.reservations)
    for shift in shifts:
        moved = replace(
            case,
            sessions=tuple(replace(one, period=one.period.shifted(shift)) for one in case.sessions),
            reservations=tuple(replace(one, period=one.period.shifted(shift)) for one in case.reservations),
        )
        params = {"start": _local(first_start(case) + shift, case)}
        label = alone if parts == 1 else together
        yield Alternative(label=label, params=params, case=moved, displacement=abs(shift), changes=parts)


# One session alone, between its neighbours


def _one_session(case: Case, base: Verdict) -> Iterator[Alternative]:
    numbers = {finding.session for finding in _blocking_findings(base)}
    if len(numbers) != 1 or len(case.sessions) + len(case.reservations) < 2:
        return
    number = numbers.pop()
    if number is None:
        return
    session = case.sessions_by_number[number]
    for shift in single_shifts(case, session, base):
        moved = replace(session, period=session.period.shifted(shift))
        sessions = tuple(moved if one.number == number else one for one in case.sessions)
        yield Alternative(
            label=ONE_LATER if shift > NO_SHIFT else ONE_EARLIER,
            params={"number": number, "start": _local(moved.period.start, case)},
            case=replace(case, sessions=sessions),
            displacement=abs(shift),
            changes=1,
        )


# The shape a booking is sent in


def _session_as_json(session: SessionFacts, case: Case) -> dict[str, Any]:
    return {
        "room": session.room,
        "start": _local(session.period.start, case),
        "end": _local(session.period.end, case),
        "step": session.step,
        "exposure": session.exposure,
        "headcount": session.headcount,
        "setup_min": int(session.setup.total_seconds() // 60),
        "teardown_min": int(session.teardown.total_seconds() // 60),
        "people": [{"email": person.email, "role": person.role} for person in session.people],
        "equipment": list(session.equipment),
    }


def _reservation_as_json(reservation: ReservationFacts, case: Case) -> dict[str, Any]:
    return {
        "resource": reservation.equipment,
        "units": reservation.units,
        "start": _local(reservation.period.start, case),
        "end": _local(reservation.period.end, case),
    }


def _local(instant: datetime, case: Case) -> str:
    return instant.astimezone(case.calendar.zone).isoformat()
