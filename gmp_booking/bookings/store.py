"""Queries and writes for single bookings; `lists` reads many of them, `evaluation.gather` reads facts for rules."""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import Text, bindparam, select, text
from sqlalchemy.dialects.postgresql import ARRAY

from gmp_booking.bookings.content import (
    BookingContent,
    SessionContent,
    canonical_text,
    content_hash,
)
from gmp_booking.bookings.lifecycle.session_steps import WHEN_THE_BOOKING_ENDS
from gmp_booking.bookings.models import Booking, BookingVersion, SessionRecord
from gmp_booking.bookings.swap import swap
from gmp_booking.conflicts.finding import Finding
from gmp_booking.infra.database.uow import Uow
from gmp_booking.kernel.errors import NotFound, Stale
from gmp_booking.kernel.sql import sql_value, sql_values
from gmp_booking.kernel.states import NOT_BEGUN, UNRECORDED, BookingState
from gmp_booking.kernel.vocabulary import RoomMode, Visibility

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def new_reference() -> str:
    """A random reference; a sequence would show a competitor the number of bookings."""
    return "BK-" + "".join(secrets.choice(ALPHABET) for _ in range(8))


def find_booking(uow: Uow, reference: str) -> Booking | None:
    return uow.session.scalars(select(Booking).where(Booking.reference == reference)).one_or_none()


def get_booking(uow: Uow, reference: str) -> Booking:
    """Errors: NotFound, also for bookings that the reader may not see."""
    booking = find_booking(uow, reference)
    if booking is None:
        raise NotFound
    return booking


def change_booking(uow: Uow, booking: Booking, **changes: Any) -> None:
    """Errors: Stale when the booking was changed since it was read."""
    swap(uow, booking, **changes)


def require_unchanged(uow: Uow, booking: Booking) -> None:
    """Errors: Stale when the booking was changed since it was read."""
    now = uow.session.execute(select(Booking.revision).where(Booking.id == booking.id)).scalar_one()
    if now != booking.revision:
        raise Stale


_ADD = text(
    """
    WITH added AS (
        INSERT INTO booking (reference, company_id, kind, state, product_id, batch, run_type, title, purpose,
                             visibility, track, starts_at, ends_at, requested_by, entered_by, created_at, changed_at,
                             submitted_at, decide_by, pending_until, pending_since, confirmed_at, draft, seats, basis,
                             donor_status, campaign, room_mode, priority, live_material, partners)
        VALUES (:reference, :company_id, :kind, :state, :product_id, :batch, :run_type, :title, :purpose, :visibility,
                :track, :starts_at, :ends_at, :requested_by, :entered_by, :now, :now, :submitted_at, :decide_by,
                :pending_until, :pending_since, :confirmed_at, CAST(:draft AS jsonb), :seats, :basis, :donor_status,
                :campaign, :room_mode, :priority, :live_material, :partners)
        RETURNING id
    )
    SELECT id FROM added
    """
).bindparams(bindparam("partners", type_=ARRAY(Text)))


@dataclass(frozen=True)
class NewBooking:
    """The columns of a new booking; a draft has only the required ones."""

    reference: str
    company_id: int
    kind: str
    state: BookingState
    track: str
    requested_by: int
    entered_by: int
    product_id: int | None = None
    batch: str | None = None
    run_type: str | None = None
    title: str | None = None
    purpose: str | None = None
    visibility: str = Visibility.BUSY.value
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    submitted_at: datetime | None = None
    decide_by: datetime | None = None
    pending_until: datetime | None = None
    pending_since: datetime | None = None
    returned_at: datetime | None = None
    confirmed_at: datetime | None = None
    draft: Mapping[str, Any] | None = None
    seats: int | None = None
    basis: str | None = None
    donor_status: str | None = None
    campaign: str | None = None
    room_mode: str = RoomMode.SESSIONS.value
    priority: str | None = None
    live_material: bool = False
    partners: Sequence[str] = ()


def add_booking(uow: Uow, new: NewBooking) -> int:
    """Insert the row of the booking; returns its id."""
    values = {name: getattr(new, name) for name in new.__dataclass_fields__} | {"now": uow.now}
    values["partners"] = list(new.partners)
    values["draft"] = None if new.draft is None else json.dumps(new.draft, ensure_ascii=False)
    return int(uow.session.execute(_ADD, values).scalar_one())


_ADD_VERSION = text(
    """
    WITH kept AS (
        INSERT INTO booking_version (booking_id, company_id, version, content, canonical, content_hash, created_at,
                                     created_by)
        VALUES (:booking_id, :company_id, :version, CAST(CAST(:content AS text) AS jsonb),
                convert_to(CAST(:content AS text), 'UTF8'), :content_hash, :now, :created_by)
    ), s AS (
        INSERT INTO booking_session (booking_id, company_id, version, number, room_id, starts_at, ends_at, setup_min,
                                     teardown_min, step, exposure, headcount)
        SELECT :booking_id, :company_id, :version, x.*
        FROM jsonb_to_recordset(CAST(:sessions AS jsonb)) AS x (number int, room_id bigint, starts_at timestamptz,
             ends_at timestamptz, setup_min int, teardown_min int, step text, exposure text, headcount int)
        RETURNING id, number, room_id, starts_at, ends_at
    ), crew AS (
        INSERT INTO session_person (booking_session_id, booking_id, company_id, person_id, role, room_id, starts_at,
                                    ends_at)
        SELECT s.id, :booking_id, :company_id, x.person_id, x.role, s.room_id, s.starts_at, s.ends_at
        FROM jsonb_to_recordset(CAST(:people AS jsonb)) AS x (number int, person_id bigint, role text)
        JOIN s USING (number)
    ), attended AS (
        INSERT INTO session_equipment (booking_session_id, company_id, equipment_id)
        SELECT s.id, :company_id, x.equipment_id
        FROM jsonb_to_recordset(CAST(:attended AS jsonb)) AS x (number int, equipment_id bigint)
        JOIN s USING (number)
    )
    INSERT INTO equipment_reservation (booking_id, company_id, version, number, equipment_id, units, starts_at,
                                       ends_at)
    SELECT :booking_id, :company_id, :version, x.*
    FROM jsonb_to_recordset(CAST(:reservations AS jsonb)) AS x (number int, equipment_id bigint, units int,
         starts_at timestamptz, ends_at timestamptz)
    """
)


