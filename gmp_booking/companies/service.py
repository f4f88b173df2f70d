"""Use cases: add, change and list companies."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields, replace

from gmp_booking.companies import store
from gmp_booking.companies.events import CompanyAdded, CompanyChanged
from gmp_booking.companies.models import Company
from gmp_booking.infra.database.uow import Uow
from gmp_booking.kernel.access import Permission, require
from gmp_booking.kernel.errors import Conflict, Invalid
from gmp_booking.kernel.fingerprint import require_unchanged
from gmp_booking.kernel.text import N_
from gmp_booking.kernel.vocabulary import CompanyStatus

_WEIGHTS = (1, 3, 7, 1, 3, 7, 1, 3, 5)


def create_company(
    uow: Uow,
    *,
    code: str,
    name_ko: str,
    name_en: str,
    name_zh: str,
    registration_no: str,
    country: str = "KR",
    single_signatory: bool = False,
) -> Company:
    """Errors: Invalid naming the fields; Conflict when the code is taken."""
    require(uow.actor, Permission.COMPANY_EDIT)
    errors = _validation_errors(code, country, registration_no=registration_no, names=(name_ko, name_en, name_zh))
    if errors:
        raise Invalid(field_errors=errors)
    if store.find_company(uow, code) is not None:
        raise Conflict(N_("There is a company with the code %(code)s already."), params={"code": code})
    company = store.add_company(
        uow,
        Company(
            code=code,
            name_ko=name_ko,
            name_en=name_en,
            name_zh=name_zh,
            country=country,
            registration_no=format_registration_no(registration_no) if country == "KR" else registration_no.strip(),
            single_signatory=single_signatory,
        ),
    )
    uow.record(CompanyAdded(company_id=company.id, code=code))
    return company


MAX_ROOM_DAYS = 100_000


@dataclass(frozen=True, kw_only=True)
class CompanyFacts:
    """The editable fields of a company; its code is fixed, since records refer to it. Unit: the cap is in room-days."""

    name_ko: str
    name_en: str
    name_zh: str
    country: str
    registration_no: str
    status: str
    pending_room_days_cap: int
    single_signatory: bool


def facts_of(company: Company) -> CompanyFacts:
    return CompanyFacts(**{field.name: getattr(company, field.name) for field in fields(CompanyFacts)})


def change_company(uow: Uow, code: str, new: CompanyFacts, *, seen: str | None = None) -> None:
    """Errors: Invalid naming the fields; NotFound; Stale when it changed since `seen`."""
    require(uow.actor, Permission.COMPANY_EDIT)
    company = store.get_company_locked(uow, code)
    require_unchanged(seen, asdict(facts_of(company)))
    errors = _validation_errors(
        code, new.country, registration_no=new.registration_no, names=(new.name_ko, new.name_en, new.name_zh)
    )
    if new.status not in set(CompanyStatus):
        errors["status"] = [N_("Not one of the choices.")]
    if not 0 <= new.pending_room_days_cap <= MAX_ROOM_DAYS:
        errors["pending_room_days_cap"] = [N_("Enter a number from 0 to 100000.")]
    if errors:
        raise Invalid(field_errors=errors)
    if new.country == "KR":
        new = replace(new, registration_no=format_registration_no(new.registration_no))
    changed = tuple(name for name, value in asdict(new).items() if getattr(company, name) != value)
    for name in changed:
        setattr(company, name, getattr(new, name))
    uow.session.flush()
    if changed:
        uow.record(CompanyChanged(company_id=company.id, code=code, fields=changed))


def find_company(uow: Uow, code: str) -> Company | None:
    return store.find_company(uow, code)


def list_companies(uow: Uow) -> Sequence[Company]:
    """The companies the actor may see: all for staff, the own one for a company's user."""
    return store.list_companies(uow)


def _validation_errors(
    code: str, country: str, *, registration_no: str, names: tuple[str, ...]
) -> dict[str, list[str]]:
    errors: dict[str, list[str]] = {}
    if not re.fullmatch(r"[A-Z][A-Z0-9]{1,11}", code):
        errors["code"] = [N_("A code has 2 to 12 capital letters and digits.")]
    if not all(name.strip() and len(name) <= 200 for name in names):
        errors["name"] = [N_("Enter a name in every language.")]
    if not re.fullmatch(r"[A-Z]{2}", country):
        errors["country"] = [N_("A country has two capital letters.")]
    if country == "KR" and not is_business_number(registration_no):
        errors["registration_no"] = [
            N_("Not a valid business registration number (10 digits, the last one is a check digit).")
        ]
    elif not 1 <= len(registration_no.strip()) <= 64:
        errors["registration_no"] = [N_("Enter a registration number.")]
    return errors


def is_business_number(number: str) -> bool:
    """Whether a Korean business registration number has ten digits and a valid check digit.

    Source: weights 1 3 7 1 3 7 1 3 5; the tens of five times the ninth digit are added.
    """
    digits = _digits(number)
    if digits is None:
        return False
    total = sum(weight * digit for weight, digit in zip(_WEIGHTS, digits, strict=False)) + digits[8] * 5 // 10
    return digits[9] == (10 - total % 10) % 10


def format_registration_no(number: str) -> str:
    """The usual format: `123-45-67891`."""
    bare = "".join(map(str, _digits(number) or ()))
    return f"{bare[:3]}-{bare[3:5]}-{bare[5:]}"


def _digits(number: str) -> tuple[int, ...] | None:
    found = re.fullmatch(r"([0-9]{3})-?([0-9]{2})-?([0-9]{5})", number.strip())
    return tuple(int(each) for each in "".join(found.groups())) if found else None
