"""The state of a session in SQL: of its record, or planned where it has none."""

from __future__ import annotations

from gmp_booking.kernel.sql import sql_value
from gmp_booking.kernel.states import UNRECORDED

JOINED_STATE = f"COALESCE(record.state, {sql_value(UNRECORDED)})"
"""The state where the record is joined by LEFT JOIN as `record`."""


def state_of(session: str) -> str:
    """The state of the `booking_session` row with this alias.

    A subquery, because a join lets the planner read the whole table of records.
    """
    return (
        f"COALESCE((SELECT x.state FROM session_record AS x WHERE x.booking_id = {session}.booking_id"
        f" AND x.number = {session}.number), {sql_value(UNRECORDED)})"
    )
