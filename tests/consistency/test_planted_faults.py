"""Every check finds every planted fault of its kind, and nothing in a healthy diary."""

from __future__ import annotations

import random
from dataclasses import dataclass

import psycopg
import pytest

from gmp_booking.consistency.checks import CHECKS
from tests.consistency.diary import Diary

PLANTED = 200


@dataclass(frozen=True)
class Fault:
    """A statement that breaks bookings of one kind. Shape: `%(ids)s` are the bookings."""

    kind: str
    statement: str


def _booking(kind: str, change: str) -> Fault:
    return Fault(kind, f"UPDATE booking SET {change} WHERE id = ANY (%(ids)s)")


def _record(kind: str, change: str) -> Fault:
    return Fault(kind, f"UPDATE session_record SET {change} WHERE booking_id = ANY (%(ids)s)")


def _change(change: str) -> Fault:
    return Fault("in change", f"UPDATE booking_change SET {change} WHERE booking_id = ANY (%(ids)s)")


def _slot(kind: str, change: str, which: str = "true") -> Fault:
    return Fault(kind, f"UPDATE slot SET {change} WHERE booking_id = ANY (%(ids)s) AND {which}")


ROOM = "resource_id IN (SELECT id FROM resource WHERE code LIKE 'X-%%')"
INCUBATOR = "resource_id IN (SELECT id FROM resource WHERE code LIKE 'INC-X%%')"
LONGER = "during = tstzrange(lower(during), upper(during) + interval '1 minute')"
MUCH_EARLIER = "during = tstzrange(lower(during) - interval '3 hours', upper(during))"
EARLIER = "during = tstzrange(lower(during) - interval '1 minute', upper(during))"
SHORTER = "during = tstzrange(lower(during), upper(during) - interval '1 minute')"
LATER = "during = tstzrange(lower(during) + interval '1 minute', upper(during))"

# The n-th booking begins now in the n-th of these rooms, in each of which a session runs.
BEGUN_IN = """
    WITH mine AS (SELECT id, row_number() OVER () AS n FROM unnest(%(ids)s) AS id),
    theirs AS (SELECT room_id, row_number() OVER () AS n FROM ({rooms}) AS taken),
    moved AS (
        UPDATE booking_session AS s SET room_id = theirs.room_id FROM mine JOIN theirs USING (n)
        WHERE s.booking_id = mine.id)
    INSERT INTO session_record (company_id, booking_id, number, state, actual_start_at)
    SELECT 1, id, 1, 'IN_USE', gmp_now() - interval '1 second' FROM mine
"""
IN_USE = """
    SELECT s.room_id FROM booking_session AS s JOIN session_record AS r USING (booking_id, number)
    WHERE r.state IN ('IN_USE', 'SUSPENDED') ORDER BY s.id
"""
AT_HOME = """
    SELECT e.home_room_id AS room_id FROM booking_session AS s JOIN session_record AS r USING (booking_id, number)
    JOIN session_equipment AS a ON a.booking_session_id = s.id JOIN equipment AS e ON e.id = a.equipment_id
    WHERE r.state IN ('IN_USE', 'SUSPENDED') AND e.home_room_id <> s.room_id
"""
USED_DURING_ANOTHER = """
    UPDATE session_record AS r
    SET actual_start_at = o.actual_end_at - interval '1 second', actual_end_at = o.actual_end_at + interval '1 hour'
    FROM booking_session AS mine
    JOIN booking_session AS theirs ON theirs.room_id = mine.room_id
    JOIN session_record AS o ON o.booking_id = theirs.booking_id AND o.state = 'ABORTED'
    WHERE mine.booking_id = r.booking_id AND r.booking_id = ANY (%(ids)s)
"""

