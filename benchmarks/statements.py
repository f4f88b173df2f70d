"""Counts the SQL statements of a request in the log of the database server."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median_low
from typing import Any, Protocol

_SENT = re.compile(r"gmp_app@\S+ LOG:  (?:statement|execute [^:]*): (.*)")
_OF_TRANSACTIONS = re.compile(r"(?:BEGIN|START|COMMIT|ROLLBACK)\b", re.IGNORECASE)


class InstallationWithLog(Protocol):
    data_dir: Path

    def ask(self, statement: str, *values: Any) -> list[dict[str, Any]]: ...


def count_statements(installation: InstallationWithLog, requests: Sequence[Callable[[], object]]) -> int:
    """Statements of one request without BEGIN and COMMIT: the median of several equal requests."""
    log = installation.data_dir / "postgres.log"
    _log_statements(installation, "all")
    try:
        requests[0]()
        found = []
        for request in requests:
            before = log.stat().st_size
            request()
            found.append(_statements_in(log, after=before))
    finally:
        _log_statements(installation, "none")
    return median_low(found)


def _statements_in(log: Path, *, after: int) -> int:
    with log.open("rb") as file:
        file.seek(after)
        sent = _SENT.findall(file.read().decode("utf-8", "replace"))
    return sum(not _OF_TRANSACTIONS.match(statement.strip()) for statement in sent)


def _log_statements(installation: InstallationWithLog, which: str) -> None:
    installation.ask(f"ALTER SYSTEM SET log_statement = '{which}'")
    installation.ask("SELECT pg_reload_conf(), pg_sleep(0.5)")
