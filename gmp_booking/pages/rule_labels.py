"""Labels of values that may be typed freely, of grades, and of rule limits."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from gmp_booking.conflicts.parameter import Parameter
from gmp_booking.infra.web.i18n import _
from gmp_booking.kernel.facility_labels import EQUIPMENT_KINDS, MODALITIES
from gmp_booking.kernel.labels import KINDS, PRIORITIES, label_of
from gmp_booking.kernel.text import N_
from gmp_booking.kernel.vocabulary import Kind, Priority

LIMITS: Final[Mapping[tuple[str, str], str]] = {
    ("CA-02", "campaign_length_days"): N_("A campaign lasts at least"),
    ("CA-02", "campaign_days"): N_("Campaigns"),
    ("CA-02", "single_session_days"): N_("Shorter work"),
    ("CA-02", "patient_bound_days"): PRIORITIES[Priority.PATIENT_BOUND],
    ("CA-02", "equipment_days"): KINDS[Kind.EQUIPMENT],
    ("CA-02", "quality_control_days"): KINDS[Kind.QC],
    ("CA-02", "technology_demonstration_days"): KINDS[Kind.TECH_DEMO],
    ("CA-02", "review_days"): KINDS[Kind.REVIEW],
    ("CA-02", "education_days"): KINDS[Kind.EDUCATION],
    ("CA-02", "clinical_demonstration_days"): KINDS[Kind.CLINICAL_DEMO],
    ("CA-02", "tour_days"): KINDS[Kind.TOUR],
    ("PE-03", "gowning_min"): N_("Gowning, each way"),
    ("RM-01", "grace_min"): N_("A session that has not ended occupies its room for another"),
    ("RM-01", "next_use_ahead_min"): N_("The next use of an occupied room is at risk"),
}
MOCK: Final = "mock "


def modality_word(code: str) -> str:
    """The label of a modality; an unknown one stays as it was typed."""
    return _(label_of(code, MODALITIES))


def equipment_word(kind: str) -> str:
    """The label of an equipment kind; an unknown one stays as it was typed."""
    return _(label_of(kind, EQUIPMENT_KINDS))


def grade_word(grade: str) -> str:
    """The label of a grade; only mock grades of demonstration rooms are translated."""
    return _("mock %(grade)s", grade=grade.removeprefix(MOCK)) if grade.startswith(MOCK) else grade


def limit_words(limit: Parameter) -> str:
    """A limit as text: its label and value."""
    number = f"{limit.default:g}"
    if limit.unit == "min":
        much = _("%(minutes)s min", minutes=number)
    else:
        much = _("%(num)s days", num=number) if limit.unit == "days" else _("%(num)s days ahead", num=number)
    return f"{_(LIMITS[limit.rule, limit.name])}: {much}"
