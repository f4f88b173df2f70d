"""The outbox: nobody else gets what one has claimed, nothing is lost, and a late worker cannot mark."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from gmp_booking.infra.database import outbox
from gmp_booking.infra.database.outbox import ClaimedMessage, NewMessage
from gmp_booking.infra.database.uow import Database
from gmp_booking.kernel.access import SYSTEM
from gmp_booking.kernel.events import RecordRef
from gmp_booking.kernel.vocabulary import RecordKind

NOW = datetime.now(UTC)


def a_message(number: int = 1, **more) -> NewMessage:
    values = {"kind": "upcoming", "recipient": f"p{number}@gaon.example", "language": "ko", "due_at": NOW}
    return NewMessage(**values | more)


def added(database: Database, *messages: NewMessage) -> int:
    return database.transact(SYSTEM, outbox.add_messages, list(messages))


def claimed(database: Database, limit: int = 50) -> list[ClaimedMessage]:
    return list(database.transact(SYSTEM, outbox.claim, limit=limit).messages)


def row(rows: Session, message: ClaimedMessage):
    rows.rollback()
    return rows.execute(text("SELECT * FROM outbox_message WHERE id = :id"), {"id": message.id}).one()


def lapse(rows: Session) -> None:
    """Let every lease run out."""
    rows.execute(
        text("UPDATE outbox_message SET leased_until = gmp_now() - interval '1 second' WHERE lease_token > ''")
    )
    rows.commit()


def test_the_same_message_twice_is_one(database: Database) -> None:
    assert added(database, a_message(), a_message()) == 1
    assert added(database, a_message()) == 0
    assert len(claimed(database)) == 1


def test_messages_differ_by_what_makes_them_so(database: Database) -> None:
    base = a_message(subject_kind="BOOKING", subject_id=1, subject_version=1, booking_session_id=1)
    others = [
        replace(base, **change)
        for change in (
            {"subject_id": 2},
            {"subject_version": 2},
            {"booking_session_id": 2},
            {"kind": "confirmed"},
            {"recipient": "x@gaon.example"},
            {"due_at": NOW + timedelta(microseconds=1)},
        )
    ]
    assert added(database, base, *others) == 7


def test_a_message_id_is_the_same_for_the_same_message_and_for_no_other() -> None:
    assert a_message().message_id == a_message().message_id
    assert a_message().message_id != a_message(2).message_id


def test_what_is_not_due_stays(database: Database) -> None:
    added(database, a_message(due_at=NOW + timedelta(hours=1)))
    assert claimed(database) == []


def test_what_one_has_claimed_nobody_else_gets(database: Database) -> None:
    added(database, *(a_message(number) for number in range(5)))
    first, second, third = claimed(database, 3), claimed(database, 3), claimed(database, 3)
    assert (len(first), len(second), len(third)) == (3, 2, 0)
    assert {message.id for message in first}.isdisjoint(message.id for message in second)


def test_a_lapsed_lease_is_anybodys_and_its_holder_can_no_longer_mark(database: Database, rows: Session) -> None:
    added(database, a_message())
    (late,) = claimed(database)
    lapse(rows)
    (mine,) = claimed(database)
    assert mine.token != late.token
    assert mine.attempts == 2
    for mark in (outbox.mark_sent, outbox.mark_withdrawn):
        assert not database.transact(SYSTEM, mark, late)
    for mark in (outbox.mark_dead, outbox.put_off):
        assert not database.transact(SYSTEM, mark, late, "too late")
    assert row(rows, mine).lease_token == mine.token
    assert database.transact(SYSTEM, outbox.mark_sent, mine)
    assert not database.transact(SYSTEM, outbox.mark_sent, mine)


def test_a_lease_is_longer_than_a_send_may_take(database: Database, rows: Session) -> None:
    added(database, a_message())
    (mine,) = claimed(database)
    held = row(rows, mine).leased_until - datetime.now(UTC)
    assert outbox.SEND_LIMIT < held <= outbox.LEASE


def test_what_is_sent_withdrawn_or_dead_is_done(database: Database, rows: Session) -> None:
    added(database, *(a_message(number) for number in range(3)))
    sent, withdrawn, dead = claimed(database)
    database.transact(SYSTEM, outbox.mark_sent, sent)
    database.transact(SYSTEM, outbox.mark_withdrawn, withdrawn)
    database.transact(SYSTEM, outbox.mark_dead, dead, "550 no such user")
    assert row(rows, sent).sent_at
    assert row(rows, withdrawn).withdrawn_at
    assert row(rows, dead).last_error == "550 no such user"
    assert claimed(database) == []


def test_pauses_double_and_end_at_an_hour() -> None:
    seconds = [int(outbox.pause_after(attempts).total_seconds()) for attempts in range(1, outbox.MAX_ATTEMPTS + 1)]
    assert seconds[:5] == [15, 30, 60, 120, 240]
    assert set(seconds[8:]) == {3600}


def test_put_off_means_later(database: Database, rows: Session) -> None:
    added(database, a_message())
    (mine,) = claimed(database)
    assert database.transact(SYSTEM, outbox.put_off, mine, "451 try again")
    found = row(rows, mine)
    assert timedelta(seconds=10) < found.next_attempt_at - datetime.now(UTC) < timedelta(seconds=20)
    assert (found.attempts, found.last_error, found.lease_token) == (1, "451 try again", None)
    assert claimed(database) == []


def test_handing_back_is_no_attempt(database: Database, rows: Session) -> None:
    added(database, a_message())
    (mine,) = claimed(database)
    database.transact(SYSTEM, outbox.hand_back, [mine], "connection refused", pause=timedelta())
    assert row(rows, mine).attempts == 0
    assert len(claimed(database)) == 1


def test_a_message_that_kills_its_worker_is_parked_in_the_end(database: Database, rows: Session) -> None:
    added(database, a_message(1), a_message(2))
    rows.execute(text("UPDATE outbox_message SET attempts = :n WHERE recipient LIKE 'p1%'"), {"n": outbox.MAX_ATTEMPTS})
    rows.commit()
    taken = database.transact(SYSTEM, outbox.claim, limit=10)
    assert [message.recipient for message in taken.messages] == ["p2@gaon.example"]
    assert len(taken.given_up) == 1


def test_withdrawing_spares_what_is_sent_and_what_says_something_else(database: Database, rows: Session) -> None:
    later = NOW + timedelta(days=1)
    added(
        database,
        a_message(1, subject_kind="BOOKING", subject_id=7),
        a_message(2, subject_kind="BOOKING", subject_id=7, due_at=later),
        a_message(3, subject_kind="BOOKING", subject_id=7, due_at=later, kind="cancelled"),
        a_message(4, subject_kind="BOOKING", subject_id=8, due_at=later),
    )
    (mine,) = claimed(database)
    database.transact(SYSTEM, outbox.mark_sent, mine)
    database.transact(SYSTEM, outbox.withdraw_pending, RecordRef(RecordKind.BOOKING, 7), ["upcoming"])
    found = rows.execute(text("SELECT left(recipient, 2) FROM outbox_message WHERE withdrawn_at IS NOT NULL"))
    assert found.scalars().all() == ["p2"]


@pytest.mark.parametrize("statement", ["_CLAIM", "_GIVE_UP"])
def test_looking_for_what_is_due_reads_an_index_however_much_is_planned(
    database: Database, rows: Session, statement: str
) -> None:
    rows.execute(
        text(
            "INSERT INTO outbox_message (kind, recipient, language, due_at, next_attempt_at, message_id)"
            " SELECT 'upcoming', 'p@gaon.example', 'ko', d, d, n::text"
            " FROM (SELECT n, gmp_now() + n * interval '1 minute' AS d FROM generate_series(1, 20000) AS n) AS x"
        )
    )
    rows.commit()
    rows.execute(text("ANALYZE outbox_message"))
    values = {"token": "t", "lease": outbox.LEASE, "limit": 20, "max_attempts": 20}
    plan = rows.execute(text("EXPLAIN " + getattr(outbox, statement).text), values).scalars().all()
    scan = "\n".join(plan)
    assert "Index Cond: (next_attempt_at <= " in scan, scan
    assert "Seq Scan" not in scan, scan
