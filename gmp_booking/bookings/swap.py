"""Compare and swap: the only function that updates the row of a booking or change request."""

from __future__ import annotations

from typing import Any

from sqlalchemy import update
from sqlalchemy.engine import CursorResult

from gmp_booking.bookings.models import Booking, ChangeRequest
from gmp_booking.infra.database.uow import Uow
from gmp_booking.kernel.errors import Stale


def swap(uow: Uow, row: Booking | ChangeRequest, **changes: Any) -> None:
    """Update a row if its state, version and revision are still those that were read.

    Errors: Stale when another transaction changed the row.
    """
    changes |= {"revision": row.revision + 1, "changed_at": uow.now}
    table = type(row)
    statement = (
        update(table)
        .where(
            table.id == row.id,
            table.state == row.state,
            table.version == row.version,
            table.revision == row.revision,
        )
        .values(**changes)
        .execution_options(synchronize_session=False)
    )
    result = uow.session.execute(statement)
    if not isinstance(result, CursorResult) or result.rowcount != 1:
        raise Stale
    if row in uow.session:
        uow.session.expunge(row)
    for name, value in changes.items():
        setattr(row, name, value)
