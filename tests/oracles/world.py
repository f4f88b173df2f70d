"""What the database holds, row by row, read with plain SQL by a superuser: no code of the product has a say in it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple, TypeVar

import psycopg

HOLDING = frozenset({"SUBMITTED", "UNDER_REVIEW", "RETURNED", "APPROVED", "CONFIRMED", "CLOSED"})


class SlotRow(NamedTuple):
    id: int
    unit_id: int
    resource_id: int
    start: datetime
    end: datetime
    active: bool
    company_id: int
    booking_id: int


class ResourceRow(NamedTuple):
    """`home_room_id` and `room_use` of equipment; a room has neither."""

    id: int
    code: str
    home_room_id: int | None
    room_use: str | None


class UnitRow(NamedTuple):
    id: int
    resource_id: int


class BookingRow(NamedTuple):
    id: int
    reference: str
    company_id: int
    state: str
    version: int


class VersionRow(NamedTuple):
    booking_id: int
    version: int


class SessionRow(NamedTuple):
    """With its margins: from the first minute of setup to the last of teardown."""

    id: int
    booking_id: int
    version: int
    room_id: int
    start: datetime
    end: datetime
    state: str


class AttendedRow(NamedTuple):
    session_id: int
    equipment_id: int


class ReservationRow(NamedTuple):
    booking_id: int
    version: int
    equipment_id: int
    units: int
    start: datetime
    end: datetime


class JournalRow(NamedTuple):
    booking_id: int | None
    event: str
    version: int | None


class SignatureRow(NamedTuple):
    booking_id: int
    version: int
    meaning: str


Row = TypeVar("Row", bound=tuple[Any, ...])

_QUERIES: Mapping[str, tuple[type, str]] = {
    "slots": (
        SlotRow,
        "SELECT id, unit_id, resource_id, lower(during), upper(during), active, company_id, booking_id FROM slot",
    ),
    "resources": (
        ResourceRow,
        "SELECT r.id, r.code, e.home_room_id, e.room_use FROM resource r LEFT JOIN equipment e ON e.id = r.id",
    ),
    "units": (UnitRow, "SELECT id, resource_id FROM unit"),
    "bookings": (BookingRow, "SELECT id, reference, company_id, state, version FROM booking"),
    "versions": (VersionRow, "SELECT booking_id, version FROM booking_version"),
    "sessions": (
        SessionRow,
        """
        SELECT s.id, booking_id, version, room_id, starts_at - make_interval(mins => setup_min),
               ends_at + make_interval(mins => teardown_min), COALESCE(r.state, 'PLANNED')
        FROM booking_session AS s LEFT JOIN session_record AS r USING (booking_id, number)
        """,
    ),
    "attended": (AttendedRow, "SELECT booking_session_id, equipment_id FROM session_equipment"),
    "reservations": (
        ReservationRow,
        "SELECT booking_id, version, equipment_id, units, starts_at, ends_at FROM equipment_reservation",
    ),
    "journal": (
        JournalRow,
        "SELECT CASE subject_kind WHEN 'BOOKING' THEN subject_id END, event, version FROM journal ORDER BY id",
    ),
    "signatures": (
        SignatureRow,
        "SELECT record_id, record_version, meaning FROM signature WHERE record_type = 'booking' ORDER BY id",
    ),
}


@dataclass(frozen=True)
class World:
    slots: tuple[SlotRow, ...] = ()
    resources: tuple[ResourceRow, ...] = ()
    units: tuple[UnitRow, ...] = ()
    bookings: tuple[BookingRow, ...] = ()
    versions: tuple[VersionRow, ...] = ()
    sessions: tuple[SessionRow, ...] = ()
    attended: tuple[AttendedRow, ...] = ()
    reservations: tuple[ReservationRow, ...] = ()
    journal: tuple[JournalRow, ...] = ()
    signatures: tuple[SignatureRow, ...] = ()
    history: frozenset[int] = field(default_factory=frozenset)
    """The bookings whose insertion stands in the row history."""

    @property
    def capacity(self) -> Mapping[int, int]:
        counted: defaultdict[int, int] = defaultdict(int)
        for unit in self.units:
            counted[unit.resource_id] += 1
        return counted

    @property
    def by_reference(self) -> Mapping[str, BookingRow]:
        return {booking.reference: booking for booking in self.bookings}


def read_world(superuser_url: str) -> World:
    """Everything at one instant."""
    with psycopg.connect(superuser_url) as connection:
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        rows = {name: tuple(map(row._make, connection.execute(query))) for name, (row, query) in _QUERIES.items()}
        history = connection.execute(
            "SELECT row_id FROM row_history WHERE table_name = 'booking' AND operation = 'INSERT'"
        )
        return World(**rows, history=frozenset(row[0] for row in history))


def grouped(rows: Iterable[Row], column: str) -> Mapping[Any, list[Row]]:
    found: defaultdict[Any, list[Row]] = defaultdict(list)
    for row in rows:
        found[getattr(row, column)].append(row)
    return found
