"""Messages to be sent: one row each, claimed with a lease and a fencing token, sent outside any transaction."""

from __future__ import annotations

from sqlalchemy import Index, Text, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from gmp_booking.infra.db import Base, Instant, Key, Ref, Stamp


class OutboxMessage(Base):
    """One mail to one person; pending until sent, withdrawn or dead."""

    __tablename__ = "outbox_message"
    __table_args__ = (
        Index(
            "uq_outbox_message_once",
            "booking_id",
            "booking_version",
            "booking_session_id",
            "kind",
            "recipient",
            "due_at",
            unique=True,
            postgresql_nulls_not_distinct=True,
        ),
        Index(
            "ix_outbox_message_pending",
            "next_attempt_at",
            postgresql_where=text("sent_at IS NULL AND withdrawn_at IS NULL AND dead_at IS NULL"),
        ),
        Index("ix_outbox_message_booking_id", "booking_id"),
    )

    id: Mapped[Key]
    kind: Mapped[str] = mapped_column(Text)
    company_id: Mapped[Ref | None]
    person_id: Mapped[Ref | None]
    recipient: Mapped[str] = mapped_column(Text)
    language: Mapped[str] = mapped_column(Text)
    booking_id: Mapped[Ref | None]
    booking_version: Mapped[int | None]
    booking_session_id: Mapped[Ref | None]
    due_at: Mapped[Instant]
    payload: Mapped[dict] = mapped_column(JSONB, server_default=text("'{}'"))
    created_at: Mapped[Stamp]
    next_attempt_at: Mapped[Instant]
    attempts: Mapped[int] = mapped_column(server_default=text("0"))
    lease_token: Mapped[str | None] = mapped_column(Text)
    leased_until: Mapped[Instant | None]
    message_id: Mapped[str] = mapped_column(Text, unique=True)
    sent_at: Mapped[Instant | None]
    withdrawn_at: Mapped[Instant | None]
    dead_at: Mapped[Instant | None]
    last_error: Mapped[str | None] = mapped_column(Text)
