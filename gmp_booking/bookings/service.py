"""What use cases and pages of bookings share: permissions, a reason, the locks, the fields of an event."""

from __future__ import annotations

from typing import Any, TypedDict

from gmp_booking.bookings.content import BookingContent, problems
from gmp_booking.bookings.lifecycle.booking_steps import BOOKING_STEPS, DRAFT
from gmp_booking.bookings.lifecycle.steps import Step, find_step
from gmp_booking.bookings.models import Booking
from gmp_booking.bookings.views import BookingView
from gmp_booking.infra.database.uow import LockKey, Uow
from gmp_booking.kernel.access import Actor, Subject, is_allowed
from gmp_booking.kernel.errors import Invalid
from gmp_booking.kernel.text import N_
from gmp_booking.kernel.vocabulary import LockKind
from gmp_booking.resources.slots import locks_of_slots

REASON_LENGTH = 5


def subject_of(booking: Booking, **more: Any) -> Subject:
    """The booking as the permission table knows it."""
    return Subject(
        company_id=booking.company_id, requested_by=booking.requested_by, entered_by=booking.entered_by, **more
    )


def may_take(actor: Actor, step: Step[Any] | None, subject: Subject) -> bool:
    """Whether there is such a step, and this person may take it."""
    return step is not None and step.permission is not None and is_allowed(actor, step.permission, subject)


def may_draft(actor: Actor) -> bool:
    """Whether this person may begin a booking."""
    return may_take(actor, find_step(BOOKING_STEPS, None, DRAFT), Subject(company_id=actor.company_id))


def require_reason(reason: str | None) -> str:
    """Errors: Invalid for a reason that says nothing."""
    text = (reason or "").strip()
    if sum(character.isalnum() for character in text) < REASON_LENGTH:
        raise Invalid(field_errors={"reason": [N_("Enter a reason of at least a few words.")]})
    return text


def reason_for(step: Step[Any], reason: str | None) -> str | None:
    """The reason as its event tells it. Errors: Invalid without one that the step needs."""
    return require_reason(reason) if step.needs_reason else reason


def require_valid_content(content: BookingContent, uow: Uow) -> None:
    """Errors: Invalid, by field, for content that is wrong by itself."""
    found = problems(content, uow.now)
    if found:
        raise Invalid(field_errors=found)


class EventFields(TypedDict):
    """What every event says of its booking."""

    company_id: int
    booking_id: int
    reference: str
    version: int


def event_fields(booking: Booking, *, version: int | None = None) -> EventFields:
    """What every event says of its booking; `version` where it is not the booking's own."""
    return {
        "company_id": booking.company_id,
        "booking_id": booking.id,
        "reference": booking.reference,
        "version": booking.version if version is None else version,
    }


def locks_of(uow: Uow, details: BookingView) -> set[LockKey]:
    """The locks of every resource whose time the booking holds, and of everybody in its crews."""
    people = {(LockKind.PERSON, person.id) for person in details.crew}
    return locks_of_slots(uow, details.booking.id) | people
