"""Pages of companies and their products."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import Any

from flask import url_for
from werkzeug.wrappers import Response

from gmp_booking.accounts.request_context import current_request
from gmp_booking.accounts.sessions import signed_in
from gmp_booking.companies import service as companies
from gmp_booking.companies.service import CompanyFacts
from gmp_booking.infra.database.history import RowChange, list_changes
from gmp_booking.infra.database.uow import Uow
from gmp_booking.kernel.access import Permission, is_allowed
from gmp_booking.kernel.errors import Invalid, NotFound
from gmp_booking.kernel.facility_labels import COMPANY_STATUS_CHOICES, DONOR_TYPES, MODALITIES, VECTORS
from gmp_booking.kernel.fingerprint import fingerprint
from gmp_booking.kernel.vocabulary import LMO_GRADES
from gmp_booking.pages.admin import record_history
from gmp_booking.pages.admin.form_actions import (
    Form,
    admin,
    labelled,
    number,
    number_if_any,
    page,
    readable_by,
    ticked,
    words,
    words_if_any,
)
from gmp_booking.pages.rule_labels import modality_word
from gmp_booking.products import service as products
from gmp_booking.products.service import ProductFacts


@dataclass(frozen=True)
class NewCompany:
    code: str
    name_ko: str
    name_en: str
    name_zh: str
    country: str
    registration_no: str


def add_company(uow: Uow, new: NewCompany) -> str:
    return companies.create_company(uow, **asdict(new)).code


def add_product(uow: Uow, new: ProductFacts, *, company: str, code: str) -> int:
    return products.add_product(uow, new, company_id=_get(uow, company).id, code=code)


def _get(uow: Uow, code: str) -> Any:
    found = companies.find_company(uow, code)
    if found is None:
        raise NotFound
    return found


@dataclass(frozen=True)
class CompanyPageData:
    company: Any
    products: list[Any]
    changes: list[RowChange]


def read_company(uow: Uow, code: str) -> CompanyPageData:
    company = _get(uow, code)
    made = products.list_every_product(uow, company.id)
    rows = [("company", company.id), *(("product", each.id) for each in made)]
    return CompanyPageData(company, made, list_changes(uow, rows))


# -- routes


@admin.get("/companies")
@signed_in
def list_of_companies() -> Response:
    return _companies({}, 200)


@admin.post("/companies")
@signed_in
def add_a_company() -> Response:
    names = {name: words(name) for name in ("name_ko", "name_en", "name_zh")}
    new = NewCompany(
        words("code").upper(), **names, country=words("country").upper(), registration_no=words("registration_no")
    )
    return Form(_companies).act(_address_of, add_company, new)


def _companies(errors: dict[str, str], status: int) -> Response:
    actor = readable_by(Permission.MASTER_DATA_READ)
    rows = current_request().read(companies.list_companies)
    may_edit = is_allowed(actor, Permission.COMPANY_EDIT)
    return page(
        "companies.html", errors, status, rows=rows, may_edit=may_edit, statuses=labelled(COMPANY_STATUS_CHOICES)
    )


@admin.get("/companies/<code>")
@signed_in
def show_company(code: str) -> Response:
    return _company(code, {}, 200)


@admin.post("/companies/<code>")
@signed_in
def correct_company(code: str) -> Response:
    form = Form(lambda errors, status: _company(code, errors, status), needs_reason=True)
    try:
        facts = CompanyFacts(
            name_ko=words("name_ko"),
            name_en=words("name_en"),
            name_zh=words("name_zh"),
            country=words("country").upper(),
            registration_no=words("registration_no"),
            status=words("status"),
            pending_room_days_cap=number("pending_room_days_cap"),
            single_signatory=ticked("single_signatory"),
        )
    except Invalid as invalid:
        return form.refuse(invalid)
    return form.act(_address_of(code), companies.change_company, code, facts, seen=words("seen"))


@admin.post("/companies/<code>/products")
@signed_in
def add_a_product(code: str) -> Response:
    form = Form(lambda errors, status: _company(code, _errors_of_form("new", errors), status))
    try:
        new = replace(_product_facts(), active=True, name=words("name") or words("code"))
    except Invalid as invalid:
        return form.refuse(invalid)
    return form.act(f"{_address_of(code)}#products", add_product, new, company=code, code=words("code"))


@admin.post("/companies/<code>/products/<int:product_id>")
@signed_in
def correct_product(code: str, product_id: int) -> Response:
    form = Form(
        lambda errors, status: _company(code, _errors_of_form(str(product_id), errors), status), needs_reason=True
    )
    try:
        facts = _product_facts()
    except Invalid as invalid:
        return form.refuse(invalid)
    to = f"{_address_of(code)}#products"
    return form.act(to, products.change_product, product_id, facts, seen=words("seen"))


def _product_facts() -> ProductFacts:
    """Errors: Invalid."""
    return ProductFacts(
        name=words("name"),
        modality=words("modality"),
        vector=words_if_any("vector"),
        lmo_grade=number_if_any("lmo_grade"),
        donor_type=words_if_any("donor_type"),
        active=ticked("active"),
    )


def _errors_of_form(which: str, errors: dict[str, str]) -> dict[str, str]:
    """Errors of one of several forms on the page: `new.code`, `17.reason`."""
    return {f"{which}.{name}" if name else "": text for name, text in errors.items()}


def _company(code: str, errors: dict[str, str], status: int) -> Response:
    actor = readable_by(Permission.MASTER_DATA_READ)
    data = current_request().read(read_company, code)
    return page(
        "company.html",
        errors,
        status,
        company=data.company,
        seen=fingerprint(asdict(companies.facts_of(data.company))),
        products=[(each, fingerprint(asdict(products.facts_of(each)))) for each in data.products],
        modalities=labelled(MODALITIES),
        modality_word=modality_word,
        vectors=labelled(VECTORS),
        lmo_grades=[(str(grade), str(grade)) for grade in LMO_GRADES],
        donor_types=labelled(DONOR_TYPES),
        statuses=labelled(COMPANY_STATUS_CHOICES),
        may_edit=is_allowed(actor, Permission.COMPANY_EDIT),
        may_edit_products=is_allowed(actor, Permission.PRODUCT_EDIT),
        history=record_history.record_changes(data.changes),
    )


def _address_of(code: str) -> str:
    return url_for("admin.show_company", code=code)
