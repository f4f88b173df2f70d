"""People and the roles they are given and lose; every change of rights is in the journal."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence

from gmp_booking.infra.uow import Uow
from gmp_booking.kernel.access import COMPANY_ROLES, FACILITY_ROLES, Permission, Role, require
from gmp_booking.kernel.errors import Conflict, Invalid, NotFound
from gmp_booking.kernel.text import N_
from gmp_booking.people import store
from gmp_booking.people.events import PersonAdded, PersonDeactivated, RoleGranted, RoleRevoked
from gmp_booking.people.models import Person, PersonRole

LANGUAGES = ("ko", "en", "zh_Hans")


def create_person(
    uow: Uow,
    *,
    name: str,
    email: str,
    company_id: int | None = None,
    phone: str | None = None,
    language: str = "ko",
    roles: Iterable[Role] = (),
) -> Person:
    """Add a person with their roles.

    Errors: Invalid naming the fields; Conflict when the address is somebody's, also of one who left.
    """
    require(uow.actor, Permission.PEOPLE_EDIT)
    name = unicodedata.normalize("NFC", name).strip()
    email = normalise_email(email)
    errors = _mistakes(name, email, phone=phone, language=language)
    if errors:
        raise Invalid(field_errors=errors)
    if store.find_person_by_email(uow, email) is not None:
        raise Conflict(N_("Somebody has this e-mail address already."))
    person = store.add_person(
        uow,
        Person(
            name=name,
            email=email,
            company_id=company_id,
            phone=written_phone(phone) if phone else None,
            language=language,
        ),
    )
    uow.record(PersonAdded(company_id=company_id, person_id=person.id))
    for role in roles:
        grant_role(uow, person, role)
    return person


def grant_role(uow: Uow, person: Person, role: Role) -> None:
    """Errors: Invalid when the role belongs to the other side; Conflict when the person has it."""
    require(uow.actor, Permission.PEOPLE_EDIT)
    if role not in (FACILITY_ROLES if person.company_id is None else COMPANY_ROLES):
        raise Invalid(field_errors={"role": [N_("This role belongs to the other side: facility or company.")]})
    if any(each.role == role for each in store.list_roles(uow, person.id)):
        raise Conflict(N_("The person has this role already."))
    store.add_role(uow, PersonRole(person_id=person.id, company_id=person.company_id, role=role.value))
    uow.record(RoleGranted(company_id=person.company_id, person_id=person.id, role=role.value))


def revoke_role(uow: Uow, person: Person, role: Role) -> None:
    """Take a role away; it acts at the person's next request. Errors: NotFound."""
    require(uow.actor, Permission.PEOPLE_EDIT)
    standing = next((each for each in store.list_roles(uow, person.id) if each.role == role), None)
    if standing is None:
        raise NotFound
    standing.revoked_at = uow.now
    uow.session.flush()
    uow.record(RoleRevoked(company_id=person.company_id, person_id=person.id, role=role.value))


def deactivate_person(uow: Uow, person: Person) -> None:
    """The person leaves: nothing is deleted, nobody signs in by that name any more."""
    require(uow.actor, Permission.PEOPLE_EDIT)
    person.active = False
    uow.session.flush()
    uow.record(PersonDeactivated(company_id=person.company_id, person_id=person.id))


def speak(uow: Uow, person_id: int, language: str) -> None:
    """Choose the language for one's pages and mail."""
    person = store.find_person(uow, person_id)
    if person is None:
        raise NotFound
    if language not in LANGUAGES:
        raise Invalid(field_errors={"language": [N_("This language is not offered.")]})
    person.language = language
    uow.session.flush()


def find_person_by_email(uow: Uow, email: str) -> Person | None:
    """Somebody the reader may see."""
    return store.find_person_by_email(uow, normalise_email(email))


def list_people(uow: Uow, company_id: int | None) -> Sequence[Person]:
    """The active people of one company, or of the facility."""
    return store.list_people(uow, company_id)


def list_roles(uow: Uow, person: Person) -> list[Role]:
    return [Role(each.role) for each in store.list_roles(uow, person.id)]


def normalise_email(email: str) -> str:
    """One spelling of an address, whatever keyboard it came from."""
    return unicodedata.normalize("NFKC", email).strip().lower()


def written_phone(phone: str) -> str:
    """As it is stored, E.164: `010-1234-5678` is `+821012345678`. A number without a prefix is Korean."""
    bare = re.sub(r"[\s().-]", "", unicodedata.normalize("NFKC", phone))
    return bare if bare.startswith("+") else f"+82{bare.removeprefix('0')}"


def _mistakes(name: str, email: str, *, phone: str | None, language: str) -> dict[str, list[str]]:
    errors: dict[str, list[str]] = {}
    if not 1 <= len(name) <= 120:
        errors["name"] = [N_("A name has 1 to 120 characters.")]
    if len(email) > 254 or not re.fullmatch(r"[^@\s]{1,64}@[^@\s]+\.[^@\s.]+", email):
        errors["email"] = [N_("This is no e-mail address.")]
    if phone and not re.fullmatch(r"\+[1-9][0-9]{6,14}", written_phone(phone)):
        errors["phone"] = [N_("This is no telephone number.")]
    if language not in LANGUAGES:
        errors["language"] = [N_("This language is not offered.")]
    return errors
