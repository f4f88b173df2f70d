"""Request and response schemas of calendar links."""

from __future__ import annotations

from marshmallow import EXCLUDE, Schema, fields, validate

from gmp_booking.infra.web.shapes import REQUIRED
from gmp_booking.kernel.languages import LANGUAGES

_MOST = 64


class FeedFormSchema(Schema):
    """Shape: scope is mine, company, facility, resource:CODE, or resource with the code in `resource`."""

    class Meta:
        unknown = EXCLUDE

    scope = fields.String(required=True, validate=validate.Length(1, _MOST), error_messages=REQUIRED)
    resource = fields.String(load_default=None, allow_none=True, validate=validate.Length(0, _MOST))
    language = fields.String(load_default=None, allow_none=True, validate=validate.OneOf(["", *LANGUAGES]))


class FeedSchema(Schema):
    """A link as its owner sees it; the secret is never shown again."""

    id = fields.Integer()
    scope = fields.String()
    resource = fields.String(allow_none=True)
    language = fields.String()
    prefix = fields.String()
    created_at = fields.AwareDateTime(format="iso")
    last_used_at = fields.AwareDateTime(format="iso", allow_none=True)


class FeedMadeSchema(FeedSchema):
    """The only response that contains the address."""

    url = fields.String()
    webcal = fields.String()


class FeedsSchema(Schema):
    items = fields.List(fields.Nested(FeedSchema))
