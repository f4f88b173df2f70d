"""Table → wall: who may see and change the rows of each table, whatever SQL is typed.

TENANT    a company's person meets the company's rows only; the facility all; the engine reads all
SHARED    everybody reads, the facility changes
KEYED     looked up by a hash before any company is known; only their own feature's store reads them
FACILITY  a company's request may add rows and never read one; the facility reads
HOUSE     the facility reads and writes, the engine reads; to a company it is not there
TRAIL     like TENANT, and nobody changes or removes a row once it is there
MARK      like TENANT, and the facility removes what has run out: it says nothing about what happened
"""

from __future__ import annotations

from enum import StrEnum


class Wall(StrEnum):
    TENANT = "TENANT"
    SHARED = "SHARED"
    KEYED = "KEYED"
    FACILITY = "FACILITY"
    HOUSE = "HOUSE"
    TRAIL = "TRAIL"
    MARK = "MARK"


WALLS: dict[str, Wall] = {
    "company": Wall.TENANT,
    "person": Wall.TENANT,
    "person_role": Wall.TENANT,
    "product": Wall.TENANT,
    "booking": Wall.TENANT,
    "booking_session": Wall.TENANT,
    "booking_change": Wall.TENANT,
    "session_person": Wall.TENANT,
    "session_equipment": Wall.TENANT,
    "equipment_reservation": Wall.TENANT,
    "line_clearance": Wall.TENANT,
    "slot": Wall.TENANT,
    "slot_hold": Wall.MARK,
    "acknowledgement": Wall.TENANT,
    "outbox_message": Wall.TENANT,
    "booking_version": Wall.TRAIL,
    "evaluation": Wall.TRAIL,
    "signature": Wall.TRAIL,
    "override": Wall.TRAIL,
    "journal": Wall.TRAIL,
    "row_history": Wall.TRAIL,
    "decision_facts": Wall.FACILITY,
    "delivery": Wall.FACILITY,
    "outage": Wall.HOUSE,
    "auto_confirm": Wall.HOUSE,
    "on_call": Wall.HOUSE,
    "reexamination": Wall.HOUSE,
    "facility": Wall.SHARED,
    "opening_hours": Wall.SHARED,
    "holiday": Wall.SHARED,
    "rule_switch": Wall.SHARED,
    "ahu": Wall.SHARED,
    "air_zone": Wall.SHARED,
    "resource": Wall.SHARED,
    "room": Wall.SHARED,
    "equipment": Wall.SHARED,
    "unit": Wall.SHARED,
    "resource_lock": Wall.SHARED,
    "account": Wall.KEYED,
    "auth_session": Wall.KEYED,
    "known_device": Wall.KEYED,
    "login_throttle": Wall.KEYED,
    "api_token": Wall.KEYED,
    "auth_event": Wall.KEYED,
    "one_time_link": Wall.KEYED,
    "calendar_feed": Wall.KEYED,
    "idempotency_key": Wall.KEYED,
}

WITHOUT_HISTORY = frozenset(
    {"outbox_message", "delivery", "decision_facts", "resource_lock", "slot_hold", "reexamination"}
    | {table for table, wall in WALLS.items() if wall in {Wall.KEYED, Wall.TRAIL}}
)

_OWN_COMPANY = "NULLIF(current_setting('gmp.company', true), '')::bigint"
_COMPANY_COLUMN = {"company": "id"}


def wall_sql(table: str, wall: Wall) -> list[str]:
    """The grants and policies of one table, as statements for the owner."""
    everybody = "gmp_app, gmp_facility, gmp_engine"
    if wall is Wall.KEYED:
        return [f"GRANT SELECT, INSERT, UPDATE, DELETE ON {table} TO gmp_app, gmp_facility"]
    if wall is Wall.SHARED:
        rights = [f"GRANT SELECT ON {table} TO {everybody}", f"GRANT INSERT, UPDATE ON {table} TO gmp_facility"]
        return rights + ([f"GRANT UPDATE ON {table} TO gmp_app"] if table == "resource_lock" else [])
    return [
        f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY",
        f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY",
        f"CREATE POLICY owner_all ON {table} TO gmp_owner USING (true) WITH CHECK (true)",
        f"CREATE POLICY facility_all ON {table} TO gmp_facility USING (true) WITH CHECK (true)",
        *_rights(table, wall, everybody),
    ]


def _rights(table: str, wall: Wall, everybody: str) -> list[str]:
    own = f"{_COMPANY_COLUMN.get(table, 'company_id')} = {_OWN_COMPANY}"
    if wall is Wall.FACILITY:
        return [
            f"GRANT SELECT, INSERT, UPDATE ON {table} TO gmp_facility",
            f"GRANT INSERT ON {table} TO gmp_app",
            f"CREATE POLICY company_adds ON {table} FOR INSERT TO gmp_app WITH CHECK (true)",
        ]
    if wall is Wall.HOUSE:
        return [
            f"GRANT SELECT, INSERT, UPDATE ON {table} TO gmp_facility",
            f"GRANT SELECT ON {table} TO gmp_engine",
            f"CREATE POLICY engine_reads ON {table} FOR SELECT TO gmp_engine USING (true)",
        ]
    changing = "INSERT" if wall is Wall.TRAIL else "INSERT, UPDATE"
    removing = [f"GRANT DELETE ON {table} TO gmp_facility"] if wall is Wall.MARK else []
    return [
        f"GRANT SELECT ON {table} TO {everybody}",
        f"GRANT {changing} ON {table} TO gmp_app, gmp_facility",
        *removing,
        f"CREATE POLICY company_own ON {table} TO gmp_app USING ({own}) WITH CHECK ({own})",
        f"CREATE POLICY engine_reads ON {table} FOR SELECT TO gmp_engine USING (true)",
    ]


def history_sql(table: str) -> list[str]:
    """The triggers that write what each row was and is, one statement for each kind of change."""
    run = "FOR EACH STATEMENT EXECUTE FUNCTION gmp_row_history()"
    old, new = "OLD TABLE AS old_rows", "NEW TABLE AS new_rows"
    return [
        f"CREATE TRIGGER history_insert AFTER INSERT ON {table} REFERENCING {new} {run}",
        f"CREATE TRIGGER history_update AFTER UPDATE ON {table} REFERENCING {old} {new} {run}",
        f"CREATE TRIGGER history_delete AFTER DELETE ON {table} REFERENCING {old} {run}",
    ]
