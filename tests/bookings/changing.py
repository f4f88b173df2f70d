"""Confirmed runs of Gaon to change, and the slots they hold, read from the rows."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from tests.clients import SIGNED, utc, weekday_at
from tests.factories.bookings import ConfirmedBookingFactory, SubmittedBookingFactory
from tests.factories.request_bodies import EngineeringRequestFactory, ReservationFactory, SessionFactory
from tests.shared_app import SharedApp

GAON, HANBIT = "requester@gaon.example", "requester@hanbit.example"
SCHEDULER, QA = "scheduler@brc.example", "qa@brc.example"
REASON = "The donor material was not released"
LENGTH = timedelta(hours=4)
_weeks = iter(range(2, 60))


@dataclass(frozen=True)
class Run:
    """One engineering run: sessions of four hours on following days, and two places of an incubator beside them."""

    reference: str
    start: datetime
    sessions: int = 1
    equipment: bool = True

    @property
    def end(self) -> datetime:
        return self.start + LENGTH

    @property
    def body(self) -> dict[str, Any]:
        return run_body(self.start, sessions=self.sessions, equipment=self.equipment)

    def shifted(self, **by: int) -> Run:
        return Run(self.reference, self.start + timedelta(**by), self.sessions, self.equipment)


def run_body(
    start: datetime, *, room: str = "B-01", by: str = GAON, sessions: int = 1, equipment: bool = False
) -> dict[str, Any]:
    starts = [start + timedelta(days=day) for day in range(sessions)]
    crew = [{"email": "operator@gaon.example"}] if by == GAON else []
    parts = [SessionFactory(room=room, start=each, end=each + LENGTH, headcount=2, people=crew) for each in starts]
    places = [ReservationFactory(start=start, end=start + LENGTH, units=2)] if equipment else []
    return EngineeringRequestFactory(by=by, sessions=parts, purpose="P2 harvest", equipment=places)


def confirmed_run(shared_app: SharedApp, *, sessions: int = 1, equipment: bool = True) -> Run:
    return a_run(shared_app, ConfirmedBookingFactory, sessions=sessions, equipment=equipment)


def a_run(
    shared_app: SharedApp, made_by: type[SubmittedBookingFactory], *, sessions: int = 1, equipment: bool = True
) -> Run:
    """A run that meets no other test's: each begins on a Tuesday of its own, a week free after it."""
    start = weekday_at(9, weeks=next(_weeks))
    next(_weeks)
    body = run_body(start, sessions=sessions, equipment=equipment)
    return Run(made_by(app=shared_app, body=body).reference, start, sessions, equipment)


def take_action(shared_app: SharedApp, email: str, reference: str, action: str) -> Any:
    body = {"reason": REASON} | (SIGNED if action in {"approve", "reject"} else {})
    return shared_app.api_client(email).post(f"/api/v1/bookings/{reference}/{action}", body)


def patch(shared_app: SharedApp, reference: str, body: Any, *, by: str = GAON, etag: str | None = None) -> Any:
    seen = {"If-Match": etag} if etag else {}
    return shared_app.api_client(by).patch(f"/api/v1/bookings/{reference}", body, **seen)


Held = dict[str, list[tuple[str, str]]]


def hold_of(shared_app: SharedApp, reference: str) -> Held:
    """What is held: each place's time by resource, slots that touch taken together."""
    rows = shared_app.ask(
        "SELECT r.code, s.unit_id, s.starts_at, s.ends_at FROM slot s JOIN booking b ON b.id = s.booking_id"
        " JOIN resource r ON r.id = s.resource_id WHERE s.active AND b.reference = %s ORDER BY 2, 3",
        reference,
    )
    places: dict[tuple[str, int], list[list[datetime]]] = {}
    for row in rows:
        periods = places.setdefault((row["code"], row["unit_id"]), [])
        if periods and periods[-1][1] >= row["starts_at"]:
            assert periods[-1][1] == row["starts_at"], "two slots of one place overlap"
            periods[-1][1] = row["ends_at"]
        else:
            periods.append([row["starts_at"], row["ends_at"]])
    held: defaultdict[str, list[tuple[str, str]]] = defaultdict(list)
    for (code, _unit), periods in places.items():
        held[code] += [(utc(start), utc(end)) for start, end in periods]
    return {code: sorted(periods) for code, periods in held.items()}


def booked(*runs: Run, equipment: bool = True) -> Held:
    """What runs of one booking hold together, reckoned from their times alone; they do not overlap."""
    held: defaultdict[str, list[tuple[str, str]]] = defaultdict(list)
    for run in runs:
        held["B-01"].append((utc(run.start), utc(run.end)))
        if equipment:
            held["INC-01"] += [(utc(run.start), utc(run.end))] * 2
    return {code: sorted(periods) for code, periods in held.items()}
