"""Marks that others see while a form is open."""

import sqlalchemy as sa
from alembic import op

revision = "2e9f04b8d6c1"
down_revision = "1b7d93f0c5ae"
branch_labels = None
depends_on = None

OWN_COMPANY = "company_id = NULLIF(current_setting('gmp.company', true), '')::bigint"
POLICIES = (
    "ALTER TABLE slot_hold ENABLE ROW LEVEL SECURITY",
    "ALTER TABLE slot_hold FORCE ROW LEVEL SECURITY",
    "CREATE POLICY owner_all ON slot_hold TO gmp_owner USING (true) WITH CHECK (true)",
    "CREATE POLICY facility_all ON slot_hold TO gmp_facility USING (true) WITH CHECK (true)",
    "GRANT SELECT ON slot_hold TO gmp_app, gmp_facility, gmp_engine",
    "GRANT INSERT, UPDATE ON slot_hold TO gmp_app, gmp_facility",
    "GRANT DELETE ON slot_hold TO gmp_facility",
    f"CREATE POLICY company_own ON slot_hold TO gmp_app USING ({OWN_COMPANY}) WITH CHECK ({OWN_COMPANY})",
    "CREATE POLICY engine_reads ON slot_hold FOR SELECT TO gmp_engine USING (true)",
)

OTHERS_MARKS = """
CREATE FUNCTION gmp_others_marks(wanted bigint[], from_at timestamptz, until_at timestamptz)
RETURNS TABLE (resource_id bigint, marked tstzrange)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS $$
    SELECT m.resource_id, unnest(range_agg(tstzrange(m.starts_at, m.ends_at))) * tstzrange(from_at, until_at)
    FROM slot_hold AS m
    WHERE m.resource_id = ANY (wanted) AND m.expires_at > gmp_now() AND m.starts_at < until_at AND m.ends_at > from_at
      AND m.company_id IS DISTINCT FROM NULLIF(current_setting('gmp.company', true), '')::bigint
    GROUP BY m.resource_id
$$
"""
SIGNATURE = "gmp_others_marks(bigint[], timestamptz, timestamptz)"


def upgrade() -> None:
    op.create_table(
        "slot_hold",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("company_id", sa.BigInteger(), nullable=True),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("resource_id", sa.BigInteger(), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("starts_at < ends_at", name=op.f("ck_slot_hold_during")),
        sa.ForeignKeyConstraint(["company_id"], ["company.id"], name=op.f("fk_slot_hold_company_id_company")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_slot_hold_person_id_person")),
        sa.ForeignKeyConstraint(["resource_id"], ["resource.id"], name=op.f("fk_slot_hold_resource_id_resource")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_slot_hold")),
        sa.UniqueConstraint("person_id", "number", name=op.f("uq_slot_hold_person_id_number")),
    )
    op.create_index("ix_slot_hold_resource_id_expires_at", "slot_hold", ["resource_id", "expires_at"])
    op.create_index(
        "ix_booking_draft", "booking", ["entered_by", "changed_at"], postgresql_where=sa.text("state = 'DRAFT'")
    )
    for statement in POLICIES:
        op.execute(statement)
    op.execute(OTHERS_MARKS)
    op.execute(f"REVOKE EXECUTE ON FUNCTION {SIGNATURE} FROM PUBLIC")
    op.execute(f"GRANT EXECUTE ON FUNCTION {SIGNATURE} TO gmp_app, gmp_facility")


def downgrade() -> None:
    op.execute(f"DROP FUNCTION {SIGNATURE}")
    op.drop_index("ix_booking_draft", table_name="booking", postgresql_where=sa.text("state = 'DRAFT'"))
    op.drop_index("ix_slot_hold_resource_id_expires_at", table_name="slot_hold")
    op.drop_table("slot_hold")
