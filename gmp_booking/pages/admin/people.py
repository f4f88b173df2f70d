"""Pages of people: add, invite, correct, roles, deactivate."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from flask import request, url_for
from werkzeug.wrappers import Response

from gmp_booking.accounts import links, sessions
from gmp_booking.accounts.request_context import current_request
from gmp_booking.accounts.sessions import signed_in
from gmp_booking.calendars.service import revoke_feeds_of
from gmp_booking.companies.service import list_companies
from gmp_booking.infra.database.history import RowChange, list_changes
from gmp_booking.infra.database.uow import Uow
from gmp_booking.infra.web.i18n import _, named
from gmp_booking.kernel.access import (
    COMPANY_ROLES,
    FACILITY_ROLES,
    Actor,
    Permission,
    Role,
    Subject,
    is_allowed,
)
from gmp_booking.kernel.errors import Invalid, NotFound
from gmp_booking.kernel.fingerprint import fingerprint, require_unchanged
from gmp_booking.kernel.labels import ROLES
from gmp_booking.kernel.languages import LANGUAGE_NAMES
from gmp_booking.kernel.text import N_
from gmp_booking.pages.admin import record_history
from gmp_booking.pages.admin.form_actions import Form, admin, page, readable_by, words
from gmp_booking.people import service as people
from gmp_booking.people.service import PersonFilter, PersonRow

FACILITY = "-"


@dataclass(frozen=True)
class NewPerson:
    name: str
    email: str
    phone: str
    language: str
    company: str
    roles: tuple[str, ...]


# -- use cases that touch more than one feature


def add_person(uow: Uow, new: NewPerson, *, pepper: bytes) -> int:
    """Add a person with their roles and mail them an invitation."""
    person = people.create_person(
        uow,
        name=new.name,
        email=new.email,
        company_id=_company_id(uow, new.company),
        phone=new.phone or None,
        language=new.language,
        roles=[_role(each) for each in new.roles],
    )
    links.invite(uow, person, pepper=pepper)
    return person.id


def _company_id(uow: Uow, code: str) -> int | None:
    """The company of a new person; a company's signatory can only add people to their own company."""
    if uow.actor.company_id is not None:
        return uow.actor.company_id
    if code == FACILITY:
        return None
    found = next((each.id for each in list_companies(uow) if each.code == code), None)
    if found is None:
        raise Invalid(field_errors={"company": [N_("Choose the facility or a company.")]})
    return found


def _role(word: str) -> Role:
    if word not in set(Role):
        raise Invalid(field_errors={"role": [N_("Not one of the choices.")]})
    return Role(word)


def correct_person(uow: Uow, person_id: int, *, seen: str, name: str, phone: str, language: str) -> None:
    person = people.get_person(uow, person_id)
    require_unchanged(seen, _facts(person))
    people.change_person(uow, person, name=name, phone=phone or None, language=language)


def give_role(uow: Uow, person_id: int, word: str) -> None:
    people.grant_role(uow, people.get_person(uow, person_id), _role(word))


def take_role(uow: Uow, person_id: int, word: str) -> None:
    people.revoke_role(uow, people.get_person(uow, person_id), _role(word))


def deactivate_person(uow: Uow, person_id: int) -> None:
    """Deactivate a person: sessions, tokens, links and calendar feeds end at once."""
    person = people.get_person(uow, person_id)
    people.deactivate_person(uow, person)
    links.end_access(uow, person)
    revoke_feeds_of(uow, person)


def reactivate_person(uow: Uow, person_id: int, *, pepper: bytes) -> None:
    """Reactivate a person, who then chooses a new password."""
    person = people.get_person(uow, person_id)
    people.reactivate_person(uow, person)
    links.invite(uow, person, pepper=pepper)


def send_link(uow: Uow, person_id: int, *, pepper: bytes) -> str:
    return links.invite(uow, people.get_person(uow, person_id), pepper=pepper)


def _facts(person: Any) -> dict[str, Any]:
    return {"name": person.name, "phone": person.phone, "language": person.language}


# -- reading


@dataclass(frozen=True)
class PeoplePageData:
    rows: list[PersonRow]
    companies: Any
    access: dict[int, bool]


def read_people(uow: Uow, words_typed: str, company: str, role: str) -> PeoplePageData:
    companies = list_companies(uow)
    company_id = next((each.id for each in companies if each.code == company), None)
    wanted = PersonFilter(words_typed, company_id, company == FACILITY, role)
    rows = people.list_people_with_roles(uow, wanted)
    return PeoplePageData(rows, companies, links.access_of(uow, [each.person.id for each in rows]))


@dataclass(frozen=True)
class PersonPageData:
    person: Any
    roles: list[Role]
    company: Any
    has_password: bool | None
    changes: list[RowChange]


def read_person(uow: Uow, person_id: int) -> PersonPageData:
    person = people.find_person(uow, person_id)
    if person is None:
        raise NotFound
    rows = [("person", person.id), *(("person_role", row) for row in people.list_role_ids(uow, person.id))]
    company = next((each for each in list_companies(uow) if each.id == person.company_id), None)
    access = links.access_of(uow, [person.id])
    return PersonPageData(
        person, people.list_roles(uow, person), company, access.get(person.id), list_changes(uow, rows)
    )


