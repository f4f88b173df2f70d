"""Checks the database before the application serves: durability, roles, schema, row policies."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import Connection, text

from gmp_booking.infra.database.migrate import pending
from gmp_booking.infra.database.row_policies import ROW_POLICIES, WITHOUT_HISTORY, RowPolicy

REQUIRED_CONSTRAINTS = ("ex_slot_unit_during", "ck_slot_during")
REQUIRED_TRIGGERS = ("lock_held",)
OLDEST_SERVER = 150_000
_ORIGINAL_CLOCK = "SELECT clock_timestamp()"
DEMO_COMMENT = "gmp_booking demonstration"
"""The demo writes this comment on the table `facility`, so that no real site serves the demo's data."""


class UnfitDatabase(Exception):
    """The database must not be served from; `findings` says why and what to do about each."""

    def __init__(self, findings: list[str]) -> None:
        super().__init__("\n".join(findings))
        self.findings = findings


def check(connection: Connection, *, allow_clock_offset: bool, allow_data_loss: bool) -> None:
    """Refuse a database that could lose, leak or double-book.

    Shape: `allow_clock_offset` in tests and in the demo; `allow_data_loss` (fsync off) in tests only.
    Errors: UnfitDatabase.
    """
    findings = [
        *_server_findings(connection, allow_data_loss=allow_data_loss),
        *_role_findings(connection),
        *_schema_findings(connection, allow_clock_offset=allow_clock_offset),
    ]
    if findings:
        raise UnfitDatabase(findings)


def _server_findings(connection: Connection, *, allow_data_loss: bool) -> Iterator[str]:
    version = int(connection.execute(text("SHOW server_version_num")).scalar_one())
    if version < OLDEST_SERVER:
        yield "PostgreSQL 15 or newer is needed: upgrade the server."
    if allow_data_loss:
        return
    for setting in ("fsync", "synchronous_commit", "full_page_writes"):
        value = connection.execute(text("SELECT current_setting(:name)"), {"name": setting}).scalar_one()
        if value == "off":
            yield f"{setting} is off, so acknowledged bookings could be lost: set {setting} = on and restart."


def _role_findings(connection: Connection) -> Iterator[str]:
    role = connection.execute(
        text("SELECT rolname, rolsuper, rolbypassrls FROM pg_roles WHERE rolname = session_user")
    ).one()
    if role.rolsuper:
        yield f"{role.rolname} is a superuser and would see every company: use the app role without SUPERUSER."
    if role.rolbypassrls:
        yield f"{role.rolname} bypasses row-level security: ALTER ROLE {role.rolname} NOBYPASSRLS."
    owned = connection.execute(
        text("SELECT count(*) FROM pg_tables WHERE schemaname = 'public' AND tableowner = session_user")
    ).scalar_one()
    if owned:
        yield f"{role.rolname} owns tables and could change them: connect as the app role, migrate as the owner."


def _schema_findings(connection: Connection, *, allow_clock_offset: bool) -> Iterator[str]:
    waiting = pending(connection)
    if waiting:
        yield f"{len(waiting)} migrations have not run ({', '.join(waiting)}): run gmp-booking migrate."
        return
    constraints = set(connection.execute(text("SELECT conname FROM pg_constraint WHERE convalidated")).scalars())
    for name in REQUIRED_CONSTRAINTS:
        if name not in constraints:
            yield f"the constraint {name} is missing, so time could be taken twice: restore it from the migrations."
    triggers = set(connection.execute(text("SELECT tgname FROM pg_trigger WHERE tgenabled <> 'D'")).scalars())
    for name in REQUIRED_TRIGGERS:
        if name not in triggers:
            yield f"the trigger {name} is missing or disabled: restore it from the migrations."
    yield from _row_policy_findings(connection)
    comment = connection.execute(text("SELECT obj_description('facility'::regclass, 'pg_class')")).scalar_one() or ""
    if comment.startswith(DEMO_COMMENT) and not allow_clock_offset:
        yield "this is the demonstration's database, its passwords are public: use DEMO=1 or another GMP_DATA_DIR."
    clock = connection.execute(text("SELECT prosrc FROM pg_proc WHERE proname = 'gmp_now'")).scalar_one()
    if clock.strip() != _ORIGINAL_CLOCK and not allow_clock_offset:
        yield "the clock gmp_now() has been replaced: only tests and the demo may do that; restore it."


_TABLE_PROTECTION = text(
    """
    SELECT c.relname, c.relrowsecurity AND c.relforcerowsecurity AS is_protected,
           (SELECT count(*) FROM pg_trigger AS t
            WHERE t.tgrelid = c.oid AND t.tgname LIKE 'history%' AND t.tgenabled <> 'D') AS history
    FROM pg_class AS c WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r'
    """
)
_WITHOUT_ROW_SECURITY = frozenset({RowPolicy.SECRET_LOOKUP, RowPolicy.SHARED})
_HISTORY_TRIGGERS = 3


def _row_policy_findings(connection: Connection) -> Iterator[str]:
    """Tables without their row-level security or their history triggers."""
    tables = {row.relname: row for row in connection.execute(_TABLE_PROTECTION)}
    for table, policy in sorted(ROW_POLICIES.items()):
        row = tables.get(table)
        if row is None:
            yield f"the table {table} is missing: restore it from the migrations."
            continue
        if policy not in _WITHOUT_ROW_SECURITY and not row.is_protected:
            yield f"row-level security of {table} is off, so companies could see each other: ENABLE and FORCE it."
        if table not in WITHOUT_HISTORY and row.history < _HISTORY_TRIGGERS:
            yield f"{table} could change without its history: restore its triggers from the migrations."
