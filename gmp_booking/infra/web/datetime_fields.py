"""Date-time fields of request schemas."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from marshmallow import ValidationError, fields

from gmp_booking.kernel.text import N_


class InstantField(fields.AwareDateTime):
    """An instant with a UTC offset; a time without one is ambiguous and refused."""

    default_error_messages = {  # noqa: RUF012
        "invalid": N_("Not a valid date and time."),
        "invalid_awareness": N_("Enter the time with its zone, such as 2027-03-02T09:00:00+09:00."),
    }

    def __init__(self, **more: Any) -> None:
        super().__init__(format="iso", **more)

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **more: Any) -> Any:
        try:
            instant: datetime = super()._deserialize(value, attr, data, **more)
            return instant.astimezone(UTC).replace(microsecond=0)
        except (OverflowError, ValueError) as error:
            if isinstance(error, ValidationError):
                raise
            raise self.make_error("invalid", input=value, obj_type="datetime") from error
