"""Bookings, sessions, events, findings and rows are objects with types; a dictionary stays where it is read or written."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath

import pytest

from tests.architecture.sources import Module, modules
from tests.architecture.test_layout import is_handler

BOOKING_PACKAGES = frozenset(
    {"approvals", "booking_forms", "bookings", "calendars", "changes", "evaluation", "execution", "notifications"}
    | {"outages", "pages", "requests", "resources", "revalidation"}
)
WIRE = frozenset({"api", "feeds", "schemas"})
"""Modules that read and write the JSON of the API."""
VIEWS = frozenset({"form_request", "view_models"})
"""Modules beside a page that make what its template reads."""
COLUMNS = "Mapped[dict[str, Any]"
NAMED = {
    "gmp_booking.booking_forms.form.Form": "the fields of a booking's form as they were typed, also with errors",
    "gmp_booking.notifications.mail_kind.Words": "what the template of a mail reads",
    "gmp_booking.pages.api_docs.shapes.Described": "a part of the OpenAPI description",
}
"""Names for dictionaries, each used in its own package alone, and what it holds."""
FORM = "gmp_booking.booking_forms.form.Form"
ALLOWED = {
    "booking_forms/form.py:apply_fill.fill": "form fields by name, as a page sends them",
    "booking_forms/form.py:content_json.return": "a form as the JSON that the schema of the API reads",
    "bookings/content.py:BookingContent.signed.return": "the content as it is signed: hashed, and stored as JSON",
    "bookings/content.py:canonical_text.content": "the content as it is signed",
    "bookings/content.py:content_hash.content": "the content as it is signed",
    "bookings/session_events.py:SessionAborted.signed": "what was signed, as it was hashed",
    "bookings/session_events.py:SessionReady.signed": "what was signed, as it was hashed",
    "bookings/session_events.py:SessionResumed.signed": "what was signed, as it was hashed",
    "bookings/session_events.py:SessionSuspended.signed": "what was signed, as it was hashed",
    "bookings/store.py:EvaluationRecord.facts": "the JSON of a column",
    "bookings/store.py:NewBooking.draft": "the JSON of a column",
    "evaluation/evidence.py:evidence_as_json.return": "the JSON of a column",
    "evaluation/evidence.py:evidence_from_json.stored": "the JSON of a column",
    "evaluation/evidence_versions.py:upgraded.return": "the JSON of a column",
    "evaluation/evidence_versions.py:upgraded.stored": "the JSON of a column",
    "execution/signing.py:sign_session.return": "what was signed, as it was hashed",
    "execution/signing.py:signed_content.return": "what is signed, as it is hashed",
    "notifications/due_times.py:DueTime.payload": "the JSON of a column",
    "notifications/facts.py:MailFacts.payload.return": "the JSON of a column",
    "notifications/recipients.py:stage_payload.return": "the JSON of a column",
    "requests/draft.py:save_draft.form": "the fields of a form, for the JSON of a column",
}


@dataclass(frozen=True)
class Place:
    """A parameter, a result or a field with its type, as it is written."""

    module: Module
    name: str
    annotation: str

    def __str__(self) -> str:
        return f"{self.module.name.removeprefix('gmp_booking/')}:{self.name}"


def package_of(module: Module) -> str:
    return PurePosixPath(module.name).parts[1]


def places(module: Module, body: list[ast.stmt], above: str = "") -> Iterator[Place]:
    """What other modules meet: public functions and methods, the fields of public classes, module-level values."""
    for node in body:
        match node:
            case ast.ClassDef(name=name) if not name.startswith("_"):
                yield from places(module, node.body, f"{above}{name}.")
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) if not name.startswith("_"):
                given = node.args
                named = [*given.posonlyargs, *given.args, *given.kwonlyargs, given.vararg, given.kwarg]
                for each in named:
                    if each is not None and each.annotation is not None:
                        yield Place(module, f"{above}{name}.{each.arg}", ast.unparse(each.annotation))
                if node.returns is not None:
                    yield Place(module, f"{above}{name}.return", ast.unparse(node.returns))
            case ast.AnnAssign(target=ast.Name(id=name)) if not name.startswith("_"):
                yield Place(module, f"{above}{name}", ast.unparse(node.annotation))


def is_untyped(place: Place) -> bool:
    """Whether it is a dictionary of anything."""
    if any(f"{kind}[str, Any]" in place.annotation for kind in ("Mapping", "MutableMapping", "dict", "Dict")):
        return True
    return "RowMapping" in place.annotation


def named_elsewhere(module: Module) -> Iterator[str]:
    """Names for dictionaries that are imported into another package than their own."""
    for name in module.imports():
        if name in NAMED and name.split(".")[1] != package_of(module):
            yield f"{module.name}: {name}"


def has_reason(place: Place) -> bool:
    """The edges: JSON of the API, JSON of a model's column, and what a page gives to its template."""
    path = PurePosixPath(place.module.name)
    is_wire = path.stem in WIRE or path.stem.endswith("_api")
    is_column = path.stem == "models" and place.annotation.startswith(COLUMNS)
    is_context = (is_handler(place.module) or path.stem in VIEWS) and place.name.endswith(".return")
    return is_wire or is_column or is_context


