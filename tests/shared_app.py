"""One application for all tests of a module: each test adds to it and looks only at what it added."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import psycopg
import pytest
from flask import Flask
from psycopg.rows import dict_row

from gmp_booking.infra.database.uow import Database
from gmp_booking.kernel.access import SYSTEM, Actor
from gmp_booking.registry import CONSUMERS
from tests.clients import ApiClient, PageClient, make_app, open_accounts, weekday_at
from tests.conftest import Place, place_of
from tests.facility import actor_of
from tests.factories.request_bodies import (
    EquipmentRequestFactory,
    ReservationFactory,
)
from tests.zones import SEOUL

# What any request may write, also a refused one: who was seen, and when.
_PASSING = ("auth_event", "auth_session", "api_token", "known_device", "login_throttle", "alembic_version")


class SharedApp:
    """The application, its people, and its rows as they really are."""

    def __init__(self, app: Flask, database: Database, place: Place) -> None:
        self.app, self.database, self.place = app, database, place
        self._page_clients: dict[str, PageClient] = {}
        self._api_clients: dict[str, ApiClient] = {}
        self._hours = itertools.count()
        self._rows = psycopg.connect(place.superuser_url, autocommit=True, row_factory=dict_row)

    def page_client(self, email: str) -> PageClient:
        if email not in self._page_clients:
            self._page_clients[email] = PageClient(self.app, email)
        return self._page_clients[email]

    def api_client(self, email: str) -> ApiClient:
        if email not in self._api_clients:
            self._api_clients[email] = ApiClient(self.app, self.database, email)
        return self._api_clients[email]

    def actor(self, email: str) -> Actor:
        return self.database.read(SYSTEM, actor_of, email)

    def ask(self, statement: str, *values: object) -> list[dict[str, Any]]:
        return self._rows.execute(statement, values).fetchall()

    @contextmanager
    def clock_at(self, instant: datetime) -> Iterator[None]:
        """The application's clock starts from this instant; sessions signed in before may be over by then."""
        offset_s = (instant - datetime.now(UTC)).total_seconds()
        [before] = self.ask("SELECT prosrc FROM pg_proc WHERE proname = 'gmp_now'")
        self._set_clock(f"SELECT clock_timestamp() + interval '1 second' * {offset_s}")
        try:
            yield
        finally:
            self._set_clock(before["prosrc"])

    def _set_clock(self, now: str) -> None:
        self._rows.execute(
            f"CREATE OR REPLACE FUNCTION gmp_now() RETURNS timestamptz LANGUAGE sql VOLATILE AS $${now}$$"
        )

    def count_rows(self) -> Mapping[str, int]:
        """How many rows each table has that only a use case may write."""
        tables = self.ask("SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public' ORDER BY 1")
        names = [table["name"] for table in tables if table["name"] not in _PASSING]
        counted = ", ".join(f'(SELECT count(*) FROM "{name}") AS "{name}"' for name in names)
        return self.ask(f"SELECT {counted}")[0]

    def free_hour(self) -> datetime:
        """An hour of a working day, each time another one."""
        number = next(self._hours)
        day, hour = divmod(number, 8)
        return weekday_at(9 + hour, weeks=2 + day // 4, weekday=day % 4)

    def incubator_body(self, **more: Any) -> dict[str, Any]:
        """An equipment booking of Gaon's that meets nobody."""
        return EquipmentRequestFactory(equipment=[ReservationFactory(start=self.free_hour(), hours=1)]) | more

    def close(self) -> None:
        self._rows.close()
        self.app.extensions["gmp"].database.dispose()
        self.database.dispose()


@pytest.fixture(scope="module")
def shared_app(cluster: Any, template: Place, tmp_path_factory: pytest.TempPathFactory) -> Iterator[SharedApp]:
    """A copy of the test facility with everybody's account open."""
    with an_app(cluster, template, tmp_path_factory.mktemp("shared_app"), zone=SEOUL) as shared:
        yield shared


@contextmanager
def an_app(cluster: Any, template: Place, folder: Path, *, zone: ZoneInfo) -> Iterator[SharedApp]:
    """A copy of the test facility in this time zone, with everybody's account open."""
    name = f"shared_{folder.name}".replace("-", "_")
    with psycopg.connect(cluster.superuser_url("postgres"), autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template.name}" OWNER gmp_owner STRATEGY FILE_COPY')
        connection.execute(f'GRANT CONNECT ON DATABASE "{name}" TO gmp_app')
        place = place_of(cluster, name)
        database = Database(place.app_url, zone=zone, consumers=CONSUMERS)
        open_accounts(database)
        app = make_app(place.app_url, place.owner_url, folder, GMP_TIME_ZONE=zone.key)
        shared = SharedApp(app, database, place)
        yield shared
        shared.close()
        connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
