"""What a form was filled in on: a short mark of a record's values, so that a stale form is told from a fresh one."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from json import dumps
from typing import Any, Final

from gmp_booking.kernel.errors import Stale
from gmp_booking.kernel.events import as_json

LENGTH: Final = 16


def fingerprint(values: Mapping[str, Any]) -> str:
    """The same mark for the same values, whenever and wherever they are read."""
    written = dumps({name: as_json(value) for name, value in values.items()}, sort_keys=True, default=str)
    return hashlib.sha256(written.encode()).hexdigest()[:LENGTH]


def require_unchanged(seen: str | None, values: Mapping[str, Any]) -> None:
    """Errors: Stale when the values are not those of the mark; without a mark nothing is compared."""
    if seen and seen != fingerprint(values):
        raise Stale
