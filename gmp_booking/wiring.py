"""What every way in is made of: the settings, the database, and who hears of events."""

from __future__ import annotations

from dataclasses import dataclass

from config import Config
from gmp_booking.infra.journal import Consumer
from gmp_booking.infra.uow import Database

CONSUMERS: tuple[Consumer, ...] = ()


@dataclass(frozen=True)
class Services:
    config: Config
    database: Database


def build(config: Config) -> Services:
    """Shape: one pool of connections a process, as many as it has threads."""
    database = Database(config.database_url, consumers=CONSUMERS, pool_size=config.threads)
    return Services(config, database)
