"""What time can be withdrawn from, and why; pure."""

from __future__ import annotations

from enum import StrEnum

from gmp_booking.kernel.text import N_


class SubjectKind(StrEnum):
    """What an outage lies on."""

    ROOM = "ROOM"
    EQUIPMENT = "EQUIPMENT"
    AHU = "AHU"
    ZONE = "ZONE"
    FACILITY = "FACILITY"
    COMPANY = "COMPANY"
    PRODUCT = "PRODUCT"
    PERSON = "PERSON"


class OutageKind(StrEnum):
    MAINTENANCE = "MAINTENANCE"
    REQUALIFICATION = "REQUALIFICATION"
    CALIBRATION = "CALIBRATION"
    AHU_STOP = "AHU_STOP"
    VHP_NEIGHBOUR = "VHP_NEIGHBOUR"
    CLOSURE = "CLOSURE"
    HOLD = "HOLD"


HELD_ALONE = frozenset({SubjectKind.COMPANY, SubjectKind.PRODUCT, SubjectKind.PERSON})
"""What nothing but a quality hold lies on."""

KIND_LABELS = {
    OutageKind.MAINTENANCE: N_("Maintenance"),
    OutageKind.REQUALIFICATION: N_("Requalification"),
    OutageKind.CALIBRATION: N_("Calibration"),
    OutageKind.AHU_STOP: N_("Air handling stopped"),
    OutageKind.VHP_NEIGHBOUR: N_("Decontamination next door"),
    OutageKind.CLOSURE: N_("Closure"),
    OutageKind.HOLD: N_("Quality hold"),
}
SUBJECT_LABELS = {
    SubjectKind.ROOM: N_("Room"),
    SubjectKind.EQUIPMENT: N_("Equipment"),
    SubjectKind.AHU: N_("Air handling unit"),
    SubjectKind.ZONE: N_("Air zone"),
    SubjectKind.FACILITY: N_("The whole facility"),
    SubjectKind.COMPANY: N_("Company"),
    SubjectKind.PRODUCT: N_("Product"),
    SubjectKind.PERSON: N_("Person"),
}
