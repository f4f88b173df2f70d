"""Cancelling a booking."""

from __future__ import annotations

from gmp_booking.bookings import store
from gmp_booking.bookings.events import BookingCancelled
from gmp_booking.bookings.lifecycle import step as transition_of
from gmp_booking.bookings.models import Booking
from gmp_booking.bookings.service import event_fields, require_reason, subject_of
from gmp_booking.evaluation.slot_allocation import release
from gmp_booking.infra.database.uow import Uow
from gmp_booking.kernel.access import Permission, require
from gmp_booking.kernel.errors import Conflict, require_revision
from gmp_booking.kernel.states import BookingState
from gmp_booking.kernel.text import N_
from gmp_booking.kernel.vocabulary import Action
from gmp_booking.resources.slots import locks_of_slots


def cancel(uow: Uow, reference: str, *, reason: str, revision: int | None = None) -> Booking:
    """Cancel a booking and release its slots.

    Errors: Invalid without a reason; Conflict once its first session has begun; Stale.
    """
    booking = store.get_booking(uow, reference)
    require(uow.actor, Permission.BOOKING_CANCEL, subject_of(booking))
    explanation = require_reason(reason)
    previous_state = BookingState(booking.state)
    transition_of(previous_state, Action.CANCEL)
    require_revision(booking.revision, seen=revision)
    uow.lock(locks_of_slots(uow, booking.id))
    if previous_state is BookingState.CONFIRMED and _has_begun(uow, booking):
        raise Conflict(N_("The first session has begun; cancel what remains session by session."))
    release(uow, booking, state=BookingState.CANCELLED)
    uow.record(
        BookingCancelled(
            **event_fields(booking),
            explanation=explanation,
            was=previous_state.value,
        )
    )
    return booking


def _has_begun(uow: Uow, booking: Booking) -> bool:
    """Whether its start has passed, or a session began earlier than planned."""
    return bool(booking.starts_at and booking.starts_at <= uow.now) or store.has_begun_session(uow, booking)
