"""Business events; their names are in the past tense."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import date, datetime, time
from enum import Enum
from typing import Any

_ENVELOPE = ("company_id", "booking_id", "reference", "version")


@dataclass(frozen=True, kw_only=True)
class Event:
    """One event of one record; the class name is its name in the journal."""

    company_id: int | None = None
    booking_id: int | None = None
    reference: str | None = None
    version: int | None = None

    @property
    def name(self) -> str:
        return type(self).__name__

    def data(self) -> dict[str, Any]:
        """The fields that the journal stores as JSON; the others have columns of their own."""
        return {f.name: as_json(getattr(self, f.name)) for f in fields(self) if f.name not in _ENVELOPE}


def as_json(value: Any) -> Any:
    """The value as JSON: instants in ISO 8601, enums by value."""
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, list | tuple | frozenset | set):
        return [as_json(item) for item in value]
    if isinstance(value, dict):
        return {str(key): as_json(item) for key, item in value.items()}
    return value
