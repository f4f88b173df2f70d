"""What the notifications ask the database: open deliveries, and the people mails go to."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from sqlalchemy import select

from gmp_booking.infra.database.uow import Uow
from gmp_booking.kernel.access import Role
from gmp_booking.people.models import Person, PersonRole


def list_active_people(uow: Uow, ids: Collection[int]) -> Sequence[Person]:
    return uow.session.scalars(select(Person).where(Person.id.in_(ids), Person.active).order_by(Person.id)).all()


def list_active_people_by_email(uow: Uow, emails: Collection[str]) -> Sequence[Person]:
    return uow.session.scalars(select(Person).where(Person.email.in_(emails), Person.active).order_by(Person.id)).all()


def list_holders(uow: Uow, role: Role) -> Sequence[Person]:
    """Everybody active who holds a role now."""
    holds = select(PersonRole.person_id).where(PersonRole.role == role.value, PersonRole.revoked_at.is_(None))
    return uow.session.scalars(select(Person).where(Person.id.in_(holds), Person.active).order_by(Person.id)).all()
