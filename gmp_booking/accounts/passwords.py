"""Passwords: Argon2id over the normalised text, a few at a time, never inside a transaction."""

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

LONGEST: Final = 1024
SHORTEST: Final = 8
PATIENCE_S: Final = 6.0
DEFAULT_COST: Final = "t=2,m=19456,p=1"


@dataclass
class _Machine:
    """What this process hashes with; one thread a slot, because each check takes a core and its memory."""

    hasher: PasswordHasher
    slots: threading.BoundedSemaphore


@dataclass(frozen=True)
class Checked:
    """The outcome of one check; `outdated` asks for a new hash with today's cost."""

    matches: bool
    outdated: bool = False


def _hasher(cost: str) -> PasswordHasher:
    passes, memory_kib, lanes = (int(number) for number in re.findall(r"\d+", cost))
    return PasswordHasher(time_cost=passes, memory_cost=memory_kib, parallelism=lanes)


_machine = _Machine(_hasher(DEFAULT_COST), threading.BoundedSemaphore(2 * (os.cpu_count() or 1)))


def configure(*, cost: str, slots: int) -> None:
    """Set what new hashes cost and how many are computed at the same time in this process."""
    _machine.hasher = _hasher(cost)
    _machine.slots = threading.BoundedSemaphore(slots)
    _hash_of_nobody.cache_clear()


def hash_password(password: str) -> str:
    """Errors: Invalid when it is too short or too long to be a password."""
    if not SHORTEST <= len(password) <= LONGEST:
        sentence = N_("A password has %(shortest)s to %(longest)s characters.")
        raise Invalid(
            sentence, params={"shortest": SHORTEST, "longest": LONGEST}, field_errors={"password": [sentence]}
        )
    with _slot():
        return _machine.hasher.hash(_normalised(password))


def check_password(password_hash: str | None, password: str) -> Checked:
    """Compare; without a hash, or with an endless password, the same work is done for nothing."""
    with _slot():
        if password_hash is None or len(password) > LONGEST:
            _matches(_hash_of_nobody(), "")
            return Checked(matches=False)
        if not _matches(password_hash, password):
            return Checked(matches=False)
        return Checked(matches=True, outdated=_machine.hasher.check_needs_rehash(password_hash))


def _matches(password_hash: str, password: str) -> bool:
    try:
        return _machine.hasher.verify(password_hash, _normalised(password))
    except (VerificationError, InvalidHashError):
        return False


def _normalised(password: str) -> bytes:
    # macOS types Hangul decomposed; the same keys must give the same password everywhere.
    return unicodedata.normalize("NFKC", password).encode("utf-8", "surrogatepass")


@cache
def _hash_of_nobody() -> str:
    return _machine.hasher.hash(os.urandom(16))


@contextmanager
def _slot() -> Iterator[None]:
    if not _machine.slots.acquire(timeout=PATIENCE_S):
        raise Unavailable
    try:
        yield
    finally:
        _machine.slots.release()
