"""Queries of sessions and line clearances."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import text
from sqlalchemy.dialects.postgresql import insert

from gmp_booking.bookings.models import SessionRecord
from gmp_booking.bookings.part_resources import session_resources
from gmp_booking.bookings.session_state import JOINED_STATE
from gmp_booking.execution.clearance import needs_clearance
from gmp_booking.execution.crew_rules import names_needed
from gmp_booking.infra.database.uow import LockKey, Uow
from gmp_booking.kernel.errors import NotFound, Stale
from gmp_booking.kernel.period import Period
from gmp_booking.kernel.sql import sql_values
from gmp_booking.kernel.states import IN_FORCE, RELEASED, UNRECORDED, SessionState
from gmp_booking.kernel.vocabulary import IN_ROOM_ROLES, LockKind

_LOCK_KEYS = text(
    f"""
    WITH used AS (
        SELECT part.resource_id FROM booking_session AS bs JOIN booking AS b ON b.id = bs.booking_id
        CROSS JOIN LATERAL ({session_resources("bs")}) AS part
        WHERE b.reference = :reference AND bs.version = b.version AND bs.number = :number
    )
    SELECT 'resource', resource_id FROM used
    UNION
    SELECT 'zone', room.air_zone_id FROM used JOIN room ON room.id = used.resource_id
    WHERE room.air_zone_id IS NOT NULL
    UNION
    SELECT 'resource', s.resource_id FROM slot AS s JOIN booking AS b ON b.id = s.booking_id
    WHERE s.active AND b.reference = :reference
    UNION
    SELECT 'person', p.person_id FROM session_person AS p JOIN booking_session AS bs ON bs.id = p.booking_session_id
    JOIN booking AS b ON b.id = bs.booking_id
    WHERE b.reference = :reference AND bs.version = b.version AND bs.number = :number
    """
)

_SESSIONS = f"""
    SELECT bs.id, b.id AS booking_id, b.reference, b.company_id, b.version, b.revision, b.state AS booking_state,
           b.kind, b.run_type, b.at_risk, b.batch, p.code AS product, b.title, b.requested_by, b.entered_by,
           jsonb_build_object('ko', c.name_ko, 'en', c.name_en, 'zh_Hans', c.name_zh) AS company,
           v.content_hash, bs.number, {JOINED_STATE} AS state,
           bs.room_id, r.code AS room,
           jsonb_build_object('ko', r.name_ko, 'en', r.name_en, 'zh_Hans', r.name_zh) AS room_names,
           room.room_class, room.max_occupancy, bs.starts_at, bs.ends_at, bs.setup_min, bs.teardown_min, bs.step,
           bs.exposure, bs.headcount,
           (SELECT count(*) FROM session_person AS crew WHERE crew.booking_session_id = bs.id AND crew.left_at IS NULL
               AND crew.role IN ({sql_values(IN_ROOM_ROLES)})) AS named,
           record.actual_start_at, record.start_entered_at, starter.name AS started_by, record.expected_end_at,
           record.actual_end_at, record.end_entered_at, record.end_entered_by, ender.name AS ended_by,
           record.verified_at, verifier.name AS verified_by,
           record.released_at, record.headcount_actual, record.headcount_reason, record.emergency_told,
           record.emergency_confirmed_at, confirmer.name AS emergency_confirmed_by, record.deviation_no, record.note,
           lc.id AS clearance_id, lc.items AS clearance_items, lc.performed_by AS cleared_by_id,
           lc.performed_at AS cleared_at, clearer.name AS cleared_by, lc.verified_at AS clearance_verified_at,
           looker.name AS clearance_verified_by
    FROM booking_session AS bs
    JOIN booking AS b ON b.id = bs.booking_id AND b.version = bs.version
    JOIN booking_version AS v ON v.booking_id = b.id AND v.version = b.version
    JOIN resource AS r ON r.id = bs.room_id
    JOIN room ON room.id = bs.room_id
    LEFT JOIN session_record AS record ON record.booking_id = bs.booking_id AND record.number = bs.number
    LEFT JOIN company AS c ON c.id = b.company_id
    LEFT JOIN product AS p ON p.id = b.product_id
    LEFT JOIN line_clearance AS lc ON lc.booking_id = b.id AND lc.session_number = bs.number AND lc.void_at IS NULL
         AND lc.room_id = bs.room_id AND lc.starts_at = bs.starts_at
    LEFT JOIN person AS starter ON starter.id = record.start_entered_by
    LEFT JOIN person AS ender ON ender.id = record.end_entered_by
    LEFT JOIN person AS verifier ON verifier.id = record.verified_by
    LEFT JOIN person AS confirmer ON confirmer.id = record.emergency_confirmed_by
    LEFT JOIN person AS clearer ON clearer.id = lc.performed_by
    LEFT JOIN person AS looker ON looker.id = lc.verified_by
