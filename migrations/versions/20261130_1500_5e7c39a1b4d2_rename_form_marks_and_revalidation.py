"""Rename the tables of form marks and of revalidation, with their constraints and indexes."""

from alembic import op

revision = "5e7c39a1b4d2"
down_revision = "4d6b28fa1c73"
branch_labels = None
depends_on = None

OTHERS_MARKS = """
CREATE OR REPLACE FUNCTION gmp_others_marks(wanted bigint[], from_at timestamptz, until_at timestamptz)
RETURNS TABLE (resource_id bigint, marked tstzrange)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS $$
    SELECT m.resource_id, unnest(range_agg(tstzrange(m.starts_at, m.ends_at))) * tstzrange(from_at, until_at)
    FROM {table} AS m
    WHERE m.resource_id = ANY (wanted) AND m.expires_at > gmp_now() AND m.starts_at < until_at AND m.ends_at > from_at
      AND m.company_id IS DISTINCT FROM NULLIF(current_setting('gmp.company', true), '')::bigint
    GROUP BY m.resource_id
$$
"""

CONSTRAINTS = {
    ("slot_hold", "form_mark"): (
        ("ck_slot_hold_during", "ck_form_mark_during"),
        ("fk_slot_hold_company_id_company", "fk_form_mark_company_id_company"),
        ("fk_slot_hold_person_id_person", "fk_form_mark_person_id_person"),
        ("fk_slot_hold_resource_id_resource", "fk_form_mark_resource_id_resource"),
        ("pk_slot_hold", "pk_form_mark"),
        ("uq_slot_hold_person_id_number", "uq_form_mark_person_id_number"),
    ),
    ("reexamination", "revalidation"): (
        ("fk_reexamination_booking_id_booking", "fk_revalidation_booking_id_booking"),
        ("pk_reexamination", "pk_revalidation"),
        ("uq_reexamination_booking_id", "uq_revalidation_booking_id"),
    ),
}
INDEXES = (
    ("ix_slot_hold_resource_id_expires_at", "ix_form_mark_resource_id_expires_at"),
    ("ix_reexamination_wanted", "ix_revalidation_wanted"),
)
SEQUENCES = (("slot_hold_id_seq", "form_mark_id_seq"), ("reexamination_id_seq", "revalidation_id_seq"))


def upgrade() -> None:
    for (old, new), constraints in CONSTRAINTS.items():
        op.execute(f"ALTER TABLE {old} RENAME TO {new}")
        for was, becomes in constraints:
            op.execute(f"ALTER TABLE {new} RENAME CONSTRAINT {was} TO {becomes}")
    for was, becomes in INDEXES:
        op.execute(f"ALTER INDEX {was} RENAME TO {becomes}")
    for was, becomes in SEQUENCES:
        op.execute(f"ALTER SEQUENCE {was} RENAME TO {becomes}")
    op.execute(OTHERS_MARKS.format(table="form_mark"))
    op.execute("UPDATE delivery SET consumer = 'revalidation' WHERE consumer = 'reexamination'")


def downgrade() -> None:
    op.execute("UPDATE delivery SET consumer = 'reexamination' WHERE consumer = 'revalidation'")
    for (old, new), constraints in CONSTRAINTS.items():
        op.execute(f"ALTER TABLE {new} RENAME TO {old}")
        for was, becomes in constraints:
            op.execute(f"ALTER TABLE {old} RENAME CONSTRAINT {becomes} TO {was}")
    for was, becomes in INDEXES:
        op.execute(f"ALTER INDEX {becomes} RENAME TO {was}")
    for was, becomes in SEQUENCES:
        op.execute(f"ALTER SEQUENCE {becomes} RENAME TO {was}")
    op.execute(OTHERS_MARKS.format(table="slot_hold"))
