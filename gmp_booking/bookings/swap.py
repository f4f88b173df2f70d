"""Compare and swap: the one way a booking's or a change's own row is changed."""

from __future__ import annotations

from typing import Any

from sqlalchemy import update
from sqlalchemy.engine import CursorResult

from gmp_booking.bookings.models import Booking, ChangeRequest
from gmp_booking.infra.database.uow import Uow
from gmp_booking.kernel.errors import Stale


def swap(uow: Uow, row: Booking | ChangeRequest, **changes: Any) -> None:
    """Change a row that is still as it was read: in the same state, version and revision.

    Errors: Stale when somebody else was quicker.
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
