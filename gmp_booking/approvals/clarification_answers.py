"""The company's answer to a question about its request, without changes to the request."""

from __future__ import annotations

from typing import Any

from gmp_booking.approvals.decision_clock import clock_of
from gmp_booking.bookings.events import BookingAnswered
from gmp_booking.bookings.lifecycle.steps import Step
from gmp_booking.bookings.service import event_fields, locks_of, subject_of
from gmp_booking.bookings.stages import booking_permission, booking_step, change_permission, change_step
from gmp_booking.bookings.transitions import Taken, take
from gmp_booking.bookings.views import BookingView, get_view
from gmp_booking.changes.change_requests import open_change_of, take_on_change
from gmp_booking.conflicts.case import Occasion
from gmp_booking.evaluation.decision_deadlines import decision_days
from gmp_booking.evaluation.refusals import refusal
from gmp_booking.evaluation.service import examine_again
from gmp_booking.infra.database.uow import Uow
from gmp_booking.kernel.access import require
from gmp_booking.kernel.errors import require_revision
from gmp_booking.kernel.vocabulary import Action, Kind
from gmp_booking.requests.clarification_store import require_answer
from gmp_booking.requests.on_behalf import acknowledge_by_acting


def answer(uow: Uow, reference: str, *, text: str | None, revision: int | None = None) -> BookingView:
    """Answer and send the unchanged request back to the stage that asked; earlier signatures remain valid.

    Errors: NotFound; Conflict when nothing was asked, or a rule now refuses the request; Invalid for an empty answer;
    Stale.
    """
    details = get_view(uow, reference)
    waiting = open_change_of(uow, details)
    under_decision = waiting.proposal if waiting else details
    booking = under_decision.booking
    require(
        uow.actor, (change_permission if waiting else booking_permission)(booking, Action.ANSWER), subject_of(booking)
    )
    step: Step[Any] = (change_step if waiting else booking_step)(booking, Action.ANSWER)
    require_revision(booking.revision, seen=revision)
    answer_text = require_answer(text)
    uow.lock(locks_of(uow, under_decision))
    verdict = examine_again(uow, under_decision, occasion=Occasion.SUBMIT)
    if verdict.has_hard:
        raise refusal(verdict)
    days = decision_days(Kind(booking.kind), under_decision.content.envelope)
    deadlines = clock_of(uow, under_decision, waiting).deadlines(days)
    columns = {"submitted_at": uow.now, "returned_at": None, **deadlines}
    taken = Taken(step, BookingAnswered(**event_fields(booking), answer=answer_text))
    if waiting is not None:
        take_on_change(uow, waiting, taken, **columns)
    else:
        acknowledge_by_acting(uow, booking)
        take(uow, booking, taken, **columns, draft=None)
    return details
