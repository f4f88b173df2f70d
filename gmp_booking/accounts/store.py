"""Queries of accounts, sessions, tokens and devices; no other module reads these tables."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, select, text

from gmp_booking.accounts.models import Account, ApiToken, AuthEvent, AuthSession, KnownDevice
from gmp_booking.infra.database.uow import Lookup, Uow


@dataclass(frozen=True)
class SessionLimits:
    """When a session expires. Unit: seconds."""

    staff_s: int
    company_s: int
    absolute_s: int


def hash_of(secret: str) -> bytes:
    """Plain SHA-256: the secrets are 256 random bits, so neither a slow hash nor a key is needed."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).digest()


_PERSON = """
    account.id AS account_id, person.id AS person_id, person.name, person.email, person.language,
    person.company_id, company.code AS company_code,
    ARRAY(SELECT role FROM person_role WHERE person_id = person.id AND revoked_at IS NULL) AS roles
"""
_IS_ACTIVE = "account.active AND person.active AND (company.id IS NULL OR company.status = 'ACTIVE')"

_SESSION = text(
    f"""
    SELECT s.id, s.csrf, s.language AS chosen_language, s.seen_at < gmp_now() - interval '1 minute' AS unseen, {_PERSON}
    FROM auth_session AS s
    LEFT JOIN account ON account.id = s.account_id
    LEFT JOIN person ON person.id = account.person_id
    LEFT JOIN company ON company.id = person.company_id
    WHERE s.token_hash = :token_hash AND s.ended_at IS NULL
      AND s.created_at > gmp_now() - make_interval(secs => :absolute)
      AND (s.account_id IS NULL
           OR ({_IS_ACTIVE} AND s.seen_at > gmp_now() - make_interval(
                   secs => CASE WHEN person.company_id IS NULL THEN :staff ELSE :company END)))
    """
)
_TOKEN = text(
    f"""
    SELECT t.id, t.last_used_at IS NULL OR t.last_used_at < gmp_now() - interval '1 minute' AS unseen, {_PERSON}
    FROM api_token AS t
    JOIN account ON account.id = t.account_id
    JOIN person ON person.id = account.person_id
    LEFT JOIN company ON company.id = person.company_id
    WHERE t.token_hash = :token_hash AND t.revoked_at IS NULL AND t.expires_at > gmp_now() AND {_IS_ACTIVE}
    """
)
_ACCOUNT_OF_EMAIL = text(
    """
    SELECT account.id, account.password_hash, account.password_changed_at,
           EXISTS (SELECT FROM known_device AS device WHERE device.account_id = account.id
                   AND device.token_hash = :device AND device.revoked_at IS NULL) AS from_known_browser
    FROM account WHERE account.email = :email
    """
)
_PERSON_OF_ACCOUNT = f"""
    SELECT account.password_hash, account.password_changed_at, {_IS_ACTIVE} AS is_active, {_PERSON}
    FROM account
    JOIN person ON person.id = account.person_id
    LEFT JOIN company ON company.id = person.company_id
    WHERE account.id = :account_id
    """
_LOCKED_ACCOUNT = text(f"{_PERSON_OF_ACCOUNT} FOR NO KEY UPDATE OF account")
_END = text(
    """
    UPDATE auth_session SET ended_at = gmp_now(), end_reason = :reason
    WHERE id = :id AND ended_at IS NULL RETURNING account_id
    """
)
_END_BY_TOKEN = text(
    """
    UPDATE auth_session SET ended_at = gmp_now(), end_reason = :reason
    WHERE token_hash = :token_hash AND ended_at IS NULL RETURNING id, account_id
    """
)
_SEEN = text("UPDATE auth_session SET seen_at = gmp_now() WHERE id = :id AND ended_at IS NULL")
_USED = text("UPDATE api_token SET last_used_at = gmp_now() WHERE id = :id")
_REVOKE_TOKEN = text(
    "UPDATE api_token SET revoked_at = gmp_now() WHERE id = :id AND account_id = :account_id AND revoked_at IS NULL"
    " RETURNING id"
)
_REHASH = text("UPDATE account SET password_hash = :password_hash WHERE id = :account_id")
_VALID_SESSION = text(
    "SELECT id FROM auth_session WHERE id = :id AND account_id = :account_id AND ended_at IS NULL FOR NO KEY UPDATE"
)
_VALID_TOKEN = text(
    "SELECT id FROM api_token WHERE id = :id AND account_id = :account_id AND revoked_at IS NULL FOR NO KEY UPDATE"
)
_CHOOSE_LANGUAGE = text("UPDATE auth_session SET language = :language WHERE id = :id")
_PURGE = text(
    """
    DELETE FROM auth_session
    WHERE account_id IS NULL AND (ended_at IS NOT NULL OR created_at < gmp_now() - interval '12 hours')
    """
)


