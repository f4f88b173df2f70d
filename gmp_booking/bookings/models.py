"""Tables of bookings: booking, versions, sessions, equipment reservations, changes and evaluations."""

from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    DateTime,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    LargeBinary,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from gmp_booking.infra.database.base import Base, Instant, Key, Ref, Stamp
from gmp_booking.kernel import states
from gmp_booking.kernel.sql import sql_value, sql_values
from gmp_booking.kernel.vocabulary import DEMONSTRATIONS, DonorStatus, Exposure, Priority, RoomMode, Visibility

_OPEN_CHANGE = f"state IN ({sql_values(states.OPEN_CHANGE)})"


def _of_the_booking() -> ForeignKeyConstraint:
    """A child has the company of its booking. Foreign keys ignore row-level security, so the key is the pair."""
    return ForeignKeyConstraint(["company_id", "booking_id"], ["booking.company_id", "booking.id"])


class Booking(Base):
    __tablename__ = "booking"
    __table_args__ = (
        UniqueConstraint("company_id", "id"),
        ForeignKeyConstraint(["company_id", "product_id"], ["product.company_id", "product.id"]),
        CheckConstraint(f"state IN ({sql_values(states.BookingState)})", name="state"),
        CheckConstraint("seats > 0", name="seats"),
        CheckConstraint(f"donor_status IN ({sql_values(DonorStatus)})", name="donor_status"),
        CheckConstraint(f"room_mode IN ({sql_values(RoomMode)})", name="room_mode"),
        CheckConstraint(f"priority IN ({sql_values(Priority)})", name="priority"),
        CheckConstraint(
            f"visibility = {sql_value(Visibility.BUSY)}"
            f" OR visibility = {sql_value(Visibility.PUBLIC)} AND title IS NOT NULL"
            f" AND kind IN ({sql_values(DEMONSTRATIONS)})",
            name="visibility",
        ),
        Index("ix_booking_company_id_batch", "company_id", "batch", postgresql_where=text("batch IS NOT NULL")),
        Index("ix_booking_company_id_created_at", "company_id", "created_at"),
        Index("ix_booking_company_id_starts_at", "company_id", "starts_at"),
        Index("ix_booking_company_id_ends_at", "company_id", "ends_at"),
        Index("ix_booking_requested_by_ends_at", "requested_by", "ends_at"),
        Index("ix_booking_starts_at", "starts_at"),
        Index("ix_booking_ends_at", "ends_at"),
        Index("ix_booking_created_at_id", "created_at", "id"),
        Index("ix_booking_public", "ends_at", postgresql_where=text(f"visibility = {sql_value(Visibility.PUBLIC)}")),
        Index("ix_booking_waiting", "submitted_at", postgresql_where=text(f"state IN ({sql_values(states.WAITING)})")),
        Index(
            "ix_booking_draft",
            "entered_by",
            "changed_at",
            postgresql_where=text(f"state IN ({sql_values(states.DRAFTED)})"),
        ),
        Index("ix_booking_pending", "pending_until", postgresql_where=text("pending_until IS NOT NULL")),
    )

    id: Mapped[Key]
    reference: Mapped[str] = mapped_column(Text, unique=True)
    company_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("company.id"))
    kind: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(Text)
    version: Mapped[int] = mapped_column(server_default=text("1"))
    revision: Mapped[int] = mapped_column(server_default=text("1"))
    product_id: Mapped[int | None] = mapped_column(BigInteger)
    batch: Mapped[str | None] = mapped_column(Text)
    run_type: Mapped[str | None] = mapped_column(Text)
    title: Mapped[str | None] = mapped_column(Text)
    purpose: Mapped[str | None] = mapped_column(Text)
    visibility: Mapped[str] = mapped_column(Text, server_default=Visibility.BUSY.value)
    seats: Mapped[int | None]
    basis: Mapped[str | None] = mapped_column(Text)
    donor_status: Mapped[str | None] = mapped_column(Text)
    campaign: Mapped[str | None] = mapped_column(Text)
    room_mode: Mapped[str] = mapped_column(Text, server_default=RoomMode.SESSIONS.value)
    priority: Mapped[str | None] = mapped_column(Text)
    live_material: Mapped[bool] = mapped_column(server_default=text("false"))
    partners: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default=text("'{}'"))
    track: Mapped[str] = mapped_column(Text)
    stage: Mapped[int] = mapped_column(server_default=text("0"))
    at_risk: Mapped[bool] = mapped_column(server_default=text("false"))
    sequence: Mapped[int] = mapped_column(server_default=text("0"))
    pending_since: Mapped[Instant | None]
    """The first submission, with the time spent returned added."""
    returned_at: Mapped[Instant | None]
    draft: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    starts_at: Mapped[Instant | None]
    ends_at: Mapped[Instant | None]
    requested_by: Mapped[int] = mapped_column(BigInteger, ForeignKey("person.id"))
    entered_by: Mapped[int] = mapped_column(BigInteger, ForeignKey("person.id"))
    created_at: Mapped[Stamp]
    changed_at: Mapped[Stamp]
    submitted_at: Mapped[Instant | None]
    decide_by: Mapped[Instant | None]
    pending_until: Mapped[Instant | None]
    confirmed_at: Mapped[Instant | None]
    ended_at: Mapped[Instant | None]


