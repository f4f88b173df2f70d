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
    "occupancy": RowPolicy.TENANT,
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
    "changeover": RowPolicy.STAFF,
    "verification_run": RowPolicy.STAFF,
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
    {"outbox_message", "delivery", "decision_facts", "resource_lock", "form_mark", "revalidation", "verification_run"}
    | {table for table, policy in ROW_POLICIES.items() if policy in {RowPolicy.SECRET_LOOKUP, RowPolicy.APPEND_ONLY}}
)
