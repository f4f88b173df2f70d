"""Indexes for full diaries: the staff's lists, one resource's time, one booking's crew."""

import sqlalchemy as sa
from alembic import op

revision = "b7d2e9f10c35"
down_revision = "a1f0c2d4e6b8"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_booking_created_at_id", "booking", ["created_at", "id"])
    op.create_index("ix_booking_ends_at", "booking", ["ends_at"])
    op.create_index("ix_slot_resource_id_starts_at", "slot", ["resource_id", "starts_at"])
    op.create_index(
        "ix_session_person_booking_id", "session_person", ["booking_id"], postgresql_where=sa.text("active")
    )


def downgrade() -> None:
    op.drop_index("ix_session_person_booking_id", "session_person", postgresql_where=sa.text("active"))
    op.drop_index("ix_slot_resource_id_starts_at", "slot")
    op.drop_index("ix_booking_ends_at", "booking")
    op.drop_index("ix_booking_created_at_id", "booking")
