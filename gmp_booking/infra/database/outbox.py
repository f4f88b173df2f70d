"""The outbox of mails: one row each, claimed with a lease and a fencing token, sent outside any transaction.

claim (commits) → read the booking again → send, within a limit shorter than the lease → mark, with the token
All instants are compared on the database's clock.
"""

from __future__ import annotations

import hashlib
import json
import random
import secrets
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Index, Text, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from gmp_booking.infra.database.base import Base, Instant, Key, Ref, Stamp
from gmp_booking.infra.database.uow import Uow
from gmp_booking.kernel.events import RecordRef

LEASE: Final = timedelta(seconds=60)
SEND_LIMIT: Final = timedelta(seconds=30)
MAX_ATTEMPTS: Final = 20
FIRST_PAUSE: Final = timedelta(seconds=15)
LONGEST_PAUSE: Final = timedelta(hours=1)

assert SEND_LIMIT < LEASE, "a message that may take longer than its lease could be sent twice"


class OutboxMessage(Base):
    """One mail to one person; pending until sent, withdrawn or dead."""

    __tablename__ = "outbox_message"
    __table_args__ = (
        Index(
            "uq_outbox_message_once",
            "subject_kind",
            "subject_id",
            "subject_version",
            "booking_session_id",
            "kind",
            "recipient",
            "due_at",
            unique=True,
            postgresql_nulls_not_distinct=True,
        ),
        Index(
            "ix_outbox_message_pending",
            "next_attempt_at",
            postgresql_where=text("sent_at IS NULL AND withdrawn_at IS NULL AND dead_at IS NULL"),
        ),
        Index("ix_outbox_message_subject", "subject_kind", "subject_id"),
    )

    id: Mapped[Key]
    kind: Mapped[str] = mapped_column(Text)
    company_id: Mapped[Ref | None]
    person_id: Mapped[Ref | None]
    recipient: Mapped[str] = mapped_column(Text)
    language: Mapped[str] = mapped_column(Text)
    subject_kind: Mapped[str | None] = mapped_column(Text)
    subject_id: Mapped[Ref | None]
    subject_version: Mapped[int | None]
    booking_session_id: Mapped[Ref | None]
    due_at: Mapped[Instant]
    payload: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default=text("'{}'"))
    created_at: Mapped[Stamp]
    next_attempt_at: Mapped[Instant]
    attempts: Mapped[int] = mapped_column(server_default=text("0"))
    lease_token: Mapped[str | None] = mapped_column(Text)
    leased_until: Mapped[Instant | None]
    message_id: Mapped[str] = mapped_column(Text, unique=True)
    sent_at: Mapped[Instant | None]
    withdrawn_at: Mapped[Instant | None]
    dead_at: Mapped[Instant | None]
    last_error: Mapped[str | None] = mapped_column(Text)


@dataclass(frozen=True, kw_only=True)
class NewMessage:
    """A message to enqueue; the same one enqueued twice is stored once."""

    kind: str
    recipient: str
    language: str
    due_at: datetime
    company_id: int | None = None
    person_id: int | None = None
    subject_kind: str | None = None
    subject_id: int | None = None
    subject_version: int | None = None
    booking_session_id: int | None = None
    payload: Mapping[str, Any] = field(default_factory=dict)

    @property
    def message_id(self) -> str:
        """The local part of its Message-ID, derived from what makes the message unique."""
        # The kind of mail implies the kind of its subject.
        subject = (self.subject_id, self.subject_version, self.booking_session_id)
        named = json.dumps([*subject, self.kind, self.recipient, self.due_at.timestamp()])
        return hashlib.sha256(named.encode()).hexdigest()[:32]


@dataclass(frozen=True, kw_only=True)
class ClaimedMessage:
    """A message that this worker may send while the lease lasts."""

    id: int
    token: str
    kind: str
    person_id: int | None
    recipient: str
    language: str
    subject_kind: str | None
    subject_id: int | None
    subject_version: int | None
    booking_session_id: int | None
    due_at: datetime
    payload: Mapping[str, Any]
    message_id: str
    attempts: int


@dataclass(frozen=True)
class ClaimedBatch:
    """The messages a worker claimed, and the ids of those that were dead-lettered after too many attempts."""

    messages: Sequence[ClaimedMessage]
    given_up: Sequence[int]


