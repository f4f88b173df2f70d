"""Expiry of requests and change requests that were not decided in time; their slots are released."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import text

from gmp_booking.bookings import store
from gmp_booking.bookings.events import BookingExpired
from gmp_booking.bookings.service import event_fields
from gmp_booking.bookings.stages import booking_step, stage_of
from gmp_booking.bookings.transitions import Taken, take
from gmp_booking.bookings.views import get_view
from gmp_booking.changes import change_requests
from gmp_booking.changes.change_requests import find_open_change
from gmp_booking.infra.database.uow import Uow
from gmp_booking.kernel.sql import sql_values
from gmp_booking.kernel.states import OPEN_CHANGE, PENDING
from gmp_booking.kernel.vocabulary import Action
from gmp_booking.resources.slots import locks_of_slots

_OVERDUE = text(
    f"""
    SELECT reference FROM booking
    WHERE pending_until <= (SELECT gmp_now()) AND state IN ({sql_values(PENDING)}) AND reference <> ALL (:seen)
    ORDER BY pending_until, id LIMIT :limit
    """
)
_OVERDUE_CHANGES = text(
    f"""
    SELECT b.reference FROM booking_change AS n JOIN booking AS b ON b.id = n.booking_id
    WHERE n.pending_until <= (SELECT gmp_now()) AND n.state IN ({sql_values(OPEN_CHANGE)})
      AND b.reference <> ALL (:seen)
    ORDER BY n.pending_until, n.id LIMIT :limit
    """
)


def list_overdue(uow: Uow, *, seen: Collection[str] = (), limit: int = 100) -> list[str]:
    """References of overdue requests that were not seen yet, the longest overdue first."""
    return list(uow.session.scalars(_OVERDUE, {"seen": list(seen), "limit": limit}))


def expire(uow: Uow, reference: str) -> bool:
    """End one overdue request. Shape: False when it is no longer overdue.

    Errors: Stale when somebody decided in the same moment.
    """
    booking = store.get_booking(uow, reference)
    if booking.pending_until is None or booking.state not in PENDING:
        return False
    step = booking_step(booking, Action.EXPIRE)
    uow.lock(locks_of_slots(uow, booking.id))
    if booking.pending_until > uow.now:
        return False
    stage = stage_of(booking)
    event = BookingExpired(**event_fields(booking), was=booking.state, stage=stage.role.value if stage else None)
    take(uow, booking, Taken(step, event, by_system=True))
    return True


def list_overdue_changes(uow: Uow, *, seen: Collection[str] = (), limit: int = 100) -> list[str]:
    """References of bookings with an overdue change request that were not seen yet."""
    return list(uow.session.scalars(_OVERDUE_CHANGES, {"seen": list(seen), "limit": limit}))


def expire_change(uow: Uow, reference: str) -> bool:
    """End one overdue change request; the booking stays as it is. Shape: False when it is no longer overdue.

    Errors: Stale when somebody decided in the same moment.
    """
    details = get_view(uow, reference)
    waiting = find_open_change(uow, details)
    if waiting is None:
        return False
    uow.lock(locks_of_slots(uow, details.booking.id))
    if waiting.change.pending_until > uow.now:
        return False
    change_requests.expire(uow, waiting)
    return True
