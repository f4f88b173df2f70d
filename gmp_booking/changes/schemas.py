"""Request and response schemas of changes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from marshmallow import Schema, fields, post_load

from gmp_booking.bookings.content import BookingContent
from gmp_booking.bookings.diff import differences
from gmp_booking.bookings.schemas import BookingOut, BookingSchema, booking_out, findings_out
from gmp_booking.changes.change_requests import OpenChange
from gmp_booking.changes.service import ChangeResult
from gmp_booking.infra.web.datetime_fields import InstantField
from gmp_booking.infra.web.shapes import REQUIRED, CleanText, Shape
from gmp_booking.kernel.access import Actor
from gmp_booking.kernel.typed_json import as_json


class ChangeSchema(BookingSchema):
    """The complete new content of a booking, and the reason."""

    reason = CleanText(longest=2000, load_default=None, allow_none=True)

    @post_load(pass_original=True)
    def make(self, data: dict[str, Any], original: Mapping[str, Any], **more: Any) -> tuple[BookingContent, str | None]:
        reason = data.pop("reason")
        return super().make(data, original, **more), reason


class MoveSchema(Shape):
    """A new time for one session."""

    start = InstantField(required=True, error_messages=REQUIRED)
    end = InstantField(required=True, error_messages=REQUIRED)


class DifferenceOut(Schema):
    part = fields.String()
    number = fields.Integer(allow_none=True)
    field = fields.String()
    before = fields.Raw(allow_none=True)
    after = fields.Raw(allow_none=True)


class ChangeOut(Schema):
    version = fields.Integer()
    base_version = fields.Integer()
    state = fields.String()
    track = fields.String()
    stage = fields.Integer()
    submitted_at = fields.String()
    decide_by = fields.String()
    pending_until = fields.String()
    reason = fields.String(allow_none=True)
    changed = fields.List(fields.Nested(DifferenceOut))


class ChangeResultOut(BookingOut):
    outcome = fields.String()
    change = fields.Nested(ChangeOut, allow_none=True)


def change_out(waiting: OpenChange) -> dict[str, Any]:
    """An open change request with its differences."""
    plain = ("version", "base_version", "state", "track", "stage")
    instants = ("submitted_at", "decide_by", "pending_until")
    change = waiting.change
    return (
        {name: getattr(change, name) for name in plain}
        | {name: getattr(change, name).isoformat() for name in instants}
        | {
            "reason": change.explanation,
            "changed": as_json(differences(waiting.in_force.content, waiting.proposal.content)),
        }
    )


def change_result_out(result: ChangeResult, actor: Actor, language: str) -> dict[str, Any]:
    """The booking as it is now, the outcome of the change, and the open change request."""
    return booking_out(result.details, actor, language) | {
        "outcome": result.outcome.value,
        "open_findings": findings_out(result.verdict.findings, actor, language),
        "change": change_out(result.waiting) if result.waiting else None,
    }
