"""Sign-in, sign-out and API tokens.

A sign-in is two transactions with the password check between them. Refusals are returned, not raised: raising would
roll back the record of the failure.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Row

from gmp_booking.accounts import passwords, store, throttle
from gmp_booking.accounts.models import Account, ApiToken, AuthSession
from gmp_booking.infra.database.uow import Database, Lookup, Uow
from gmp_booking.kernel.access import SYSTEM, Actor, Permission, Role, Subject, require
from gmp_booking.kernel.errors import Forbidden, Invalid, NotFound, Refusal, TooSoon
from gmp_booking.kernel.text import N_
from gmp_booking.people.models import Person
from gmp_booking.people.service import normalise_email, set_language

TOKEN_PREFIX: Final = "gmpb_"  # noqa: S105 - the mark of a token, no token
SHOWN_TOKEN_LENGTH: Final = 12
MAX_TOKEN_DAYS: Final = 366

# The first match counts: Edge and Samsung also say Chrome, and Chrome also says Safari.
BROWSERS: Final = (
    ("Edg", "Edge"),
    ("SamsungBrowser", "Samsung Internet"),
    ("Whale/", "Whale"),
    ("Firefox/", "Firefox"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
)
SYSTEMS: Final = (
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("Mac OS X", "macOS"),
    ("Linux", "Linux"),
)

WRONG_CREDENTIALS = N_("The e-mail address or the password is incorrect.")


@dataclass(frozen=True)
class SignInAttempt:
    """What a browser sends to sign in; the cookies are secrets, not ids."""

    email: str
    password: str
    session_cookie: str | None = None
    device_cookie: str | None = None
    ip: str | None = None
    user_agent: str | None = None


@dataclass(frozen=True)
class SignedIn:
    """A new session; `device` is the secret for a browser that was not known before."""

    token: str
    csrf: str
    session_id: int
    account_id: int
    device: str | None


@dataclass(frozen=True)
class ReservedAttempt:
    """A counted attempt whose password may be checked."""

    account_id: int | None
    password_hash: str | None
    password_changed_at: datetime | None
    bucket: throttle.Bucket
    from_known_browser: bool


@dataclass(frozen=True)
class Visitor:
    """The holder of a session; without an actor it is anonymous."""

    session_id: int
    csrf: str
    language: str | None
    actor: Actor | None
    unseen: bool


@dataclass(frozen=True)
class TokenMade:
    """A new token with its secret, which is not stored."""

    secret: str
    token: ApiToken


# -- signing in


def sign_in(database: Database, attempt: SignInAttempt, *, pepper: bytes) -> SignedIn | Refusal:
    """Count the attempt, check the password, open a session.

    Errors (returned): TooSoon while the name, browser or network is blocked; Invalid when name or password are wrong,
    with the same message for an account that does not exist.
    """
    attempt = replace(attempt, email=normalise_email(attempt.email), user_agent=_printable(attempt.user_agent))
    network = throttle.bucket_of_network(pepper, attempt.ip)
    reserved = database.transact(SYSTEM, reserve, attempt, network, pepper=pepper)
    if isinstance(reserved, Refusal):
        return reserved
    checked = passwords.check_password(reserved.password_hash, attempt.password)
    new_hash = passwords.hash_password(attempt.password) if checked.outdated else None
    return database.transact(
        SYSTEM, complete, attempt, reserved, network=network, matches=checked.matches, new_hash=new_hash
    )


def reserve(uow: Uow, attempt: SignInAttempt, network: throttle.Bucket, *, pepper: bytes) -> ReservedAttempt | Refusal:
    device = attempt.device_cookie or ""
    account = store.find_account_of_email(uow, attempt.email, device_hash=store.hash_of(device))
    known = account is not None and bool(account.from_known_browser)
    bucket = throttle.bucket_of_browser(pepper, device) if known else throttle.bucket_of_name(pepper, attempt.email)
    for each in (bucket,) if known else (bucket, network):
        if throttle.count_attempt(uow, each) is None:
            store.add_auth_event(uow, "sign_in_blocked", account_id=account.id if account else None, ip=attempt.ip)
            return TooSoon(retry_after_s=throttle.seconds_left(uow, each))
    return ReservedAttempt(
        account_id=account.id if account else None,
        password_hash=account.password_hash if account else None,
        password_changed_at=account.password_changed_at if account else None,
        bucket=bucket,
        from_known_browser=known,
    )


def complete(
    uow: Uow,
    attempt: SignInAttempt,
    reserved: ReservedAttempt,
    *,
    network: throttle.Bucket,
    matches: bool,
    new_hash: str | None,
) -> SignedIn | Refusal:
    account = store.lock_account(uow, reserved.account_id) if reserved.account_id else None
    unchanged = account is not None and account.password_changed_at == reserved.password_changed_at
    if account is None or not matches or not unchanged or not account.is_active:
        store.add_auth_event(uow, "sign_in_failed", account_id=reserved.account_id, ip=attempt.ip)
        return Invalid(WRONG_CREDENTIALS, field_errors={"password": [WRONG_CREDENTIALS]})
    throttle.clear(uow, reserved.bucket)
    if not reserved.from_known_browser:
        throttle.uncount(uow, network)
    if new_hash:
        store.rehash(uow, account.account_id, new_hash)
    device = None if reserved.from_known_browser else secrets.token_urlsafe(32)
    if device:
        store.add_device(uow, account.account_id, store.hash_of(device))
    opened = open_session(
        uow, account.account_id, old_cookie=attempt.session_cookie, ip=attempt.ip, user_agent=attempt.user_agent
    )
    store.add_auth_event(uow, "signed_in", account_id=account.account_id, session_id=opened.session_id, ip=attempt.ip)
    return replace(opened, device=device)


def open_session(
    uow: Uow,
    account_id: int | None,
    *,
    old_cookie: str | None = None,
    ip: str | None = None,
    user_agent: str | None = None,
) -> SignedIn:
    """Create a new session and end the old cookie's one, against session fixation."""
    if old_cookie:
        store.end_session_of_cookie(uow, store.hash_of(old_cookie), "replaced")
    token, csrf = secrets.token_urlsafe(32), secrets.token_urlsafe(32)
    session = AuthSession(
        token_hash=store.hash_of(token),
        account_id=account_id,
        stage="full" if account_id else "anon",
        csrf=csrf,
        ip=ip,
        user_agent=user_agent,
    )
    store.add_session(uow, session)
    return SignedIn(token=token, csrf=csrf, session_id=session.id, account_id=account_id or 0, device=None)


