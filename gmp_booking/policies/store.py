"""Queries of facility settings."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, time, timedelta

from sqlalchemy import select

from gmp_booking.infra.database.uow import Uow
from gmp_booking.policies.models import Facility, Holiday, OpeningHours


def holidays_between(uow: Uow, start: date, *, days: int) -> frozenset[date]:
    """The holidays from a day on."""
    statement = select(Holiday.on_date).where(
        Holiday.active, Holiday.on_date >= start, Holiday.on_date <= start + timedelta(days=days)
    )
    return frozenset(uow.session.scalars(statement))


def list_holidays(uow: Uow, year: int) -> list[Holiday]:
    statement = (
        select(Holiday)
        .where(Holiday.active, Holiday.on_date >= date(year, 1, 1), Holiday.on_date <= date(year, 12, 31))
        .order_by(Holiday.on_date, Holiday.id)
    )
    return list(uow.session.scalars(statement))


def find_facility(uow: Uow) -> Facility | None:
    return uow.session.scalars(select(Facility).order_by(Facility.id).limit(1)).one_or_none()


@dataclass(frozen=True)
class OpeningHoursRow:
    """One weekday's hours of a resource, or the default."""

    resource_id: int | None
    weekday: int
    opens: time
    closes: time


@dataclass(frozen=True)
class DayOff:
    on_date: date
    name_ko: str
    name_en: str
    name_zh: str


_HOURS = (
    select(OpeningHours.resource_id, OpeningHours.weekday, OpeningHours.opens, OpeningHours.closes)
    .where(OpeningHours.active)
    .order_by(OpeningHours.id)
)


def list_opening_hours(uow: Uow) -> list[OpeningHoursRow]:
    return [OpeningHoursRow(*row) for row in uow.session.execute(_HOURS)]


def list_days_off(uow: Uow, start: date, *, days: int) -> list[DayOff]:
    statement = select(Holiday.on_date, Holiday.name_ko, Holiday.name_en, Holiday.name_zh).where(
        Holiday.active, Holiday.on_date >= start, Holiday.on_date <= start + timedelta(days=days)
    )
    return [DayOff(*row) for row in uow.session.execute(statement.order_by(Holiday.on_date, Holiday.id))]
