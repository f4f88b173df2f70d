"""Outages: time withdrawn from rooms, equipment, air, companies, products or people."""

import sqlalchemy as sa
from alembic import op

revision = "d5e02f9c6a18"
down_revision = "c3d81b7a2e04"
branch_labels = None
depends_on = None

EACH_STATEMENT = "FOR EACH STATEMENT EXECUTE FUNCTION gmp_row_history()"
OUTAGE_POLICIES = (
    "ALTER TABLE outage ENABLE ROW LEVEL SECURITY",
    "ALTER TABLE outage FORCE ROW LEVEL SECURITY",
    "CREATE POLICY owner_all ON outage TO gmp_owner USING (true) WITH CHECK (true)",
    "CREATE POLICY facility_all ON outage TO gmp_facility USING (true) WITH CHECK (true)",
    "GRANT SELECT, INSERT, UPDATE ON outage TO gmp_facility",
    "GRANT SELECT ON outage TO gmp_engine",
    "CREATE POLICY engine_reads ON outage FOR SELECT TO gmp_engine USING (true)",
)
OUTAGE_HISTORY = (
    f"CREATE TRIGGER history_insert AFTER INSERT ON outage REFERENCING NEW TABLE AS new_rows {EACH_STATEMENT}",
    (
        "CREATE TRIGGER history_update AFTER UPDATE ON outage"
        f" REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows {EACH_STATEMENT}"
    ),
    f"CREATE TRIGGER history_delete AFTER DELETE ON outage REFERENCING OLD TABLE AS old_rows {EACH_STATEMENT}",
)
REEXAMINATION_POLICIES = (
    "ALTER TABLE reexamination ENABLE ROW LEVEL SECURITY",
    "ALTER TABLE reexamination FORCE ROW LEVEL SECURITY",
    "CREATE POLICY owner_all ON reexamination TO gmp_owner USING (true) WITH CHECK (true)",
    "CREATE POLICY facility_all ON reexamination TO gmp_facility USING (true) WITH CHECK (true)",
    "GRANT SELECT, INSERT, UPDATE ON reexamination TO gmp_facility",
    "GRANT SELECT ON reexamination TO gmp_engine",
    "CREATE POLICY engine_reads ON reexamination FOR SELECT TO gmp_engine USING (true)",
)

# What an outage withdraws, merged, so that nobody reads from it how many there are, of what kind, or why.
NOT_AVAILABLE = """
CREATE FUNCTION gmp_not_available(wanted bigint[], look_from timestamptz, look_until timestamptz)
RETURNS TABLE (resource_id bigint, closed tstzrange)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS $$
    SELECT r.id, unnest(range_agg(tstzrange(o.starts_at, o.ends_at))) * tstzrange(look_from, look_until)
    FROM resource AS r
    LEFT JOIN equipment AS e ON e.id = r.id
    LEFT JOIN room ON room.id = COALESCE(CASE WHEN e.room_use = 'ATTENDED' THEN e.home_room_id END, r.id)
    LEFT JOIN air_zone AS zone ON zone.id = room.air_zone_id
    JOIN outage AS o ON (o.subject_kind = 'EQUIPMENT' AND o.subject_id = r.id)
        OR (o.subject_kind = 'ROOM' AND o.subject_id = room.id)
        OR (o.subject_kind = 'ZONE' AND o.subject_id = zone.id)
        OR (o.subject_kind = 'AHU' AND o.subject_id = zone.ahu_id)
        OR (o.subject_kind = 'FACILITY' AND room.id IS NOT NULL)
    WHERE r.id = ANY (wanted) AND o.starts_at < look_until
      AND (o.ends_at IS NULL OR o.ends_at > GREATEST(o.starts_at, look_from))
    GROUP BY r.id
$$
"""
SIGNATURE = "gmp_not_available(bigint[], timestamptz, timestamptz)"


