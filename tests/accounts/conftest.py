"""Accounts for the people of the test facility, and a browser to sign in with."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest
from flask import Flask

from gmp_booking.accounts import passwords, service
from gmp_booking.infra.database.uow import Database, Uow
from gmp_booking.kernel.access import SYSTEM
from gmp_booking.people.service import find_person_by_email
from tests.accounts.sign_in_clients import CHEAP, PASSWORD, Browser, make_app

QA = "qa@brc.example"
ADMIN = "admin@brc.example"
REQUESTER = "requester@gaon.example"


def give_account(uow: Uow, email: str, password_hash: str) -> int:
    person = find_person_by_email(uow, email)
    return service.create_account(uow, person, password_hash).id


@pytest.fixture
def people(database: Database) -> dict[str, int]:
    """The account ids of three people, all with the same password."""
    passwords.configure(cost=CHEAP, slots=4)
    hashed = passwords.hash_password(PASSWORD)
    return {email: database.transact(SYSTEM, give_account, email, hashed) for email in (QA, ADMIN, REQUESTER)}


@pytest.fixture
def app(database: Database, people: dict[str, int], tmp_path: Path) -> Flask:
    return make_app(database, tmp_path)


@pytest.fixture
def browser(app: Flask) -> Browser:
    return Browser(app)


@pytest.fixture
def set_clock(place) -> Callable[[str], None]:
    """Move the database's clock by an interval."""

    def move(interval: str) -> None:
        with psycopg.connect(place.owner_url.replace("+psycopg", ""), autocommit=True) as connection:
            connection.execute(
                "CREATE OR REPLACE FUNCTION gmp_now() RETURNS timestamptz LANGUAGE sql VOLATILE AS"
                f" 'SELECT clock_timestamp() + interval ''{interval}'''"
            )

    return move


@pytest.fixture
def sql(place) -> Callable[..., list[tuple]]:
    """Ask the database as its owner."""

    def ask(statement: str, *values) -> list[tuple]:
        with psycopg.connect(place.owner_url.replace("+psycopg", ""), autocommit=True) as connection:
            cursor = connection.execute(statement, values or None)
            return cursor.fetchall() if cursor.description else []

    return ask