class BookingVersion(Base):
    """The signed content of one version, with the bytes that were hashed and their hash.

    Shape: `canonical` is None for old versions whose bytes could not be rebuilt.
    """

    __tablename__ = "booking_version"
    __table_args__ = (UniqueConstraint("booking_id", "version"), _of_the_booking())

    id: Mapped[Key]
    booking_id: Mapped[Ref]
    company_id: Mapped[Ref]
    version: Mapped[int]
    content: Mapped[dict[str, Any]] = mapped_column(JSONB)
    canonical: Mapped[bytes | None] = mapped_column(LargeBinary)
    content_hash: Mapped[str] = mapped_column(Text)
    created_at: Mapped[Stamp]
    created_by: Mapped[int] = mapped_column(BigInteger, ForeignKey("person.id"))


class BookingSession(Base):
    """A session in a room, of one version of a booking.

    Shape: the agreed times are set when it was moved or shortened within the signed content.
    """

    __tablename__ = "booking_session"
    __table_args__ = (
        UniqueConstraint("booking_id", "version", "number"),
        UniqueConstraint("company_id", "id"),
        _of_the_booking(),
        CheckConstraint("starts_at < ends_at", name="order"),
        CheckConstraint("headcount >= 0", name="headcount"),
        CheckConstraint("setup_min >= 0 AND teardown_min >= 0", name="margins"),
        Index("ix_booking_session_company_id_starts_at", "company_id", "starts_at"),
        Index("ix_booking_session_room_id_starts_at", "room_id", "starts_at"),
        Index("ix_booking_session_starts_at", "starts_at"),
    )

    id: Mapped[Key]
    booking_id: Mapped[Ref]
    company_id: Mapped[Ref]
    version: Mapped[int]
    number: Mapped[int]
    room_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("room.id"))
    starts_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    ends_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    setup_min: Mapped[int] = mapped_column(server_default=text("0"))
    teardown_min: Mapped[int] = mapped_column(server_default=text("0"))
    step: Mapped[str | None] = mapped_column(Text)
    exposure: Mapped[str] = mapped_column(Text, server_default=Exposure.CLOSED.value)
    headcount: Mapped[int]
    agreed_starts_at: Mapped[Instant | None]
    agreed_ends_at: Mapped[Instant | None]


