"""Codes, sets of states and labels stand once: in the registry of the kernel."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from enum import StrEnum
from functools import cache

import pytest
from jinja2 import Environment, nodes

from gmp_booking.kernel import facility_labels, labels, states, vocabulary
from gmp_booking.kernel.access import Role
from gmp_booking.kernel.labels import TABLES
from gmp_booking.kernel.states import BookingState, ChangeState, SessionState
from tests.architecture.sources import PACKAGE, ROOT, modules

REGISTRY = {f"gmp_booking/kernel/{name}.py" for name in ("access", "facility_labels", "labels", "states", "vocabulary")}
STATES = frozenset(map(str, [*BookingState, *ChangeState, *SessionState]))
STATE_ENUMS = frozenset({"BookingState", "ChangeState", "SessionState"})
IN_SQL = re.compile(rf"'({'|'.join(sorted(STATES))})'")
LIST_IN_SQL = re.compile(r"\bIN\s*\(\s*'([A-Za-z_]+)'(?:\s*,\s*'[A-Za-z_]+')*\s*\)")
OTHER_WORDS = {
    ("gmp_booking/bookings/ical.py", "CONFIRMED"): "a STATUS of RFC 5545",
    ("gmp_booking/bookings/ical.py", "CANCELLED"): "a STATUS of RFC 5545",
    ("gmp_booking/conflicts/case.py", "DRAFT"): "an occasion of an examination",
    ("gmp_booking/kernel/sql.py", "CONFIRMED"): "an example in a docstring",
}
STATE_TABLES = {f"gmp_booking/bookings/lifecycle/{name}_steps.py" for name in ("booking", "change", "session")}
ICONS = "gmp_booking/templates/parts/icon.html"
ICON_NAMES = {("gmp_booking/templates/booking_forms/form_parts/repeat.html", "CONFIRMED")}
ORACLE = "gmp_booking/consistency/checks/"
"""Checks of stored data: an oracle that took its states from the code would share the code's mistakes."""
RULES = "gmp_booking/conflicts/rules/"  # a rule holds its own texts, some by the kind of an outage


def enums() -> dict[str, type[StrEnum]]:
    found = {**vars(vocabulary), **vars(states), "Role": Role}
    return {
        name: kind
        for name, kind in found.items()
        if isinstance(kind, type) and issubclass(kind, StrEnum) and kind is not StrEnum
    }


ENUMS = enums()
CODES = frozenset(str(code) for kind in ENUMS.values() for code in kind)
ALL_OF_ONE = [frozenset(map(str, kind)) for kind in ENUMS.values()]


# -- what the tests look for


