"""Reading and changing what the facility has decided."""

from __future__ import annotations

from datetime import date, timedelta

from sqlalchemy import select

from gmp_booking.infra.uow import Uow
from gmp_booking.policies.models import Facility, Holiday


def holidays_between(uow: Uow, start: date, *, days: int) -> frozenset[date]:
    """The days off among so many days from a start."""
    statement = select(Holiday.on_date).where(
        Holiday.active, Holiday.on_date >= start, Holiday.on_date <= start + timedelta(days=days)
    )
    return frozenset(uow.session.scalars(statement))


def list_holidays(uow: Uow, year: int) -> list[Holiday]:
    statement = (
        select(Holiday)
        .where(Holiday.on_date >= date(year, 1, 1), Holiday.on_date <= date(year, 12, 31))
        .order_by(Holiday.on_date, Holiday.id)
    )
    return list(uow.session.scalars(statement))


def find_facility(uow: Uow) -> Facility | None:
    return uow.session.scalars(select(Facility).order_by(Facility.id).limit(1)).one_or_none()
