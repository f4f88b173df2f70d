"""Whoever changes what a resource holds stands in line for it; whoever forgot is refused at once, not kept waiting."""

from __future__ import annotations

import time

import psycopg
import pytest
from psycopg import errors
from sqlalchemy import text

from gmp_booking.infra.database.uow import Database, Unavailable, Uow
from gmp_booking.kernel.access import SYSTEM
from gmp_booking.resources.store import get_resource_id
from tests.conftest import Place

NOWAIT = "SELECT 1 FROM resource_lock WHERE kind = 'resource' AND subject_id = %s FOR NO KEY UPDATE NOWAIT"
A_SLOT = """
INSERT INTO slot (unit_id, resource_id, during, company_id, booking_id)
SELECT u.id, u.resource_id, '[2031-01-01 09:00+09, 2031-01-01 10:00+09)', 1, 1 FROM unit AS u WHERE resource_id = %s
"""


def test_what_a_use_case_locks_nobody_else_gets(database: Database, place: Place) -> None:
    def hold(uow: Uow) -> None:
        room = get_resource_id(uow, "B-01")
        uow.lock({("resource", room)})
        with psycopg.connect(place.superuser_url) as other, pytest.raises(errors.LockNotAvailable):
            other.execute(NOWAIT, (room,))

    database.transact(SYSTEM, hold)


def test_a_slot_without_its_lock_is_refused_at_once_while_another_holds_it(place: Place) -> None:
    with psycopg.connect(place.superuser_url) as holder, psycopg.connect(place.superuser_url) as forgetful:
        found = holder.execute("SELECT id FROM resource WHERE code = 'B-01'").fetchone()
        assert found is not None
        holder.execute(NOWAIT, found)
        started = time.monotonic()
        with pytest.raises(errors.LockNotAvailable):
            forgetful.execute(A_SLOT, found)
        assert time.monotonic() - started < 2


def test_a_lock_that_does_not_exist_is_a_bug(database: Database) -> None:
    with pytest.raises(AssertionError, match="locks were requested"):
        database.transact(SYSTEM, lambda uow: uow.lock({("resource", 999_999)}))


def test_locks_are_asked_for_once(database: Database) -> None:
    def twice(uow: Uow) -> None:
        room = get_resource_id(uow, "B-01")
        uow.lock({("resource", room)})
        uow.lock({("resource", room)})

    with pytest.raises(AssertionError, match="once a transaction"):
        database.transact(SYSTEM, twice)


def test_a_statement_that_runs_into_the_deadline_means_unavailable(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gmp_booking.infra.database.uow.DEADLINE_S", 0.2)
    with pytest.raises(Unavailable):
        database.transact(SYSTEM, lambda uow: uow.session.execute(text("SELECT pg_sleep(5)")))
