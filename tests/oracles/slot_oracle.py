"""Does every booking hold what it may and must? Written from the rules of changes and overruns, for raw rows.

A booking holds the union of the version in force and of the change that waits, margins included. Of a session that
has begun, what is left of its time may be given back, and what it takes longer is held as far as it was free.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import pairwise
from typing import NamedTuple

from tests.oracles.observed_history import ObservedHistory, Session
from tests.oracles.world import HOLDING, grouped

OPEN = frozenset({"SUBMITTED", "UNDER_REVIEW", "RETURNED"})


class Claim(NamedTuple):
    """What one version asks of one resource: at most from `start` to `end`, at least from `since` to `sure`."""

    version: int
    start: datetime
    since: datetime
    sure: datetime
    end: datetime
    units: int


def overlaps(history: ObservedHistory) -> list[str]:
    """Active slots of one unit that share an instant."""
    found = []
    for unit_id, slots in grouped((slot for slot in history.slots if slot.active), "unit_id").items():
        open_until, holder = None, 0
        for slot in sorted(slots, key=lambda each: (each.start, each.end)):
            if open_until is not None and slot.start < open_until:
                found.append(f"unit {unit_id}: slots {holder} and {slot.id} overlap at {slot.start}")
            if open_until is None or slot.end > open_until:
                open_until, holder = slot.end, slot.id
    return found


def holds_amiss(history: ObservedHistory) -> list[str]:
    """Bookings that hold less or more than the union of what they are entitled to."""
    claims: defaultdict[tuple[int, int], list[Claim]] = defaultdict(list)
    for booking_id, resource_id, claim in _claims(history):
        claims[booking_id, resource_id].append(claim)
    held = grouped((slot for slot in history.slots if slot.active), "booking_id")
    found = []
    names = {booking.id: f"{booking.reference} ({booking.state})" for booking in history.bookings}
    codes = {resource.id: resource.code for resource in history.resources}
    taken: defaultdict[tuple[int, int], list[tuple[datetime, datetime]]] = defaultdict(list)
    for booking_id, slots in held.items():
        for slot in slots:
            taken[booking_id, slot.resource_id].append((slot.start, slot.end))
    for key in sorted(claims.keys() | taken.keys()):
        found += [f"{names[key[0]]}, {codes[key[1]]}: {what}" for what in _compare(claims[key], taken[key])]
    return found


def _compare(claims: list[Claim], taken: list[tuple[datetime, datetime]]) -> Iterator[str]:
    edges = {edge for claim in claims for edge in claim[1:5]}
    edges |= {edge for period in taken for edge in period}
    for start, end in pairwise(sorted(edges)):
        held = sum(since <= start and end <= until for since, until in taken)
        least, most = _due(claims, start, end)
        if not least <= held <= most:
            yield f"{held} held, {least} to {most} due, {start:%d %H:%M}–{end:%d %H:%M}"


def _due(claims: list[Claim], start: datetime, end: datetime) -> tuple[int, int]:
    """The greatest need of any version; of two versions that wait for a decision no more than both together."""
    sure: defaultdict[int, int] = defaultdict(int)
    possible: defaultdict[int, int] = defaultdict(int)
    for claim in claims:
        if claim.since <= start and end <= claim.sure:
            sure[claim.version] = max(sure[claim.version], claim.units)
        if claim.start <= start and end <= claim.end:
            possible[claim.version] = max(possible[claim.version], claim.units)
    single = all(claim.units == 1 for claim in claims)
    most = sum(possible.values())
    return max(sure.values(), default=0), min(most, 1) if single else most


def _claims(history: ObservedHistory) -> Iterator[tuple[int, int, Claim]]:
    in_force = {booking.id: booking.version for booking in history.bookings if booking.state in HOLDING}
    wanted = set(in_force.items()) | {
        (change.booking_id, change.version) for change in history.changes if change.state in OPEN
    }
    true_rows = {
        (session.booking_id, session.number): session
        for session in history.sessions
        if in_force.get(session.booking_id) == session.version
    }
    resources = {resource.id: resource for resource in history.resources}
    attended = grouped(history.attended, "session_id")
    for session in history.sessions:
        if (session.booking_id, session.version) not in wanted:
            continue
        happened = true_rows.get((session.booking_id, session.number), session)
        claim = _claim_of(session, happened)
        if claim is None:
            continue
        taken = {session.room_id}
        for row in attended[session.id]:
            taken.add(row.equipment_id)
            home = resources[row.equipment_id]
            if home.room_use == "ATTENDED" and home.home_room_id is not None:
                taken.add(home.home_room_id)
        yield from ((session.booking_id, resource_id, claim) for resource_id in taken)
    for row in history.reservations:
        if (row.booking_id, row.version) in wanted:
            claim = Claim(row.version, row.start, row.start, row.end, row.end, row.units)
            yield row.booking_id, row.equipment_id, claim
            equipment = resources[row.equipment_id]
            if equipment.room_use == "ATTENDED" and equipment.home_room_id is not None:
                yield row.booking_id, equipment.home_room_id, claim._replace(units=1)


def _claim_of(session: Session, happened: Session) -> Claim | None:
    """What a session asks for; `happened` is the row that says how it went."""
    start = session.start - timedelta(minutes=session.setup_min)
    teardown = timedelta(minutes=session.teardown_min)
    end = session.end + teardown
    if happened.state == "CANCELLED":
        return None
    true_end = happened.actual_end or happened.expected_end
    if happened.state == "MISSED" or (happened is not session and happened.state not in {"PLANNED", "READY"}):
        # What is proposed for a session that has begun meanwhile is undecided; what was missed is given back.
        return Claim(session.version, start, start, start, end, 1)
    # An early start is held as far as it was free; what was not used before a late one is given back.
    earliest = min(start, happened.actual_start or start)
    if true_end is None:
        return Claim(session.version, earliest, start, end, end, 1)
    until = true_end + teardown
    if happened.actual_end is None:
        return Claim(session.version, earliest, start, end, max(end, until), 1)
    # What was given back at its true end may be somebody else's by now.
    since = max(start, happened.actual_start or start)
    return Claim(session.version, earliest, since, max(since, min(end, until)), max(since, until), 1)
