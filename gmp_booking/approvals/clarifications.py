"""Additional questions about a request that was returned to the company."""

from __future__ import annotations

from gmp_booking.bookings import store
from gmp_booking.bookings.events import BookingQuestionAsked
from gmp_booking.bookings.lifecycle import step
from gmp_booking.bookings.service import event_fields, require_reason, subject_of
from gmp_booking.bookings.stages import stage_of
from gmp_booking.bookings.views import BookingView, get_view
from gmp_booking.changes.change_requests import open_change_of
from gmp_booking.infra.database.uow import Uow
from gmp_booking.kernel.access import Permission, require
from gmp_booking.kernel.errors import require_revision
from gmp_booking.kernel.states import BookingState
from gmp_booking.kernel.vocabulary import Action


def add_question(uow: Uow, reference: str, *, text: str | None, revision: int | None = None) -> BookingView:
    """Add a question to a returned request; its deadline stays as it is.

    Errors: NotFound; Forbidden for people without the role of the stage; Conflict when it is not returned; Invalid
    for an empty question; Stale.
    """
    details = get_view(uow, reference)
    waiting = open_change_of(uow, details)
    booking = waiting.proposal.booking if waiting else details.booking
    stage = stage_of(booking)
    require(uow.actor, Permission.BOOKING_DECIDE, subject_of(booking, stage_role=stage.role if stage else None))
    step(BookingState(booking.state), Action.ASK)
    require_revision(booking.revision, seen=revision)
    question = require_reason(text)
    store.change_booking(uow, details.booking)
    assert stage is not None
    uow.record(
        BookingQuestionAsked(
            **event_fields(booking),
            stage=stage.role.value,
            question=question,
        )
    )
    return details
