"""What kinds, run types and states are called, as message ids."""

from __future__ import annotations

from collections.abc import Mapping

from gmp_booking.kernel.states import BookingState
from gmp_booking.kernel.text import N_
from gmp_booking.kernel.vocabulary import DonorStatus, Kind, Priority, RunType

KIND_LABELS: Mapping[Kind, str] = {
    Kind.CLEANROOM: N_("Cleanroom work"),
    Kind.EQUIPMENT: N_("Equipment only"),
    Kind.QC: N_("Quality control"),
    Kind.TECH_DEMO: N_("Technology demonstration"),
    Kind.REVIEW: N_("Review consult"),
    Kind.EDUCATION: N_("Education"),
    Kind.CLINICAL_DEMO: N_("Clinical demonstration"),
    Kind.TOUR: N_("Tour"),
    Kind.APS: N_("Media fill"),
}
RUN_TYPE_LABELS: Mapping[RunType, str] = {
    RunType.ENG: N_("Engineering run"),
    RunType.CLIN: N_("Clinical run"),
}
EXPOSURE_LABELS: Mapping[str, str] = {
    "CLOSED": N_("Closed system"),
    "OPEN": N_("Open, not aseptic"),
    "ASEPTIC_OPEN": N_("Open aseptic"),
}
DONOR_LABELS: Mapping[DonorStatus, str] = {
    DonorStatus.NEG: N_("Negative"),
    DonorStatus.POS: N_("Positive"),
    DonorStatus.UNKNOWN: N_("Not known"),
}
PRIORITY_LABELS: Mapping[Priority, str] = {
    Priority.PATIENT_BOUND: N_("Bound to a patient"),
    Priority.GMP_CLIN: N_("Clinical production"),
    Priority.ENG: N_("Engineering run"),
    Priority.TRAINING: N_("Training"),
    Priority.INTERNAL: N_("Internal"),
}
STATE_LABELS: Mapping[BookingState, str] = {
    BookingState.DRAFT: N_("Draft"),
    BookingState.SUBMITTED: N_("Submitted"),
    BookingState.UNDER_REVIEW: N_("Under review"),
    BookingState.RETURNED: N_("Returned"),
    BookingState.APPROVED: N_("Approved"),
    BookingState.CONFIRMED: N_("Confirmed"),
    BookingState.REJECTED: N_("Rejected"),
    BookingState.EXPIRED: N_("Expired"),
    BookingState.CANCELLED: N_("Cancelled"),
    BookingState.CLOSED: N_("Closed"),
}
ROOM_GROUPS: Mapping[str, str] = {
    "GMP": N_("GMP cleanrooms"),
    "SERVICE": N_("Service rooms"),
    "DEMO": N_("Demonstration cleanroom"),
    "SEATED": N_("Education and review"),
}
