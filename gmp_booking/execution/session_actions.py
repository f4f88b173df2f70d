"""What every act in a session has in common: what was asked, who may, when it happened, what its event says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from gmp_booking.execution.store import SessionRow
from gmp_booking.infra.database.uow import Uow
from gmp_booking.kernel.access import Permission, Subject
from gmp_booking.kernel.errors import Invalid
from gmp_booking.kernel.text import N_
from gmp_booking.signatures.service import Verified

NOT_IN_THE_FUTURE: Final = N_("This time is in the future.")


@dataclass(frozen=True)
class SessionAct:
    """One act in one session, as it was asked for.

    Shape: `seen` is the state the reader saw, `revision` the booking's; `at` is when it happened, None for now;
    `verified` is the password just checked, where a signature is due.
    """

    reference: str
    number: int
    action: str
    revision: int | None = None
    seen: str | None = None
    at: datetime | None = None
    until: datetime | None = None
    reason: str | None = None
    items: tuple[str, ...] = ()
    headcount: int | None = None
    note: str | None = None
    deviation_no: str | None = None
    verified: Verified | None = None


PERMISSIONS: Mapping[str, Permission] = {
    "clear": Permission.SESSION_CLEAR,
    "verify-clearance": Permission.SESSION_VERIFY_CLEARANCE,
    "ready": Permission.SESSION_RELEASE,
    "check-in": Permission.SESSION_RECORD,
    "takes-until": Permission.SESSION_RECORD,
    "suspend": Permission.SESSION_SUSPEND,
    "resume": Permission.SESSION_RESUME,
    "complete": Permission.SESSION_RECORD,
    "verify": Permission.SESSION_VERIFY,
    "missed": Permission.SESSION_MISSED,
    "abort": Permission.SESSION_ABORT,
}


def subject_of(session: SessionRow, action: str) -> Subject:
    """The session as the permission table knows it; who did what is now looked after stands in `done_by`."""
    done_by = session.end_entered_by if action == "verify" else session.cleared_by_id
    return Subject(
        company_id=session.company_id,
        requested_by=session.requested_by,
        entered_by=session.entered_by,
        done_by=done_by,
    )


def happened_at(uow: Uow, act: SessionAct, *, earliest: datetime | None) -> datetime:
    """The true time of what is recorded. Errors: Invalid for one to come, or before anything it could belong to."""
    at = uow.now if act.at is None else act.at
    if at > uow.now:
        raise Invalid(field_errors={"at": [NOT_IN_THE_FUTURE]})
    if earliest is not None and at < earliest:
        raise Invalid(field_errors={"at": [N_("The start time is too early. Please check it.")]})
    return at


def envelope(session: SessionRow) -> dict[str, Any]:
    """What every event says of its session."""
    return {
        "company_id": session.company_id,
        "booking_id": session.booking_id,
        "reference": session.reference,
        "version": session.version,
        "session": session.number,
        "room": session.room,
    }
