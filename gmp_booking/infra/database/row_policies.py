"""Table → row policy: who may read and change the rows of each table, whatever SQL is typed.

TENANT         a company's user reads and writes only the company's rows; staff all rows; the engine reads all
SHARED         everybody reads, staff change
SECRET_LOOKUP  found by the hash of a secret before any company is known; only the feature's own store reads them
FACILITY       a company's request may add rows and never read one; staff read
STAFF          staff read and write, the engine reads; a company's user sees no row
APPEND_ONLY    like TENANT, and nobody updates or deletes a row
EXPIRING       like TENANT, and staff may delete expired rows
"""

from __future__ import annotations

from enum import StrEnum


class RowPolicy(StrEnum):
    TENANT = "TENANT"
    SHARED = "SHARED"
    SECRET_LOOKUP = "SECRET_LOOKUP"  # noqa: S105 - names a policy, holds no secret
    FACILITY = "FACILITY"
    STAFF = "STAFF"
    APPEND_ONLY = "APPEND_ONLY"
    EXPIRING = "EXPIRING"


ROW_POLICIES: dict[str, RowPolicy] = {
    "company": RowPolicy.TENANT,
    "person": RowPolicy.TENANT,
    "person_role": RowPolicy.TENANT,
    "product": RowPolicy.TENANT,
    "booking": RowPolicy.TENANT,
    "booking_session": RowPolicy.TENANT,
    "session_record": RowPolicy.TENANT,
    "booking_change": RowPolicy.TENANT,
    "session_person": RowPolicy.TENANT,
    "session_equipment": RowPolicy.TENANT,
    "equipment_reservation": RowPolicy.TENANT,
    "line_clearance": RowPolicy.TENANT,
    "slot": RowPolicy.TENANT,
    "form_mark": RowPolicy.EXPIRING,
    "acknowledgement": RowPolicy.TENANT,
    "outbox_message": RowPolicy.TENANT,
    "booking_version": RowPolicy.APPEND_ONLY,
    "evaluation": RowPolicy.APPEND_ONLY,
    "signature": RowPolicy.APPEND_ONLY,
    "override": RowPolicy.APPEND_ONLY,
    "journal": RowPolicy.APPEND_ONLY,
    "row_history": RowPolicy.APPEND_ONLY,
    "decision_facts": RowPolicy.FACILITY,
    "delivery": RowPolicy.FACILITY,
    "outage": RowPolicy.STAFF,
    "auto_confirm": RowPolicy.STAFF,
    "on_call": RowPolicy.STAFF,
    "revalidation": RowPolicy.STAFF,
    "facility": RowPolicy.SHARED,
    "opening_hours": RowPolicy.SHARED,
    "holiday": RowPolicy.SHARED,
    "rule_switch": RowPolicy.SHARED,
    "ahu": RowPolicy.SHARED,
    "air_zone": RowPolicy.SHARED,
    "resource": RowPolicy.SHARED,
    "room": RowPolicy.SHARED,
    "equipment": RowPolicy.SHARED,
    "unit": RowPolicy.SHARED,
    "resource_lock": RowPolicy.SHARED,
    "account": RowPolicy.SECRET_LOOKUP,
    "auth_session": RowPolicy.SECRET_LOOKUP,
    "known_device": RowPolicy.SECRET_LOOKUP,
    "login_throttle": RowPolicy.SECRET_LOOKUP,
    "api_token": RowPolicy.SECRET_LOOKUP,
    "auth_event": RowPolicy.SECRET_LOOKUP,
    "one_time_link": RowPolicy.SECRET_LOOKUP,
    "calendar_feed": RowPolicy.SECRET_LOOKUP,
    "idempotency_key": RowPolicy.SECRET_LOOKUP,
}

WITHOUT_HISTORY = frozenset(
    {"outbox_message", "delivery", "decision_facts", "resource_lock", "form_mark", "revalidation"}
    | {table for table, policy in ROW_POLICIES.items() if policy in {RowPolicy.SECRET_LOOKUP, RowPolicy.APPEND_ONLY}}
)

_OWN_COMPANY = "NULLIF(current_setting('gmp.company', true), '')::bigint"
_COMPANY_COLUMN = {"company": "id"}


def policy_sql(table: str, policy: RowPolicy) -> list[str]:
    """SQL statements (run by the owner) that create the grants and policies of one table."""
    all_roles = "gmp_app, gmp_facility, gmp_engine"
    if policy is RowPolicy.SECRET_LOOKUP:
        return [f"GRANT SELECT, INSERT, UPDATE, DELETE ON {table} TO gmp_app, gmp_facility"]
    if policy is RowPolicy.SHARED:
        rights = [f"GRANT SELECT ON {table} TO {all_roles}", f"GRANT INSERT, UPDATE ON {table} TO gmp_facility"]
        return rights + ([f"GRANT UPDATE ON {table} TO gmp_app"] if table == "resource_lock" else [])
    return [
        f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY",
        f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY",
        f"CREATE POLICY owner_all ON {table} TO gmp_owner USING (true) WITH CHECK (true)",
        f"CREATE POLICY facility_all ON {table} TO gmp_facility USING (true) WITH CHECK (true)",
        *_rights(table, policy, all_roles),
    ]


def _rights(table: str, policy: RowPolicy, all_roles: str) -> list[str]:
    own = f"{_COMPANY_COLUMN.get(table, 'company_id')} = {_OWN_COMPANY}"
    if policy is RowPolicy.FACILITY:
        return [
            f"GRANT SELECT, INSERT, UPDATE ON {table} TO gmp_facility",
            f"GRANT INSERT ON {table} TO gmp_app",
            f"CREATE POLICY company_adds ON {table} FOR INSERT TO gmp_app WITH CHECK (true)",
        ]
    if policy is RowPolicy.STAFF:
        return [
            f"GRANT SELECT, INSERT, UPDATE ON {table} TO gmp_facility",
            f"GRANT SELECT ON {table} TO gmp_engine",
            f"CREATE POLICY engine_reads ON {table} FOR SELECT TO gmp_engine USING (true)",
        ]
    changing = "INSERT" if policy is RowPolicy.APPEND_ONLY else "INSERT, UPDATE"
    removing = [f"GRANT DELETE ON {table} TO gmp_facility"] if policy is RowPolicy.EXPIRING else []
    return [
        f"GRANT SELECT ON {table} TO {all_roles}",
        f"GRANT {changing} ON {table} TO gmp_app, gmp_facility",
        *removing,
        f"CREATE POLICY company_own ON {table} TO gmp_app USING ({own}) WITH CHECK ({own})",
        f"CREATE POLICY engine_reads ON {table} FOR SELECT TO gmp_engine USING (true)",
    ]


def history_sql(table: str) -> list[str]:
    """SQL statements that create the row-history triggers of one table."""
    run = "FOR EACH STATEMENT EXECUTE FUNCTION gmp_row_history()"
    old, new = "OLD TABLE AS old_rows", "NEW TABLE AS new_rows"
    return [
        f"CREATE TRIGGER history_insert AFTER INSERT ON {table} REFERENCING {new} {run}",
        f"CREATE TRIGGER history_update AFTER UPDATE ON {table} REFERENCING {old} {new} {run}",
        f"CREATE TRIGGER history_delete AFTER DELETE ON {table} REFERENCING {old} {run}",
    ]
