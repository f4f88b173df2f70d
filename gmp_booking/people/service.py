"""Use cases: add and change people, grant and revoke roles; each change is in the journal."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence

from gmp_booking.infra.database.uow import Uow
from gmp_booking.kernel.access import (
    COMPANY_ROLES,
    FACILITY_ROLES,
    GMP_DECIDING_ROLES,
    Permission,
    Role,
    Subject,
    require,
)
from gmp_booking.kernel.errors import Conflict, Invalid, NotFound
from gmp_booking.kernel.languages import DEFAULT_LANGUAGE, LANGUAGES
from gmp_booking.kernel.text import N_
from gmp_booking.people import store
from gmp_booking.people.events import (
    PersonAdded,
    PersonChanged,
    PersonDeactivated,
    PersonReactivated,
    RoleGranted,
    RoleRevoked,
)
from gmp_booking.people.models import Person, PersonRole
from gmp_booking.people.store import (
    PersonFilter,
    PersonRow,
    find_person,
    has_any_person,
    list_people_with_roles,
    list_role_ids,
)

__all__ = [
    "PersonFilter",
    "PersonRow",
    "change_person",
    "create_person",
    "deactivate_person",
    "find_person",
    "find_person_by_email",
    "get_person",
    "grant_role",
    "has_any_person",
    "list_people",
    "list_people_with_roles",
    "list_role_ids",
    "list_roles",
    "normalise_email",
    "normalise_phone",
    "reactivate_person",
    "revoke_role",
    "set_language",
]

TAKEN = N_("This e-mail address is already in use.")


def create_person(
    uow: Uow,
    *,
    name: str,
    email: str,
    company_id: int | None = None,
    phone: str | None = None,
    language: str = DEFAULT_LANGUAGE,
    roles: Iterable[Role] = (),
) -> Person:
    """Add a person with their roles.

    Errors: Invalid naming the fields; Conflict when the address is in use, also by a deactivated person.
    """
    require(uow.actor, Permission.PEOPLE_EDIT, Subject(company_id=company_id))
    name = unicodedata.normalize("NFC", name).strip()
    email = normalise_email(email)
    errors = _validation_errors(name, email, phone=phone, language=language)
    if errors:
        raise Invalid(field_errors=errors)
    values = {"name": name, "email": email, "company_id": company_id, "language": language}
    person = store.add_person(uow, values | {"phone": normalise_phone(phone) if phone else None})
    if person is None:
        raise Conflict(TAKEN, field_errors={"email": [TAKEN]})
    uow.record(PersonAdded(company_id=company_id, person_id=person.id))
    for role in roles:
        grant_role(uow, person, role)
    return person


def grant_role(uow: Uow, person: Person, role: Role) -> None:
    """Errors: Invalid when the role does not belong to the person's organisation; Conflict when the person has it."""
    require(uow.actor, Permission.ROLE_GIVE, Subject(company_id=person.company_id, role=role))
    if role not in (FACILITY_ROLES if person.company_id is None else COMPANY_ROLES):
        raise Invalid(field_errors={"role": [N_("This role cannot be assigned in this organisation.")]})
    held = {Role(each.role) for each in store.list_roles(uow, person.id)}
    if role in held:
        raise Conflict(N_("The person has this role already."))
    if Role.SYSADMIN in held | {role} and GMP_DECIDING_ROLES & (held | {role}):
        raise Conflict(N_("A system administrator makes no GMP decisions: one person cannot have both roles."))
    store.add_role(uow, PersonRole(person_id=person.id, company_id=person.company_id, role=role.value))
    uow.record(RoleGranted(company_id=person.company_id, person_id=person.id, role=role.value))


def revoke_role(uow: Uow, person: Person, role: Role) -> None:
    """Revoke a role, effective at the person's next request. Errors: NotFound."""
    require(uow.actor, Permission.ROLE_GIVE, Subject(company_id=person.company_id, role=role))
    if role is Role.SYSADMIN:
        _require_another_administrator(uow, person)
    current = next((each for each in store.list_roles(uow, person.id) if each.role == role), None)
    if current is None:
        raise NotFound
    current.revoked_at = uow.now
    uow.session.flush()
    uow.record(RoleRevoked(company_id=person.company_id, person_id=person.id, role=role.value))


