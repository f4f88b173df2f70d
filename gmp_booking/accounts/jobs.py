"""Periodic jobs of accounts."""

from __future__ import annotations

from gmp_booking.accounts import service
from gmp_booking.infra.database.uow import Database
from gmp_booking.kernel.access import SYSTEM


def delete_expired(database: Database) -> None:
    """Delete expired anonymous sessions and attempt counters. Workers may run it concurrently."""
    database.transact(SYSTEM, service.purge)
