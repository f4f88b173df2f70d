"""Close a booking: QA has reviewed the record, and all its sessions are over."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

from gmp_booking.bookings import store as bookings
from gmp_booking.bookings.models import Booking
from gmp_booking.bookings.service import event_fields, subject_of
from gmp_booking.bookings.session_events import BookingClosed
from gmp_booking.bookings.stages import booking_permission, booking_step
from gmp_booking.bookings.transitions import Taken, take
from gmp_booking.bookings.views import get_view
from gmp_booking.changes.change_requests import end_with_booking, open_change_of
from gmp_booking.execution.closing.lacking import lacking_views, list_lacking
from gmp_booking.infra.database.uow import StoredResponse, Uow, UseCaseRequest
from gmp_booking.kernel.access import require
from gmp_booking.kernel.errors import Conflict, Invalid, require_revision
from gmp_booking.kernel.text import N_
from gmp_booking.kernel.vocabulary import Action
from gmp_booking.resources.slots import locks_of_slots
from gmp_booking.signatures.handlers import proof_of
from gmp_booking.signatures.service import Verified, sign

NOT_COMPLETE: Final = N_("The record is not complete.")


@dataclass(frozen=True)
class CloseRequest:
    """The request to close one booking."""

    reference: str
    revision: int | None = None
    verified: Verified | None = None


def close(uow: Uow, wanted: CloseRequest) -> Booking:
    """Errors: NotFound; Forbidden; Conflict with what is lacking; Invalid without a signature; Stale."""
    details = get_view(uow, wanted.reference)
    booking = details.booking
    require_revision(booking.revision, seen=wanted.revision)
    require(uow.actor, booking_permission(booking, Action.CLOSE), subject_of(booking))
    step = booking_step(booking, Action.CLOSE)
    uow.lock(locks_of_slots(uow, booking.id))
    lacking = list_lacking(uow, booking.id, explanation=uow.reason)
    if lacking:
        raise Conflict(NOT_COMPLETE, detail={"lacks": lacking})
    if wanted.verified is None:
        raise Invalid(field_errors={"signature": [N_("This action needs a signature: enter your password.")]})
    assert step.meaning is not None
    sign(
        uow,
        wanted.verified,
        record_type="booking",
        record_id=booking.id,
        record_reference=booking.reference,
        record_version=booking.version,
        content_hash=bookings.current_hash(uow, booking),
        meaning=step.meaning,
        company_id=booking.company_id,
    )
    waiting = open_change_of(uow, details)
    event = BookingClosed(**event_fields(booking), meaning=step.meaning)
    take(uow, booking, Taken(step, event, uow.reason, is_signed=True), ended_at=uow.now)
    if waiting is not None:
        end_with_booking(uow, waiting)
    return booking


def carry_out(
    request: UseCaseRequest, dump: Callable[[Booking], StoredResponse], wanted: CloseRequest, *, password: str | None
) -> StoredResponse:
    """Verify the password if one was given, then close in one transaction.

    Errors: Conflict with what is lacking in the reader's language.
    """
    try:
        return request.answer(dump, close, replace(wanted, verified=proof_of(request, password)))
    except Conflict as conflict:
        if "lacks" not in conflict.detail:
            raise
        lacking = [vars(each) for each in lacking_views(conflict.detail["lacks"])]
        raise Conflict(conflict.message, detail={"lacking": lacking}) from conflict