def deactivate_person(uow: Uow, person: Person) -> None:
    """Deactivate a person who leaves; nothing is deleted, but sign-in is refused.

    Errors: Conflict for the last system administrator.
    """
    require(uow.actor, Permission.PEOPLE_DEACTIVATE, Subject(company_id=person.company_id))
    if Role.SYSADMIN in list_roles(uow, person):
        _require_another_administrator(uow, person)
    person.active = False
    uow.session.flush()
    uow.record(PersonDeactivated(company_id=person.company_id, person_id=person.id))


def reactivate_person(uow: Uow, person: Person) -> None:
    """Reactivate a person with the roles that were not revoked."""
    require(uow.actor, Permission.PEOPLE_DEACTIVATE, Subject(company_id=person.company_id))
    person.active = True
    uow.session.flush()
    uow.record(PersonReactivated(company_id=person.company_id, person_id=person.id))


def _require_another_administrator(uow: Uow, person: Person) -> None:
    if store.lock_other_administrators(uow, person.id) == 0:
        raise Conflict(N_("This is the last administrator of the system: give somebody else the role first."))


def change_person(uow: Uow, person: Person, *, name: str, phone: str | None, language: str) -> None:
    """Change a person's details. The address is fixed: it identifies them in the records.

    Errors: Invalid naming the fields.
    """
    require(uow.actor, Permission.PEOPLE_EDIT, Subject(company_id=person.company_id))
    name = unicodedata.normalize("NFC", name).strip()
    errors = _validation_errors(name, person.email, phone=phone, language=language)
    if errors:
        raise Invalid(field_errors=errors)
    new = {"name": name, "phone": normalise_phone(phone) if phone else None, "language": language}
    changed = tuple(field for field, value in new.items() if getattr(person, field) != value)
    for field in changed:
        setattr(person, field, new[field])
    uow.session.flush()
    if changed:
        uow.record(PersonChanged(company_id=person.company_id, person_id=person.id, fields=changed))


def get_person(uow: Uow, person_id: int) -> Person:
    """A person the actor may see, locked until the transaction ends. Errors: NotFound."""
    return store.get_person_locked(uow, person_id)


def set_language(uow: Uow, person_id: int, language: str) -> None:
    """Set the language of a person's pages and mail."""
    person = store.find_person(uow, person_id)
    if person is None:
        raise NotFound
    if language not in LANGUAGES:
        raise Invalid(field_errors={"language": [N_("This language is not offered.")]})
    person.language = language
    uow.session.flush()


def find_person_by_email(uow: Uow, email: str) -> Person | None:
    """A person the actor may see."""
    return store.find_person_by_email(uow, normalise_email(email))


def list_people(uow: Uow, company_id: int | None) -> Sequence[Person]:
    """The active people of one company, or of the facility."""
    return store.list_people(uow, company_id)


def list_roles(uow: Uow, person: Person) -> list[Role]:
    return [Role(each.role) for each in store.list_roles(uow, person.id)]


def normalise_email(email: str) -> str:
    """The address in lower case and NFKC, so that full-width input gives the same address."""
    return unicodedata.normalize("NFKC", email).strip().lower()


def normalise_phone(phone: str) -> str:
    """The number in E.164: `010-1234-5678` is `+821012345678`. A number without a country code is Korean."""
    bare = re.sub(r"[\s().-]", "", unicodedata.normalize("NFKC", phone))
    return bare if bare.startswith("+") else f"+82{bare.removeprefix('0')}"


def _validation_errors(name: str, email: str, *, phone: str | None, language: str) -> dict[str, list[str]]:
    errors: dict[str, list[str]] = {}
    if not 1 <= len(name) <= 120:
        errors["name"] = [N_("A name has 1 to 120 characters.")]
    if len(email) > 254 or not re.fullmatch(r"[^@\s]{1,64}@[^@\s]+\.[^@\s.]+", email):
        errors["email"] = [N_("Not a valid e-mail address.")]
    if phone and not re.fullmatch(r"\+[1-9][0-9]{6,14}", normalise_phone(phone)):
        errors["phone"] = [N_("Not a valid telephone number.")]
    if language not in LANGUAGES:
        errors["language"] = [N_("This language is not offered.")]
    return errors
