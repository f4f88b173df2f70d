"""What all actions in sessions share: the request, permissions, the actual time, the event fields."""

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
class SessionAction:
    """One requested action in one session.

    Shape: `seen` is the state the person saw, `revision` that of the booking; `at` is the actual time, None for now;
    `verified` is the verified password, where a signature is required.
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
    """The session for the permission table. Shape: `done_by` did what is now verified, so must not verify it."""
    done_by = session.end_entered_by if action == "verify" else session.cleared_by_id
    return Subject(
        company_id=session.company_id,
        requested_by=session.requested_by,
        entered_by=session.entered_by,
        done_by=done_by,
    )


def happened_at(uow: Uow, act: SessionAction, *, earliest: datetime | None) -> datetime:
    """The actual time of a record. Errors: Invalid for a time in the future, or before `earliest`."""
    at = uow.now if act.at is None else act.at
    if at > uow.now:
        raise Invalid(field_errors={"at": [NOT_IN_THE_FUTURE]})
    if earliest is not None and at < earliest:
        raise Invalid(field_errors={"at": [N_("The start time is too early. Please check it.")]})
    return at


def session_event_fields(session: SessionRow) -> dict[str, Any]:
    """The fields that every event of a session has."""
    return {
        "company_id": session.company_id,
        "booking_id": session.booking_id,
        "reference": session.reference,
        "version": session.version,
        "session": session.number,
        "room": session.room,
    }
