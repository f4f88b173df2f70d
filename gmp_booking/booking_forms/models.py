"""Table of marks of open forms."""

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from gmp_booking.infra.database.base import Base, Instant, Key


class FormMark(Base):
    """A mark that a person is filling in a form for this time; it is no slot, blocks no request and expires.

    Shape: `number` counts the parts of the person's latest form; `company_id` is null for staff.
    """

    __tablename__ = "form_mark"
    __table_args__ = (
        UniqueConstraint("person_id", "number"),
        CheckConstraint("starts_at < ends_at", name="during"),
        Index("ix_form_mark_resource_id_expires_at", "resource_id", "expires_at"),
    )

    id: Mapped[Key]
    person_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("person.id"))
    company_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("company.id"))
    number: Mapped[int]
    resource_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("resource.id"))
    starts_at: Mapped[Instant]
    ends_at: Mapped[Instant]
    expires_at: Mapped[Instant]
