"""Request and response schemas of decisions."""

from __future__ import annotations

from typing import Any

from marshmallow import fields

from gmp_booking.bookings.schemas import ActionSchema, BookingOut, booking_out
from gmp_booking.bookings.stages import current_stage, meaning_of
from gmp_booking.bookings.views import BookingView
from gmp_booking.infra.web.shapes import CleanText, Shape
from gmp_booking.kernel.access import Actor
from gmp_booking.kernel.vocabulary import Action


class DecisionSchema(ActionSchema):
    """A reason and a signature, each where the decision requires one."""


class TextSchema(Shape):
    """A question or an answer."""

    text = CleanText(longest=2000, required=True)


class DecidedOut(BookingOut):
    stage_role = fields.String(allow_none=True)
    meaning = fields.String(allow_none=True)


def decided_out(details: BookingView, actor: Actor, language: str) -> dict[str, Any]:
    """The booking after a decision, with the role of the next stage and the meaning of its signature."""
    stage = current_stage(details.booking)
    return booking_out(details, actor, language) | {
        "stage_role": stage.role.value if stage else None,
        "meaning": meaning_of(details.booking, Action.APPROVE),
    }
