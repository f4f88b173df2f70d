"""Deciding in time: limits, links to confirm what was entered for a company, keys forgotten after a week."""

import sqlalchemy as sa
from alembic import op

revision = "08c6e2a9f475"
down_revision = "f19b58d7e3c6"
branch_labels = None
depends_on = None

OWN_COMPANY = "company_id = NULLIF(current_setting('gmp.company', true), '')::bigint"
EACH_STATEMENT = "FOR EACH STATEMENT EXECUTE FUNCTION gmp_row_history()"
POLICIES = (
    "ALTER TABLE acknowledgement ENABLE ROW LEVEL SECURITY",
    "ALTER TABLE acknowledgement FORCE ROW LEVEL SECURITY",
    "CREATE POLICY owner_all ON acknowledgement TO gmp_owner USING (true) WITH CHECK (true)",
    "CREATE POLICY facility_all ON acknowledgement TO gmp_facility USING (true) WITH CHECK (true)",
    "GRANT SELECT ON acknowledgement TO gmp_app, gmp_facility, gmp_engine",
    "GRANT INSERT, UPDATE ON acknowledgement TO gmp_app, gmp_facility",
    f"CREATE POLICY company_own ON acknowledgement TO gmp_app USING ({OWN_COMPANY}) WITH CHECK ({OWN_COMPANY})",
    "CREATE POLICY engine_reads ON acknowledgement FOR SELECT TO gmp_engine USING (true)",
)
HISTORY = (
    f"CREATE TRIGGER history_insert AFTER INSERT ON acknowledgement REFERENCING NEW TABLE AS new_rows {EACH_STATEMENT}",
    (
        "CREATE TRIGGER history_update AFTER UPDATE ON acknowledgement"
        f" REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows {EACH_STATEMENT}"
    ),
    f"CREATE TRIGGER history_delete AFTER DELETE ON acknowledgement REFERENCING OLD TABLE AS old_rows {EACH_STATEMENT}",
)


def upgrade() -> None:
    op.create_table(
        "acknowledgement",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("booking_id", sa.BigInteger(), nullable=False),
        sa.Column("company_id", sa.BigInteger(), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("nonce", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("gmp_now()"), nullable=False),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["company_id", "booking_id"],
            ["booking.company_id", "booking.id"],
            name=op.f("fk_acknowledgement_company_id_booking_id_booking"),
        ),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_acknowledgement_person_id_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_acknowledgement")),
        sa.UniqueConstraint("booking_id", "person_id", name=op.f("uq_acknowledgement_booking_id_person_id")),
        sa.UniqueConstraint("nonce", name=op.f("uq_acknowledgement_nonce")),
    )
    for statement in (*POLICIES, *HISTORY):
        op.execute(statement)
    op.create_index("ix_idempotency_key_created_at", "idempotency_key", ["created_at"])


def downgrade() -> None:
    op.drop_index("ix_idempotency_key_created_at", table_name="idempotency_key")
    op.drop_table("acknowledgement")
