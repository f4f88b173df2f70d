"""Verification of the signer's password before the transaction that signs, for forms and the API."""

from __future__ import annotations

from gmp_booking.infra.database.uow import UseCaseRequest
from gmp_booking.kernel.errors import Refusal
from gmp_booking.signatures.service import Verified, verify


def proof_of(request: UseCaseRequest, password: str | None) -> Verified | None:
    """The proof that the signer's password was right; None where no password was given.

    Errors: Invalid when it is wrong; Forbidden or TooSoon after too many attempts.
    """
    if not password:
        return None
    verified = verify(request.database, request.actor, password)
    if isinstance(verified, Refusal):
        raise verified
    return verified
