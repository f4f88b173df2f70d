"""The codes that the database, the API and the code share, each with the sets that have a meaning of their own.

States stand in `states`, roles of people in `access`, what each code is called in `labels`.
"""

from __future__ import annotations

from enum import StrEnum

# -- bookings


class Kind(StrEnum):
    CLEANROOM = "CLEANROOM"
    EQUIPMENT = "EQUIPMENT"
    QC = "QC"
    TECH_DEMO = "TECH_DEMO"
    REVIEW = "REVIEW"
    EDUCATION = "EDUCATION"
    CLINICAL_DEMO = "CLINICAL_DEMO"
    TOUR = "TOUR"
    APS = "APS"


class RunType(StrEnum):
    ENG = "ENG"
    CLIN = "CLIN"


DEMONSTRATIONS = (Kind.TECH_DEMO, Kind.EDUCATION, Kind.REVIEW, Kind.TOUR)
CONFIRMED_BY_THEMSELVES = (Kind.QC, Kind.REVIEW)
"""The kinds that need nobody's decision while nothing is in the way and the policy agrees."""
WITH_A_CREW = frozenset({Kind.CLEANROOM, Kind.CLINICAL_DEMO, Kind.APS})
"""The kinds whose people in the room are named one by one."""


class DonorStatus(StrEnum):
    NEG = "NEG"
    POS = "POS"
    UNKNOWN = "UNKNOWN"


class RoomMode(StrEnum):
    """Whether rooms are taken session by session, or kept for a whole campaign."""

    SESSIONS = "SESSIONS"
    DEDICATED = "DEDICATED"


class Priority(StrEnum):
    PATIENT_BOUND = "PATIENT_BOUND"
    GMP_CLIN = "GMP_CLIN"
    ENG = "ENG"
    TRAINING = "TRAINING"
    INTERNAL = "INTERNAL"


class Visibility(StrEnum):
    """What others see of a booking: busy time, or its title as well."""

    BUSY = "BUSY"
    PUBLIC = "PUBLIC"


class Exposure(StrEnum):
    """How far the product is open to the room's air."""

    CLOSED = "CLOSED"
    OPEN = "OPEN"
    ASEPTIC_OPEN = "ASEPTIC_OPEN"


class CrewRole(StrEnum):
    """What a person does in a session."""

    OPERATOR = "OPERATOR"
    VERIFIER = "VERIFIER"
    OBSERVER = "OBSERVER"
    TRAINER = "TRAINER"
    QA_ONCALL = "QA_ONCALL"


IN_ROOM_ROLES = frozenset(CrewRole) - {CrewRole.QA_ONCALL}
"""The crew inside the room; QA_ONCALL waits outside."""


class Action(StrEnum):
    """What is done to a booking as a whole."""

    SUBMIT = "submit"
    REVIEW = "review"
    RETURN = "return"
    APPROVE = "approve"
    CONFIRM = "confirm"
    REJECT = "reject"
    ASK = "ask"
    ANSWER = "answer"
    CHANGE = "change"
    EXPIRE = "expire"
    CANCEL = "cancel"
    CLOSE = "close"


class Meaning(StrEnum):
    """What a signature means; the words are kept with it."""

    REQUESTED = "REQUESTED"
    SCHEDULING_REVIEWED = "SCHEDULING REVIEWED"
    APPROVED_PRODUCTION = "APPROVED – PRODUCTION"
    APPROVED_QA = "APPROVED – QA"
    APPROVED_BIOSAFETY = "APPROVED – BIOSAFETY"
    APPROVED_COMMITTEE = "APPROVED – COMMITTEE"
    REJECTED = "REJECTED"
    ROOM_RELEASED = "ROOM RELEASED"
    HOLD_PLACED = "HOLD PLACED"
    HOLD_LIFTED = "HOLD LIFTED"
    ABORTED = "ABORTED"
    RECORD_REVIEWED = "RECORD REVIEWED"


# -- rooms and equipment


class ResourceKind(StrEnum):
    ROOM = "ROOM"
    EQUIPMENT = "EQUIPMENT"


class RoomClass(StrEnum):
    GMP = "GMP"
    SERVICE = "SERVICE"
    DEMO = "DEMO"
    SEATED = "SEATED"


GMP_CLASSES = frozenset({RoomClass.GMP, RoomClass.SERVICE})
"""The rooms that are run under GMP."""


class RoomActivity(StrEnum):
    """What may be done in a room."""

    GMP = "GMP"
    ENG = "ENG"
    APS = "APS"
    TRAINING = "TRAINING"
    TOUR_VIEW = "TOUR_VIEW"


class PressureMode(StrEnum):
    """The pressure of a room against what surrounds it."""

    POSITIVE = "POSITIVE"
    NEGATIVE = "NEGATIVE"
    SINK = "SINK"
    BUBBLE = "BUBBLE"


BIOSAFETY_LEVELS = range(1, 5)


class RoomUse(StrEnum):
    """Whether equipment takes its room along, runs by itself, or is at home nowhere."""

    ATTENDED = "ATTENDED"
    RUNS_ALONE = "RUNS_ALONE"
    FREE = "FREE"


