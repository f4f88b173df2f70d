"""Checks that every booking is stored in full or not at all, and that every action confirmed to a client is stored."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import NamedTuple

from tests.oracles.world import HOLDING, World, grouped

AFTER = {
    "submit": HOLDING | {"CANCELLED", "REJECTED"},
    "review": {"UNDER_REVIEW", "CONFIRMED", "RETURNED", "CANCELLED", "REJECTED"},
    "approve": {"CONFIRMED", "CANCELLED"},
    "return": {"RETURNED", "SUBMITTED", "CANCELLED"},
    "reject": {"REJECTED"},
    "cancel": {"CANCELLED"},
}
EVENT = {
    "submit": "BookingSubmitted",
    "review": "BookingReviewed",
    "approve": "BookingConfirmed",
    "return": "BookingReturned",
    "reject": "BookingRejected",
    "cancel": "BookingCancelled",
}


class SuccessfulCall(NamedTuple):
    """An action on a booking that was answered with 2xx."""

    reference: str
    action: str
    target: str = ""
    key: str | None = None


def half_written(world: World) -> list[str]:
    """Bookings of which a part is missing: version, sessions, slots, journal or row history; and parts without one."""
    versions = {(row.booking_id, row.version) for row in world.versions}
    parts = {(row.booking_id, row.version) for row in (*world.sessions, *world.reservations)}
    held = {slot.booking_id for slot in world.slots if slot.active}
    journal = grouped(world.journal, "booking_id")
    found = []
    for booking in world.bookings:
        events = {row.event for row in journal[booking.id]}
        missing = [] if booking.id in world.history else ["row history"]
        missing += [] if events else ["journal"]
        if booking.state in HOLDING or "BookingSubmitted" in events:
            missing += [] if (booking.id, booking.version) in versions else ["version"]
            missing += [] if (booking.id, booking.version) in parts else ["sessions or reservations"]
        if booking.state in HOLDING and booking.id not in held:
            missing.append("slots")
        if booking.state in HOLDING and "BookingSubmitted" not in events:
            missing.append("BookingSubmitted in the journal")
        if booking.state not in HOLDING and booking.id in held:
            missing.append("the release of its slots")
        found += [f"{booking.reference} ({booking.state}) lacks {what}" for what in missing]
    known = {booking.id for booking in world.bookings}
    strays = {row.booking_id for row in (*world.versions, *world.sessions, *world.reservations, *world.slots)}
    strays |= {row.booking_id for row in world.journal if row.booking_id is not None}
    return found + [f"parts of booking {stray}, which is not there" for stray in sorted(strays - known)]


def lost(world: World, successful_calls: Iterable[SuccessfulCall]) -> list[str]:
    """Successful calls that the database does not know, or contradicts."""
    bookings = world.by_reference
    events = {
        booking_id: {row.event for row in rows} for booking_id, rows in grouped(world.journal, "booking_id").items()
    }
    found = []
    for one in successful_calls:
        booking = bookings.get(one.reference)
        if booking is None:
            found.append(f"{one.reference} was answered for and is gone")
        elif booking.state not in AFTER[one.action]:
            found.append(f"{one.reference}: {one.action} was answered for, yet it is {booking.state}")
        elif EVENT[one.action] not in events.get(booking.id, ()):
            found.append(f"{one.reference}: {one.action} was answered for, the journal does not know")
    return found


def effects_beyond_one(successful_calls: Iterable[SuccessfulCall]) -> list[str]:
    """Targets that more than one client got, and idempotency keys that had more than one effect."""
    successful_calls = [one for one in successful_calls if one.action == "submit"]
    winners = Counter(
        target for target, _reference in {(one.target, one.reference) for one in successful_calls if one.target}
    )
    effects = Counter(key for key, _reference in {(one.key, one.reference) for one in successful_calls if one.key})
    return [f"{target}: {count} winners" for target, count in winners.items() if count > 1] + [
        f"key {key}: {count} effects" for key, count in effects.items() if count > 1
    ]


def decisions_amiss(world: World) -> list[str]:
    """Bookings decided twice, or whose signatures are not one for each decision that is signed."""
    journal = grouped(world.journal, "booking_id")
    signatures = grouped(world.signatures, "booking_id")
    found = []
    for booking in world.bookings:
        for version in range(1, booking.version + 1):
            of_version = [row.event for row in journal[booking.id] if row.version == version]
            final = Counter(event for event in of_version if event in {"BookingConfirmed", "BookingRejected"})
            if sum(final.values()) > 1:
                found.append(f"{booking.reference} version {version}: decided {dict(final)}")
            if of_version.count("BookingCancelled") > 1:
                found.append(f"{booking.reference}: cancelled {of_version.count('BookingCancelled')} times")
            meanings = Counter(row.meaning for row in signatures[booking.id] if row.version == version)
            found += [f"{booking.reference}: {count} × {what}" for what, count in meanings.items() if count > 1]
    return found
