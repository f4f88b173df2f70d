"""Response schemas of the impact of an outage."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, fields

from gmp_booking.revalidation.service import Impact


class HitOut(Schema):
    reference = fields.String()
    company = fields.String()
    kind = fields.String()
    state = fields.String()
    at_risk = fields.Boolean()
    resource = fields.String()
    start = fields.String()
    end = fields.String()
    session = fields.Integer(allow_none=True)
    session_state = fields.String(allow_none=True)


class ImpactOut(Schema):
    bookings = fields.List(fields.String())
    hits = fields.List(fields.Nested(HitOut))
    times = fields.List(fields.Dict())


def impact_out(impact: Impact) -> dict[str, Any]:
    """The impact as JSON. Shape: `hits` are the affected periods, `times` those of the outage itself."""
    return {
        "bookings": impact.references,
        "hits": [
            {
                "reference": line.reference,
                "company": line.company,
                "kind": line.kind,
                "state": line.state,
                "at_risk": line.at_risk,
                "resource": line.resource,
                "start": line.starts_at.isoformat(),
                "end": line.ends_at.isoformat(),
                "session": line.number,
                "session_state": line.session_state or None,
            }
            for line in impact.lines
        ],
        "times": [
            {"start": one.start.isoformat(), "end": one.until.isoformat() if one.until else None}
            for one in impact.plan.times
        ],
    }
