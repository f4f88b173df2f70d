"""One service of four gunicorn workers for all races of a test process; each race has times of its own."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import pytest

from gmp_booking.infra.database.uow import Database
from gmp_booking.infra.process.embedded import EmbeddedPostgres
from gmp_booking.registry import CONSUMERS
from tests.conftest import Place, drop_database, place_of
from tests.facility import COMPANIES, STAFF
from tests.server_harness import Client, Ledger, ServerLog, Service, enrol
from tests.zones import SEOUL

WORKERS = 4
EVERYBODY = [f"requester@{domain}" for _ko, _en, domain, _products in COMPANIES.values()]
ALONE = "requester@nuriesel.example"
"""Whose company takes part in no race but its own."""

REQUESTERS = [email for email in EVERYBODY if email != ALONE]
STAFF_ADDRESSES = [f"{user}@brc.example" for user in STAFF]


@dataclass
class RaceSetup:
    """A service, the tokens of its people, and what is known of its database from outside."""

    service: Service
    tokens: dict[str, str]
    place: Place
    server_log: ServerLog
    ledger: Ledger = field(default_factory=Ledger)

    def client(self, email: str) -> Client:
        return self.service.client(self.tokens[email])

    def shared_client(self) -> Client:
        """One connection that everybody may speak through."""
        return self.service.client("", tokens=self.tokens)


@contextmanager
def serving(cluster: EmbeddedPostgres, template: Place, name: str) -> Iterator[tuple[Service, dict[str, str], Place]]:
    """A service on a database of this name, with the tokens of everybody."""
    cluster.ensure_database(name, template=template.name)
    place = place_of(cluster, name)
    database = Database(place.app_url, zone=SEOUL, consumers=CONSUMERS, pool_size=1)
    tokens = enrol(database, EVERYBODY + STAFF_ADDRESSES)
    database.dispose()
    with Service(place.app_url, place.owner_url, workers=WORKERS) as service:
        yield service, tokens, place
    drop_database(cluster, name)


@pytest.fixture(scope="session")
def running_service(cluster: EmbeddedPostgres, template: Place) -> Iterator[tuple[Service, dict[str, str], Place]]:
    with serving(cluster, template, "races") as running:
        yield running


@pytest.fixture
def race_setup(running_service: tuple[Service, dict[str, str], Place], cluster: EmbeddedPostgres) -> RaceSetup:
    service, tokens, place = running_service
    return RaceSetup(service, tokens, place, ServerLog(cluster.log))
