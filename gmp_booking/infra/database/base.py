"""Declarative base, naming convention, shared column types and the two kinds of engine."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import orjson
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


_EVERY_CONNECTION = {
    "lock_timeout": "3s",
    "statement_timeout": "8s",
    "idle_in_transaction_session_timeout": "15s",
    "timezone": "UTC",
    # One generic plan a connection: planning our statements takes several times as long as running them (decision 11).
    "plan_cache_mode": "force_generic_plan",
    # Pages lie in memory or on flash, where a random read costs no more than a sequential one.
    "random_page_cost": "1.1",
}


def create_engine_for(url: str, *, pool_size: int = 8, application: str = "gmp_booking") -> Engine:
    """A pooled engine; its connections have the timeouts of a web request.

    Units: lock 3 s, statement 8 s, idle in transaction 15 s; defaults are ours.
    """
    return create_engine(
        url,
        pool_size=pool_size,
        max_overflow=2,
        pool_recycle=600,
        json_deserializer=orjson.loads,
        connect_args=_connect_args(application),
    )


def create_lookup_engine_for(url: str, *, application: str = "gmp_booking") -> Engine:
    """Two read-only autocommit connections that see all rows, for lookups before a transaction (decision 12)."""
    return create_engine(
        url,
        pool_size=2,
        max_overflow=0,
        pool_recycle=600,
        isolation_level="AUTOCOMMIT",
        json_deserializer=orjson.loads,
        connect_args=_connect_args(application, role="gmp_facility", default_transaction_read_only="on"),
    )


def _connect_args(application: str, **more: str) -> dict[str, str | int]:
    settings = _EVERY_CONNECTION | more
    return {
        "application_name": application,
        "connect_timeout": 5,
        "options": " ".join(f"-c {name}={value}" for name, value in settings.items()),
    }
