"""Rate limits of sign-in and signing: attempts are counted per name or browser, and per network, before the check.

A browser that has signed in to the account before has its own bucket, so that strangers cannot lock its owner out.
Keys are HMACs, so the table reveals no name.
"""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
from dataclasses import dataclass
from typing import Final

from sqlalchemy import text

from gmp_booking.infra.database.uow import Uow

ALLOWED_FAILURES: Final = 5
NETWORK_ALLOWED_FAILURES: Final = 50
SIGNER_ALLOWED_FAILURES: Final = 5
FIRST_PAUSE_S: Final = 30
LONGEST_PAUSE_S: Final = 900
RESET_AFTER_S: Final = 43_200
ABANDONED_AFTER_S: Final = 60


@dataclass(frozen=True)
class Bucket:
    key: bytes
    free: int


_COUNT = text(
    """
    INSERT INTO login_throttle AS bucket (key, fails, until, at) VALUES (:key, 1, '-infinity', gmp_now())
    ON CONFLICT (key) DO UPDATE SET
        fails = CASE WHEN bucket.at < gmp_now() - make_interval(secs => :forgotten) THEN 1 ELSE bucket.fails + 1 END,
        until = CASE WHEN bucket.at < gmp_now() - make_interval(secs => :forgotten) OR bucket.fails < :free
                     THEN '-infinity'
                     ELSE gmp_now() + make_interval(
                              secs => least(:first * power(2, least(bucket.fails - :free, 20)), :longest)) END,
        at = gmp_now()
    WHERE bucket.until <= gmp_now()
    RETURNING fails
    """
)
_LEFT_S = text("SELECT greatest(ceil(extract(epoch FROM until - gmp_now())), 1) FROM login_throttle WHERE key = :key")
_CLEAR = text("DELETE FROM login_throttle WHERE key = :key")
_UNCOUNT = text(
    "UPDATE login_throttle SET fails = greatest(fails - 1, 0), until = '-infinity' WHERE key = :key AND fails > 0"
)
# Checks in progress and failed checks are counted separately: several correct ones at once are no attack.
_BEGIN_SIGNING = text(
    """
    INSERT INTO login_throttle AS bucket (key, fails, until, at) VALUES (:key, 1, '-infinity', gmp_now())
    ON CONFLICT (key) DO UPDATE SET
        fails = CASE WHEN bucket.at < gmp_now() - make_interval(secs => :old) THEN 1 ELSE bucket.fails + 1 END,
        at = gmp_now()
    RETURNING fails
    """
)
_WRONG_SO_FAR = text(
    "SELECT fails FROM login_throttle WHERE key = :key AND at >= gmp_now() - make_interval(secs => :old)"
)
_DELETE_EXPIRED = text("DELETE FROM login_throttle WHERE at < gmp_now() - make_interval(secs => :forgotten)")


def bucket_of_name(pepper: bytes, email: str) -> Bucket:
    return Bucket(_key(pepper, "name", email), ALLOWED_FAILURES)


def bucket_of_browser(pepper: bytes, device: str) -> Bucket:
    return Bucket(_key(pepper, "browser", device), ALLOWED_FAILURES)


def bucket_of_network(pepper: bytes, address: str | None) -> Bucket:
    """The network of an address: /24 for IPv4, /64 for IPv6, as one party usually has."""
    return Bucket(_key(pepper, "network", _network(address)), NETWORK_ALLOWED_FAILURES)


@dataclass(frozen=True)
class SigningBuckets:
    """The counters of one session or token: checks in progress and failed checks."""

    in_progress: bytes
    wrong: bytes


def buckets_of_signing(kind: str, key_id: int) -> SigningBuckets:
    """Session and token ids are no secrets, so no pepper is needed."""
    keys = (f"{what}|{kind}|{key_id}" for what in ("signing now", "signing"))
    return SigningBuckets(*(hashlib.sha256(key.encode()).digest() for key in keys))


def _key(pepper: bytes, kind: str, value: str) -> bytes:
    return hmac.new(pepper, f"{kind}|{value}".encode(), hashlib.sha256).digest()


def _network(address: str | None) -> str:
    try:
        parsed = ipaddress.ip_address(address or "")
    except ValueError:
        return "unknown"
    parsed = getattr(parsed, "ipv4_mapped", None) or parsed
    prefix = 24 if parsed.version == 4 else 64
    return str(ipaddress.ip_network(f"{parsed}/{prefix}", strict=False))


def count_attempt(uow: Uow, bucket: Bucket) -> int | None:
    """Count one attempt; returns its number, or None while the bucket is blocked."""
    fails: int | None = uow.session.execute(
        _COUNT,
        {
            "key": bucket.key,
            "free": bucket.free,
            "first": FIRST_PAUSE_S,
            "longest": LONGEST_PAUSE_S,
            "forgotten": RESET_AFTER_S,
        },
    ).scalar()
    return fails


def seconds_left(uow: Uow, bucket: Bucket) -> int:
    """How long the bucket stays blocked."""
    left = uow.session.execute(_LEFT_S, {"key": bucket.key}).scalar()
    return int(left or 1)


def clear(uow: Uow, bucket: Bucket) -> None:
    uow.session.execute(_CLEAR, {"key": bucket.key})


def uncount(uow: Uow, bucket: Bucket) -> None:
    """Do not count a success: many people of one company share one address."""
    uow.session.execute(_UNCOUNT, {"key": bucket.key})


def begin_signing(uow: Uow, buckets: SigningBuckets) -> tuple[bool, int]:
    """Count a check in progress; returns whether it may run, and the number of failures so far.

    Checks in progress and failures together never exceed the limit; an attempt that must wait is not counted.
    """
    values = {"key": buckets.in_progress, "old": ABANDONED_AFTER_S}
    in_progress = uow.session.execute(_BEGIN_SIGNING, values).scalar_one()
    wrong = uow.session.execute(_WRONG_SO_FAR, {"key": buckets.wrong, "old": RESET_AFTER_S}).scalar() or 0
    if in_progress + wrong <= SIGNER_ALLOWED_FAILURES:
        return True, wrong
    uow.session.execute(_UNCOUNT, {"key": buckets.in_progress})
    return False, wrong


def end_signing(uow: Uow, buckets: SigningBuckets, *, matches: bool) -> int:
    """End a check; returns the number of failures. A success resets it."""
    uow.session.execute(_UNCOUNT, {"key": buckets.in_progress})
    if matches:
        uow.session.execute(_CLEAR, {"key": buckets.wrong})
        return 0
    values = {"key": buckets.wrong, "old": RESET_AFTER_S}
    return int(uow.session.execute(_BEGIN_SIGNING, values).scalar_one())


def delete_expired(uow: Uow) -> None:
    uow.session.execute(_DELETE_EXPIRED, {"forgotten": RESET_AFTER_S})
