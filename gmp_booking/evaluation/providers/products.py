"""Facts of the requested product."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

PRODUCT: Final = """
    SELECT jsonb_build_object('id', id, 'code', code, 'name', name, 'modality', modality)
    FROM product WHERE company_id = :company_id AND code = :product AND (active OR :existing)
"""


@dataclass(frozen=True)
class ProductRow:
    id: int
    code: str
    name: str
    modality: str
