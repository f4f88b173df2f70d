"""An example call of an operation, generated from the OpenAPI description."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from gmp_booking.pages.api_docs.shapes import Described, SchemaPart, parts_of, types_of

FORMS: Final = {"date-time": "2027-03-02T01:00:00Z", "date": "2027-03-02", "email": "name@example.org"}
ENDS: Final = {"date-time": "2027-03-02T07:00:00Z", "date": "2027-03-03"}
"""Examples for end times, so that a period ends after its start."""
ENDING: Final = frozenset({"to", "end", "until"})
KEYS: Final = {"Idempotency-Key": "$(uuidgen)", "If-Match": "$ETAG"}
"""Example values of headers."""


def curl(document: Described, address: str, method: str, operation: Described) -> str:
    """The curl call: address, token, headers, and the required fields of the body."""
    lines = [_first_line(document, address, method, operation), '-H "Authorization: Bearer $TOKEN"']
    headers = [each["name"] for each in operation.get("parameters", ()) if each["in"] == "header"]
    lines += [f'-H "{name}: {KEYS[name]}"' for name in headers]
    for media, content in _bodies(operation):
        body = json.dumps(sample(document, content["schema"], "body"), ensure_ascii=False)
        lines += [f'-H "Content-Type: {media}"', f"-d {shlex.quote(body)}"]
    return " \\\n  ".join(lines)


def _first_line(document: Described, address: str, method: str, operation: Described) -> str:
    path = re.sub(r"\{(\w+)\}", lambda found: f"${found[1].upper()}", address)
    needed = [each for each in operation.get("parameters", ()) if each["in"] == "query" and each.get("required")]
    query = "&".join(f"{each['name']}={sample(document, each['schema'], each['name'])}" for each in needed)
    verb = "" if method == "get" else f"-X {method.upper()} "
    return f'curl {verb}"{path}{"?" if query else ""}{query}"'


def _bodies(operation: Described) -> Iterator[tuple[str, Described]]:
    yield from list(operation.get("requestBody", {}).get("content", {}).items())[:1]


def sample(document: Described, schema: Described, name: str, above: frozenset[str] = frozenset()) -> Any:
    """An example value: the default, the first choice, or one of the type; of objects the required fields."""
    part = next(parts_of(document, schema, above))
    whole = {**part.schema, **schema}
    if whole.get("default") not in (None, ""):
        return whole["default"]
    choices: Sequence[Any] = [each for each in whole.get("enum", ()) if each]
    return choices[0] if choices else _of_type(document, part, name)


def _of_type(document: Described, part: SchemaPart, name: str) -> Any:
    schema, kind = part.schema, next(iter(types_of(part.schema)), "null")
    if kind == "object":
        properties: Mapping[str, Any] = schema.get("properties", {})
        needed = [each for each in properties if each in schema.get("required", ())]
        return {each: sample(document, properties[each], each, part.above) for each in needed}
    if kind == "array":
        return [sample(document, schema["items"], name, part.above)]
    if kind in {"integer", "number"}:
        return schema.get("minimum", 1)
    forms = FORMS | ENDS if name in ENDING else FORMS
    return {"string": forms.get(schema.get("format", ""), f"<{name}>"), "boolean": False}.get(kind)
