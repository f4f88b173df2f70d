"""Queries of people and roles; a company's user sees only colleagues."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert

from gmp_booking.infra.database.uow import Uow
from gmp_booking.kernel.access import Role
from gmp_booking.kernel.errors import NotFound
from gmp_booking.people.models import Person, PersonRole


@dataclass(frozen=True)
class PersonFilter:
    """The filter of a list of people."""

    words: str = ""
    company_id: int | None = None
    facility_only: bool = False
    role: str = ""


@dataclass(frozen=True)
class PersonRow:
    """A person with the current roles."""

    person: Person
    roles: tuple[str, ...]


def add_person(uow: Uow, values: Mapping[str, Any]) -> Person | None:
    """The new person; None when the address is in use, also by a person the actor may not see."""
    statement = insert(Person).values(**values).on_conflict_do_nothing(index_elements=[Person.email]).returning(Person)
    return uow.session.scalars(statement).one_or_none()


def find_person(uow: Uow, person_id: int) -> Person | None:
    return uow.session.get(Person, person_id)


def find_person_by_email(uow: Uow, email: str) -> Person | None:
    return uow.session.scalars(select(Person).where(Person.email == email)).one_or_none()


def get_person_locked(uow: Uow, person_id: int) -> Person:
    """Errors: NotFound, also for a person the actor may not see."""
    statement = select(Person).where(Person.id == person_id).with_for_update(key_share=True)
    person = uow.session.scalars(statement.execution_options(populate_existing=True)).one_or_none()
    if person is None:
        raise NotFound
    return person


def list_people_with_roles(uow: Uow, wanted: PersonFilter) -> list[PersonRow]:
    """The people the actor may see, by name; deactivated ones last."""
    roles = func.array_agg(PersonRole.role).filter(PersonRole.role.is_not(None)).label("roles")
    statement = (
        select(Person, roles)
        .outerjoin(PersonRole, (PersonRole.person_id == Person.id) & PersonRole.revoked_at.is_(None))
        .group_by(Person.id)
    )
    if wanted.company_id is not None:
        statement = statement.where(Person.company_id == wanted.company_id)
    if wanted.facility_only:
        statement = statement.where(Person.company_id.is_(None))
    if wanted.words:
        likely = f"%{wanted.words.replace('%', '').replace('_', chr(92) + '_')}%"
        statement = statement.where(Person.name.ilike(likely) | Person.email.ilike(likely))
    if wanted.role:
        statement = statement.having(func.bool_or(PersonRole.role == wanted.role))
    found = [PersonRow(person, tuple(sorted(held or ()))) for person, held in uow.session.execute(statement)]
    return sorted(found, key=lambda row: (not row.person.active, row.person.name.casefold(), row.person.id))


def has_any_person(uow: Uow) -> bool:
    """Whether the facility has any person at all."""
    return uow.session.execute(select(Person.id).limit(1)).first() is not None


def lock_other_administrators(uow: Uow, person_id: int) -> int:
    """The number of other administrators, locked so that two cannot be deactivated at once."""
    current = (PersonRole.role == Role.SYSADMIN.value) & PersonRole.revoked_at.is_(None)
    uow.session.execute(select(PersonRole.id).where(current).order_by(PersonRole.id).with_for_update())
    others = select(func.count()).select_from(PersonRole).join(Person, Person.id == PersonRole.person_id)
    counted = uow.session.execute(others.where(current, Person.active, Person.id != person_id)).scalar_one()
    return int(counted)


def list_role_ids(uow: Uow, person_id: int) -> list[int]:
    """The ids of all role rows of a person, revoked ones included."""
    return list(uow.session.scalars(select(PersonRole.id).where(PersonRole.person_id == person_id)))


def list_people(uow: Uow, company_id: int | None) -> Sequence[Person]:
    """The active people of one company, or of the facility."""
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


def list_active_people(uow: Uow, ids: Collection[int]) -> Sequence[Person]:
    return uow.session.scalars(select(Person).where(Person.id.in_(ids), Person.active).order_by(Person.id)).all()


def list_active_people_by_email(uow: Uow, emails: Collection[str]) -> Sequence[Person]:
    return uow.session.scalars(select(Person).where(Person.email.in_(emails), Person.active).order_by(Person.id)).all()


def list_holders(uow: Uow, role: Role) -> Sequence[Person]:
    """Everybody active who holds a role now."""
    holds = select(PersonRole.person_id).where(PersonRole.role == role.value, PersonRole.revoked_at.is_(None))
    return uow.session.scalars(select(Person).where(Person.id.in_(holds), Person.active).order_by(Person.id)).all()
