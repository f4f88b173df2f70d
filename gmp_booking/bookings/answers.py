"""The company's answer to a question about its request: in words alone, or with what was changed."""

from __future__ import annotations

from typing import Final

from gmp_booking.bookings import store
from gmp_booking.bookings.lifecycle import Action, BookingState, Kind, step
from gmp_booking.bookings.models import Booking
from gmp_booking.bookings.on_behalf import acknowledge_by_acting
from gmp_booking.bookings.remarks import record_answer, require_answer
from gmp_booking.bookings.service import examine_again, refusal, subject_of
from gmp_booking.bookings.store import BookingDetails
from gmp_booking.bookings.targets import decision_days, working_days_later
from gmp_booking.conflicts.case import Occasion
from gmp_booking.infra.uow import LockKey, Uow
from gmp_booking.kernel.access import Permission, require
from gmp_booking.kernel.errors import Stale
from gmp_booking.kernel.period import Period
from gmp_booking.policies.store import holidays_between
from gmp_booking.resources.slots import locks_of_slots

HOLIDAYS_AHEAD_DAYS: Final = 90


def answer(uow: Uow, reference: str, *, text: str | None, revision: int | None = None) -> BookingDetails:
    """Answer and give the request back as it stands, to the stage that asked: what others signed of it stays signed.

    Errors: NotFound; Conflict when nothing was asked, or a rule is in the way now; Invalid without words; Stale.
    """
    details = store.get_details(uow, reference)
    booking = details.booking
    require(uow.actor, Permission.BOOKING_SUBMIT, subject_of(booking))
    step(BookingState(booking.state), Action.ANSWER)
    if revision is not None and revision != booking.revision:
        raise Stale
    said = require_answer(text)
    uow.lock(_locks(uow, details))
    verdict = examine_again(uow, details, occasion=Occasion.SUBMIT)
    if verdict.has_hard:
        raise refusal(verdict)
    days = decision_days(Kind(booking.kind), _envelope(booking))
    holidays = holidays_between(uow, uow.now.date(), days=HOLIDAYS_AHEAD_DAYS)
    store.change_booking(
        uow,
        booking,
        state=BookingState.UNDER_REVIEW if booking.stage else BookingState.SUBMITTED,
        submitted_at=uow.now,
        decide_by=working_days_later(uow.now, days, holidays),
        pending_until=working_days_later(uow.now, 2 * days, holidays),
        draft=None,
    )
    acknowledge_by_acting(uow, booking)
    record_answer(uow, booking, said)
    return details


def _locks(uow: Uow, details: BookingDetails) -> set[LockKey]:
    people = {("person", int(person["id"])) for session in details.parts["sessions"] for person in session["people"]}
    return locks_of_slots(uow, details.booking.id) | people


def _envelope(booking: Booking) -> Period:
    assert booking.starts_at is not None
    assert booking.ends_at is not None
    return Period(booking.starts_at, booking.ends_at)
