"""The queue of bookings to evaluate again, and when each was last revalidated."""

from __future__ import annotations

from sqlalchemy import BigInteger, ForeignKey, Index, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from gmp_booking.infra.database.base import Base, Instant, Key


class Revalidation(Base):
    """One booking in the queue: `due_at` is set while it waits.

    A worker locks the row before it reads facts. A new request to revalidate waits for that lock and sets `due_at`
    again, so no change between reading and finishing is lost.
    """

    __tablename__ = "revalidation"
    __table_args__ = (Index("ix_revalidation_wanted", "due_at", postgresql_where=text("due_at IS NOT NULL")),)

    id: Mapped[Key]
    booking_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("booking.id"), unique=True)
    due_at: Mapped[Instant | None]
    cause: Mapped[str] = mapped_column(Text)
    looked_at: Mapped[Instant | None]
    attempts: Mapped[int] = mapped_column(server_default=text("0"))
    last_error: Mapped[str | None] = mapped_column(Text)
