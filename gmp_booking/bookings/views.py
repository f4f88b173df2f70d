"""A stored booking as its readers see it: its row and the parts of its current version."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
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
from gmp_booking.bookings.session_state import JOINED_STATE
from gmp_booking.bookings.store import get_booking
from gmp_booking.conflicts.finding import Finding
from gmp_booking.infra.database.uow import Uow
from gmp_booking.kernel.period import Period
from gmp_booking.kernel.states import GIVEN_UP, NOT_BEGUN, SessionState
from gmp_booking.kernel.vocabulary import DonorStatus, Kind, Priority, RoomMode, RunType

__all__ = ["Booking", "BookingView", "ReservationView", "SessionView", "get_view", "view_of"]

_CONTENT = text(
    f"""
    SELECT jsonb_build_object(
        'company', (SELECT jsonb_build_object('id', c.id, 'code', c.code, 'names',
                        jsonb_build_object('ko', c.name_ko, 'en', c.name_en, 'zh', c.name_zh))
                    FROM company AS c WHERE c.id = b.company_id),
        'requester', (SELECT jsonb_build_object('id', p.id, 'name', p.name, 'email', p.email)
                      FROM person AS p WHERE p.id = b.requested_by),
        'product', (SELECT jsonb_build_object('code', p.code, 'name', p.name)
                    FROM product AS p WHERE p.id = CAST(:product_id AS bigint)),
        'sessions', COALESCE((
            SELECT jsonb_agg(jsonb_build_object(
                'id', s.id, 'number', s.number, 'room', r.code,
                'names', jsonb_build_object('ko', r.name_ko, 'en', r.name_en, 'zh', r.name_zh),
                'grade', room.grade, 'period', jsonb_build_array(s.starts_at, s.ends_at),
                'agreed', jsonb_build_array(COALESCE(s.agreed_starts_at, s.starts_at),
                                            COALESCE(s.agreed_ends_at, s.ends_at)),
                'setup_min', s.setup_min, 'teardown_min', s.teardown_min, 'step', s.step, 'exposure', s.exposure,
                'headcount', s.headcount, 'state', {JOINED_STATE},
                'people', COALESCE((SELECT jsonb_agg(jsonb_build_object(
                        'id', p.id, 'email', p.email, 'name', p.name, 'role', sp.role) ORDER BY sp.id)
                    FROM session_person AS sp JOIN person AS p ON p.id = sp.person_id
                    WHERE sp.booking_session_id = s.id AND sp.left_at IS NULL), '[]'),
                'equipment', COALESCE((SELECT jsonb_agg(e.code ORDER BY e.code)
                    FROM session_equipment AS se JOIN resource AS e ON e.id = se.equipment_id
                    WHERE se.booking_session_id = s.id), '[]')) ORDER BY s.number)
            FROM booking_session AS s JOIN resource AS r ON r.id = s.room_id JOIN room ON room.id = s.room_id
            LEFT JOIN session_record AS record ON record.booking_id = s.booking_id AND record.number = s.number
            WHERE s.booking_id = b.id AND s.version = :version), '[]'),
        'equipment', COALESCE((
            SELECT jsonb_agg(jsonb_build_object(
                'id', q.id, 'number', q.number, 'resource', r.code,
                'names', jsonb_build_object('ko', r.name_ko, 'en', r.name_en, 'zh', r.name_zh),
                'room_use', e.room_use, 'units', q.units, 'period', jsonb_build_array(q.starts_at, q.ends_at),
                'agreed', jsonb_build_array(COALESCE(q.agreed_starts_at, q.starts_at),
                                            COALESCE(q.agreed_ends_at, q.ends_at))) ORDER BY q.number)
            FROM equipment_reservation AS q JOIN resource AS r ON r.id = q.equipment_id
            JOIN equipment AS e ON e.id = q.equipment_id
            WHERE q.booking_id = b.id AND q.version = :version), '[]')
    ) FROM booking AS b WHERE b.id = :booking_id
    """
)


@dataclass(frozen=True, kw_only=True)
class CompanyRef:
    """Shape: `names` by language: ko, en, zh."""

    id: int
    code: str
    names: Mapping[str, str]


@dataclass(frozen=True, kw_only=True)
class PersonRef:
    id: int
    name: str
    email: str


@dataclass(frozen=True, kw_only=True)
class PersonInSession(PersonRef):
    """A person in a session, with their role there."""

    role: str


@dataclass(frozen=True, kw_only=True)
class ProductRef:
    code: str
    name: str


@dataclass(frozen=True, kw_only=True)
class SessionView:
    """A session of one version. Shape: `agreed` is the time its signatures name; a move leaves it as it is."""

    id: int
    number: int
    room: str
    names: Mapping[str, str]
    grade: str | None
    period: Period
    agreed: Period
    setup_min: int
    teardown_min: int
    step: str | None
    exposure: str
    headcount: int
    state: SessionState
    people: tuple[PersonInSession, ...]
    equipment: tuple[str, ...]

    @property
    def key(self) -> str:
        """The key of its calendar entry."""
        return f"s{self.number}"

    @property
    def code(self) -> str:
        return self.room

    @property
    def content(self) -> SessionContent:
        return SessionContent(
            room=self.room,
            start=self.period.start,
            end=self.period.end,
            step=self.step,
            exposure=self.exposure,
            headcount=self.headcount,
            setup_min=self.setup_min,
            teardown_min=self.teardown_min,
            people=tuple(NamedPerson(person.email, person.role) for person in self.people),
            equipment=self.equipment,
            number=self.number,
        )


@dataclass(frozen=True, kw_only=True)
class ReservationView:
    """An equipment reservation of one version. Shape: `agreed` as in `SessionView`."""

    id: int
    number: int
    resource: str
    names: Mapping[str, str]
    room_use: str | None
    units: int
    period: Period
    agreed: Period

    @property
    def key(self) -> str:
        """The key of its calendar entry."""
        return f"e{self.number}"

    @property
    def code(self) -> str:
        return self.resource

    @property
    def content(self) -> ReservationContent:
        return ReservationContent(self.resource, self.period.start, self.period.end, self.units, self.number)


@dataclass(frozen=True, kw_only=True)
class BookingView:
    """A booking and the parts of the version it names."""

    booking: Booking
    company: CompanyRef
    requester: PersonRef | None
    product: ProductRef | None
    sessions: tuple[SessionView, ...]
    equipment: tuple[ReservationView, ...]
    findings: tuple[Finding, ...] = ()

    @property
    def content(self) -> BookingContent:
        """The content without cancelled sessions."""
        kept = [each for each in self.sessions if each.state not in GIVEN_UP]
        return replace(self.full_content, sessions=tuple(each.content for each in kept))

    @property
    def remaining(self) -> BookingContent:
        """The content without sessions that have begun or ended; those are not evaluated again."""
        ahead = [each for each in self.sessions if each.state in NOT_BEGUN]
        return replace(self.full_content, sessions=tuple(each.content for each in ahead))

    @property
    def full_content(self) -> BookingContent:
        """The content with all sessions, cancelled ones included."""
        b = self.booking
        return BookingContent(
            kind=Kind(b.kind),
            product=self.product.code if self.product else None,
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
            sessions=tuple(each.content for each in self.sessions),
            equipment=tuple(each.content for each in self.equipment),
        )

    @property
    def crew(self) -> Iterator[PersonInSession]:
        """Everybody named in a session, once for each session."""
        return (person for session in self.sessions for person in session.people)


def get_view(uow: Uow, reference: str) -> BookingView:
    """Errors: NotFound."""
    return view_of(uow, get_booking(uow, reference))


def view_of(uow: Uow, booking: Booking) -> BookingView:
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
    return BookingView(
        booking=booking,
        company=CompanyRef(**parts["company"]),
        requester=PersonRef(**parts["requester"]) if parts["requester"] else None,
        product=ProductRef(**parts["product"]) if parts["product"] else None,
        sessions=tuple(_session_view(each) for each in parts["sessions"]),
        equipment=tuple(_reservation_view(each) for each in parts["equipment"]),
        findings=tuple(map(Finding.from_dict, uow.session.execute(latest).scalar() or ())),
    )


def _session_view(row: dict[str, Any]) -> SessionView:
    row |= _periods(row) | {
        "state": SessionState(row["state"]),
        "people": tuple(PersonInSession(**person) for person in row["people"]),
        "equipment": tuple(row["equipment"]),
    }
    return SessionView(**row)


def _reservation_view(row: dict[str, Any]) -> ReservationView:
    return ReservationView(**row | _periods(row))


def _periods(row: dict[str, Any]) -> dict[str, Period]:
    return {name: Period(*map(datetime.fromisoformat, row[name])) for name in ("period", "agreed")}
