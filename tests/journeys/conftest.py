"""The application with everybody's account open."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask

from gmp_booking.infra.database.uow import Database
from tests.clients import ApiClient, PageClient, make_app, open_accounts


@pytest.fixture
def app(place, database: Database, tmp_path) -> Flask:
    open_accounts(database)
    app = make_app(place.app_url, place.owner_url, tmp_path)
    yield app
    app.extensions["gmp"].database.dispose()


@pytest.fixture
def page_client(app: Flask) -> Callable[[str], PageClient]:
    return lambda email: PageClient(app, email)


@pytest.fixture
def api_client(app: Flask, database: Database) -> Callable[[str], ApiClient]:
    return lambda email: ApiClient(app, database, email)