def find_session(lookup: Lookup, token_hash: bytes, idle: SessionLimits) -> Row[Any] | None:
    """The valid session of a cookie, with person and roles."""
    return lookup.session.execute(
        _SESSION,
        {"token_hash": token_hash, "staff": idle.staff_s, "company": idle.company_s, "absolute": idle.absolute_s},
    ).one_or_none()


def find_token(lookup: Lookup, token_hash: bytes) -> Row[Any] | None:
    return lookup.session.execute(_TOKEN, {"token_hash": token_hash}).one_or_none()


def find_account_of_email(uow: Uow, email: str, *, device_hash: bytes) -> Row[Any] | None:
    return uow.session.execute(_ACCOUNT_OF_EMAIL, {"email": email, "device": device_hash}).one_or_none()


def lock_account(uow: Uow, account_id: int) -> Row[Any] | None:
    """The account with its person, locked until the transaction ends."""
    return uow.session.execute(_LOCKED_ACCOUNT, {"account_id": account_id}).one_or_none()


def get_person_of_account(uow: Uow, account_id: int) -> Row[Any] | None:
    return uow.session.execute(text(_PERSON_OF_ACCOUNT), {"account_id": account_id}).one_or_none()


def add_account(uow: Uow, *, person_id: int, email: str, password_hash: str | None) -> Account:
    account = Account(person_id=person_id, email=email, password_hash=password_hash)
    uow.session.add(account)
    uow.session.flush()
    return account


def rehash(uow: Uow, account_id: int, password_hash: str) -> None:
    uow.session.execute(_REHASH, {"account_id": account_id, "password_hash": password_hash})


def add_session(uow: Uow, session: AuthSession) -> AuthSession:
    uow.session.add(session)
    uow.session.flush()
    return session


def end_session(uow: Uow, session_id: int, reason: str) -> bool:
    return uow.session.execute(_END, {"id": session_id, "reason": reason}).first() is not None


def end_session_of_cookie(uow: Uow, token_hash: bytes, reason: str) -> Row[Any] | None:
    return uow.session.execute(_END_BY_TOKEN, {"token_hash": token_hash, "reason": reason}).first()


def list_open_sessions(uow: Uow, account_id: int, idle_s: int, absolute_s: int) -> Sequence[Row[Any]]:
    return uow.session.execute(
        text(
            """
            SELECT id, ip, user_agent, created_at, seen_at FROM auth_session
            WHERE account_id = :account_id AND ended_at IS NULL
              AND seen_at > gmp_now() - make_interval(secs => :idle)
              AND created_at > gmp_now() - make_interval(secs => :absolute)
            ORDER BY seen_at DESC
            """
        ),
        {"account_id": account_id, "idle": idle_s, "absolute": absolute_s},
    ).all()


def is_session_valid(uow: Uow, session_id: int, account_id: int) -> bool:
    """Whether the session is open; locks it until the transaction ends."""
    found = uow.session.execute(_VALID_SESSION, {"id": session_id, "account_id": account_id})
    return found.first() is not None


def is_token_valid(uow: Uow, token_id: int, account_id: int) -> bool:
    found = uow.session.execute(_VALID_TOKEN, {"id": token_id, "account_id": account_id})
    return found.first() is not None


def mark_session_seen(uow: Uow, session_id: int) -> None:
    uow.session.execute(_SEEN, {"id": session_id})


def mark_token_used(uow: Uow, token_id: int) -> None:
    uow.session.execute(_USED, {"id": token_id})


def choose_session_language(uow: Uow, session_id: int, language: str | None) -> None:
    uow.session.execute(_CHOOSE_LANGUAGE, {"id": session_id, "language": language})


def add_device(uow: Uow, account_id: int, token_hash: bytes) -> None:
    uow.session.add(KnownDevice(account_id=account_id, token_hash=token_hash))
    uow.session.flush()


def add_token(uow: Uow, token: ApiToken) -> ApiToken:
    uow.session.add(token)
    uow.session.flush()
    return token


def revoke_token(uow: Uow, token_id: int, account_id: int) -> bool:
    found = uow.session.execute(_REVOKE_TOKEN, {"id": token_id, "account_id": account_id})
    return found.first() is not None


def list_tokens(uow: Uow, account_id: int) -> Sequence[ApiToken]:
    """Tokens that are not revoked, newest first; an expired one is listed until it is revoked."""
    return uow.session.scalars(
        select(ApiToken)
        .where(ApiToken.account_id == account_id, ApiToken.revoked_at.is_(None))
        .order_by(ApiToken.created_at.desc())
    ).all()


def add_auth_event(
    uow: Uow,
    event: str,
    *,
    account_id: int | None = None,
    session_id: int | None = None,
    ip: str | None = None,
    detail: str | None = None,
) -> None:
    """Log an event of authentication."""
    uow.session.add(AuthEvent(event=event, account_id=account_id, auth_session_id=session_id, ip=ip, detail=detail))
    uow.session.flush()


def purge(uow: Uow) -> None:
    """Delete expired anonymous sessions."""
    uow.session.execute(_PURGE)
