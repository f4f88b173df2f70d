"""People and roles; a company's person sees only colleagues."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select

from gmp_booking.infra.uow import Uow
from gmp_booking.people.models import Person, PersonRole


def add_person(uow: Uow, person: Person) -> Person:
    uow.session.add(person)
    uow.session.flush()
    return person


def find_person(uow: Uow, person_id: int) -> Person | None:
    return uow.session.get(Person, person_id)


def find_person_by_email(uow: Uow, email: str) -> Person | None:
    return uow.session.scalars(select(Person).where(Person.email == email)).one_or_none()


def list_people(uow: Uow, company_id: int | None) -> Sequence[Person]:
    """The active ones of one company, or of the facility."""
    return uow.session.scalars(
        select(Person).where(Person.company_id.is_not_distinct_from(company_id), Person.active).order_by(Person.id)
    ).all()


def list_roles(uow: Uow, person_id: int) -> Sequence[PersonRole]:
    return uow.session.scalars(
        select(PersonRole)
        .where(PersonRole.person_id == person_id, PersonRole.revoked_at.is_(None))
        .order_by(PersonRole.role)
    ).all()


def add_role(uow: Uow, role: PersonRole) -> None:
    uow.session.add(role)
    uow.session.flush()
