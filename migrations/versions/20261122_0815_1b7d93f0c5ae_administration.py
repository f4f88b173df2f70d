"""What administrators may change: hours that stop, and links by which somebody chooses a password."""

import sqlalchemy as sa
from alembic import op

revision = "1b7d93f0c5ae"
down_revision = "08c6e2a9f475"
branch_labels = None
depends_on = None

RIGHTS = "GRANT SELECT, INSERT, UPDATE, DELETE ON one_time_link TO gmp_app, gmp_facility"


def upgrade() -> None:
    op.add_column("opening_hours", sa.Column("active", sa.Boolean(), server_default=sa.text("true"), nullable=False))
    op.create_table(
        "one_time_link",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(), nullable=True),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=True),
        sa.Column("made_by", sa.BigInteger(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("gmp_now()"), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("purpose IN ('INVITATION', 'RESET', 'FIRST_START')", name=op.f("ck_one_time_link_purpose")),
        sa.CheckConstraint("(purpose = 'FIRST_START') = (account_id IS NULL)", name=op.f("ck_one_time_link_account")),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_one_time_link_account_id_account")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_one_time_link")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_one_time_link_token_hash")),
    )
    op.create_index("ix_one_time_link_account_id", "one_time_link", ["account_id"], unique=False)
    op.execute(RIGHTS)


def downgrade() -> None:
    op.drop_table("one_time_link")
    op.drop_column("opening_hours", "active")