def add_version(
    uow: Uow, content: BookingContent, *, booking_id: int, company_id: int, version: int, ids: Mapping[str, int]
) -> None:
    """Insert one version with its sessions, people, attended equipment and reservations, in one statement.

    Shape: `ids` maps every resource code and e-mail address of the content to its row id.
    """
    signed = content.signed()
    numbered = content.numbered_sessions
    values = {
        "booking_id": booking_id,
        "company_id": company_id,
        "version": version,
        "content": canonical_text(signed),
        "content_hash": content_hash(signed),
        "now": uow.now,
        "created_by": uow.actor.person_id,
        "sessions": json.dumps([_session_row(number, each, ids) for number, each in numbered]),
        "people": json.dumps(
            [
                {"number": number, "person_id": ids[person.email], "role": person.role}
                for number, each in numbered
                for person in each.people
            ]
        ),
        "attended": json.dumps(
            [{"number": number, "equipment_id": ids[code]} for number, each in numbered for code in each.equipment]
        ),
        "reservations": json.dumps(
            [
                {
                    "number": number,
                    "equipment_id": ids[each.resource],
                    "units": each.units,
                    "starts_at": each.start.isoformat(),
                    "ends_at": each.end.isoformat(),
                }
                for number, each in content.numbered_equipment
            ]
        ),
    }
    uow.session.execute(_ADD_VERSION, values)


def _session_row(number: int, session: SessionContent, ids: Mapping[str, int]) -> dict[str, Any]:
    return {
        "number": number,
        "room_id": ids[session.room],
        "starts_at": session.start.isoformat(),
        "ends_at": session.end.isoformat(),
        "setup_min": session.setup_min,
        "teardown_min": session.teardown_min,
        "step": session.step,
        "exposure": session.exposure,
        "headcount": session.headcount,
    }


_SAVE_EVALUATION = text(
    """
    WITH kept AS (
        INSERT INTO evaluation (booking_id, company_id, version, occasion, outcome, findings, engine_version, at)
        VALUES (:booking_id, :company_id, :version, :occasion, :outcome, CAST(:findings AS jsonb), :engine, :now)
    )
    INSERT INTO decision_facts (booking_id, version, occasion, facts, findings, at)
    VALUES (:booking_id, :version, :occasion, CAST(:facts AS jsonb), CAST(:evidence AS jsonb), :now)
    """
)


@dataclass(frozen=True, kw_only=True)
class EvaluationRecord:
    """What the rules found on one occasion, and the facts they were given.

    Shape: the company reads its part of `findings`; only the facility reads the whole ones and `facts`, which are JSON.
    """

    occasion: str
    outcome: str
    findings: Sequence[Finding]
    facts: Mapping[str, Any]
    engine: str


def save_evaluation(uow: Uow, booking: Booking, record: EvaluationRecord) -> None:
    """Save what the rules found for the version of the booking."""
    values = {
        "booking_id": booking.id,
        "company_id": booking.company_id,
        "version": booking.version,
        "occasion": record.occasion,
        "outcome": record.outcome,
        "findings": orjson.dumps([each.as_dict() for each in record.findings]).decode(),
        "evidence": orjson.dumps([each.as_evidence() for each in record.findings]).decode(),
        "facts": orjson.dumps(record.facts).decode(),
        "engine": record.engine,
        "now": uow.now,
    }
    uow.session.execute(_SAVE_EVALUATION, values)


def deactivate_crew(uow: Uow, booking_id: int) -> None:
    """Release the people of the booking."""
    uow.session.execute(
        text("UPDATE session_person SET active = false WHERE booking_id = :id AND active"), {"id": booking_id}
    )


def has_begun_session(uow: Uow, booking: Booking) -> bool:
    """Whether a session of the booking has started."""
    statement = select(SessionRecord.id).where(
        SessionRecord.booking_id == booking.id, SessionRecord.actual_start_at.is_not(None)
    )
    return bool(uow.session.execute(select(statement.exists())).scalar_one())


def cancel_sessions(uow: Uow, booking_id: int) -> None:
    """Every session of the version in force that has not begun."""
    uow.session.execute(
        text(
            f"""
            INSERT INTO session_record (company_id, booking_id, number, state)
            SELECT s.company_id, s.booking_id, s.number, CAST(:states AS jsonb) ->> {sql_value(UNRECORDED)}
            FROM booking_session AS s JOIN booking AS b ON b.id = s.booking_id AND b.version = s.version
            WHERE s.booking_id = :id
            ON CONFLICT (booking_id, number) DO UPDATE SET state = CAST(:states AS jsonb) ->> session_record.state
            WHERE session_record.state IN ({sql_values(NOT_BEGUN)})
            """
        ),
        {"id": booking_id, "states": json.dumps(WHEN_THE_BOOKING_ENDS)},
    )


def current_hash(uow: Uow, booking: Booking) -> str:
    """The content hash of the booking's version, for a signature."""
    statement = select(BookingVersion.content_hash).where(
        BookingVersion.booking_id == booking.id, BookingVersion.version == booking.version
    )
    return uow.session.execute(statement).scalar_one()
