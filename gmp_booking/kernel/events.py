"""Business events; their names are in the past tense. An event leaves the journal as the class it entered as."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, ClassVar, NamedTuple

from gmp_booking.kernel.typed_json import as_json, known_fields
from gmp_booking.kernel.vocabulary import RecordKind

_ENVELOPE = ("company_id", "booking_id", "reference", "version")


class RecordRef(NamedTuple):
    """The record that an event or a mail is about."""

    kind: RecordKind
    id: int


_CLASSES: dict[str, type[Event]] = {}


@dataclass(frozen=True, kw_only=True)
class Event:
    """One event of one record; the class name is its name in the journal.

    Shape: `record_field` is the kind of record it is about and the field with its id. `schema` rises when the stored
    fields change their meaning; `upgraded` then makes today's fields of older ones.
    """

    record_field: ClassVar[tuple[RecordKind, str]] = (RecordKind.BOOKING, "booking_id")
    schema: ClassVar[int] = 1

    company_id: int | None = None
    booking_id: int | None = None
    reference: str | None = None
    version: int | None = None

    def __init_subclass__(cls) -> None:
        _CLASSES[cls.__name__] = cls

    @property
    def name(self) -> str:
        return type(self).__name__

    @property
    def record(self) -> RecordRef | None:
        """The record it is about; None where it is about no single record."""
        kind, field = self.record_field
        record_id = getattr(self, field, None)
        return None if record_id is None else RecordRef(kind, record_id)

    @classmethod
    def upgraded(cls, data: Mapping[str, Any], schema: int) -> Mapping[str, Any]:
        """The fields of an entry that an older `schema` wrote, as the class has them now. Errors: LookupError."""
        raise LookupError(f"{cls.__name__} has no upgrade from schema {schema} of {data}")

    def data(self) -> dict[str, Any]:
        """The fields that the journal stores as JSON; the others have columns of their own."""
        return {f.name: as_json(getattr(self, f.name)) for f in fields(self) if f.name not in _ENVELOPE}


def event_class(name: str) -> type[Event]:
    """The class of an event. Errors: LookupError for a name that no imported module defines."""
    return _CLASSES[name]


def from_json(
    name: str, data: Mapping[str, Any], *, record: RecordRef | None = None, schema: int = 1, **envelope: Any
) -> Event:
    """The event as it was recorded, from its name, its stored fields and its columns.

    Shape: a field that the class no longer has is left out; one that it got since has its default.
    """
    cls: Any = event_class(name)
    if schema < cls.schema:
        data = cls.upgraded(data, schema)
    if record is not None and record.kind is RecordKind.BOOKING:
        envelope["booking_id"] = record.id
    known = known_fields(cls, {name: value for name, value in data.items() if name not in _ENVELOPE})
    event: Event = cls(**envelope, **known)
    return event
