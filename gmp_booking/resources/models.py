"""Resources, their units, the slots that claim their time, and the occupancies that record their use."""

from datetime import datetime, timedelta

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Computed,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy import DateTime as SqlDateTime
from sqlalchemy.dialects.postgresql import ARRAY, TSTZRANGE, ExcludeConstraint, Range
from sqlalchemy.orm import Mapped, mapped_column

from gmp_booking.infra.database.base import Base, Key, Ref, Stamp
from gmp_booking.kernel.sql import sql_values
from gmp_booking.kernel.vocabulary import (
    ChangeoverPolicy,
    EquipmentStatus,
    PressureMode,
    ResourceKind,
    RoomActivity,
    RoomClass,
    RoomUse,
    SharePolicy,
)


class AirHandlingUnit(Base):
    __tablename__ = "ahu"

    id: Mapped[Key]
    code: Mapped[str] = mapped_column(Text, unique=True)
    single_pass: Mapped[bool] = mapped_column(server_default=text("false"))


class AirZone(Base):
    """Rooms that share air."""

    __tablename__ = "air_zone"

    id: Mapped[Key]
    code: Mapped[str] = mapped_column(Text, unique=True)
    ahu_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("ahu.id"))


class Resource(Base):
    __tablename__ = "resource"
    __table_args__ = (CheckConstraint(f"kind IN ({sql_values(ResourceKind)})", name="kind"),)

    id: Mapped[Key]
    code: Mapped[str] = mapped_column(Text, unique=True)
    kind: Mapped[str] = mapped_column(Text)
    name_ko: Mapped[str] = mapped_column(Text)
    name_en: Mapped[str] = mapped_column(Text)
    name_zh: Mapped[str] = mapped_column(Text)
    active: Mapped[bool] = mapped_column(server_default=text("true"))
    created_at: Mapped[Stamp]


class Room(Base):
    __tablename__ = "room"
    __table_args__ = (
        CheckConstraint(f"room_class IN ({sql_values(RoomClass)})", name="room_class"),
        CheckConstraint(f"changeover_policy IN ({sql_values(ChangeoverPolicy)})", name="changeover_policy"),
        CheckConstraint("max_occupancy > 0", name="max_occupancy"),
        CheckConstraint("seats > 0", name="seats"),
        CheckConstraint("recovery_min BETWEEN 0 AND 1440", name="recovery_min"),
        CheckConstraint("bsl_max BETWEEN 1 AND 4", name="bsl_max"),
        CheckConstraint(f"pressure_mode IN ({sql_values(PressureMode)})", name="pressure_mode"),
        CheckConstraint(f"allowed_activities <@ ARRAY[{sql_values(RoomActivity)}]", name="allowed_activities"),
    )

    id: Mapped[int] = mapped_column(BigInteger, ForeignKey("resource.id"), primary_key=True)
    grade: Mapped[str] = mapped_column(Text)
    room_class: Mapped[str] = mapped_column(Text)
    air_zone_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("air_zone.id"))
    area_m2: Mapped[int]
    max_occupancy: Mapped[int]
    bsl_max: Mapped[int | None]
    recovery_min: Mapped[int | None] = mapped_column(server_default=text("20"))
    seats: Mapped[int | None]
    gmp: Mapped[bool]
    changeover_policy: Mapped[str] = mapped_column(Text)
    vhp_group: Mapped[str | None] = mapped_column(Text)
    pressure_mode: Mapped[str | None] = mapped_column(Text)
    allowed_activities: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default=text("'{}'"))
    """Empty while the facility has not set them."""
    allowed_modalities: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default=text("'{}'"))
    """Empty for all."""
    shared: Mapped[bool] = mapped_column(server_default=text("false"))
    """Several may use it at once, as a classroom or a corridor."""


class Equipment(Base):
    __tablename__ = "equipment"
    __table_args__ = (
        CheckConstraint(f"room_use IN ({sql_values(RoomUse)})", name="room_use"),
        CheckConstraint(f"status IN ({sql_values(EquipmentStatus)})", name="status"),
        CheckConstraint(f"share_policy IN ({sql_values(SharePolicy)})", name="share_policy"),
        Index("ix_equipment_home_room_id", "home_room_id"),
    )

    id: Mapped[int] = mapped_column(BigInteger, ForeignKey("resource.id"), primary_key=True)
    equipment_kind: Mapped[str] = mapped_column(Text)
    home_room_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("room.id"))
    room_use: Mapped[str] = mapped_column(Text)
    share_policy: Mapped[str] = mapped_column(Text, server_default=SharePolicy.DEDICATED_BATCH.value)
    dedicated_product_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("product.id"))
    vhp_safe: Mapped[bool] = mapped_column(server_default=text("false"))
    gmp: Mapped[bool] = mapped_column(server_default=text("true"))
    status: Mapped[str] = mapped_column(Text, server_default=EquipmentStatus.AVAILABLE.value)


class Unit(Base):
    """One bookable place of a resource."""

    __tablename__ = "unit"
    __table_args__ = (UniqueConstraint("resource_id", "number"), UniqueConstraint("resource_id", "id"))

    id: Mapped[Key]
    resource_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("resource.id"))
    number: Mapped[int]


