"""The shared services of all entry points: settings, database and event consumers."""

from __future__ import annotations

from dataclasses import dataclass

from config import Config
from gmp_booking.infra.database.journal import Consumer
from gmp_booking.infra.database.self_check import check as check_database
from gmp_booking.infra.database.uow import Database
from gmp_booking.notifications.planning import NOTIFICATIONS
from gmp_booking.revalidation.service import REVALIDATION

CONSUMERS: tuple[Consumer, ...] = (NOTIFICATIONS, REVALIDATION)


@dataclass(frozen=True)
class Services:
    config: Config
    database: Database


def build(config: Config) -> Services:
    """Build the services; each process has a connection pool as large as its number of threads."""
    database = Database(config.database_url, zone=config.time_zone, consumers=CONSUMERS, pool_size=config.threads)
    return Services(config, database)


def self_check(services: Services) -> None:
    """Check the database before serving.

    Errors: UnfitDatabase, with the remedies.
    """
    config = services.config
    with services.database.engine.connect() as connection:
        check_database(connection, allow_clock_offset=config.demo or config.testing, allow_data_loss=config.testing)
