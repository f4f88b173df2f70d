"""Others' time is found by its end: what is over is never read, however much of it there is."""

from alembic import op

revision = "4d6b28fa1c73"
down_revision = "3c5a17e9d2b4"
branch_labels = None
depends_on = None

FUNCTION = """
CREATE OR REPLACE FUNCTION gmp_others_busy(wanted bigint[], from_at timestamptz, until_at timestamptz)
RETURNS TABLE (unit_id bigint, resource_id bigint, busy tstzrange)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS $$
    SELECT {unit}, unnest(range_agg(s.during)) * tstzrange(from_at, until_at)
    FROM {units} CROSS JOIN LATERAL (
        SELECT {columns} FROM slot
        WHERE slot.active AND {overlap}
          AND slot.company_id IS DISTINCT FROM NULLIF(current_setting('gmp.company', true), '')::bigint
        OFFSET 0
    ) AS s
    {kept} GROUP BY {unit}
$$
"""
# Nothing lasts longer than a year and its margins, which bounds the index at both ends.
BY_END = FUNCTION.format(
    unit="s.unit_id, s.resource_id",
    units="unnest(wanted) AS w (id)",
    columns="slot.unit_id, slot.resource_id, slot.during",
    overlap="slot.resource_id = w.id AND slot.ends_at > from_at AND slot.ends_at < until_at + interval '368 days'"
    " AND slot.starts_at < until_at",
    kept="",
)
BY_RANGE = FUNCTION.format(
    unit="u.id, u.resource_id",
    units="unit AS u",
    columns="slot.during",
    overlap="int8range(slot.unit_id, slot.unit_id, '[]') && int8range(u.id, u.id, '[]')"
    " AND slot.during && tstzrange(from_at, until_at)",
    kept="WHERE u.resource_id = ANY (wanted)",
)


def upgrade() -> None:
    op.create_index("ix_slot_resource_id_ends_at", "slot", ["resource_id", "ends_at"])
    op.drop_index("ix_slot_resource_id_starts_at", "slot")
    op.execute(BY_END)


def downgrade() -> None:
    op.execute(BY_RANGE)
    op.create_index("ix_slot_resource_id_starts_at", "slot", ["resource_id", "starts_at"])
    op.drop_index("ix_slot_resource_id_ends_at", "slot")
