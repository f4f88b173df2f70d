"""One healthy diary for the tests of the package."""

from __future__ import annotations

import random
from collections.abc import Iterator

import psycopg
import pytest

from gmp_booking.infra.process.embedded import EmbeddedPostgres
from tests.conftest import Place, drop_database, place_of
from tests.consistency.diary import Diary
from tests.shared_app import shared_app

__all__ = ["shared_app"]
NAME = "diary"


@pytest.fixture(scope="package")
def diary() -> Diary:
    seed = random.randrange(10**6)
    print(f"seed of the diary: {seed}")
    return Diary(seed)


@pytest.fixture(scope="package")
def diary_place(cluster: EmbeddedPostgres, template: Place, diary: Diary) -> Iterator[Place]:
    """The database of the diary; a test that commits to it restores it."""
    drop_database(cluster, NAME)
    cluster.ensure_database(NAME, template=template.name)
    place = place_of(cluster, NAME)
    diary.write(place.superuser_url)
    yield place
    drop_database(cluster, NAME)


@pytest.fixture
def scratch(diary_place: Place) -> Iterator[psycopg.Connection]:
    """A transaction on the diary without triggers and constraints of slots, rolled back at the end."""
    with psycopg.connect(diary_place.superuser_url) as connection:
        connection.execute("SET session_replication_role = replica")
        connection.execute("ALTER TABLE slot DROP CONSTRAINT ex_slot_unit_during")
        connection.execute("DROP INDEX ix_booking_change_open")
        for table, name in (("booking_change", "ended"), ("booking_change", "version"), ("session_record", "actual")):
            connection.execute(f"ALTER TABLE {table} DROP CONSTRAINT ck_{table}_{name}")
        yield connection
        connection.rollback()
