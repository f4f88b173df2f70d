"""Convert an OpenAPI 3.1 description to view models: groups of operations with fields and responses."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from gmp_booking.pages.api_docs.example import curl
from gmp_booking.pages.api_docs.shapes import Described, Field, fields_of, fields_within, parts_of, resolve_reference

METHODS: Final = ("get", "put", "post", "delete", "options", "head", "patch", "trace")


@dataclass(frozen=True)
class DocumentedResponse:
    """A response of an operation; only successful ones have fields."""

    status: str
    description: str
    fields: tuple[Field, ...] = ()


@dataclass(frozen=True)
class Operation:
    """One method at one path."""

    id: str
    method: str
    path: str
    summary: str
    description: str
    parameters: tuple[Field, ...]
    body: tuple[Field, ...]
    answers: tuple[DocumentedResponse, ...]
    example: str


@dataclass(frozen=True)
class OperationGroup:
    """The operations under one tag."""

    id: str
    title: str
    operations: tuple[Operation, ...]


def read_groups(document: Described, site: str) -> tuple[OperationGroup, ...]:
    """The groups in the order of the tags. Shape: `site` is the base address of the examples."""
    titles = {tag["name"]: tag.get("description") or tag["name"] for tag in document.get("tags", ())}
    found: dict[str, list[Operation]] = {name: [] for name in titles}
    for path, item in document["paths"].items():
        for method in (each for each in METHODS if each in item):
            tag = next(iter(item[method].get("tags", ())), "other")
            found.setdefault(tag, []).append(_operation(document, site, path, method))
    return tuple(
        OperationGroup(f"group-{_slug(name)}", titles.get(name, name), tuple(operations))
        for name, operations in found.items()
        if operations
    )


def _operation(document: Described, site: str, path: str, method: str) -> Operation:
    item = document["paths"][path]
    parameters = _parameters(document, item, item[method])
    described = {**item[method], "parameters": parameters}
    return Operation(
        id=described.get("operationId") or _slug(f"{method} {path}"),
        method=method.upper(),
        path=path,
        summary=described.get("summary", ""),
        description=described.get("description", ""),
        parameters=tuple(field for each in parameters for field in _parameter(document, each)),
        body=_content(document, described.get("requestBody", {})),
        answers=tuple(_answers(document, described)),
        example=curl(document, site + path, method, described),
    )


def _slug(words: str) -> str:
    return re.sub(r"[^A-Za-z0-9_]+", "-", words).strip("-")


def _parameters(document: Described, item: Described, operation: Described) -> list[Described]:
    """The parameters of the path and of the operation; the latter take precedence."""
    every = [_resolved(document, each) for each in (*item.get("parameters", ()), *operation.get("parameters", ()))]
    return list({(each["name"], each["in"]): each for each in every}.values())


def _parameter(document: Described, parameter: Described) -> Iterator[Field]:
    schema: Mapping[str, Any] = parameter.get("schema", {})
    if words := parameter.get("description"):
        schema = {**schema, "description": words}
    required = bool(parameter.get("required"))
    yield from fields_of(document, schema, parameter["name"], is_required=required, sent_in=parameter["in"])


def _answers(document: Described, operation: Described) -> Iterator[DocumentedResponse]:
    for status, described in sorted(operation.get("responses", {}).items()):
        answer = _resolved(document, described)
        fields = _content(document, answer) if status.startswith("2") else ()
        yield DocumentedResponse(status, answer.get("description", ""), fields)


def _content(document: Described, message: Described) -> tuple[Field, ...]:
    """The fields of a body in its first media type."""
    bodies = list(_resolved(document, message).get("content", {}).values())
    schema = bodies[0].get("schema", {}) if bodies else {}
    return tuple(field for part in parts_of(document, schema) for field in fields_within(document, part))


def _resolved(document: Described, described: Described) -> Described:
    return resolve_reference(document, described["$ref"]) if "$ref" in described else described
