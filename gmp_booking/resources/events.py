"""Events of rooms, equipment and air zones."""

from __future__ import annotations

from dataclasses import dataclass

from gmp_booking.kernel.events import Event
from gmp_booking.kernel.vocabulary import RecordKind


@dataclass(frozen=True, kw_only=True)
class ResourceAdded(Event):
    code: str
    kind: str


@dataclass(frozen=True, kw_only=True)
class ResourceChanged(Event):
    record_field = (RecordKind.RESOURCE, "resource_id")

    resource_id: int
    code: str
    fields: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class AirZoneAdded(Event):
    code: str
