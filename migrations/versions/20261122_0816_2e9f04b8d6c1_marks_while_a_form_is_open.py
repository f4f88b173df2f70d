"""Marks that others see while a form is open."""

revision = "2e9f04b8d6c1"
down_revision = "1b7d93f0c5ae"
branch_labels = None
depends_on = None


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass
