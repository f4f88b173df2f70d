"""What administrators may change."""

revision = "1b7d93f0c5ae"
down_revision = "08c6e2a9f475"
branch_labels = None
depends_on = None


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass
