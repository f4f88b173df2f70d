"""All kinds of bookings: seats, partners, overrides, the on-call roster."""

revision = "f19b58d7e3c6"
down_revision = "e7a4c1360b92"
branch_labels = None
depends_on = None


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass
