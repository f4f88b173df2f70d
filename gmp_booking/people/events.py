"""Events of people and their roles."""

from __future__ import annotations

from dataclasses import dataclass

from gmp_booking.kernel.events import Event
from gmp_booking.kernel.vocabulary import RecordKind


@dataclass(frozen=True, kw_only=True)
class PersonAdded(Event):
    record_field = (RecordKind.PERSON, "person_id")

    person_id: int


@dataclass(frozen=True, kw_only=True)
class RoleGranted(Event):
    record_field = (RecordKind.PERSON, "person_id")

    person_id: int
    role: str


@dataclass(frozen=True, kw_only=True)
class RoleRevoked(Event):
    record_field = (RecordKind.PERSON, "person_id")

    person_id: int
    role: str


@dataclass(frozen=True, kw_only=True)
class PersonChanged(Event):
    record_field = (RecordKind.PERSON, "person_id")

    person_id: int
    fields: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class PersonReactivated(Event):
    record_field = (RecordKind.PERSON, "person_id")

    person_id: int


@dataclass(frozen=True, kw_only=True)
class PersonDeactivated(Event):
    record_field = (RecordKind.PERSON, "person_id")

    person_id: int
