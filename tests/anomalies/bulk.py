"""Years of bookings, written straight into the tables: as many as asked for, around today, many rooms and companies."""

from __future__ import annotations

import psycopg

COMPANIES = 50
ROOMS = 50
BIG = frozenset(
    [
        "booking",
        "booking_version",
        "booking_session",
        "session_record",
        "session_person",
        "equipment_reservation",
        "slot",
        "evaluation",
        "decision_facts",
        "signature",
        "journal",
        "delivery",
        "row_history",
        "outbox_message",
        "idempotency_key",
    ]
)
"""Tables that grow with the number of bookings: no request may read one of them from end to end."""

_FILL = """
SET session_replication_role = replica;
SET timezone = 'UTC';

INSERT INTO company (code, name_ko, name_en, name_zh, country, registration_no)
SELECT 'X' || n, 'x', 'x', 'x', 'KR', 'x-' || n FROM generate_series(1, {more}) AS n;
INSERT INTO person (company_id, name, email, language)
SELECT id, 'X', 'x' || id || '@x.example', 'en' FROM company WHERE code LIKE 'X%';

INSERT INTO resource (code, kind, name_ko, name_en, name_zh)
SELECT 'X-' || n, 'ROOM', 'x', 'x', 'x' FROM generate_series(1, {rooms}) AS n;
INSERT INTO room (id, grade, room_class, area_m2, max_occupancy, gmp, changeover_policy)
SELECT id, 'C', 'SERVICE', 20, 4, true, 'NONE' FROM resource WHERE code LIKE 'X-%';
INSERT INTO unit (resource_id, number) SELECT id, 1 FROM resource WHERE code LIKE 'X-%';

CREATE TEMP TABLE made AS
SELECT n AS number, c.id AS company_id, p.id AS person_id, u.id AS unit_id, r.id AS room_id,
       date_trunc('hour', now()) + interval '10 days' - make_interval(hours => 8 * (n / rooms.count)::int) AS starts_at
FROM generate_series(1, {count}) AS n
CROSS JOIN (SELECT count(*) AS count FROM room) AS rooms
JOIN (SELECT id, row_number() OVER (ORDER BY id) - 1 AS k FROM company) AS c ON c.k = n % (SELECT count(*) FROM company)
JOIN LATERAL (SELECT id FROM person WHERE company_id = c.id ORDER BY id LIMIT 1) AS p ON true
JOIN (SELECT id, row_number() OVER (ORDER BY id) - 1 AS k FROM room) AS r ON r.k = n % rooms.count
JOIN unit AS u ON u.resource_id = r.id;

INSERT INTO booking (id, reference, company_id, kind, state, version, revision, run_type, title, track, stage,
                     starts_at, ends_at, requested_by, entered_by, submitted_at, created_at)
SELECT 1000000 + number, 'BK-X' || lpad(number::text, 7, '0'), company_id, 'CLEANROOM',
       CASE WHEN number <= 50 THEN 'SUBMITTED' ELSE 'CONFIRMED' END, 1, 1, 'ENG', 'bulk', 'engineering', 0,
       starts_at, starts_at + interval '2 hours', person_id, person_id, starts_at - interval '40 days',
       starts_at - interval '40 days'
FROM made;
INSERT INTO booking_version (booking_id, company_id, version, content, content_hash, created_by)
SELECT 1000000 + number, company_id, 1, '{{}}', 'x', person_id FROM made;
INSERT INTO booking_session (id, booking_id, company_id, version, number, room_id, starts_at, ends_at, headcount)
SELECT 1000000 + number, 1000000 + number, company_id, 1, 1, room_id, starts_at, starts_at + interval '2 hours', 1
FROM made;
INSERT INTO session_record (booking_id, company_id, number, state, actual_start_at, actual_end_at, verified_at)
SELECT 1000000 + number, company_id, 1, 'DONE', starts_at, starts_at + interval '2 hours', now()
FROM made WHERE starts_at < now();
INSERT INTO session_person (booking_session_id, booking_id, company_id, person_id, role, room_id, starts_at, ends_at)
SELECT 1000000 + number, 1000000 + number, company_id, person_id, 'OPERATOR', room_id, starts_at,
       starts_at + interval '2 hours' FROM made;
INSERT INTO equipment_reservation (booking_id, company_id, version, number, equipment_id, units, starts_at, ends_at)
SELECT 1000000 + number, company_id, 1, 1, (SELECT min(id) FROM equipment), 1, starts_at, starts_at + interval '2 hours'
FROM made;
INSERT INTO slot (unit_id, resource_id, during, company_id, booking_id)
SELECT unit_id, room_id, tstzrange(starts_at, starts_at + interval '2 hours'), company_id, 1000000 + number FROM made;
INSERT INTO evaluation (booking_id, company_id, version, occasion, outcome, findings, engine_version)
SELECT 1000000 + number, company_id, 1, 'SUBMIT', 'clear', '[]', 'x' FROM made;
INSERT INTO decision_facts (booking_id, version, occasion, facts, findings)
SELECT 1000000 + number, 1, 'SUBMIT', '{{}}', '[]' FROM made;
INSERT INTO journal (event, at, actor_name, company_id, subject_kind, subject_id, reference, version, data)
SELECT event, starts_at - interval '40 days', 'x', company_id, 'BOOKING', 1000000 + number, 'BK-X' || lpad(number::text, 7, '0'),
       1, '{{}}' FROM made, (VALUES ('BookingSubmitted'), ('BookingConfirmed')) AS e (event);
INSERT INTO delivery (journal_id, consumer, done_at) SELECT id, 'notifications', now() FROM journal;
INSERT INTO signature (company_id, record_type, record_id, record_reference, record_version, content_hash, meaning,
                       printed_name, signer_id, signed_at, time_zone, auth_method)
SELECT company_id, 'booking', 1000000 + number, 'x', 1, 'x', 'APPROVED – QA', 'x', person_id, starts_at, 'UTC', 'x'
FROM made;
INSERT INTO outbox_message (kind, company_id, person_id, recipient, language, subject_kind, subject_id,
                            subject_version, booking_session_id, due_at, next_attempt_at, message_id, sent_at)
SELECT 'CONFIRMED', company_id, person_id, 'x@x.example', 'en', 'BOOKING', 1000000 + number, 1, 1000000 + number, starts_at,
       starts_at, 'x-' || number, starts_at FROM made;
INSERT INTO row_history (table_name, row_id, operation, company_id)
SELECT 'booking', 1000000 + number, 'INSERT', company_id FROM made;
INSERT INTO idempotency_key (account_id, key, fingerprint, status, headers, body)
SELECT 999, number::text, 'x', 201, '{{}}', '' FROM made;
"""


def fill(superuser_url: str, *, bookings: int) -> None:
    """Write the rows without triggers, and have the planner know them."""
    with psycopg.connect(superuser_url, autocommit=True) as connection:
        statements = _FILL.format(count=bookings, more=COMPANIES - 4, rooms=ROOMS - 7)
        connection.execute(statements.encode())
        connection.execute(f"ANALYZE {', '.join(sorted(BIG))}")


def price_as_if_large(superuser_url: str) -> None:
    """Have the planner price a table of some thousand rows, which it would read whole, as one of very many."""
    with psycopg.connect(superuser_url, autocommit=True) as connection:
        (name,) = connection.execute("SELECT current_database()").fetchone() or ("",)
        connection.execute(f'ALTER DATABASE "{name}" SET random_page_cost = 1.1')
