"""Insert and release slots; no other module writes them.

The caller must hold the locks of all resources involved; a trigger on the table checks it.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy import DateTime, bindparam, text

from gmp_booking.infra.database.uow import LockKey, Uow
from gmp_booking.kernel.period import Period
from gmp_booking.kernel.vocabulary import LockKind

_TAKE = text(
    """
    INSERT INTO slot (unit_id, resource_id, during, company_id, booking_id, booking_session_id,
                      equipment_reservation_id)
    SELECT w.unit_id, w.resource_id, tstzrange(w.starts_at, w.ends_at), :company_id, :booking_id, w.session_id,
           w.reservation_id
    FROM jsonb_to_recordset(CAST(:wanted AS jsonb)) AS w (unit_id bigint, resource_id bigint, starts_at timestamptz,
         ends_at timestamptz, session_id bigint, reservation_id bigint)
    ORDER BY w.unit_id, w.starts_at
    ON CONFLICT DO NOTHING
    RETURNING unit_id, lower(during)
    """
)
_RELEASE = text("UPDATE slot SET active = false WHERE booking_id = :booking_id AND active")
_RELEASE_SOME = text("UPDATE slot SET active = false WHERE id = ANY (:ids) AND active")
_HELD = text("SELECT DISTINCT resource_id FROM slot WHERE booking_id = :booking_id AND active")
_LIST_HELD = text(
    """
    SELECT id, unit_id, resource_id, starts_at, ends_at, booking_session_id, equipment_reservation_id FROM slot
    WHERE booking_id = :booking_id AND active ORDER BY id
    """
)


@dataclass(frozen=True)
class NewSlot:
    """A slot to insert, with its session or reservation."""

    unit_id: int
    resource_id: int
    period: Period
    session_id: int | None
    reservation_id: int | None


@dataclass(frozen=True)
class HeldSlot:
    """An active slot, with its session or reservation."""

    id: int
    unit_id: int
    resource_id: int
    period: Period
    session_id: int | None
    reservation_id: int | None


def take_slots(uow: Uow, wanted: Sequence[NewSlot], *, company_id: int, booking_id: int) -> list[NewSlot]:
    """Insert all slots; returns those that conflict with another booking, upon which the caller must roll back."""
    rows = [
        {key: value for key, value in asdict(slot).items() if key != "period"}
        | {"starts_at": slot.period.start.isoformat(), "ends_at": slot.period.end.isoformat()}
        for slot in wanted
    ]
    values = {"wanted": json.dumps(rows), "company_id": company_id, "booking_id": booking_id}
    taken = {(unit, start) for unit, start in uow.session.execute(_TAKE, values)}
    return [slot for slot in wanted if (slot.unit_id, slot.period.start) not in taken]


def release_slots(uow: Uow, booking_id: int) -> None:
    """Release all slots of the booking."""
    uow.session.execute(_RELEASE, {"booking_id": booking_id})


def release_some_slots(uow: Uow, slots: Sequence[HeldSlot]) -> None:
    """Release these slots."""
    if slots:
        uow.session.execute(_RELEASE_SOME, {"ids": [slot.id for slot in slots]})


def list_held(uow: Uow, booking_id: int) -> list[HeldSlot]:
    """All active slots of the booking."""
    rows = uow.session.execute(_LIST_HELD, {"booking_id": booking_id})
    return [HeldSlot(row[0], row[1], row[2], Period(row[3], row[4]), row[5], row[6]) for row in rows]


def locks_of_slots(uow: Uow, booking_id: int) -> set[LockKey]:
    """The locks needed to change the booking's slots."""
    return {(LockKind.RESOURCE, row[0]) for row in uow.session.execute(_HELD, {"booking_id": booking_id})}


_FIT = text(
    """
    WITH held AS (
        SELECT id, unit_id, starts_at, ends_at,
               CASE WHEN ends_at < :until THEN gmp_free_until(unit_id, ends_at, :until) ELSE :until END AS free_until
        FROM slot WHERE booking_session_id = :session_id AND active
    ), given_back AS (
        UPDATE slot SET active = false FROM held WHERE slot.id = held.id AND held.free_until <= held.starts_at
    ), fitted AS (
        UPDATE slot SET during = tstzrange(held.starts_at, held.free_until)
        FROM held
        WHERE slot.id = held.id AND held.free_until > held.starts_at AND held.free_until <> held.ends_at
    )
    SELECT min(free_until) FROM held
    """
).bindparams(bindparam("until", type_=DateTime(timezone=True)))


def fit_slots(uow: Uow, session_id: int, until: datetime) -> datetime | None:
    """Set the end of a session's slots: shorten them, or extend them as far as the units are free.

    Shape: the earliest end of its slots; None when it has none.
    """
    found: datetime | None = uow.session.execute(_FIT, {"session_id": session_id, "until": until}).scalar_one()
    return found
