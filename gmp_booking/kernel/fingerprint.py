"""A fingerprint of a record's values in a form, to detect that the record changed meanwhile."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from json import dumps
from typing import Any, Final

from gmp_booking.kernel.errors import Stale
from gmp_booking.kernel.typed_json import as_json

LENGTH: Final = 16


def fingerprint(values: Mapping[str, Any]) -> str:
    """A short hash of the values, independent of their order."""
    written = dumps({name: as_json(value) for name, value in values.items()}, sort_keys=True, default=str)
    return hashlib.sha256(written.encode()).hexdigest()[:LENGTH]


def require_unchanged(seen: str | None, values: Mapping[str, Any]) -> None:
    """Errors: Stale when the values do not match the fingerprint; without one nothing is compared."""
    if seen and seen != fingerprint(values):
        raise Stale
