"""Deciding in time: notices, limits, questions and answers, bookings entered for a company."""

revision = "08c6e2a9f475"
down_revision = "f19b58d7e3c6"
branch_labels = None
depends_on = None


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass
