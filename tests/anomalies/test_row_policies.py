"""Row policies: whatever SQL the app's role runs, without its company it sees nothing and changes nothing."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest
from psycopg import errors
from psycopg.types.json import Jsonb

from gmp_booking import tables
from gmp_booking.infra.database.row_policies import ROW_POLICIES, RowPolicy
from tests.anomalies.competitors import Competitors

BEHIND = sorted(
    table
    for table, policy in ROW_POLICIES.items()
    if policy in {RowPolicy.TENANT, RowPolicy.EXPIRING, RowPolicy.APPEND_ONLY}
)
FACILITY_ONLY = sorted(
    table for table, policy in ROW_POLICIES.items() if policy in {RowPolicy.FACILITY, RowPolicy.STAFF}
)
TRAIL = sorted(table for table, policy in ROW_POLICIES.items() if policy is RowPolicy.APPEND_ONLY)
NO_COMPANY = [None, "", " ", "999999", "-1", "0", "abc", "1 OR 1=1", "1;--", "9" * 30, "NULL", "{1,2}"]
NOT_ALLOWED = (errors.InsufficientPrivilege,)
NO_NUMBER = (errors.InvalidTextRepresentation, errors.NumericValueOutOfRange)
ROLES = ("gmp_app", "gmp_facility", "gmp_engine")


def plain(url: str) -> str:
    return url.replace("+psycopg", "")


@pytest.fixture(params=NO_COMPANY, ids=lambda value: "unset" if value is None else repr(value))
def stranger(request: pytest.FixtureRequest, competitors: Competitors) -> Iterator[psycopg.Connection]:
    """The app's role with a company that is none."""
    with psycopg.connect(plain(competitors.place.app_url), autocommit=True) as connection:
        if request.param is not None:
            connection.execute("SELECT set_config('gmp.company', %s, false)", (request.param,))
        yield connection


@pytest.fixture
def superuser(competitors: Competitors) -> Iterator[psycopg.Connection]:
    with psycopg.connect(competitors.place.superuser_url, autocommit=True) as connection:
        yield connection


def test_there_is_something_to_see_behind_every_wall(superuser: psycopg.Connection) -> None:
    empty = [
        table for table in BEHIND + FACILITY_ONLY if superuser.execute(f"SELECT 1 FROM {table}").fetchone() is None
    ]
    assert empty == []


def outcome(connection: psycopg.Connection, statement: str, *values: object) -> list[tuple] | int | None:
    """The rows or the number of rows of a statement; None when a row policy refused it."""
    try:
        cursor = connection.execute(statement, values or None)
    except (*NOT_ALLOWED, *NO_NUMBER):
        return None
    return cursor.fetchall() if cursor.description else cursor.rowcount


def test_without_a_company_no_table_gives_a_row(stranger: psycopg.Connection) -> None:
    for table in BEHIND:
        for statement in (f"SELECT * FROM {table}", f"SELECT 1 FROM {table} HAVING count(*) > 0", f"TABLE {table}"):
            assert not outcome(stranger, statement), statement
        try:
            with stranger.cursor() as cursor, cursor.copy(f"COPY {table} TO STDOUT") as copy:
                assert list(copy) == [], table
        except NO_NUMBER:
            continue


def test_without_a_company_no_table_takes_a_row(stranger: psycopg.Connection, superuser: psycopg.Connection) -> None:
    for table in BEHIND:
        row = superuser.execute(f"SELECT to_jsonb(t) FROM {table} AS t ORDER BY id LIMIT 1").fetchone()
        assert row is not None
        computed = {"starts_at", "ends_at"} if table == "slot" else set()
        names = ", ".join(name for name in row[0] if name not in computed)
        copied = Jsonb(row[0] | {"id": 10_000_000})
        insert = f"INSERT INTO {table} ({names}) SELECT {names} FROM jsonb_populate_record(NULL::{table}, %s)"
        assert outcome(stranger, insert, copied) is None, f"{table} took a row"


def test_without_a_company_no_row_is_changed_or_removed(stranger: psycopg.Connection) -> None:
    for table in BEHIND + FACILITY_ONLY:
        for statement in (f"UPDATE {table} SET id = id", f"DELETE FROM {table}"):
            assert not outcome(stranger, statement), statement
        assert outcome(stranger, f"TRUNCATE {table} CASCADE") is None, table


def test_what_is_the_facilitys_alone_cannot_even_be_asked_for(stranger: psycopg.Connection) -> None:
    for table in FACILITY_ONLY:
        with pytest.raises(errors.InsufficientPrivilege):
            stranger.execute(f"SELECT 1 FROM {table}")


def test_a_company_sees_its_own_rows_and_no_other(competitors: Competitors, superuser: psycopg.Connection) -> None:
    ids = dict(superuser.execute("SELECT code, id FROM company").fetchall())
    with psycopg.connect(plain(competitors.place.app_url), autocommit=True) as connection:
        connection.execute("SELECT set_config('gmp.company', %s, false)", (str(ids["GAO"]),))
        for table in BEHIND:
            column = "id" if table == "company" else "company_id"
            seen = connection.execute(f"SELECT DISTINCT {column} FROM {table}").fetchall()
            assert seen == [(ids["GAO"],)], table
            text = repr(connection.execute(f"SELECT to_jsonb(t) FROM {table} AS t").fetchall()).lower()
            assert [word for word in competitors.canaries if word in text] == [], table


def test_a_company_cannot_write_in_anothers_name(competitors: Competitors, superuser: psycopg.Connection) -> None:
    ids = dict(superuser.execute("SELECT code, id FROM company").fetchall())
    with psycopg.connect(plain(competitors.place.app_url), autocommit=True) as connection:
        connection.execute("SELECT set_config('gmp.company', %s, false)", (str(ids["GAO"]),))
        for table in BEHIND:
            if table in TRAIL or table == "company":
                continue
            assert outcome(connection, f"UPDATE {table} SET company_id = %s", ids["SAE"]) is None, table


def test_every_table_has_its_wall() -> None:
    assert set(tables.Base.metadata.tables) == set(ROW_POLICIES)


