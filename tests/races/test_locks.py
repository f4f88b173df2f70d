"""Whoever changes what a resource holds stands in line for it; whoever forgot is refused at once, not kept waiting."""

from __future__ import annotations

import time

import psycopg
import pytest
from psycopg import errors
from sqlalchemy import text

from gmp_booking.infra.database.uow import Database, Unavailable, Uow
from gmp_booking.kernel.access import SYSTEM
from gmp_booking.kernel.vocabulary import LockKind
from gmp_booking.resources.service import add_zone
from gmp_booking.resources.store import get_resource_id
from tests.conftest import Place

NOWAIT = "SELECT 1 FROM resource_lock WHERE kind = %s AND subject_id = %s FOR NO KEY UPDATE NOWAIT"
A_SLOT = """
INSERT INTO slot (unit_id, resource_id, during, company_id, booking_id)
SELECT u.id, u.resource_id, '[2031-01-01 09:00+09, 2031-01-01 10:00+09)', 1, 1 FROM unit AS u WHERE resource_id = %s
"""


def test_what_a_use_case_locks_nobody_else_gets(database: Database, place: Place) -> None:
    def hold(uow: Uow) -> None:
        room = get_resource_id(uow, "B-01")
        uow.lock({(LockKind.RESOURCE, room)})
        with psycopg.connect(place.superuser_url) as other, pytest.raises(errors.LockNotAvailable):
            other.execute(NOWAIT, ("resource", room))

    database.transact(SYSTEM, hold)


def test_a_slot_without_its_lock_is_refused_at_once_while_another_holds_it(place: Place) -> None:
    with psycopg.connect(place.superuser_url) as holder, psycopg.connect(place.superuser_url) as forgetful:
        found = holder.execute("SELECT id FROM resource WHERE code = 'B-01'").fetchone()
        assert found is not None
        holder.execute(NOWAIT, ("resource", *found))
        started = time.monotonic()
        with pytest.raises(errors.LockNotAvailable):
            forgetful.execute(A_SLOT, found)
        assert time.monotonic() - started < 2


SUBJECTS = {
    LockKind.RESOURCE: "resource",
    LockKind.PERSON: "person",
    LockKind.COMPANY: "company",
    LockKind.ZONE: "air_zone",
    LockKind.AHU: "ahu",
}


@pytest.mark.parametrize("kind", LockKind)
def test_whatever_can_be_locked_has_its_lock(database: Database, kind: LockKind) -> None:
    def take_all(uow: Uow) -> int:
        ids = uow.session.execute(text(f"SELECT id FROM {SUBJECTS[kind]}")).scalars().all()
        uow.lock({(kind, each) for each in ids})
        return len(ids)

    assert database.transact(SYSTEM, take_all) > 0


def test_the_air_of_a_new_zone_can_be_locked(database: Database, place: Place) -> None:
    zone = database.transact(SYSTEM, lambda uow: add_zone(uow, code="Z9", ahu="AHU-9", single_pass=False))

    def hold(uow: Uow) -> None:
        unit = uow.session.execute(text("SELECT ahu_id FROM air_zone WHERE id = :id"), {"id": zone}).scalar_one()
        uow.lock({(LockKind.ZONE, zone), (LockKind.AHU, unit)})
        for kind, subject in ((LockKind.ZONE, zone), (LockKind.AHU, unit)):
            with psycopg.connect(place.superuser_url) as other, pytest.raises(errors.LockNotAvailable):
                other.execute(NOWAIT, (kind.value, subject))

    database.transact(SYSTEM, hold)


def test_a_lock_that_does_not_exist_is_a_bug(database: Database) -> None:
    with pytest.raises(AssertionError, match="locks were requested"):
        database.transact(SYSTEM, lambda uow: uow.lock({(LockKind.RESOURCE, 999_999)}))


def test_locks_are_asked_for_once(database: Database) -> None:
    def twice(uow: Uow) -> None:
        room = get_resource_id(uow, "B-01")
        uow.lock({(LockKind.RESOURCE, room)})
        uow.lock({(LockKind.RESOURCE, room)})

    with pytest.raises(AssertionError, match="once a transaction"):
        database.transact(SYSTEM, twice)


def test_a_statement_that_runs_into_the_deadline_means_unavailable(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gmp_booking.infra.database.uow.DEADLINE_S", 0.2)
    with pytest.raises(Unavailable):
        database.transact(SYSTEM, lambda uow: uow.session.execute(text("SELECT pg_sleep(5)")))
