"""Outages: time withdrawn from rooms, equipment, air, companies, products or people."""

revision = "d5e02f9c6a18"
down_revision = "c3d81b7a2e04"
branch_labels = None
depends_on = None


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass
