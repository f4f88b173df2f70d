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


def list_products(uow: Uow, company_id: int) -> list[Product]:
    statement = select(Product).where(Product.company_id == company_id, Product.active).order_by(Product.code)
    return list(uow.session.scalars(statement))
