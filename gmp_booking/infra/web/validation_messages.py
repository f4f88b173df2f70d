"""Translates the error messages of marshmallow.

Its messages arrive with their numbers filled in, so patterns extract them. An unknown message is one of ours and is
translated as it is.
"""

from __future__ import annotations

import re
from typing import Final

from gmp_booking.infra.web.i18n import _
from gmp_booking.kernel.text import N_

_REQUIRED = N_("This is needed.")
_TYPE = N_("This is not the right kind of value.")
_TEXT = N_("This must be text.")
_NUMBER = N_("This must be a number.")
_LIST = N_("This must be a list.")
_INSTANT = N_("Not a valid date and time.")

_FIXED: Final = {
    "Missing data for required field.": _REQUIRED,
    "Field may not be null.": _REQUIRED,
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
    "Not a valid aware datetime.": N_("Give the time with its zone."),
    "Not a valid email address.": N_("Not a valid mail address."),
    "Invalid JSON body.": N_("This is no JSON."),
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


def translate_message(message: str) -> str:
    """The message in the language of the request."""
    if message in _FIXED:
        return _(_FIXED[message])
    for pattern, sentence in _WITH_PARAMETERS:
        if found := pattern.fullmatch(message):
            return _(sentence, **found.groupdict())
    return _(message)
