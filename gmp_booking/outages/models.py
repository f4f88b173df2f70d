"""Outages: they take no slot; bookings they affect become at risk."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint, Computed, DateTime, ForeignKey, Index, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from gmp_booking.infra.database.base import Base, Instant, Key, Ref, Stamp
from gmp_booking.kernel.sql import sql_values
from gmp_booking.kernel.vocabulary import HELD_ALONE, OutageKind, SubjectKind


class Outage(Base):
    """An outage of one subject.

    Shape: `until_at` is the planned end, None if unknown; `ends_at` the actual end, None while open. An outage lifted
    before its start has no effect. The outages of one series share `series`.
    """

    __tablename__ = "outage"
    __table_args__ = (
        CheckConstraint(f"subject_kind IN ({sql_values(SubjectKind)})", name="subject_kind"),
        CheckConstraint(f"kind IN ({sql_values(OutageKind)})", name="kind"),
        CheckConstraint("(subject_kind = 'FACILITY') = (subject_id IS NULL)", name="subject"),
        CheckConstraint(f"subject_kind NOT IN ({sql_values(HELD_ALONE)}) OR kind = 'HOLD'", name="held_alone"),
        CheckConstraint("(kind = 'HOLD') = (hold_no IS NOT NULL)", name="hold_no"),
        CheckConstraint("isfinite(starts_at) AND (until_at IS NULL OR until_at > starts_at)", name="order"),
        CheckConstraint("until_at IS NULL OR isfinite(until_at)", name="until_at"),
        CheckConstraint(
            "(lifted_at IS NULL) = (lifted_by IS NULL) AND (lifted_at IS NULL) = (lift_reason IS NULL)", name="lifted"
        ),
        Index("ix_outage_ends_at", "ends_at"),
        Index("ix_outage_subject_kind_subject_id", "subject_kind", "subject_id"),
        Index("ix_outage_series", "series", postgresql_where=text("series IS NOT NULL")),
    )

    id: Mapped[Key]
    subject_kind: Mapped[str] = mapped_column(Text)
    subject_id: Mapped[Ref | None]
    kind: Mapped[str] = mapped_column(Text)
    breach: Mapped[bool] = mapped_column(server_default=text("false"))
    starts_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    until_at: Mapped[Instant | None]
    hold_no: Mapped[str | None] = mapped_column(Text, unique=True)
    reason: Mapped[str] = mapped_column(Text)
    raised_by: Mapped[int] = mapped_column(BigInteger, ForeignKey("person.id"))
    created_at: Mapped[Stamp]
    lifted_at: Mapped[Instant | None]
    lifted_by: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("person.id"))
    lift_reason: Mapped[str | None] = mapped_column(Text)
    series: Mapped[str | None] = mapped_column(Text)
    revision: Mapped[int] = mapped_column(server_default=text("1"))
    ends_at: Mapped[datetime | None] = mapped_column(
        DateTime(timezone=True), Computed("LEAST(until_at, lifted_at)", persisted=True)
    )
