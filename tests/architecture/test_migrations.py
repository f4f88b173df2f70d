"""The migrations: their end is what the models say, and they go down and up again, also with data."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, create_engine, text

from gmp_booking.infra.database.migrate import MIGRATIONS, alembic_config, migrate, pending
from gmp_booking.infra.database.row_policies import ROW_POLICIES, WITHOUT_HISTORY, RowPolicy
from gmp_booking.infra.database.uow import Database
from gmp_booking.infra.process.embedded import EmbeddedPostgres
from gmp_booking.kernel.access import SYSTEM
from gmp_booking.tables import Base
from tests.conftest import Place, drop_database, place_of
from tests.facility import create_test_facility
from tests.zones import SEOUL

pytestmark = pytest.mark.heavy

EMPTY = "scratch_migrations"
CATALOGUE = """
    SELECT 'column', table_name || '.' || column_name || ' ' || data_type || ' ' || is_nullable
           || ' ' || coalesce(column_default, '') FROM information_schema.columns WHERE table_schema = 'public'
    UNION ALL SELECT 'index', indexdef FROM pg_indexes WHERE schemaname = 'public'
    UNION ALL SELECT 'constraint', conrelid::regclass || ' ' || conname || ' ' || pg_get_constraintdef(oid)
        FROM pg_constraint WHERE connamespace = 'public'::regnamespace AND contype <> 'n'
    UNION ALL SELECT 'trigger', pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal
    UNION ALL SELECT 'function', pg_get_functiondef(oid) || coalesce(proacl::text, '') FROM pg_proc
        WHERE pronamespace = 'public'::regnamespace
    UNION ALL SELECT 'policy', tablename || ' ' || policyname || ' ' || cmd || ' ' || roles::text || ' '
        || coalesce(qual, '') || ' ' || coalesce(with_check, '') FROM pg_policies WHERE schemaname = 'public'
    UNION ALL SELECT 'rights', relname || ' ' || relrowsecurity || ' ' || relforcerowsecurity || ' '
        || coalesce((SELECT string_agg(one::text, ',' ORDER BY one::text) FROM unnest(relacl) AS one), '')
        FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'
    ORDER BY 1, 2
