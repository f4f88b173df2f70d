"""A description becomes rows and examples one can read, whatever it refers to."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gmp_booking.pages.api_docs.reference import Operation, read_groups
from gmp_booking.pages.api_docs.shapes import Field

SITE = "https://cleanrooms.example"
SCHEMAS: Mapping[str, Any] = {
    "Booking": {
        "type": "object",
        "required": ["kind", "sessions"],
        "properties": {
            "kind": {"enum": ["CLEANROOM", "QC"]},
            "sessions": {
                "type": "array",
                "minItems": 1,
                "maxItems": 120,
                "items": {"$ref": "#/components/schemas/Part"},
            },
            "partners": {"type": "array", "maxItems": 3, "items": {"type": "string", "maxLength": 40}},
            "signature": {"default": None, "anyOf": [{"$ref": "#/components/schemas/Signature"}, {"type": "null"}]},
            "counts": {"type": "object", "additionalProperties": {"type": "integer"}},
            "remedy": {"type": "object", "additionalProperties": {}},
        },
    },
    "Part": {
        "type": "object",
        "required": ["room", "start", "end"],
        "properties": {
            "room": {"type": "string", "description": "Its code"},
            "start": {"type": "string", "format": "date-time"},
            "end": {"type": "string", "format": "date-time"},
            "headcount": {"type": ["integer", "null"], "default": None, "minimum": 1, "maximum": 200},
            "people": {"type": "array", "items": {"$ref": "#/components/schemas/Person"}},
        },
    },
    "Person": {
        "type": "object",
        "required": ["email"],
        "properties": {
            "email": {"type": "string", "format": "email"},
            "role": {"type": "string", "default": "OPERATOR", "enum": ["", "OPERATOR", "VERIFIER", None]},
        },
    },
    "Signature": {"type": "object", "required": ["password"], "properties": {"password": {"type": "string"}}},
    "Node": {
        "type": "object",
        "required": ["parent"],
        "properties": {
            "parent": {"$ref": "#/components/schemas/Node"},
            "children": {"type": "array", "items": {"$ref": "#/components/schemas/Node"}},
        },
    },
}
SENT = {"requestBody": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Booking"}}}}}
PATHS: Mapping[str, Any] = {
    "/rooms/{code}": {
        "parameters": [
            {"in": "path", "name": "code", "required": True, "schema": {"type": "string", "minLength": 1}},
            {"in": "query", "name": "page", "schema": {"type": "integer", "default": 1}},
        ],
        "get": {
            "tags": ["rooms"],
            "summary": "Show a room",
            "parameters": [
                {"in": "query", "name": "page", "description": "From 1", "schema": {"type": "integer", "minimum": 1}},
                {"in": "query", "name": "from", "required": True, "schema": {"type": "string", "format": "date"}},
                {"in": "query", "name": "to", "required": True, "schema": {"type": "string", "format": "date"}},
            ],
            "responses": {"default": {"$ref": "#/components/responses/Wrong"}, "200": {"description": "OK"}},
        },
    },
    "/bookings": {
        "post": SENT
        | {
            "tags": ["bookings"],
            "summary": "Make a booking",
            "parameters": [{"in": "header", "name": "Idempotency-Key", "schema": {"type": "string"}}],
            "responses": {
                "201": {
                    "description": "Created",
                    "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Signature"}}},
                },
                "422": {
                    "description": "Unprocessable",
                    "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Part"}}},
                },
            },
        },
    },
    "/trees": {
        "put": {
            "requestBody": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Node"}}}},
            "responses": {},
        }
    },
}
DOCUMENT: Mapping[str, Any] = {
    "openapi": "3.1.0",
    "tags": [
        {"name": "bookings", "description": "Bookings"},
        {"name": "rooms", "description": "Rooms"},
        {"name": "nothing", "description": "Nothing yet"},
    ],
    "paths": PATHS,
    "components": {"schemas": SCHEMAS, "responses": {"Wrong": {"description": "Went wrong"}}},
}


def operation(method: str, path: str) -> Operation:
    groups = read_groups(DOCUMENT, SITE)
    [found] = [each for group in groups for each in group.operations if (each.method, each.path) == (method, path)]
    return found


def body() -> Mapping[str, Field]:
    return {field.name: field for field in operation("POST", "/bookings").body}


def test_groups_stand_in_the_order_of_the_tags_and_empty_ones_are_left_out() -> None:
    found = [(each.id, each.title, len(each.operations)) for each in read_groups(DOCUMENT, SITE)]
    assert found == [("group-bookings", "Bookings", 1), ("group-rooms", "Rooms", 1), ("group-other", "other", 1)]


def test_an_operation_is_called_by_its_method_and_path() -> None:
    assert operation("GET", "/rooms/{code}").id == "get-rooms-code"


def test_what_is_nested_has_dotted_names_in_the_order_of_the_description() -> None:
    assert list(body()) == [
        "kind",
        "sessions",
        "sessions[].room",
        "sessions[].start",
        "sessions[].end",
        "sessions[].headcount",
        "sessions[].people",
        "sessions[].people[].email",
        "sessions[].people[].role",
        "partners",
        "signature",
        "signature.password",
        "counts",
        "counts.*",
        "remedy",
    ]


def test_a_row_says_its_kind() -> None:
    kinds = {name: field.kind for name, field in body().items()}
    assert kinds["kind"] == "string"
    assert kinds["sessions"] == "array of object"
    assert kinds["sessions[].start"] == "string (date-time)"
    assert kinds["sessions[].headcount"] == "integer or null"
    assert kinds["partners"] == "array of string"
    assert kinds["signature"] == "object or null"
    assert kinds["counts.*"] == "integer"


def test_a_row_says_what_is_required_within_its_own_object() -> None:
    required = {name for name, field in body().items() if field.is_required}
    within = {
        "sessions[].room",
        "sessions[].start",
        "sessions[].end",
        "sessions[].people[].email",
        "signature.password",
    }
    assert required == {"kind", "sessions"} | within


def test_a_row_says_its_meaning_choices_default_and_limits() -> None:
    rows = body()
    assert rows["sessions[].room"].description == "Its code"
    assert rows["kind"].choices == ("CLEANROOM", "QC")
    role = rows["sessions[].people[].role"]
    assert (role.choices, role.default) == (('""', "OPERATOR", "VERIFIER"), "OPERATOR")
    assert (rows["sessions[].headcount"].value, rows["sessions[].headcount"].default) == ("1–200", "")
    assert rows["sessions"].entries == "1–120"
    assert (rows["partners"].entries, rows["partners"].length) == ("≤ 3", "≤ 40")
    assert rows["sessions"].says_more
    assert not rows["signature"].says_more


def test_a_schema_inside_itself_is_told_once() -> None:
    found = [(field.name, field.kind) for field in operation("PUT", "/trees").body]
    assert found == [("parent", "Node as above"), ("children", "array of Node as above")]
    assert """-d '{"parent": null}'""" in operation("PUT", "/trees").example


def test_an_operations_parameter_goes_before_its_paths() -> None:
    rows = {each.name: each for each in operation("GET", "/rooms/{code}").parameters}
    assert list(rows) == ["code", "page", "from", "to"]
    assert (rows["code"].sent_in, rows["code"].is_required, rows["code"].length) == ("path", True, "≥ 1")
    page = rows["page"]
    assert (page.sent_in, page.is_required, page.description, page.value) == ("query", False, "From 1", "≥ 1")


def test_only_a_success_shows_its_body() -> None:
    created, wrong = operation("POST", "/bookings").answers
    assert (created.status, created.description) == ("201", "Created")
    assert [field.name for field in created.fields] == ["password"]
    assert (wrong.status, wrong.description, wrong.fields) == ("422", "Unprocessable", ())
    assert [(each.status, each.description) for each in operation("GET", "/rooms/{code}").answers] == [
        ("200", "OK"),
        ("default", "Went wrong"),
    ]


def test_an_example_can_be_typed_as_it_stands() -> None:
    assert operation("GET", "/rooms/{code}").example == (
        'curl "https://cleanrooms.example/rooms/$CODE?from=2027-03-02&to=2027-03-03" \\\n'
        '  -H "Authorization: Bearer $TOKEN"'
    )
    assert operation("POST", "/bookings").example == (
        'curl -X POST "https://cleanrooms.example/bookings" \\\n'
        '  -H "Authorization: Bearer $TOKEN" \\\n'
        '  -H "Idempotency-Key: $(uuidgen)" \\\n'
        '  -H "Content-Type: application/json" \\\n'
        """  -d '{"kind": "CLEANROOM", "sessions": [{"room": "<room>", "start": "2027-03-02T01:00:00Z", """
        """"end": "2027-03-02T07:00:00Z"}]}'"""
    )