# -- routes


@admin.get("/people")
@signed_in
def list_of_people() -> Response:
    return _people({}, 200)


@admin.post("/people")
@signed_in
def add() -> Response:
    new = NewPerson(
        words("name"),
        words("email"),
        words("phone"),
        words("language"),
        words("company"),
        tuple(request.form.getlist("roles")),
    )
    return Form(_people, reading=Permission.ADMIN_READ).act(_address_of, add_person, new, pepper=_pepper())


def _people(errors: dict[str, str], status: int) -> Response:
    actor = readable_by(Permission.ADMIN_READ)
    asked_for = {name: request.args.get(name, "").strip() for name in ("q", "company", "role")}
    facts = current_request().read(read_people, asked_for["q"], asked_for["company"], asked_for["role"])
    companies = {each.id: each for each in facts.companies}
    return page(
        "people.html",
        errors,
        status,
        rows=facts.rows,
        companies=companies,
        access=facts.access,
        asked_for=asked_for,
        may_add=_may_edit(actor, actor.company_id),
        company_choices=[(each.code, named(each)) for each in facts.companies],
        role_choices=role_choices(role for role in Role if actor.is_staff or role in COMPANY_ROLES),
        givable_choices=[(*each, "") for each in role_choices(_givable(actor, None))],
        languages_offered=list(LANGUAGE_NAMES.items()),
    )


@admin.get("/people/<int:person_id>")
@signed_in
def show_person(person_id: int) -> Response:
    return _person(person_id, {}, 200)


@admin.post("/people/<int:person_id>")
@signed_in
def correct(person_id: int) -> Response:
    typed = {"name": words("name"), "phone": words("phone"), "language": words("language")}
    return _form_of(person_id).act(_address_of(person_id), correct_person, person_id, seen=words("seen"), **typed)


@admin.post("/people/<int:person_id>/roles")
@signed_in
def change_roles(person_id: int) -> Response:
    act = take_role if words("op") == "take" else give_role
    form = _form_of(person_id, needs_reason=True)
    return form.act(_address_of(person_id), act, person_id, words("role"))


@admin.post("/people/<int:person_id>/access")
@signed_in
def change_access(person_id: int) -> Response:
    operation, address = words("op"), _address_of(person_id)
    if operation == "link":
        return _form_of(person_id).act(f"{address}?done=link", send_link, person_id, pepper=_pepper())
    form = _form_of(person_id, needs_reason=True)
    if operation == "return":
        return form.act(f"{address}?done=link", reactivate_person, person_id, pepper=_pepper())
    return form.act(address, deactivate_person, person_id)


def _form_of(person_id: int, *, needs_reason: bool = False) -> Form:
    return Form(
        lambda errors, status: _person(person_id, errors, status),
        needs_reason=needs_reason,
        reading=Permission.ADMIN_READ,
    )


def _person(person_id: int, errors: dict[str, str], status: int) -> Response:
    actor = readable_by(Permission.ADMIN_READ)
    facts = current_request().read(read_person, person_id)
    company_id = facts.person.company_id
    subject = Subject(company_id=company_id)
    return page(
        "person.html",
        errors,
        status,
        person=facts.person,
        company=facts.company,
        roles=[role.value for role in facts.roles],
        has_password=facts.has_password,
        seen=fingerprint(_facts(facts.person)),
        may_edit=_may_edit(actor, company_id),
        may_end=is_allowed(actor, Permission.PEOPLE_DEACTIVATE, subject),
        role_choices=role_choices(_givable(actor, company_id, is_facility=company_id is None) - set(facts.roles)),
        takable=_givable(actor, company_id, is_facility=company_id is None),
        history=record_history.record_changes(facts.changes),
        languages_offered=list(LANGUAGE_NAMES.items()),
    )


def _may_edit(actor: Actor, company_id: int | None) -> bool:
    return is_allowed(actor, Permission.PEOPLE_EDIT, Subject(company_id=company_id))


def role_choices(roles: Iterable[Role]) -> list[tuple[str, str]]:
    """Roles as choices (code, label), in the order of the enum."""
    wanted = set(roles)
    return [(role.value, _(ROLES[role])) for role in Role if role in wanted]


def _givable(actor: Actor, company_id: int | None, *, is_facility: bool | None = None) -> set[Role]:
    """The roles the actor may give to a person of a company, of the facility, or of either."""
    subject = company_id if actor.is_staff else actor.company_id
    sides = {None: frozenset(Role), True: FACILITY_ROLES, False: COMPANY_ROLES}[is_facility]
    may = Permission.ROLE_GIVE
    return {role for role in sides if is_allowed(actor, may, Subject(company_id=subject, role=role))}


def _address_of(person_id: int) -> str:
    return url_for("admin.show_person", person_id=person_id)


def _pepper() -> bytes:
    return sessions.services().config.auth_pepper
