"""The products of the companies."""

from sqlalchemy import BigInteger, ForeignKey, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from gmp_booking.infra.database.base import Base, Key, Stamp


class Product(Base):
    __tablename__ = "product"
    __table_args__ = (UniqueConstraint("company_id", "code"), UniqueConstraint("company_id", "id"))

    id: Mapped[Key]
    company_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("company.id"))
    code: Mapped[str] = mapped_column(Text)
    name: Mapped[str] = mapped_column(Text)
    modality: Mapped[str] = mapped_column(Text)
    active: Mapped[bool] = mapped_column(server_default=text("true"))
    created_at: Mapped[Stamp]
