"""Requests know since when they are pending, so that asking again never prolongs the time they hold."""

from alembic import op

revision = "5b2e8c71f0a3"
down_revision = "91d4a6e0b7c8"
branch_labels = None
depends_on = None

UP = (
    "ALTER TABLE booking ADD COLUMN pending_since timestamptz, ADD COLUMN returned_at timestamptz",
    """
    UPDATE booking SET pending_since = submitted_at,
        returned_at = CASE WHEN state = 'RETURNED' THEN changed_at END
    WHERE state IN ('SUBMITTED', 'UNDER_REVIEW', 'RETURNED', 'APPROVED')
    """,
    "ALTER TABLE booking_change ADD COLUMN pending_since timestamptz, ADD COLUMN returned_at timestamptz",
    """
    UPDATE booking_change SET pending_since = submitted_at,
        returned_at = CASE WHEN state = 'RETURNED' THEN changed_at END
    """,
    "ALTER TABLE booking_change ALTER COLUMN pending_since SET NOT NULL",
)
DOWN = (
    "ALTER TABLE booking_change DROP COLUMN pending_since, DROP COLUMN returned_at",
    "ALTER TABLE booking DROP COLUMN pending_since, DROP COLUMN returned_at",
)


def upgrade() -> None:
    for statement in UP:
        op.execute(statement)


def downgrade() -> None:
    for statement in DOWN:
        op.execute(statement)