_ADD = text(
    """
    INSERT INTO outbox_message (kind, company_id, person_id, recipient, language, subject_kind, subject_id,
                                subject_version, booking_session_id, due_at, next_attempt_at, payload, message_id)
    SELECT m.kind, m.company_id, m.person_id, m.recipient, m.language, m.subject_kind, m.subject_id,
           m.subject_version, m.booking_session_id, m.due_at, m.due_at, m.payload, m.message_id
    FROM jsonb_to_recordset(CAST(:messages AS jsonb)) AS m (kind text, company_id bigint, person_id bigint,
         recipient text, language text, subject_kind text, subject_id bigint, subject_version int,
         booking_session_id bigint, due_at timestamptz, payload jsonb, message_id text)
    ON CONFLICT DO NOTHING
    RETURNING id
    """
)

# `gmp_now()` is volatile, so PostgreSQL uses the index only when a subselect evaluates it once.
_DUE = """
    sent_at IS NULL AND withdrawn_at IS NULL AND dead_at IS NULL AND next_attempt_at <= (SELECT gmp_now())
    AND (leased_until IS NULL OR leased_until <= (SELECT gmp_now()))
"""
_GIVE_UP = text(
    f"""
    UPDATE outbox_message SET dead_at = gmp_now(), lease_token = NULL, leased_until = NULL,
           last_error = COALESCE(last_error, 'no attempt came to an end')
    WHERE id IN (SELECT id FROM outbox_message WHERE {_DUE} AND attempts >= :max_attempts FOR UPDATE SKIP LOCKED)
    RETURNING id
    """
)
_CLAIM = text(
    f"""
    WITH due AS MATERIALIZED (
        SELECT id FROM outbox_message WHERE {_DUE} ORDER BY next_attempt_at LIMIT :limit FOR UPDATE SKIP LOCKED
    )
    UPDATE outbox_message AS m
    SET lease_token = :token, leased_until = gmp_now() + :lease, attempts = attempts + 1
    FROM due WHERE m.id = due.id
    RETURNING m.id, m.lease_token AS token, m.kind, m.person_id, m.recipient, m.language, m.subject_kind,
              m.subject_id, m.subject_version, m.booking_session_id, m.due_at, m.payload, m.message_id, m.attempts
    """
)
_LEASE_HELD = "WHERE id = :id AND lease_token = :token"
_LEASE_CLEARED = "lease_token = NULL, leased_until = NULL"
_SENT = text(f"UPDATE outbox_message SET sent_at = gmp_now(), last_error = NULL, {_LEASE_CLEARED} {_LEASE_HELD}")
_WITHDRAWN = text(f"UPDATE outbox_message SET withdrawn_at = gmp_now(), {_LEASE_CLEARED} {_LEASE_HELD}")
_DEAD = text(f"UPDATE outbox_message SET dead_at = gmp_now(), last_error = :error, {_LEASE_CLEARED} {_LEASE_HELD}")
_RESCHEDULE = text(
    f"""
    UPDATE outbox_message SET next_attempt_at = gmp_now() + :pause, last_error = :error,
           attempts = attempts - :uncounted, {_LEASE_CLEARED} {_LEASE_HELD}
    """
)
_WITHDRAW_OTHERS = text(
    """
    UPDATE outbox_message SET withdrawn_at = gmp_now()
    WHERE subject_kind = :subject_kind AND subject_id = :subject_id AND kind = :kind
      AND NOT message_id = ANY (:message_ids) AND sent_at IS NULL AND withdrawn_at IS NULL AND dead_at IS NULL
    """
)
_RENEW = text(
    """
    UPDATE outbox_message AS m SET withdrawn_at = NULL, payload = w.payload,
        next_attempt_at = CASE WHEN m.withdrawn_at IS NULL THEN m.next_attempt_at ELSE m.due_at END
    FROM jsonb_to_recordset(CAST(:messages AS jsonb)) AS w (message_id text, payload jsonb)
    WHERE m.subject_kind = :subject_kind AND m.subject_id = :subject_id AND m.kind = :kind
      AND m.message_id = w.message_id AND m.sent_at IS NULL AND m.dead_at IS NULL
      AND (m.withdrawn_at IS NOT NULL OR m.payload IS DISTINCT FROM w.payload)
    """
)
_WITHDRAW_ALL = text(
    """
    UPDATE outbox_message SET withdrawn_at = gmp_now()
    WHERE subject_kind = :subject_kind AND subject_id = :subject_id AND kind = ANY(:kinds)
      AND sent_at IS NULL AND withdrawn_at IS NULL AND dead_at IS NULL
    """
)