FAULTS = {
    "slots-overlap": [
        Fault(
            kind,
            "INSERT INTO slot (unit_id, resource_id, during, active, company_id, booking_id)"
            f" SELECT unit_id, resource_id, tstzrange({start}), true, company_id, booking_id"
            f" FROM slot WHERE booking_id = ANY (%(ids)s) AND {ROOM}",
        )
        for kind, start in (
            ("confirmed", "lower(during) + interval '1 minute', upper(during)"),
            ("running", "lower(during), upper(during)"),
            ("closed", "upper(during) - interval '1 microsecond', upper(during) + interval '1 hour'"),
        )
    ],
    "slots-without-need": [
        _slot("done", MUCH_EARLIER, ROOM),
        _slot("confirmed", LONGER, ROOM),
        _slot("done", LONGER, ROOM),
        _slot("missed", LONGER, ROOM),
        _slot("closed", EARLIER, INCUBATOR),
        _slot("running", LONGER, ROOM),
        _slot("submitted", "resource_id = -1, unit_id = (SELECT min(id) FROM unit)", ROOM),
        _booking("aborted", "state = 'CANCELLED'"),
        _change("state = 'WITHDRAWN'"),
    ],
    "needs-without-slot": [
        _slot("confirmed", "active = false", ROOM),
        _slot("submitted", SHORTER, INCUBATOR),
        _slot("submitted", LATER, ROOM),
        _slot("running", SHORTER, ROOM),
        _slot("in change", "active = false", "starts_at > (SELECT gmp_now()) + interval '13 days'"),
        Fault(
            "confirmed",
            "INSERT INTO session_equipment (booking_session_id, company_id, equipment_id)"
            " SELECT s.id, s.company_id, (SELECT min(id) FROM equipment WHERE home_room_id <> s.room_id)"
            " FROM booking_session AS s WHERE s.booking_id = ANY (%(ids)s)",
        ),
        Fault("submitted", "UPDATE equipment_reservation SET units = 3 WHERE booking_id = ANY (%(ids)s)"),
    ],
    "room-used-twice": [
        Fault("confirmed", BEGUN_IN.format(rooms=IN_USE)),
        Fault("confirmed", BEGUN_IN.format(rooms=AT_HOME)),
        Fault("done", USED_DURING_ANOTHER),
    ],
    "booking-state": [
        _booking("submitted", "pending_until = NULL"),
        _booking("confirmed", "pending_until = gmp_now()"),
        _booking("confirmed", "submitted_at = NULL"),
        _booking("done", "confirmed_at = NULL"),
        _booking("closed", "ended_at = NULL"),
        _booking("in change", "ended_at = gmp_now()"),
        _booking("running", "version = 7"),
    ],
    "session-of-booking": [
        _booking("running", "state = 'CLOSED'"),
        _booking("confirmed", "state = 'EXPIRED'"),
        _booking("done", "state = 'CANCELLED'"),
        _booking("missed", "state = 'SUBMITTED'"),
        _record("closed", "state = 'READY'"),
        _record("closed", "state = 'PLANNED'"),
    ],
    "session-record": [
        _record("running", "actual_start_at = NULL"),
        _record("done", "actual_end_at = NULL"),
        _record("running", "actual_end_at = gmp_now()"),
        _record("missed", "actual_start_at = gmp_now() - interval '1 hour'"),
        _record("done", "actual_end_at = actual_start_at - interval '1 hour'"),
        _record("running", "actual_start_at = gmp_now() + interval '1 hour'"),
        _record("rejected", "state = 'READY'"),
        _record("aborted", "deviation_no = NULL"),
        _record("missed", "verified_at = gmp_now()"),
        _record("done", "verified_at = gmp_now(), verified_by = 1, end_entered_by = 1"),
        _record("closed", "number = 7"),
    ],
    "change-state": [
        _change("ended_at = gmp_now()"),
        _change("state = 'REJECTED'"),
        _change("base_version = 7"),
        _change("state = 'APPROVED', ended_at = gmp_now()"),
        Fault(
            "in change",
            "INSERT INTO booking_change (booking_id, company_id, version, base_version, state, track, head,"
            " requested_by, entered_by, submitted_at, pending_since, decide_by, pending_until)"
            " SELECT booking_id, company_id, 3, 1, 'RETURNED', track, head, requested_by, entered_by, submitted_at,"
            " pending_since, decide_by, pending_until FROM booking_change WHERE booking_id = ANY (%(ids)s)",
        ),
    ],
    "request-past-start": [
        Fault(
            "submitted",
            f"UPDATE {table} SET starts_at = gmp_now() - interval '{past}' WHERE booking_id = ANY (%(ids)s)",
        )
        for table, past in (("booking_session", "6 minutes"), ("equipment_reservation", "3 days"))
    ],
    "deadline-after-start": [
        _booking("submitted", "pending_until = pending_until + interval '2 hours 1 minute'"),
        Fault(
            "submitted",
            "UPDATE equipment_reservation AS q SET starts_at = b.pending_until - interval '1 minute'"
            " FROM booking AS b WHERE b.id = q.booking_id AND b.id = ANY (%(ids)s)",
        ),
    ],
    "change-of-ended-booking": [
        _booking("in change", "state = 'CLOSED'"),
        _booking("in change", "state = 'CANCELLED'"),
    ],
    "crew-busy-after-end": [
        Fault(kind, f"UPDATE session_person SET {change} WHERE booking_id = ANY (%(ids)s)")
        for kind, change in (
            ("rejected", "active = true"),
            ("done", "ends_at = ends_at + interval '1 minute'"),
            ("aborted", "ends_at = ends_at + interval '2 hours'"),
            ("missed", "ends_at = ends_at + interval '1 hour'"),
        )
    ]
    + [_change("state = 'REJECTED'")],
    "reminder-out-of-date": [
        _booking("confirmed", "state = 'CANCELLED'"),
        _booking("confirmed", "version = 2"),
        Fault(
            "confirmed",
            "UPDATE booking_session SET starts_at = starts_at + interval '1 minute' WHERE booking_id = ANY (%(ids)s)",
        ),
        Fault(
            "confirmed",
            "INSERT INTO session_record (company_id, booking_id, number, state)"
            " SELECT 1, id, 1, 'CANCELLED' FROM booking WHERE id = ANY (%(ids)s)",
        ),
        Fault(
            "confirmed",
            'UPDATE outbox_message SET booking_session_id = NULL, payload = \'{"start": "2031-01-01T00:00Z"}\''
            " WHERE subject_id = ANY (%(ids)s)",
        ),
    ],
    "sequence-not-rising": [
        _booking("confirmed", "sequence = 0"),
        Fault("done", "UPDATE row_history SET new_row = old_row || '{\"sequence\": -1}' WHERE row_id = ANY (%(ids)s)"),
    ]
    + [
        Fault(
            "in change",
            "INSERT INTO row_history (table_name, row_id, operation, old_row, new_row)"
            f" SELECT 'booking', id, 'UPDATE', to_jsonb(b), to_jsonb(b) || '{changed}'"
            " FROM booking AS b WHERE id = ANY (%(ids)s)",
        )
        for changed in ('{"version": 2}', '{"starts_at": "2031-01-01"}', '{"state": "CANCELLED"}')
    ],
    "signed-text-altered": [
        Fault("confirmed", f"UPDATE booking_version SET {change} WHERE booking_id = ANY (%(ids)s)")
        for change in (
            "canonical = canonical || ' '",
            "content_hash = repeat('0', 64)",
            'content = content || \'{"batch": "other"}\'',
        )
    ],
    "signature-of-other-text": [
        Fault("confirmed", f"UPDATE signature SET {change} WHERE record_id = ANY (%(ids)s)")
        for change in ("content_hash = repeat('0', 64)", "record_version = 7")
    ],
}


