"""The one way to write: `Database.transact()` is the only place in the product that commits.

door: shape = schema.load(...)   →   transact(actor, use_case, shape)   →   send
use case(uow, shape): lock → gather → examine → write rows → record the event
"""

from __future__ import annotations

import hashlib
import random
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Concatenate, ParamSpec, TypeVar

from sqlalchemy import Engine, Index, LargeBinary, Text, UniqueConstraint, bindparam, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Mapped, Session, mapped_column, sessionmaker

from gmp_booking.infra.database.base import Base, Key, Ref, Stamp, create_engine_for, create_looking_engine_for
from gmp_booking.infra.database.journal import Consumer, write_entry
from gmp_booking.kernel.access import Actor
from gmp_booking.kernel.errors import Invalid
from gmp_booking.kernel.events import Event
from gmp_booking.kernel.text import N_

P = ParamSpec("P")
R = TypeVar("R")

DEADLINE_S = 8.0
ATTEMPTS = 4
KEYS_KEPT_DAYS = 7
_PASSING = frozenset({"40001", "40P01", "55P03"})
_GONE = ("08", "57P01", "57P02", "57P03")
_TOO_LATE = "57014"

LockKey = tuple[str, int]


class Unavailable(Exception):
    """The database is gone or too busy to answer in time; nothing was written that was not answered for."""


@dataclass(frozen=True)
class Answer:
    """What the door sends, as bytes, so that a replay is identical."""

    status: int
    body: bytes
    headers: dict[str, str]
    replayed: bool = False


@dataclass(frozen=True)
class Idempotency:
    """One request's key and what it was asked with; the same key with another body is refused."""

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
    """The stored answer to one request; only answers that changed something are kept."""

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
_STORED_ANSWER = text(
    "SELECT fingerprint, status, headers, body FROM idempotency_key WHERE account_id = :account_id AND key = :key"
)
_KEEP_ANSWER = text(
    "UPDATE idempotency_key SET status = :status, headers = :headers, body = :body WHERE id = :id"
).bindparams(bindparam("headers", type_=JSONB))

_FORGET_KEYS = text("DELETE FROM idempotency_key WHERE created_at < gmp_now() - make_interval(days => :days)")


class Look:
    """What can be asked outside a transaction: each statement stands for itself and sees everything."""

    def __init__(self, session: Session) -> None:
        self.session = session


class Uow(Look):
    """One transaction, as a use case sees it."""

    def __init__(
        self,
        session: Session,
        actor: Actor,
        *,
        now: datetime,
        reason: str | None,
        request_id: str | None,
        consumers: Sequence[Consumer],
    ) -> None:
        super().__init__(session)
        self.actor = actor
        self.now = now
        self.reason = reason
        self.request_id = request_id
        self._consumers = consumers
        self._locked = False

    def lock(self, keys: set[LockKey]) -> None:
        """Take every named lock, sorted, and read the clock again once they are held.

        Called once a transaction, with everything the change touches.
        """
        assert not self._locked, "lock() is called once a transaction, with everything it touches"
        self._locked = True
        wanted = sorted(keys)
        found, now = self.session.execute(
            _LOCK, {"kinds": [kind for kind, _ in wanted], "ids": [subject for _, subject in wanted]}
        ).one()
        assert found == len(wanted), f"{len(wanted)} locks were asked for, {found} exist: {wanted}"
        self.now = now

    def record(self, event: Event) -> None:
        """Write the event into the journal, within this transaction."""
        write_entry(
            self.session,
            event,
            actor=self.actor,
            at=self.now,
            reason=self.reason,
            request_id=self.request_id,
            consumers=self._consumers,
        )

    @contextmanager
    def as_engine(self) -> Iterator[None]:
        """See the whole facility for a moment, to judge; used by the gatherer of facts and nowhere else."""
        self.session.execute(_ROLE, {"role": "gmp_engine"})
        yield
        self.session.execute(_ROLE, {"role": sight_of(self.actor)})


def sight_of(actor: Actor) -> str:
    """The database role whose eyes the actor has."""
    return "gmp_facility" if actor.sees_facility else "none"