"""
_READ = {"SELECT"}
_ADD = {"SELECT", "INSERT"}
_WRITE = {"SELECT", "INSERT", "UPDATE"}
_REMOVE = {"SELECT", "INSERT", "UPDATE", "DELETE"}
RIGHTS: dict[RowPolicy, dict[str, set[str]]] = {
    RowPolicy.TENANT: {"gmp_app": _WRITE, "gmp_facility": _WRITE, "gmp_engine": _READ},
    RowPolicy.EXPIRING: {"gmp_app": _WRITE, "gmp_facility": _REMOVE, "gmp_engine": _READ},
    RowPolicy.APPEND_ONLY: {"gmp_app": _ADD, "gmp_facility": _ADD, "gmp_engine": _READ},
    RowPolicy.FACILITY: {"gmp_app": {"INSERT"}, "gmp_facility": _WRITE},
    RowPolicy.STAFF: {"gmp_facility": _WRITE, "gmp_engine": _READ},
    RowPolicy.SHARED: {"gmp_app": _READ, "gmp_facility": _WRITE, "gmp_engine": _READ},
    RowPolicy.SECRET_LOOKUP: {"gmp_app": _REMOVE, "gmp_facility": _REMOVE},
}
_EVERY_ROW = {
    ("owner_all", "ALL", "{gmp_owner}", "true", "true"),
    ("facility_all", "ALL", "{gmp_facility}", "true", "true"),
}
_ENGINE_READS = ("engine_reads", "SELECT", "{gmp_engine}", "true", None)
_COMPANY_ADDS = ("company_adds", "INSERT", "{gmp_app}", None, "true")


def rights_of(table: str) -> dict[str, set[str]]:
    """What each role may do with a table: as its policy says, and everybody may lock rows of `resource_lock`."""
    rights = RIGHTS[ROW_POLICIES[table]]
    return rights | {"gmp_app": {"SELECT", "UPDATE"}} if table == "resource_lock" else rights


def policies_of(table: str) -> set[tuple[str | None, ...]]:
    """The row policies of a table: name, command, role, which rows are seen, which may be written."""
    column = "id" if table == "company" else "company_id"
    own = f"({column} = (NULLIF(current_setting('gmp.company'::text, true), ''::text))::bigint)"
    match ROW_POLICIES[table]:
        case RowPolicy.SHARED | RowPolicy.SECRET_LOOKUP:
            return set()
        case RowPolicy.FACILITY:
            return _EVERY_ROW | {_COMPANY_ADDS}
        case RowPolicy.STAFF:
            return _EVERY_ROW | {_ENGINE_READS}
        case _:
            return _EVERY_ROW | {_ENGINE_READS, ("company_own", "ALL", "{gmp_app}", own, own)}


@pytest.fixture
def empty(cluster: EmbeddedPostgres) -> Iterator[Place]:
    """A database in which nothing has run."""
    drop_database(cluster, EMPTY)
    cluster.ensure_database(EMPTY)
    yield place_of(cluster, EMPTY)
    drop_database(cluster, EMPTY)


def downgrade(place: Place, revision: str) -> None:
    command.downgrade(alembic_config(place.owner_url), revision)


def catalogue(place: Place) -> list[tuple[str, str]]:
    with psycopg.connect(place.superuser_url) as connection:
        return [(str(kind), str(text)) for kind, text in connection.execute(CATALOGUE.encode())]


@pytest.fixture
def owner(place: Place) -> Iterator[Connection]:
    engine = create_engine(place.owner_url)
    with engine.connect() as connection:
        yield connection
    engine.dispose()


def test_the_newest_schema_is_what_the_models_say(owner: Connection) -> None:
    context = MigrationContext.configure(owner, opts={"compare_type": True, "compare_server_default": True})
    assert compare_metadata(context, Base.metadata) == []
    assert pending(owner) == []


def test_there_is_one_line_of_migrations_and_each_says_when_it_was_written() -> None:
    script = ScriptDirectory.from_config(alembic_config())
    revisions = list(script.walk_revisions())
    assert len(script.get_heads()) == 1
    names = sorted(path.name for path in (MIGRATIONS / "versions").glob("*.py"))
    assert [revision.revision for revision in reversed(revisions)] == [name.split("_")[2] for name in names]


def test_down_to_nothing_and_up_again_is_the_same_schema(empty: Place) -> None:
    migrate(empty.owner_url)
    once = catalogue(empty)
    downgrade(empty, "base")
    left = [line for kind, line in catalogue(empty) if "alembic_version" not in line]
    assert left == []
    migrate(empty.owner_url)
    assert catalogue(empty) == once
    assert len(once) > 500


def test_each_migration_runs_over_data(empty: Place) -> None:
    """The facility of the tests is laid at the newest schema; one step down, up, and everybody is still there."""
    migrate(empty.owner_url)
    database = Database(empty.app_url, zone=SEOUL, pool_size=1)
    database.transact(SYSTEM, create_test_facility)
    before = counted(empty)
    for steps in range(1, len(list(ScriptDirectory.from_config(alembic_config()).walk_revisions()))):
        downgrade(empty, f"-{steps}")
        migrate(empty.owner_url)
        assert counted(empty) == before
    database.dispose()
    assert before["person"] > 10
    assert before["room"] > 5


def counted(place: Place) -> dict[str, int]:
    with psycopg.connect(place.superuser_url) as connection:
        counts = {}
        for table in sorted(ROW_POLICIES):
            row = connection.execute(f"SELECT count(*) FROM {table}".encode()).fetchone()
            counts[table] = row[0] if row else 0
        return counts


def test_every_wall_stands_in_the_database(owner: Connection) -> None:
    walled = text(
        "SELECT relname, relrowsecurity AND relforcerowsecurity FROM pg_class"
        " WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND relname <> 'alembic_version'"
    )
    stands = {name: bool(is_walled) for name, is_walled in owner.execute(walled)}
    assert stands == {
        name: policy not in {RowPolicy.SECRET_LOOKUP, RowPolicy.SHARED} for name, policy in ROW_POLICIES.items()
    }


def test_every_table_has_the_rights_and_policies_of_its_kind(owner: Connection) -> None:
    granted = text(
        "SELECT relname, grantee::regrole::text, array_agg(privilege_type) FROM pg_class, aclexplode(relacl)"
        " WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND grantee <> relowner GROUP BY 1, 2"
    )
    policies = text("SELECT tablename, policyname, cmd, roles::text, qual, with_check FROM pg_policies")
    rights: dict[str, dict[str, set[str]]] = {table: {} for table in ROW_POLICIES}
    for table, role, privileges in owner.execute(granted):
        rights.setdefault(table, {})[role] = set(privileges)
    rows = list(owner.execute(policies))
    for table in ROW_POLICIES:
        assert rights[table] == rights_of(table), table
        assert {tuple(row[1:]) for row in rows if row[0] == table} == policies_of(table), table


def test_nobody_may_change_or_remove_what_is_a_trail(owner: Connection) -> None:
    for table, policy in ROW_POLICIES.items():
        for role in ("gmp_app", "gmp_facility", "gmp_engine"):
            may = {
                right: owner.execute(
                    text("SELECT has_table_privilege(:role, :table, :right)"),
                    {"role": role, "table": table, "right": right},
                ).scalar_one()
                for right in ("UPDATE", "DELETE", "TRUNCATE")
            }
            assert not may["TRUNCATE"], (role, table)
            purges = policy is RowPolicy.EXPIRING and role == "gmp_facility"
            assert policy is RowPolicy.SECRET_LOOKUP or may["DELETE"] == purges, (role, table)
            assert policy is not RowPolicy.APPEND_ONLY or not may["UPDATE"], (role, table)


def test_history_is_written_of_exactly_the_tables_that_keep_it(owner: Connection) -> None:
    listed = text(
        "SELECT tgrelid::regclass::text, count(*) FROM pg_trigger"
        " WHERE tgname LIKE 'history\\_%' AND tgenabled <> 'D' GROUP BY 1"
    )
    triggers = {name: count for name, count in owner.execute(listed)}  # noqa: C416 - rows are no pairs to dict()
    assert triggers == dict.fromkeys(set(ROW_POLICIES) - WITHOUT_HISTORY, 3)