def found_by(name: str, connection: psycopg.Connection) -> list[tuple[str, str]]:
    (check,) = (each for each in CHECKS if each.name == name)
    return connection.execute(check.sql.encode()).fetchall()


def test_every_check_has_faults_to_find() -> None:
    assert [check.name for check in CHECKS] == list(FAULTS)


def test_a_healthy_diary_has_no_faults(scratch: psycopg.Connection) -> None:
    assert {check.name: found for check in CHECKS if (found := found_by(check.name, scratch))} == {}


@pytest.mark.parametrize("name", FAULTS)
def test_all_of_two_hundred_planted_faults_are_found(name: str, diary: Diary, scratch: psycopg.Connection) -> None:
    seed = random.randrange(10**6)
    print(f"seed of the faults: {seed}")
    planted = plant(FAULTS[name], diary, scratch, seed=seed)
    assert len(planted) == PLANTED
    found = {reference for reference, _detail in found_by(name, scratch)}
    assert (planted - found, found - planted) == (set(), set())


def plant(faults: list[Fault], diary: Diary, connection: psycopg.Connection, *, seed: int) -> set[str]:
    """Break two hundred bookings, each by one of the faults; returns their references."""
    chooser = random.Random(seed)
    left = {kind: chooser.sample(ids, len(ids)) for kind, ids in diary.ids.items()}
    planted: list[int] = []
    for number, fault in enumerate(faults):
        share = PLANTED // len(faults) + (number < PLANTED % len(faults))
        ids = [left[fault.kind].pop() for _ in range(share)]
        connection.execute(fault.statement, {"ids": ids})
        planted += ids
    return {diary.references[each] for each in planted}


@pytest.mark.parametrize(
    "excused",
    [
        (
            "INSERT INTO journal (event, actor_name, company_id, subject_kind, subject_id, data)"
            " SELECT 'SessionStarted', 'x', 1, 'BOOKING', id, '{\"session\": 1, \"regardless\": [\"CO-02\", \"RM-01\"]}'"
            " FROM booking WHERE id = ANY (%(ids)s)"
        ),
        "UPDATE room SET shared = true",
        (
            "UPDATE session_record AS r SET state = 'DONE', actual_end_at = n.actual_start_at"
            " FROM session_record AS n, booking_session AS s, booking_session AS other"
            " WHERE n.booking_id = ANY (%(ids)s) AND s.booking_id = n.booking_id AND other.room_id = s.room_id"
            " AND other.booking_id <> n.booking_id AND r.booking_id = other.booking_id AND r.state IN ('IN_USE', 'SUSPENDED')"
        ),
    ],
    ids=["recorded regardless", "shared room", "one after the other"],
)
def test_two_uses_of_a_room_may_be_regular(excused: str, diary: Diary, scratch: psycopg.Connection) -> None:
    ids = diary.ids["confirmed"][:PLANTED]
    scratch.execute(BEGUN_IN.format(rooms=IN_USE), {"ids": ids})
    found = {reference for reference, _detail in found_by("room-used-twice", scratch)}
    assert found == {diary.references[each] for each in ids}
    scratch.execute(excused, {"ids": ids})
    assert found_by("room-used-twice", scratch) == []
