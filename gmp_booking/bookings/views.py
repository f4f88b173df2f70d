"""A stored booking as its readers see it: its row and the parts of its current version."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from sqlalchemy import select, text

from gmp_booking.bookings.content import (
    BookingContent,
    NamedPerson,
    ReservationContent,
    SessionContent,
)
from gmp_booking.bookings.models import Booking, DecisionFacts, Evaluation
from gmp_booking.bookings.store import get_booking
from gmp_booking.infra.database.uow import Uow
from gmp_booking.kernel.states import NOT_BEGUN, SessionState
from gmp_booking.kernel.vocabulary import DonorStatus, Kind, Priority, RoomMode, RunType

__all__ = ["Booking", "BookingDetails", "details_of", "get_details"]

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
    """A booking and the parts of its current version.

    Shape: `parts` is JSON: company, requester, product, sessions (with people and equipment), equipment.
    """

    booking: Booking
    parts: Mapping[str, Any]
    findings: Sequence[Mapping[str, Any]] = field(default_factory=tuple)

    @property
    def content(self) -> BookingContent:
        """The content without cancelled sessions."""
        kept = {each["number"] for each in self.parts["sessions"] if each["state"] != SessionState.CANCELLED}
        whole = self.full_content
        return replace(whole, sessions=tuple(each for each in whole.sessions if each.number in kept))

    @property
    def remaining(self) -> BookingContent:
        """The content without sessions that have begun or ended; those are not evaluated again."""
        states = {each["number"]: each["state"] for each in self.parts["sessions"]}
        upcoming = NOT_BEGUN
        whole = self.full_content
        return replace(whole, sessions=tuple(each for each in whole.sessions if states[each.number or 0] in upcoming))

    @property
    def full_content(self) -> BookingContent:
        """The content with all sessions, cancelled ones included."""
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
    # Staff read complete findings; a company reads the redacted ones that were stored for it.
    table = DecisionFacts if uow.actor.sees_facility else Evaluation
    latest = (
        select(table.findings)
        .where(table.booking_id == booking.id, table.version == booking.version)
        .order_by(table.id.desc())
        .limit(1)
    )
    return BookingDetails(booking, parts, uow.session.execute(latest).scalar() or ())
