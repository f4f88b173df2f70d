"""The row history: old and new values of every change, written by database triggers (see the migrations)."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Index, Text, select, tuple_
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from gmp_booking.infra.database.base import Base, Key, Ref, Stamp
from gmp_booking.infra.database.uow import Uow

MAX_SHOWN: Final = 200
# Technical fields, and those the reader sees beside the list anyway.
_HIDDEN_FIELDS: Final = frozenset({"id", "created_at", "company_id", "person_id", "resource_id"})


class RowHistory(Base):
    __tablename__ = "row_history"
    __table_args__ = (Index("ix_row_history_table_name_row_id", "table_name", "row_id"),)

    id: Mapped[Key]
    at: Mapped[Stamp]
    table_name: Mapped[str] = mapped_column(Text)
    row_id: Mapped[Ref]
    operation: Mapped[str] = mapped_column(Text)
    old_row: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    new_row: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    company_id: Mapped[Ref | None]
    actor_id: Mapped[Ref | None]
    actor_name: Mapped[str | None] = mapped_column(Text)
    reason: Mapped[str | None] = mapped_column(Text)
    request_id: Mapped[str | None] = mapped_column(Text)


@dataclass(frozen=True)
class FieldChange:
    """One field before and after; None where the row did not exist."""

    field: str
    old: Any
    new: Any


@dataclass(frozen=True)
class RowChange:
    """One change of one row: who, when, why, and each changed field."""

    at: datetime
    table: str
    operation: str
    actor_name: str | None
    reason: str | None
    fields: tuple[FieldChange, ...]


def list_changes(uow: Uow, rows: Collection[tuple[str, int]]) -> list[RowChange]:
    """The changes of these rows, newest first, within the row policies of the actor.

    Shape: rows are (table, id).
    """
    if not rows:
        return []
    statement = (
        select(RowHistory)
        .where(tuple_(RowHistory.table_name, RowHistory.row_id).in_(list(rows)))
        .order_by(RowHistory.id.desc())
        .limit(MAX_SHOWN)
    )
    return [
        RowChange(entry.at, entry.table_name, entry.operation, entry.actor_name, entry.reason, fields)
        for entry in uow.session.scalars(statement)
        if (fields := _differences(entry.old_row or {}, entry.new_row or {}))
    ]


def _differences(old: Mapping[str, Any], new: Mapping[str, Any]) -> tuple[FieldChange, ...]:
    names = [name for name in (new or old) if name not in _HIDDEN_FIELDS and old.get(name) != new.get(name)]
    return tuple(FieldChange(name, old.get(name), new.get(name)) for name in names)
