"""Password hashes: Argon2id over the normalised text, a limited number at a time, never inside a transaction."""

from __future__ import annotations

import os
import re
import threading
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from gmp_booking.infra.database.uow import Unavailable
from gmp_booking.kernel.errors import Invalid
from gmp_booking.kernel.text import N_

MAX_LENGTH: Final = 1024
MIN_LENGTH: Final = 8
WAIT_LIMIT_S: Final = 6.0
DEFAULT_COST: Final = "t=2,m=19456,p=1"


@dataclass
class _Hashing:
    """The hasher of this process and its slots: each hash takes a core and its memory, so their number is limited."""

    hasher: PasswordHasher
    slots: threading.BoundedSemaphore


@dataclass(frozen=True)
class PasswordCheck:
    """The outcome of one check; `outdated` when the hash should be renewed at the current cost."""

    matches: bool
    outdated: bool = False


def _hasher(cost: str) -> PasswordHasher:
    passes, memory_kib, lanes = (int(number) for number in re.findall(r"\d+", cost))
    return PasswordHasher(time_cost=passes, memory_cost=memory_kib, parallelism=lanes)


_hashing = _Hashing(_hasher(DEFAULT_COST), threading.BoundedSemaphore(2 * (os.cpu_count() or 1)))


def configure(*, cost: str, slots: int) -> None:
    """Set the cost of new hashes and how many this process computes at the same time."""
    _hashing.hasher = _hasher(cost)
    _hashing.slots = threading.BoundedSemaphore(slots)
    _dummy_hash.cache_clear()


def hash_password(password: str) -> str:
    """Errors: Invalid when the password is too short or too long."""
    if not MIN_LENGTH <= len(password) <= MAX_LENGTH:
        sentence = N_("A password has %(shortest)s to %(longest)s characters.")
        raise Invalid(
            sentence, params={"shortest": MIN_LENGTH, "longest": MAX_LENGTH}, field_errors={"password": [sentence]}
        )
    with _slot():
        return _hashing.hasher.hash(_normalised(password))


def check_password(password_hash: str | None, password: str) -> PasswordCheck:
    """Compare; without a hash, or for an overlong password, check a dummy hash, so that timing reveals nothing."""
    with _slot():
        if password_hash is None or len(password) > MAX_LENGTH:
            _matches(_dummy_hash(), "")
            return PasswordCheck(matches=False)
        if not _matches(password_hash, password):
            return PasswordCheck(matches=False)
        return PasswordCheck(matches=True, outdated=_hashing.hasher.check_needs_rehash(password_hash))


def _matches(password_hash: str, password: str) -> bool:
    try:
        return _hashing.hasher.verify(password_hash, _normalised(password))
    except (VerificationError, InvalidHashError):
        return False


def _normalised(password: str) -> bytes:
    # macOS sends Hangul decomposed; the same keys must give the same password on every system.
    return unicodedata.normalize("NFKC", password).encode("utf-8", "surrogatepass")


@cache
def _dummy_hash() -> str:
    return _hashing.hasher.hash(os.urandom(16))


@contextmanager
def _slot() -> Iterator[None]:
    if not _hashing.slots.acquire(timeout=WAIT_LIMIT_S):
        raise Unavailable
    try:
        yield
    finally:
        _hashing.slots.release()
