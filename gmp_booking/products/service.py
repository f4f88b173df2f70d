"""What a company makes."""

from __future__ import annotations

from sqlalchemy import select

from gmp_booking.infra.uow import Uow
from gmp_booking.products.models import Product


def add_product(uow: Uow, *, company_id: int, code: str, name: str, modality: str) -> int:
    product = Product(company_id=company_id, code=code, name=name, modality=modality)
    uow.session.add(product)
    uow.session.flush()
    return product.id


def list_products(uow: Uow, company_id: int | None) -> list[Product]:
    """A company's products by code, or everybody's for the facility."""
    statement = select(Product).where(Product.active).order_by(Product.code)
    if company_id is not None:
        statement = statement.where(Product.company_id == company_id)
    return list(uow.session.scalars(statement))
