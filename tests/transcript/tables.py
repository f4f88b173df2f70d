"""The rows of every table, with ids replaced by the place of the row they name."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from tests.transcript.installation import Installation
from tests.transcript.record import Record

_TABLES = "SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public' ORDER BY 1"
_KEYS = """
    SELECT c.contype AS kind, c.conrelid::regclass::text AS relation, c.confrelid::regclass::text AS target,
           (SELECT array_agg(a.attname::text ORDER BY k.place) FROM unnest(c.conkey) WITH ORDINALITY AS k (number, place)
            JOIN pg_attribute AS a ON a.attrelid = c.conrelid AND a.attnum = k.number) AS columns,
           (SELECT array_agg(a.attname::text ORDER BY k.place) FROM unnest(c.confkey) WITH ORDINALITY AS k (number, place)
            JOIN pg_attribute AS a ON a.attrelid = c.confrelid AND a.attnum = k.number) AS targets
    FROM pg_constraint AS c WHERE c.contype IN ('p', 'f') AND c.connamespace = 'public'::regnamespace
"""
_IN_NO_ORDER = frozenset({"outbox_message"})
"""Tables whose rows are written several at once, in an order that means nothing."""


class Ids:
    """`booking#3` for the third row of a table; ids differ with every row that came and went before."""

    def __init__(self, installation: Installation, keys: list[dict[str, Any]]) -> None:
        self._targets = {
            (key["relation"], column): key["target"]
            for key in keys
            if key["kind"] == "f"
            for column, target in zip(key["columns"], key["targets"], strict=True)
            if target == "id"
        }
        self._places: dict[str, dict[Any, str]] = {}
        for table in sorted({key["relation"] for key in keys if key["kind"] == "p" and key["columns"] == ["id"]}):
            rows = installation.ask(f"SELECT id FROM {table} ORDER BY id")
            self._places[table] = {row["id"]: f"{table}#{place}" for place, row in enumerate(rows, start=1)}
        self._by_column = {column: target for (_relation, column), target in self._targets.items()}

    def shown(self, table: str, column: str, value: Any) -> Any:
        target = table if column == "id" else self._targets.get((table, column)) or self._guess(column)
        return self._places.get(target, {}).get(value, value) if isinstance(value, int | str) else value

    def _guess(self, column: str) -> str:
        """Columns of the same name that refer to the same table by custom, without a constraint."""
        if column in self._by_column:
            return self._by_column[column]
        if not column.endswith("_id"):
            return ""
        stem = column.removesuffix("_id")
        return next((table for table in self._places if table == stem or table.endswith(f"_{stem}")), "")


def write_tables(installation: Installation, record: Record) -> None:
    keys = installation.ask(_KEYS)
    ids = Ids(installation, keys)
    primary = {key["relation"]: key["columns"] for key in keys if key["kind"] == "p"}
    for table in [row["name"] for row in installation.ask(_TABLES)]:
        order = ", ".join(primary.get(table, [])) or f"{table}::text"
        rows = installation.ask(f"SELECT row_to_json({table}) AS row FROM {table} ORDER BY {order}")
        found = [row["row"] for row in rows]
        if table in _IN_NO_ORDER:
            found = sorted(map(_without_place, found), key=str)
        record.write(f"table {table}", _lines(table, found, ids))


def _without_place(row: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name not in {"id", "message_id"}}


def _lines(table: str, rows: list[dict[str, Any]], ids: Ids) -> Iterator[str]:
    yield f"# {len(rows)} rows of {table}"
    for number, row in enumerate(rows, start=1):
        yield ""
        yield f"-- {number}"
        about = str(row.get("table_name", table))
        for column, value in row.items():
            if column == "row_id":
                yield f"{column}: {_shown(about, 'id', value, ids)}"
            elif value is not None:
                yield f"{column}: {_shown(about if isinstance(value, dict | list) else table, column, value, ids)}"


def _shown(table: str, column: str, value: Any, ids: Ids) -> str:
    if isinstance(value, Mapping | list):
        return json.dumps(_nested(table, value, ids), ensure_ascii=False, sort_keys=True, default=str)
    return str(ids.shown(table, column, value))


def _nested(table: str, value: Any, ids: Ids) -> Any:
    if isinstance(value, Mapping):
        return {
            name: ids.shown(table, name, each) if isinstance(each, int) else _nested(table, each, ids)
            for name, each in value.items()
        }
    return [_nested(table, each, ids) for each in value] if isinstance(value, list) else value
