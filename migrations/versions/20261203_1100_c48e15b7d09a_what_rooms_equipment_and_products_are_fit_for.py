"""What rooms and equipment may be used for, and what a product is made of."""

from alembic import op

revision = "c48e15b7d09a"
down_revision = "3f7d90a2c6e1"
branch_labels = None
depends_on = None

UP = (
    "ALTER TABLE room RENAME COLUMN suited_for TO allowed_modalities",
    """
    ALTER TABLE room
        ADD COLUMN pressure_mode text,
        ADD COLUMN allowed_activities text[] DEFAULT '{}' NOT NULL,
        ADD CONSTRAINT ck_room_bsl_max CHECK (bsl_max BETWEEN 1 AND 4),
        ADD CONSTRAINT ck_room_pressure_mode CHECK (pressure_mode IN ('POSITIVE', 'NEGATIVE', 'SINK', 'BUBBLE')),
        ADD CONSTRAINT ck_room_allowed_activities
            CHECK (allowed_activities <@ ARRAY['GMP', 'ENG', 'APS', 'TRAINING', 'TOUR_VIEW'])
    """,
    """
    ALTER TABLE equipment
        ADD COLUMN dedicated_product_id bigint
            CONSTRAINT fk_equipment_dedicated_product_id_product REFERENCES product (id),
        ADD CONSTRAINT ck_equipment_share_policy
            CHECK (share_policy IN ('DEDICATED_BATCH', 'DEDICATED_PRODUCT', 'SHARED_SEGREGATED', 'SHARED'))
    """,
    """
    ALTER TABLE product
        ADD COLUMN vector text,
        ADD COLUMN lmo_grade integer,
        ADD COLUMN donor_type text,
        ADD CONSTRAINT ck_product_vector CHECK (vector IN ('LV', 'RV', 'AAV', 'ADV', 'NON_VIRAL')),
        ADD CONSTRAINT ck_product_lmo_grade CHECK (lmo_grade BETWEEN 1 AND 4),
        ADD CONSTRAINT ck_product_donor_type CHECK (donor_type IN ('AUTOLOGOUS', 'DONOR_MATCHED', 'ALLOGENEIC'))
    """,
)
DOWN = (
    "ALTER TABLE product DROP COLUMN vector, DROP COLUMN lmo_grade, DROP COLUMN donor_type",
    "ALTER TABLE equipment DROP COLUMN dedicated_product_id, DROP CONSTRAINT ck_equipment_share_policy",
    "ALTER TABLE room DROP COLUMN pressure_mode, DROP COLUMN allowed_activities, DROP CONSTRAINT ck_room_bsl_max",
    "ALTER TABLE room RENAME COLUMN allowed_modalities TO suited_for",
)


def upgrade() -> None:
    for statement in UP:
        op.execute(statement)


def downgrade() -> None:
    for statement in DOWN:
        op.execute(statement)
