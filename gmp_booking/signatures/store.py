"""Signature rows: added and read, never changed."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select

from gmp_booking.infra.database.uow import Uow
from gmp_booking.signatures.models import Signature


def add_signature(uow: Uow, signature: Signature) -> Signature:
    uow.session.add(signature)
    uow.session.flush()
    return signature


def list_signatures(uow: Uow, record_type: str, record_id: int) -> Sequence[Signature]:
    return uow.session.scalars(
        select(Signature)
        .where(Signature.record_type == record_type, Signature.record_id == record_id)
        .order_by(Signature.id)
    ).all()


def signers_of(uow: Uow, record_type: str, record_id: int, *, version: int) -> frozenset[int]:
    found = select(Signature.signer_id).where(
        Signature.record_type == record_type, Signature.record_id == record_id, Signature.record_version == version
    )
    return frozenset(uow.session.scalars(found))
