"""Bodies of the API and fields of the booking form, as the people of the test facility send them.

Times are aware `datetime`s. Further fields go in by name: `a_session("B-01", start, end, headcount=2)`.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from tests.zones import SEOUL

Body = dict[str, Any]
Parts = Sequence[Mapping[str, Any]]

PRODUCTS = {
    "gaon.example": "GS-M1",
    "saebyeok.example": "SE-01",
    "hanbit.example": "HB-Derm",
    "nuriesel.example": "NR-19",
}
"""One product of each company, by the domain of its people's addresses."""

HOLD_REASON = "Particle counts above the action limit"


def a_session(room: str, start: datetime, end: datetime, **more: Any) -> Body:
    return {"room": room, "start": start.isoformat(), "end": end.isoformat()} | more


def a_reservation(resource: str, start: datetime, end: datetime, *, units: int = 1) -> Body:
    return {"resource": resource, "units": units, "start": start.isoformat(), "end": end.isoformat()}


def an_engineering_run(sessions: Parts, *, product: str = "GS-M1", **more: Any) -> Body:
    return {"kind": "CLEANROOM", "run_type": "ENG", "product": product, "sessions": list(sessions)} | more


def an_equipment_booking(equipment: Parts, **more: Any) -> Body:
    return {"kind": "EQUIPMENT", "equipment": list(equipment)} | more


def a_demonstration(sessions: Parts, **more: Any) -> Body:
    """One approval without a signature."""
    return {"kind": "TECH_DEMO", "sessions": list(sessions)} | more


def an_outage(kind: str, code: str, *, subject: str = "ROOM", reason: str = "Filters are changed", **more: Any) -> Body:
    return {"subject": {"kind": subject, "code": code}, "kind": kind, "reason": reason} | more


def a_hold(room: str = "B-02", **more: Any) -> Body:
    return an_outage("HOLD", room, reason=HOLD_REASON) | more


def a_maintenance(room: str, start: datetime, *, hours: float = 4, **more: Any) -> Body:
    times = {"start": start.isoformat(), "end": (start + timedelta(hours=hours)).isoformat()}
    return an_outage("MAINTENANCE", room) | times | more


def form_of(*, operation: str = "submit", sessions: Parts = (), equipment: Parts = (), **plain: str) -> Body:
    """The booking form's fields; `start` and `end` of a part become its four texts."""
    fields: Body = {"op": operation, "idempotency_key": secrets.token_hex(8)}
    fields |= {"kind": "CLEANROOM", "product": "GS-M1", "run_type": "ENG"} | plain
    for kind, parts in (("sessions", sessions), ("equipment", equipment)):
        for index, part in enumerate(parts):
            for name, value in part.items():
                at = f"{kind}-{index}-{name}"
                if isinstance(value, datetime):
                    fields[f"{at}_date"] = f"{value.astimezone(SEOUL):%Y-%m-%d}"
                    fields[f"{at}_time"] = f"{value.astimezone(SEOUL):%H:%M}"
                else:
                    fields[at] = value
    return fields
