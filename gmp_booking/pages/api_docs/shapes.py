"""The schemas of an OpenAPI 3.1 description as flat rows: `sessions[].room`, a string, required."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

Described = Mapping[str, Any]
TYPES: Final = {str: "string", bool: "boolean", int: "integer", float: "number", type(None): "null"}


@dataclass(frozen=True)
class Field:
    """One field of a request or response, with its dotted name."""

    name: str
    kind: str
    is_required: bool = False
    sent_in: str = ""
    description: str = ""
    choices: tuple[str, ...] = ()
    default: str = ""
    value: str = ""
    length: str = ""
    entries: str = ""

    @property
    def says_more(self) -> bool:
        """Whether there are details in addition to name and type."""
        return any((self.description, self.choices, self.default, self.value, self.length, self.entries))


@dataclass(frozen=True)
class SchemaPart:
    """One alternative of a schema, with references resolved.

    `above` are the enclosing references; `again` is the enclosing reference that this part repeats.
    """

    schema: Described
    above: frozenset[str] = frozenset()
    again: str = ""


def resolve_reference(document: Described, reference: str) -> Described:
    """The target of a reference such as `#/components/schemas/Booking`."""
    found: Any = document
    for name in reference.removeprefix("#/").split("/"):
        found = found[name]
    return found  # type: ignore[no-any-return]


def parts_of(document: Described, schema: Described, above: frozenset[str] = frozenset()) -> Iterator[SchemaPart]:
    """The alternatives of a schema, each without references at its top."""
    reference = schema.get("$ref")
    if reference in above:
        yield SchemaPart({}, above, again=str(reference).rpartition("/")[2])
        return
    if reference:
        beside = {name: literal for name, literal in schema.items() if name != "$ref"}
        yield from parts_of(document, {**resolve_reference(document, reference), **beside}, above | {reference})
        return
    choices = schema.get("anyOf") or schema.get("oneOf") or schema.get("allOf")
    if not choices:
        yield SchemaPart(schema, above)
        return
    for each in choices:
        yield from parts_of(document, each, above)


def fields_within(document: Described, part: SchemaPart, name: str = "") -> Iterator[Field]:
    """One row for each part of an object or an array, depth first, in the order of the description."""
    schema, above = part.schema, part.above
    required = schema.get("required", ())
    for inner, described in schema.get("properties", {}).items():
        full = f"{name}.{inner}" if name else inner
        yield from fields_of(document, described, full, is_required=inner in required, above=above)
    if any_other := schema.get("additionalProperties"):
        yield from fields_of(document, any_other, f"{name}.*" if name else "*", above=above)
    for item in parts_of(document, schema["items"], above) if "items" in schema else ():
        yield from fields_within(document, item, f"{name}[]")


def fields_of(
    document: Described,
    schema: Described,
    name: str,
    *,
    is_required: bool = False,
    sent_in: str = "",
    above: frozenset[str] = frozenset(),
) -> Iterator[Field]:
    """The row of one value, and the rows of its contents."""
    parts = tuple(parts_of(document, schema, above))
    plain = [schema, *(part.schema for part in parts)]
    whole = plain + [each.schema for part in parts for each in _items(document, part)]
    yield Field(
        name,
        _kind(document, parts),
        is_required,
        sent_in,
        description=str(_first("description", plain) or ""),
        choices=tuple(literal(each) for each in _first("enum", whole) or () if each is not None),
        default=literal(default) if (default := _first("default", plain)) not in (None, "") else "",
        value=_range(whole, "minimum", "maximum"),
        length=_range(whole, "minLength", "maxLength"),
        entries=_range(plain, "minItems", "maxItems"),
    )
    for part in parts:
        yield from fields_within(document, part, name)


def literal(value: Any) -> str:
    """A value as text: non-empty strings as they are, everything else as JSON."""
    return value if isinstance(value, str) and value else json.dumps(value, ensure_ascii=False)


def types_of(schema: Described) -> list[str]:
    """The JSON types a schema names, or those of its choices."""
    named = schema.get("type") or [TYPES[type(each)] for each in schema.get("enum", ())]
    return [named] if isinstance(named, str) else list(dict.fromkeys(named))


def _kind(document: Described, parts: Iterable[SchemaPart]) -> str:
    words = dict.fromkeys(word for part in parts for word in _kinds(document, part))
    return " or ".join(sorted(words, key="null".__eq__))


def _kinds(document: Described, part: SchemaPart) -> Iterator[str]:
    if part.again:
        yield f"{part.again} as above"
    elif not (types := types_of(part.schema)):
        yield "anything"
    for each in () if part.again else types:
        if each == "array":
            yield f"array of {_kind(document, _items(document, part))}"
        else:
            form = part.schema.get("format")
            yield f"{each} ({form})" if form and each != "null" else each


def _items(document: Described, part: SchemaPart) -> tuple[SchemaPart, ...]:
    return tuple(parts_of(document, part.schema["items"], part.above)) if "items" in part.schema else ()


def _first(name: str, schemas: Iterable[Described]) -> Any:
    return next((schema[name] for schema in schemas if name in schema), None)


def _range(schemas: Iterable[Described], least: str, most: str) -> str:
    """`1–200`, `≥ 1`, `≤ 200`, or nothing."""
    schemas = list(schemas)
    low, high = _first(least, schemas), _first(most, schemas)
    if low is None:
        return "" if high is None else f"≤ {high}"
    return f"≥ {low}" if high is None else f"{low}–{high}"