def _printable(text: str | None) -> str | None:
    return "".join(each for each in text[:300] if each.isprintable()) if text else None


# -- identification


def find_visitor(lookup: Lookup, cookie: str, idle: store.SessionLimits) -> Visitor | None:
    """The holder of this cookie with person and roles, in one statement; revocations apply at once."""
    row = store.find_session(lookup, store.hash_of(cookie), idle)
    if row is None:
        return None
    actor = None if row.account_id is None else _actor(row, auth_session_id=row.id)
    return Visitor(row.id, row.csrf, row.chosen_language, actor, bool(row.unseen))


def find_actor_of_token(lookup: Lookup, secret: str) -> tuple[Actor, bool] | None:
    """The holder of this API token, and whether its last use should be updated."""
    row = store.find_token(lookup, store.hash_of(secret)) if secret.startswith(TOKEN_PREFIX) else None
    return None if row is None else (_actor(row, token_id=row.id), bool(row.unseen))


def find_actor_of_email(uow: Uow, email: str) -> Actor:
    """The person with this account, for console commands; such an actor cannot sign. Errors: NotFound."""
    found = store.find_account_of_email(uow, normalise_email(email), device_hash=b"")
    row = store.get_person_of_account(uow, found.id) if found else None
    if row is None or not row.is_active:
        raise NotFound(N_("Nobody with this e-mail address can sign in."))
    return _actor(row)


def _actor(row: Row[Any], *, auth_session_id: int | None = None, token_id: int | None = None) -> Actor:
    return Actor(
        account_id=row.account_id,
        person_id=row.person_id,
        name=row.name,
        email=row.email,
        company_id=row.company_id,
        company_code=row.company_code,
        roles=frozenset(Role(role) for role in row.roles),
        language=row.language,
        auth_session_id=auth_session_id,
        token_id=token_id,
    )


def mark_seen(uow: Uow, session_id: int) -> None:
    store.mark_session_seen(uow, session_id)


def mark_token_used(uow: Uow, token_id: int) -> None:
    store.mark_token_used(uow, token_id)


# -- sign-out


