"""The database's vocabulary: declarative base, naming convention, the column types everybody uses."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from sqlalchemy import BigInteger, DateTime, Engine, Identity, MetaData, create_engine, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, mapped_column

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}

Key = Annotated[int, mapped_column(BigInteger, Identity(always=False), primary_key=True)]
Ref = Annotated[int, mapped_column(BigInteger)]
Instant = Annotated[datetime, mapped_column(DateTime(timezone=True))]
Stamp = Annotated[datetime, mapped_column(DateTime(timezone=True), server_default=text("gmp_now()"))]


class Base(DeclarativeBase):
    metadata = MetaData(naming_convention=NAMING)
    type_annotation_map = {dict: JSONB, list: JSONB}  # noqa: RUF012


def create_engine_for(url: str, *, pool_size: int = 8, application: str = "gmp_booking") -> Engine:
    """A pooled engine whose connections carry the timeouts of every request.

    Units: lock 3 s, statement 8 s, idle in transaction 15 s; defaults are ours.
    """
    return create_engine(
        url,
        pool_size=pool_size,
        max_overflow=4,
        pool_recycle=600,
        connect_args={
            "application_name": application,
            "connect_timeout": 5,
            "options": "-c lock_timeout=3s -c statement_timeout=8s -c idle_in_transaction_session_timeout=15s"
            " -c timezone=UTC",
        },
    )
