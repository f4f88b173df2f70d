"""Schemas of resources and availability."""

from __future__ import annotations

from marshmallow import EXCLUDE, Schema, fields, validate

from gmp_booking.infra.web.datetime_fields import InstantField


class ResourceOut(Schema):
    code = fields.String()
    kind = fields.String()
    name_ko = fields.String()
    name_en = fields.String()
    name_zh = fields.String()
    grade = fields.String(allow_none=True)
    room_class = fields.String(allow_none=True)
    max_occupancy = fields.Integer(allow_none=True)
    zone = fields.String(allow_none=True)
    gmp = fields.Boolean()
    equipment_kind = fields.String(allow_none=True)
    room_use = fields.String(allow_none=True)
    home_room = fields.String(allow_none=True)
    places = fields.Integer()
    available = fields.Boolean()


class ResourcesOut(Schema):
    resources = fields.List(fields.Nested(ResourceOut))


class AvailabilityQuery(Schema):
    class Meta:
        unknown = EXCLUDE

    resource = fields.String(required=True, validate=validate.Length(max=40))
    from_ = InstantField(data_key="from", required=True)
    to = InstantField(required=True)
    minutes = fields.Integer(load_default=60, validate=validate.Range(1, 527_040))


class PeriodOut(Schema):
    start = fields.AwareDateTime(format="iso")
    end = fields.AwareDateTime(format="iso")


class AvailabilityOut(Schema):
    resource = fields.String()
    free = fields.List(fields.Nested(PeriodOut))
