"""Take the steps of the tables: write the target, release slots, record the event."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Generic

from gmp_booking.bookings import store
from gmp_booking.bookings.change_store import end_open_change
from gmp_booking.bookings.lifecycle.steps import Slots, State, Step
from gmp_booking.bookings.lifecycle.tracks import Stage
from gmp_booking.bookings.models import Booking
from gmp_booking.bookings.service import require_reason
from gmp_booking.infra.database.uow import Uow
from gmp_booking.kernel.errors import Invalid
from gmp_booking.kernel.events import Event
from gmp_booking.kernel.states import FREED, BookingState
from gmp_booking.kernel.text import N_
from gmp_booking.resources.slots import release_slots


@dataclass(frozen=True)
class Taken(Generic[State]):
    """A step that is taken now, with its event.

    Errors: Invalid without the reason or the signature that the step needs.
    """

    step: Step[State]
    event: Event
    reason: str | None = None
    is_signed: bool = False
    by_system: bool = False

    def __post_init__(self) -> None:
        assert type(self.event) is self.step.event, f"{self.event.name} instead of {self.step.event.__name__}"
        assert self.by_system == (self.step.permission is None), f"{self.event.name}: {self.step.permission}"
        if self.step.needs_reason:
            require_reason(self.reason)
        if self.step.meaning is not None and not self.is_signed:
            raise Invalid(field_errors={"signature": [N_("This action needs a signature: enter your password.")]})


@dataclass(frozen=True)
class Decided(Generic[State]):
    """A step that somebody decides on at a stage."""

    step: Step[State]
    stage: Stage
    reason: str | None
    is_signed: bool

    @property
    def role(self) -> str:
        return self.stage.role.value

    def taken(self, event: Event) -> Taken[State]:
        return Taken(self.step, event, self.reason, self.is_signed)


def take(uow: Uow, booking: Booking, *steps: Taken[BookingState], **columns: Any) -> None:
    """Take one step or several in a row with a booking: one change of its row, one event for each step.

    Errors: Stale when somebody else was quicker.
    """
    state = steps[-1].step.target
    if state in FREED:
        ended = {"ended_at": uow.now, "pending_until": None, "at_risk": False, "sequence": booking.sequence + 1}
        columns = ended | columns
    store.change_booking(uow, booking, state=state, **columns)
    for each in steps:
        do_with_slots(uow, booking, each.step.slots)
    for each in steps:
        uow.record(each.event)


def do_with_slots(uow: Uow, booking: Booking, slots: Slots) -> None:
    """Release all that the booking holds, if the step releases it."""
    assert slots in {Slots.NONE, Slots.KEEPS, Slots.RELEASES}, f"this step {slots} slots"
    if slots is Slots.RELEASES:
        release_slots(uow, booking.id)
        store.deactivate_crew(uow, booking.id)
        store.cancel_sessions(uow, booking.id)
        end_open_change(uow, booking.id)
