"""Events of people and their roles."""

from __future__ import annotations

from dataclasses import dataclass

from gmp_booking.kernel.events import Event


@dataclass(frozen=True, kw_only=True)
class PersonAdded(Event):
    person_id: int


@dataclass(frozen=True, kw_only=True)
class RoleGranted(Event):
    person_id: int
    role: str


@dataclass(frozen=True, kw_only=True)
class RoleRevoked(Event):
    person_id: int
    role: str


@dataclass(frozen=True, kw_only=True)
class PersonChanged(Event):
    person_id: int
    fields: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class PersonReactivated(Event):
    person_id: int


@dataclass(frozen=True, kw_only=True)
class PersonDeactivated(Event):
    person_id: int
