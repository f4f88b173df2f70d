"""The products of the companies."""

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from gmp_booking.infra.database.base import Base, Key, Stamp
from gmp_booking.kernel.sql import sql_values
from gmp_booking.kernel.vocabulary import DonorType, Vector


class Product(Base):
    __tablename__ = "product"
    __table_args__ = (
        UniqueConstraint("company_id", "code"),
        UniqueConstraint("company_id", "id"),
        CheckConstraint(f"vector IN ({sql_values(Vector)})", name="vector"),
        CheckConstraint("lmo_grade BETWEEN 1 AND 4", name="lmo_grade"),
        CheckConstraint(f"donor_type IN ({sql_values(DonorType)})", name="donor_type"),
    )

    id: Mapped[Key]
    company_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("company.id"))
    code: Mapped[str] = mapped_column(Text)
    name: Mapped[str] = mapped_column(Text)
    modality: Mapped[str] = mapped_column(Text)
    vector: Mapped[str | None] = mapped_column(Text)
    lmo_grade: Mapped[int | None]
    donor_type: Mapped[str | None] = mapped_column(Text)
    active: Mapped[bool] = mapped_column(server_default=text("true"))
    created_at: Mapped[Stamp]