def untyped(checked: tuple[Module, ...]) -> list[str]:
    found = (
        place
        for module in checked
        if module.name.startswith("gmp_booking/") and package_of(module) in BOOKING_PACKAGES
        for place in places(module, module.tree.body)
    )
    return [str(place) for place in found if is_untyped(place) and not has_reason(place)]


def test_no_booking_travels_between_packages_as_a_dictionary() -> None:
    assert sorted(set(untyped(modules())) ^ set(ALLOWED)) == []


def test_names_for_dictionaries_stay_in_their_package() -> None:
    ours = [module for module in modules() if module.name.startswith("gmp_booking/")]
    assert [each for module in ours for each in named_elsewhere(module)] == []
    planted = Module("gmp_booking/pages/today/pages.py", ast.parse(f"from {FORM.rpartition('.')[0]} import Form"))
    assert list(named_elsewhere(planted)) == [f"{planted.name}: {FORM}"]


def test_every_name_for_a_dictionary_is_listed() -> None:
    found = {
        f"{module.name.removesuffix('.py').replace('/', '.')}.{name}"
        for module in modules()
        if module.name.startswith("gmp_booking/") and package_of(module) in BOOKING_PACKAGES
        for node in module.tree.body
        for name in names_of_dictionaries(node)
    }
    assert found == set(NAMED)


def names_of_dictionaries(node: ast.stmt) -> Iterator[str]:
    match node:
        case ast.Assign(targets=[ast.Name(id=name)], value=ast.Subscript() as kind) if "[str, Any]" in ast.unparse(
            kind
        ):
            yield name


@pytest.mark.parametrize(
    "planted",
    [
        "def find_session(uow: Uow, number: int) -> dict[str, Any] | None: ...",
        "def decide(uow: Uow, booking: Mapping[str, Any]) -> None: ...",
        "class Inbox:\n    rows: Sequence[Mapping[str, Any]]",
        "class Inbox:\n    def first(self, *, of: RowMapping) -> None: ...",
    ],
)
def test_the_check_finds_a_dictionary_in_a_signature(planted: str) -> None:
    assert len(untyped((Module("gmp_booking/approvals/inbox.py", ast.parse(planted)),))) == 1


@pytest.mark.parametrize(
    ("name", "planted"),
    [
        ("gmp_booking/approvals/inbox.py", "def _values(uow: Uow) -> dict[str, Any]: ..."),
        ("gmp_booking/approvals/pages.py", "def inbox_view(found: Inbox) -> dict[str, Any]: ..."),
        ("gmp_booking/approvals/api.py", "class One:\n    def post(self, body: dict[str, Any]) -> Response: ..."),
        ("gmp_booking/bookings/models.py", "class Booking:\n    draft: Mapped[dict[str, Any] | None]"),
    ],
)
def test_the_check_leaves_the_edges_alone(name: str, planted: str) -> None:
    assert untyped((Module(name, ast.parse(planted)),)) == []


def test_a_page_takes_no_dictionary() -> None:
    planted = ast.parse("def inbox_view(row: Mapping[str, Any]) -> dict[str, Any]: ...")
    assert untyped((Module("gmp_booking/approvals/pages.py", planted),)) == ["approvals/pages.py:inbox_view.row"]