class SessionRecord(Base):
    """What happens in one session, whatever version is in force. A session without a record is planned.

    Shape: `actual_*` is when it happened, `*_entered_*` when and by whom it was recorded.
    """

    __tablename__ = "session_record"
    __table_args__ = (
        UniqueConstraint("booking_id", "number"),
        _of_the_booking(),
        CheckConstraint(f"state IN ({sql_values(states.SessionState)})", name="state"),
        CheckConstraint("actual_start_at <= actual_end_at", name="actual"),
        CheckConstraint("headcount_actual >= 0", name="headcount_actual"),
        Index(
            "ix_session_record_running", "booking_id", postgresql_where=text(f"state IN ({sql_values(states.RUNNING)})")
        ),
        Index(
            "ix_session_record_not_overdue",
            "booking_id",
            postgresql_where=text(f"state IN ({sql_values(states.RUNNING)}) AND overdue_at IS NULL"),
        ),
        Index(
            "ix_session_record_ready", "released_at", postgresql_where=text(f"state IN ({sql_values(states.RELEASED)})")
        ),
        Index(
            "ix_session_record_unverified",
            "end_entered_at",
            postgresql_where=text(f"state IN ({sql_values(states.COMPLETED)}) AND verified_at IS NULL"),
        ),
        Index(
            "ix_session_record_unconfirmed",
            "booking_id",
            postgresql_where=text("emergency_told IS NOT NULL AND emergency_confirmed_at IS NULL"),
        ),
        Index(
            "ix_session_record_until",
            text("coalesce(actual_end_at, expected_end_at)"),
            postgresql_where=text("coalesce(actual_end_at, expected_end_at) IS NOT NULL"),
        ),
    )

    id: Mapped[Key]
    company_id: Mapped[Ref]
    booking_id: Mapped[Ref]
    number: Mapped[int]
    state: Mapped[str] = mapped_column(Text, server_default=states.UNRECORDED.value)
    actual_start_at: Mapped[Instant | None]
    start_entered_at: Mapped[Instant | None]
    start_entered_by: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("person.id"))
    expected_end_at: Mapped[Instant | None]
    actual_end_at: Mapped[Instant | None]
    end_entered_at: Mapped[Instant | None]
    end_entered_by: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("person.id"))
    verified_at: Mapped[Instant | None]
    verified_by: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("person.id"))
    released_at: Mapped[Instant | None]
    headcount_actual: Mapped[int | None]
    headcount_reason: Mapped[str | None] = mapped_column(Text)
    """Why more people were in the room than it allows."""
    emergency_told: Mapped[str | None] = mapped_column(Text)
    """Who was told of an emergency entry, and when; None for any other start."""
    emergency_confirmed_at: Mapped[Instant | None]
    emergency_confirmed_by: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("person.id"))
    overdue_at: Mapped[Instant | None]
    """When the event was recorded that it had not ended in time."""
    deviation_no: Mapped[str | None] = mapped_column(Text)
    note: Mapped[str | None] = mapped_column(Text)


class SessionPerson(Base):
    """A person of a session with a role; it repeats the times so that a person's day is one index scan.

    Shape: `left_at` is set when the person was replaced; `active` is false when the booking ended.
    """

    __tablename__ = "session_person"
    __table_args__ = (
        UniqueConstraint("booking_session_id", "person_id"),
        ForeignKeyConstraint(
            ["company_id", "booking_session_id"], ["booking_session.company_id", "booking_session.id"]
        ),
        Index("ix_session_person_person_id_ends_at", "person_id", "ends_at"),
        Index("ix_session_person_booking_id", "booking_id", postgresql_where=text("active")),
    )

    id: Mapped[Key]
    booking_session_id: Mapped[Ref]
    booking_id: Mapped[Ref]
    company_id: Mapped[Ref]
    person_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("person.id"))
    role: Mapped[str] = mapped_column(Text)
    room_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("room.id"))
    starts_at: Mapped[Instant]
    ends_at: Mapped[Instant]
    active: Mapped[bool] = mapped_column(server_default=text("true"))
    left_at: Mapped[Instant | None]


class SessionEquipment(Base):
    """Equipment that is attended during a session."""

    __tablename__ = "session_equipment"
    __table_args__ = (
        UniqueConstraint("booking_session_id", "equipment_id"),
        ForeignKeyConstraint(
            ["company_id", "booking_session_id"], ["booking_session.company_id", "booking_session.id"]
        ),
    )

    id: Mapped[Key]
    booking_session_id: Mapped[Ref]
    company_id: Mapped[Ref]
    equipment_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("equipment.id"))


class EquipmentReservation(Base):
    """A reservation of equipment, of one version of a booking, for hours or weeks."""

    __tablename__ = "equipment_reservation"
    __table_args__ = (
        UniqueConstraint("booking_id", "version", "number"),
        UniqueConstraint("company_id", "id"),
        _of_the_booking(),
        CheckConstraint("starts_at < ends_at", name="order"),
        CheckConstraint("units > 0", name="units"),
        Index("ix_equipment_reservation_company_id_starts_at", "company_id", "starts_at"),
    )

    id: Mapped[Key]
    booking_id: Mapped[Ref]
    company_id: Mapped[Ref]
    version: Mapped[int]
    number: Mapped[int]
    equipment_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("equipment.id"))
    units: Mapped[int]
    starts_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    ends_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    agreed_starts_at: Mapped[Instant | None]
    agreed_ends_at: Mapped[Instant | None]


