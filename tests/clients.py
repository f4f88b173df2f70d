"""Clients of the two interfaces, the pages and the API, on the real application."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.datastructures import MultiDict
from werkzeug.test import TestResponse

from config import Config
from gmp_booking.accounts import passwords
from gmp_booking.accounts.service import create_account, create_token
from gmp_booking.app import create_app
from gmp_booking.infra.database.uow import Database, Uow
from gmp_booking.kernel.access import SYSTEM
from gmp_booking.people.models import Person
from tests.zones import SEOUL

PASSWORD = "demo-bitgoeul-2027"
SIGNED = {"signature": {"password": PASSWORD}}
CHEAP = "t=1,m=1024,p=1"
TODAY = datetime.now(SEOUL)
"""Read once: a run that passes midnight goes on counting from the day it began."""


def make_app(app_url: str, owner_url: str, data_dir: Path, **more: str) -> Flask:
    """The whole application on a test database."""
    environment = {
        "GMP_DATABASE_URL": app_url,
        "GMP_OWNER_DATABASE_URL": owner_url,
        "GMP_DATA_DIR": str(data_dir),
        "GMP_TESTING": "1",
        "GMP_AUTH_ARGON2": CHEAP,
        "GMP_THREADS": "2",
    }
    return create_app(Config.from_env(environment | more))


def open_accounts(database: Database) -> None:
    """Everybody of the test facility may sign in with the one password."""
    passwords.configure(cost=CHEAP, slots=4)
    hashed = passwords.hash_password(PASSWORD)

    def give(uow: Uow) -> None:
        for person in uow.session.scalars(select(Person).order_by(Person.id)):
            create_account(uow, person, hashed)

    database.transact(SYSTEM, give)


class PageClient:
    """One person in front of the pages."""

    def __init__(self, app: Flask, email: str) -> None:
        self.email = email
        self.client: FlaskClient = app.test_client()
        page = self.client.get("/login")
        answer = self.client.post(
            "/login", data={"csrf_token": csrf_of(page.text), "email": email, "password": PASSWORD, "next": "/"}
        )
        assert answer.status_code == 303, answer.text
        self.csrf = csrf_of(self.client.get("/account").text)

    def get(self, path: str, **more: Any) -> TestResponse:
        return self.client.get(path, **more)

    def post(self, path: str, data: Mapping[str, Any] | None = None) -> TestResponse:
        fields = MultiDict(data or {})
        fields.setdefault("csrf_token", self.csrf)
        return self.client.post(path, data=fields)


def csrf_of(page: str) -> str:
    """What a page's forms prove they were drawn by."""
    found = re.search(r'name="csrf-token" content="([^"]+)"', page)
    assert found, page[:400]
    return found[1]


class ApiClient:
    """One person's program at the API, with a token of its own."""

    def __init__(self, app: Flask, database: Database, email: str) -> None:
        self.client: FlaskClient = app.test_client()
        actor = database.read(SYSTEM, _actor_of, email)
        token = database.transact(actor, create_token, name="test", days=1).secret
        self.headers = {"Authorization": f"Bearer {token}", "Accept-Language": "en"}

    def get(self, path: str, **headers: str) -> TestResponse:
        return self.client.get(path, headers=self.headers | headers)

    def post(self, path: str, body: Any = None, **headers: str) -> TestResponse:
        return self.client.post(path, json=body if body is not None else {}, headers=self.headers | headers)

    def patch(self, path: str, body: Any, **headers: str) -> TestResponse:
        return self.client.patch(path, json=body, headers=self.headers | headers)


def _actor_of(uow: Uow, email: str) -> Any:
    from gmp_booking.accounts.models import Account
    from tests.facility import actor_of

    actor = actor_of(uow, email)
    account = uow.session.scalars(select(Account).where(Account.person_id == actor.person_id)).one()
    from dataclasses import replace

    return replace(actor, account_id=account.id)


def weekday_at(hour: int, minute: int = 0, *, weeks: int = 3, weekday: int = 1) -> datetime:
    """A working hour in Seoul some weeks ahead; Tuesday unless said otherwise."""
    today = TODAY.replace(hour=hour, minute=minute, second=0, microsecond=0)
    return today + timedelta(days=7 * weeks - today.weekday() + weekday)


def utc(instant: datetime) -> str:
    return instant.astimezone(UTC).isoformat()
