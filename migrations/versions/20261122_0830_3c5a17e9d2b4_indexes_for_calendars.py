"""Indexes for calendars: what has not ended yet, of a company and of a person."""

import sqlalchemy as sa
from alembic import op

revision = "3c5a17e9d2b4"
down_revision = "2e9f04b8d6c1"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_booking_company_id_ends_at", "booking", ["company_id", "ends_at"])
    op.create_index("ix_booking_requested_by_ends_at", "booking", ["requested_by", "ends_at"])
    op.create_index("ix_slot_company_id_ends_at", "slot", ["company_id", "ends_at"], postgresql_where=sa.text("active"))


def downgrade() -> None:
    op.drop_index("ix_slot_company_id_ends_at", "slot", postgresql_where=sa.text("active"))
    op.drop_index("ix_booking_requested_by_ends_at", "booking")
    op.drop_index("ix_booking_company_id_ends_at", "booking")
