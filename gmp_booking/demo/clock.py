"""The demonstration's clock: while it is being laid, `gmp_now()` runs ahead or behind by what a transaction asks for.

The owner replaces the function for as long as that takes. Rejected: a new function for every moment, which makes the
database plan all its statements anew each time.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from sqlalchemy import Connection, Engine, create_engine, event

_SETTING = "gmp.clock_ahead"
_REAL = "SELECT clock_timestamp()"
_MOVABLE = f"{_REAL} + coalesce(nullif(current_setting(''{_SETTING}'', true), ''''), ''0'')::interval"


class Clock:
    """What the transactions of one engine take for now; the real time until it is set."""

    def __init__(self, engine: Engine) -> None:
        self._ahead_s = 0.0
        event.listen(engine, "begin", self._tell)

    def set(self, instant: datetime) -> None:
        """Show this instant now, and run on from there."""
        self._ahead_s = (instant - datetime.now(UTC)).total_seconds()

    def _tell(self, connection: Connection) -> None:
        # Nobody waits for the disk on the way: whatever is lost in a crash is laid again from the beginning.
        connection.exec_driver_sql(
            f"SELECT set_config('{_SETTING}', '{self._ahead_s:.6f} seconds', true),"
            " set_config('synchronous_commit', 'off', true)"
        )


@contextmanager
def movable_clock(owner: Connection) -> Iterator[None]:
    """Let transactions move their clock within the block; after it there is only the real one, whatever happened."""
    _replace(owner, _MOVABLE)
    try:
        yield
    finally:
        _replace(owner, _REAL)


def _replace(owner: Connection, body: str) -> None:
    owner.exec_driver_sql(f"CREATE OR REPLACE FUNCTION gmp_now() RETURNS timestamptz LANGUAGE sql VOLATILE AS '{body}'")


@contextmanager
def owner_connection(owner_url: str) -> Iterator[Connection]:
    """A connection of the owner that commits each statement by itself."""
    engine = create_engine(owner_url, isolation_level="AUTOCOMMIT")
    try:
        with engine.connect() as connection:
            yield connection
    finally:
        engine.dispose()
