"""Emergency entries and their confirmation; why more people were in a room than it allows."""

from alembic import op

revision = "c6d18f4b92a7"
down_revision = "a27c5d41e8f3"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        """
        ALTER TABLE session_record
            ADD COLUMN headcount_reason text,
            ADD COLUMN emergency_told text,
            ADD COLUMN emergency_confirmed_at timestamptz,
            ADD COLUMN emergency_confirmed_by bigint
                CONSTRAINT fk_session_record_emergency_confirmed_by_person REFERENCES person (id)
        """
    )
    op.execute(
        """
        CREATE INDEX ix_session_record_unconfirmed ON session_record (booking_id)
            WHERE emergency_told IS NOT NULL AND emergency_confirmed_at IS NULL
        """
    )


def downgrade() -> None:
    op.execute("DROP INDEX ix_session_record_unconfirmed")
    op.execute(
        """
        ALTER TABLE session_record DROP COLUMN headcount_reason, DROP COLUMN emergency_told,
            DROP COLUMN emergency_confirmed_at, DROP COLUMN emergency_confirmed_by
        """
    )
