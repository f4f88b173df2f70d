"""Changes of a booking that wait beside what is in force."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "c3d81b7a2e04"
down_revision = "b7d2e9f10c35"
branch_labels = None
depends_on = None

OWN_COMPANY = "company_id = NULLIF(current_setting('gmp.company', true), '')::bigint"
EACH_STATEMENT = "FOR EACH STATEMENT EXECUTE FUNCTION gmp_row_history()"
POLICIES = (
    "ALTER TABLE booking_change ENABLE ROW LEVEL SECURITY",
    "ALTER TABLE booking_change FORCE ROW LEVEL SECURITY",
    "CREATE POLICY owner_all ON booking_change TO gmp_owner USING (true) WITH CHECK (true)",
    "CREATE POLICY facility_all ON booking_change TO gmp_facility USING (true) WITH CHECK (true)",
    "GRANT SELECT ON booking_change TO gmp_app, gmp_facility, gmp_engine",
    "GRANT INSERT, UPDATE ON booking_change TO gmp_app, gmp_facility",
    f"CREATE POLICY company_own ON booking_change TO gmp_app USING ({OWN_COMPANY}) WITH CHECK ({OWN_COMPANY})",
    "CREATE POLICY engine_reads ON booking_change FOR SELECT TO gmp_engine USING (true)",
)
HISTORY = (
    f"CREATE TRIGGER history_insert AFTER INSERT ON booking_change REFERENCING NEW TABLE AS new_rows {EACH_STATEMENT}",
    (
        "CREATE TRIGGER history_update AFTER UPDATE ON booking_change"
        f" REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows {EACH_STATEMENT}"
    ),
    f"CREATE TRIGGER history_delete AFTER DELETE ON booking_change REFERENCING OLD TABLE AS old_rows {EACH_STATEMENT}",
)

OPEN = "state IN ('SUBMITTED', 'UNDER_REVIEW', 'RETURNED')"
MOVABLE = ("booking_session", "equipment_reservation")


def upgrade() -> None:
    for table in MOVABLE:
        op.add_column(table, sa.Column("agreed_starts_at", sa.DateTime(timezone=True), nullable=True))
        op.add_column(table, sa.Column("agreed_ends_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("session_person", sa.Column("left_at", sa.DateTime(timezone=True), nullable=True))
    op.create_table(
        "booking_change",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("booking_id", sa.BigInteger(), nullable=False),
        sa.Column("company_id", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("base_version", sa.Integer(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("track", sa.Text(), nullable=False),
        sa.Column("stage", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("revision", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("head", JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("explanation", sa.Text(), nullable=True),
        sa.Column("requested_by", sa.BigInteger(), nullable=False),
        sa.Column("entered_by", sa.BigInteger(), nullable=False),
        sa.Column("submitted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decide_by", sa.DateTime(timezone=True), nullable=False),
        sa.Column("pending_until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("gmp_now()"), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), server_default=sa.text("gmp_now()"), nullable=False),
        sa.CheckConstraint(
            "state IN ('SUBMITTED', 'UNDER_REVIEW', 'RETURNED', 'APPROVED', 'REJECTED', 'WITHDRAWN', 'EXPIRED')",
            name=op.f("ck_booking_change_state"),
        ),
        sa.CheckConstraint("version > base_version", name=op.f("ck_booking_change_version")),
        sa.CheckConstraint(f"({OPEN}) = (ended_at IS NULL)", name=op.f("ck_booking_change_ended")),
        sa.ForeignKeyConstraint(
            ["booking_id", "version"],
            ["booking_version.booking_id", "booking_version.version"],
            name=op.f("fk_booking_change_booking_id_version_booking_version"),
        ),
        sa.ForeignKeyConstraint(
            ["company_id", "booking_id"],
            ["booking.company_id", "booking.id"],
            name=op.f("fk_booking_change_company_id_booking_id_booking"),
        ),
        sa.ForeignKeyConstraint(["requested_by"], ["person.id"], name=op.f("fk_booking_change_requested_by_person")),
        sa.ForeignKeyConstraint(["entered_by"], ["person.id"], name=op.f("fk_booking_change_entered_by_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_booking_change")),
        sa.UniqueConstraint("booking_id", "version", name=op.f("uq_booking_change_booking_id_version")),
    )
    op.create_index(
        "ix_booking_change_open", "booking_change", ["booking_id"], unique=True, postgresql_where=sa.text(OPEN)
    )
    op.create_index(
        "ix_booking_change_waiting",
        "booking_change",
        ["submitted_at"],
        postgresql_where=sa.text("state IN ('SUBMITTED', 'UNDER_REVIEW')"),
    )
    op.create_index("ix_booking_change_pending", "booking_change", ["pending_until"], postgresql_where=sa.text(OPEN))
    for statement in (*POLICIES, *HISTORY):
        op.execute(statement)


def downgrade() -> None:
    op.drop_table("booking_change")
    op.drop_column("session_person", "left_at")
    for table in MOVABLE:
        op.drop_column(table, "agreed_ends_at")
        op.drop_column(table, "agreed_starts_at")
