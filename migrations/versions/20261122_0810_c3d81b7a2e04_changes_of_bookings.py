"""Changes of a booking that wait beside what is in force."""

revision = "c3d81b7a2e04"
down_revision = "b7d2e9f10c35"
branch_labels = None
depends_on = None


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass
