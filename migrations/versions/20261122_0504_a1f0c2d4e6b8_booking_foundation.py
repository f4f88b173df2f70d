"""The foundation: companies, people, accounts, resources and slots, bookings, journal, history, outbox, feeds."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "a1f0c2d4e6b8"
down_revision = None
branch_labels = None
depends_on = None

CLOCK = "CREATE FUNCTION gmp_now() RETURNS timestamptz LANGUAGE sql VOLATILE AS 'SELECT clock_timestamp()'"

ROW_HISTORY = """
CREATE FUNCTION gmp_row_history() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        INSERT INTO row_history (table_name, row_id, operation, new_row, company_id, actor_id, actor_name, reason, request_id)
        SELECT TG_TABLE_NAME, n.id, TG_OP, to_jsonb(n),
               (to_jsonb(n) ->> CASE WHEN TG_TABLE_NAME = 'company' THEN 'id' ELSE 'company_id' END)::bigint,
               NULLIF(current_setting('gmp.actor_id', true), '')::bigint,
               NULLIF(current_setting('gmp.actor_name', true), ''), NULLIF(current_setting('gmp.reason', true), ''),
               NULLIF(current_setting('gmp.request_id', true), '')
        FROM new_rows AS n;
    ELSIF TG_OP = 'UPDATE' THEN
        INSERT INTO row_history (table_name, row_id, operation, old_row, new_row, company_id, actor_id, actor_name, reason, request_id)
        SELECT TG_TABLE_NAME, n.id, TG_OP, to_jsonb(o), to_jsonb(n),
               (to_jsonb(n) ->> CASE WHEN TG_TABLE_NAME = 'company' THEN 'id' ELSE 'company_id' END)::bigint,
               NULLIF(current_setting('gmp.actor_id', true), '')::bigint,
               NULLIF(current_setting('gmp.actor_name', true), ''), NULLIF(current_setting('gmp.reason', true), ''),
               NULLIF(current_setting('gmp.request_id', true), '')
        FROM new_rows AS n JOIN old_rows AS o ON o.id = n.id;
    ELSE
        INSERT INTO row_history (table_name, row_id, operation, old_row, company_id, actor_id, actor_name, reason, request_id)
        SELECT TG_TABLE_NAME, o.id, TG_OP, to_jsonb(o),
               (to_jsonb(o) ->> CASE WHEN TG_TABLE_NAME = 'company' THEN 'id' ELSE 'company_id' END)::bigint,
               NULLIF(current_setting('gmp.actor_id', true), '')::bigint,
               NULLIF(current_setting('gmp.actor_name', true), ''), NULLIF(current_setting('gmp.reason', true), ''),
               NULLIF(current_setting('gmp.request_id', true), '')
        FROM old_rows AS o;
    END IF;
    RETURN NULL;
END $$
"""

MAKE_LOCK = """
CREATE FUNCTION gmp_make_lock() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$
BEGIN
    INSERT INTO resource_lock (kind, subject_id) VALUES (TG_ARGV[0], NEW.id) ON CONFLICT DO NOTHING;
    RETURN NULL;
END $$
"""

SLOT_LOCK = """
CREATE FUNCTION gmp_slot_lock() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM 1 FROM resource_lock WHERE kind = 'resource' AND subject_id = NEW.resource_id FOR NO KEY UPDATE NOWAIT;
    RETURN NEW;
END $$
"""

OTHERS_BUSY = """
CREATE FUNCTION gmp_others_busy(wanted bigint[], from_at timestamptz, until_at timestamptz)
RETURNS TABLE (unit_id bigint, resource_id bigint, busy tstzrange)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS $$
    SELECT u.id, u.resource_id, unnest(range_agg(s.during)) * tstzrange(from_at, until_at)
    FROM unit AS u
    CROSS JOIN LATERAL (
        SELECT slot.during FROM slot
        WHERE slot.active AND int8range(slot.unit_id, slot.unit_id, '[]') && int8range(u.id, u.id, '[]')
          AND slot.during && tstzrange(from_at, until_at)
          AND slot.company_id IS DISTINCT FROM NULLIF(current_setting('gmp.company', true), '')::bigint
    ) AS s
    WHERE u.resource_id = ANY (wanted)
    GROUP BY u.id, u.resource_id
