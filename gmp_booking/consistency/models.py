"""The result of the nightly verification of stored data."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import Date
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from gmp_booking.infra.database.base import Base, Instant, Key


class VerificationRun(Base):
    """One nightly run of all checks.

    Shape: `finished_at` and `results` are None while it runs; `results` is a list of {name, count, references,
    unchecked}.
    """

    __tablename__ = "verification_run"

    id: Mapped[Key]
    night: Mapped[date] = mapped_column(Date, unique=True)
    started_at: Mapped[Instant]
    finished_at: Mapped[Instant | None]
    results: Mapped[list[Any] | None] = mapped_column(JSONB)