"""


@dataclass(frozen=True)
class SessionRow:
    """One session of a booking's current version, with its record and its valid clearance.

    Shape: names of people whom the reader may not see are None.
    """

    id: int
    booking_id: int
    reference: str
    company_id: int
    version: int
    revision: int
    booking_state: str
    kind: str
    run_type: str | None
    at_risk: bool
    batch: str | None
    product: str | None
    title: str | None
    requested_by: int
    entered_by: int
    company: Mapping[str, str | None]
    content_hash: str
    number: int
    state: str
    room_id: int
    room: str
    room_names: Mapping[str, str]
    room_class: str
    max_occupancy: int
    starts_at: datetime
    ends_at: datetime
    setup_min: int
    teardown_min: int
    step: str | None
    exposure: str
    headcount: int
    named: int
    actual_start_at: datetime | None
    start_entered_at: datetime | None
    started_by: str | None
    expected_end_at: datetime | None
    actual_end_at: datetime | None
    end_entered_at: datetime | None
    end_entered_by: int | None
    ended_by: str | None
    verified_at: datetime | None
    verified_by: str | None
    released_at: datetime | None
    headcount_actual: int | None
    headcount_reason: str | None
    emergency_told: str | None
    emergency_confirmed_at: datetime | None
    emergency_confirmed_by: str | None
    deviation_no: str | None
    note: str | None
    clearance_id: int | None
    clearance_items: Sequence[str] | None
    cleared_by_id: int | None
    cleared_at: datetime | None
    cleared_by: str | None
    clearance_verified_at: datetime | None
    clearance_verified_by: str | None

    @property
    def cleared_first(self) -> bool:
        return needs_clearance(self.kind, self.run_type, self.room_class)

    @property
    def names_needed(self) -> int:
        return names_needed(self.kind, self.run_type, self.room_class, self.exposure)

    @property
    def is_to_be_confirmed(self) -> bool:
        """Whether it began in an emergency that nobody has confirmed."""
        return self.emergency_told is not None and self.emergency_confirmed_at is None

    @property
    def stands(self) -> SessionState:
        """The effective state: a released session that was moved afterwards counts as planned."""
        state = SessionState(self.state)
        if state in RELEASED and self.cleared_first and not self.is_released:
            return UNRECORDED
        return state

    @property
    def is_released(self) -> bool:
        """Whether the release is based on the valid clearance of this room and time."""
        if self.released_at is None or self.clearance_verified_at is None:
            return False
        return self.clearance_verified_at <= self.released_at

    @property
    def until(self) -> datetime:
        """The actual, expected or planned end."""
        return self.actual_end_at or self.expected_end_at or self.ends_at

    @property
    def planned(self) -> Period:
        """The planned time with its margins."""
        return Period(self.starts_at - timedelta(minutes=self.setup_min), self.ends_at + self.teardown)

    @property
    def teardown(self) -> timedelta:
        return timedelta(minutes=self.teardown_min)


def lock_keys_of(uow: Uow, reference: str, number: int) -> set[LockKey]:
    """The locks of an action in the session: all that it uses, its zones, what its booking holds, and its crew.

    Errors: NotFound, also for sessions the reader may not see.
    """
    rows = uow.session.execute(_LOCK_KEYS, {"reference": reference, "number": number}).all()
    if not rows:
        raise NotFound
    return {(LockKind(kind), int(subject)) for kind, subject in rows}


def get_session(uow: Uow, reference: str, number: int) -> SessionRow:
    """Errors: NotFound, also for sessions the reader may not see."""
    condition = "WHERE b.reference = :reference AND bs.number = :number"
    found = list_sessions(uow, condition, reference=reference, number=number)
    if not found:
        raise NotFound
    return found[0]


def count_named(uow: Uow, session: SessionRow) -> int:
    """How many people in the room of a session are named."""
    statement = text(
        "SELECT count(*) FROM session_person WHERE booking_session_id = :id AND left_at IS NULL"
        f" AND role IN ({sql_values(IN_ROOM_ROLES)})"
    )
    return int(uow.session.execute(statement, {"id": session.id}).scalar_one())


def list_sessions(uow: Uow, condition: str, **values: Any) -> list[SessionRow]:
    """The sessions that meet an SQL condition; the condition is always a constant of this package."""
    rows = uow.session.execute(text(f"{_SESSIONS} {condition}"), values)
    return [SessionRow(**row._mapping) for row in rows]  # noqa: SLF001


def change_session(uow: Uow, session: SessionRow, **changes: Any) -> None:
    """Compare-and-swap on the session's state. Errors: Stale when somebody else changed it."""
    key = {"company_id": session.company_id, "booking_id": session.booking_id, "number": session.number}
    statement = (
        insert(SessionRecord)
        .values(**key | {"state": session.state} | changes)
        .on_conflict_do_update(
            index_elements=["booking_id", "number"], set_=changes, where=SessionRecord.state == session.state
        )
        .returning(SessionRecord.id)
    )
    if uow.session.execute(statement).scalar() is None:
        raise Stale


