"""All kinds of bookings: seats, partners, overrides, automatic confirmation, the on-call roster, public titles."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY

revision = "f19b58d7e3c6"
down_revision = "e7a4c1360b92"
branch_labels = None
depends_on = None

OWN_COMPANY = "company_id = NULLIF(current_setting('gmp.company', true), '')::bigint"
EACH_STATEMENT = "FOR EACH STATEMENT EXECUTE FUNCTION gmp_row_history()"
OVERRIDE_POLICIES = (
    "ALTER TABLE override ENABLE ROW LEVEL SECURITY",
    "ALTER TABLE override FORCE ROW LEVEL SECURITY",
    "CREATE POLICY owner_all ON override TO gmp_owner USING (true) WITH CHECK (true)",
    "CREATE POLICY facility_all ON override TO gmp_facility USING (true) WITH CHECK (true)",
    "GRANT SELECT ON override TO gmp_app, gmp_facility, gmp_engine",
    "GRANT INSERT ON override TO gmp_app, gmp_facility",
    f"CREATE POLICY company_own ON override TO gmp_app USING ({OWN_COMPANY}) WITH CHECK ({OWN_COMPANY})",
    "CREATE POLICY engine_reads ON override FOR SELECT TO gmp_engine USING (true)",
)
AUTO_CONFIRM_POLICIES = (
    "ALTER TABLE auto_confirm ENABLE ROW LEVEL SECURITY",
    "ALTER TABLE auto_confirm FORCE ROW LEVEL SECURITY",
    "CREATE POLICY owner_all ON auto_confirm TO gmp_owner USING (true) WITH CHECK (true)",
    "CREATE POLICY facility_all ON auto_confirm TO gmp_facility USING (true) WITH CHECK (true)",
    "GRANT SELECT, INSERT, UPDATE ON auto_confirm TO gmp_facility",
    "GRANT SELECT ON auto_confirm TO gmp_engine",
    "CREATE POLICY engine_reads ON auto_confirm FOR SELECT TO gmp_engine USING (true)",
)
AUTO_CONFIRM_HISTORY = (
    f"CREATE TRIGGER history_insert AFTER INSERT ON auto_confirm REFERENCING NEW TABLE AS new_rows {EACH_STATEMENT}",
    (
        "CREATE TRIGGER history_update AFTER UPDATE ON auto_confirm"
        f" REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows {EACH_STATEMENT}"
    ),
    f"CREATE TRIGGER history_delete AFTER DELETE ON auto_confirm REFERENCING OLD TABLE AS old_rows {EACH_STATEMENT}",
)
ON_CALL_POLICIES = (
    "ALTER TABLE on_call ENABLE ROW LEVEL SECURITY",
    "ALTER TABLE on_call FORCE ROW LEVEL SECURITY",
    "CREATE POLICY owner_all ON on_call TO gmp_owner USING (true) WITH CHECK (true)",
    "CREATE POLICY facility_all ON on_call TO gmp_facility USING (true) WITH CHECK (true)",
    "GRANT SELECT, INSERT, UPDATE ON on_call TO gmp_facility",
    "GRANT SELECT ON on_call TO gmp_engine",
    "CREATE POLICY engine_reads ON on_call FOR SELECT TO gmp_engine USING (true)",
)
ON_CALL_HISTORY = (
    f"CREATE TRIGGER history_insert AFTER INSERT ON on_call REFERENCING NEW TABLE AS new_rows {EACH_STATEMENT}",
    (
        "CREATE TRIGGER history_update AFTER UPDATE ON on_call"
        f" REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows {EACH_STATEMENT}"
    ),
    f"CREATE TRIGGER history_delete AFTER DELETE ON on_call REFERENCING OLD TABLE AS old_rows {EACH_STATEMENT}",
)

_DEMONSTRATIONS = "'TECH_DEMO', 'EDUCATION', 'REVIEW', 'TOUR'"
_BOOKING_CHECKS = {
    "seats": "seats > 0",
    "donor_status": "donor_status IN ('NEG', 'POS', 'UNKNOWN')",
    "room_mode": "room_mode IN ('SESSIONS', 'DEDICATED')",
    "priority": "priority IN ('PATIENT_BOUND', 'GMP_CLIN', 'ENG', 'TRAINING', 'INTERNAL')",
    "visibility": f"visibility = 'BUSY' OR visibility = 'PUBLIC' AND kind IN ({_DEMONSTRATIONS}) AND title IS NOT NULL",
}

# What a demonstration announces of itself, and nothing of anything else.
PUBLIC_TITLES = f"""
CREATE FUNCTION gmp_public_titles(wanted bigint[], from_at timestamptz, until_at timestamptz)
RETURNS TABLE (resource_id bigint, busy tstzrange, title text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS $$
    SELECT s.resource_id, s.during * tstzrange(from_at, until_at), b.title
    FROM booking AS b JOIN slot AS s ON s.booking_id = b.id AND s.active
    WHERE b.visibility = 'PUBLIC' AND b.state = 'CONFIRMED' AND b.kind IN ({_DEMONSTRATIONS})
      AND b.starts_at < until_at AND b.ends_at > from_at
      AND s.resource_id = ANY (wanted) AND s.starts_at < until_at AND s.ends_at > from_at
      AND s.company_id IS DISTINCT FROM NULLIF(current_setting('gmp.company', true), '')::bigint
$$
"""
SIGNATURE = "gmp_public_titles(bigint[], timestamptz, timestamptz)"


def _booking_columns() -> tuple[sa.Column, ...]:
    return (
        sa.Column("seats", sa.Integer(), nullable=True),
        sa.Column("basis", sa.Text(), nullable=True),
        sa.Column("donor_status", sa.Text(), nullable=True),
        sa.Column("campaign", sa.Text(), nullable=True),
        sa.Column("room_mode", sa.Text(), server_default=sa.text("'SESSIONS'"), nullable=False),
        sa.Column("priority", sa.Text(), nullable=True),
        sa.Column("live_material", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("partners", ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False),
    )


def upgrade() -> None:
    for column in _booking_columns():
        op.add_column("booking", column)
    for name, condition in _BOOKING_CHECKS.items():
        op.create_check_constraint(op.f(f"ck_booking_{name}"), "booking", condition)
    op.create_index(
        "ix_booking_company_id_batch", "booking", ["company_id", "batch"], postgresql_where=sa.text("batch IS NOT NULL")
    )
    op.add_column("room", sa.Column("seats", sa.Integer(), nullable=True))
    op.create_check_constraint(op.f("ck_room_seats"), "room", "seats > 0")
    op.alter_column("room", "recovery_min", nullable=True)
    op.create_check_constraint(op.f("ck_room_recovery_min"), "room", "recovery_min BETWEEN 0 AND 1440")
    _create_overrides()
    _create_auto_confirm()
    _create_on_call()
    op.execute(PUBLIC_TITLES)
    op.execute(f"REVOKE EXECUTE ON FUNCTION {SIGNATURE} FROM PUBLIC")
    op.execute(f"GRANT EXECUTE ON FUNCTION {SIGNATURE} TO gmp_app, gmp_facility")
    for statement in (
        *OVERRIDE_POLICIES,
        *AUTO_CONFIRM_POLICIES,
        *AUTO_CONFIRM_HISTORY,
        *ON_CALL_POLICIES,
        *ON_CALL_HISTORY,
    ):
        op.execute(statement)


def _create_overrides() -> None:
    op.create_table(
        "override",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("booking_id", sa.BigInteger(), nullable=False),
        sa.Column("company_id", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("by_id", sa.BigInteger(), nullable=False),
        sa.Column("printed_name", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("gmp_now()"), nullable=False),
        sa.Column("signature_id", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("char_length(reason) >= 20", name=op.f("ck_override_reason")),
        sa.ForeignKeyConstraint(
            ["company_id", "booking_id"],
            ["booking.company_id", "booking.id"],
            name=op.f("fk_override_company_id_booking_id_booking"),
        ),
        sa.ForeignKeyConstraint(
            ["booking_id", "version"],
            ["booking_version.booking_id", "booking_version.version"],
            name=op.f("fk_override_booking_id_version_booking_version"),
        ),
        sa.ForeignKeyConstraint(["by_id"], ["person.id"], name=op.f("fk_override_by_id_person")),
        sa.ForeignKeyConstraint(["signature_id"], ["signature.id"], name=op.f("fk_override_signature_id_signature")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_override")),
        sa.UniqueConstraint(
            "booking_id", "version", "rule", "role", name=op.f("uq_override_booking_id_version_rule_role")
        ),
    )


def _create_auto_confirm() -> None:
    op.create_table(
        "auto_confirm",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("resource_id", sa.BigInteger(), nullable=True),
        sa.Column("company_id", sa.BigInteger(), nullable=True),
        sa.Column("is_on", sa.Boolean(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), server_default=sa.text("gmp_now()"), nullable=False),
        sa.CheckConstraint("kind IN ('QC', 'REVIEW')", name=op.f("ck_auto_confirm_kind")),
        sa.CheckConstraint("resource_id IS NULL OR company_id IS NULL", name=op.f("ck_auto_confirm_one_scope")),
        sa.ForeignKeyConstraint(["resource_id"], ["resource.id"], name=op.f("fk_auto_confirm_resource_id_resource")),
        sa.ForeignKeyConstraint(["company_id"], ["company.id"], name=op.f("fk_auto_confirm_company_id_company")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_auto_confirm")),
    )
    op.create_index(
        "uq_auto_confirm_scope",
        "auto_confirm",
        ["kind", "resource_id", "company_id"],
        unique=True,
        postgresql_nulls_not_distinct=True,
    )
    op.execute("INSERT INTO auto_confirm (kind, is_on) VALUES ('QC', true), ('REVIEW', true)")


def _create_on_call() -> None:
    op.create_table(
        "on_call",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("weekday", sa.Integer(), nullable=True),
        sa.Column("on_date", sa.Date(), nullable=True),
        sa.Column("from_time", sa.Time(), nullable=False),
        sa.Column("until_time", sa.Time(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("gmp_now()"), nullable=False),
        sa.Column("created_by", sa.BigInteger(), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("weekday BETWEEN 0 AND 6", name=op.f("ck_on_call_weekday")),
        sa.CheckConstraint("(weekday IS NULL) <> (on_date IS NULL)", name=op.f("ck_on_call_when")),
        sa.CheckConstraint("valid_until >= valid_from", name=op.f("ck_on_call_validity")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_on_call_person_id_person")),
        sa.ForeignKeyConstraint(["created_by"], ["person.id"], name=op.f("fk_on_call_created_by_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_on_call")),
    )
    op.create_index("ix_on_call_standing", "on_call", ["valid_from"], postgresql_where=sa.text("ended_at IS NULL"))


def downgrade() -> None:
    op.execute(f"DROP FUNCTION {SIGNATURE}")
    op.drop_index("ix_on_call_standing", table_name="on_call", postgresql_where=sa.text("ended_at IS NULL"))
    op.drop_table("on_call")
    op.drop_index("uq_auto_confirm_scope", table_name="auto_confirm", postgresql_nulls_not_distinct=True)
    op.drop_table("auto_confirm")
    op.drop_table("override")
    op.drop_constraint(op.f("ck_room_recovery_min"), "room")
    op.execute("UPDATE room SET recovery_min = 20 WHERE recovery_min IS NULL")
    op.alter_column("room", "recovery_min", nullable=False)
    op.drop_constraint(op.f("ck_room_seats"), "room")
    op.drop_column("room", "seats")
    op.drop_index("ix_booking_company_id_batch", table_name="booking", postgresql_where=sa.text("batch IS NOT NULL"))
    for name in _BOOKING_CHECKS:
        op.drop_constraint(op.f(f"ck_booking_{name}"), "booking")
    for column in reversed(_booking_columns()):
        op.drop_column("booking", column.name)