def upgrade() -> None:
    op.create_table(
        "outage",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("subject_kind", sa.Text(), nullable=False),
        sa.Column("subject_id", sa.BigInteger(), nullable=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("breach", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("hold_no", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("raised_by", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("gmp_now()"), nullable=False),
        sa.Column("lifted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("lifted_by", sa.BigInteger(), nullable=True),
        sa.Column("lift_reason", sa.Text(), nullable=True),
        sa.Column("series", sa.Text(), nullable=True),
        sa.Column("revision", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column(
            "ends_at",
            sa.DateTime(timezone=True),
            sa.Computed("LEAST(until_at, lifted_at)", persisted=True),
            nullable=True,
        ),
        sa.CheckConstraint(
            "subject_kind IN ('ROOM', 'EQUIPMENT', 'AHU', 'ZONE', 'FACILITY', 'COMPANY', 'PRODUCT', 'PERSON')",
            name=op.f("ck_outage_subject_kind"),
        ),
        sa.CheckConstraint(
            "kind IN ('MAINTENANCE', 'REQUALIFICATION', 'CALIBRATION', 'AHU_STOP', 'VHP_NEIGHBOUR', 'CLOSURE', 'HOLD')",
            name=op.f("ck_outage_kind"),
        ),
        sa.CheckConstraint("(subject_kind = 'FACILITY') = (subject_id IS NULL)", name=op.f("ck_outage_subject")),
        sa.CheckConstraint(
            "subject_kind NOT IN ('COMPANY', 'PRODUCT', 'PERSON') OR kind = 'HOLD'", name=op.f("ck_outage_held_alone")
        ),
        sa.CheckConstraint("(kind = 'HOLD') = (hold_no IS NOT NULL)", name=op.f("ck_outage_hold_no")),
        sa.CheckConstraint(
            "isfinite(starts_at) AND (until_at IS NULL OR until_at > starts_at)", name=op.f("ck_outage_order")
        ),
        sa.CheckConstraint("until_at IS NULL OR isfinite(until_at)", name=op.f("ck_outage_until_at")),
        sa.CheckConstraint(
            "(lifted_at IS NULL) = (lifted_by IS NULL) AND (lifted_at IS NULL) = (lift_reason IS NULL)",
            name=op.f("ck_outage_lifted"),
        ),
        sa.ForeignKeyConstraint(["raised_by"], ["person.id"], name=op.f("fk_outage_raised_by_person")),
        sa.ForeignKeyConstraint(["lifted_by"], ["person.id"], name=op.f("fk_outage_lifted_by_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outage")),
        sa.UniqueConstraint("hold_no", name=op.f("uq_outage_hold_no")),
    )
    op.create_index("ix_outage_ends_at", "outage", ["ends_at"])
    op.create_index("ix_outage_subject_kind_subject_id", "outage", ["subject_kind", "subject_id"])
    op.create_index("ix_outage_series", "outage", ["series"], postgresql_where=sa.text("series IS NOT NULL"))
    op.create_table(
        "reexamination",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("booking_id", sa.BigInteger(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("cause", sa.Text(), nullable=False),
        sa.Column("looked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("attempts", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["booking_id"], ["booking.id"], name=op.f("fk_reexamination_booking_id_booking")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reexamination")),
        sa.UniqueConstraint("booking_id", name=op.f("uq_reexamination_booking_id")),
    )
    op.create_index(
        "ix_reexamination_wanted", "reexamination", ["due_at"], postgresql_where=sa.text("due_at IS NOT NULL")
    )
    op.execute(NOT_AVAILABLE)
    op.execute(f"REVOKE EXECUTE ON FUNCTION {SIGNATURE} FROM PUBLIC")
    op.execute(f"GRANT EXECUTE ON FUNCTION {SIGNATURE} TO gmp_app, gmp_facility")
    for statement in (*OUTAGE_POLICIES, *OUTAGE_HISTORY, *REEXAMINATION_POLICIES):
        op.execute(statement)


def downgrade() -> None:
    op.execute(f"DROP FUNCTION {SIGNATURE}")
    op.drop_index("ix_reexamination_wanted", "reexamination", postgresql_where=sa.text("due_at IS NOT NULL"))
    op.drop_table("reexamination")
    op.drop_index("ix_outage_series", "outage", postgresql_where=sa.text("series IS NOT NULL"))
    op.drop_index("ix_outage_subject_kind_subject_id", "outage")
    op.drop_index("ix_outage_ends_at", "outage")
    op.drop_table("outage")
