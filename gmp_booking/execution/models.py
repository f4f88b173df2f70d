"""Line clearances: who cleared a room for a session, and who verified it."""

from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, Text, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from gmp_booking.infra.database.base import Base, Instant, Key, Ref


class LineClearance(Base):
    """One line clearance of a room for one session.

    It names room and start: a session that is moved afterwards has no clearance.
    Shape: `void_at` is None while it is valid.
    """

    __tablename__ = "line_clearance"
    __table_args__ = (
        ForeignKeyConstraint(["company_id", "booking_id"], ["booking.company_id", "booking.id"]),
        CheckConstraint("verified_by <> performed_by", name="four_eyes"),
        Index(
            "uq_line_clearance_standing",
            "booking_id",
            "session_number",
            unique=True,
            postgresql_where=text("void_at IS NULL"),
        ),
    )

    id: Mapped[Key]
    company_id: Mapped[Ref]
    booking_id: Mapped[Ref]
    session_number: Mapped[int]
    room_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("room.id"))
    starts_at: Mapped[Instant]
    items: Mapped[list[Any]] = mapped_column(JSONB)
    performed_by: Mapped[int] = mapped_column(BigInteger, ForeignKey("person.id"))
    performed_at: Mapped[Instant]
    verified_by: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("person.id"))
    verified_at: Mapped[Instant | None]
    void_at: Mapped[Instant | None]
    void_reason: Mapped[str | None] = mapped_column(Text)
