"""Request and response schemas of sessions."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from marshmallow import Schema, fields, validate

from gmp_booking.bookings.schemas import ActionSchema, NamedPersonSchema
from gmp_booking.execution.clearance import CHECKLIST, late_minutes
from gmp_booking.execution.store import SessionRow
from gmp_booking.infra.web.datetime_fields import InstantField
from gmp_booking.infra.web.shapes import CleanText
from gmp_booking.kernel.text import N_


class SessionActSchema(ActionSchema):
    """The fields of an action: actual times, headcount, clearance items, deviation, crew.

    Shape: `told` is who was told of an emergency entry, and when.
    """

    at = InstantField(load_default=None, allow_none=True)
    until = InstantField(load_default=None, allow_none=True)
    items = fields.List(
        fields.String(validate=validate.OneOf(list(CHECKLIST), error=N_("Not one of the choices."))),
        load_default=list,
        validate=validate.Length(max=20),
    )
    headcount = fields.Integer(
        load_default=None,
        allow_none=True,
        strict=True,
        validate=validate.Range(0, 200, error=N_("This number is out of range.")),
    )
    note = CleanText(longest=2000, load_default=None, allow_none=True)
    deviation_no = CleanText(longest=60, load_default=None, allow_none=True)
    people = fields.List(fields.Nested(NamedPersonSchema), load_default=list, validate=validate.Length(max=50))
    told = CleanText(longest=300, load_default=None, allow_none=True)


class SessionNamedSchema(Schema):
    reference = fields.String(required=True, validate=validate.Length(max=40))
    session = fields.Integer(required=True, strict=True, validate=validate.Range(1, 1000))


class ReleasesSchema(ActionSchema):
    """One signature over a list of sessions."""

    sessions = fields.List(fields.Nested(SessionNamedSchema), required=True, validate=validate.Length(1, 50))


class SessionOut(Schema):
    reference = fields.String()
    session = fields.Integer()
    state = fields.String()
    room = fields.String()
    start = fields.String()
    end = fields.String()
    clearance_needed = fields.Boolean()
    cleared_at = fields.String(allow_none=True)
    clearance_verified_at = fields.String(allow_none=True)
    released_at = fields.String(allow_none=True)
    actual_start = fields.String(allow_none=True)
    start_late_min = fields.Integer()
    expected_end = fields.String(allow_none=True)
    actual_end = fields.String(allow_none=True)
    end_late_min = fields.Integer()
    headcount = fields.Integer(allow_none=True)
    headcount_reason = fields.String(allow_none=True)
    crew_named = fields.Integer()
    crew_needed = fields.Integer()
    emergency_told = fields.String(allow_none=True)
    emergency_confirmed_at = fields.String(allow_none=True)
    note = fields.String(allow_none=True)
    deviation_no = fields.String(allow_none=True)
    verified_at = fields.String(allow_none=True)


class ReleaseOut(Schema):
    reference = fields.String()
    session = fields.Integer()
    state = fields.String(allow_none=True)
    status = fields.Integer()
    detail = fields.String(allow_none=True)


class ReleasesOut(Schema):
    results = fields.List(fields.Nested(ReleaseOut))


def _iso(instant: datetime | None) -> str | None:
    return instant.astimezone(UTC).isoformat() if instant else None


def session_out(session: SessionRow) -> dict[str, Any]:
    """A session with its record, as JSON."""
    return {
        "reference": session.reference,
        "session": session.number,
        "state": session.stands.value,
        "room": session.room,
        "start": _iso(session.starts_at),
        "end": _iso(session.ends_at),
        "clearance_needed": session.cleared_first,
        "cleared_at": _iso(session.cleared_at),
        "clearance_verified_at": _iso(session.clearance_verified_at),
        "released_at": _iso(session.released_at),
        "actual_start": _iso(session.actual_start_at),
        "start_late_min": delay(session.actual_start_at, session.start_entered_at),
        "expected_end": _iso(session.expected_end_at),
        "actual_end": _iso(session.actual_end_at),
        "end_late_min": delay(session.actual_end_at, session.end_entered_at),
        "headcount": session.headcount_actual,
        "headcount_reason": session.headcount_reason,
        "crew_named": session.named,
        "crew_needed": session.names_needed,
        "emergency_told": session.emergency_told,
        "emergency_confirmed_at": _iso(session.emergency_confirmed_at),
        "note": session.note,
        "deviation_no": session.deviation_no,
        "verified_at": _iso(session.verified_at),
    }


def delay(happened_at: datetime | None, entered_at: datetime | None) -> int:
    """The delay of an entry in minutes; 0 when it was in time or missing."""
    return late_minutes(happened_at, entered_at) if happened_at and entered_at else 0