class EquipmentKind(StrEnum):
    """The kinds that have a name here; another may be typed."""

    ACP = "ACP"
    ANALYSER = "ANALYSER"
    BIOREACTOR = "BIOREACTOR"
    BSC = "BSC"
    CHROMATOGRAPHY = "CHROMATOGRAPHY"
    FREEZER = "FREEZER"
    INCUBATOR = "INCUBATOR"
    ISOLATOR = "ISOLATOR"
    STORAGE = "STORAGE"
    TFF = "TFF"


class EquipmentStatus(StrEnum):
    AVAILABLE = "AVAILABLE"
    OUT_OF_SERVICE = "OUT_OF_SERVICE"


class ChangeoverPolicy(StrEnum):
    """Which clean a room owes between two uses."""

    MATRIX = "MATRIX"
    L1_BETWEEN_PRODUCTS = "L1_BETWEEN_PRODUCTS"
    NONE = "NONE"


class SharePolicy(StrEnum):
    """Who may use the places of one piece of equipment at the same time."""

    DEDICATED_BATCH = "DEDICATED_BATCH"
    DEDICATED_PRODUCT = "DEDICATED_PRODUCT"
    SHARED_SEGREGATED = "SHARED_SEGREGATED"
    SHARED = "SHARED"


# -- companies and products


class CompanyStatus(StrEnum):
    ACTIVE = "ACTIVE"
    SUSPENDED = "SUSPENDED"


class Modality(StrEnum):
    """What companies make, as far as it has a name here; another may be typed, none of these is a regulation's."""

    MSC = "MSC"
    CART = "CART"
    IMM = "IMM"
    EXO = "EXO"
    SKIN = "SKIN"
    CRT = "CRT"
    CMB = "CMB"


class Vector(StrEnum):
    """The family of the vector that a product's cells are modified with."""

    LV = "LV"
    RV = "RV"
    AAV = "AAV"
    ADV = "ADV"
    NON_VIRAL = "NON_VIRAL"


LMO_GRADES = range(1, 5)
"""The grades of facilities for living modified organisms: 1 and 2 are notified, 3 and 4 need a permit."""


class DonorType(StrEnum):
    """Whose cells a product is made of, seen from its patient."""

    AUTOLOGOUS = "AUTOLOGOUS"
    DONOR_MATCHED = "DONOR_MATCHED"
    ALLOGENEIC = "ALLOGENEIC"


# -- locks


class LockKind(StrEnum):
    """What a change locks before it looks: things whose time, people or air it may touch."""

    RESOURCE = "resource"
    PERSON = "person"
    COMPANY = "company"
    ZONE = "zone"
    AHU = "ahu"


# -- outages


class RecordKind(StrEnum):
    """What the journal and mails are about."""

    BOOKING = "BOOKING"
    COMPANY = "COMPANY"
    PERSON = "PERSON"
    RESOURCE = "RESOURCE"
    OUTAGE = "OUTAGE"
    CALENDAR_FEED = "CALENDAR_FEED"
    ON_CALL = "ON_CALL"


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


HELD_ALONE = frozenset({SubjectKind.COMPANY, SubjectKind.PRODUCT, SubjectKind.PERSON})
"""What nothing but a quality hold lies on."""


class OutageKind(StrEnum):
    MAINTENANCE = "MAINTENANCE"
    REQUALIFICATION = "REQUALIFICATION"
    CALIBRATION = "CALIBRATION"
    AHU_STOP = "AHU_STOP"
    VHP_NEIGHBOUR = "VHP_NEIGHBOUR"
    CLOSURE = "CLOSURE"
    HOLD = "HOLD"


# -- the facility's policies


class HolidayKind(StrEnum):
    LEGAL = "LEGAL"
    SUBSTITUTE = "SUBSTITUTE"
    TEMPORARY = "TEMPORARY"
    ELECTION = "ELECTION"
    FACILITY = "FACILITY"


class RuleMode(StrEnum):
    """How a rule is kept from a day on."""

    OFF = "off"
    WARN = "warn"
    ENFORCE = "enforce"


class Severity(StrEnum):
    """HARD: nobody can override it here. SOFT: approval needs an override. WARN: shown, no signature."""

    HARD = "HARD"
    SOFT = "SOFT"
    WARN = "WARN"

    @property
    def rank(self) -> int:
        """0 is the heaviest."""
        return _RANK[self]

    def at_most(self, other: Severity) -> Severity:
        return self if self.rank >= other.rank else other


_RANK = {severity: rank for rank, severity in enumerate(Severity)}


class FeedScope(StrEnum):
    """What a calendar feed is about."""

    MINE = "mine"
    COMPANY = "company"
    FACILITY = "facility"
    RESOURCE = "resource"


class RepeatVerdict(StrEnum):
    """What the rules say of one date of a repeated session."""

    CLEAR = "CLEAR"
    NOTE = "NOTE"
    OVERRIDE = "OVERRIDE"
    BLOCKED = "BLOCKED"
    WRONG = "WRONG"
