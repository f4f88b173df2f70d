"""A lock for every air handling unit; air zones have theirs from the beginning."""

from alembic import op

revision = "3f7d90a2c6e1"
down_revision = "8b0f6cd4e7a5"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("CREATE TRIGGER make_lock AFTER INSERT ON ahu FOR EACH ROW EXECUTE FUNCTION gmp_make_lock('ahu')")
    op.execute("INSERT INTO resource_lock (kind, subject_id) SELECT 'ahu', id FROM ahu")


def downgrade() -> None:
    op.execute("DROP TRIGGER make_lock ON ahu")
    op.execute("DELETE FROM resource_lock WHERE kind = 'ahu'")
