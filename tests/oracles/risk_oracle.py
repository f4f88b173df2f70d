"""Checks that exactly those bookings are at risk that open outages and overruns hit, for times still ahead.

Sessions that have begun or are just ending may be either; they are not checked.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import NamedTuple

from tests.oracles.observed_history import ObservedHistory, Outage, Session
from tests.oracles.world import grouped

STANDING = frozenset({"SUBMITTED", "UNDER_REVIEW", "RETURNED", "APPROVED", "CONFIRMED"})
GOWNING = timedelta(hours=2)
"""More than it takes anybody to change rooms."""


class Part(NamedTuple):
    """One resource that a booking is to use, and when, margins included."""

    booking_id: int
    resource_id: int
    session: Session | None
    start: datetime
    end: datetime


def risks_amiss(history: ObservedHistory) -> list[str]:
    """Bookings whose flag is not what lies in their way."""
    parts = grouped(_parts(history), "booking_id")
    surely, perhaps = _hits_of_outages(history, parts), _hits_of_outages(history, parts, ever=True)
    late, near = _hits_of_overruns(history, parts)
    found = []
    for booking in history.bookings:
        if booking.state not in STANDING:
            if booking.at_risk:
                found.append(f"{booking.reference} is {booking.state} and at risk")
            continue
        ahead = [part for part in parts[booking.id] if part.end > history.now]
        if booking.id in surely | late and not booking.at_risk:
            found.append(f"{booking.reference} ({booking.state}) is hit and not at risk")
        if ahead and booking.at_risk and booking.id not in surely | perhaps | late | near:
            found.append(f"{booking.reference} ({booking.state}) is at risk and nothing is in its way")
    return found


def _parts(history: ObservedHistory) -> Iterator[Part]:
    in_force = {(booking.id, booking.version) for booking in history.bookings if booking.state in STANDING}
    resources = {resource.id: resource for resource in history.resources}
    attended = grouped(history.attended, "session_id")
    for session in history.sessions:
        if (session.booking_id, session.version) not in in_force or session.state == "CANCELLED":
            continue
        start = session.start - timedelta(minutes=session.setup_min)
        end = session.end + timedelta(minutes=session.teardown_min)
        taken = {session.room_id}
        for row in attended[session.id]:
            home = resources[row.equipment_id].home_room_id
            taken |= {row.equipment_id} | ({home} if home is not None else set())
        yield from (Part(session.booking_id, resource_id, session, start, end) for resource_id in taken)
    for row in history.reservations:
        if (row.booking_id, row.version) in in_force:
            yield Part(row.booking_id, row.equipment_id, None, row.start, row.end)


def _hits_of_outages(history: ObservedHistory, parts: dict[int, list[Part]], *, ever: bool = False) -> set[int]:
    """The bookings of which something still to come lies in an outage; `ever`: of which anything lies in one."""
    hit = set()
    for outage in history.outages:
        end = outage.end or datetime.max.replace(tzinfo=history.now.tzinfo)
        start = outage.start if ever else max(outage.start, history.now)
        if start >= end:
            continue
        for booking_id, theirs in parts.items():
            for part in theirs:
                if part.start < end and start < part.end and _lies_on(history, outage, part, ever=ever):
                    hit.add(booking_id)
    return hit


def _lies_on(history: ObservedHistory, outage: Outage, part: Part, *, ever: bool) -> bool:
    resource = next(each for each in history.resources if each.id == part.resource_id)
    if not ever and part.session is None and part.start <= history.now:
        return False  # What runs alone and has begun goes on under a warning.
    if not ever and part.session is not None and part.session.state not in _UNENDED:
        return False
    match outage.subject_kind:
        case "ROOM" | "EQUIPMENT":
            around = ever and resource.home_room_id == outage.subject_id
            return outage.subject_id == part.resource_id or around
        case "AHU":
            return resource.ahu_id == outage.subject_id and (ever or not _is_demonstration(resource.code))
        case "ZONE":
            return resource.zone_id == outage.subject_id and (ever or not _is_demonstration(resource.code))
        case "FACILITY":
            return True
    return ever


GRACE = timedelta(minutes=15)
"""After its end a session that goes on is overdue."""
WARNED_AHEAD = timedelta(minutes=60 + 15 + 24)
"""At most an hour, the longest setup and the longest recovery of a room before it begins, a use is at risk."""
_UNENDED = frozenset({"PLANNED", "READY", "IN_USE", "SUSPENDED"})


def _is_demonstration(code: str) -> bool:
    """Where stopped air is a warning, no obstacle."""
    return code.startswith(("T-", "VC-"))


def _hits_of_overruns(history: ObservedHistory, parts: dict[int, list[Part]]) -> tuple[set[int], set[int]]:
    """The bookings a running session surely reaches into, and those it might: by its room or by its people."""
    crew = grouped(history.crew, "session_id")
    people = {session_id: {row.person_id for row in rows} for session_id, rows in crew.items()}
    by_resource: defaultdict[int, list[Part]] = defaultdict(list)
    for theirs in parts.values():
        for part in theirs:
            by_resource[part.resource_id].append(part)
    surely, perhaps = set(), set()
    for mine in (part for theirs in parts.values() for part in theirs if part.session is not None):
        session = mine.session
        if session is None or session.state in {"PLANNED", "READY", "MISSED"}:
            continue
        true_end = session.actual_end or session.expected_end or max(session.end, history.now)
        until = true_end + timedelta(minutes=session.teardown_min)
        # One that has not ended in time may last; the next use of its room is at risk before it begins.
        may_last = session.actual_end is None and true_end <= history.now + GRACE
        at_most = max(until, history.now + WARNED_AHEAD) if may_last else until
        runs = session.state in {"IN_USE", "SUSPENDED"} and session.expected_end is not None
        for other in by_resource[mine.resource_id]:
            if other.booking_id == mine.booking_id or other.start < mine.start:
                continue
            if runs and history.now < other.start < until and _is_to_come(other):
                surely.add(other.booking_id)
            if other.start < at_most:
                perhaps.add(other.booking_id)
        for other in (part for theirs in parts.values() for part in theirs if part.session is not None):
            shared = people.get(session.id, set()) & people.get(other.session.id if other.session else 0, set())
            if shared and other.booking_id != mine.booking_id and other.start < until + GOWNING:
                perhaps.add(other.booking_id)
    return surely, perhaps


def _is_to_come(part: Part) -> bool:
    return part.session is None or part.session.state in {"PLANNED", "READY"}