class ChangeRequest(Base):
    """A change request: a proposed version, while the version before it stays confirmed.

    Shape: `head` has the values that the row of the booking gets when the change is applied.
    """

    __tablename__ = "booking_change"
    __table_args__ = (
        UniqueConstraint("booking_id", "version"),
        ForeignKeyConstraint(["booking_id", "version"], ["booking_version.booking_id", "booking_version.version"]),
        _of_the_booking(),
        CheckConstraint(f"state IN ({sql_values(states.ChangeState)})", name="state"),
        CheckConstraint("version > base_version", name="version"),
        CheckConstraint(f"({_OPEN_CHANGE}) = (ended_at IS NULL)", name="ended"),
        Index("ix_booking_change_open", "booking_id", unique=True, postgresql_where=text(_OPEN_CHANGE)),
        Index(
            "ix_booking_change_waiting",
            "submitted_at",
            postgresql_where=text(f"state IN ({sql_values(states.WAITING_CHANGE)})"),
        ),
        Index("ix_booking_change_pending", "pending_until", postgresql_where=text(_OPEN_CHANGE)),
    )

    id: Mapped[Key]
    booking_id: Mapped[Ref]
    company_id: Mapped[Ref]
    version: Mapped[int]
    base_version: Mapped[int]
    state: Mapped[str] = mapped_column(Text)
    track: Mapped[str] = mapped_column(Text)
    stage: Mapped[int] = mapped_column(server_default=text("0"))
    revision: Mapped[int] = mapped_column(server_default=text("1"))
    head: Mapped[dict[str, Any]] = mapped_column(JSONB)
    explanation: Mapped[str | None] = mapped_column(Text)
    requested_by: Mapped[int] = mapped_column(BigInteger, ForeignKey("person.id"))
    entered_by: Mapped[int] = mapped_column(BigInteger, ForeignKey("person.id"))
    submitted_at: Mapped[Instant]
    decide_by: Mapped[Instant]
    pending_until: Mapped[Instant]
    pending_since: Mapped[Instant]
    returned_at: Mapped[Instant | None]
    ended_at: Mapped[Instant | None]
    created_at: Mapped[Stamp]
    changed_at: Mapped[Stamp]


class Evaluation(Base):
    """The result of the rules for one version on one occasion, as its company may read it."""

    __tablename__ = "evaluation"
    __table_args__ = (Index("ix_evaluation_booking_id_version", "booking_id", "version"), _of_the_booking())

    id: Mapped[Key]
    booking_id: Mapped[Ref]
    company_id: Mapped[Ref]
    version: Mapped[int]
    occasion: Mapped[str] = mapped_column(Text)
    outcome: Mapped[str] = mapped_column(Text)
    findings: Mapped[list[Any]] = mapped_column(JSONB)
    engine_version: Mapped[str] = mapped_column(Text)
    at: Mapped[Stamp]


class DecisionFacts(Base):
    """The facts of an evaluation; they include other companies' facts, so only the facility reads them."""

    __tablename__ = "decision_facts"
    __table_args__ = (Index("ix_decision_facts_booking_id", "booking_id"),)

    id: Mapped[Key]
    booking_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("booking.id"))
    version: Mapped[int]
    occasion: Mapped[str] = mapped_column(Text)
    facts: Mapped[dict[str, Any]] = mapped_column(JSONB)
    findings: Mapped[list[Any]] = mapped_column(JSONB)
    at: Mapped[Stamp]


class Acknowledgement(Base):
    """A person's confirmation of a booking that staff entered; the link in the mail is derived from `nonce`."""

    __tablename__ = "acknowledgement"
    __table_args__ = (UniqueConstraint("booking_id", "person_id"), _of_the_booking())

    id: Mapped[Key]
    booking_id: Mapped[Ref]
    company_id: Mapped[Ref]
    person_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("person.id"))
    nonce: Mapped[str] = mapped_column(Text, unique=True)
    created_at: Mapped[Stamp]
    confirmed_at: Mapped[Instant | None]
