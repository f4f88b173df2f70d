"""The demonstration's clock: the owner may set `gmp_now()` to another instant, from which it runs on."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from sqlalchemy import Connection, create_engine, text

_REAL = "clock_timestamp()"


def set_clock(connection: Connection, instant: datetime | None) -> None:
    """Let `gmp_now()` show this instant from now on; None puts the real clock back."""
    if instant is None:
        _replace(connection, _REAL)
        return
    # The body of a function takes no parameters, so the offset is a number and nothing else.
    ahead_s = float(connection.execute(text(f"SELECT extract(epoch FROM :at - {_REAL})"), {"at": instant}).scalar_one())
    _replace(connection, f"{_REAL} + make_interval(secs => {ahead_s:.6f})")


def _replace(connection: Connection, body: str) -> None:
    connection.execute(
        text(f"CREATE OR REPLACE FUNCTION gmp_now() RETURNS timestamptz LANGUAGE sql VOLATILE AS 'SELECT {body}'")
    )


@contextmanager
def owner_connection(owner_url: str) -> Iterator[Connection]:
    """A connection of the owner that commits each statement by itself."""
    engine = create_engine(owner_url, isolation_level="AUTOCOMMIT")
    try:
        with engine.connect() as connection:
            yield connection
    finally:
        engine.dispose()