class ResourceLock(Base):
    """A row to lock for everything that a change may touch; inserted by triggers, never changed."""

    __tablename__ = "resource_lock"

    kind: Mapped[str] = mapped_column(Text, primary_key=True)
    subject_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)


class Changeover(Base):
    """The cleaning that a room or a piece of equipment owes between two uses. Shape: levels 1 to 5."""

    __tablename__ = "changeover"
    __table_args__ = (CheckConstraint("required_level BETWEEN 1 AND 5", name="required_level"),)

    id: Mapped[Key]
    resource_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("resource.id"))
    required_level: Mapped[int]
    created_at: Mapped[Stamp]


SLOT_CONSTRAINT = "ex_slot_unit_during"
LONGEST_SLOT = timedelta(days=368)
"""The longest slot: a booking spans at most 366 days, plus a day at either end for setup and teardown."""


class Slot(Base):
    """One unit taken for one half-open period, by a booking or by a changeover.

    Shape: a changeover's slot is no company's. Several sessions of a booking may share a slot.
    The wheel's server has no `btree_gist`, so equality of units is written as overlap of one-element ranges.
    """

    __tablename__ = "slot"
    __table_args__ = (
        ExcludeConstraint(
            (text("int8range(unit_id, unit_id, '[]')"), "&&"),
            ("during", "&&"),
            name=SLOT_CONSTRAINT,
            using="gist",
            where=text("active"),
        ),
        ForeignKeyConstraint(["resource_id", "unit_id"], ["unit.resource_id", "unit.id"]),
        ForeignKeyConstraint(["company_id", "booking_id"], ["booking.company_id", "booking.id"]),
        CheckConstraint(
            "NOT isempty(during) AND NOT lower_inf(during) AND NOT upper_inf(during) AND lower_inc(during)"
            " AND NOT upper_inc(during) AND isfinite(lower(during)) AND isfinite(upper(during))",
            name="during",
        ),
        CheckConstraint("num_nonnulls(booking_id, changeover_id) = 1", name="owner"),
        CheckConstraint("(booking_id IS NULL) = (company_id IS NULL)", name="company"),
        Index("ix_slot_changeover_id", "changeover_id", postgresql_where=text("changeover_id IS NOT NULL")),
        Index("ix_slot_booking_id", "booking_id", postgresql_where=text("active")),
        Index("ix_slot_company_id_starts_at", "company_id", "starts_at"),
        Index("ix_slot_company_id_ends_at", "company_id", "ends_at", postgresql_where=text("active")),
        Index("ix_slot_resource_id_ends_at", "resource_id", "ends_at"),
        Index("ix_slot_starts_at", "starts_at", postgresql_where=text("active")),
    )

    id: Mapped[Key]
    unit_id: Mapped[Ref]
    resource_id: Mapped[Ref]
    during: Mapped[Range[datetime]] = mapped_column(TSTZRANGE)
    starts_at: Mapped[datetime] = mapped_column(SqlDateTime(timezone=True), Computed("lower(during)", persisted=True))
    ends_at: Mapped[datetime] = mapped_column(SqlDateTime(timezone=True), Computed("upper(during)", persisted=True))
    active: Mapped[bool] = mapped_column(server_default=text("true"))
    company_id: Mapped[Ref | None]
    booking_id: Mapped[Ref | None]
    changeover_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("changeover.id"))


_ONE_UNIT = "int8range(unit_id, unit_id, '[]')"


class Occupancy(Base):
    """One unit that a session really uses, or used; no upper end while it runs.

    Shape: a slot claims time, an occupancy records it. `regardless` marks a second use at once, which production or QA
    recorded; `shared` marks a use beside others that is allowed.
    """

    __tablename__ = "occupancy"
    __table_args__ = (
        ExcludeConstraint(
            (text(_ONE_UNIT), "&&"),
            ("during", "&&"),
            name="ex_occupancy_unit_during",
            using="gist",
            where=text("NOT regardless AND NOT shared"),
        ),
        UniqueConstraint("booking_id", "session_number", "unit_id"),
        ForeignKeyConstraint(["resource_id", "unit_id"], ["unit.resource_id", "unit.id"]),
        ForeignKeyConstraint(["company_id", "booking_id"], ["booking.company_id", "booking.id"]),
        CheckConstraint(
            "NOT isempty(during) AND NOT lower_inf(during) AND lower_inc(during) AND isfinite(lower(during))"
            " AND (upper_inf(during) OR NOT upper_inc(during) AND isfinite(upper(during)))",
            name="during",
        ),
        Index("ix_occupancy_unit_id_during", text(_ONE_UNIT), "during", postgresql_using="gist"),
        Index("ix_occupancy_open", "unit_id", postgresql_where=text("upper_inf(during)")),
    )

    id: Mapped[Key]
    unit_id: Mapped[Ref]
    resource_id: Mapped[Ref]
    during: Mapped[Range[datetime]] = mapped_column(TSTZRANGE)
    company_id: Mapped[Ref]
    booking_id: Mapped[Ref]
    session_number: Mapped[int]
    regardless: Mapped[bool] = mapped_column(server_default=text("false"))
    shared: Mapped[bool] = mapped_column(server_default=text("false"))
