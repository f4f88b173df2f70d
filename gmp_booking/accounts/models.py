"""Accounts, sessions and tokens: looked up by hash before the company is known, so without a company policy."""

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, LargeBinary, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from gmp_booking.infra.database.base import Base, Instant, Key, Stamp


class Account(Base):
    __tablename__ = "account"

    id: Mapped[Key]
    person_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("person.id"), unique=True)
    email: Mapped[str] = mapped_column(Text, unique=True)
    password_hash: Mapped[str | None] = mapped_column(Text)
    password_changed_at: Mapped[Stamp]
    active: Mapped[bool] = mapped_column(server_default=text("true"))
    created_at: Mapped[Stamp]


class AuthSession(Base):
    """A web session; the cookie holds the secret, the row its hash."""

    __tablename__ = "auth_session"
    __table_args__ = (
        CheckConstraint("stage IN ('anon', 'full')", name="stage"),
        Index("ix_auth_session_account_id", "account_id"),
    )

    id: Mapped[Key]
    token_hash: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    account_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("account.id"))
    stage: Mapped[str] = mapped_column(Text)
    csrf: Mapped[str] = mapped_column(Text)
    language: Mapped[str | None] = mapped_column(Text)
    ip: Mapped[str | None] = mapped_column(Text)
    user_agent: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[Stamp]
    seen_at: Mapped[Stamp]
    ended_at: Mapped[Instant | None]
    end_reason: Mapped[str | None] = mapped_column(Text)


class KnownDevice(Base):
    """A browser that completed a sign-in of this account before (its cookie's hash)."""

    __tablename__ = "known_device"

    id: Mapped[Key]
    token_hash: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    account_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("account.id"))
    created_at: Mapped[Stamp]
    revoked_at: Mapped[Instant | None]


class LoginThrottle(Base):
    """Attempts counted per bucket; the key is an HMAC, so the table reveals no name."""

    __tablename__ = "login_throttle"

    key: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    fails: Mapped[int] = mapped_column(server_default=text("0"))
    until: Mapped[Instant] = mapped_column(server_default=text("'-infinity'"))
    at: Mapped[Stamp]


class ApiToken(Base):
    """An opaque bearer token; shown once, stored as a hash."""

    __tablename__ = "api_token"
    __table_args__ = (Index("ix_api_token_account_id", "account_id"),)

    id: Mapped[Key]
    account_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("account.id"))
    token_hash: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    prefix: Mapped[str] = mapped_column(Text)
    name: Mapped[str] = mapped_column(Text)
    created_at: Mapped[Stamp]
    expires_at: Mapped[Instant]
    last_used_at: Mapped[Instant | None]
    revoked_at: Mapped[Instant | None]


class OneTimeLink(Base):
    """A link to choose a password or to set up an empty facility; only its hash is stored.

    The hash is NULL until it is computed from the row's own id.
    """

    __tablename__ = "one_time_link"
    __table_args__ = (
        CheckConstraint("purpose IN ('INVITATION', 'RESET', 'FIRST_START')", name="purpose"),
        CheckConstraint("(purpose = 'FIRST_START') = (account_id IS NULL)", name="account"),
        Index("ix_one_time_link_account_id", "account_id"),
    )

    id: Mapped[Key]
    token_hash: Mapped[bytes | None] = mapped_column(LargeBinary, unique=True)
    purpose: Mapped[str] = mapped_column(Text)
    account_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("account.id"))
    made_by: Mapped[int | None] = mapped_column(BigInteger)
    created_at: Mapped[Stamp]
    expires_at: Mapped[Instant]
    ended_at: Mapped[Instant | None]


class AuthEvent(Base):
    """The log of authentication: sign-ins, failures, sign-outs, tokens created and revoked."""

    __tablename__ = "auth_event"
    __table_args__ = (Index("ix_auth_event_account_id_at", "account_id", "at"),)

    id: Mapped[Key]
    at: Mapped[Stamp]
    event: Mapped[str] = mapped_column(Text)
    account_id: Mapped[int | None] = mapped_column(BigInteger)
    auth_session_id: Mapped[int | None] = mapped_column(BigInteger)
    ip: Mapped[str | None] = mapped_column(Text)
    detail: Mapped[str | None] = mapped_column(Text)
