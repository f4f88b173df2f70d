"""People and their roles. A person without a company is staff of the facility."""

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from gmp_booking.infra.database.base import Base, Instant, Key, Stamp
from gmp_booking.kernel.languages import DEFAULT_LANGUAGE


class Person(Base):
    __tablename__ = "person"
    __table_args__ = (Index("ix_person_company_id", "company_id"),)

    id: Mapped[Key]
    company_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("company.id"))
    name: Mapped[str] = mapped_column(Text)
    email: Mapped[str] = mapped_column(Text, unique=True)
    phone: Mapped[str | None] = mapped_column(Text)
    language: Mapped[str] = mapped_column(Text, server_default=DEFAULT_LANGUAGE)
    active: Mapped[bool] = mapped_column(server_default=text("true"))
    created_at: Mapped[Stamp]


class PersonRole(Base):
    """A role of a person, from its grant until it is revoked."""

    __tablename__ = "person_role"
    __table_args__ = (
        Index("uq_person_role_standing", "person_id", "role", unique=True, postgresql_where=text("revoked_at IS NULL")),
        CheckConstraint("revoked_at IS NULL OR revoked_at >= granted_at", name="order"),
    )

    id: Mapped[Key]
    person_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("person.id"))
    company_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("company.id"))
    role: Mapped[str] = mapped_column(Text)
    granted_at: Mapped[Stamp]
    revoked_at: Mapped[Instant | None]
