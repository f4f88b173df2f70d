"""The companies that book the facility."""

from sqlalchemy import CheckConstraint, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from gmp_booking.infra.database.base import Base, Key, Stamp
from gmp_booking.kernel.sql import sql_values
from gmp_booking.kernel.vocabulary import CompanyStatus


class Company(Base):
    __tablename__ = "company"
    __table_args__ = (CheckConstraint(f"status IN ({sql_values(CompanyStatus)})", name="status"),)

    id: Mapped[Key]
    code: Mapped[str] = mapped_column(Text, unique=True)
    name_ko: Mapped[str] = mapped_column(Text)
    name_en: Mapped[str] = mapped_column(Text)
    name_zh: Mapped[str] = mapped_column(Text)
    country: Mapped[str] = mapped_column(Text)
    registration_no: Mapped[str] = mapped_column(Text)
    status: Mapped[str] = mapped_column(Text, server_default=CompanyStatus.ACTIVE.value)
    pending_room_days_cap: Mapped[int] = mapped_column(server_default=text("15"))
    single_signatory: Mapped[bool] = mapped_column(server_default=text("false"))
    created_at: Mapped[Stamp]
