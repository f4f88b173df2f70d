"""What every row was before and is after, written by the database itself (triggers of the migrations)."""

from typing import Any

from sqlalchemy import Index, Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from gmp_booking.infra.db import Base, Key, Ref, Stamp


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
