"""Queries of companies; a company's user sees only the own one."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select

from gmp_booking.companies.models import Company
from gmp_booking.infra.database.uow import Uow
from gmp_booking.kernel.errors import NotFound


def add_company(uow: Uow, company: Company) -> Company:
    uow.session.add(company)
    uow.session.flush()
    return company


def find_company(uow: Uow, code: str) -> Company | None:
    return uow.session.scalars(select(Company).where(Company.code == code)).one_or_none()


def get_company_locked(uow: Uow, code: str) -> Company:
    """Errors: NotFound."""
    statement = select(Company).where(Company.code == code).with_for_update(key_share=True)
    company = uow.session.scalars(statement.execution_options(populate_existing=True)).one_or_none()
    if company is None:
        raise NotFound
    return company


def list_companies(uow: Uow) -> Sequence[Company]:
    return uow.session.scalars(select(Company).order_by(Company.code)).all()


def get_company_id(uow: Uow, code: str) -> int:
    """Errors: NotFound."""
    found = uow.session.execute(select(Company.id).where(Company.code == code)).scalar_one_or_none()
    if found is None:
        raise NotFound
    return found
