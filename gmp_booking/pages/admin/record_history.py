"""The changes of a record, field by field, in the reader's language."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from gmp_booking.infra.database.history import RowChange
from gmp_booking.infra.web.i18n import _, format_instant
from gmp_booking.kernel.facility_labels import (
    CHANGEOVER_POLICIES,
    COMPANY_STATUSES,
    DONOR_TYPES,
    EQUIPMENT_KINDS,
    EQUIPMENT_STATUSES,
    MODALITIES,
    PRESSURE_MODES,
    RESOURCE_KINDS,
    ROOM_ACTIVITIES,
    ROOM_CLASSES,
    ROOM_USES,
    SHARE_POLICIES,
    VECTORS,
)
from gmp_booking.kernel.labels import ROLES, RULE_MODES, label_of
from gmp_booking.kernel.languages import LANGUAGE_NAMES
from gmp_booking.kernel.text import N_
from gmp_booking.policies.hours import WEEKDAY_NAMES

RECORDS: Mapping[str, str] = {
    "person": N_("Person"),
    "person_role": N_("Role"),
    "company": N_("Company"),
    "product": N_("Product"),
    "resource": N_("Name and use"),
    "room": N_("Room"),
    "equipment": N_("Equipment"),
    "unit": N_("Place"),
    "opening_hours": N_("Opening hours"),
    "rule_switch": N_("Rule"),
    "auto_confirm": N_("Confirmed without a decision"),
    "facility": N_("Facility"),
}
FIELDS: Mapping[str, str] = {
    "name": N_("Name"),
    "name_ko": N_("Name in Korean"),
    "name_en": N_("Name in English"),
    "name_zh": N_("Name in Chinese"),
    "email": N_("E-mail address"),
    "phone": N_("Telephone"),
    "language": N_("Language"),
    "active": N_("In use"),
    "role": N_("Role"),
    "granted_at": N_("Assigned"),
    "revoked_at": N_("Role removed"),
    "code": N_("Code"),
    "country": N_("Country"),
    "registration_no": N_("Registration number"),
    "status": N_("Status"),
    "pending_room_days_cap": N_("Maximum room-days waiting"),
    "single_signatory": N_("One person may request and authorise"),
    "modality": N_("Modality"),
    "kind": N_("Kind"),
    "grade": N_("Grade"),
    "max_occupancy": N_("Maximum people"),
    "seats": N_("Seats"),
    "recovery_min": N_("Recovery (minutes)"),
    "equipment_kind": N_("Kind"),
    "home_room_id": N_("Home room (number)"),
    "weekday": N_("Weekday"),
    "opens": N_("Opens"),
    "closes": N_("Closes"),
    "rule": N_("Rule"),
    "mode": N_("Mode"),
    "from_on": N_("From"),
    # The facility had one; older changes still show it.
    "time_zone": N_("Time zone"),
    "is_on": N_("Enabled"),
    "resource_id": N_("Room (number)"),
    "company_id": N_("Company (number)"),
    "number": N_("Number"),
    "room_class": N_("Class"),
    "room_use": N_("Use"),
    "area_m2": N_("Area"),
    "air_zone_id": N_("Air zone (number)"),
    "bsl_max": N_("Biosafety level, at most"),
    "gmp": N_("Used under GMP"),
    "changeover_policy": N_("Changeover"),
    "pressure_mode": N_("Pressure"),
    "allowed_activities": N_("Allowed activities"),
    "allowed_modalities": N_("Allowed modalities"),
    # The name before `allowed_modalities`; older changes still show it.
    "suited_for": N_("Allowed modalities"),
    "shared": N_("Several sessions may use it at once"),
    "share_policy": N_("Shared by"),
    "dedicated_product_id": N_("Dedicated product (number)"),
    "vector": N_("Vector"),
    "lmo_grade": N_("LMO facility safety grade"),
    "donor_type": N_("Donor"),
    "vhp_group": N_("Decontaminated together"),
    "vhp_safe": N_("Withstands decontamination by vapour"),
}
WORDS: Mapping[str, Mapping[str, str]] = {
    "role": ROLES,
    "status": {**COMPANY_STATUSES, **EQUIPMENT_STATUSES},
    "kind": RESOURCE_KINDS,
    "equipment_kind": EQUIPMENT_KINDS,
    "modality": MODALITIES,
    "room_class": ROOM_CLASSES,
    "room_use": ROOM_USES,
    "changeover_policy": CHANGEOVER_POLICIES,
    "share_policy": SHARE_POLICIES,
    "pressure_mode": PRESSURE_MODES,
    "allowed_activities": ROOM_ACTIVITIES,
    "allowed_modalities": MODALITIES,
    "suited_for": MODALITIES,
    "vector": VECTORS,
    "donor_type": DONOR_TYPES,
    "mode": RULE_MODES,
}
OPERATIONS: Mapping[str, str] = {"INSERT": N_("added"), "UPDATE": N_("changed"), "DELETE": N_("removed")}


@dataclass(frozen=True)
class RecordChange:
    """One change of one row: who, when, why, and each field before and after."""

    what: str
    at: datetime
    actor_name: str
    reason: str | None
    fields: tuple[tuple[str, str, str], ...]


def record_changes(changes: Sequence[RowChange]) -> list[RecordChange]:
    return [
        RecordChange(
            what=f"{_(RECORDS.get(each.table, each.table))}: {_(OPERATIONS[each.operation])}",
            at=each.at,
            actor_name=each.actor_name or "–",
            reason=each.reason,
            fields=tuple(
                (_label(each.table, one.field), _value_text(one.field, one.old), _value_text(one.field, one.new))
                for one in each.fields
                if one.old is not None or one.new is not None
            ),
        )
        for each in changes
    ]


def _label(table: str, field: str) -> str:
    """The label of a field; `name` has another label for people than for resources."""
    return _("Full name") if (table, field) == ("person", "name") else _(FIELDS.get(field, field))


def _value_text(field: str, value: Any) -> str:
    if value is None or value == "":
        return "–"
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    if field.endswith("_at"):
        return format_instant(datetime.fromisoformat(value))
    if field == "weekday":
        return _(WEEKDAY_NAMES[value])
    if field in {"opens", "closes"}:
        return str(value)[:5]
    if field == "language":
        return LANGUAGE_NAMES.get(value, str(value))
    if isinstance(value, list):
        return ", ".join(_code_text(field, each) for each in value) or "–"
    return _code_text(field, value)


def _code_text(field: str, value: Any) -> str:
    return _(label_of(str(value), WORDS[field])) if field in WORDS else str(value)
