"""The one way to write: `Database.transact()` is the only place in the product that commits.

handler: shape = schema.load(...)   →   transact(actor, use_case, shape)   →   send
use case(uow, shape): lock → gather → examine → write rows → record the event
"""

from __future__ import annotations

import hashlib
import random
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Concatenate, ParamSpec, TypeVar
from zoneinfo import ZoneInfo

from sqlalchemy import Engine, Index, LargeBinary, Text, UniqueConstraint, bindparam, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Mapped, Session, mapped_column, sessionmaker

from gmp_booking.infra.database.base import Base, Key, Ref, Stamp, create_engine_for, create_lookup_engine_for
from gmp_booking.infra.database.journal import Consumer, write_entry
from gmp_booking.kernel.access import Actor
from gmp_booking.kernel.errors import Invalid
from gmp_booking.kernel.events import Event
from gmp_booking.kernel.text import N_
from gmp_booking.kernel.vocabulary import LockKind

P = ParamSpec("P")
R = TypeVar("R")

DEADLINE_S = 8.0
ATTEMPTS = 4
KEY_RETENTION_DAYS = 7
# SQLSTATEs: serialization failure, deadlock, lock timeout; connection lost or server stopping; statement timeout.
_RETRYABLE = frozenset({"40001", "40P01", "55P03"})
_CONNECTION_LOST = ("08", "57P01", "57P02", "57P03")
_QUERY_CANCELED = "57014"

LockKey = tuple[LockKind, int]


class Unavailable(Exception):
    """The database cannot be reached or is too busy; no write was committed without an answer to the client."""


@dataclass(frozen=True)
class StoredResponse:
    """An HTTP response as bytes, so that a replay under the same idempotency key is identical."""

    status: int
    body: bytes
    headers: dict[str, str]
    replayed: bool = False


@dataclass(frozen=True)
class Idempotency:
    """A request's idempotency key and the digest of its body; the same key with another body is refused."""

    key: str
    fingerprint: str

    @classmethod
    def of(cls, key: str, *parts: bytes | str) -> Idempotency:
        digest = hashlib.sha256()
        for part in parts:
            digest.update(part.encode() if isinstance(part, str) else part)
            digest.update(b"\0")
        return cls(key=key, fingerprint=digest.hexdigest())


class IdempotencyKey(Base):
    """The stored response to one request; refusals are not stored."""

    __tablename__ = "idempotency_key"
    __table_args__ = (UniqueConstraint("account_id", "key"), Index("ix_idempotency_key_created_at", "created_at"))

    id: Mapped[Key]
    account_id: Mapped[Ref]
    key: Mapped[str] = mapped_column(Text)
    fingerprint: Mapped[str] = mapped_column(Text)
    status: Mapped[int | None]
    headers: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    body: Mapped[bytes | None] = mapped_column(LargeBinary)
    created_at: Mapped[Stamp]


_BEGIN = text(
    """
    SELECT gmp_now(),
           set_config('gmp.actor_id', :actor_id, true), set_config('gmp.actor_name', :actor_name, true),
           set_config('gmp.company', :company, true), set_config('gmp.reason', :reason, true),
           set_config('gmp.request_id', :request_id, true), set_config('statement_timeout', :timeout, true),
           set_config('transaction_read_only', :read_only, true), set_config('role', :role, true)
    """
)
_ROLE = text("SELECT set_config('role', :role, true)")
_LOCK = text(
    """
    WITH wanted AS (
        SELECT kind, subject_id FROM unnest(CAST(:kinds AS text[]), CAST(:ids AS bigint[])) AS w (kind, subject_id)
    ), locked AS MATERIALIZED (
        SELECT lock.subject_id FROM resource_lock AS lock
        WHERE (lock.kind, lock.subject_id) IN (SELECT kind, subject_id FROM wanted)
        ORDER BY lock.kind, lock.subject_id
        FOR NO KEY UPDATE OF lock
    )
    SELECT count(*), gmp_now() FROM locked
    """
)
_CLAIM_KEY = text(
    """
    INSERT INTO idempotency_key (account_id, key, fingerprint) VALUES (:account_id, :key, :fingerprint)
    ON CONFLICT (account_id, key) DO NOTHING RETURNING id
    """
)
_FIND_RESPONSE = text(
    "SELECT fingerprint, status, headers, body FROM idempotency_key WHERE account_id = :account_id AND key = :key"
)
_STORE_RESPONSE = text(
    "UPDATE idempotency_key SET status = :status, headers = :headers, body = :body WHERE id = :id"
).bindparams(bindparam("headers", type_=JSONB))

_DELETE_KEYS = text("DELETE FROM idempotency_key WHERE created_at < gmp_now() - make_interval(days => :days)")


class Lookup:
    """A read-only autocommit session without row policies, to find who is asking before a transaction begins."""

    def __init__(self, session: Session) -> None:
        self.session = session


