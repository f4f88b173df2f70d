"""Save a booking form as a draft: it may be incomplete, and it holds no slots."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gmp_booking.bookings import store
from gmp_booking.bookings.content import BookedFor
from gmp_booking.bookings.events import BookingDrafted
from gmp_booking.bookings.lifecycle.booking_steps import BOOKING_STEPS, DRAFT
from gmp_booking.bookings.lifecycle.steps import Slots, permission_of
from gmp_booking.bookings.models import Booking
from gmp_booking.bookings.service import subject_of
from gmp_booking.bookings.stages import booking_permission, first_booking_step
from gmp_booking.bookings.store import NewBooking
from gmp_booking.bookings.transitions import Taken
from gmp_booking.infra.database.uow import Uow
from gmp_booking.kernel.access import Subject, require
from gmp_booking.kernel.errors import Conflict, require_revision
from gmp_booking.kernel.states import EDITABLE
from gmp_booking.kernel.text import N_
from gmp_booking.kernel.vocabulary import Kind
from gmp_booking.requests.on_behalf import acting_person_id, company_id_for


def save_draft(
    uow: Uow, form: Mapping[str, Any], *, reference: str | None = None, revision: int | None = None
) -> Booking:
    """Store a form as it was typed, even if fields are missing or wrong; it holds no slots.

    Errors: NotFound; Conflict when it is no longer a draft; Stale when it was saved elsewhere meanwhile.
    """
    if reference is not None:
        booking = store.get_booking(uow, reference)
        require(uow.actor, booking_permission(booking, DRAFT), subject_of(booking))
        if booking.state not in EDITABLE:
            raise Conflict(N_("This booking is no longer a draft."))
        require_revision(booking.revision, seen=revision)
        store.change_booking(uow, booking, draft=dict(form))
        return booking
    company_id = company_id_for(uow, BookedFor(str(form["company"])) if form.get("company") else None)
    step = first_booking_step(DRAFT)
    require(uow.actor, permission_of(BOOKING_STEPS, None, DRAFT), Subject(company_id=company_id))
    kind = str(form.get("kind") or Kind.CLEANROOM.value)
    new = NewBooking(
        reference=store.new_reference(),
        company_id=company_id,
        kind=kind,
        state=step.target,
        track="",
        requested_by=acting_person_id(uow),
        entered_by=acting_person_id(uow),
        purpose=str(form.get("purpose") or "") or None,
        draft=form,
    )
    booking_id = store.add_booking(uow, new)
    event = BookingDrafted(company_id=company_id, booking_id=booking_id, reference=new.reference, version=1, kind=kind)
    assert step.slots is Slots.NONE, "a form has no content to hold time for"
    uow.record(Taken(step, event).event)
    return store.get_booking(uow, new.reference)
