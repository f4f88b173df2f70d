"""What the trade calls the things that are kept as codes: modalities, kinds of equipment, grades, limits of rules."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from gmp_booking.conflicts.rule import Parameter
from gmp_booking.infra.web.i18n import _
from gmp_booking.kernel.text import N_

# What companies here make; another word may be typed, none of these is a regulation's.
MODALITIES: Final[Mapping[str, str]] = {
    "MSC": N_("Mesenchymal stromal cells"),
    "CART": N_("CAR-T cells"),
    "IMM": N_("Immune cells"),
    "EXO": N_("Exosomes (extracellular vesicles)"),
    "SKIN": N_("Engineered skin"),
    "CRT": N_("Engineered cartilage"),
    "CMB": N_("Combination therapy"),
}
EQUIPMENT_KINDS: Final[Mapping[str, str]] = {
    "ACP": N_("Automated closed processor"),
    "ANALYSER": N_("Analyser"),
    "BIOREACTOR": N_("Bioreactor"),
    "BSC": N_("Biosafety cabinet"),
    "CHROMATOGRAPHY": N_("Chromatography system"),
    "FREEZER": N_("Controlled-rate freezer"),
    "INCUBATOR": N_("Incubator"),
    "ISOLATOR": N_("Isolator"),
    "STORAGE": N_("Cryogenic store"),
    "TFF": N_("Tangential-flow filtration"),
}
ROOM_CLASSES: Final[Mapping[str, str]] = {
    "GMP": N_("GMP cleanroom"),
    "SERVICE": N_("GMP service room"),
    "DEMO": N_("Demonstration room"),
    "SEATED": N_("Seminar or meeting room"),
}
ROOM_USES: Final[Mapping[str, str]] = {
    "ATTENDED": N_("Used by people in its room"),
    "RUNS_ALONE": N_("Runs alone for hours or weeks"),
    "FREE": N_("Used from anywhere"),
}
LIMITS: Final[Mapping[tuple[str, str], str]] = {
    ("CA-02", "campaign_days"): N_("Campaigns"),
    ("CA-02", "single_session_days"): N_("Shorter work"),
    ("CA-02", "patient_bound_days"): N_("Bound to a patient"),
    ("CA-02", "equipment_days"): N_("Equipment only"),
    ("CA-02", "quality_control_days"): N_("Quality control"),
    ("CA-02", "technology_demonstration_days"): N_("Technology demonstration"),
    ("CA-02", "review_days"): N_("Review consult"),
    ("CA-02", "education_days"): N_("Education"),
    ("CA-02", "clinical_demonstration_days"): N_("Clinical demonstration"),
    ("CA-02", "tour_days"): N_("Tour"),
    ("PE-03", "gowning_min"): N_("Gowning, each way"),
}
MOCK: Final = "mock "


def modality_word(code: str) -> str:
    """A modality nobody has named here stays as it was typed."""
    return _(MODALITIES.get(code, code))


def equipment_word(kind: str) -> str:
    """A kind nobody has named here stays as it was typed."""
    return _(EQUIPMENT_KINDS.get(kind, kind))


def grade_word(grade: str) -> str:
    """Grades are letters everywhere; only the mock ones of demonstration rooms are said."""
    return _("mock %(grade)s", grade=grade.removeprefix(MOCK)) if grade.startswith(MOCK) else grade


def limit_words(limit: Parameter) -> str:
    """A limit as it is read: what it is about, and how much."""
    number = f"{limit.default:g}"
    much = _("%(minutes)s min", minutes=number) if limit.unit == "min" else _("%(num)s days ahead", num=number)
    return f"{_(LIMITS[limit.rule, limit.name])}: {much}"
