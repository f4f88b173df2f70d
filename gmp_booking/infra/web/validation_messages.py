"""Translates the error messages of marshmallow.

Its messages arrive with their numbers filled in, so patterns extract them. An unknown message is one of ours and is
translated as it is.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from gmp_booking.infra.web.i18n import _
from gmp_booking.kernel.text import N_

IS_REQUIRED: Final = N_("%(field)s is required.")
FIELD_LABELS: Final[Mapping[str, str]] = {
    "answer": N_("Your answer"),
    "batch": N_("Batch"),
    "booked_for": N_("Company"),
    "company": N_("Company"),
    "email": N_("E-mail address"),
    "end": N_("End"),
    "equipment": N_("Equipment"),
    "headcount": N_("People in the room"),
    "kind": N_("Kind"),
    "name": N_("Name"),
    "password": N_("Password"),
    "people": N_("People"),
    "product": N_("Product"),
    "reason": N_("Reason"),
    "resource": N_("Equipment"),
    "room": N_("Room"),
    "rule": N_("Rule"),
    "run_type": N_("Run type"),
    "start": N_("Start"),
    "units": N_("Places"),
    "until": N_("Until"),
}
"""What the pages call a field of a schema; a field that only programs send is called by its key."""

_TYPE = N_("The value has the wrong type.")
_TEXT = N_("This must be text.")
_NUMBER = N_("This must be a number.")
_LIST = N_("This must be a list.")
_INSTANT = N_("Not a valid date and time.")

_FIXED: Final = {
    "Missing data for required field.": IS_REQUIRED,
    "Field may not be null.": IS_REQUIRED,
    "Unknown field.": N_("This field is not known."),
    "Invalid input type.": _TYPE,
    "Invalid input.": _TYPE,
    "Invalid type.": _TYPE,
    "Invalid value.": _TYPE,
    "Not a valid string.": _TEXT,
    "Not a valid utf-8 string.": _TEXT,
    "Not a valid number.": _NUMBER,
    "Number too large.": _NUMBER,
    "Not a valid integer.": N_("This must be a whole number."),
    "Not a valid boolean.": N_("This must be true or false."),
    "Not a valid list.": _LIST,
    "Not a valid tuple.": _LIST,
    "Not a valid mapping type.": N_("This must be an object."),
    "Not a valid date.": N_("Not a valid date."),
    "Not a valid time.": N_("Not a valid time."),
    "Not a valid datetime.": _INSTANT,
    "Not a valid aware datetime.": N_("Enter the time with its zone."),
    "Not a valid email address.": N_("Not a valid e-mail address."),
    "Invalid JSON body.": N_("Not valid JSON."),
}
_WITH_PARAMETERS: Final = tuple(
    (re.compile(pattern), sentence)
    for pattern, sentence in (
        (r"Shorter than minimum length (?P<least>\S+)\.", N_("At least %(least)s characters or entries.")),
        (r"Longer than maximum length (?P<most>\S+)\.", N_("At most %(most)s characters or entries.")),
        (
            r"Length must be between (?P<least>\S+) and (?P<most>\S+)\.",
            N_("Between %(least)s and %(most)s characters or entries."),
        ),
        (
            r"Must be greater than or equal to (?P<least>\S+) and less than or equal to (?P<most>\S+)\.",
            N_("This must be from %(least)s to %(most)s."),
        ),
        (r"Must be greater than or equal to (?P<least>\S+)\.", N_("This must be %(least)s or more.")),
        (r"Must be less than or equal to (?P<most>\S+)\.", N_("This must be %(most)s or less.")),
        (r"Must be one of: (?P<choices>.+)\.", N_("This must be one of: %(choices)s.")),
    )
)


def translate_message(message: str, path: str = "") -> str:
    """The message in the language of the request.

    Shape: `path` leads to the field, such as `sessions.0.start`; the message for a required field names it.
    """
    sentence = _FIXED.get(message, message)
    if sentence == IS_REQUIRED:
        return _(IS_REQUIRED, field=_field_label(path))
    if message in _FIXED:
        return _(sentence)
    for pattern, sentence in _WITH_PARAMETERS:
        if found := pattern.fullmatch(message):
            return _(sentence, **found.groupdict())
    return _(message)


def required_messages() -> set[str]:
    """Every message for an empty field of the pages, in the language of the request."""
    return {_(IS_REQUIRED, field=_(label)) for label in FIELD_LABELS.values()}


def _field_label(path: str) -> str:
    key = next((part for part in reversed(path.split(".")) if not part.isdigit()), "")
    return _(FIELD_LABELS[key]) if key in FIELD_LABELS else key
