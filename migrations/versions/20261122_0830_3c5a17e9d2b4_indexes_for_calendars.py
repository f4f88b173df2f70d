"""Speed for calendars: indexes of what has not ended yet, and each unit's time looked up by its own index."""

import sqlalchemy as sa
from alembic import op

revision = "3c5a17e9d2b4"
down_revision = "2e9f04b8d6c1"
branch_labels = None
depends_on = None

# OFFSET 0 keeps the look-up by unit: in small diaries the planner would compare every slot with every unit.
OTHERS_BUSY = """
CREATE OR REPLACE FUNCTION gmp_others_busy(wanted bigint[], from_at timestamptz, until_at timestamptz)
RETURNS TABLE (unit_id bigint, resource_id bigint, busy tstzrange)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS $$
    SELECT u.id, u.resource_id, unnest(range_agg(s.during)) * tstzrange(from_at, until_at)
    FROM unit AS u
    CROSS JOIN LATERAL (
        SELECT slot.during FROM slot
        WHERE slot.active AND int8range(slot.unit_id, slot.unit_id, '[]') && int8range(u.id, u.id, '[]')
          AND slot.during && tstzrange(from_at, until_at)
          AND slot.company_id IS DISTINCT FROM NULLIF(current_setting('gmp.company', true), '')::bigint
        {kept}
    ) AS s
    WHERE u.resource_id = ANY (wanted)
    GROUP BY u.id, u.resource_id
$$
"""


def upgrade() -> None:
    op.execute(OTHERS_BUSY.format(kept="OFFSET 0"))
    op.create_index("ix_booking_company_id_ends_at", "booking", ["company_id", "ends_at"])
    op.create_index("ix_booking_requested_by_ends_at", "booking", ["requested_by", "ends_at"])
    op.create_index("ix_booking_public", "booking", ["ends_at"], postgresql_where=sa.text("visibility = 'PUBLIC'"))
    op.create_index("ix_slot_company_id_ends_at", "slot", ["company_id", "ends_at"], postgresql_where=sa.text("active"))


def downgrade() -> None:
    op.execute(OTHERS_BUSY.format(kept=""))
    op.drop_index("ix_slot_company_id_ends_at", "slot", postgresql_where=sa.text("active"))
    op.drop_index("ix_booking_public", "booking", postgresql_where=sa.text("visibility = 'PUBLIC'"))
    op.drop_index("ix_booking_requested_by_ends_at", "booking")
    op.drop_index("ix_booking_company_id_ends_at", "booking")
