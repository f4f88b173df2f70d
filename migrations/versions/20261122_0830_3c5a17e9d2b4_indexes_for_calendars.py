"""Indexes for calendars: a company's and a person's bookings by their end."""

from alembic import op

revision = "3c5a17e9d2b4"
down_revision = "2e9f04b8d6c1"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_booking_company_id_ends_at", "booking", ["company_id", "ends_at"])
    op.create_index("ix_booking_requested_by_ends_at", "booking", ["requested_by", "ends_at"])


def downgrade() -> None:
    op.drop_index("ix_booking_requested_by_ends_at", "booking")
    op.drop_index("ix_booking_company_id_ends_at", "booking")
