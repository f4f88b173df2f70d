"""Private calendar links; only their hashes are stored."""

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, LargeBinary, Text
from sqlalchemy.orm import Mapped, mapped_column

from gmp_booking.infra.database.base import Base, Instant, Key, Stamp
from gmp_booking.kernel.sql import sql_value, sql_values
from gmp_booking.kernel.vocabulary import FeedScope


class CalendarFeed(Base):
    __tablename__ = "calendar_feed"
    __table_args__ = (
        CheckConstraint(f"scope IN ({sql_values(FeedScope)})", name="scope"),
        CheckConstraint(f"(scope = {sql_value(FeedScope.RESOURCE)}) = (resource_id IS NOT NULL)", name="resource"),
        Index("ix_calendar_feed_person_id", "person_id"),
    )

    id: Mapped[Key]
    token_hash: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    prefix: Mapped[str] = mapped_column(Text)
    person_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("person.id"))
    scope: Mapped[str] = mapped_column(Text)
    resource_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("resource.id"))
    language: Mapped[str] = mapped_column(Text)
    created_at: Mapped[Stamp]
    last_used_at: Mapped[Instant | None]
    revoked_at: Mapped[Instant | None]
