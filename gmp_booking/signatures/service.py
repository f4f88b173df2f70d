"""Electronic signatures: the password is verified first; record and signature are then one commit.

A signature is bound to one version of one record by its content hash. A session or token alone is not enough to sign.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields

from gmp_booking.accounts.signing import Verified, find_signer, verify_for_signing
from gmp_booking.infra.database.uow import Database, Uow
from gmp_booking.kernel.access import Actor
from gmp_booking.kernel.errors import Forbidden, Refusal
from gmp_booking.kernel.text import N_
from gmp_booking.signatures import store
from gmp_booking.signatures.models import Signature
from gmp_booking.signatures.views import SignatureView

__all__ = ["Verified", "list_signatures", "sign", "signers_of", "verify"]


def verify(database: Database, actor: Actor, password: str) -> Verified | Refusal:
    """Verify the signer's password; call it before the transaction that signs.

    Errors (returned): Invalid when it is wrong; Forbidden when too many wrong ones ended the session or the token.
    """
    return verify_for_signing(database, actor, password)


def sign(
    uow: Uow,
    verified: Verified,
    *,
    record_type: str,
    record_id: int,
    record_reference: str,
    record_version: int,
    content_hash: str,
    meaning: str,
    company_id: int | None,
) -> Signature:
    """Write the signature, after checking under lock that the signer's account and session are still valid.

    One proof may sign several records in one transaction; it expires after two minutes.
    Errors: Forbidden when session, token, password or account changed since the verification.
    """
    signer = find_signer(uow, verified)
    if signer is None:
        raise Forbidden(N_("Your sign-in has changed. Sign in again and repeat the signature."))
    return store.add_signature(
        uow,
        Signature(
            company_id=company_id,
            record_type=record_type,
            record_id=record_id,
            record_reference=record_reference,
            record_version=record_version,
            content_hash=content_hash,
            meaning=meaning,
            printed_name=signer.name,
            signer_id=signer.person_id,
            signed_at=uow.now,
            time_zone=uow.zone.key,
            auth_method=verified.method,
            auth_session_id=verified.auth_session_id,
        ),
    )


def list_signatures(uow: Uow, record_type: str, record_id: int) -> Sequence[SignatureView]:
    """A record's signatures of all its versions, in the order they were given."""
    return [
        SignatureView(**{each.name: getattr(signature, each.name) for each in fields(SignatureView)})
        for signature in store.list_signatures(uow, record_type, record_id)
    ]


def signers_of(uow: Uow, record_type: str, record_id: int, *, version: int) -> frozenset[int]:
    """The people who signed this version of the record."""
    return store.signers_of(uow, record_type, record_id, version=version)
