"""A use case that holds the locks of a room already may place a hold on it; one that does not is a bug."""

from __future__ import annotations

import pytest

from gmp_booking.infra.database.uow import Uow
from gmp_booking.kernel.access import Actor, Role
from gmp_booking.kernel.vocabulary import LockKind, OutageKind, SubjectKind
from gmp_booking.outages.service import NewOutage, place_locked
from tests.shared_app import SharedApp

SPILL = NewOutage(SubjectKind.ROOM, "B-01", OutageKind.HOLD, "A spill of lentiviral vector on the floor")


def qa(shared_app: SharedApp) -> Actor:
    (person,) = shared_app.ask("SELECT id, name FROM person WHERE email = 'qa@brc.example'")
    return Actor(account_id=None, person_id=person["id"], name=person["name"], roles=frozenset({Role.QA}))


def room_id(shared_app: SharedApp, code: str) -> int:
    return int(shared_app.ask("SELECT id FROM resource WHERE code = %s", code)[0]["id"])


def place_after_locking(uow: Uow, locked_id: int) -> str | None:
    uow.lock({(LockKind.RESOURCE, locked_id)})
    (outage,) = place_locked(uow, SPILL)
    return outage.hold_no


def test_a_hold_is_placed_under_the_locks_of_the_caller(shared_app: SharedApp) -> None:
    hold_no = shared_app.database.transact(qa(shared_app), place_after_locking, room_id(shared_app, "B-01"))
    assert shared_app.ask("SELECT id FROM outage WHERE hold_no = %s AND until_at IS NULL", hold_no)


def test_nothing_is_placed_without_them(shared_app: SharedApp) -> None:
    with pytest.raises(AssertionError, match="not held"):
        shared_app.database.transact(qa(shared_app), place_after_locking, room_id(shared_app, "B-02"))
