"""What happens in sessions without anybody asking: a release that no longer holds is taken back."""

from __future__ import annotations

from collections.abc import Callable

from gmp_booking.execution.release_expiry import lapse, list_lapsed
from gmp_booking.infra.database.uow import Database
from gmp_booking.kernel.access import SYSTEM
from gmp_booking.kernel.errors import Refusal


def always() -> bool:
    return True


def take_back_releases(database: Database, *, keep_running: Callable[[], bool] = always) -> None:
    """Take back every release that no longer holds, each in a transaction of its own; ten at once are harmless."""
    for reference, number, _why in database.read(SYSTEM, list_lapsed):
        if not keep_running():
            return
        try:
            database.transact(SYSTEM, lapse, reference, number)
        except Refusal:
            continue  # Somebody checked in or moved it in the meantime.
