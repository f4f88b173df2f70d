"""What happens in a session: line clearance, true times, overruns."""

revision = "e7a4c1360b92"
down_revision = "d5e02f9c6a18"
branch_labels = None
depends_on = None


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass
