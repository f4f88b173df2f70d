"""`python -m benchmarks.migrations REVISION`: migrate down to a revision and up again with many bookings."""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
from alembic import command
from alembic.script import ScriptDirectory

from benchmarks.server import BenchmarkServer
from gmp_booking.infra.database.migrate import alembic_config


def main() -> None:
    parser = argparse.ArgumentParser(prog="benchmarks.migrations", description=__doc__)
    parser.add_argument("revision", help="the oldest revision to go back to")
    parser.add_argument("--bookings", type=int, default=100_000)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, BenchmarkServer(Path(folder) / "data") as server:
        server.store(given.bookings)
        url = server.config.owner_database_url
        assert url is not None
        before = fingerprints(server.postgres.superuser_url("gmp"))
        revisions = list(_revisions_after(given.revision))
        for revision in revisions:
            print(f"down from {revision}: {_seconds(command.downgrade, url, '-1'):.1f} s", flush=True)
        for revision in reversed(revisions):
            print(f"up to {revision}: {_seconds(command.upgrade, url, revision):.1f} s", flush=True)
        after = fingerprints(server.postgres.superuser_url("gmp"))
    print("tables that differ:", sorted(name for name in before if before[name] != after.get(name)) or "none")


def fingerprints(superuser_url: str) -> dict[str, str]:
    """A hash of the rows of each table, whatever the order of rows and columns."""
    with psycopg.connect(superuser_url) as connection:
        tables = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
        return {name: _fingerprint(connection, name) for (name,) in tables}


def _fingerprint(connection: psycopg.Connection, table: str) -> str:
    rows = connection.execute(
        f"SELECT count(*), sum(hashtextextended(to_jsonb(row)::text, 0)) FROM {table} AS row"
    ).fetchone()
    return str(rows)


def _revisions_after(oldest: str) -> Iterator[str]:
    """The revisions from the newest down to the one after the oldest."""
    for script in ScriptDirectory.from_config(alembic_config()).walk_revisions():
        if script.revision == oldest:
            return
        yield script.revision


def _seconds(move: object, url: str, revision: str) -> float:
    begun = time.monotonic()
    assert callable(move)
    move(alembic_config(url), revision)
    return time.monotonic() - begun


if __name__ == "__main__":
    main()
