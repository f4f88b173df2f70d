"""The journal of business events and their delivery to consumers.

Each event is one journal row, written in the transaction of the change, with one `delivery` row for each consumer
that subscribed. The journal is never updated. Nobody reads it by "id greater than the last": ids are given before
commit, so a slower transaction with a smaller id would be missed.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from json import dumps
from typing import Any, Protocol

from sqlalchemy import BigInteger, ColumnElement, ForeignKey, Index, SmallInteger, Text, and_, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import InstrumentedAttribute, Mapped, Session, mapped_column

from gmp_booking.infra.database.base import Base, Instant, Key, Ref, Stamp
from gmp_booking.kernel.access import Actor
from gmp_booking.kernel.events import Event, RecordRef, from_json
from gmp_booking.kernel.vocabulary import RecordKind


@dataclass(frozen=True)
class Consumer:
    """A subscriber that handles events later, in a worker; an empty set of names means every event."""

    name: str
    events: frozenset[str] = frozenset()

    def subscribes_to(self, event: Event) -> bool:
        return not self.events or event.name in self.events


class JournalEntry(Base):
    __tablename__ = "journal"
    __table_args__ = (
        Index("ix_journal_subject", "subject_kind", "subject_id", "id"),
        Index("ix_journal_company_id_at", "company_id", "at"),
    )

    id: Mapped[Key]
    event: Mapped[str] = mapped_column(Text)
    at: Mapped[Stamp]
    actor_id: Mapped[Ref | None]
    actor_name: Mapped[str] = mapped_column(Text)
    company_id: Mapped[Ref | None]
    subject_kind: Mapped[str | None] = mapped_column(Text)
    subject_id: Mapped[Ref | None]
    reference: Mapped[str | None] = mapped_column(Text)
    version: Mapped[int | None]
    schema: Mapped[int] = mapped_column(SmallInteger, server_default=text("1"))
    data: Mapped[dict[str, Any]] = mapped_column(JSONB)
    reason: Mapped[str | None] = mapped_column(Text)
    request_id: Mapped[str | None] = mapped_column(Text)

    def as_event(self) -> Event:
        """The event as it was recorded."""
        return event_of(self)


def is_about(kind: RecordKind, record_id: int | InstrumentedAttribute[int]) -> ColumnElement[bool]:
    """The condition that an entry is about this record."""
    return and_(JournalEntry.subject_kind == kind.value, JournalEntry.subject_id == record_id)


class JournalRow(Protocol):
    """The columns of an entry that make an event."""

    @property
    def event(self) -> str: ...
    @property
    def company_id(self) -> int | None: ...
    @property
    def subject_kind(self) -> str | None: ...
    @property
    def subject_id(self) -> int | None: ...
    @property
    def reference(self) -> str | None: ...
    @property
    def version(self) -> int | None: ...
    @property
    def schema(self) -> int: ...
    @property
    def data(self) -> dict[str, Any]: ...


def event_of(row: JournalRow) -> Event:
    """The event as it was recorded."""
    record = None
    if row.subject_kind is not None and row.subject_id is not None:
        record = RecordRef(RecordKind(row.subject_kind), row.subject_id)
    envelope = {"company_id": row.company_id, "reference": row.reference, "version": row.version}
    return from_json(row.event, row.data, record=record, schema=row.schema, **envelope)


class Delivery(Base):
    """One journal row due to one consumer, open until handled."""

    __tablename__ = "delivery"
    __table_args__ = (
        Index("ix_delivery_open", "consumer", "id", postgresql_where=text("done_at IS NULL")),
        Index("ix_delivery_journal_id", "journal_id"),
    )

    id: Mapped[Key]
    journal_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("journal.id"))
    consumer: Mapped[str] = mapped_column(Text)
    created_at: Mapped[Stamp]
    done_at: Mapped[Instant | None]
    attempts: Mapped[int] = mapped_column(server_default=text("0"))
    last_error: Mapped[str | None] = mapped_column(Text)


_RECORD = text(
    """
    WITH entry AS (
        INSERT INTO journal (event, at, actor_id, actor_name, company_id, subject_kind, subject_id, reference, version,
                             schema, data, reason, request_id)
        VALUES (:event, :at, :actor_id, :actor_name, :company_id, :subject_kind, :subject_id, :reference, :version,
                :schema, CAST(:data AS jsonb), :reason, :request_id)
        RETURNING id
    )
    INSERT INTO delivery (journal_id, consumer)
    SELECT entry.id, consumer FROM entry, unnest(CAST(:consumers AS text[])) AS consumer
    """
)

_RECORD_WITHOUT_CONSUMERS = text(
    """
    INSERT INTO journal (event, at, actor_id, actor_name, company_id, subject_kind, subject_id, reference, version,
                         schema, data, reason, request_id)
    VALUES (:event, :at, :actor_id, :actor_name, :company_id, :subject_kind, :subject_id, :reference, :version,
            :schema, CAST(:data AS jsonb), :reason, :request_id)
    """
)


def write_entry(
    session: Session,
    event: Event,
    *,
    actor: Actor,
    at: datetime,
    reason: str | None,
    request_id: str | None,
    consumers: Iterable[Consumer],
) -> None:
    """Write the event and a delivery for each subscribed consumer, in one statement."""
    names = [consumer.name for consumer in consumers if consumer.subscribes_to(event)]
    values = {
        "event": event.name,
        "at": at,
        "actor_id": actor.person_id,
        "actor_name": actor.name,
        "company_id": event.company_id,
        "subject_kind": event.record.kind if event.record else None,
        "subject_id": event.record.id if event.record else None,
        "schema": event.schema,
        "reference": event.reference,
        "version": event.version,
        "data": dumps(event.data(), ensure_ascii=False),
        "reason": reason,
        "request_id": request_id,
    }
    if names:
        session.execute(_RECORD, values | {"consumers": names})
    else:
        session.execute(_RECORD_WITHOUT_CONSUMERS, values)
