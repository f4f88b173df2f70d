"""Drop the time zone of the facility, which nothing read: it is the setting GMP_TIME_ZONE."""

from alembic import op

revision = "6f8d4ab2c5e3"
down_revision = "5e7c39a1b4d2"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("ALTER TABLE facility DROP COLUMN time_zone")


def downgrade() -> None:
    op.execute("ALTER TABLE facility ADD COLUMN time_zone text DEFAULT 'Asia/Seoul' NOT NULL")
