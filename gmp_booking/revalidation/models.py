"""Which bookings are to be judged again, and when each was last."""

from __future__ import annotations

from sqlalchemy import BigInteger, ForeignKey, Index, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from gmp_booking.infra.database.base import Base, Instant, Key


class Revalidation(Base):
    """One booking's place in the line: wanted until it was looked at later than that.

    Whoever looks holds the row from before it reads the facts, so a wish that comes meanwhile waits and stands.
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
