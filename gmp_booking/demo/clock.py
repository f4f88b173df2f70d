"""The clock of the demo seed: `gmp_now()` has an offset that each transaction sets.

The owner replaces the function while the demo is seeded. Rejected: a new function for every instant, which makes the
database plan all statements again each time.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from sqlalchemy import Connection, Engine, create_engine, event

_SETTING = "gmp.clock_ahead"
_ORIGINAL = "SELECT clock_timestamp()"
_WITH_OFFSET = f"{_ORIGINAL} + coalesce(nullif(current_setting(''{_SETTING}'', true), ''''), ''0'')::interval"


class Clock:
    """The current time for transactions of one engine; the real time until it is set."""

    def __init__(self, engine: Engine) -> None:
        self._offset_s = 0.0
        event.listen(engine, "begin", self._set_offset)

    def set(self, instant: datetime) -> None:
        """Set the clock to this instant; it runs on from there."""
        self._offset_s = (instant - datetime.now(UTC)).total_seconds()

    def _set_offset(self, connection: Connection) -> None:
        # No wait for the disk: after a crash the demo is seeded again from the beginning.
        connection.exec_driver_sql(
            f"SELECT set_config('{_SETTING}', '{self._offset_s:.6f} seconds', true),"
            " set_config('synchronous_commit', 'off', true)"
        )


@contextmanager
def adjustable_clock(owner: Connection) -> Iterator[None]:
    """Allow the clock offset within the block; the original function is restored afterwards in any case."""
    _replace(owner, _WITH_OFFSET)
    try:
        yield
    finally:
        _replace(owner, _ORIGINAL)


def _replace(owner: Connection, body: str) -> None:
    owner.exec_driver_sql(f"CREATE OR REPLACE FUNCTION gmp_now() RETURNS timestamptz LANGUAGE sql VOLATILE AS '{body}'")


@contextmanager
def owner_connection(owner_url: str) -> Iterator[Connection]:
    """An autocommit connection of the owner."""
    engine = create_engine(owner_url, isolation_level="AUTOCOMMIT")
    try:
        with engine.connect() as connection:
            yield connection
    finally:
        engine.dispose()
