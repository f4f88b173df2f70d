"""Read and write the slots of a booking; no other module writes them.

The caller must hold the locks of all resources involved; a trigger on the table checks it.
"""

from __future__ import annotations

import json

from sqlalchemy import text

from gmp_booking.infra.database.uow import LockKey, Uow
from gmp_booking.kernel.period import Period
from gmp_booking.kernel.vocabulary import LockKind
from gmp_booking.resources.slot_changes import HeldSlot, NewSlot, SlotChanges

_TAKE = text(
    """
    INSERT INTO slot (unit_id, resource_id, during, company_id, booking_id)
    SELECT w.unit_id, w.resource_id, tstzrange(w.starts_at, w.ends_at), :company_id, :booking_id
    FROM jsonb_to_recordset(CAST(:wanted AS jsonb)) AS w (unit_id bigint, resource_id bigint, starts_at timestamptz,
         ends_at timestamptz)
    ORDER BY w.unit_id, w.starts_at
    ON CONFLICT DO NOTHING
    RETURNING unit_id, lower(during)
    """
)
_FIT = text(
    """
    UPDATE slot SET active = w.starts_at IS NOT NULL,
           during = CASE WHEN w.starts_at IS NULL THEN during ELSE tstzrange(w.starts_at, w.ends_at) END
    FROM jsonb_to_recordset(CAST(:slots AS jsonb)) AS w (id bigint, starts_at timestamptz, ends_at timestamptz)
    WHERE slot.id = w.id AND slot.active
    """
)
_RELEASE = text("UPDATE slot SET active = false WHERE booking_id = :booking_id AND active")
_HELD = text("SELECT DISTINCT resource_id FROM slot WHERE booking_id = :booking_id AND active")
_LIST_HELD = text(
    """
    SELECT id, unit_id, resource_id, starts_at, ends_at FROM slot
    WHERE booking_id = :booking_id AND active ORDER BY id
    """
)


def write_slots(uow: Uow, changes: SlotChanges, *, company_id: int, booking_id: int) -> list[NewSlot]:
    """Write the changes; returns the slots that another booking holds, upon which the caller must roll back."""
    fitted = [{"id": slot_id} for slot_id in changes.released] + [
        {"id": slot_id} | _times(period) for slot_id, period in changes.fitted.items()
    ]
    if fitted:
        uow.session.execute(_FIT, {"slots": json.dumps(fitted)})
    if not changes.taken:
        return []
    rows = [{"unit_id": new.unit_id, "resource_id": new.resource_id} | _times(new.period) for new in changes.taken]
    values = {"wanted": json.dumps(rows), "company_id": company_id, "booking_id": booking_id}
    taken = {(unit, start) for unit, start in uow.session.execute(_TAKE, values)}
    return [new for new in changes.taken if (new.unit_id, new.period.start) not in taken]


def release_slots(uow: Uow, booking_id: int) -> None:
    """Release all slots of the booking."""
    uow.session.execute(_RELEASE, {"booking_id": booking_id})


def list_held(uow: Uow, booking_id: int) -> list[HeldSlot]:
    """All active slots of the booking."""
    rows = uow.session.execute(_LIST_HELD, {"booking_id": booking_id})
    return [HeldSlot(row[0], row[1], row[2], Period(row[3], row[4])) for row in rows]


def locks_of_slots(uow: Uow, booking_id: int) -> set[LockKey]:
    """The locks needed to change the booking's slots."""
    return {(LockKind.RESOURCE, row[0]) for row in uow.session.execute(_HELD, {"booking_id": booking_id})}


def _times(period: Period) -> dict[str, str]:
    return {"starts_at": period.start.isoformat(), "ends_at": period.end.isoformat()}
