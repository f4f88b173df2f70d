"""Stored bookings, loaded by COPY; their density around today is the same for any number."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import psycopg

ROOMS = 50
A_DAY = (timedelta(hours=0), timedelta(hours=4), timedelta(hours=8))
LENGTH = timedelta(hours=3)
AHEAD_DAYS = 4
FEED_SESSIONS = 500
A_BOOKING = 5
FIRST = 1_000
_COLUMNS = {
    "booking": "id, reference, company_id, kind, state, version, revision, product_id, run_type, track, stage,"
    " sequence, starts_at, ends_at, requested_by, entered_by, submitted_at, confirmed_at",
    "booking_version": "booking_id, company_id, version, content, content_hash, created_by",
    "booking_session": "id, booking_id, company_id, version, number, room_id, starts_at, ends_at, headcount",
    "session_person": "booking_session_id, booking_id, company_id, person_id, role, room_id, starts_at, ends_at",
    "slot": "unit_id, resource_id, during, company_id, booking_id",
}


@dataclass(frozen=True)
class Ids:
    """The ids the rows refer to: rooms with their units, companies with a product and two people each."""

    rooms: list[tuple[int, int]]
    companies: list[tuple[int, int, int]]


def load(superuser_url: str, ids: Ids, *, already: int, wanted: int) -> None:
    """Add stored bookings up to the wanted number; triggers and indexes are as in production afterwards."""
    with psycopg.connect(superuser_url) as connection:
        connection.execute("SET session_replication_role = replica")
        for table, rows in _tables(ids, already, wanted).items():
            with connection.cursor().copy(f"COPY {table} ({_COLUMNS[table]}) FROM STDIN") as copy:
                for row in rows:
                    copy.write_row(row)
        for table in ("booking", "booking_session"):
            connection.execute(f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), max(id)) FROM {table}")
    with psycopg.connect(superuser_url, autocommit=True) as connection:
        connection.execute("VACUUM ANALYZE")


def decide(superuser_url: str) -> None:
    """Confirm the requests that earlier measurements left pending: here no company's limit keeps their number low."""
    with psycopg.connect(superuser_url) as connection:
        connection.execute("SET session_replication_role = replica")
        connection.execute(
            "UPDATE booking SET state = 'CONFIRMED', pending_until = NULL WHERE pending_until IS NOT NULL"
        )


def _tables(ids: Ids, already: int, wanted: int) -> dict[str, list[tuple]]:
    tables: dict[str, list[tuple]] = {table: [] for table in _COLUMNS}
    for number in range(already, wanted):
        for table, row in _rows(ids, number):
            tables[table].append(row)
    return tables


def _rows(ids: Ids, number: int) -> Iterator[tuple[str, tuple]]:
    """One confirmed booking of one session; the lowest numbers are nearest to today."""
    room, unit = ids.rooms[number % ROOMS]
    company, product, person = ids.companies[(number // 3) % len(ids.companies)]
    day, part = divmod(number // ROOMS, len(A_DAY))
    midnight = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    start = midnight + timedelta(days=AHEAD_DAYS - 1 - day) + A_DAY[part]
    yield from booking_rows(FIRST + number, company, product, person, sessions=[(room, unit, start)])


def booking_rows(
    booking: int,
    company: int,
    product: int,
    person: int,
    *,
    sessions: list[tuple[int, int, datetime]],
    kind: str = "CLEANROOM",
) -> Iterator[tuple[str, tuple]]:
    """The rows of one confirmed booking with these sessions (room, unit, start)."""
    first, last = sessions[0][2], sessions[-1][2] + LENGTH
    reference = f"BK-{booking:08X}"
    asked = first - timedelta(days=20)
    agreed = (kind, "CONFIRMED", 1, 3, product, "ENG", "engineering", 1, 1)
    yield "booking", (booking, reference, company, *agreed, first, last, person, person, asked, asked)
    yield "booking_version", (booking, company, 1, "{}", "0" * 64, person)
    for number, (room, unit, start) in enumerate(sessions, start=1):
        session = booking * 1000 + number
        end = start + LENGTH
        yield "booking_session", (session, booking, company, 1, number, room, start, end, 2)
        yield "session_person", (session, booking, company, person, "OPERATOR", room, start, end)
        yield "slot", (unit, room, f"[{start.isoformat()},{end.isoformat()})", company, booking)


def load_feed(superuser_url: str, booking: int, company: tuple[int, int, int], room: tuple[int, int]) -> None:
    """Bookings of one company with five hundred sessions in total, for its calendar feed."""
    start = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) + timedelta(days=2)
    sessions = [(*room, start + timedelta(hours=12 * index)) for index in range(FEED_SESSIONS)]
    load_rows(
        superuser_url,
        (
            each
            for number in range(0, FEED_SESSIONS, A_BOOKING)
            for each in booking_rows(booking + number, *company, sessions=sessions[number : number + A_BOOKING])
        ),
    )


def load_rows(superuser_url: str, rows: Iterable[tuple[str, tuple]]) -> None:
    """Add rows of `booking_rows` without triggers."""
    tables: dict[str, list[tuple]] = {table: [] for table in _COLUMNS}
    for table, row in rows:
        tables[table].append(row)
    with psycopg.connect(superuser_url) as connection:
        connection.execute("SET session_replication_role = replica")
        for table, rows in tables.items():
            with connection.cursor().copy(f"COPY {table} ({_COLUMNS[table]}) FROM STDIN") as copy:
                for row in rows:
                    copy.write_row(row)