class Database:
    """The door to PostgreSQL: `transact()` and its pool, and a small one beside it to look who asks."""

    def __init__(self, url: str, *, consumers: Sequence[Consumer] = (), pool_size: int = 8) -> None:
        self.engine: Engine = create_engine_for(url, pool_size=pool_size)
        self.looking_engine: Engine = create_looking_engine_for(url)
        self.consumers = tuple(consumers)
        self._sessions = sessionmaker(self.engine, expire_on_commit=False)
        self._looks = sessionmaker(self.looking_engine)

    def transact(
        self, actor: Actor, use_case: Callable[Concatenate[Uow, P], R], /, *args: P.args, **kwargs: P.kwargs
    ) -> R:
        """Run a use case in one transaction and commit; again on a passing clash, within the deadline.

        Errors: whatever the use case refuses, after a rollback; Unavailable when the database is gone or too busy.
        """
        return self.request(actor).transact(use_case, *args, **kwargs)

    def read(self, actor: Actor, use_case: Callable[Concatenate[Uow, P], R], /, *args: P.args, **kwargs: P.kwargs) -> R:
        """The same, read-only."""
        return self.request(actor).read(use_case, *args, **kwargs)

    def look(self, question: Callable[Concatenate[Look, P], R], /, *args: P.args, **kwargs: P.kwargs) -> R:
        """Answer a question of one or two statements with the system's eyes, without a transaction around them.

        Errors: Unavailable when the database is gone or too busy.
        """

        def once(_begun: list[bool], _left_s: float) -> R:
            with self._looks() as session:
                return question(Look(session), *args, **kwargs)

        return _persistently(once, repeatable=True)

    def request(
        self,
        actor: Actor,
        *,
        reason: str | None = None,
        request_id: str | None = None,
        idempotency: Idempotency | None = None,
    ) -> UseCaseRequest:
        """What is known of one request beside its use case."""
        return UseCaseRequest(self, actor, reason=reason, request_id=request_id, idempotency=idempotency)

    @property
    def engines(self) -> tuple[Engine, Engine]:
        return self.engine, self.looking_engine

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
        dump: Callable[[R], Answer],
        use_case: Callable[Concatenate[Uow, P], R],
        /,
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> Answer:
        """Run, and keep what the door will send with the idempotency key, in the same transaction.

        Errors: Invalid when the key was used with another body.
        """

        def keep(uow: Uow) -> Answer:
            key_id = None if self.idempotency is None else _claim(uow, self.idempotency)
            if isinstance(key_id, Answer):
                return key_id
            answer = dump(use_case(uow, *args, **kwargs))
            if key_id is not None:
                values = {"id": key_id, "status": answer.status, "headers": answer.headers, "body": answer.body}
                uow.session.execute(_KEEP_ANSWER, values)
            return answer

        return self._run(keep)

    def _run(self, work: Callable[[Uow], R], *, read_only: str = "off") -> R:
        return _persistently(
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
                    "role": sight_of(self.actor),
                },
            ).one()
            begun.append(True)
            uow = Uow(
                session,
                self.actor,
                now=row[0],
                reason=self.reason,
                request_id=self.request_id,
                consumers=self.database.consumers,
            )
            return work(uow)


def _persistently(once: Callable[[list[bool], float], R], *, repeatable: bool) -> R:
    """Do it, again after a passing clash, and where nothing can happen twice also after a lost connection.

    Shape: `once(begun, left_s)` says in `begun` when it is no longer certain that nothing happened.
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
            if _sqlstate(error) == _TOO_LATE:
                raise Unavailable from error
            gone = _is_gone(error)
            if not gone and _sqlstate(error) not in _PASSING:
                raise
            pause_s = random.uniform(0.01, 0.2) * min(attempt, 4)  # noqa: S311
            worth_it = (repeatable or not begun) if gone else attempt < ATTEMPTS
            if not worth_it or time.monotonic() + pause_s > deadline:
                raise Unavailable from error
            time.sleep(pause_s)


def _claim(uow: Uow, idempotency: Idempotency) -> int | Answer:
    values = {"account_id": uow.actor.account_id or 0, "key": idempotency.key}
    claimed = uow.session.execute(_CLAIM_KEY, values | {"fingerprint": idempotency.fingerprint}).scalar()
    if claimed is not None:
        return int(claimed)
    stored = uow.session.execute(_STORED_ANSWER, values).one()
    if stored.fingerprint != idempotency.fingerprint:
        raise Invalid(N_("This idempotency key was used before with another request."))
    return Answer(stored.status, bytes(stored.body), dict(stored.headers), replayed=True)


def forget_old_keys(uow: Uow, *, days: int = KEYS_KEPT_DAYS) -> None:
    """Remove stored answers nobody will ask for again."""
    uow.session.execute(_FORGET_KEYS, {"days": days})


def _sqlstate(error: DBAPIError) -> str | None:
    return getattr(error.orig, "sqlstate", None)


def _is_gone(error: DBAPIError) -> bool:
    state = _sqlstate(error)
    return error.connection_invalidated or state is None or state.startswith(_GONE)
