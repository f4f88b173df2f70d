"""Additional questions about a request that was returned to the company."""

from __future__ import annotations

from typing import Any

from gmp_booking.bookings.events import BookingQuestionAsked
from gmp_booking.bookings.lifecycle.steps import Step
from gmp_booking.bookings.service import event_fields, reason_for, subject_of
from gmp_booking.bookings.stages import booking_permission, booking_step, change_permission, change_step, stage_of
from gmp_booking.bookings.transitions import Taken, take
from gmp_booking.bookings.views import BookingView, get_view
from gmp_booking.changes.change_requests import open_change_of, take_on_change
from gmp_booking.infra.database.uow import Uow
from gmp_booking.kernel.access import require
from gmp_booking.kernel.errors import require_revision
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
    subject = subject_of(booking, stage_role=stage.role if stage else None)
    require(uow.actor, (change_permission if waiting else booking_permission)(booking, Action.ASK), subject)
    step: Step[Any] = (change_step if waiting else booking_step)(booking, Action.ASK)
    require_revision(booking.revision, seen=revision)
    question = reason_for(step, text) or ""
    assert stage is not None
    event = BookingQuestionAsked(**event_fields(booking), stage=stage.role.value, question=question)
    if waiting is not None:
        take_on_change(uow, waiting, Taken(step, event, text))
    else:
        take(uow, booking, Taken(step, event, text))
    return details
