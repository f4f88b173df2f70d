"""Watching what an application asks its database: every statement, and how the planner would answer it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import event

from gmp_booking.infra.database.uow import Database

_EXPLAINED = ("SELECT", "INSERT", "UPDATE", "DELETE", "WITH")


@dataclass
class Watched:
    statements: list[str] = field(default_factory=list)
    scanned: dict[str, str] = field(default_factory=dict)
    """Table read from end to end → the statement that would."""


@contextmanager
def watching(database: Database, *, explain: bool = False) -> Iterator[Watched]:
    """Note every statement; with `explain`, its plan as the same role, company and parameters get it."""
    watched = Watched()

    def before(_connection: Any, cursor: Any, statement: str, parameters: Any, _context: Any, many: bool) -> None:
        watched.statements.append(statement)
        if not explain or many or not statement.lstrip().upper().startswith(_EXPLAINED):
            return
        with cursor.connection.cursor() as planner:
            (plan,) = planner.execute(f"EXPLAIN (FORMAT JSON) {statement}", parameters).fetchone()
        for table in _seq_scans((plan if isinstance(plan, list) else json.loads(plan))[0]["Plan"]):
            watched.scanned[table] = statement

    for engine in database.engines:
        event.listen(engine, "before_cursor_execute", before)
    try:
        yield watched
    finally:
        for engine in database.engines:
            event.remove(engine, "before_cursor_execute", before)


def _seq_scans(node: dict[str, Any]) -> Iterator[str]:
    if node["Node Type"] == "Seq Scan":
        yield node["Relation Name"]
    for child in node.get("Plans", ()):
        yield from _seq_scans(child)
