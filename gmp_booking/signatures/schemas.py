"""The shape of a signature in a request."""

from __future__ import annotations

from marshmallow import fields, validate

from gmp_booking.infra.web.shapes import Shape


class SignatureIn(Shape):
    password = fields.String(required=True, load_only=True, validate=validate.Length(max=1024))
