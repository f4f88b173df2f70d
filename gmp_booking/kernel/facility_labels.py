"""What rooms, equipment, companies and products are called: message ids, translated where they are shown."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from gmp_booking.kernel.text import N_
from gmp_booking.kernel.vocabulary import (
    ChangeoverPolicy,
    CompanyStatus,
    DonorType,
    EquipmentKind,
    EquipmentStatus,
    Modality,
    PressureMode,
    ResourceKind,
    RoomActivity,
    RoomClass,
    RoomUse,
    SharePolicy,
    Vector,
)

# -- rooms and equipment

RESOURCE_KINDS: Final[Mapping[str, str]] = {
    ResourceKind.ROOM: N_("Room"),
    ResourceKind.EQUIPMENT: N_("Equipment"),
}
ROOM_CLASSES: Final[Mapping[str, str]] = {
    RoomClass.GMP: N_("GMP cleanroom"),
    RoomClass.SERVICE: N_("GMP service room"),
    RoomClass.DEMO: N_("Demonstration room"),
    RoomClass.SEATED: N_("Seminar or meeting room"),
}
ROOM_GROUPS: Final[Mapping[str, str]] = {
    RoomClass.GMP: N_("GMP cleanrooms"),
    RoomClass.SERVICE: N_("Service rooms"),
    RoomClass.DEMO: N_("Demonstration cleanroom"),
    RoomClass.SEATED: N_("Education and review"),
}
"""The heading above the rooms of a class."""
ROOM_ACTIVITIES: Final[Mapping[str, str]] = {
    RoomActivity.GMP: N_("GMP manufacturing"),
    RoomActivity.ENG: N_("Engineering runs"),
    RoomActivity.APS: N_("Media fills"),
    RoomActivity.TRAINING: N_("Training and demonstrations"),
    RoomActivity.TOUR_VIEW: N_("Tours"),
}
PRESSURE_MODES: Final[Mapping[str, str]] = {
    PressureMode.POSITIVE: N_("Positive pressure"),
    PressureMode.NEGATIVE: N_("Negative pressure"),
    PressureMode.SINK: N_("Pressure sink"),
    PressureMode.BUBBLE: N_("Pressure bubble"),
}
ROOM_USES: Final[Mapping[str, str]] = {
    RoomUse.ATTENDED: N_("Used by people in its room"),
    RoomUse.RUNS_ALONE: N_("Runs unattended for hours or weeks"),
    RoomUse.FREE: N_("Used from anywhere"),
}
EQUIPMENT_KINDS: Final[Mapping[str, str]] = {
    EquipmentKind.ACP: N_("Automated closed processor"),
    EquipmentKind.ANALYSER: N_("Analyser"),
    EquipmentKind.BIOREACTOR: N_("Bioreactor"),
    EquipmentKind.BSC: N_("Biosafety cabinet"),
    EquipmentKind.CHROMATOGRAPHY: N_("Chromatography system"),
    EquipmentKind.FREEZER: N_("Controlled-rate freezer"),
    EquipmentKind.INCUBATOR: N_("Incubator"),
    EquipmentKind.ISOLATOR: N_("Isolator"),
    EquipmentKind.STORAGE: N_("Cryogenic store"),
    EquipmentKind.TFF: N_("Tangential-flow filtration"),
}
EQUIPMENT_STATUSES: Final[Mapping[str, str]] = {
    EquipmentStatus.AVAILABLE: N_("Available"),
    EquipmentStatus.OUT_OF_SERVICE: N_("Out of service"),
}
CHANGEOVER_POLICIES: Final[Mapping[str, str]] = {
    ChangeoverPolicy.MATRIX: N_("by the changeover matrix"),
    ChangeoverPolicy.L1_BETWEEN_PRODUCTS: N_("light, between products"),
    ChangeoverPolicy.NONE: N_("none"),
}
SHARE_POLICIES: Final[Mapping[str, str]] = {
    SharePolicy.DEDICATED_BATCH: N_("one batch at a time"),
    SharePolicy.DEDICATED_PRODUCT: N_("one product at a time"),
    SharePolicy.SHARED_SEGREGATED: N_("several batches, kept apart"),
    SharePolicy.SHARED: N_("several batches together"),
}

# -- companies and products

COMPANY_STATUSES: Final[Mapping[str, str]] = {
    CompanyStatus.ACTIVE: N_("Active"),
    CompanyStatus.SUSPENDED: N_("Suspended"),
}
COMPANY_STATUS_CHOICES: Final[Mapping[str, str]] = {
    **COMPANY_STATUSES,
    CompanyStatus.SUSPENDED: N_("Suspended: none of its people can sign in"),
}
MODALITIES: Final[Mapping[str, str]] = {
    Modality.MSC: N_("Mesenchymal stromal cells"),
    Modality.CART: N_("CAR-T cells"),
    Modality.IMM: N_("Immune cells"),
    Modality.EXO: N_("Exosomes (extracellular vesicles)"),
    Modality.SKIN: N_("Engineered skin"),
    Modality.CRT: N_("Engineered cartilage"),
    Modality.CMB: N_("Combination therapy"),
}

VECTORS: Final[Mapping[str, str]] = {
    Vector.LV: N_("Lentiviral vector"),
    Vector.RV: N_("Retroviral vector"),
    Vector.AAV: N_("Adeno-associated viral vector"),
    Vector.ADV: N_("Adenoviral vector"),
    Vector.NON_VIRAL: N_("Non-viral vector"),
}
DONOR_TYPES: Final[Mapping[str, str]] = {
    DonorType.AUTOLOGOUS: N_("Autologous"),
    DonorType.DONOR_MATCHED: N_("From a matched donor"),
    DonorType.ALLOGENEIC: N_("Allogeneic"),
}
