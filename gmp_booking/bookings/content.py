"""The content of a booking as requested, and the part of it that is signed."""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from gmp_booking.kernel.period import Period
from gmp_booking.kernel.text import N_
from gmp_booking.kernel.vocabulary import (
    DEMONSTRATIONS,
    IN_ROOM_ROLES,
    DonorStatus,
    Exposure,
    Kind,
    Priority,
    RoomMode,
    RunType,
    Visibility,
)

LONGEST = timedelta(days=366)
FURTHEST = timedelta(days=550)
DEMO_KINDS = frozenset(DEMONSTRATIONS)
MOST_PARTNERS = 10


@dataclass(frozen=True)
class NamedPerson:
    email: str
    role: str


@dataclass(frozen=True)
class SessionContent:
    """A session as requested. Units: instants with zone, margins in minutes.

    Shape: a session keeps its number in all versions; without a number it gets its position in the list.
    """

    room: str
    start: datetime
    end: datetime
    step: str | None = None
    exposure: str = Exposure.CLOSED.value
    headcount: int = 1
    setup_min: int = 0
    teardown_min: int = 0
    people: tuple[NamedPerson, ...] = ()
    equipment: tuple[str, ...] = ()
    number: int | None = None


@dataclass(frozen=True)
class ReservationContent:
    resource: str
    start: datetime
    end: datetime
    units: int = 1
    number: int | None = None


@dataclass(frozen=True)
class BookedFor:
    """For whom staff enter a booking: a company by its code, one of its people by e-mail address, or both."""

    company: str | None = None
    person: str | None = None


@dataclass(frozen=True)
class BookingContent:
    kind: Kind
    product: str | None = None
    batch: str | None = None
    run_type: RunType | None = None
    title: str | None = None
    purpose: str | None = None
    visibility: str = Visibility.BUSY.value
    sessions: tuple[SessionContent, ...] = ()
    equipment: tuple[ReservationContent, ...] = ()
    booked_for: BookedFor | None = None
    seats: int | None = None
    basis: str | None = None
    donor_status: DonorStatus | None = None
    campaign: str | None = None
    room_mode: RoomMode = RoomMode.SESSIONS
    priority: Priority | None = None
    live_material: bool = False
    partners: tuple[str, ...] = ()

    @property
    def numbered_sessions(self) -> list[tuple[int, SessionContent]]:
        return [(each.number or place, each) for place, each in enumerate(self.sessions, start=1)]

    @property
    def numbered_equipment(self) -> list[tuple[int, ReservationContent]]:
        return [(each.number or place, each) for place, each in enumerate(self.equipment, start=1)]

    @property
    def spans(self) -> list[Period]:
        """The periods of all sessions, with their margins, and of all reservations."""
        rooms = [
            Period(
                session.start - timedelta(minutes=session.setup_min),
                session.end + timedelta(minutes=session.teardown_min),
            )
            for session in self.sessions
        ]
        return rooms + [Period(each.start, each.end) for each in self.equipment]

    @property
    def envelope(self) -> Period:
        return Period(min(span.start for span in self.spans), max(span.end for span in self.spans))

    @property
    def emails(self) -> frozenset[str]:
        return frozenset(person.email for session in self.sessions for person in session.people)

    @property
    def resource_codes(self) -> frozenset[str]:
        rooms = {session.room for session in self.sessions}
        attended = {code for session in self.sessions for code in session.equipment}
        return frozenset(rooms | attended | {each.resource for each in self.equipment})

    def signed(self) -> dict[str, Any]:
        """The signed content in canonical form, without people, purpose and notes."""
        return {
            "kind": self.kind.value,
            "product": self.product,
            "batch": self.batch,
            "run_type": self.run_type.value if self.run_type else None,
            "sessions": [
                {
                    "room": session.room,
                    "start": _utc(session.start),
                    "end": _utc(session.end),
                    "setup_min": session.setup_min,
                    "teardown_min": session.teardown_min,
                    "step": session.step,
                    "exposure": session.exposure,
                    "headcount": session.headcount,
                    "equipment": sorted(session.equipment),
                }
                for session in self.sessions
            ],
            "equipment": [
                {"resource": each.resource, "units": each.units, "start": _utc(each.start), "end": _utc(each.end)}
                for each in self.equipment
            ],
        } | self._signed_if_given()

    def _signed_if_given(self) -> dict[str, Any]:
        """Fields that select the approval track; absent fields are omitted so that older versions keep their hash."""
        given = {
            "donor_status": self.donor_status and self.donor_status.value,
            "basis": self.basis,
            "live_material": self.live_material or None,
            "seats": self.seats,
        }
        return {name: value for name, value in given.items() if value is not None}


