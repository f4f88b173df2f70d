"""A seeded demonstration in a database of its own, and its application."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import pytest
from flask import Flask
from sqlalchemy import create_engine
from sqlalchemy.orm import Session

from config import Config
from gmp_booking.app import create_app
from gmp_booking.demo.command import seed
from gmp_booking.infra.database.migrate import migrate
from gmp_booking.infra.process.embedded import EmbeddedPostgres
from tests.conftest import Place, drop_database, place_of


@dataclass(frozen=True)
class Demonstration:
    config: Config
    place: Place


def config_for(place: Place, folder, **settings: str) -> Config:
    return Config.from_env(
        {
            "GMP_DATABASE_URL": place.app_url,
            "GMP_OWNER_DATABASE_URL": place.owner_url,
            "GMP_DATA_DIR": str(folder),
            "GMP_AUTH_ARGON2": "t=1,m=1024,p=1",
            "GMP_TESTING": "1",
            "GMP_DEMO": "1",
        }
        | settings
    )


@pytest.fixture(scope="package")
def demonstration(cluster: EmbeddedPostgres, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demonstration]:
    cluster.ensure_database("demonstration")
    place = place_of(cluster, "demonstration")
    migrate(place.owner_url)
    config = config_for(place, tmp_path_factory.mktemp("demonstration"))
    seed(config)
    yield Demonstration(config, place)
    drop_database(cluster, "demonstration")


@pytest.fixture
def seeded(demonstration: Demonstration) -> Iterator[Session]:
    """A session of the owner in the demonstration database."""
    engine = create_engine(demonstration.place.owner_url)
    with Session(engine) as session:
        yield session
        session.rollback()
    engine.dispose()


@pytest.fixture(scope="package")
def demo_app(demonstration: Demonstration) -> Iterator[Flask]:
    app = create_app(demonstration.config)
    yield app
    app.extensions["gmp"].database.dispose()


@pytest.fixture
def plain_app(demonstration: Demonstration) -> Iterator[Flask]:
    """The same database, served without the demonstration."""
    app = create_app(replace(demonstration.config, demo=False))
    yield app
    app.extensions["gmp"].database.dispose()