def sign_out(uow: Uow, cookie: str, *, ip: str | None = None) -> None:
    ended = store.end_session_of_cookie(uow, store.hash_of(cookie), "signed out")
    if ended is not None:
        store.add_auth_event(uow, "signed_out", account_id=ended.account_id, session_id=ended.id, ip=ip)


def end_session(uow: Uow, session_id: int) -> None:
    """End one of the actor's own sessions. Errors: NotFound."""
    account_id = account_id_of(uow.actor)
    if not store.is_session_valid(uow, session_id, account_id):
        raise NotFound
    store.end_session(uow, session_id, "ended by its owner")
    store.add_auth_event(uow, "session_ended", account_id=account_id, session_id=session_id)


def list_sessions(uow: Uow, idle: store.SessionLimits) -> list[dict[str, Any]]:
    """The actor's open sessions. Shape: id, what (browser and place), created_at, last_seen_at, is_this."""
    idle_s = idle.staff_s if uow.actor.is_staff else idle.company_s
    return [
        {
            "id": row.id,
            "what": " · ".join(each for each in (describe_browser(row.user_agent), row.ip) if each),
            "created_at": row.created_at,
            "last_seen_at": row.seen_at,
            "is_this": row.id == uow.actor.auth_session_id,
        }
        for row in store.list_open_sessions(uow, account_id_of(uow.actor), idle_s, idle.absolute_s)
    ]


def describe_browser(user_agent: str | None) -> str:
    """`Firefox, Windows`: enough for its owner to recognise it."""
    text = user_agent or ""
    browser = next((name for mark, name in BROWSERS if mark in text), "")
    system = next((name for mark, name in SYSTEMS if mark in text), "")
    return ", ".join(each for each in (browser, system) if each) or text[:40]


def choose_language(uow: Uow, session_id: int | None, language: str) -> None:
    """Store the language with the person, or with the session before sign-in."""
    if uow.actor.person_id is not None:
        set_language(uow, uow.actor.person_id, language)
    if session_id is not None:
        store.choose_session_language(uow, session_id, None if uow.actor.person_id else language)


# -- accounts and tokens


def create_account(uow: Uow, person: Person, password_hash: str | None) -> Account:
    """Create a person's account; hash the password before, outside the transaction."""
    account = store.add_account(
        uow, person_id=person.id, email=normalise_email(person.email), password_hash=password_hash
    )
    store.add_auth_event(
        uow, "account_created", account_id=account.id, detail=f"by person {uow.actor.person_id or 'system'}"
    )
    return account


def create_token(uow: Uow, *, name: str, days: int, account_id: int | None = None) -> TokenMade:
    """Create an API token for the actor, or, as the system, for an account.

    Errors: Invalid.
    """
    if account_id is None:
        require(uow.actor, Permission.TOKEN_MAKE)
    name = name.strip()
    if not 1 <= len(name) <= 80:
        raise Invalid(field_errors={"name": [N_("A name has 1 to 80 characters.")]})
    if not 1 <= days <= MAX_TOKEN_DAYS:
        raise Invalid(field_errors={"days": [N_("A token is valid for 1 to 366 days.")]})
    secret = TOKEN_PREFIX + secrets.token_urlsafe(32)
    token = ApiToken(
        account_id=account_id or account_id_of(uow.actor),
        token_hash=store.hash_of(secret),
        prefix=secret[:SHOWN_TOKEN_LENGTH],
        name=name,
        expires_at=uow.now + timedelta(days=days),
    )
    store.add_token(uow, token)
    store.add_auth_event(uow, "token_made", account_id=token.account_id, detail=f"{token.prefix} {name}")
    return TokenMade(secret, token)


def revoke_token(uow: Uow, token_id: int) -> None:
    """Errors: NotFound, also for another user's token."""
    require(uow.actor, Permission.TOKEN_REVOKE, Subject(owner_id=uow.actor.person_id))
    account_id = account_id_of(uow.actor)
    if not store.revoke_token(uow, token_id, account_id):
        raise NotFound
    store.add_auth_event(uow, "token_revoked", account_id=account_id, detail=str(token_id))


def list_tokens(uow: Uow) -> Sequence[ApiToken]:
    return store.list_tokens(uow, account_id_of(uow.actor))


def purge(uow: Uow) -> None:
    """Delete expired anonymous sessions and attempt counters."""
    store.purge(uow)
    throttle.delete_expired(uow)


def account_id_of(actor: Actor) -> int:
    if actor.account_id is None:
        raise Forbidden
    return actor.account_id
