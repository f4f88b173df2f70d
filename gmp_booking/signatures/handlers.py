"""Verifying a signer's password before the transaction that signs, the same for every form and every API route."""

from __future__ import annotations

from gmp_booking.infra.database.uow import UseCaseRequest
from gmp_booking.kernel.errors import Refusal
from gmp_booking.signatures.service import Verified, verify


def proof_of(request: UseCaseRequest, password: str | None) -> Verified | None:
    """The proof that the signer's password was right; None where no password was given.

    Errors: Invalid when it is wrong; Forbidden or TooSoon when it may not be tried any more.
    """
    if not password:
        return None
    verified = verify(request.database, request.actor, password)
    if isinstance(verified, Refusal):
        raise verified
    return verified
