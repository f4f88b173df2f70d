"""The classes of work that may have different severities."""

from enum import StrEnum

from gmp_booking.kernel.vocabulary import DEMONSTRATIONS, Kind, RoomClass, RunType


class WorkClass(StrEnum):
    """The classes of work that may have different severities; the values are the fields of `SeverityMatrix`."""

    CLIN = "clin"
    ENG = "eng"
    MEDIA_FILL = "media_fill"
    DEVICE = "device"
    SERVICE = "service"
    DEMO = "demo"
    SEATED = "seated"
    CLINICAL_DEMO = "clinical_demo"


_BY_ROOM = {RoomClass.SERVICE: WorkClass.SERVICE, RoomClass.DEMO: WorkClass.DEMO, RoomClass.SEATED: WorkClass.SEATED}


def work_class_of(kind: str, run_type: str | None, room_class: str | None) -> WorkClass:
    """The class of work that decides a rule's severity.

    Shape: `room_class` is that of the session's room or of the home room of attended equipment; None for equipment
    that runs alone. A GMP run without a run type counts as clinical, the strictest class.
    """
    if room_class is None:
        return WorkClass.DEVICE
    if kind == Kind.APS:
        return WorkClass.MEDIA_FILL
    if kind == Kind.CLINICAL_DEMO:
        return WorkClass.CLINICAL_DEMO
    if room_class != RoomClass.GMP:
        return _BY_ROOM[RoomClass(room_class)]
    if kind in DEMONSTRATIONS or run_type == RunType.ENG:
        return WorkClass.ENG
    return WorkClass.CLIN
