"""Electronic signatures, bound to the content they were given for."""

from sqlalchemy import BigInteger, ForeignKey, Index, Text
from sqlalchemy.orm import Mapped, mapped_column

from gmp_booking.infra.database.base import Base, Instant, Key


class Signature(Base):
    __tablename__ = "signature"
    __table_args__ = (Index("ix_signature_record", "record_type", "record_id", "record_version"),)

    id: Mapped[Key]
    company_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("company.id"))
    record_type: Mapped[str] = mapped_column(Text)
    record_id: Mapped[int] = mapped_column(BigInteger)
    record_reference: Mapped[str] = mapped_column(Text)
    record_version: Mapped[int]
    content_hash: Mapped[str] = mapped_column(Text)
    meaning: Mapped[str] = mapped_column(Text)
    printed_name: Mapped[str] = mapped_column(Text)
    signer_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("person.id"))
    signed_at: Mapped[Instant]
    time_zone: Mapped[str] = mapped_column(Text)
    auth_method: Mapped[str] = mapped_column(Text)
    auth_session_id: Mapped[int | None] = mapped_column(BigInteger)
