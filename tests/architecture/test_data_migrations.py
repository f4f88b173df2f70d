"""What migrations move is there before and after: what happened in sessions, and what journal and mails are about."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from psycopg.rows import dict_row

from gmp_booking.infra.database.migrate import migrate
from tests.architecture.test_migrations import downgrade, empty
from tests.conftest import Place

__all__ = ["empty"]
pytestmark = pytest.mark.heavy

BEFORE_THE_RECORDS = "6f8d4ab2c5e3"
# Triggers and foreign keys are off: only what is moved matters.
ROWS = """
SET session_replication_role = replica;
INSERT INTO booking (id, reference, company_id, kind, state, version, track, requested_by, entered_by)
VALUES (1, 'BK-00000001', 1, 'CLEANROOM', 'CONFIRMED', 2, 'engineering', 1, 1);
INSERT INTO booking_session (booking_id, company_id, version, number, room_id, starts_at, ends_at, headcount)
SELECT 1, 1, version, number, 1, '2027-03-01 09:00+09', '2027-03-01 12:00+09', 2
FROM generate_series(1, 2) AS version, generate_series(1, 2) AS number;
INSERT INTO session_record (company_id, booking_id, number, state, actual_start_at, actual_end_at, headcount_actual, note)
VALUES (1, 1, 1, 'DONE', '2027-03-01 09:05+09', '2027-03-01 11:55+09', 3, 'as planned');
INSERT INTO journal (event, actor_name, company_id, subject_kind, subject_id, reference, version, data) VALUES
    ('BookingConfirmed', 'x', 1, 'BOOKING', 1, 'BK-00000001', 2, '{}'),
    ('PersonDeactivated', 'x', 1, 'PERSON', 9, NULL, NULL, '{"person_id": 9}'),
    ('CompanyChanged', 'x', 3, 'COMPANY', 3, NULL, NULL, '{"code": "GAO"}'),
    ('OutagePlaced', 'x', NULL, 'OUTAGE', 5, NULL, NULL, '{"outage_ids": [5, 6]}'),
    ('HoursSet', 'x', NULL, NULL, NULL, NULL, NULL, '{"resource_id": null}');
INSERT INTO outbox_message (kind, recipient, language, subject_kind, subject_id, subject_version, due_at,
                            next_attempt_at, message_id) VALUES
    ('upcoming', 'a@b.example', 'en', 'BOOKING', 1, 2, '2027-03-01 09:00+09', '2027-03-01 09:00+09', 'one'),
    ('digest', 'a@b.example', 'en', NULL, NULL, NULL, '2027-03-01 09:00+09', '2027-03-01 09:00+09', 'two');
"""


@pytest.fixture
def connection(empty: Place) -> Iterator[psycopg.Connection[dict[str, Any]]]:
    migrate(empty.owner_url)
    with psycopg.connect(empty.superuser_url, autocommit=True, row_factory=dict_row) as opened:
        opened.execute(ROWS)
        yield opened


def _rows(connection: psycopg.Connection[dict[str, Any]], table: str) -> list[dict[str, Any]]:
    rows = connection.execute(f"SELECT * FROM {table} ORDER BY id").fetchall()
    return [{name: value for name, value in row.items() if name != "id"} for row in rows]


def test_what_happened_goes_to_the_version_in_force_and_back(
    empty: Place, connection: psycopg.Connection[dict[str, Any]]
) -> None:
    tables = ("session_record", "journal", "outbox_message")
    before = {table: _rows(connection, table) for table in tables}
    downgrade(empty, BEFORE_THE_RECORDS)
    sessions = connection.execute(
        "SELECT version, number, state, actual_start_at IS NOT NULL AS begun, headcount_actual, note"
        " FROM booking_session ORDER BY version, number"
    ).fetchall()
    planned = {"state": "PLANNED", "begun": False, "headcount_actual": None, "note": None}
    assert sessions == [
        {"version": 1, "number": 1} | planned,
        {"version": 1, "number": 2} | planned,
        {"version": 2, "number": 1, "state": "DONE", "begun": True, "headcount_actual": 3, "note": "as planned"},
        {"version": 2, "number": 2} | planned,
    ]
    journal = connection.execute("SELECT event, booking_id FROM journal ORDER BY id").fetchall()
    assert [row["booking_id"] for row in journal] == [1, None, None, None, None]
    mails = connection.execute("SELECT booking_id, booking_version FROM outbox_message ORDER BY id").fetchall()
    assert mails == [{"booking_id": 1, "booking_version": 2}, {"booking_id": None, "booking_version": None}]
    migrate(empty.owner_url)
    assert {table: _rows(connection, table) for table in tables} == before


BEFORE_THE_BYTES = "5b2e8c71f0a3"
# Key order and spaces of the stored JSON are the database's; the hash is of the canonical text.
VERSIONS = """
SET session_replication_role = replica;
INSERT INTO booking_version (booking_id, company_id, version, content, content_hash, created_by) VALUES
    (1, 1, 1, '{"kind": "TOUR", "a": [1, {"z": null, "b": true}], "batch": "배치 \\" 7"}',
     encode(sha256(convert_to('{"a":[1,{"b":true,"z":null}],"batch":"배치 \\" 7","kind":"TOUR"}', 'UTF8')), 'hex'), 1),
    (1, 1, 2, '{"kind": "TOUR"}', 'of other bytes', 1);
"""


def test_the_bytes_of_signed_text_are_rebuilt_where_they_have_the_stored_hash(
    empty: Place, connection: psycopg.Connection[dict[str, Any]]
) -> None:
    downgrade(empty, BEFORE_THE_BYTES)
    connection.execute(VERSIONS)
    migrate(empty.owner_url)
    versions = connection.execute(
        "SELECT encode(sha256(canonical), 'hex') = content_hash AS agrees, canonical FROM booking_version ORDER BY version"
    ).fetchall()
    assert [each["agrees"] for each in versions] == [True, None]
    assert [each["canonical"] is None for each in versions] == [False, True]
