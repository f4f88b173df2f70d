"""Queries of change requests, and of updates in place."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select, text

from gmp_booking.bookings.content import BookingHead
from gmp_booking.bookings.lifecycle.change_steps import WHEN_THE_BOOKING_ENDS
from gmp_booking.bookings.models import Booking, ChangeRequest
from gmp_booking.bookings.swap import swap
from gmp_booking.infra.database.uow import Uow
from gmp_booking.kernel.sql import sql_values
from gmp_booking.kernel.states import GIVEN_UP, NOT_BEGUN, RUNNING, SessionState
from gmp_booking.kernel.typed_json import from_json

_LAST_NUMBERS = text(
    """
    SELECT (SELECT max(version) FROM booking_version WHERE booking_id = :booking_id),
           COALESCE((SELECT max(number) FROM booking_session WHERE booking_id = :booking_id), 0),
           COALESCE((SELECT max(number) FROM equipment_reservation WHERE booking_id = :booking_id), 0)
    """
)
_END_OPEN_CHANGE = text(
    """
    UPDATE booking_change SET state = CAST(:states AS jsonb) ->> state, ended_at = :now, changed_at = :now,
        revision = revision + 1
    WHERE booking_id = :booking_id AND ended_at IS NULL
    """
)
_FREE_CREW = text(
    """
    UPDATE session_person SET active = false
    WHERE active AND booking_id = :booking_id AND booking_session_id IN (
        SELECT id FROM booking_session WHERE booking_id = :booking_id AND version = :version)
    """
)
_FIT_CREW = text(
    f"""
    UPDATE session_person AS p SET ends_at = greatest(x.until, p.starts_at), active = x.until > p.starts_at
    FROM (
        SELECT s.id, CASE WHEN r.state IN ({sql_values(RUNNING)}) THEN greatest(s.ends_at, r.expected_end_at)
                          WHEN r.state IN ({sql_values(GIVEN_UP)}) THEN s.starts_at
                          ELSE COALESCE(r.actual_end_at, least(s.ends_at, r.end_entered_at)) END AS until
        FROM booking_session AS s JOIN session_record AS r USING (booking_id, number)
        WHERE s.booking_id = :booking_id AND r.state NOT IN ({sql_values(NOT_BEGUN)})
    ) AS x
    WHERE p.booking_session_id = x.id AND p.active AND p.ends_at <> greatest(x.until, p.starts_at)
    """
)
_SET_TIMES = text(
    """
    WITH wanted AS (
        SELECT * FROM jsonb_to_recordset(CAST(:parts AS jsonb))
            AS w (kind text, id bigint, starts_at timestamptz, ends_at timestamptz)
    ), reserved AS (
        UPDATE equipment_reservation AS q
        SET agreed_starts_at = COALESCE(q.agreed_starts_at, q.starts_at),
            agreed_ends_at = COALESCE(q.agreed_ends_at, q.ends_at), starts_at = w.starts_at, ends_at = w.ends_at
        FROM wanted AS w WHERE q.id = w.id AND w.kind = 'equipment'
    ), crew AS (
        UPDATE session_person AS p SET starts_at = w.starts_at, ends_at = w.ends_at
        FROM wanted AS w WHERE p.booking_session_id = w.id AND w.kind = 'session'
    )
    UPDATE booking_session AS s
    SET agreed_starts_at = COALESCE(s.agreed_starts_at, s.starts_at),
        agreed_ends_at = COALESCE(s.agreed_ends_at, s.ends_at), starts_at = w.starts_at, ends_at = w.ends_at
    FROM wanted AS w WHERE s.id = w.id AND w.kind = 'session'
    """
)
_CANCEL_SESSIONS = text(
    """
    WITH freed AS (
        UPDATE session_person SET active = false WHERE active AND booking_session_id = ANY (:ids)
    )
    INSERT INTO session_record (company_id, booking_id, number, state)
    SELECT company_id, booking_id, number, CAST(:states AS jsonb) ->> CAST(id AS text)
    FROM booking_session WHERE id = ANY (:ids)
    ON CONFLICT (booking_id, number) DO UPDATE SET state = EXCLUDED.state
    """
)
_REMOVE_CREW = text(
    """
    UPDATE session_person AS p SET active = false, left_at = :now
    WHERE p.booking_session_id = ANY (:sessions) AND p.left_at IS NULL AND NOT EXISTS (
        SELECT FROM jsonb_to_recordset(CAST(:crew AS jsonb)) AS w (session_id bigint, person_id bigint)
        WHERE w.session_id = p.booking_session_id AND w.person_id = p.person_id)
    """
)
_ADD_CREW = text(
    """
    INSERT INTO session_person (booking_session_id, booking_id, company_id, person_id, role, room_id, starts_at,
                                ends_at)
    SELECT s.id, s.booking_id, s.company_id, w.person_id, w.role, s.room_id, s.starts_at, s.ends_at
    FROM jsonb_to_recordset(CAST(:crew AS jsonb)) AS w (session_id bigint, person_id bigint, role text)
    JOIN booking_session AS s ON s.id = w.session_id
    ON CONFLICT (booking_session_id, person_id) DO UPDATE
    SET role = EXCLUDED.role, active = true, left_at = NULL, starts_at = EXCLUDED.starts_at, ends_at = EXCLUDED.ends_at
    """
)


@dataclass(frozen=True)
class LastNumbers:
    """The highest numbers that any version of a booking has used."""

    version: int
    session: int
    reservation: int


@dataclass(frozen=True)
class NewTime:
    """A new time for one row: of a "session", or of an "equipment" reservation."""

    kind: str
    id: int
    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True)
class CrewMember:
    session_id: int
    person_id: int
    role: str


def find_open_change(uow: Uow, booking_id: int) -> ChangeRequest | None:
    """The open change request of a booking, or None."""
    statement = select(ChangeRequest).where(ChangeRequest.booking_id == booking_id, ChangeRequest.ended_at.is_(None))
    return uow.session.scalars(statement).one_or_none()


def find_change(uow: Uow, booking_id: int, *, version: int) -> ChangeRequest | None:
    """The change request that proposed this version, in any state."""
    statement = select(ChangeRequest).where(ChangeRequest.booking_id == booking_id, ChangeRequest.version == version)
    return uow.session.scalars(statement).one_or_none()


def last_numbers(uow: Uow, booking_id: int) -> LastNumbers:
    return LastNumbers(*uow.session.execute(_LAST_NUMBERS, {"booking_id": booking_id}).one())


def add_change(uow: Uow, change: ChangeRequest) -> None:
    uow.session.add(change)
    uow.session.flush()


def set_change(uow: Uow, change: ChangeRequest, **changes: Any) -> None:
    """Errors: Stale when somebody else was quicker."""
    swap(uow, change, **changes)


def end_open_change(uow: Uow, booking_id: int) -> None:
    """End the open change request of a booking that ends, if there is one; the caller releases its slots."""
    states = json.dumps(WHEN_THE_BOOKING_ENDS)
    uow.session.execute(_END_OPEN_CHANGE, {"booking_id": booking_id, "states": states, "now": uow.now})


def free_crew(uow: Uow, booking_id: int, *, version: int) -> None:
    """Release the crew of one version."""
    uow.session.execute(_FREE_CREW, {"booking_id": booking_id, "version": version})


def fit_crew(uow: Uow, booking_id: int) -> None:
    """End the crew's time when its session ended, in every version that holds its crew; a cancelled one frees it."""
    uow.session.execute(_FIT_CREW, {"booking_id": booking_id})


