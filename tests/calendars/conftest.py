"""People with accounts, their calendar links, and an application that serves them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import psycopg
import pytest
from flask import Flask

from gmp_booking.accounts import passwords
from gmp_booking.accounts.service import create_account
from gmp_booking.calendars.service import create_feed
from gmp_booking.infra.database.uow import Database, Uow
from gmp_booking.kernel.access import SYSTEM, Actor
from gmp_booking.people.service import find_person_by_email
from tests.clients import CHEAP, PASSWORD, ApiClient, PageClient, make_app
from tests.facility import actor_of
from tests.factories.bookings import DECISIONS
from tests.factories.interfaces import ByApi

REQUESTER = "requester@gaon.example"
OPERATOR = "operator@gaon.example"
COMPETITOR = "requester@saebyeok.example"
SCHEDULER, QA = "scheduler@brc.example", "qa@brc.example"
EVERYBODY = (REQUESTER, OPERATOR, COMPETITOR, SCHEDULER, QA)


def _give_account(uow: Uow, email: str, password_hash: str) -> int:
    return create_account(uow, find_person_by_email(uow, email), password_hash).id


@pytest.fixture
def people(database: Database) -> dict[str, Actor]:
    """Those who take part, able to sign in."""
    passwords.configure(cost=CHEAP, slots=4)
    hashed = passwords.hash_password(PASSWORD)
    found = {}
    for email in EVERYBODY:
        account_id = database.transact(SYSTEM, _give_account, email, hashed)
        found[email] = replace(database.read(SYSTEM, actor_of, email), account_id=account_id)
    return found


@pytest.fixture
def app(place, people: dict[str, Actor], tmp_path: Path) -> Iterator[Flask]:
    app = make_app(place.app_url, place.owner_url, tmp_path, GMP_BASE_URL="http://booking.example")
    yield app
    app.extensions["gmp"].database.dispose()


@pytest.fixture
def page_client(app: Flask) -> PageClient:
    """Gaon's requester, signed in."""
    return PageClient(app, REQUESTER)


@pytest.fixture
def subscribe(database: Database, people: dict[str, Actor]) -> Callable[..., str]:
    """Make a link for somebody and return its path."""

    def subscribe(email: str, scope: str) -> str:
        return f"/calendars/{database.transact(people[email], create_feed, scope=scope).secret}.ics"

    return subscribe


@pytest.fixture
def get(app: Flask) -> Callable[..., Any]:
    """Ask like a calendar program: no cookie, no session."""

    def get(path: str, **headers: str) -> Any:
        names = {name.replace("_", "-"): value for name, value in headers.items()}
        return app.test_client(use_cookies=False).get(path, headers=names)

    return get


@pytest.fixture
def sql(place) -> Callable[..., list[tuple]]:
    """Ask the database as its owner."""

    def ask(statement: str, *values) -> list[tuple]:
        with psycopg.connect(place.owner_url.replace("+psycopg", ""), autocommit=True) as connection:
            cursor = connection.execute(statement, values)
            return cursor.fetchall() if cursor.description else []

    return ask


@pytest.fixture
def by_api(app: Flask, database: Database) -> ByApi:
    return ByApi(partial(ApiClient, app, database))


@pytest.fixture
def confirm(by_api: ByApi) -> Callable[[str], None]:
    """Everybody who decides on an engineering run approves."""

    def confirm(reference: str) -> None:
        for by, action, body in DECISIONS["engineering"]:
            by_api.act(by, reference, action, **body)

    return confirm
