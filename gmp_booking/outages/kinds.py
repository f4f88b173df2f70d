"""What time can be withdrawn from, and why; pure."""

from __future__ import annotations

from gmp_booking.kernel.text import N_
from gmp_booking.kernel.vocabulary import OutageKind, SubjectKind

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