class Uow(Lookup):
    """The unit of work of one use case: one transaction, its actor, clock, locks and events; the facility's zone."""

    def __init__(
        self,
        session: Session,
        actor: Actor,
        *,
        now: datetime,
        zone: ZoneInfo,
        reason: str | None,
        request_id: str | None,
        consumers: Sequence[Consumer],
    ) -> None:
        super().__init__(session)
        self.actor = actor
        self.now = now
        self.zone = zone
        self.reason = reason
        self.request_id = request_id
        self._consumers = consumers
        self._held: frozenset[LockKey] | None = None

    @property
    def today(self) -> date:
        """The facility's day; the day in UTC begins at another hour."""
        return self.now.astimezone(self.zone).date()

    def lock(self, keys: set[LockKey]) -> None:
        """Take all named locks in sorted order, which excludes deadlocks, and read the clock again once they are held.

        A use case calls it once, with every key the change touches.
        """
        assert self._held is None, "lock() is called once a transaction, with everything it touches"
        self._held = frozenset(keys)
        requested = sorted(keys)
        found, now = self.session.execute(
            _LOCK, {"kinds": [kind.value for kind, _ in requested], "ids": [subject for _, subject in requested]}
        ).one()
        assert found == len(requested), f"{len(requested)} locks were requested, {found} exist: {requested}"
        self.now = now

    def holds(self, keys: Iterable[LockKey]) -> bool:
        """Whether all these locks were taken by `lock()`."""
        return self._held is not None and self._held.issuperset(keys)

    def record(self, event: Event, *, for_others: bool = False) -> None:
        """Write the event to the journal in this transaction.

        Shape: `for_others` leaves out the reason: it is the reason of what was done to another company's record.
        """
        write_entry(
            self.session,
            event,
            actor=self.actor,
            at=self.now,
            reason=None if for_others else self.reason,
            request_id=self.request_id,
            consumers=self._consumers,
        )

    @contextmanager
    def as_engine(self) -> Iterator[None]:
        """Read as the role gmp_engine, which sees the whole facility; for gathering the facts of a case only."""
        self.session.execute(_ROLE, {"role": "gmp_engine"})
        yield
        self.session.execute(_ROLE, {"role": database_role_for(self.actor)})


def database_role_for(actor: Actor) -> str:
    """The PostgreSQL role whose row policies apply to the actor; 'none' is the login role gmp_app."""
    return "gmp_facility" if actor.sees_facility else "none"


class Database:
    """Access to PostgreSQL: a pool for transactions, and a small one for lookups.

    Shape: `zone` is the time zone of the facility, which every unit of work carries.
    """

    def __init__(self, url: str, *, zone: ZoneInfo, consumers: Sequence[Consumer] = (), pool_size: int = 8) -> None:
        self.engine: Engine = create_engine_for(url, pool_size=pool_size)
        self.lookup_engine: Engine = create_lookup_engine_for(url)
        self.zone = zone
        self.consumers = tuple(consumers)
        self._sessions = sessionmaker(self.engine, expire_on_commit=False)
        self._lookup_sessions = sessionmaker(self.lookup_engine)

    def transact(
        self, actor: Actor, use_case: Callable[Concatenate[Uow, P], R], /, *args: P.args, **kwargs: P.kwargs
    ) -> R:
        """Run a use case in one transaction and commit; retry transient conflicts within the deadline.

        Errors: whatever the use case refuses, after a rollback; Unavailable when the database is gone or too busy.
        """
        return self.request(actor).transact(use_case, *args, **kwargs)

    def read(self, actor: Actor, use_case: Callable[Concatenate[Uow, P], R], /, *args: P.args, **kwargs: P.kwargs) -> R:
        """Run a use case in one read-only transaction."""
        return self.request(actor).read(use_case, *args, **kwargs)

    def lookup(self, query: Callable[Concatenate[Lookup, P], R], /, *args: P.args, **kwargs: P.kwargs) -> R:
        """Run a query of one or two statements as the system, without a transaction.

        Errors: Unavailable when the database is gone or too busy.
        """

        def once(_begun: list[bool], _left_s: float) -> R:
            with self._lookup_sessions() as session:
                return query(Lookup(session), *args, **kwargs)

        return _with_retries(once, repeatable=True)

    def request(
        self,
        actor: Actor,
        *,
        reason: str | None = None,
        request_id: str | None = None,
        idempotency: Idempotency | None = None,
    ) -> UseCaseRequest:
        """Bind actor, reason, request id and idempotency key; run the use case on the result."""
        return UseCaseRequest(self, actor, reason=reason, request_id=request_id, idempotency=idempotency)

    @property
    def engines(self) -> tuple[Engine, Engine]:
        return self.engine, self.lookup_engine

    def dispose(self) -> None:
        for engine in self.engines:
            engine.dispose()


