"""Generated worlds without a fault, and functions that put one fault into them, to test the oracles with."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from tests.oracles.completeness_oracle import SuccessfulCall
from tests.oracles.world import (
    AttendedRow,
    BookingRow,
    JournalRow,
    ReservationRow,
    ResourceRow,
    SessionRow,
    SignatureRow,
    SlotRow,
    UnitRow,
    VersionRow,
    World,
)

DAWN = datetime(2027, 3, 1, tzinfo=UTC)
ROOMS = (1, 2)
BENCH, INCUBATOR = 3, 4
"""An attended bench at home in room 1, an incubator of four places."""
RESOURCES = (
    ResourceRow(1, "R-1", None, None),
    ResourceRow(2, "R-2", None, None),
    ResourceRow(BENCH, "BSC", 1, "ATTENDED"),
    ResourceRow(INCUBATOR, "INC", 1, "RUNS_ALONE"),
)
UNITS = (UnitRow(1, 1), UnitRow(2, 2), UnitRow(3, BENCH), *(UnitRow(40 + n, INCUBATOR) for n in range(4)))


@dataclass(frozen=True)
class GeneratedWorld:
    """Stored rows, and the calls that clients saw succeed."""

    world: World
    successful_calls: tuple[SuccessfulCall, ...]


def a_clean_world(chance: random.Random) -> GeneratedWorld:
    """Thirteen bookings in all states; some touch each other. Built independently of the oracles."""
    builder = _Builder(chance)
    for number in range(1, 14):
        builder.book(number)
    return GeneratedWorld(builder.world, tuple(builder.successful_calls))


class _Builder:
    def __init__(self, chance: random.Random) -> None:
        self.chance = chance
        self.world = World(resources=RESOURCES, units=UNITS)
        self.successful_calls: list[SuccessfulCall] = []
        self._cursor = DAWN

    def book(self, number: int) -> None:
        chance = self.chance
        state = chance.choice(["SUBMITTED", "UNDER_REVIEW", "CONFIRMED", "CONFIRMED", "CANCELLED", "REJECTED"])
        start = self._cursor
        end = start + timedelta(minutes=30 * chance.randint(1, 6))
        # The next one begins at the very end of this one, or later.
        self._cursor = end + timedelta(minutes=chance.choice([0, 0, 30]))
        room, with_bench = chance.choice(ROOMS), chance.random() < 0.5
        places = chance.randint(0, 4)
        reference = f"BK-{number:08}"
        units = {room} | ({3, 1} if with_bench else set()) | {40 + n for n in range(places)}
        w = self.world
        self.world = replace(
            w,
            bookings=(*w.bookings, BookingRow(number, reference, 1, state, 1)),
            versions=(*w.versions, VersionRow(number, 1)),
            sessions=(
                *w.sessions,
                SessionRow(number, number, 1, room, start, end, "CANCELLED" if _has_ended(state) else "PLANNED"),
            ),
            attended=(*w.attended, *([AttendedRow(number, BENCH)] if with_bench else [])),
            reservations=(
                *w.reservations,
                *([ReservationRow(number, 1, INCUBATOR, places, start, end)] if places else []),
            ),
            slots=(
                *w.slots,
                *(
                    SlotRow(100 * number + unit, unit, _owner(unit), start, end, not _has_ended(state), 1, number)
                    for unit in sorted(units)
                ),
            ),
            journal=(*w.journal, *(JournalRow(number, event, 1) for event in _events(state))),
            signatures=(
                *w.signatures,
                *([SignatureRow(number, 1, "APPROVED")] if state == "CONFIRMED" else []),
            ),
            history=w.history | {number},
        )
        self.successful_calls.append(
            SuccessfulCall(reference, "submit", target=f"target {number}", key=f"key {number}")
        )
        if state in {"CONFIRMED", "CANCELLED", "REJECTED"}:
            action = {"CONFIRMED": "approve", "CANCELLED": "cancel", "REJECTED": "reject"}[state]
            self.successful_calls.append(SuccessfulCall(reference, action))


def _has_ended(state: str) -> bool:
    return state in {"CANCELLED", "REJECTED"}


def _owner(unit: int) -> int:
    return next(row.resource_id for row in UNITS if row.id == unit)


def _events(state: str) -> list[str]:
    more = {
        "SUBMITTED": [],
        "UNDER_REVIEW": ["BookingReviewed"],
        "CONFIRMED": ["BookingReviewed", "BookingApproved", "BookingConfirmed"],
        "CANCELLED": ["BookingCancelled"],
        "REJECTED": ["BookingRejected"],
    }
    return ["BookingSubmitted", *more[state]]


# -- faults; each takes a clean scene and spoils one thing


def _holding(generated: GeneratedWorld, chance: random.Random) -> BookingRow:
    return chance.choice([row for row in generated.world.bookings if not _has_ended(row.state)])


def overlap(generated: GeneratedWorld, chance: random.Random) -> GeneratedWorld:
    """A second active slot on a unit, sharing at least one minute with the first."""
    w = generated.world
    slot = chance.choice([row for row in w.slots if row.active])
    minute = timedelta(minutes=1)
    shift = timedelta(minutes=chance.randrange(-29, 30))
    competitor = slot._replace(
        id=99_999, start=slot.start + shift, end=max(slot.end + shift, slot.start + shift + minute)
    )
    return replace(generated, world=replace(w, slots=(*w.slots, competitor)))


def oversell(generated: GeneratedWorld, chance: random.Random) -> GeneratedWorld:
    """A booking that was agreed to although the incubator has no five places."""
    w = generated.world
    booking = _holding(generated, chance)
    session = next(row for row in w.sessions if row.booking_id == booking.id)
    others = tuple(row for row in w.reservations if row.booking_id != booking.id)
    more = ReservationRow(booking.id, 1, INCUBATOR, chance.randint(5, 9), session.start, session.end)
    return replace(generated, world=replace(w, reservations=(*others, more)))


def room_given_twice(generated: GeneratedWorld, chance: random.Random) -> GeneratedWorld:
    """Two bookings agreed for one room and time, through attended equipment where it is its home; slots say nothing."""
    w = generated.world
    session = chance.choice([row for row in w.sessions if row.state == "PLANNED"])
    through_bench = [AttendedRow(777, BENCH)] if session.room_id == 1 else []
    competitor = BookingRow(777, "BK-COMPETITOR", 1, "CONFIRMED", 1)
    theirs = SessionRow(777, 777, 1, 2, session.end - timedelta(minutes=1), session.end, "PLANNED")
    return replace(
        generated,
        world=replace(
            w,
            bookings=(*w.bookings, competitor),
            sessions=(*w.sessions, theirs),
            attended=(*w.attended, *through_bench),
        ),
    )


def lost_slot(generated: GeneratedWorld, chance: random.Random) -> GeneratedWorld:
    w = generated.world
    slot = chance.choice([row for row in w.slots if row.active])
    return replace(generated, world=replace(w, slots=tuple(row for row in w.slots if row != slot)))


def slot_moved(generated: GeneratedWorld, chance: random.Random) -> GeneratedWorld:
    w = generated.world
    slot = chance.choice([row for row in w.slots if row.active])
    moved = slot._replace(end=slot.end - timedelta(minutes=1))
    return replace(generated, world=replace(w, slots=tuple(moved if row == slot else row for row in w.slots)))


def slots_not_released(generated: GeneratedWorld, chance: random.Random) -> GeneratedWorld:
    w = generated.world
    booking = _holding(generated, chance)
    ended = booking._replace(state="CANCELLED")
    return replace(generated, world=replace(w, bookings=tuple(ended if row == booking else row for row in w.bookings)))


def lost_booking(generated: GeneratedWorld, chance: random.Random) -> GeneratedWorld:
    """Every trace of a booking is gone, as after a crash that forgot a commit."""
    w = generated.world
    gone = chance.choice(w.bookings).id
    return replace(
        generated,
        world=replace(
            w,
            bookings=tuple(row for row in w.bookings if row.id != gone),
            versions=tuple(row for row in w.versions if row.booking_id != gone),
            sessions=tuple(row for row in w.sessions if row.booking_id != gone),
            reservations=tuple(row for row in w.reservations if row.booking_id != gone),
            slots=tuple(row for row in w.slots if row.booking_id != gone),
            journal=tuple(row for row in w.journal if row.booking_id != gone),
        ),
    )


def lost_decision(generated: GeneratedWorld, chance: random.Random) -> GeneratedWorld:
    w = generated.world
    booking = _holding(generated, chance)
    call = SuccessfulCall(booking.reference, "cancel")
    return replace(generated, world=w, successful_calls=(*generated.successful_calls, call))


def duplicate_winner(generated: GeneratedWorld, chance: random.Random) -> GeneratedWorld:
    first, second = chance.sample([one for one in generated.successful_calls if one.action == "submit"], 2)
    double = second._replace(target=first.target)
    return replace(
        generated, successful_calls=tuple(double if one == second else one for one in generated.successful_calls)
    )


def second_effect_of_a_key(generated: GeneratedWorld, chance: random.Random) -> GeneratedWorld:
    first, second = chance.sample([one for one in generated.successful_calls if one.action == "submit"], 2)
    double = second._replace(key=first.key)
    return replace(
        generated, successful_calls=tuple(double if one == second else one for one in generated.successful_calls)
    )


def half_written(generated: GeneratedWorld, chance: random.Random) -> GeneratedWorld:
    """One part of a booking did not make it: its version, all its parts, its slots, its journal or its history."""
    w = generated.world
    booking = _holding(generated, chance).id
    parts: Mapping[str, Callable[[], World]] = {
        "version": lambda: replace(w, versions=tuple(row for row in w.versions if row.booking_id != booking)),
        "parts": lambda: replace(
            w,
            sessions=tuple(row for row in w.sessions if row.booking_id != booking),
            reservations=tuple(row for row in w.reservations if row.booking_id != booking),
        ),
        "slots": lambda: replace(w, slots=tuple(row for row in w.slots if row.booking_id != booking)),
        "journal": lambda: replace(w, journal=tuple(row for row in w.journal if row.booking_id != booking)),
        "history": lambda: replace(w, history=w.history - {booking}),
    }
    return replace(generated, world=parts[chance.choice(sorted(parts))]())


def decided_twice(generated: GeneratedWorld, chance: random.Random) -> GeneratedWorld:
    w = generated.world
    confirmed = chance.choice([row for row in w.bookings if row.state == "CONFIRMED"]).id
    more = JournalRow(confirmed, chance.choice(["BookingConfirmed", "BookingRejected"]), 1)
    return replace(generated, world=replace(w, journal=(*w.journal, more)))


def signed_twice(generated: GeneratedWorld, chance: random.Random) -> GeneratedWorld:
    w = generated.world
    return replace(generated, world=replace(w, signatures=(*w.signatures, chance.choice(w.signatures))))