@dataclass(frozen=True, kw_only=True)
class BookingHead:
    """The columns of `booking` that follow from its content; a change request stores those of its version."""

    kind: str
    track: str
    product_id: int | None
    batch: str | None
    run_type: str | None
    title: str | None
    purpose: str | None
    visibility: str
    seats: int | None
    basis: str | None
    donor_status: str | None
    campaign: str | None
    room_mode: str
    priority: str | None
    live_material: bool
    partners: list[str]
    starts_at: datetime
    ends_at: datetime


def _utc(instant: datetime) -> str:
    return Period(instant, instant + timedelta(1)).start.isoformat()


def canonical_text(content: dict[str, Any]) -> str:
    """The canonical JSON of a version's content; its UTF-8 bytes are hashed and kept."""
    return json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def content_hash(content: dict[str, Any]) -> str:
    """SHA-256 of the canonical JSON of a version's content, in hexadecimal."""
    return hashlib.sha256(canonical_text(content).encode()).hexdigest()


def problems(content: BookingContent, now: datetime, *, begun: Collection[datetime] = ()) -> dict[str, list[str]]:
    """The errors of a request that need no other data, by field.

    Shape: `begun` are past starts that were approved before they passed; they are no error.
    """
    found: defaultdict[str, list[str]] = defaultdict(list)
    for path, message in _problems(content, now, begun):
        found[path].append(message)
    return dict(found)


def _problems(content: BookingContent, now: datetime, begun: Collection[datetime]) -> Iterator[tuple[str, str]]:
    yield from _kind_problems(content)
    for index, session in enumerate(content.sessions):
        yield from _time_problems(f"sessions.{index}", session, now, begun)
        yield from _crew_problems(f"sessions.{index}", session)
    for index, each in enumerate(content.equipment):
        yield from _time_problems(f"equipment.{index}", each, now, begun)
    parts: tuple[SessionContent | ReservationContent, ...] = (*content.sessions, *content.equipment)
    whole = [each for each in parts if each.start < each.end]
    if whole and max(each.end for each in whole) - min(each.start for each in whole) > LONGEST:
        yield "sessions" if content.sessions else "equipment", N_("A booking may span at most 366 days.")


def _kind_problems(content: BookingContent) -> Iterator[tuple[str, str]]:
    yield from _made_problems(content)
    if content.kind is Kind.EQUIPMENT:
        if not content.equipment:
            yield "equipment", N_("Add the equipment to be reserved.")
        if content.sessions:
            yield "sessions", N_("An equipment booking has no room sessions; choose cleanroom work instead.")
    elif not content.sessions and not (content.kind is Kind.QC and content.equipment):
        yield "sessions", N_("Add at least one session.")
    if content.visibility == Visibility.PUBLIC:
        if content.kind not in DEMO_KINDS:
            yield "visibility", N_("Only demonstrations, courses, consults and tours can be public.")
        elif not content.title:
            yield "title", N_("A public booking needs a title.")
    if len(content.partners) > MOST_PARTNERS:
        yield "partners", N_("At most 10 partners a booking.")


def _made_problems(content: BookingContent) -> Iterator[tuple[str, str]]:
    """Cleanroom work needs a product and a run type; a demonstration must not have them."""
    if content.kind is Kind.CLEANROOM:
        if not content.product:
            yield "product", N_("Choose the product that is made.")
        if content.run_type is None:
            yield "run_type", N_("Choose the run type.")
    if content.kind not in DEMO_KINDS:
        if content.live_material:
            yield "live_material", N_("Only a demonstration states whether it uses live material.")
        if content.seats is not None and content.kind is not Kind.CLINICAL_DEMO:
            yield "seats", N_("Only demonstrations have seats.")
        return
    if content.product:
        yield "product", N_("A demonstration has no product.")
    if content.run_type:
        yield "run_type", N_("A demonstration has no run type.")


def _time_problems(
    path: str, part: SessionContent | ReservationContent, now: datetime, begun: Collection[datetime]
) -> Iterator[tuple[str, str]]:
    start, end = part.start, part.end
    if end <= start:
        yield f"{path}.end", N_("The end must be after the start.")
    if start < now and start not in begun:
        yield f"{path}.start", N_("The start is in the past.")
    if end - start > LONGEST:
        yield f"{path}.end", N_("One period may last at most 366 days.")
    if start - now > FURTHEST:
        yield f"{path}.start", N_("Bookings open at most 18 months ahead.")


def _crew_problems(path: str, session: SessionContent) -> Iterator[tuple[str, str]]:
    emails = [person.email for person in session.people]
    if len(set(emails)) < len(emails):
        yield f"{path}.people", N_("A person is named twice.")
    if sum(person.role in IN_ROOM_ROLES for person in session.people) > session.headcount:
        yield f"{path}.headcount", N_("More people are named than the headcount.")
    if len(set(session.equipment)) < len(session.equipment):
        yield f"{path}.equipment", N_("A piece of equipment is named twice.")
