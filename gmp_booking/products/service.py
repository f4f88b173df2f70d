"""Use cases: add, change and list a company's products."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass, fields
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert

from gmp_booking.companies.models import Company
from gmp_booking.infra.database.uow import Uow
from gmp_booking.kernel.access import Permission, require
from gmp_booking.kernel.errors import Conflict, Invalid, NotFound
from gmp_booking.kernel.fingerprint import require_unchanged
from gmp_booking.kernel.text import N_
from gmp_booking.kernel.vocabulary import LMO_GRADES, DonorType, Vector
from gmp_booking.products.events import ProductAdded, ProductChanged
from gmp_booking.products.models import Product

MAX_NAME_LENGTH = 120
MAX_MODALITY_LENGTH = 40
MODALITY_LENGTH = N_("A modality has 1 to 40 characters.")
NOT_A_CHOICE = N_("Not one of the choices.")


@dataclass(frozen=True, kw_only=True)
class ProductFacts:
    """The editable fields of a product; its code is fixed, since records refer to it."""

    name: str
    modality: str
    vector: str | None = None
    lmo_grade: int | None = None
    donor_type: str | None = None
    active: bool = True


@dataclass(frozen=True)
class CodedProduct:
    """A product of any company by its full code, like "GAO/GS-M1"."""

    full_code: str
    modality: str


_FULL_CODE: Final = func.concat(Company.code, "/", Product.code)


def add_product(uow: Uow, new: ProductFacts, *, company_id: int, code: str) -> int:
    """Errors: Forbidden; Invalid naming the fields; Conflict when the company has one of this code."""
    require(uow.actor, Permission.PRODUCT_EDIT)
    errors = _validation_errors(new)
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,23}", code):
        errors["code"] = [N_("A code has 1 to 24 letters, digits, dots and dashes.")]
    if errors:
        raise Invalid(field_errors=errors)
    values = asdict(new) | {"name": new.name.strip(), "modality": new.modality.strip()}
    statement = (
        insert(Product)
        .values(company_id=company_id, code=code, **values)
        .on_conflict_do_nothing()
        .returning(Product.id)
    )
    product_id = uow.session.scalars(statement).one_or_none()
    if product_id is None:
        taken = N_("The company has a product with this code already.")
        raise Conflict(taken, field_errors={"code": [taken]})
    uow.record(ProductAdded(company_id=company_id, code=code))
    return product_id


def facts_of(product: Product) -> ProductFacts:
    return ProductFacts(**{field.name: getattr(product, field.name) for field in fields(ProductFacts)})


def change_product(uow: Uow, product_id: int, new: ProductFacts, *, seen: str | None = None) -> None:
    """Errors: Forbidden; NotFound; Invalid naming the fields; Stale when somebody else changed it since `seen`."""
    require(uow.actor, Permission.PRODUCT_EDIT)
    product = uow.session.get(Product, product_id, with_for_update={"key_share": True}, populate_existing=True)
    if product is None:
        raise NotFound
    require_unchanged(seen, asdict(facts_of(product)))
    errors = _validation_errors(new)
    if errors:
        raise Invalid(field_errors=errors)
    values = asdict(new) | {"name": new.name.strip(), "modality": new.modality.strip()}
    changed = tuple(name for name, value in values.items() if getattr(product, name) != value)
    for name in changed:
        setattr(product, name, values[name])
    uow.session.flush()
    if changed:
        uow.record(ProductChanged(company_id=product.company_id, code=product.code, fields=changed))


def list_products(uow: Uow, company_id: int | None) -> list[Product]:
    """A company's active products by code; without a company those of all."""
    statement = select(Product).where(Product.active).order_by(Product.code)
    if company_id is not None:
        statement = statement.where(Product.company_id == company_id)
    return list(uow.session.scalars(statement))


def list_every_product(uow: Uow, company_id: int) -> list[Product]:
    """A company's products, inactive ones included."""
    statement = select(Product).where(Product.company_id == company_id).order_by(Product.code)
    return list(uow.session.scalars(statement))


def list_coded_products(uow: Uow) -> list[CodedProduct]:
    """The active products of all companies by their full codes."""
    statement = (
        select(_FULL_CODE, Product.modality)
        .select_from(Product)
        .join(Company, Company.id == Product.company_id)
        .where(Product.active)
        .order_by(_FULL_CODE)
    )
    return [CodedProduct(*row) for row in uow.session.execute(statement)]


def find_product_id(uow: Uow, full_code: str) -> int | None:
    company, _, code = full_code.partition("/")
    statement = (
        select(Product.id)
        .join(Company, Company.id == Product.company_id)
        .where(Company.code == company, Product.code == code)
    )
    return uow.session.execute(statement).scalar_one_or_none()


def get_full_code(uow: Uow, product_id: int) -> str:
    statement = (
        select(_FULL_CODE)
        .select_from(Product)
        .join(Company, Company.id == Product.company_id)
        .where(Product.id == product_id)
    )
    return str(uow.session.execute(statement).scalar_one())


def _validation_errors(new: ProductFacts) -> dict[str, list[str]]:
    errors: dict[str, list[str]] = {}
    if not 1 <= len(new.name.strip()) <= MAX_NAME_LENGTH:
        errors["name"] = [N_("A name has 1 to 120 characters.")]
    if not 1 <= len(new.modality.strip()) <= MAX_MODALITY_LENGTH:
        errors["modality"] = [MODALITY_LENGTH]
    if new.vector is not None and new.vector not in set(Vector):
        errors["vector"] = [NOT_A_CHOICE]
    if new.lmo_grade is not None and new.lmo_grade not in LMO_GRADES:
        errors["lmo_grade"] = [N_("Enter a grade from 1 to 4.")]
    if new.donor_type is not None and new.donor_type not in set(DonorType):
        errors["donor_type"] = [NOT_A_CHOICE]
    return errors