def set_times(uow: Uow, parts: Sequence[NewTime]) -> None:
    """Change times in place; the signed times are kept in `agreed_starts_at` and `agreed_ends_at`."""
    rows = [
        {"kind": each.kind, "id": each.id, "starts_at": each.starts_at.isoformat(), "ends_at": each.ends_at.isoformat()}
        for each in parts
    ]
    if rows:
        uow.session.execute(_SET_TIMES, {"parts": json.dumps(rows)})


def cancel_sessions_by_id(uow: Uow, states: Mapping[int, SessionState]) -> None:
    """Write the states of cancelled sessions, by row id, and release their crews."""
    if states:
        uow.session.execute(_CANCEL_SESSIONS, {"ids": list(states), "states": json.dumps(states)})


def set_crew(uow: Uow, session_ids: Collection[int], crew: Sequence[CrewMember]) -> None:
    """Replace the crews of these sessions."""
    if not session_ids:
        return
    rows = json.dumps([vars(member) for member in crew])
    uow.session.execute(_REMOVE_CREW, {"sessions": list(session_ids), "crew": rows, "now": uow.now})
    add_crew(uow, crew)


def add_crew(uow: Uow, crew: Sequence[CrewMember]) -> None:
    """Add people to the crews of sessions; who is in it already gets the role."""
    uow.session.execute(_ADD_CREW, {"crew": json.dumps([vars(member) for member in crew])})


_OF_THE_REQUEST = (
    "version",
    "state",
    "track",
    "stage",
    "requested_by",
    "entered_by",
    "submitted_at",
    "decide_by",
    "pending_until",
    "pending_since",
    "returned_at",
)
"""What a proposal has of its change request, and not of the booking."""


def proposed(booking: Booking, change: ChangeRequest) -> Booking:
    """The booking as a change request proposes it; a transient row that is never written."""
    values = {column.key: getattr(booking, column.key) for column in Booking.__table__.columns}
    own = {name: getattr(change, name) for name in _OF_THE_REQUEST}
    return Booking(**values | vars(proposed_head(change)) | own | {"confirmed_at": None})


def proposed_head(change: ChangeRequest) -> BookingHead:
    """The values that the row of the booking gets when the change is applied."""
    return from_json(BookingHead, change.head)
