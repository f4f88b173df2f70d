"""Request and response schemas of accounts."""

from __future__ import annotations

from marshmallow import EXCLUDE, Schema, fields, validate

from gmp_booking.accounts.passwords import MAX_LENGTH
from gmp_booking.infra.web.shapes import REQUIRED


class SignInSchema(Schema):
    class Meta:
        unknown = EXCLUDE

    email = fields.String(required=True, validate=validate.Length(1, 254), error_messages=REQUIRED)
    # Longer than any valid password: the check then fails as for a wrong one, with the same response.
    password = fields.String(required=True, validate=validate.Length(1, MAX_LENGTH * 4), error_messages=REQUIRED)
    next = fields.String(load_default="")


class TokenFormSchema(Schema):
    class Meta:
        unknown = EXCLUDE

    name = fields.String(required=True, error_messages=REQUIRED)
    days = fields.Integer(load_default=90)


class TokenSchema(Schema):
    """A token as its owner sees it; the secret is never shown again."""

    id = fields.Integer()
    name = fields.String()
    prefix = fields.String()
    created_at = fields.AwareDateTime(format="iso")
    expires_at = fields.AwareDateTime(format="iso")
    last_used_at = fields.AwareDateTime(format="iso", allow_none=True)


class TokensSchema(Schema):
    items = fields.List(fields.Nested(TokenSchema))
