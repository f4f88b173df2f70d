"""Events of rooms, equipment and air zones."""

from __future__ import annotations

from dataclasses import dataclass

from gmp_booking.kernel.events import Event


@dataclass(frozen=True, kw_only=True)
class ResourceAdded(Event):
    code: str
    kind: str


@dataclass(frozen=True, kw_only=True)
class ResourceChanged(Event):
    resource_id: int
    code: str
    fields: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class AirZoneAdded(Event):
    code: str
