"""The code keeps the rules of ARCHITECTURE.md: layers, one module that commits, one that reads as the engine."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

from gmp_booking.infra.database.row_policies import ROW_POLICIES, RowPolicy
from tests.architecture.sources import PACKAGE, ROOT, Module, method, migrations, modules

COMMITS = {"gmp_booking/infra/database/uow.py"}
BEYOND_TRANSACTIONS = {
    "gmp_booking/infra/process/embedded.py": "makes roles and databases, before there is anything to commit",
    "gmp_booking/demo/clock.py": "lays and empties the demonstration as the owner, without a web server",
    "gmp_booking/infra/database/base.py": "looks up who asks, on connections that cannot write",
}
LOOKUPS = {"gmp_booking/accounts/sessions.py", "gmp_booking/calendars/feeds.py"}
ENGINE_READERS = {
    "gmp_booking/evaluation/auto_confirmation.py",
    "gmp_booking/evaluation/surroundings.py",
    "gmp_booking/execution/crew.py",
    "gmp_booking/execution/emergency.py",
    "gmp_booking/execution/line_clearance/facts.py",
}
ROLE_WORDS = re.compile(r"\bset_config\s*\(|\bSET\s+(?:LOCAL\s+|SESSION\s+)?ROLE\b|gmp_(?:app|facility|engine|owner)\b")
SPEAKS_OF_ROLES = {
    "config.py": "says in the settings table which role each address is for",
    "gmp_booking/demo/clock.py": "moves the demonstration's clock by a setting of its own",
}
KEYED_HOMES = {"calendar_feed": "calendars", "idempotency_key": "infra"}
KEYED_GUESTS = {("account", "gmp_booking/calendars/store.py"): "a link stops with the account of its person"}
MARKED_SAFE = {
    "gmp_booking/calendars/pages.py": "a QR code drawn by the library out of our own address",
    "gmp_booking/templates/parts/timeline_grid.html": "attributes written in the template; queries from urlencode",
}


def test_the_layers_hold() -> None:
    program = Path(sys.executable).with_name("lint-imports")
    finished = subprocess.run([program], cwd=ROOT, capture_output=True, text=True, check=False)
    assert finished.returncode == 0, finished.stdout + finished.stderr
    assert "0 broken" in finished.stdout


def test_every_package_stands_in_a_layer_of_the_drawing() -> None:
    drawing = (ROOT / "ARCHITECTURE.md").read_text("utf-8").partition("## Layers")[2].partition("\n## ")[0]
    named = set(re.findall(r"`([a-z_]+)`", drawing))
    packages = {path.stem for path in PACKAGE.iterdir() if path.suffix == ".py" or (path / "__init__.py").exists()}
    assert packages - {"__init__"} <= named


def commits(module: Module) -> list[str]:
    found = [
        f"{module.name}:{call.lineno} {method(call)}"
        for call in module.calls()
        if isinstance(call.func, ast.Attribute) and method(call) in {"commit", "begin", "begin_nested", "two_phase"}
    ]
    return [*found, *(f"{module.name}:{line} {said}" for line, said in module.strings() if re.match(r"COMMIT\b", said))]


def leaves_transactions(module: Module) -> list[str]:
    words = {"autocommit", "isolation_level"}
    return [
        f"{module.name}:{call.lineno}" for call in module.calls() if words & {keyword.arg for keyword in call.keywords}
    ]


def test_one_file_commits() -> None:
    found = {module.name: commits(module) for module in modules() if commits(module)}
    assert set(found) == COMMITS, found


def test_nothing_else_leaves_transactions_aside() -> None:
    found = {module.name: leaves_transactions(module) for module in modules() if leaves_transactions(module)}
    assert set(found) == set(BEYOND_TRANSACTIONS), found


def test_a_migration_says_what_it_does_in_its_own_words() -> None:
    """What the code says changes; what a migration did to a database of last year does not."""
    ours = {path.stem for path in (*ROOT.glob("*.py"), PACKAGE, ROOT / "tests")}
    found = [
        f"{module.name}: {name}" for module in migrations() for name in module.imports() if name.split(".")[0] in ours
    ]
    assert migrations()
    assert not found


def test_only_handlers_that_know_a_secret_look_up_without_a_transaction() -> None:
    lookups = [(module.name, each.func) for module in modules() for each in module.calls() if method(each) == "lookup"]
    assert {name for name, called in lookups if isinstance(called, ast.Attribute)} == LOOKUPS


def test_only_the_gatherer_of_facts_reads_as_the_engine() -> None:
    assert {module.name for module in modules() if any(method(each) == "as_engine" for each in module.calls())} == (
        ENGINE_READERS
    )


def test_nobody_but_infra_speaks_of_database_roles() -> None:
    found = {
        f"{module.name}:{line}"
        for module in modules()
        if not module.name.startswith("gmp_booking/infra/")
        for line, said in module.strings()
        if ROLE_WORDS.search(said)
    }
    assert {place.partition(":")[0] for place in found} == set(SPEAKS_OF_ROLES), found


@pytest.mark.parametrize(
    "table", sorted(table for table, policy in ROW_POLICIES.items() if policy is RowPolicy.SECRET_LOOKUP)
)
def test_a_table_without_a_company_is_touched_by_its_own_feature_alone(table: str) -> None:
    home = f"gmp_booking/{KEYED_HOMES.get(table, 'accounts')}/"
    statement = re.compile(rf"\b(?:FROM|JOIN|INTO|UPDATE|USING)\s+{table}\b")
    found = [
        f"{module.name}:{line}"
        for module in modules()
        if not module.name.startswith(home) and (table, module.name) not in KEYED_GUESTS
        for line, said in module.strings()
        if statement.search(said)
    ]
    assert not found


@pytest.mark.parametrize("feature", ["accounts", "calendars"])
def test_their_models_stay_at_home(feature: str) -> None:
    models = f"gmp_booking.{feature}.models"
    users = {module.name for module in modules() for name in module.imports() if name == models}
    assert {user for user in users if not user.startswith(f"gmp_booking/{feature}/")} <= {"gmp_booking/tables.py"}


def test_text_is_marked_safe_only_where_it_is_said_why() -> None:
    raw = {"Markup", "render_template_string", "from_string"}
    found = {module.name for module in modules() if any(method(call) in raw for call in module.calls())}
    for path in sorted((PACKAGE / "templates").rglob("*")):
        if path.is_file() and re.search(r"\|\s*safe\b|autoescape\s+false", path.read_text("utf-8")):
            found.add(str(path.relative_to(ROOT)))
    assert found == set(MARKED_SAFE)