def state_words(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """States as plain strings, alone or inside SQL."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            said = [node.value] if node.value in STATES else IN_SQL.findall(node.value)
            yield from ((node.lineno, each) for each in said)


def state_members(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Single members of the enums of states, also under another name or taken from a module."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and node.attr in STATES and _is_state_enum(node.value, tree):
            yield node.lineno, node.attr
        if isinstance(node, ast.Subscript) and _is_state_enum(node.value, tree):
            yield node.lineno, ast.unparse(node)


def _is_state_enum(node: ast.expr, tree: ast.Module) -> bool:
    if isinstance(node, ast.Attribute):
        return node.attr in STATE_ENUMS
    return isinstance(node, ast.Name) and node.id in STATE_ENUMS | _other_names(tree)


@cache
def _other_names(tree: ast.Module) -> frozenset[str]:
    """The names that a module gives the enums of states."""
    assigned = {
        target.id
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign) and getattr(node.value, "id", getattr(node.value, "attr", "")) in STATE_ENUMS
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    imported = {
        alias.asname
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
        if alias.name in STATE_ENUMS and alias.asname
    }
    return frozenset(assigned | imported)


def state_lists(tree: ast.Module) -> Iterator[int]:
    """Sets, tuples and lists that name two states or more."""
    aliases = STATE_ENUMS | {
        target.id
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Name) and node.value.id in STATE_ENUMS
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Set | ast.Tuple | ast.List):
            named = [
                each
                for each in node.elts
                if isinstance(each, ast.Attribute) and isinstance(each.value, ast.Name) and each.value.id in aliases
            ]
            if len(named) > 1:
                yield node.lineno


def code_lists_in_sql(tree: ast.Module) -> Iterator[tuple[int, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield from ((node.lineno, each.group()) for each in LIST_IN_SQL.finditer(node.value) if each[1] in CODES)


def label_tables(tree: ast.Module) -> Iterator[int]:
    """Dictionaries and pairs that give codes of the registry a text."""
    for node in ast.walk(tree):
        match node:
            case ast.Dict():
                pairs = [(key, value) for key, value in zip(node.keys, node.values, strict=True) if _is_text(value)]
            case ast.Tuple() | ast.List() | ast.Set():
                pairs = [(each.elts[0], each) for each in node.elts if isinstance(each, ast.Tuple) and _is_text(each)]
            case _:
                continue
        by_member = any(isinstance(key, ast.Attribute) and _name(key.value) in ENUMS for key, _ in pairs)
        words = [key.value for key, _ in pairs if isinstance(key, ast.Constant) and isinstance(key.value, str)]
        if by_member or are_codes(words):
            yield node.lineno


def are_codes(words: list[str]) -> bool:
    """Whether these are all of one kind of code, or at least two are codes beyond doubt."""
    return len(words) > 1 and (
        any(kind.issuperset(words) for kind in ALL_OF_ONE)
        or sum(each in CODES and each.isupper() for each in words) > 1
    )


def _name(node: ast.expr) -> str:
    return node.id if isinstance(node, ast.Name) else ""


def _is_text(node: ast.expr) -> bool:
    """Whether the value is, or holds directly, a text that is marked for translation where it stands."""
    parts = node.elts if isinstance(node, ast.Tuple) else [node]
    return any(
        isinstance(part, ast.Call)
        and _name(part.func) in {"N_", "_"}
        and bool(part.args)
        and isinstance(part.args[0], ast.Constant)
        for part in parts
    )


def template_lists(tree: nodes.Template) -> Iterator[int]:
    for node in tree.find_all((nodes.List, nodes.Tuple)):
        named = [each for each in node.items if isinstance(each, nodes.Const) and each.value in STATES]
        if len(named) > 1:
            yield node.lineno


def template_states(tree: nodes.Template) -> Iterator[tuple[int, str]]:
    """States as plain strings; an icon may be named like one."""
    icons = {
        id(each)
        for call in tree.find_all(nodes.Call)
        if isinstance(call.node, nodes.Name) and call.node.name == "icon"
        for each in call.find_all(nodes.Const)
    }
    for node in tree.find_all(nodes.Const):
        if isinstance(node.value, str) and node.value in STATES and id(node) not in icons:
            yield node.lineno, node.value


def template_labels(tree: nodes.Template) -> Iterator[int]:
    for node in tree.find_all(nodes.Dict):
        words = [
            each.key.value
            for each in node.items
            if isinstance(each.key, nodes.Const) and any(_translates(call) for call in each.find_all(nodes.Call))
        ]
        if are_codes(words):
            yield node.lineno


def _translates(call: nodes.Call) -> bool:
    return isinstance(call.node, nodes.Name) and call.node.name == "_"


def parsed(template: str) -> nodes.Template:
    return Environment(extensions=["jinja2.ext.i18n"]).parse(template)


@cache
def templates() -> list[tuple[str, nodes.Template]]:
    paths = [path for path in sorted((PACKAGE / "templates").rglob("*")) if path.suffix in {".html", ".txt"}]
    return [(str(path.relative_to(ROOT)), parsed(path.read_text("utf-8"))) for path in paths]


# -- one registry


def test_a_state_is_written_as_a_word_only_in_the_registry() -> None:
    found = {
        (module.name, word): line
        for module in modules()
        if module.name not in REGISTRY and not module.name.startswith(ORACLE)
        for line, word in state_words(module.tree)
    }
    assert {place: line for place, line in found.items() if place not in OTHER_WORDS} == {}
    assert set(OTHER_WORDS) <= set(found)


def test_a_single_state_is_named_only_in_the_registry_and_the_tables_of_steps() -> None:
    found = [
        f"{module.name}:{line} {state}"
        for module in modules()
        if module.name not in REGISTRY | STATE_TABLES
        for line, state in state_members(module.tree)
    ]
    found += [
        f"{name}:{line} {state}"
        for name, tree in templates()
        for line, state in template_states(tree)
        if name != ICONS and (name, state) not in ICON_NAMES
    ]
    assert found == []


def test_states_are_listed_only_in_the_registry() -> None:
    found = [
        f"{module.name}:{line}"
        for module in modules()
        if module.name not in REGISTRY | STATE_TABLES
        for line in state_lists(module.tree)
    ]
    assert found + [f"{name}:{line}" for name, tree in templates() for line in template_lists(tree)] == []


def test_sql_takes_lists_of_codes_from_the_registry() -> None:
    assert [
        f"{module.name}:{line} {said}"
        for module in modules()
        if not module.name.startswith(ORACLE)
        for line, said in code_lists_in_sql(module.tree)
    ] == []


def test_a_code_has_its_label_only_in_the_registry() -> None:
    found = [
        f"{module.name}:{line}"
        for module in modules()
        if module.name not in REGISTRY and not module.name.startswith(RULES)
        for line in label_tables(module.tree)
    ]
    assert found + [f"{name}:{line}" for name, tree in templates() for line in template_labels(tree)] == []


def tables() -> dict[str, Mapping[str, str]]:
    return {
        name: table
        for name, table in (vars(labels) | vars(facility_labels)).items()
        if name[0].isupper() and isinstance(table, dict) and name != "TABLES"
    }


@pytest.mark.parametrize("name", sorted(tables()))
def test_a_table_of_labels_says_every_code_of_its_kind(name: str) -> None:
    table = tables()[name]
    kinds = {type(code) for code in table}
    assert len(kinds) == 1
    kind = kinds.pop()
    unsaid = {str(code) for code in kind} - set(table) if issubclass(kind, StrEnum) else set()
    assert unsaid == UNSAID.get(name, set())


UNSAID = {
    "BOOKING_ACTIONS": {"submit", "confirm", "change", "expire"},  # done by the form, a link or the system
    "MEANINGS_QUOTED": {"REQUESTED", "SCHEDULING REVIEWED"},  # nobody signs these by a sentence
}


def test_every_named_table_is_one_of_the_tables() -> None:
    assert all(any(table is one for one in tables().values()) for table in TABLES.values())


# -- the tests see what they look for


@pytest.mark.parametrize(
    ("look", "code"),
    [
        (state_words, "def f(row): return row.state == 'PLANNED'"),
        (state_words, "SQL = \"SELECT FROM booking WHERE state <> 'DRAFT'\""),
        (state_words, "SQL = f\"SELECT FROM {table} WHERE state IN ('DRAFT', 'CLOSED')\""),
        (state_members, "def f(row): return row.state == BookingState.DRAFT"),
        (state_members, "def f(row): return row.state is states.SessionState.DONE"),
        (state_members, "S = BookingState\nHELD = {S.DRAFT: 'nothing'}"),
        (state_members, "from gmp_booking.kernel.states import ChangeState as C\nOPEN = C.SUBMITTED"),
        (state_members, "def f(row): return row.state == BookingState['DRAFT']"),
        (state_lists, "OPEN = frozenset({BookingState.SUBMITTED, BookingState.RETURNED})"),
        (state_lists, "S = SessionState\nOPEN = (S.PLANNED, S.READY)"),
        (code_lists_in_sql, "SQL = \"WHERE kind IN ('TOUR', 'QC')\""),
        (label_tables, "L = {Kind.TOUR: N_('Tour')}"),
        (label_tables, "L = {'TOUR': _('Tour'), 'QC': _('Quality control')}"),
        (label_tables, "L = {'off': N_('Off'), 'warn': N_('Warns only')}"),
        (label_tables, "L = (('ACTIVE', N_('Active')), ('SUSPENDED', N_('Suspended')))"),
        (label_tables, "L = {BookingState.DRAFT: (N_('A draft'), N_('It holds nothing.'))}"),
    ],
)
def test_a_planted_copy_is_found(look, code: str) -> None:
    assert list(look(ast.parse(code)))


@pytest.mark.parametrize(
    ("look", "template"),
    [
        (template_lists, '{% if state in ["CONFIRMED", "CLOSED"] %}x{% endif %}'),
        (template_states, '{% if row.state != "DRAFT" %}x{% endif %}'),
        (template_states, '{{ "CONFIRMED"|label("booking_state") }}'),
        (template_labels, '{{ {"DRAFT": _("Draft"), "CLOSED": _("Closed")}[state] }}'),
        (template_labels, '{% set words = {"mine": _("My bookings"), "company": _("My company")} %}'),
    ],
)
def test_a_planted_copy_in_a_template_is_found(look, template: str) -> None:
    assert list(look(parsed(template)))


@pytest.mark.parametrize(
    ("look", "code"),
    [
        (state_lists, "OPEN = WAITING | {BookingState.RETURNED}"),
        (label_tables, "L = {'company': N_('Company'), 'name': N_('Name')}"),
        (label_tables, "L = {'required': N_('This is needed.')}"),
        (code_lists_in_sql, 'SQL = f"WHERE kind IN ({sql_values(DEMONSTRATIONS)})"'),
    ],
)
def test_what_is_no_copy_is_left_alone(look, code: str) -> None:
    assert not list(look(ast.parse(code)))
