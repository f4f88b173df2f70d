"""Business events; their names are in the past tense. An event leaves the journal as the class it entered as."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass
from datetime import date, datetime, time
from enum import Enum
from functools import cache
from types import UnionType
from typing import Any, ClassVar, NamedTuple, Union, get_args, get_origin, get_type_hints

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
    known = {f: _typed(data[f], hint) for f, hint in _hints(cls).items() if f in data and f not in _ENVELOPE}
    event: Event = cls(**envelope, **known)
    return event


def as_json(value: Any) -> Any:
    """The value as JSON: instants in ISO 8601, enums by value."""
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    if isinstance(value, Enum):
        return value.value
    if is_dataclass(value):
        return {f.name: as_json(getattr(value, f.name)) for f in fields(value)}
    if isinstance(value, list | tuple | frozenset | set):
        return [as_json(item) for item in value]
    if isinstance(value, dict):
        return {str(key): as_json(item) for key, item in value.items()}
    return value


@cache
def _hints(cls: Any) -> Mapping[str, Any]:
    """The types of a dataclass's fields, by name."""
    hints = get_type_hints(cls)
    return {f.name: hints[f.name] for f in fields(cls)}


def _typed(value: Any, hint: Any) -> Any:
    """The inverse of `as_json` for a value of this type."""
    if value is None:
        return None
    origin, arguments = get_origin(hint), get_args(hint)
    if origin in {Union, UnionType}:
        return _typed(value, next(each for each in arguments if each is not type(None)))
    if origin in {tuple, frozenset}:
        of = arguments if arguments[-1] is not ... and origin is tuple else (arguments[0],) * len(value)
        return origin(_typed(item, each) for item, each in zip(value, of, strict=True))
    if not isinstance(hint, type):
        return value
    if issubclass(hint, datetime | date | time):
        return hint.fromisoformat(value)
    if issubclass(hint, Enum):
        return hint(value)
    if is_dataclass(hint):
        return hint(**{name: _typed(value[name], each) for name, each in _hints(hint).items() if name in value})
    return value
