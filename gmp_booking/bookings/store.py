"""Reading and writing bookings; what reads many of them is in `lists`, what rules look at in `gather`."""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Text, bindparam, select, text
from sqlalchemy.dialects.postgresql import ARRAY

from gmp_booking.bookings.content import (
    BookingContent,
    NamedPerson,
    ReservationContent,
    SessionContent,
    content_hash,
)
from gmp_booking.bookings.lifecycle import (
    BookingState,
    DonorStatus,
    Kind,
    Priority,
    RoomMode,
    RunType,
    SessionState,
)
from gmp_booking.bookings.models import Booking, BookingSession, BookingVersion, DecisionFacts, Evaluation
from gmp_booking.bookings.swap import swap
from gmp_booking.infra.database.uow import Uow
from gmp_booking.kernel.errors import NotFound, Stale

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def new_reference() -> str:
    """A random name: a sequence would tell a competitor how busy another is."""
    return "BK-" + "".join(secrets.choice(ALPHABET) for _ in range(8))


def find_booking(uow: Uow, reference: str) -> Booking | None:
    return uow.session.scalars(select(Booking).where(Booking.reference == reference)).one_or_none()


def get_booking(uow: Uow, reference: str) -> Booking:
    """Errors: NotFound, also for what the reader may not know of."""
    booking = find_booking(uow, reference)
    if booking is None:
        raise NotFound
    return booking


def change_booking(uow: Uow, booking: Booking, **changes: Any) -> None:
    """Errors: Stale when somebody else was quicker."""
    swap(uow, booking, **changes)


def require_unchanged(uow: Uow, booking: Booking) -> None:
    """Errors: Stale when the booking is no longer as it was read."""
    now = uow.session.execute(select(Booking.revision).where(Booking.id == booking.id)).scalar_one()
    if now != booking.revision:
        raise Stale


_ADD = text(
    """
    WITH added AS (
        INSERT INTO booking (reference, company_id, kind, state, product_id, batch, run_type, title, purpose,
                             visibility, track, starts_at, ends_at, requested_by, entered_by, created_at, changed_at,
                             submitted_at, decide_by, pending_until, confirmed_at, draft, seats, basis, donor_status,
                             campaign, room_mode, priority, live_material, partners)
        VALUES (:reference, :company_id, :kind, :state, :product_id, :batch, :run_type, :title, :purpose, :visibility,
                :track, :starts_at, :ends_at, :requested_by, :entered_by, :now, :now, :submitted_at, :decide_by,
                :pending_until, :confirmed_at, CAST(:draft AS jsonb), :seats, :basis, :donor_status, :campaign,
                :room_mode, :priority, :live_material, :partners)
        RETURNING id
    )
    SELECT id FROM added
    """
).bindparams(bindparam("partners", type_=ARRAY(Text)))


@dataclass(frozen=True)
class NewBooking:
    """The columns of a booking to be added; drafts have little more than a kind."""

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
    visibility: str = "BUSY"
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    submitted_at: datetime | None = None
    decide_by: datetime | None = None
    pending_until: datetime | None = None
    confirmed_at: datetime | None = None
    draft: Mapping[str, Any] | None = None
    seats: int | None = None
    basis: str | None = None
    donor_status: str | None = None
    campaign: str | None = None
    room_mode: str = "SESSIONS"
    priority: str | None = None
    live_material: bool = False
    partners: Sequence[str] = ()


def add_booking(uow: Uow, new: NewBooking) -> int:
    """Write the booking's own row and return its id."""
    values = {name: getattr(new, name) for name in new.__dataclass_fields__} | {"now": uow.now}
    values["partners"] = list(new.partners)
    values["draft"] = None if new.draft is None else json.dumps(new.draft, ensure_ascii=False)
    return int(uow.session.execute(_ADD, values).scalar_one())


_ADD_VERSION = text(
    """
    WITH kept AS (
        INSERT INTO booking_version (booking_id, company_id, version, content, content_hash, created_at, created_by)
        VALUES (:booking_id, :company_id, :version, CAST(:content AS jsonb), :content_hash, :now, :created_by)
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
    ), r AS (
        INSERT INTO equipment_reservation (booking_id, company_id, version, number, equipment_id, units, starts_at,
                                           ends_at)
        SELECT :booking_id, :company_id, :version, x.*
        FROM jsonb_to_recordset(CAST(:reservations AS jsonb)) AS x (number int, equipment_id bigint, units int,
             starts_at timestamptz, ends_at timestamptz)
        RETURNING id, number
    )
    SELECT 'session', number, id FROM s UNION ALL SELECT 'reservation', number, id FROM r
    """
)


@dataclass(frozen=True)
class Parts:
    """The row ids of one version's sessions and reservations, by number."""

    sessions: Mapping[int, int]
    reservations: Mapping[int, int]


