"""What the facility has decided: its hours, its holidays, which rules it enforces."""

from datetime import date, time

from sqlalchemy import BigInteger, CheckConstraint, Date, ForeignKey, Index, Text, Time, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from gmp_booking.infra.db import Base, Key, Stamp


class Facility(Base):
    __tablename__ = "facility"

    id: Mapped[Key]
    code: Mapped[str] = mapped_column(Text, unique=True)
    name_ko: Mapped[str] = mapped_column(Text)
    name_en: Mapped[str] = mapped_column(Text)
    name_zh: Mapped[str] = mapped_column(Text)
    time_zone: Mapped[str] = mapped_column(Text, server_default="Asia/Seoul")


class OpeningHours(Base):
    """When a room may be used without cover; no resource means the default of all. Monday is 0."""

    __tablename__ = "opening_hours"
    __table_args__ = (
        CheckConstraint("weekday BETWEEN 0 AND 6", name="weekday"),
        CheckConstraint("opens < closes", name="order"),
        Index(
            "uq_opening_hours_day",
            "resource_id",
            "weekday",
            unique=True,
            postgresql_nulls_not_distinct=True,
        ),
    )

    id: Mapped[Key]
    resource_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("resource.id"))
    weekday: Mapped[int]
    opens: Mapped[time] = mapped_column(Time)
    closes: Mapped[time] = mapped_column(Time)
    active: Mapped[bool] = mapped_column(server_default=text("true"))


class Holiday(Base):
    __tablename__ = "holiday"
    __table_args__ = (
        UniqueConstraint("on_date", "kind"),
        CheckConstraint("kind IN ('LEGAL', 'SUBSTITUTE', 'TEMPORARY', 'ELECTION', 'FACILITY')", name="kind"),
    )

    id: Mapped[Key]
    on_date: Mapped[date] = mapped_column(Date)
    kind: Mapped[str] = mapped_column(Text)
    name_ko: Mapped[str] = mapped_column(Text)
    name_en: Mapped[str] = mapped_column(Text)
    name_zh: Mapped[str] = mapped_column(Text)
    active: Mapped[bool] = mapped_column(server_default=text("true"))


class RuleSwitch(Base):
    """A rule is off, warns or is enforced from a day on; the newest row up to the day counts."""

    __tablename__ = "rule_switch"
    __table_args__ = (
        UniqueConstraint("rule", "from_on"),
        CheckConstraint("mode IN ('off', 'warn', 'enforce')", name="mode"),
    )

    id: Mapped[Key]
    rule: Mapped[str] = mapped_column(Text)
    mode: Mapped[str] = mapped_column(Text)
    from_on: Mapped[date] = mapped_column(Date)
    created_at: Mapped[Stamp]
