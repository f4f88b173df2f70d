"""Typed values as JSON, and back by the types of a dataclass's fields."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from datetime import date, datetime, time
from enum import Enum
from functools import cache
from operator import attrgetter, methodcaller
from types import UnionType
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

_T = TypeVar("_T")


# Values that JSON has itself. The evidence of a decision holds hundreds, so they cost no call of their own.
_PLAIN = frozenset({str, int, float, bool, type(None)})


def as_json(value: Any) -> Any:
    """The value as JSON: instants in ISO 8601, enums by value."""
    kind: Any = type(value)
    return value if kind in _PLAIN else _writer(kind)(value)


@cache
def _writer(kind: Any) -> Callable[[Any], Any]:
    """How values of a type are written."""
    if issubclass(kind, datetime | date | time):
        return methodcaller("isoformat")
    if issubclass(kind, Enum):
        return attrgetter("value")
    if is_dataclass(kind):
        return _writer_of_fields(tuple(field.name for field in fields(kind)))
    if issubclass(kind, list | tuple | frozenset | set):
        return lambda items: [item if type(item) in _PLAIN else as_json(item) for item in items]
    if issubclass(kind, Mapping):
        return lambda mapping: {str(key): as_json(item) for key, item in mapping.items()}
    return _unchanged


def _writer_of_fields(names: tuple[str, ...]) -> Callable[[Any], Any]:
    def write(value: Any) -> dict[str, Any]:
        found = {name: getattr(value, name) for name in names}
        return {name: each if type(each) in _PLAIN else as_json(each) for name, each in found.items()}

    return write


def from_json(cls: type[_T], stored: Mapping[str, Any]) -> _T:
    """The dataclass whose `as_json` was stored.

    Shape: a field that the class no longer has is left out; one that it got since has its default.
    """
    return cls(**known_fields(cls, stored))


def known_fields(cls: type, stored: Mapping[str, Any]) -> dict[str, Any]:
    """The typed values of those fields of a dataclass that were stored."""
    return {name: read(stored[name]) for name, read in _readers(cls).items() if name in stored}


@cache
def _readers(cls: type[Any]) -> Mapping[str, Callable[[Any], Any]]:
    """How each field of a dataclass is read, by name."""
    hints = get_type_hints(cls)
    return {field.name: _reader(hints[field.name]) for field in fields(cls)}


@cache
def _reader(hint: Any) -> Callable[[Any], Any]:
    """The inverse of `as_json` for values of this type, and for None."""
    read = _reader_of_value(hint)
    return lambda value: None if value is None else read(value)


def _reader_of_value(hint: Any) -> Callable[[Any], Any]:
    origin, arguments = get_origin(hint), get_args(hint)
    if origin in {Union, UnionType}:
        return _reader(next(each for each in arguments if each is not type(None)))
    if origin in {tuple, frozenset}:
        return _reader_of_items(origin, arguments)
    if not isinstance(hint, type):
        return _unchanged
    if issubclass(hint, datetime | date | time):
        return hint.fromisoformat
    if issubclass(hint, Enum):
        return hint
    if is_dataclass(hint):
        return lambda value: from_json(hint, value)
    return _unchanged


def _reader_of_items(origin: Any, arguments: tuple[Any, ...]) -> Callable[[Any], Any]:
    if origin is frozenset or arguments[-1] is ...:
        read = _reader(arguments[0])
        return lambda value: origin(read(item) for item in value)
    readers = [_reader(each) for each in arguments]
    return lambda value: origin(each(item) for each, item in zip(readers, value, strict=True))


def _unchanged(value: Any) -> Any:
    return value
