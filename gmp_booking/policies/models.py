"""Facility settings: name, hours, holidays, rule switches, auto-confirmation, on-call roster."""

from datetime import date, time

from sqlalchemy import BigInteger, CheckConstraint, Date, ForeignKey, Index, Text, Time, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from gmp_booking.infra.database.base import Base, Instant, Key, Stamp
from gmp_booking.kernel.sql import sql_values
from gmp_booking.kernel.vocabulary import CONFIRMED_BY_THEMSELVES, HolidayKind, RuleMode


class Facility(Base):
    __tablename__ = "facility"

    id: Mapped[Key]
    code: Mapped[str] = mapped_column(Text, unique=True)
    name_ko: Mapped[str] = mapped_column(Text)
    name_en: Mapped[str] = mapped_column(Text)
    name_zh: Mapped[str] = mapped_column(Text)


class OpeningHours(Base):
    """When a room may be used without on-call cover; without a resource the default. Monday is 0."""

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
        CheckConstraint(f"kind IN ({sql_values(HolidayKind)})", name="kind"),
    )

    id: Mapped[Key]
    on_date: Mapped[date] = mapped_column(Date)
    kind: Mapped[str] = mapped_column(Text)
    name_ko: Mapped[str] = mapped_column(Text)
    name_en: Mapped[str] = mapped_column(Text)
    name_zh: Mapped[str] = mapped_column(Text)
    active: Mapped[bool] = mapped_column(server_default=text("true"))


class RuleSwitch(Base):
    """A rule's mode from a day on; the latest row up to a day applies."""

    __tablename__ = "rule_switch"
    __table_args__ = (
        UniqueConstraint("rule", "from_on"),
        CheckConstraint(f"mode IN ({sql_values(RuleMode)})", name="mode"),
    )

    id: Mapped[Key]
    rule: Mapped[str] = mapped_column(Text)
    mode: Mapped[str] = mapped_column(Text)
    from_on: Mapped[date] = mapped_column(Date)
    created_at: Mapped[Stamp]


class AutoConfirm(Base):
    """Whether a clear request of a kind is confirmed automatically: by default, in one room, or for one company."""

    __tablename__ = "auto_confirm"
    __table_args__ = (
        CheckConstraint(f"kind IN ({sql_values(CONFIRMED_BY_THEMSELVES)})", name="kind"),
        CheckConstraint("resource_id IS NULL OR company_id IS NULL", name="one_scope"),
        Index(
            "uq_auto_confirm_scope",
            "kind",
            "resource_id",
            "company_id",
            unique=True,
            postgresql_nulls_not_distinct=True,
        ),
    )

    id: Mapped[Key]
    kind: Mapped[str] = mapped_column(Text)
    resource_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("resource.id"))
    company_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("company.id"))
    is_on: Mapped[bool]
    changed_at: Mapped[Stamp]


class OnCall(Base):
    """Who is on call: weekly on one weekday (Monday is 0), or on one date.

    Shape: an `until_time` not after `from_time` is on the next day; ended entries stay as history.
    """

    __tablename__ = "on_call"
    __table_args__ = (
        CheckConstraint("weekday BETWEEN 0 AND 6", name="weekday"),
        CheckConstraint("(weekday IS NULL) <> (on_date IS NULL)", name="when"),
        CheckConstraint("valid_until >= valid_from", name="validity"),
        Index("ix_on_call_standing", "valid_from", postgresql_where=text("ended_at IS NULL")),
    )

    id: Mapped[Key]
    role: Mapped[str] = mapped_column(Text)
    person_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("person.id"))
    weekday: Mapped[int | None]
    on_date: Mapped[date | None] = mapped_column(Date)
    from_time: Mapped[time] = mapped_column(Time)
    until_time: Mapped[time] = mapped_column(Time)
    valid_from: Mapped[date] = mapped_column(Date)
    valid_until: Mapped[date | None] = mapped_column(Date)
    created_at: Mapped[Stamp]
    created_by: Mapped[int] = mapped_column(BigInteger, ForeignKey("person.id"))
    ended_at: Mapped[Instant | None]
