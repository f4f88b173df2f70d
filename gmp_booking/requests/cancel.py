"""Cancelling a booking."""

from __future__ import annotations

from gmp_booking.bookings import store
from gmp_booking.bookings.events import BookingCancelled
from gmp_booking.bookings.models import Booking
from gmp_booking.bookings.service import event_fields, require_reason, subject_of
from gmp_booking.bookings.stages import booking_permission, booking_step, needs_reason
from gmp_booking.bookings.transitions import Taken, take
from gmp_booking.infra.database.uow import Uow
from gmp_booking.kernel.access import require
from gmp_booking.kernel.errors import Conflict, require_revision
from gmp_booking.kernel.states import IN_FORCE
from gmp_booking.kernel.text import N_
from gmp_booking.kernel.vocabulary import Action
from gmp_booking.resources.slots import locks_of_slots


def cancel(uow: Uow, reference: str, *, reason: str, revision: int | None = None) -> Booking:
    """Cancel a booking and release its slots.

    Errors: Invalid without a reason; Conflict once its first session has begun; Stale.
    """
    booking = store.get_booking(uow, reference)
    require(uow.actor, booking_permission(booking, Action.CANCEL), subject_of(booking))
    explanation = require_reason(reason) if needs_reason(booking, Action.CANCEL) else reason
    step = booking_step(booking, Action.CANCEL)
    require_revision(booking.revision, seen=revision)
    uow.lock(locks_of_slots(uow, booking.id))
    if booking.state in IN_FORCE and _has_begun(uow, booking):
        raise Conflict(N_("The first session has begun; cancel what remains session by session."))
    event = BookingCancelled(**event_fields(booking), explanation=explanation, was=booking.state)
    take(uow, booking, Taken(step, event, reason))
    return booking


def _has_begun(uow: Uow, booking: Booking) -> bool:
    """Whether its start has passed, or a session began earlier than planned."""
    return bool(booking.starts_at and booking.starts_at <= uow.now) or store.has_begun_session(uow, booking)