def test_the_database_has_no_table_without_a_wall(superuser: psycopg.Connection) -> None:
    there = {row[0] for row in superuser.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")}
    assert there - {"alembic_version"} == set(ROW_POLICIES)
    others = superuser.execute(
        "SELECT relname FROM pg_class JOIN pg_namespace n ON n.oid = relnamespace"
        " WHERE nspname = 'public' AND relkind IN ('v', 'm', 'f', 'p')"
    )
    assert others.fetchall() == []


@pytest.mark.parametrize("table", BEHIND + FACILITY_ONLY)
def test_the_wall_stands_for_owners_too_and_looks_both_ways(superuser: psycopg.Connection, table: str) -> None:
    enabled = superuser.execute(
        "SELECT relrowsecurity, relforcerowsecurity FROM pg_class WHERE oid = %s::regclass", (table,)
    ).fetchone()
    assert enabled == (True, True)
    policies = superuser.execute(
        "SELECT policyname, roles, cmd, qual, with_check FROM pg_policies WHERE tablename = %s", (table,)
    ).fetchall()
    for name, roles, command, using, check in policies:
        assert command in {"ALL", "SELECT", "INSERT"}, name
        assert "public" not in roles, name
        if command == "ALL":
            assert using, name
            assert check, name
    own = [policy for policy in policies if "gmp_app" in policy[1] and policy[2] == "ALL"]
    if table in FACILITY_ONLY:
        assert own == []
        return
    (policy,) = own
    for clause in policy[3:]:
        assert "NULLIF(current_setting('gmp.company'" in clause
        assert "true" not in clause.replace("'gmp.company'::text, true", "")
    assert [each for each in policies if "gmp_app" in each[1]] == own


@pytest.mark.parametrize("role", ROLES)
def test_what_happened_cannot_be_changed_by_anybody_who_serves(superuser: psycopg.Connection, role: str) -> None:
    for table in ("journal", "row_history", "signature", *TRAIL):
        for right in ("UPDATE", "DELETE", "TRUNCATE", "TRIGGER", "REFERENCES"):
            held = superuser.execute("SELECT has_table_privilege(%s, %s, %s)", (role, table, right)).fetchone()
            assert held == (False,), f"{role} may {right} {table}"
        columns = superuser.execute("SELECT has_any_column_privilege(%s, %s, 'UPDATE')", (role, table)).fetchone()
        assert columns == (False,), f"{role} may update columns of {table}"


@pytest.mark.parametrize("role", ROLES)
def test_who_serves_owns_nothing_and_has_no_power(superuser: psycopg.Connection, role: str) -> None:
    powers = superuser.execute(
        "SELECT rolsuper, rolbypassrls, rolcreaterole, rolcreatedb, rolreplication FROM pg_roles WHERE rolname = %s",
        (role,),
    ).fetchone()
    assert powers == (False,) * 5
    owned = superuser.execute("SELECT relname FROM pg_class WHERE pg_get_userbyid(relowner) = %s", (role,)).fetchall()
    assert owned == []
    assert superuser.execute("SELECT has_schema_privilege(%s, 'public', 'CREATE')", (role,)).fetchone() == (False,)
    for table in ROW_POLICIES:
        for right in ("TRUNCATE", "TRIGGER", "REFERENCES"):
            held = superuser.execute("SELECT has_table_privilege(%s, %s, %s)", (role, table, right)).fetchone()
            assert held == (False,), f"{role} may {right} {table}"


SEE_MORE = ["gmp_in_use", "gmp_make_lock", "gmp_not_available", "gmp_others_busy", "gmp_others_marks"]


def test_only_these_functions_see_more_than_their_caller(superuser: psycopg.Connection) -> None:
    named = superuser.execute(
        "SELECT proname, proconfig FROM pg_proc JOIN pg_namespace n ON n.oid = pronamespace"
        " WHERE nspname = 'public' AND prosecdef ORDER BY 1"
    ).fetchall()
    assert [row[0] for row in named] == [*SEE_MORE, "gmp_public_titles", "gmp_time_of_others"]
    for _name, config in named:
        assert any(each.startswith("search_path=") for each in config)


def test_others_busy_time_says_when_and_nothing_else(stranger: psycopg.Connection, competitors: Competitors) -> None:
    wanted = stranger.execute("SELECT array_agg(id) FROM resource").fetchone()
    assert wanted is not None
    try:
        cursor = stranger.execute(
            "SELECT * FROM gmp_others_busy(%s, now(), now() + interval '200 days', interval '15 minutes')", (wanted[0],)
        )
    except NO_NUMBER:
        return
    assert [column.name for column in cursor.description or ()] == ["unit_id", "resource_id", "busy"]


def test_marks_of_others_say_where_and_when_and_nothing_else(
    stranger: psycopg.Connection, competitors: Competitors
) -> None:
    wanted = stranger.execute("SELECT array_agg(id) FROM resource").fetchone()
    assert wanted is not None
    try:
        cursor = stranger.execute(
            "SELECT * FROM gmp_others_marks(%s, now(), now() + interval '200 days')", (wanted[0],)
        )
    except NO_NUMBER:
        return
    assert [column.name for column in cursor.description or ()] == ["resource_id", "marked"]
    assert cursor.fetchall() != []


def test_the_time_of_others_is_told_merged_and_without_their_names(
    stranger: psycopg.Connection, competitors: Competitors
) -> None:
    cursor = stranger.execute(
        "SELECT * FROM gmp_time_of_others(0, (SELECT array_agg(id) FROM resource), now(), now() + interval '200 days')"
    )
    assert [column.name for column in cursor.description or ()] == ["unit_id", "resource_id", "busy"]
    assert any(row[2] is not None for row in cursor.fetchall())


def test_titles_are_told_of_nobody_who_did_not_publish_them(
    stranger: psycopg.Connection, competitors: Competitors
) -> None:
    wanted = stranger.execute("SELECT array_agg(id) FROM resource").fetchone()
    assert wanted is not None
    try:
        cursor = stranger.execute(
            "SELECT * FROM gmp_public_titles(%s, now(), now() + interval '200 days')", (wanted[0],)
        )
    except NO_NUMBER:
        return
    assert [column.name for column in cursor.description or ()] == ["resource_id", "busy", "title"]
    assert cursor.fetchall() == []
