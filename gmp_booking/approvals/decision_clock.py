"""The deadlines of a stored request or change request."""

from __future__ import annotations

from gmp_booking.bookings.views import BookingView
from gmp_booking.changes.change_requests import OpenChange
from gmp_booking.changes.classify_change import first_start_touched
from gmp_booking.evaluation.decision_deadlines import DecisionClock, pending_since
from gmp_booking.infra.database.uow import Uow
from gmp_booking.policies.store import holidays_between

HOLIDAYS_AHEAD_DAYS = 90


def clock_of(uow: Uow, details: BookingView, waiting: OpenChange | None) -> DecisionClock:
    """What the deadlines of a request are counted with now; `waiting` is the change request, if it is one."""
    first_start = details.booking.starts_at
    if waiting is not None:
        first_start = first_start_touched(waiting.in_force.content, waiting.proposal.content, uow.now)
    return DecisionClock(
        now=uow.now,
        pending_since=pending_since(uow.now, details.booking),
        first_start=first_start,
        holidays=holidays_between(uow, uow.today, days=HOLIDAYS_AHEAD_DAYS),
        zone=uow.zone,
    )
