"""Overrides of findings, bound to one version of a booking."""

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, ForeignKeyConstraint, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from gmp_booking.infra.database.base import Base, Key, Ref, Stamp


class Override(Base):
    """One role's override of all findings of one rule in one version, with the signature if there was one."""

    __tablename__ = "override"
    __table_args__ = (
        UniqueConstraint("booking_id", "version", "rule", "role"),
        CheckConstraint("char_length(reason) >= 20", name="reason"),
        ForeignKeyConstraint(["company_id", "booking_id"], ["booking.company_id", "booking.id"]),
        ForeignKeyConstraint(["booking_id", "version"], ["booking_version.booking_id", "booking_version.version"]),
    )

    id: Mapped[Key]
    booking_id: Mapped[Ref]
    company_id: Mapped[Ref]
    version: Mapped[int]
    rule: Mapped[str] = mapped_column(Text)
    role: Mapped[str] = mapped_column(Text)
    reason: Mapped[str] = mapped_column(Text)
    by_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("person.id"))
    printed_name: Mapped[str] = mapped_column(Text)
    at: Mapped[Stamp]
    signature_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("signature.id"))
