"""Use cases: add, change and list a company's products."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from gmp_booking.infra.database.uow import Uow
from gmp_booking.kernel.access import Permission, require
from gmp_booking.kernel.errors import Conflict, Invalid, NotFound
from gmp_booking.kernel.fingerprint import require_unchanged
from gmp_booking.kernel.text import N_
from gmp_booking.products.events import ProductAdded, ProductChanged
from gmp_booking.products.models import Product

MAX_NAME_LENGTH = 120


@dataclass(frozen=True, kw_only=True)
class ProductFacts:
    """The editable fields of a product; its code is fixed, since records refer to it."""

    name: str
    modality: str
    active: bool = True


def add_product(uow: Uow, *, company_id: int, code: str, name: str, modality: str) -> int:
    """Errors: Forbidden; Invalid naming the fields; Conflict when the company has one of this code."""
    require(uow.actor, Permission.PRODUCT_EDIT)
    errors = _validation_errors(name, modality)
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,23}", code):
        errors["code"] = [N_("A code has 1 to 24 letters, digits, dots and dashes.")]
    if errors:
        raise Invalid(field_errors=errors)
    values = {"company_id": company_id, "code": code, "name": name.strip(), "modality": modality.strip()}
    statement = insert(Product).values(**values).on_conflict_do_nothing().returning(Product.id)
    product_id = uow.session.scalars(statement).one_or_none()
    if product_id is None:
        taken = N_("The company has a product with this code already.")
        raise Conflict(taken, field_errors={"code": [taken]})
    uow.record(ProductAdded(company_id=company_id, code=code))
    return product_id


def facts_of(product: Product) -> ProductFacts:
    return ProductFacts(name=product.name, modality=product.modality, active=product.active)


def change_product(uow: Uow, product_id: int, new: ProductFacts, *, seen: str | None = None) -> None:
    """Errors: Forbidden; NotFound; Invalid naming the fields; Stale when somebody else changed it since `seen`."""
    require(uow.actor, Permission.PRODUCT_EDIT)
    product = uow.session.get(Product, product_id, with_for_update={"key_share": True}, populate_existing=True)
    if product is None:
        raise NotFound
    require_unchanged(seen, asdict(facts_of(product)))
    errors = _validation_errors(new.name, new.modality)
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


def _validation_errors(name: str, modality: str) -> dict[str, list[str]]:
    errors: dict[str, list[str]] = {}
    if not 1 <= len(name.strip()) <= MAX_NAME_LENGTH:
        errors["name"] = [N_("A name has 1 to 120 characters.")]
    if not 1 <= len(modality.strip()) <= 40:
        errors["modality"] = [N_("A modality has 1 to 40 characters.")]
    return errors
