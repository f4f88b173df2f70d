"""Journal and mails name the record they are about by kind and id, not by a booking only; entries have a schema."""

from alembic import op

revision = "8b0f6cd4e7a5"
down_revision = "7a9e5bc3d6f4"
branch_labels = None
depends_on = None

# The records of entries that are about no booking: the id is in a column or in the stored fields.
SUBJECTS = """
UPDATE journal SET subject_kind = s.kind,
       subject_id = CASE s.kind WHEN 'COMPANY' THEN journal.company_id
                                WHEN 'OUTAGE' THEN (journal.data -> 'outage_ids' ->> 0)::bigint
                                ELSE (journal.data ->> s.field)::bigint END
FROM (VALUES
    ('CompanyAdded', 'COMPANY', ''), ('CompanyChanged', 'COMPANY', ''),
    ('PersonAdded', 'PERSON', 'person_id'), ('PersonChanged', 'PERSON', 'person_id'),
    ('PersonDeactivated', 'PERSON', 'person_id'), ('PersonReactivated', 'PERSON', 'person_id'),
    ('RoleGranted', 'PERSON', 'person_id'), ('RoleRevoked', 'PERSON', 'person_id'),
    ('ResourceChanged', 'RESOURCE', 'resource_id'), ('HoursSet', 'RESOURCE', 'resource_id'),
    ('ConfirmingSwitched', 'RESOURCE', 'resource_id'),
    ('OnCallAdded', 'ON_CALL', 'on_call_id'), ('OnCallEnded', 'ON_CALL', 'on_call_id'),
    ('CalendarFeedMade', 'CALENDAR_FEED', 'feed_id'), ('CalendarFeedRevoked', 'CALENDAR_FEED', 'feed_id'),
    ('OutagePlaced', 'OUTAGE', ''), ('OutageLifted', 'OUTAGE', '')
) AS s (event, kind, field)
WHERE journal.event = s.event AND journal.booking_id IS NULL
"""
UP = (
    (
        "ALTER TABLE journal ADD COLUMN subject_kind text, ADD COLUMN subject_id bigint,"
        " ADD COLUMN schema smallint DEFAULT 1 NOT NULL"
    ),
    "UPDATE journal SET subject_kind = 'BOOKING', subject_id = booking_id WHERE booking_id IS NOT NULL",
    SUBJECTS,
    "UPDATE journal SET subject_kind = NULL WHERE subject_id IS NULL AND subject_kind IS NOT NULL",
    "ALTER TABLE journal DROP COLUMN booking_id",
    "CREATE INDEX ix_journal_subject ON journal (subject_kind, subject_id, id)",
    "ALTER TABLE outbox_message RENAME COLUMN booking_id TO subject_id",
    "ALTER TABLE outbox_message RENAME COLUMN booking_version TO subject_version",
    "ALTER TABLE outbox_message ADD COLUMN subject_kind text",
    "UPDATE outbox_message SET subject_kind = 'BOOKING' WHERE subject_id IS NOT NULL",
    "DROP INDEX uq_outbox_message_once",
    "DROP INDEX ix_outbox_message_booking_id",
    (
        "CREATE UNIQUE INDEX uq_outbox_message_once ON outbox_message (subject_kind, subject_id, subject_version,"
        " booking_session_id, kind, recipient, due_at) NULLS NOT DISTINCT"
    ),
    "CREATE INDEX ix_outbox_message_subject ON outbox_message (subject_kind, subject_id)",
)
DOWN = (
    "ALTER TABLE journal ADD COLUMN booking_id bigint",
    "UPDATE journal SET booking_id = subject_id WHERE subject_kind = 'BOOKING'",
    "ALTER TABLE journal DROP COLUMN subject_kind, DROP COLUMN subject_id, DROP COLUMN schema",
    "CREATE INDEX ix_journal_booking_id_id ON journal (booking_id, id)",
    "DROP INDEX uq_outbox_message_once",
    "DROP INDEX ix_outbox_message_subject",
    "ALTER TABLE outbox_message DROP COLUMN subject_kind",
    "ALTER TABLE outbox_message RENAME COLUMN subject_id TO booking_id",
    "ALTER TABLE outbox_message RENAME COLUMN subject_version TO booking_version",
    (
        "CREATE UNIQUE INDEX uq_outbox_message_once ON outbox_message (booking_id, booking_version, booking_session_id,"
        " kind, recipient, due_at) NULLS NOT DISTINCT"
    ),
    "CREATE INDEX ix_outbox_message_booking_id ON outbox_message (booking_id)",
)


def upgrade() -> None:
    for statement in UP:
        op.execute(statement)


def downgrade() -> None:
    for statement in DOWN:
        op.execute(statement)