_RAISE_REVISION = text(
    f"""
    UPDATE booking SET revision = revision + 1, changed_at = :now
    WHERE id = :id AND state IN ({sql_values(IN_FORCE)}) AND version = :version
      AND (:revision = 0 OR revision = :revision)
    RETURNING revision
    """
)


def raise_booking_revision(uow: Uow, session: SessionRow, revision: int | None) -> None:
    """Raise the booking's revision. Without `revision` it is not compared: two sessions can be recorded at once.

    Errors: Stale when the booking is no longer confirmed in this version, or `revision` is not the current one.
    """
    values = {
        "id": session.booking_id,
        "now": uow.now,
        "version": session.version,
        "revision": revision or 0,
    }
    if uow.session.execute(_RAISE_REVISION, values).scalar() is None:
        raise Stale


_INSERT_CLEARANCE = text(
    """
    INSERT INTO line_clearance (company_id, booking_id, session_number, room_id, starts_at, items, performed_by,
                                performed_at)
    VALUES (:company_id, :booking_id, :number, :room_id, :starts_at, CAST(:items AS jsonb), :performed_by, :now)
    """
)


def add_clearance(uow: Uow, session: SessionRow, items: Sequence[str]) -> None:
    """Add a line clearance; an earlier one for another time or room becomes void."""
    void_clearance(uow, session, "cleared anew")
    values = {
        "booking_id": session.booking_id,
        "number": session.number,
        "now": uow.now,
        "company_id": session.company_id,
        "room_id": session.room_id,
        "starts_at": session.starts_at,
        "items": json.dumps(list(items)),
        "performed_by": uow.actor.person_id,
    }
    uow.session.execute(_INSERT_CLEARANCE, values)


def verify_clearance(uow: Uow, session: SessionRow) -> None:
    """Errors: Stale when it was verified or void in the meantime."""
    statement = text(
        "UPDATE line_clearance SET verified_by = :person, verified_at = :now"
        " WHERE id = :id AND verified_at IS NULL AND void_at IS NULL RETURNING id"
    )
    values = {"id": session.clearance_id, "person": uow.actor.person_id, "now": uow.now}
    if uow.session.execute(statement, values).scalar() is None:
        raise Stale


def void_clearance(uow: Uow, session: SessionRow, reason: str) -> None:
    uow.session.execute(
        text(
            "UPDATE line_clearance SET void_at = :now, void_reason = :reason"
            " WHERE booking_id = :booking_id AND session_number = :number AND void_at IS NULL"
        ),
        {"now": uow.now, "reason": reason, "booking_id": session.booking_id, "number": session.number},
    )


_OPEN_RESERVATIONS = text(
    """
    SELECT r.code FROM equipment_reservation AS q
    JOIN booking AS b ON b.id = q.booking_id AND b.version = q.version
    JOIN resource AS r ON r.id = q.equipment_id
    WHERE b.id = :id AND q.ends_at > :now ORDER BY q.number
    """
)


def list_open_reservations(uow: Uow, booking_id: int) -> list[str]:
    """The codes of the equipment whose reservation has not ended."""
    rows = uow.session.execute(_OPEN_RESERVATIONS, {"id": booking_id, "now": uow.now})
    return [row.code for row in rows]
