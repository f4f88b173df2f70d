"""Fixtures of all tests: a private PostgreSQL, migrated once and copied for each test."""

from __future__ import annotations

import gc
import itertools
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import create_engine
from sqlalchemy.orm import Session

from gmp_booking.infra.database.migrate import migrate
from gmp_booking.infra.database.uow import Database
from gmp_booking.infra.process.embedded import EmbeddedPostgres
from gmp_booking.kernel.access import SYSTEM
from gmp_booking.registry import CONSUMERS
from tests.compiled_templates import share_compiled_templates
from tests.facility import create_test_facility
from tests.memory_folder import folder_in_memory
from tests.zones import SEOUL

HEAVY = ("anomalies", "lifecycle", "races", "route_matrix")
"""Folders that `make quick` leaves out; elsewhere a module says so itself."""

_numbers = itertools.count(1)
share_compiled_templates()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    folders = [Path(__file__).parent / name for name in HEAVY]
    for item in items:
        if any(item.path.is_relative_to(folder) for folder in folders):
            item.add_marker(pytest.mark.heavy)


def pytest_collection_finish() -> None:
    """Thousands of collected tests are no garbage: the collector need not look at them, nor look so often."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)


@dataclass(frozen=True)
class Place:
    """One database of the test cluster."""

    app_url: str
    owner_url: str
    superuser_url: str
    name: str


def _alchemy(url: str) -> str:
    return url.replace("postgresql://", "postgresql+psycopg://", 1)


@pytest.fixture(scope="session")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedPostgres]:
    in_memory = folder_in_memory()
    postgres = EmbeddedPostgres(in_memory or tmp_path_factory.mktemp("postgres"), durable=False)
    postgres.start()
    yield postgres
    postgres.destroy()
    if in_memory:
        in_memory.rmdir()


def drop_database(cluster: EmbeddedPostgres, name: str) -> None:
    """Delete the database and end its sessions."""
    with psycopg.connect(cluster.superuser_url("postgres"), autocommit=True) as connection:
        connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


def place_of(cluster: EmbeddedPostgres, name: str) -> Place:
    return Place(
        app_url=_alchemy(cluster.app_url(name)),
        owner_url=_alchemy(cluster.owner_url(name)),
        superuser_url=cluster.superuser_url(name),
        name=name,
    )


@pytest.fixture(scope="session")
def template(cluster: EmbeddedPostgres) -> Place:
    """Migrated, with the facility of the tests in it: four companies, their people, rooms and equipment."""
    cluster.ensure_database("template_facility")
    place = place_of(cluster, "template_facility")
    migrate(place.owner_url)
    database = Database(place.app_url, zone=SEOUL, pool_size=1)
    database.transact(SYSTEM, create_test_facility)
    database.dispose()
    with psycopg.connect(place.superuser_url, autocommit=True) as connection:
        # Tests look at what they wrote; the journal of the set-up would be in their way.
        connection.execute("TRUNCATE journal RESTART IDENTITY CASCADE")
    return place


@pytest.fixture
def place(cluster: EmbeddedPostgres, template: Place) -> Iterator[Place]:
    """A fresh copy of the facility."""
    name = f"t{os.getpid()}_{next(_numbers)}"
    with psycopg.connect(cluster.superuser_url("postgres"), autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template.name}" OWNER gmp_owner STRATEGY FILE_COPY')
        connection.execute(f'GRANT CONNECT ON DATABASE "{name}" TO gmp_app')
        yield place_of(cluster, name)
        connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


@pytest.fixture
def database(place: Place) -> Iterator[Database]:
    database = Database(place.app_url, zone=SEOUL, consumers=CONSUMERS)
    yield database
    database.dispose()


@pytest.fixture
def rows(place: Place) -> Iterator[Session]:
    """A session of the owner, to look at what is really there."""
    engine = create_engine(place.owner_url)
    with Session(engine) as session:
        yield session
        session.rollback()
    engine.dispose()


@pytest.fixture(scope="session")
def repository() -> Path:
    return Path(__file__).resolve().parents[1]
