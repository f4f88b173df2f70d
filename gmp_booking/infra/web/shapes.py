"""The marshmallow shapes of all features: clean text, choices, whole numbers, schemas that refuse unknown keys."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Any

from marshmallow import RAISE, Schema, fields, validate

from gmp_booking.infra.web.validation_messages import IS_REQUIRED
from gmp_booking.kernel.text import N_

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")

_RESIDENT_NUMBER = re.compile(r"(?<!\d)\d{6}-?[1-8]\d{6}(?!\d)")


class CleanText(fields.String):
    """Text input: normalised (NFC), trimmed, without control characters or resident registration numbers."""

    default_error_messages = {  # noqa: RUF012
        "long": N_("This text is too long."),
        "control": N_("Control characters are not allowed in text."),
        "resident": N_("Do not enter resident registration numbers."),
    }

    def __init__(self, *, longest: int, **more: Any) -> None:
        super().__init__(**more)
        self.longest = longest

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **more: Any) -> Any:
        text = super()._deserialize(value, attr, data, **more)
        text = unicodedata.normalize("NFC", text).replace("\r\n", "\n").strip()
        if len(text) > self.longest:
            raise self.make_error("long")
        if _CONTROL.search(text):
            raise self.make_error("control")
        if _RESIDENT_NUMBER.search(text):
            raise self.make_error("resident")
        if not text and not self.allow_none:
            raise self.make_error("required")
        return text or None


ErrorMessages = dict[str, str | list[Any] | dict[Any, Any]]
"""What marshmallow takes as `error_messages`; its type is invariant, so `dict[str, str]` would not do."""

REQUIRED: ErrorMessages = {"required": IS_REQUIRED, "null": IS_REQUIRED}


def choice(values: Iterable[str]) -> validate.OneOf:
    return validate.OneOf(list(values), error=N_("Not one of the choices."))


def whole_number(lowest: int, highest: int) -> validate.Range:
    return validate.Range(lowest, highest, error=N_("This number is out of range."))


def enum_choice(choices: type[StrEnum], default: StrEnum | None) -> fields.Enum[StrEnum]:
    """An optional choice."""
    unknown: ErrorMessages = {"unknown": N_("Not one of the choices.")}
    return fields.Enum(choices, by_value=True, load_default=default, allow_none=default is None, error_messages=unknown)


class Shape(Schema):
    """A schema that refuses unknown keys, so that a misspelt key is not silently ignored."""

    class Meta:
        unknown = RAISE

    error_messages = {"unknown": N_("This field is not known.")}  # noqa: RUF012
