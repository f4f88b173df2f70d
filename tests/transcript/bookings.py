"""Bookings as they are asked for in the journey, and the way of one to its confirmation."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Any

from tests.factories.request_bodies import EngineeringRequestFactory, ReservationFactory, SessionFactory
from tests.transcript.facility import OPERATOR, QA, REQUESTER, SCHEDULER, Cast
from tests.transcript.people import PASSWORD, Answer
from tests.zones import SEOUL

SIGNED = {"signature": {"password": PASSWORD}}
REASON = "The donor material was not released"


def at(day: str, hour: int, minute: int = 0) -> datetime:
    """Shape: the day is month and day of the journey's year, as in 04-27."""
    return datetime.fromisoformat(f"2027-{day}").replace(hour=hour, minute=minute, tzinfo=SEOUL)


def run_body(
    *starts: datetime, hours: int = 3, room: str = "B-01", places: int = 0, operator: str = OPERATOR, **more: Any
) -> dict[str, Any]:
    """An engineering run with a session of so many hours at each start."""
    crew = [{"email": operator}] if not more.get("product", "").startswith("SE") else []
    sessions = [
        SessionFactory(room=room, start=start, hours=hours, headcount=2, step=f"step {number}", people=crew)
        for number, start in enumerate(starts, start=1)
    ]
    equipment = [ReservationFactory(units=places, start=starts[0], hours=hours + 20)] if places else []
    plain = {"purpose": "P2 harvest", "sessions": sessions, "equipment": equipment}
    return EngineeringRequestFactory(**plain | more)


def typed_session(number: int, start: datetime, *, hours: int = 3, room: str = "B-01") -> dict[str, str]:
    """The same session as the booking form has it, ready for `submit`."""
    end = start + timedelta(hours=hours)
    fields = {
        "room": room,
        "start_date": f"{start:%Y-%m-%d}",
        "start_time": f"{start:%H:%M}",
        "end_date": f"{end:%Y-%m-%d}",
        "end_time": f"{end:%H:%M}",
        "headcount": "2",
    }
    return {f"sessions__{number}__{name}": value for name, value in fields.items()}


def reference_in(answer: Answer) -> str:
    found = re.search(r"BK-[0-9A-Z]{8}", answer.header("Location") + answer.text)
    if not found:
        raise LookupError(f"No booking came of {answer.path}: {answer.status}")
    return found[0]


def asked(cast: Cast, body: dict[str, Any], *, by: str = REQUESTER) -> str:
    return reference_in(cast.program(by).post("/api/v1/bookings", body))


def confirmed(cast: Cast, body: dict[str, Any], *, by: str = REQUESTER) -> str:
    """The reference of a booking that was passed on and approved."""
    reference = asked(cast, body, by=by)
    cast.program(SCHEDULER).post(f"/api/v1/bookings/{reference}/review")
    cast.program(QA).post(f"/api/v1/bookings/{reference}/approve", SIGNED)
    return reference


def etag_of(cast: Cast, reference: str, *, by: str = REQUESTER) -> str:
    return cast.program(by).get(f"/api/v1/bookings/{reference}").header("ETag")