$$
"""

# Who may read and change the rows of each table; later tables come with their own.
TENANT = (
    "company",
    "person",
    "person_role",
    "product",
    "booking",
    "booking_session",
    "session_person",
    "session_equipment",
    "equipment_reservation",
    "slot",
    "outbox_message",
)
APPEND_ONLY = ("booking_version", "evaluation", "signature", "journal", "row_history")
FACILITY = ("decision_facts", "delivery")
SHARED = (
    "facility",
    "opening_hours",
    "holiday",
    "rule_switch",
    "ahu",
    "air_zone",
    "resource",
    "room",
    "equipment",
    "unit",
    "resource_lock",
)
SECRET_LOOKUP = (
    "account",
    "auth_session",
    "known_device",
    "login_throttle",
    "api_token",
    "auth_event",
    "calendar_feed",
    "idempotency_key",
)
WITHOUT_HISTORY = ("outbox_message", "resource_lock")

ROW_SECURITY = (
    "ALTER TABLE {table} ENABLE ROW LEVEL SECURITY",
    "ALTER TABLE {table} FORCE ROW LEVEL SECURITY",
    "CREATE POLICY owner_all ON {table} TO gmp_owner USING (true) WITH CHECK (true)",
    "CREATE POLICY facility_all ON {table} TO gmp_facility USING (true) WITH CHECK (true)",
)
OF_ONE_COMPANY = (
    "CREATE POLICY company_own ON {table} TO gmp_app USING ({own}) WITH CHECK ({own})",
    "CREATE POLICY engine_reads ON {table} FOR SELECT TO gmp_engine USING (true)",
)
TENANT_RIGHTS = (
    "GRANT SELECT ON {table} TO gmp_app, gmp_facility, gmp_engine",
    "GRANT INSERT, UPDATE ON {table} TO gmp_app, gmp_facility",
)
APPEND_ONLY_RIGHTS = (
    "GRANT SELECT ON {table} TO gmp_app, gmp_facility, gmp_engine",
    "GRANT INSERT ON {table} TO gmp_app, gmp_facility",
)
FACILITY_RIGHTS = (
    "GRANT SELECT, INSERT, UPDATE ON {table} TO gmp_facility",
    "GRANT INSERT ON {table} TO gmp_app",
    "CREATE POLICY company_adds ON {table} FOR INSERT TO gmp_app WITH CHECK (true)",
)
SHARED_RIGHTS = (
    "GRANT SELECT ON {table} TO gmp_app, gmp_facility, gmp_engine",
    "GRANT INSERT, UPDATE ON {table} TO gmp_facility",
)
LOCK_RIGHTS = "GRANT UPDATE ON resource_lock TO gmp_app"
SECRET_LOOKUP_RIGHTS = ("GRANT SELECT, INSERT, UPDATE, DELETE ON {table} TO gmp_app, gmp_facility",)
POLICIES = (
    (TENANT, (*ROW_SECURITY, *TENANT_RIGHTS, *OF_ONE_COMPANY)),
    (APPEND_ONLY, (*ROW_SECURITY, *APPEND_ONLY_RIGHTS, *OF_ONE_COMPANY)),
    (FACILITY, (*ROW_SECURITY, *FACILITY_RIGHTS)),
    (SHARED, SHARED_RIGHTS),
    (SECRET_LOOKUP, SECRET_LOOKUP_RIGHTS),
)
HISTORY = (
    (
        "CREATE TRIGGER history_insert AFTER INSERT ON {table} REFERENCING NEW TABLE AS new_rows"
        " FOR EACH STATEMENT EXECUTE FUNCTION gmp_row_history()"
    ),
    (
        "CREATE TRIGGER history_update AFTER UPDATE ON {table} REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows"
        " FOR EACH STATEMENT EXECUTE FUNCTION gmp_row_history()"
    ),
    (
        "CREATE TRIGGER history_delete AFTER DELETE ON {table} REFERENCING OLD TABLE AS old_rows"
        " FOR EACH STATEMENT EXECUTE FUNCTION gmp_row_history()"
    ),
)
LOCKED = {"resource": "resource", "company": "company", "person": "person", "air_zone": "zone"}


def upgrade() -> None:
    op.execute(CLOCK)
    op.create_table(
        "ahu",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("single_pass", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ahu")),
        sa.UniqueConstraint("code", name=op.f("uq_ahu_code")),
    )
    op.create_table(
        "auth_event",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("gmp_now()"), nullable=False),
        sa.Column("event", sa.Text(), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=True),
        sa.Column("auth_session_id", sa.BigInteger(), nullable=True),
        sa.Column("ip", sa.Text(), nullable=True),
        sa.Column("detail", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_auth_event")),
    )
    op.create_index("ix_auth_event_account_id_at", "auth_event", ["account_id", "at"], unique=False)
    op.create_table(
        "company",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name_ko", sa.Text(), nullable=False),
        sa.Column("name_en", sa.Text(), nullable=False),
        sa.Column("name_zh", sa.Text(), nullable=False),
        sa.Column("country", sa.Text(), nullable=False),
        sa.Column("registration_no", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), server_default="ACTIVE", nullable=False),
        sa.Column("pending_room_days_cap", sa.Integer(), server_default=sa.text("15"), nullable=False),
        sa.Column("single_signatory", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("gmp_now()"), nullable=False),
        sa.CheckConstraint("status IN ('ACTIVE', 'SUSPENDED')", name=op.f("ck_company_status")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_company")),
        sa.UniqueConstraint("code", name=op.f("uq_company_code")),
    )
    op.create_table(
        "facility",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name_ko", sa.Text(), nullable=False),
        sa.Column("name_en", sa.Text(), nullable=False),
        sa.Column("name_zh", sa.Text(), nullable=False),
        sa.Column("time_zone", sa.Text(), server_default="Asia/Seoul", nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_facility")),
        sa.UniqueConstraint("code", name=op.f("uq_facility_code")),
    )
    op.create_table(
        "holiday",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("on_date", sa.Date(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("name_ko", sa.Text(), nullable=False),
        sa.Column("name_en", sa.Text(), nullable=False),
        sa.Column("name_zh", sa.Text(), nullable=False),
        sa.Column("active", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.CheckConstraint(
            "kind IN ('LEGAL', 'SUBSTITUTE', 'TEMPORARY', 'ELECTION', 'FACILITY')", name=op.f("ck_holiday_kind")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_holiday")),
        sa.UniqueConstraint("on_date", "kind", name=op.f("uq_holiday_on_date_kind")),
    )
    op.create_table(
        "idempotency_key",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("fingerprint", sa.Text(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("headers", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("body", sa.LargeBinary(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("gmp_now()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_idempotency_key")),
        sa.UniqueConstraint("account_id", "key", name=op.f("uq_idempotency_key_account_id_key")),
    )
    op.create_table(
        "journal",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("event", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("gmp_now()"), nullable=False),
        sa.Column("actor_id", sa.BigInteger(), nullable=True),
        sa.Column("actor_name", sa.Text(), nullable=False),
        sa.Column("company_id", sa.BigInteger(), nullable=True),
        sa.Column("booking_id", sa.BigInteger(), nullable=True),
        sa.Column("reference", sa.Text(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=True),
        sa.Column("data", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("request_id", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_journal")),
    )
    op.create_index("ix_journal_booking_id_id", "journal", ["booking_id", "id"], unique=False)
    op.create_index("ix_journal_company_id_at", "journal", ["company_id", "at"], unique=False)
    op.create_table(
        "login_throttle",
        sa.Column("key", sa.LargeBinary(), nullable=False),
        sa.Column("fails", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), server_default=sa.text("'-infinity'"), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("gmp_now()"), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_login_throttle")),
    )
    op.create_table(
        "outbox_message",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("company_id", sa.BigInteger(), nullable=True),
        sa.Column("person_id", sa.BigInteger(), nullable=True),
        sa.Column("recipient", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("booking_id", sa.BigInteger(), nullable=True),
        sa.Column("booking_version", sa.Integer(), nullable=True),
        sa.Column("booking_session_id", sa.BigInteger(), nullable=True),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("payload", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("gmp_now()"), nullable=False),
        sa.Column("next_attempt_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("attempts", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("lease_token", sa.Text(), nullable=True),
        sa.Column("leased_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("message_id", sa.Text(), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("dead_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox_message")),
        sa.UniqueConstraint("message_id", name=op.f("uq_outbox_message_message_id")),
    )
    op.create_index("ix_outbox_message_booking_id", "outbox_message", ["booking_id"], unique=False)
    op.create_index(
        "ix_outbox_message_pending",
        "outbox_message",
        ["next_attempt_at"],
        unique=False,
        postgresql_where=sa.text("sent_at IS NULL AND withdrawn_at IS NULL AND dead_at IS NULL"),
    )
    op.create_index(
        "uq_outbox_message_once",
        "outbox_message",
        ["booking_id", "booking_version", "booking_session_id", "kind", "recipient", "due_at"],
        unique=True,
        postgresql_nulls_not_distinct=True,
    )
    op.create_table(
        "resource",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("name_ko", sa.Text(), nullable=False),
        sa.Column("name_en", sa.Text(), nullable=False),
        sa.Column("name_zh", sa.Text(), nullable=False),
        sa.Column("active", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("gmp_now()"), nullable=False),
        sa.CheckConstraint("kind IN ('ROOM', 'EQUIPMENT')", name=op.f("ck_resource_kind")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_resource")),
        sa.UniqueConstraint("code", name=op.f("uq_resource_code")),
    )
    op.create_table(
        "resource_lock",
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("subject_id", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("kind", "subject_id", name=op.f("pk_resource_lock")),
    )
    op.create_table(
        "row_history",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("gmp_now()"), nullable=False),
        sa.Column("table_name", sa.Text(), nullable=False),
        sa.Column("row_id", sa.BigInteger(), nullable=False),
        sa.Column("operation", sa.Text(), nullable=False),
        sa.Column("old_row", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("new_row", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("company_id", sa.BigInteger(), nullable=True),
        sa.Column("actor_id", sa.BigInteger(), nullable=True),
        sa.Column("actor_name", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("request_id", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_row_history")),
    )
    op.create_index("ix_row_history_table_name_row_id", "row_history", ["table_name", "row_id"], unique=False)
    op.create_table(
        "rule_switch",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("mode", sa.Text(), nullable=False),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("gmp_now()"), nullable=False),
        sa.CheckConstraint("mode IN ('off', 'warn', 'enforce')", name=op.f("ck_rule_switch_mode")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rule_switch")),
        sa.UniqueConstraint("rule", "from_on", name=op.f("uq_rule_switch_rule_from_on")),
    )
    op.create_table(
        "air_zone",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("ahu_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["ahu_id"], ["ahu.id"], name=op.f("fk_air_zone_ahu_id_ahu")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_air_zone")),
        sa.UniqueConstraint("code", name=op.f("uq_air_zone_code")),
    )
    op.create_table(
        "delivery",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("journal_id", sa.BigInteger(), nullable=False),
        sa.Column("consumer", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("gmp_now()"), nullable=False),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("attempts", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["journal_id"], ["journal.id"], name=op.f("fk_delivery_journal_id_journal")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_delivery")),
    )
    op.create_index("ix_delivery_journal_id", "delivery", ["journal_id"], unique=False)
    op.create_index(
        "ix_delivery_open", "delivery", ["consumer", "id"], unique=False, postgresql_where=sa.text("done_at IS NULL")
    )
    op.create_table(
        "opening_hours",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("resource_id", sa.BigInteger(), nullable=True),
        sa.Column("weekday", sa.Integer(), nullable=False),
        sa.Column("opens", sa.Time(), nullable=False),
        sa.Column("closes", sa.Time(), nullable=False),
        sa.CheckConstraint("opens < closes", name=op.f("ck_opening_hours_order")),
        sa.CheckConstraint("weekday BETWEEN 0 AND 6", name=op.f("ck_opening_hours_weekday")),
        sa.ForeignKeyConstraint(["resource_id"], ["resource.id"], name=op.f("fk_opening_hours_resource_id_resource")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_opening_hours")),
    )
    op.create_index(
        "uq_opening_hours_day",
        "opening_hours",
        ["resource_id", "weekday"],
        unique=True,
        postgresql_nulls_not_distinct=True,
    )
    op.create_table(
        "person",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("company_id", sa.BigInteger(), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("phone", sa.Text(), nullable=True),
        sa.Column("language", sa.Text(), server_default="ko", nullable=False),
        sa.Column("active", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("gmp_now()"), nullable=False),
        sa.ForeignKeyConstraint(["company_id"], ["company.id"], name=op.f("fk_person_company_id_company")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_person")),
        sa.UniqueConstraint("email", name=op.f("uq_person_email")),
    )
    op.create_index("ix_person_company_id", "person", ["company_id"], unique=False)
    op.create_table(
        "product",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("company_id", sa.BigInteger(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("modality", sa.Text(), nullable=False),
        sa.Column("active", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("gmp_now()"), nullable=False),
        sa.ForeignKeyConstraint(["company_id"], ["company.id"], name=op.f("fk_product_company_id_company")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_product")),
        sa.UniqueConstraint("company_id", "code", name=op.f("uq_product_company_id_code")),
        sa.UniqueConstraint("company_id", "id", name=op.f("uq_product_company_id_id")),
    )
    op.create_table(
        "unit",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("resource_id", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["resource_id"], ["resource.id"], name=op.f("fk_unit_resource_id_resource")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_unit")),
        sa.UniqueConstraint("resource_id", "id", name=op.f("uq_unit_resource_id_id")),
        sa.UniqueConstraint("resource_id", "number", name=op.f("uq_unit_resource_id_number")),
    )
    op.create_table(
        "account",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=True),
        sa.Column(
            "password_changed_at", sa.DateTime(timezone=True), server_default=sa.text("gmp_now()"), nullable=False
        ),
        sa.Column("active", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("gmp_now()"), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_account_person_id_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account")),
        sa.UniqueConstraint("email", name=op.f("uq_account_email")),
        sa.UniqueConstraint("person_id", name=op.f("uq_account_person_id")),
    )
    op.create_table(
        "booking",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("company_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("revision", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("product_id", sa.BigInteger(), nullable=True),
        sa.Column("batch", sa.Text(), nullable=True),
        sa.Column("run_type", sa.Text(), nullable=True),
        sa.Column("title", sa.Text(), nullable=True),
        sa.Column("purpose", sa.Text(), nullable=True),
        sa.Column("visibility", sa.Text(), server_default="BUSY", nullable=False),
        sa.Column("track", sa.Text(), nullable=False),
        sa.Column("stage", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("at_risk", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("sequence", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("draft", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("requested_by", sa.BigInteger(), nullable=False),
        sa.Column("entered_by", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("gmp_now()"), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), server_default=sa.text("gmp_now()"), nullable=False),
        sa.Column("submitted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decide_by", sa.DateTime(timezone=True), nullable=True),
        sa.Column("pending_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "state IN ('DRAFT', 'SUBMITTED', 'UNDER_REVIEW', 'RETURNED', 'APPROVED', 'CONFIRMED', 'REJECTED', 'EXPIRED', 'CANCELLED', 'CLOSED')",
            name=op.f("ck_booking_state"),
        ),
        sa.ForeignKeyConstraint(
            ["company_id", "product_id"],
            ["product.company_id", "product.id"],
            name=op.f("fk_booking_company_id_product_id_product"),
        ),
        sa.ForeignKeyConstraint(["company_id"], ["company.id"], name=op.f("fk_booking_company_id_company")),
        sa.ForeignKeyConstraint(["entered_by"], ["person.id"], name=op.f("fk_booking_entered_by_person")),
        sa.ForeignKeyConstraint(["requested_by"], ["person.id"], name=op.f("fk_booking_requested_by_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_booking")),
        sa.UniqueConstraint("company_id", "id", name=op.f("uq_booking_company_id_id")),
        sa.UniqueConstraint("reference", name=op.f("uq_booking_reference")),
    )
    op.create_index("ix_booking_company_id_created_at", "booking", ["company_id", "created_at"], unique=False)
    op.create_index("ix_booking_company_id_starts_at", "booking", ["company_id", "starts_at"], unique=False)
    op.create_index(
        "ix_booking_pending",
        "booking",
        ["pending_until"],
        unique=False,
        postgresql_where=sa.text("pending_until IS NOT NULL"),
    )
    op.create_index("ix_booking_starts_at", "booking", ["starts_at"], unique=False)
    op.create_index(
        "ix_booking_waiting",
        "booking",
        ["submitted_at"],
        unique=False,
        postgresql_where=sa.text("state IN ('SUBMITTED', 'UNDER_REVIEW')"),
    )
    op.create_table(
        "calendar_feed",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("prefix", sa.Text(), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("resource_id", sa.BigInteger(), nullable=True),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("gmp_now()"), nullable=False),
        sa.Column("last_used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("(scope = 'resource') = (resource_id IS NOT NULL)", name=op.f("ck_calendar_feed_resource")),
        sa.CheckConstraint("scope IN ('mine', 'company', 'facility', 'resource')", name=op.f("ck_calendar_feed_scope")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_calendar_feed_person_id_person")),
        sa.ForeignKeyConstraint(["resource_id"], ["resource.id"], name=op.f("fk_calendar_feed_resource_id_resource")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_calendar_feed")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_calendar_feed_token_hash")),
    )
    op.create_index("ix_calendar_feed_person_id", "calendar_feed", ["person_id"], unique=False)
    op.create_table(
        "person_role",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("company_id", sa.BigInteger(), nullable=True),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("granted_at", sa.DateTime(timezone=True), server_default=sa.text("gmp_now()"), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("revoked_at IS NULL OR revoked_at >= granted_at", name=op.f("ck_person_role_order")),
        sa.ForeignKeyConstraint(["company_id"], ["company.id"], name=op.f("fk_person_role_company_id_company")),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_person_role_person_id_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_person_role")),
    )
    op.create_index(
        "uq_person_role_standing",
        "person_role",
        ["person_id", "role"],
        unique=True,
        postgresql_where=sa.text("revoked_at IS NULL"),
    )
    op.create_table(
        "room",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("grade", sa.Text(), nullable=False),
        sa.Column("room_class", sa.Text(), nullable=False),
        sa.Column("air_zone_id", sa.BigInteger(), nullable=True),
        sa.Column("area_m2", sa.Integer(), nullable=False),
        sa.Column("max_occupancy", sa.Integer(), nullable=False),
        sa.Column("bsl_max", sa.Integer(), nullable=True),
        sa.Column("recovery_min", sa.Integer(), server_default=sa.text("20"), nullable=False),
        sa.Column("gmp", sa.Boolean(), nullable=False),
        sa.Column("changeover_policy", sa.Text(), nullable=False),
        sa.Column("vhp_group", sa.Text(), nullable=True),
        sa.Column("suited_for", postgresql.ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False),
        sa.CheckConstraint(
            "changeover_policy IN ('MATRIX', 'L1_BETWEEN_PRODUCTS', 'NONE')", name=op.f("ck_room_changeover_policy")
        ),
        sa.CheckConstraint("room_class IN ('GMP', 'SERVICE', 'DEMO', 'SEATED')", name=op.f("ck_room_room_class")),
        sa.CheckConstraint("max_occupancy > 0", name=op.f("ck_room_max_occupancy")),
        sa.ForeignKeyConstraint(["air_zone_id"], ["air_zone.id"], name=op.f("fk_room_air_zone_id_air_zone")),
        sa.ForeignKeyConstraint(["id"], ["resource.id"], name=op.f("fk_room_id_resource")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_room")),
    )
    op.create_table(
        "signature",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("company_id", sa.BigInteger(), nullable=True),
        sa.Column("record_type", sa.Text(), nullable=False),
        sa.Column("record_id", sa.BigInteger(), nullable=False),
        sa.Column("record_reference", sa.Text(), nullable=False),
        sa.Column("record_version", sa.Integer(), nullable=False),
        sa.Column("content_hash", sa.Text(), nullable=False),
        sa.Column("meaning", sa.Text(), nullable=False),
        sa.Column("printed_name", sa.Text(), nullable=False),
        sa.Column("signer_id", sa.BigInteger(), nullable=False),
        sa.Column("signed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("time_zone", sa.Text(), nullable=False),
        sa.Column("auth_method", sa.Text(), nullable=False),
        sa.Column("auth_session_id", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["company_id"], ["company.id"], name=op.f("fk_signature_company_id_company")),
        sa.ForeignKeyConstraint(["signer_id"], ["person.id"], name=op.f("fk_signature_signer_id_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_signature")),
    )
    op.create_index("ix_signature_record", "signature", ["record_type", "record_id", "record_version"], unique=False)
    op.create_table(
        "api_token",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("prefix", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("gmp_now()"), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_api_token_account_id_account")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_token")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_api_token_token_hash")),
    )
    op.create_index("ix_api_token_account_id", "api_token", ["account_id"], unique=False)
    op.create_table(
        "auth_session",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=True),
        sa.Column("stage", sa.Text(), nullable=False),
        sa.Column("csrf", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=True),
        sa.Column("ip", sa.Text(), nullable=True),
        sa.Column("user_agent", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("gmp_now()"), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), server_default=sa.text("gmp_now()"), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("end_reason", sa.Text(), nullable=True),
        sa.CheckConstraint("stage IN ('anon', 'full')", name=op.f("ck_auth_session_stage")),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_auth_session_account_id_account")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_auth_session")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_auth_session_token_hash")),
    )
    op.create_index("ix_auth_session_account_id", "auth_session", ["account_id"], unique=False)
    op.create_table(
        "booking_session",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("booking_id", sa.BigInteger(), nullable=False),
        sa.Column("company_id", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("room_id", sa.BigInteger(), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("setup_min", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("teardown_min", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("step", sa.Text(), nullable=True),
        sa.Column("exposure", sa.Text(), server_default="CLOSED", nullable=False),
        sa.Column("headcount", sa.Integer(), nullable=False),
        sa.Column("state", sa.Text(), server_default="PLANNED", nullable=False),
        sa.Column("actual_start_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("actual_end_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "state IN ('PLANNED', 'READY', 'IN_USE', 'SUSPENDED', 'DONE', 'ABORTED', 'MISSED', 'CANCELLED')",
            name=op.f("ck_booking_session_state"),
        ),
        sa.CheckConstraint("headcount >= 0", name=op.f("ck_booking_session_headcount")),
        sa.CheckConstraint("setup_min >= 0 AND teardown_min >= 0", name=op.f("ck_booking_session_margins")),
        sa.CheckConstraint("starts_at < ends_at", name=op.f("ck_booking_session_order")),
        sa.ForeignKeyConstraint(
            ["company_id", "booking_id"],
            ["booking.company_id", "booking.id"],
            name=op.f("fk_booking_session_company_id_booking_id_booking"),
        ),
        sa.ForeignKeyConstraint(["room_id"], ["room.id"], name=op.f("fk_booking_session_room_id_room")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_booking_session")),
        sa.UniqueConstraint(
            "booking_id", "version", "number", name=op.f("uq_booking_session_booking_id_version_number")
        ),
        sa.UniqueConstraint("company_id", "id", name=op.f("uq_booking_session_company_id_id")),
    )
    op.create_index(
        "ix_booking_session_company_id_starts_at", "booking_session", ["company_id", "starts_at"], unique=False
    )
    op.create_index("ix_booking_session_room_id_starts_at", "booking_session", ["room_id", "starts_at"], unique=False)
    op.create_table(
        "booking_version",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("booking_id", sa.BigInteger(), nullable=False),
        sa.Column("company_id", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("content", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("content_hash", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("gmp_now()"), nullable=False),
        sa.Column("created_by", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["company_id", "booking_id"],
            ["booking.company_id", "booking.id"],
            name=op.f("fk_booking_version_company_id_booking_id_booking"),
        ),
        sa.ForeignKeyConstraint(["created_by"], ["person.id"], name=op.f("fk_booking_version_created_by_person")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_booking_version")),
        sa.UniqueConstraint("booking_id", "version", name=op.f("uq_booking_version_booking_id_version")),
    )
    op.create_table(
        "decision_facts",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("booking_id", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("occasion", sa.Text(), nullable=False),
        sa.Column("facts", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("findings", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("gmp_now()"), nullable=False),
        sa.ForeignKeyConstraint(["booking_id"], ["booking.id"], name=op.f("fk_decision_facts_booking_id_booking")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_decision_facts")),
    )
    op.create_index("ix_decision_facts_booking_id", "decision_facts", ["booking_id"], unique=False)
    op.create_table(
        "equipment",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("equipment_kind", sa.Text(), nullable=False),
        sa.Column("home_room_id", sa.BigInteger(), nullable=True),
        sa.Column("room_use", sa.Text(), nullable=False),
        sa.Column("share_policy", sa.Text(), server_default="DEDICATED_BATCH", nullable=False),
        sa.Column("vhp_safe", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("gmp", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("status", sa.Text(), server_default="AVAILABLE", nullable=False),
        sa.CheckConstraint("room_use IN ('ATTENDED', 'RUNS_ALONE', 'FREE')", name=op.f("ck_equipment_room_use")),
        sa.CheckConstraint("status IN ('AVAILABLE', 'OUT_OF_SERVICE')", name=op.f("ck_equipment_status")),
        sa.ForeignKeyConstraint(["home_room_id"], ["room.id"], name=op.f("fk_equipment_home_room_id_room")),
        sa.ForeignKeyConstraint(["id"], ["resource.id"], name=op.f("fk_equipment_id_resource")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_equipment")),
    )
    op.create_index("ix_equipment_home_room_id", "equipment", ["home_room_id"], unique=False)
    op.create_table(
        "evaluation",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("booking_id", sa.BigInteger(), nullable=False),
        sa.Column("company_id", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("occasion", sa.Text(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("findings", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("engine_version", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("gmp_now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["company_id", "booking_id"],
            ["booking.company_id", "booking.id"],
            name=op.f("fk_evaluation_company_id_booking_id_booking"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_evaluation")),
    )
    op.create_index("ix_evaluation_booking_id_version", "evaluation", ["booking_id", "version"], unique=False)
    op.create_table(
        "known_device",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("gmp_now()"), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_known_device_account_id_account")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_known_device")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_known_device_token_hash")),
    )
    op.create_table(
        "equipment_reservation",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("booking_id", sa.BigInteger(), nullable=False),
        sa.Column("company_id", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("equipment_id", sa.BigInteger(), nullable=False),
        sa.Column("units", sa.Integer(), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("starts_at < ends_at", name=op.f("ck_equipment_reservation_order")),
        sa.CheckConstraint("units > 0", name=op.f("ck_equipment_reservation_units")),
        sa.ForeignKeyConstraint(
            ["company_id", "booking_id"],
            ["booking.company_id", "booking.id"],
            name=op.f("fk_equipment_reservation_company_id_booking_id_booking"),
        ),
        sa.ForeignKeyConstraint(
            ["equipment_id"], ["equipment.id"], name=op.f("fk_equipment_reservation_equipment_id_equipment")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_equipment_reservation")),
        sa.UniqueConstraint(
            "booking_id", "version", "number", name=op.f("uq_equipment_reservation_booking_id_version_number")
        ),
        sa.UniqueConstraint("company_id", "id", name=op.f("uq_equipment_reservation_company_id_id")),
    )
    op.create_index(
        "ix_equipment_reservation_company_id_starts_at",
        "equipment_reservation",
        ["company_id", "starts_at"],
        unique=False,
    )
    op.create_table(
        "session_equipment",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("booking_session_id", sa.BigInteger(), nullable=False),
        sa.Column("company_id", sa.BigInteger(), nullable=False),
        sa.Column("equipment_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["company_id", "booking_session_id"],
            ["booking_session.company_id", "booking_session.id"],
            name=op.f("fk_session_equipment_company_id_booking_session_id_booking_session"),
        ),
        sa.ForeignKeyConstraint(
            ["equipment_id"], ["equipment.id"], name=op.f("fk_session_equipment_equipment_id_equipment")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_session_equipment")),
        sa.UniqueConstraint(
            "booking_session_id", "equipment_id", name=op.f("uq_session_equipment_booking_session_id_equipment_id")
        ),
    )
    op.create_table(
        "session_person",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("booking_session_id", sa.BigInteger(), nullable=False),
        sa.Column("booking_id", sa.BigInteger(), nullable=False),
        sa.Column("company_id", sa.BigInteger(), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("room_id", sa.BigInteger(), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("active", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.ForeignKeyConstraint(
            ["company_id", "booking_session_id"],
            ["booking_session.company_id", "booking_session.id"],
            name=op.f("fk_session_person_company_id_booking_session_id_booking_session"),
        ),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name=op.f("fk_session_person_person_id_person")),
        sa.ForeignKeyConstraint(["room_id"], ["room.id"], name=op.f("fk_session_person_room_id_room")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_session_person")),
        sa.UniqueConstraint(
            "booking_session_id", "person_id", name=op.f("uq_session_person_booking_session_id_person_id")
        ),
    )
    op.create_index("ix_session_person_person_id_ends_at", "session_person", ["person_id", "ends_at"], unique=False)
    op.create_table(
        "slot",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("unit_id", sa.BigInteger(), nullable=False),
        sa.Column("resource_id", sa.BigInteger(), nullable=False),
        sa.Column("during", postgresql.TSTZRANGE(), nullable=False),
        sa.Column(
            "starts_at", sa.DateTime(timezone=True), sa.Computed("lower(during)", persisted=True), nullable=False
        ),
        sa.Column("ends_at", sa.DateTime(timezone=True), sa.Computed("upper(during)", persisted=True), nullable=False),
        sa.Column("active", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("company_id", sa.BigInteger(), nullable=False),
        sa.Column("booking_id", sa.BigInteger(), nullable=False),
        sa.Column("booking_session_id", sa.BigInteger(), nullable=True),
        sa.Column("equipment_reservation_id", sa.BigInteger(), nullable=True),
        postgresql.ExcludeConstraint(
            (sa.text("int8range(unit_id, unit_id, '[]')"), "&&"),
            (sa.column("during"), "&&"),
            where=sa.text("active"),
            using="gist",
            name="ex_slot_unit_during",
        ),
        sa.CheckConstraint(
            "NOT isempty(during) AND NOT lower_inf(during) AND NOT upper_inf(during) AND lower_inc(during) AND NOT upper_inc(during) AND isfinite(lower(during)) AND isfinite(upper(during))",
            name=op.f("ck_slot_during"),
        ),
        sa.ForeignKeyConstraint(
            ["booking_session_id"], ["booking_session.id"], name=op.f("fk_slot_booking_session_id_booking_session")
        ),
        sa.ForeignKeyConstraint(
            ["company_id", "booking_id"],
            ["booking.company_id", "booking.id"],
            name=op.f("fk_slot_company_id_booking_id_booking"),
        ),
        sa.ForeignKeyConstraint(
            ["equipment_reservation_id"],
            ["equipment_reservation.id"],
            name=op.f("fk_slot_equipment_reservation_id_equipment_reservation"),
        ),
        sa.ForeignKeyConstraint(
            ["resource_id", "unit_id"], ["unit.resource_id", "unit.id"], name=op.f("fk_slot_resource_id_unit_id_unit")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_slot")),
    )
    op.create_index("ix_slot_booking_id", "slot", ["booking_id"], unique=False, postgresql_where=sa.text("active"))
    op.create_index("ix_slot_company_id_starts_at", "slot", ["company_id", "starts_at"], unique=False)
    op.create_index("ix_slot_starts_at", "slot", ["starts_at"], unique=False, postgresql_where=sa.text("active"))

    for statement in (ROW_HISTORY, MAKE_LOCK, SLOT_LOCK, OTHERS_BUSY):
        op.execute(statement)
    for table, kind in LOCKED.items():
        op.execute(
            f"CREATE TRIGGER make_lock AFTER INSERT ON {table} FOR EACH ROW EXECUTE FUNCTION gmp_make_lock('{kind}')"
        )
    op.execute("CREATE TRIGGER lock_held BEFORE INSERT OR UPDATE ON slot FOR EACH ROW EXECUTE FUNCTION gmp_slot_lock()")
    op.execute("GRANT USAGE ON SCHEMA public TO gmp_app, gmp_facility, gmp_engine")
    op.execute("GRANT SELECT ON alembic_version TO gmp_app")
    op.execute("REVOKE EXECUTE ON FUNCTION gmp_make_lock() FROM PUBLIC")
    op.execute("REVOKE EXECUTE ON FUNCTION gmp_others_busy(bigint[], timestamptz, timestamptz) FROM PUBLIC")
    op.execute("GRANT EXECUTE ON FUNCTION gmp_others_busy(bigint[], timestamptz, timestamptz) TO gmp_app, gmp_facility")
    for tables, statements in POLICIES:
        for table in tables:
            _execute_for(table, statements)
    op.execute(LOCK_RIGHTS)
    for table in (*TENANT, *SHARED):
        if table not in WITHOUT_HISTORY:
            _execute_for(table, HISTORY)


def _execute_for(table: str, statements: tuple[str, ...]) -> None:
    company = "id" if table == "company" else "company_id"
    own = f"{company} = NULLIF(current_setting('gmp.company', true), '')::bigint"
    for statement in statements:
        op.execute(statement.format(table=table, own=own))


def downgrade() -> None:
    op.execute("DROP FUNCTION gmp_others_busy(bigint[], timestamptz, timestamptz)")
    op.drop_index("ix_slot_starts_at", table_name="slot", postgresql_where=sa.text("active"))
    op.drop_index("ix_slot_company_id_starts_at", table_name="slot")
    op.drop_index("ix_slot_booking_id", table_name="slot", postgresql_where=sa.text("active"))
    op.drop_table("slot")
    op.drop_index("ix_session_person_person_id_ends_at", table_name="session_person")
    op.drop_table("session_person")
    op.drop_table("session_equipment")
    op.drop_index("ix_equipment_reservation_company_id_starts_at", table_name="equipment_reservation")
    op.drop_table("equipment_reservation")
    op.drop_table("known_device")
    op.drop_index("ix_evaluation_booking_id_version", table_name="evaluation")
    op.drop_table("evaluation")
    op.drop_index("ix_equipment_home_room_id", table_name="equipment")
    op.drop_table("equipment")
    op.drop_index("ix_decision_facts_booking_id", table_name="decision_facts")
    op.drop_table("decision_facts")
    op.drop_table("booking_version")
    op.drop_index("ix_booking_session_room_id_starts_at", table_name="booking_session")
    op.drop_index("ix_booking_session_company_id_starts_at", table_name="booking_session")
    op.drop_table("booking_session")
    op.drop_index("ix_auth_session_account_id", table_name="auth_session")
    op.drop_table("auth_session")
    op.drop_index("ix_api_token_account_id", table_name="api_token")
    op.drop_table("api_token")
    op.drop_index("ix_signature_record", table_name="signature")
    op.drop_table("signature")
    op.drop_table("room")
    op.drop_index("uq_person_role_standing", table_name="person_role", postgresql_where=sa.text("revoked_at IS NULL"))
    op.drop_table("person_role")
    op.drop_index("ix_calendar_feed_person_id", table_name="calendar_feed")
    op.drop_table("calendar_feed")
    op.drop_index(
        "ix_booking_waiting", table_name="booking", postgresql_where=sa.text("state IN ('SUBMITTED', 'UNDER_REVIEW')")
    )
    op.drop_index("ix_booking_starts_at", table_name="booking")
    op.drop_index("ix_booking_pending", table_name="booking", postgresql_where=sa.text("pending_until IS NOT NULL"))
    op.drop_index("ix_booking_company_id_starts_at", table_name="booking")
    op.drop_index("ix_booking_company_id_created_at", table_name="booking")
    op.drop_table("booking")
    op.drop_table("account")
    op.drop_table("unit")
    op.drop_table("product")
    op.drop_index("ix_person_company_id", table_name="person")
    op.drop_table("person")
    op.drop_index("uq_opening_hours_day", table_name="opening_hours", postgresql_nulls_not_distinct=True)
    op.drop_table("opening_hours")
    op.drop_index("ix_delivery_open", table_name="delivery", postgresql_where=sa.text("done_at IS NULL"))
    op.drop_index("ix_delivery_journal_id", table_name="delivery")
    op.drop_table("delivery")
    op.drop_table("air_zone")
    op.drop_table("rule_switch")
    op.drop_index("ix_row_history_table_name_row_id", table_name="row_history")
    op.drop_table("row_history")
    op.drop_table("resource_lock")
    op.drop_table("resource")
    op.drop_index("uq_outbox_message_once", table_name="outbox_message", postgresql_nulls_not_distinct=True)
    op.drop_index(
        "ix_outbox_message_pending",
        table_name="outbox_message",
        postgresql_where=sa.text("sent_at IS NULL AND withdrawn_at IS NULL AND dead_at IS NULL"),
    )
    op.drop_index("ix_outbox_message_booking_id", table_name="outbox_message")
    op.drop_table("outbox_message")
    op.drop_table("login_throttle")
    op.drop_index("ix_journal_company_id_at", table_name="journal")
    op.drop_index("ix_journal_booking_id_id", table_name="journal")
    op.drop_table("journal")
    op.drop_table("idempotency_key")
    op.drop_table("holiday")
    op.drop_table("facility")
    op.drop_table("company")
    op.drop_index("ix_auth_event_account_id_at", table_name="auth_event")
    op.drop_table("auth_event")
    op.drop_table("ahu")
    for function in ("gmp_slot_lock()", "gmp_make_lock()", "gmp_row_history()", "gmp_now()"):
        op.execute(f"DROP FUNCTION {function}")
