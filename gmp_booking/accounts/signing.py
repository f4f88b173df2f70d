"""Verification of the password at signing: being signed in is not enough to sign."""

from __future__ import annotations

import random
import time
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from gmp_booking.accounts import passwords, store, throttle
from gmp_booking.accounts.service import account_id_of
from gmp_booking.infra.database.uow import Database, Uow
from gmp_booking.kernel.access import Actor
from gmp_booking.kernel.errors import Forbidden, Invalid, Refusal, TooSoon
from gmp_booking.kernel.text import N_

VERIFIED_FOR_S: Final = 120.0
SIGNING_RETRIES: Final = 30


@dataclass(frozen=True)
class Verified:
    """Proof that the signed-in user's password was checked just now; valid for one action."""

    account_id: int
    auth_session_id: int | None
    token_id: int | None
    password_changed_at: datetime
    at_monotonic_s: float

    @property
    def method(self) -> str:
        return "TOKEN+PASSWORD" if self.token_id else "SESSION+PASSWORD"


@dataclass(frozen=True)
class SigningAttempt:
    password_hash: str | None
    password_changed_at: datetime


def verify_for_signing(database: Database, actor: Actor, password: str) -> Verified | Refusal:
    """Check the signer's password again, outside any transaction. Being signed in is not enough to sign.

    Errors (returned): Invalid when it is wrong; Forbidden when the fifth wrong one ended the session; TooSoon when too
    many checks of this signer are in progress.
    """
    reserved = database.transact(actor, reserve_signing)
    for _ in range(SIGNING_RETRIES):
        if not isinstance(reserved, TooSoon):
            break
        time.sleep(random.uniform(0.05, 0.15))  # noqa: S311 - jitter, not a secret
        reserved = database.transact(actor, reserve_signing)
    if isinstance(reserved, Refusal):
        return reserved
    matches = passwords.check_password(reserved.password_hash, password).matches
    return database.transact(actor, complete_signing, reserved, matches=matches)


def _buckets_of(actor: Actor) -> throttle.SigningBuckets:
    if actor.auth_session_id is not None:
        return throttle.buckets_of_signing("session", actor.auth_session_id)
    if actor.token_id is not None:
        return throttle.buckets_of_signing("token", actor.token_id)
    raise Forbidden


def reserve_signing(uow: Uow) -> SigningAttempt | Refusal:
    is_counted, wrong = throttle.begin_signing(uow, _buckets_of(uow.actor))
    account = store.lock_account(uow, account_id_of(uow.actor))
    if wrong >= throttle.SIGNER_ALLOWED_FAILURES or account is None or not account.is_active:
        return _lock_out(uow)
    if not is_counted:
        return TooSoon(N_("Several signatures of yours are being checked. Please wait a moment."), retry_after_s=5)
    return SigningAttempt(account.password_hash, account.password_changed_at)


def complete_signing(uow: Uow, attempt: SigningAttempt, *, matches: bool) -> Verified | Refusal:
    actor, account_id = uow.actor, account_id_of(uow.actor)
    wrong = throttle.end_signing(uow, _buckets_of(actor), matches=matches)
    if not matches:
        store.add_auth_event(uow, "signing_failed", account_id=account_id, session_id=actor.auth_session_id)
        if wrong >= throttle.SIGNER_ALLOWED_FAILURES:
            return _lock_out(uow)
        sentence = N_("The password is incorrect. Nothing was signed.")
        return Invalid(sentence, field_errors={"password": [sentence]})
    return Verified(
        account_id=account_id,
        auth_session_id=actor.auth_session_id,
        token_id=actor.token_id,
        password_changed_at=attempt.password_changed_at,
        at_monotonic_s=time.monotonic(),
    )


def _lock_out(uow: Uow) -> Refusal:
    """End the session or token after too many wrong passwords: the user is probably not the signer."""
    actor, account_id = uow.actor, account_id_of(uow.actor)
    if actor.auth_session_id is not None:
        store.end_session(uow, actor.auth_session_id, "wrong passwords at signing")
    elif actor.token_id is not None:
        store.revoke_token(uow, actor.token_id, account_id)
    store.add_auth_event(uow, "signing_locked", account_id=account_id, session_id=actor.auth_session_id)
    return Forbidden(N_("Too many wrong passwords. You have been signed out; nothing was signed."))


@dataclass(frozen=True)
class Signer:
    person_id: int
    name: str


def find_signer(uow: Uow, verified: Verified) -> Signer | None:
    """The person of the proof; account and session or token are locked until the transaction ends.

    None when session, token, password or account changed, or the proof is expired or of another account.
    """
    if time.monotonic() - verified.at_monotonic_s > VERIFIED_FOR_S or verified.account_id != uow.actor.account_id:
        return None
    account = store.lock_account(uow, verified.account_id)
    if account is None or not account.is_active or account.password_changed_at != verified.password_changed_at:
        return None
    if verified.auth_session_id is not None:
        is_valid = store.is_session_valid(uow, verified.auth_session_id, verified.account_id)
    else:
        is_valid = verified.token_id is not None and store.is_token_valid(uow, verified.token_id, verified.account_id)
    return Signer(account.person_id, account.name) if is_valid else None
