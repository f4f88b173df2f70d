"""What accounts do without anybody asking."""

from __future__ import annotations

from gmp_booking.accounts import service
from gmp_booking.infra.database.uow import Database
from gmp_booking.kernel.access import SYSTEM


def delete_expired(database: Database) -> None:
    """Remove sessions nobody signed in with and attempts long past. Ten at once are harmless."""
    database.transact(SYSTEM, service.purge)
