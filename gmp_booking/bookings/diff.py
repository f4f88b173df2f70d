"""The differences between two contents of one booking, part by part; pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC
from typing import Any

from gmp_booking.bookings.content import BookingContent, ReservationContent, SessionContent
from gmp_booking.bookings.events import Difference

HEAD = ("product", "batch", "run_type", "title", "purpose", "visibility")


def differences(old: BookingContent, new: BookingContent) -> list[Difference]:
    """All differences: first the booking's own fields, then its sessions, then its equipment, each by number."""
    found = [
        Difference("booking", None, name, _plain(getattr(old, name)), _plain(getattr(new, name)))
        for name in HEAD
        if (getattr(old, name) or None) != (getattr(new, name) or None)
    ]
    sessions = dict(old.numbered_sessions), dict(new.numbered_sessions)
    equipment = dict(old.numbered_equipment), dict(new.numbered_equipment)
    found.extend(
        _between(
            "session",
            {n: _session(each) for n, each in sessions[0].items()},
            {n: _session(each) for n, each in sessions[1].items()},
        )
    )
    found.extend(
        _between(
            "equipment",
            {n: _reservation(each) for n, each in equipment[0].items()},
            {n: _reservation(each) for n, each in equipment[1].items()},
        )
    )
    return found


def _between(part: str, old: Mapping[int, dict[str, Any]], new: Mapping[int, dict[str, Any]]) -> Iterator[Difference]:
    for number in sorted(old.keys() | new.keys()):
        before, after = old.get(number), new.get(number)
        if before is None or after is None:
            yield Difference(part, number, "whole", before, after)
            continue
        for name, value in before.items():
            if value != after[name]:
                yield Difference(part, number, name, value, after[name])


def _session(session: SessionContent) -> dict[str, Any]:
    return {
        "room": session.room,
        "time": _time(session),
        "setup_min": session.setup_min,
        "teardown_min": session.teardown_min,
        "step": session.step,
        "exposure": session.exposure,
        "headcount": session.headcount,
        "people": sorted(person.email for person in session.people),
        "equipment": sorted(session.equipment),
    }


def _reservation(each: ReservationContent) -> dict[str, Any]:
    return {"resource": each.resource, "time": _time(each), "units": each.units}


def _time(part: SessionContent | ReservationContent) -> list[str]:
    return [part.start.astimezone(UTC).isoformat(), part.end.astimezone(UTC).isoformat()]


def _plain(value: Any) -> Any:
    return getattr(value, "value", value)
