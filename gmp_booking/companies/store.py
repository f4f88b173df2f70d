"""Reading companies."""

from __future__ import annotations

from sqlalchemy import select

from gmp_booking.companies.models import Company
from gmp_booking.infra.uow import Uow
from gmp_booking.kernel.errors import NotFound


def get_company_id(uow: Uow, code: str) -> int:
    """Errors: NotFound."""
    found = uow.session.execute(select(Company.id).where(Company.code == code)).scalar_one_or_none()
    if found is None:
        raise NotFound
    return found