def add_messages(uow: Uow, messages: Sequence[NewMessage]) -> int:
    """Enqueue messages and return how many were new."""
    if not messages:
        return 0
    rows = [
        {name: getattr(each, name) for name in each.__dataclass_fields__ if name != "due_at"}
        | {"due_at": each.due_at.isoformat(), "message_id": each.message_id}
        for each in messages
    ]
    return len(uow.session.execute(_ADD, {"messages": json.dumps(rows, ensure_ascii=False)}).all())


def claim(uow: Uow, *, limit: int) -> ClaimedBatch:
    """Claim up to `limit` due messages; those with too many attempts are dead-lettered instead."""
    given_up = uow.session.execute(_GIVE_UP, {"max_attempts": MAX_ATTEMPTS}).scalars().all()
    values = {"token": secrets.token_hex(16), "lease": LEASE, "limit": limit}
    taken = [ClaimedMessage(**row) for row in uow.session.execute(_CLAIM, values).mappings()]
    return ClaimedBatch(sorted(taken, key=lambda message: (message.due_at, message.id)), given_up)


def mark_sent(uow: Uow, message: ClaimedMessage) -> bool:
    """Mark as sent; False when the lease has passed to another worker. The other marks return the same."""
    return _mark(uow, message, _SENT)


def mark_withdrawn(uow: Uow, message: ClaimedMessage) -> bool:
    return _mark(uow, message, _WITHDRAWN)


def mark_dead(uow: Uow, message: ClaimedMessage, error: str) -> bool:
    return _mark(uow, message, _DEAD, error=error)


def put_off(uow: Uow, message: ClaimedMessage, error: str) -> bool:
    """Schedule another attempt, with exponential backoff."""
    pause = pause_after(message.attempts) * random.uniform(0.9, 1.1)  # noqa: S311 - jitter, not a secret
    return _mark(uow, message, _RESCHEDULE, error=error, pause=pause, uncounted=0)


def hand_back(uow: Uow, messages: Sequence[ClaimedMessage], error: str | None, *, pause: timedelta) -> None:
    """Give up the lease on messages that were not tried; this does not count as an attempt."""
    for message in messages:
        _mark(uow, message, _RESCHEDULE, error=error, pause=pause, uncounted=1)


def withdraw_pending(uow: Uow, subject: RecordRef, kinds: Collection[str]) -> None:
    """Withdraw the pending messages of these kinds about one record."""
    uow.session.execute(_WITHDRAW_ALL, _of(subject) | {"kinds": list(kinds)})


def replace_pending(uow: Uow, subject: RecordRef, kind: str, messages: Sequence[NewMessage]) -> None:
    """Make these the only pending messages of a kind about one record: withdraw others, add new ones, renew the same.

    Shape: a message that is given again becomes pending again with its new payload; a sent one stays sent.
    """
    same = {message.message_id: message.payload for message in messages if message.kind == kind}
    values = _of(subject) | {"kind": kind}
    uow.session.execute(_WITHDRAW_OTHERS, values | {"message_ids": list(same)})
    given = [{"message_id": message_id, "payload": dict(payload)} for message_id, payload in same.items()]
    uow.session.execute(_RENEW, values | {"messages": json.dumps(given, ensure_ascii=False)})
    add_messages(uow, list(messages))


def _of(subject: RecordRef) -> dict[str, Any]:
    return {"subject_kind": subject.kind.value, "subject_id": subject.id}


def pause_after(attempts: int) -> timedelta:
    """The wait after that many attempts: doubled each time, up to LONGEST_PAUSE."""
    return min(FIRST_PAUSE * (1 << min(max(attempts - 1, 0), 16)), LONGEST_PAUSE)


def _mark(uow: Uow, message: ClaimedMessage, statement: Any, **values: Any) -> bool:
    result: Any = uow.session.execute(statement, {"id": message.id, "token": message.token, **values})
    return bool(result.rowcount == 1)
