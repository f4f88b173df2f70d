"""What a session really uses: recorded when it starts, until somebody records its end."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text

from gmp_booking.bookings.part_resources import overlaps_session, session_resources
from gmp_booking.execution.store import SessionRow
from gmp_booking.infra.database.uow import Uow

# A piece of equipment that two sessions of one booking share is held once for both; a room never is.
_BEGIN = text(
    f"""
    WITH used AS MATERIALIZED (
        SELECT part.resource_id, r.code, room.id IS NOT NULL AS is_room, coalesce(room.shared, false) AS shared,
               held.unit_id
        FROM booking_session AS bs
        CROSS JOIN LATERAL ({session_resources("bs")}) AS part
        JOIN resource AS r ON r.id = part.resource_id
        LEFT JOIN room ON room.id = part.resource_id
        CROSS JOIN LATERAL (
            SELECT unit.id AS unit_id FROM unit
            LEFT JOIN slot ON slot.unit_id = unit.id AND slot.booking_id = bs.booking_id AND slot.active
                 AND {overlaps_session("slot", "bs")}
            WHERE unit.resource_id = part.resource_id ORDER BY slot.id IS NULL, slot.starts_at, unit.number LIMIT 1
        ) AS held
        WHERE bs.id = :id
    ), others AS MATERIALIZED (
        SELECT unit_id, bool_or(is_room OR NOT of_same_booking) AS is_in_use,
               bool_or(until IS NULL) AS is_open FROM used
        JOIN gmp_in_use(ARRAY(SELECT unit_id FROM used WHERE NOT shared), :at, :booking_id, :number) USING (unit_id)
        GROUP BY unit_id
    ), begun AS (
        INSERT INTO occupancy (unit_id, resource_id, during, company_id, booking_id, session_number, regardless, shared)
        SELECT used.unit_id, used.resource_id, tstzrange(:at, NULL), :company_id, :booking_id, :number,
               coalesce(others.is_in_use, false), used.shared OR NOT coalesce(others.is_in_use, true)
        FROM used LEFT JOIN others USING (unit_id)
        WHERE :regardless OR NOT EXISTS (SELECT FROM others WHERE is_in_use)
        ORDER BY used.unit_id
        ON CONFLICT DO NOTHING
        RETURNING unit_id
    )
    SELECT used.code, coalesce(others.is_in_use, false) AS is_in_use,
           coalesce(others.is_open, false) AS is_open, begun.unit_id IS NOT NULL AS is_begun
    FROM used LEFT JOIN others USING (unit_id) LEFT JOIN begun USING (unit_id) ORDER BY used.code
    """
)
_END = text(
    """
    UPDATE occupancy
    SET during = tstzrange(lower(during), greatest(CAST(:at AS timestamptz), lower(during) + interval '1 microsecond'))
    WHERE booking_id = :booking_id AND session_number = :number AND upper_inf(during)
    """
)
_BEGAN_MEANWHILE = text(
    """
    SELECT EXISTS (
        SELECT FROM gmp_in_use(ARRAY(SELECT unit_id FROM occupancy WHERE booking_id = :booking_id
            AND session_number = :number AND NOT shared), :at, :booking_id, :number)
        WHERE since >= :at AND since < :now)
    """
)


@dataclass(frozen=True)
class Beginning:
    """What a session begins to use.

    Shape: `in_use` are the codes of what somebody else uses, or used at that time; `is_open` while that has not ended.
    """

    in_use: Sequence[str]
    is_open: bool
    is_recorded: bool


def begin_use(uow: Uow, session: SessionRow, at: datetime, *, regardless: bool) -> Beginning:
    """Record that a session uses its room and equipment from now on.

    Shape: nothing is recorded while somebody else uses a part of it, unless `regardless`.
    """
    values = _key(session) | {"id": session.id, "company_id": session.company_id, "at": at, "regardless": regardless}
    rows = uow.session.execute(_BEGIN, values).all()
    in_use = [row for row in rows if row.is_in_use]
    is_open = any(row.is_open for row in in_use)
    return Beginning([row.code for row in in_use], is_open=is_open, is_recorded=all(row.is_begun for row in rows))


def end_use(uow: Uow, session: SessionRow, at: datetime) -> None:
    """Record the end of what a session uses; one that ends in the instant in which it began has a microsecond."""
    uow.session.execute(_END, _key(session) | {"at": at})


def began_meanwhile(uow: Uow, session: SessionRow, at: datetime) -> bool:
    """Whether another use of the same units began since: an end at that instant would change their order."""
    return bool(uow.session.execute(_BEGAN_MEANWHILE, _key(session) | {"at": at, "now": uow.now}).scalar_one())


def _key(session: SessionRow) -> dict[str, object]:
    return {"booking_id": session.booking_id, "number": session.number}