@dataclass(frozen=True)
class UseCaseRequest:
    """One actor's request: why, under which id, with which idempotency key."""

    database: Database
    actor: Actor
    reason: str | None = None
    request_id: str | None = None
    idempotency: Idempotency | None = None

    def transact(self, use_case: Callable[Concatenate[Uow, P], R], /, *args: P.args, **kwargs: P.kwargs) -> R:
        return self._run(lambda uow: use_case(uow, *args, **kwargs))

    def read(self, use_case: Callable[Concatenate[Uow, P], R], /, *args: P.args, **kwargs: P.kwargs) -> R:
        return self._run(lambda uow: use_case(uow, *args, **kwargs), read_only="on")

    def answer(
        self,
        dump: Callable[[R], StoredResponse],
        use_case: Callable[Concatenate[Uow, P], R],
        /,
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> StoredResponse:
        """Run, and store the response with the idempotency key in the same transaction.

        Errors: Invalid when the key was used with another body.
        """

        def run_and_store(uow: Uow) -> StoredResponse:
            key_id = None if self.idempotency is None else _claim_key(uow, self.idempotency)
            if isinstance(key_id, StoredResponse):
                return key_id
            answer = dump(use_case(uow, *args, **kwargs))
            if key_id is not None:
                values = {"id": key_id, "status": answer.status, "headers": answer.headers, "body": answer.body}
                uow.session.execute(_STORE_RESPONSE, values)
            return answer

        return self._run(run_and_store)

    def _run(self, work: Callable[[Uow], R], *, read_only: str = "off") -> R:
        return _with_retries(
            lambda begun, left_s: self._once(work, begun, read_only=read_only, left_s=left_s),
            repeatable=read_only == "on" or self.idempotency is not None,
        )

    def _once(self, work: Callable[[Uow], R], begun: list[bool], *, read_only: str, left_s: float) -> R:
        with self.database._sessions() as session, session.begin():  # noqa: SLF001
            row = session.execute(
                _BEGIN,
                {
                    "actor_id": str(self.actor.person_id or ""),
                    "actor_name": self.actor.name,
                    "company": str(self.actor.company_id or ""),
                    "reason": self.reason or "",
                    "request_id": self.request_id or "",
                    "timeout": f"{max(int(left_s * 1000), 1)}ms",
                    "read_only": read_only,
                    "role": database_role_for(self.actor),
                },
            ).one()
            begun.append(True)
            uow = Uow(
                session,
                self.actor,
                now=row[0],
                zone=self.database.zone,
                reason=self.reason,
                request_id=self.request_id,
                consumers=self.database.consumers,
            )
            return work(uow)


def _with_retries(once: Callable[[list[bool], float], R], *, repeatable: bool) -> R:
    """Run `once`; retry after a transient conflict, and after a lost connection if a second run cannot act twice.

    Shape: `once(begun, left_s)` appends to `begun` once the transaction has begun, since it may then have committed.
    Errors: Unavailable once the deadline or the attempts are used up.
    """
    deadline = time.monotonic() + DEADLINE_S
    attempt = 0
    while True:
        attempt += 1
        begun: list[bool] = []
        try:
            return once(begun, deadline - time.monotonic())
        except DBAPIError as error:
            if _sqlstate(error) == _QUERY_CANCELED:
                raise Unavailable from error
            is_lost = _is_connection_lost(error)
            if not is_lost and _sqlstate(error) not in _RETRYABLE:
                raise
            pause_s = random.uniform(0.01, 0.2) * min(attempt, 4)  # noqa: S311
            may_retry = (repeatable or not begun) if is_lost else attempt < ATTEMPTS
            if not may_retry or time.monotonic() + pause_s > deadline:
                raise Unavailable from error
            time.sleep(pause_s)


def _claim_key(uow: Uow, idempotency: Idempotency) -> int | StoredResponse:
    values = {"account_id": uow.actor.account_id or 0, "key": idempotency.key}
    claimed = uow.session.execute(_CLAIM_KEY, values | {"fingerprint": idempotency.fingerprint}).scalar()
    if claimed is not None:
        return int(claimed)
    stored = uow.session.execute(_FIND_RESPONSE, values).one()
    if stored.fingerprint != idempotency.fingerprint:
        raise Invalid(N_("This idempotency key was used before with another request."))
    return StoredResponse(stored.status, bytes(stored.body), dict(stored.headers), replayed=True)


def delete_expired_keys(uow: Uow, *, days: int = KEY_RETENTION_DAYS) -> None:
    """Delete idempotency keys and their responses after the retention time."""
    uow.session.execute(_DELETE_KEYS, {"days": days})


def _sqlstate(error: DBAPIError) -> str | None:
    return getattr(error.orig, "sqlstate", None)


def _is_connection_lost(error: DBAPIError) -> bool:
    state = _sqlstate(error)
    return error.connection_invalidated or state is None or state.startswith(_CONNECTION_LOST)
