"""Codes of the registry as SQL text.

The text stands literally in a statement: PostgreSQL serves a partial index only where the condition is no parameter.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from collections.abc import Set as AbstractSet
from enum import StrEnum


def sql_value(code: StrEnum) -> str:
    """One code as an SQL string: 'CONFIRMED'."""
    return f"'{code.value}'"


def sql_values(codes: Iterable[StrEnum]) -> str:
    """Several codes as they stand between the brackets of IN; those of a set in the order of their definition."""
    return ", ".join(sql_value(each) for each in (_in_order(codes) if isinstance(codes, AbstractSet) else codes))


def _in_order(codes: AbstractSet[StrEnum]) -> Sequence[StrEnum]:
    return [each for kind in {type(code) for code in codes} for each in kind if each in codes]
