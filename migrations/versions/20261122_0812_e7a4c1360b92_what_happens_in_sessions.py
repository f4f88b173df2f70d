"""What happens in a session: line clearance, true times, overruns."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "e7a4c1360b92"
down_revision = "d5e02f9c6a18"
branch_labels = None
depends_on = None

OWN_COMPANY = "company_id = NULLIF(current_setting('gmp.company', true), '')::bigint"
EACH_STATEMENT = "FOR EACH STATEMENT EXECUTE FUNCTION gmp_row_history()"
POLICIES = (
    "ALTER TABLE line_clearance ENABLE ROW LEVEL SECURITY",
    "ALTER TABLE line_clearance FORCE ROW LEVEL SECURITY",
    "CREATE POLICY owner_all ON line_clearance TO gmp_owner USING (true) WITH CHECK (true)",
    "CREATE POLICY facility_all ON line_clearance TO gmp_facility USING (true) WITH CHECK (true)",
    "GRANT SELECT ON line_clearance TO gmp_app, gmp_facility, gmp_engine",
    "GRANT INSERT, UPDATE ON line_clearance TO gmp_app, gmp_facility",
    f"CREATE POLICY company_own ON line_clearance TO gmp_app USING ({OWN_COMPANY}) WITH CHECK ({OWN_COMPANY})",
    "CREATE POLICY engine_reads ON line_clearance FOR SELECT TO gmp_engine USING (true)",
)
HISTORY = (
    f"CREATE TRIGGER history_insert AFTER INSERT ON line_clearance REFERENCING NEW TABLE AS new_rows {EACH_STATEMENT}",
    (
        "CREATE TRIGGER history_update AFTER UPDATE ON line_clearance"
        f" REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows {EACH_STATEMENT}"
    ),
    f"CREATE TRIGGER history_delete AFTER DELETE ON line_clearance REFERENCING OLD TABLE AS old_rows {EACH_STATEMENT}",
)

FREE_UNTIL = """
CREATE FUNCTION gmp_free_until(wanted bigint, from_at timestamptz, until_at timestamptz)
RETURNS timestamptz
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS $$
    SELECT coalesce(min(slot.starts_at), until_at) FROM slot
    WHERE slot.active AND int8range(slot.unit_id, slot.unit_id, '[]') && int8range(wanted, wanted, '[]')
      AND slot.during && tstzrange(from_at, until_at)
$$
"""
SIGNATURE = "gmp_free_until(bigint, timestamptz, timestamptz)"
INSTANTS = (
    "start_entered_at",
    "end_entered_at",
    "expected_end_at",
    "verified_at",
    "released_at",
)
PEOPLE = ("start_entered_by", "end_entered_by", "verified_by")
RUNNING = sa.text("state IN ('IN_USE', 'SUSPENDED')")
OVERRUN = sa.text("coalesce(actual_end_at, expected_end_at) > ends_at")
UNVERIFIED = sa.text("state = 'DONE' AND verified_at IS NULL")


def upgrade() -> None:
    for name in INSTANTS:
        op.add_column("booking_session", sa.Column(name, sa.DateTime(timezone=True), nullable=True))
    for name in PEOPLE:
        op.add_column("booking_session", sa.Column(name, sa.BigInteger(), nullable=True))
        op.create_foreign_key(op.f(f"fk_booking_session_{name}_person"), "booking_session", "person", [name], ["id"])
    op.add_column("booking_session", sa.Column("headcount_actual", sa.Integer(), nullable=True))
    op.add_column("booking_session", sa.Column("deviation_no", sa.Text(), nullable=True))
    op.add_column("booking_session", sa.Column("note", sa.Text(), nullable=True))
    op.create_check_constraint(op.f("ck_booking_session_actual"), "booking_session", "actual_start_at <= actual_end_at")
    op.create_check_constraint(op.f("ck_booking_session_headcount_actual"), "booking_session", "headcount_actual >= 0")
    op.create_index("ix_booking_session_running", "booking_session", ["starts_at"], postgresql_where=RUNNING)
    op.create_index(
        "ix_booking_session_ready", "booking_session", ["released_at"], postgresql_where=sa.text("state = 'READY'")
    )
    op.create_index("ix_booking_session_unverified", "booking_session", ["ends_at"], postgresql_where=UNVERIFIED)
    op.create_index(
        "ix_booking_session_overrun",
        "booking_session",
        ["room_id", sa.text("coalesce(actual_end_at, expected_end_at)")],
        postgresql_where=OVERRUN,
    )
    op.create_index("ix_booking_session_starts_at", "booking_session", ["starts_at"])
    _create_clearance()
    op.execute(FREE_UNTIL)
    op.execute(f"REVOKE EXECUTE ON FUNCTION {SIGNATURE} FROM PUBLIC")
    op.execute(f"GRANT EXECUTE ON FUNCTION {SIGNATURE} TO gmp_app, gmp_facility")


def _create_clearance() -> None:
    op.create_table(
        "line_clearance",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("company_id", sa.BigInteger(), nullable=False),
        sa.Column("booking_id", sa.BigInteger(), nullable=False),
        sa.Column("session_number", sa.Integer(), nullable=False),
        sa.Column("room_id", sa.BigInteger(), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("items", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("performed_by", sa.BigInteger(), nullable=False),
        sa.Column("performed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("verified_by", sa.BigInteger(), nullable=True),
        sa.Column("verified_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("void_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("void_reason", sa.Text(), nullable=True),
        sa.CheckConstraint("verified_by <> performed_by", name=op.f("ck_line_clearance_four_eyes")),
        sa.ForeignKeyConstraint(
            ["company_id", "booking_id"],
            ["booking.company_id", "booking.id"],
            name=op.f("fk_line_clearance_company_id_booking"),
        ),
        sa.ForeignKeyConstraint(["room_id"], ["room.id"], name=op.f("fk_line_clearance_room_id_room")),
        sa.ForeignKeyConstraint(["performed_by"], ["person.id"], name=op.f("fk_line_clearance_performed_by_person")),
        sa.ForeignKeyConstraint(["verified_by"], ["person.id"], name=op.f("fk_line_clearance_verified_by_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_line_clearance")),
    )
    op.create_index(
        "uq_line_clearance_standing",
        "line_clearance",
        ["booking_id", "session_number"],
        unique=True,
        postgresql_where=sa.text("void_at IS NULL"),
    )
    for statement in (*POLICIES, *HISTORY):
        op.execute(statement)


def downgrade() -> None:
    op.execute(f"DROP FUNCTION {SIGNATURE}")
    op.drop_index(
        "uq_line_clearance_standing", table_name="line_clearance", postgresql_where=sa.text("void_at IS NULL")
    )
    op.drop_table("line_clearance")
    for name in ("starts_at", "overrun", "unverified", "ready", "running"):
        op.drop_index(f"ix_booking_session_{name}", table_name="booking_session")
    for name in ("headcount_actual", "actual"):
        op.drop_constraint(op.f(f"ck_booking_session_{name}"), "booking_session", type_="check")
    for name in ("note", "deviation_no", "headcount_actual", *PEOPLE, *INSTANTS):
        op.drop_column("booking_session", name)
