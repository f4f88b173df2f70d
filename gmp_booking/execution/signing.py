"""Signatures in sessions, bound by a hash to what the signer saw."""

from __future__ import annotations

from typing import Any

from gmp_booking.bookings.content import content_hash
from gmp_booking.execution.store import SessionRow
from gmp_booking.infra.database.uow import Uow
from gmp_booking.kernel.errors import Invalid
from gmp_booking.kernel.text import N_
from gmp_booking.signatures.service import Verified, sign

RECORD_TYPE = "booking_session"
"""Its `record_id` is the booking's, and the reference names the session: each version has new session rows."""


def record_reference(session: SessionRow) -> str:
    return f"{session.reference}/{session.number}"


def signed_content(session: SessionRow, meaning: str, **more: str) -> dict[str, Any]:
    """What a signature is bound to: approved version, room, time and clearance."""
    return {
        "reference": session.reference,
        "version": session.version,
        "content_hash": session.content_hash,
        "session": session.number,
        "room": session.room,
        "start": session.starts_at.isoformat(),
        "end": session.ends_at.isoformat(),
        "clearance": _clearance(session),
        "meaning": meaning,
        **more,
    }


def _clearance(session: SessionRow) -> dict[str, Any] | None:
    if session.clearance_verified_at is None or session.cleared_at is None:
        return None
    return {
        "items": list(session.clearance_items or ()),
        "performed_at": session.cleared_at.isoformat(),
        "verified_at": session.clearance_verified_at.isoformat(),
    }


def sign_session(
    uow: Uow, session: SessionRow, meaning: str | None, *, verified: Verified | None, **more: str
) -> dict[str, Any]:
    """Sign an action; returns the signed content, which the event stores.

    Errors: Invalid without a password; Forbidden when the signer's account is no longer valid.
    """
    assert meaning is not None
    if verified is None:
        raise Invalid(field_errors={"signature": [N_("This action needs a signature: enter your password.")]})
    signed = signed_content(session, meaning, **more)
    sign(
        uow,
        verified,
        record_type=RECORD_TYPE,
        record_id=session.booking_id,
        record_reference=record_reference(session),
        record_version=session.version,
        content_hash=content_hash(signed),
        meaning=meaning,
        company_id=session.company_id,
    )
    return signed