def add_version(
    uow: Uow, content: BookingContent, *, booking_id: int, company_id: int, version: int, ids: Mapping[str, int]
) -> Parts:
    """Write one version with its sessions, crew, attended equipment and reservations, in one statement.

    Shape: `ids` gives the row id of every resource code and person's e-mail the content names.
    """
    signed = content.signed()
    numbered = content.numbered_sessions
    values = {
        "booking_id": booking_id,
        "company_id": company_id,
        "version": version,
        "content": json.dumps(signed, ensure_ascii=False),
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
    rows = uow.session.execute(_ADD_VERSION, values).all()
    return Parts(
        sessions={number: row_id for what, number, row_id in rows if what == "session"},
        reservations={number: row_id for what, number, row_id in rows if what == "reservation"},
    )


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


_KEEP_VERDICT = text(
    """
    WITH kept AS (
        INSERT INTO evaluation (booking_id, company_id, version, occasion, outcome, findings, engine_version, at)
        VALUES (:booking_id, :company_id, :version, :occasion, :outcome, CAST(:findings AS jsonb), :engine, :now)
    )
    INSERT INTO decision_facts (booking_id, version, occasion, facts, findings, at)
    VALUES (:booking_id, :version, :occasion, CAST(:facts AS jsonb), CAST(:evidence AS jsonb), :now)
    """
)


def save_evaluation(
    uow: Uow,
    booking: Booking | tuple[int, int, int],
    *,
    occasion: str,
    outcome: str,
    findings: Sequence[Mapping[str, Any]],
    evidence: Sequence[Mapping[str, Any]],
    facts: Mapping[str, Any],
    engine: str,
) -> None:
    """Keep what the rules said and the facts they said it on.

    Shape: a booking, or its (id, company id, version).
    """
    if isinstance(booking, Booking):
        booking = (booking.id, booking.company_id, booking.version)
    booking_id, company_id, version = booking
    values = {
        "booking_id": booking_id,
        "company_id": company_id,
        "version": version,
        "occasion": occasion,
        "outcome": outcome,
        "findings": json.dumps(findings, ensure_ascii=False),
        "evidence": json.dumps(evidence, ensure_ascii=False),
        "facts": json.dumps(facts, ensure_ascii=False),
        "engine": engine,
        "now": uow.now,
    }
    uow.session.execute(_KEEP_VERDICT, values)


def deactivate_crew(uow: Uow, booking_id: int) -> None:
    """The booking's people are free again."""
    uow.session.execute(
        text("UPDATE session_person SET active = false WHERE booking_id = :id AND active"), {"id": booking_id}
    )


def has_begun_session(uow: Uow, booking: Booking) -> bool:
    """Whether in any session of the version in force somebody works or has worked."""
    statement = select(BookingSession.id).where(
        BookingSession.booking_id == booking.id,
        BookingSession.version == booking.version,
        BookingSession.actual_start_at.is_not(None),
    )
    return bool(uow.session.execute(select(statement.exists())).scalar_one())


def cancel_sessions(uow: Uow, booking_id: int) -> None:
    uow.session.execute(
        text("UPDATE booking_session SET state = 'CANCELLED' WHERE booking_id = :id AND state IN ('PLANNED', 'READY')"),
        {"id": booking_id},
    )


def current_hash(uow: Uow, booking: Booking) -> str:
    """The content hash of the booking's version, to be signed."""
    statement = select(BookingVersion.content_hash).where(
        BookingVersion.booking_id == booking.id, BookingVersion.version == booking.version
    )
    return uow.session.execute(statement).scalar_one()


_CONTENT = text(
    """
    SELECT jsonb_build_object(
        'company', (SELECT jsonb_build_object('id', c.id, 'code', c.code, 'ko', c.name_ko, 'en', c.name_en,
                                              'zh', c.name_zh)
                    FROM company AS c WHERE c.id = b.company_id),
        'requester', (SELECT jsonb_build_object('id', p.id, 'name', p.name, 'email', p.email)
                      FROM person AS p WHERE p.id = b.requested_by),
        'product', (SELECT jsonb_build_object('code', p.code, 'name', p.name)
                    FROM product AS p WHERE p.id = CAST(:product_id AS bigint)),
        'sessions', COALESCE((
            SELECT jsonb_agg(jsonb_build_object(
                'id', s.id, 'number', s.number, 'room', r.code,
                'names', jsonb_build_object('ko', r.name_ko, 'en', r.name_en, 'zh', r.name_zh),
                'grade', room.grade, 'start', s.starts_at, 'end', s.ends_at, 'setup_min', s.setup_min,
                'teardown_min', s.teardown_min, 'step', s.step, 'exposure', s.exposure, 'headcount', s.headcount,
                'state', s.state, 'agreed_start', COALESCE(s.agreed_starts_at, s.starts_at),
                'agreed_end', COALESCE(s.agreed_ends_at, s.ends_at),
                'people', COALESCE((SELECT jsonb_agg(jsonb_build_object(
                        'id', p.id, 'email', p.email, 'name', p.name, 'role', sp.role) ORDER BY sp.id)
                    FROM session_person AS sp JOIN person AS p ON p.id = sp.person_id
                    WHERE sp.booking_session_id = s.id AND sp.left_at IS NULL), '[]'),
                'equipment', COALESCE((SELECT jsonb_agg(e.code ORDER BY e.code)
                    FROM session_equipment AS se JOIN resource AS e ON e.id = se.equipment_id
                    WHERE se.booking_session_id = s.id), '[]')) ORDER BY s.number)
            FROM booking_session AS s JOIN resource AS r ON r.id = s.room_id JOIN room ON room.id = s.room_id
            WHERE s.booking_id = b.id AND s.version = :version), '[]'),
        'equipment', COALESCE((
            SELECT jsonb_agg(jsonb_build_object(
                'id', q.id, 'number', q.number, 'resource', r.code,
                'names', jsonb_build_object('ko', r.name_ko, 'en', r.name_en, 'zh', r.name_zh),
                'room_use', e.room_use, 'units', q.units, 'start', q.starts_at, 'end', q.ends_at,
                'agreed_start', COALESCE(q.agreed_starts_at, q.starts_at),
                'agreed_end', COALESCE(q.agreed_ends_at, q.ends_at)) ORDER BY q.number)
            FROM equipment_reservation AS q JOIN resource AS r ON r.id = q.equipment_id
            JOIN equipment AS e ON e.id = q.equipment_id
            WHERE q.booking_id = b.id AND q.version = :version), '[]')
    ) FROM booking AS b WHERE b.id = :booking_id
    """
)


@dataclass(frozen=True)
class BookingDetails:
    """A booking with all that belongs to its current version.

    Shape: `parts` is JSON: company, requester, product, sessions (with people and equipment), equipment.
    """

    booking: Booking
    parts: Mapping[str, Any]
    findings: Sequence[Mapping[str, Any]] = field(default_factory=tuple)

    @property
    def content(self) -> BookingContent:
        """The content as it stands: without the sessions that were given up."""
        standing = {each["number"] for each in self.parts["sessions"] if each["state"] != SessionState.CANCELLED}
        whole = self.listed
        return replace(whole, sessions=tuple(each for each in whole.sessions if each.number in standing))

    @property
    def ahead(self) -> BookingContent:
        """The part of it that is still to come: what has begun or ended is judged no more."""
        states = {each["number"]: each["state"] for each in self.parts["sessions"]}
        still = {SessionState.PLANNED, SessionState.READY}
        whole = self.listed
        return replace(whole, sessions=tuple(each for each in whole.sessions if states[each.number or 0] in still))

    @property
    def listed(self) -> BookingContent:
        """The content as it was asked for, every session of it."""
        b = self.booking
        return BookingContent(
            kind=Kind(b.kind),
            product=(self.parts["product"] or {}).get("code"),
            batch=b.batch,
            run_type=RunType(b.run_type) if b.run_type else None,
            title=b.title,
            purpose=b.purpose,
            visibility=b.visibility,
            seats=b.seats,
            basis=b.basis,
            donor_status=DonorStatus(b.donor_status) if b.donor_status else None,
            campaign=b.campaign,
            room_mode=RoomMode(b.room_mode),
            priority=Priority(b.priority) if b.priority else None,
            live_material=b.live_material,
            partners=tuple(b.partners),
            sessions=tuple(_session_content(each) for each in self.parts["sessions"]),
            equipment=tuple(
                ReservationContent(
                    each["resource"], _at(each["start"]), _at(each["end"]), each["units"], each["number"]
                )
                for each in self.parts["equipment"]
            ),
        )


def _at(instant: str) -> datetime:
    return datetime.fromisoformat(instant)


def _session_content(session: Mapping[str, Any]) -> SessionContent:
    return SessionContent(
        room=session["room"],
        start=_at(session["start"]),
        end=_at(session["end"]),
        step=session["step"],
        exposure=session["exposure"],
        headcount=session["headcount"],
        setup_min=session["setup_min"],
        teardown_min=session["teardown_min"],
        people=tuple(NamedPerson(person["email"], person["role"]) for person in session["people"]),
        equipment=tuple(session["equipment"]),
        number=session["number"],
    )


def get_details(uow: Uow, reference: str) -> BookingDetails:
    """Errors: NotFound."""
    booking = get_booking(uow, reference)
    return details_of(uow, booking)


def details_of(uow: Uow, booking: Booking) -> BookingDetails:
    """The booking with the parts of the version it names, in force or proposed."""
    values = {"booking_id": booking.id, "version": booking.version, "product_id": booking.product_id}
    parts = uow.session.execute(_CONTENT, values).scalar_one()
    # The facility reads the findings whole; a company as they were kept for it.
    kept = DecisionFacts if uow.actor.sees_facility else Evaluation
    latest = (
        select(kept.findings)
        .where(kept.booking_id == booking.id, kept.version == booking.version)
        .order_by(kept.id.desc())
        .limit(1)
    )
    return BookingDetails(booking, parts, uow.session.execute(latest).scalar() or ())
