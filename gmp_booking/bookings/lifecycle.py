"""The two state machines, as data: what was agreed (booking) and what happens (session).

Nothing here acts; services look up a step and carry it out by compare-and-swap on (state, version).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from gmp_booking.kernel.access import Role
from gmp_booking.kernel.errors import Conflict
from gmp_booking.kernel.text import N_


class BookingState(StrEnum):
    DRAFT = "DRAFT"
    SUBMITTED = "SUBMITTED"
    UNDER_REVIEW = "UNDER_REVIEW"
    RETURNED = "RETURNED"
    APPROVED = "APPROVED"
    CONFIRMED = "CONFIRMED"
    REJECTED = "REJECTED"
    EXPIRED = "EXPIRED"
    CANCELLED = "CANCELLED"
    CLOSED = "CLOSED"


class ChangeState(StrEnum):
    """Where a change of a confirmed booking stands; the booking itself stays confirmed meanwhile."""

    SUBMITTED = "SUBMITTED"
    UNDER_REVIEW = "UNDER_REVIEW"
    RETURNED = "RETURNED"
    APPROVED = "APPROVED"
    REJECTED = "REJECTED"
    WITHDRAWN = "WITHDRAWN"
    EXPIRED = "EXPIRED"


class SessionState(StrEnum):
    PLANNED = "PLANNED"
    READY = "READY"
    IN_USE = "IN_USE"
    SUSPENDED = "SUSPENDED"
    DONE = "DONE"
    ABORTED = "ABORTED"
    MISSED = "MISSED"
    CANCELLED = "CANCELLED"


class Action(StrEnum):
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


class By(StrEnum):
    """Who takes a step; the permission table says who that is in the case at hand."""

    REQUESTER = "requester"
    STAGE = "the stage's role"
    SYSTEM = "the system"
    OWNER_OR_SCHEDULER = "company or scheduler"
    QA = "QA"


@dataclass(frozen=True)
class Transition:
    """One allowed step of a booking."""

    action: Action
    sources: frozenset[BookingState]
    target: BookingState
    by: By
    reason_required: bool = False
    judged: bool = False


@dataclass(frozen=True)
class StateFacts:
    """What a state means for time: does it hold slots, and until when."""

    holds_slots: bool
    holds_until: str


S = BookingState

STATES: dict[BookingState, StateFacts] = {
    S.DRAFT: StateFacts(holds_slots=False, holds_until="holds nothing"),
    S.SUBMITTED: StateFacts(holds_slots=True, holds_until="pending_until: twice the decision target"),
    S.UNDER_REVIEW: StateFacts(holds_slots=True, holds_until="pending_until: twice the decision target"),
    S.RETURNED: StateFacts(holds_slots=True, holds_until="five working days after the return"),
    S.APPROVED: StateFacts(holds_slots=True, holds_until="confirmed, or its regulatory date"),
    S.CONFIRMED: StateFacts(holds_slots=True, holds_until="the end of each period"),
    S.REJECTED: StateFacts(holds_slots=False, holds_until="released at once"),
    S.EXPIRED: StateFacts(holds_slots=False, holds_until="released at once"),
    S.CANCELLED: StateFacts(holds_slots=False, holds_until="released at once"),
    S.CLOSED: StateFacts(holds_slots=True, holds_until="kept as the record of what was used"),
}

TRANSITIONS: tuple[Transition, ...] = (
    Transition(Action.SUBMIT, frozenset({S.DRAFT, S.RETURNED}), S.SUBMITTED, By.REQUESTER, judged=True),
    Transition(Action.REVIEW, frozenset({S.SUBMITTED}), S.UNDER_REVIEW, By.STAGE, judged=True),
    Transition(Action.RETURN, frozenset({S.SUBMITTED, S.UNDER_REVIEW}), S.RETURNED, By.STAGE, reason_required=True),
    Transition(Action.APPROVE, frozenset({S.SUBMITTED, S.UNDER_REVIEW}), S.APPROVED, By.STAGE, judged=True),
    Transition(Action.CONFIRM, frozenset({S.APPROVED}), S.CONFIRMED, By.SYSTEM),
    Transition(Action.REJECT, frozenset({S.SUBMITTED, S.UNDER_REVIEW}), S.REJECTED, By.STAGE, reason_required=True),
    Transition(Action.ASK, frozenset({S.RETURNED}), S.RETURNED, By.STAGE, reason_required=True),
    # Back to the stage that asked: UNDER_REVIEW when an earlier one has passed it already.
    Transition(Action.ANSWER, frozenset({S.RETURNED}), S.SUBMITTED, By.REQUESTER, judged=True),
    # A request is replaced by its next version; of what is confirmed, the change is decided and not the booking.
    Transition(
        Action.CHANGE, frozenset({S.SUBMITTED, S.UNDER_REVIEW, S.RETURNED}), S.SUBMITTED, By.REQUESTER, judged=True
    ),
    Transition(Action.EXPIRE, frozenset({S.SUBMITTED, S.UNDER_REVIEW, S.RETURNED, S.APPROVED}), S.EXPIRED, By.SYSTEM),
    Transition(
        Action.CANCEL,
        frozenset({S.DRAFT, S.SUBMITTED, S.UNDER_REVIEW, S.RETURNED, S.APPROVED, S.CONFIRMED}),
        S.CANCELLED,
        By.OWNER_OR_SCHEDULER,
        reason_required=True,
    ),
    Transition(Action.CLOSE, frozenset({S.CONFIRMED}), S.CLOSED, By.QA),
)

_BY_ACTION = {transition.action: transition for transition in TRANSITIONS}
FINAL = frozenset({S.REJECTED, S.EXPIRED, S.CANCELLED, S.CLOSED})
HOLDING = frozenset(state for state, facts in STATES.items() if facts.holds_slots)
WAITING = frozenset({S.SUBMITTED, S.UNDER_REVIEW})


def transition_of(action: Action) -> Transition:
    return _BY_ACTION[action]


def step(state: BookingState, action: Action) -> Transition:
    """The transition an action means in a state.

    Errors: Conflict when the state does not allow it.
    """
    transition = _BY_ACTION[action]
    if state not in transition.sources:
        raise Conflict(N_("The present state of this booking does not allow that."))
    return transition


@dataclass(frozen=True)
class SessionStep:
    """One allowed step of a session of a confirmed booking.

    Shape: `uncleared` are further states it is taken from where no clearance is judged (rule CO-02).
    """

    action: str
    sources: frozenset[SessionState]
    target: SessionState
    by: str
    signature: str | None = None
    reason_required: bool = False
    uncleared: frozenset[SessionState] = frozenset()


T = SessionState

SESSION_STEPS: tuple[SessionStep, ...] = (
    SessionStep("ready", frozenset({T.PLANNED}), T.READY, "production; another verifies", "ROOM RELEASED"),
    SessionStep("unready", frozenset({T.READY}), T.PLANNED, "the system"),
    SessionStep(
        "check-in", frozenset({T.READY}), T.IN_USE, "operator, company or staff", uncleared=frozenset({T.PLANNED})
    ),
    SessionStep("suspend", frozenset({T.IN_USE}), T.SUSPENDED, "QA or engineer", "HOLD PLACED", reason_required=True),
    SessionStep("resume", frozenset({T.SUSPENDED}), T.IN_USE, "QA", "HOLD LIFTED", reason_required=True),
    SessionStep("complete", frozenset({T.IN_USE}), T.DONE, "operator; verifier confirms"),
    SessionStep(
        "abort", frozenset({T.IN_USE, T.SUSPENDED}), T.ABORTED, "production and QA", "ABORTED", reason_required=True
    ),
    SessionStep("missed", frozenset({T.PLANNED, T.READY}), T.MISSED, "scheduler"),
    SessionStep("cancel", frozenset({T.PLANNED, T.READY}), T.CANCELLED, "company or scheduler", reason_required=True),
)

SESSION_RECORDS: dict[str, frozenset[SessionState]] = {
    "clear": frozenset({T.PLANNED}),
    "verify-clearance": frozenset({T.PLANNED}),
    "takes-until": frozenset({T.IN_USE, T.SUSPENDED}),
    "verify": frozenset({T.DONE}),
}
"""Acts that are recorded and leave the session's state as it is."""

ENDED = frozenset({T.DONE, T.ABORTED, T.MISSED, T.CANCELLED})
RUNNING = frozenset({T.IN_USE, T.SUSPENDED})

_BY_SESSION_ACTION = {each.action: each for each in SESSION_STEPS}


def session_step(state: SessionState, action: str, *, cleared_first: bool) -> SessionStep:
    """The step an action means in a session's state; `cleared_first` where a line clearance comes before use.

    Errors: Conflict when the state does not allow it.
    """
    taken = _BY_SESSION_ACTION[action]
    sources = taken.sources if cleared_first else taken.sources | taken.uncleared
    if state not in sources or (action == "ready" and not cleared_first):
        raise Conflict(N_("The present state of this session does not allow that."))
    return taken


def require_recordable(state: SessionState, action: str) -> None:
    """Errors: Conflict when there is nothing of the kind to record in this state."""
    if state not in SESSION_RECORDS[action]:
        raise Conflict(N_("The present state of this session does not allow that."))


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
CONFIRMED_BY_THEMSELVES = frozenset({Kind.QC, Kind.REVIEW})
"""The kinds that need nobody's decision while nothing is in the way and the policy agrees."""


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


class Track(StrEnum):
    """Who decides in which order; where a track takes further roles in, its name says which."""

    NONE = "none"
    SCHEDULING = "scheduling"
    LIGHT = "light"
    LIGHT_PLUS = "light+"
    LIGHT_QA = "light+qa"
    LIGHT_BSO_QA = "light+bso+qa"
    ENGINEERING = "engineering"
    CLINICAL = "clinical"
    CLINICAL_BSO = "clinical+bso"
    CLINICAL_COMMITTEE = "clinical+committee"
    CLINICAL_BSO_COMMITTEE = "clinical+bso+committee"
    MOVE = "session move"


@dataclass(frozen=True)
class Stage:
    """One stage of a track: whose it is, and the meaning signed there (None: one journaled click)."""

    role: Role
    meaning: str | None = None


REJECTED_MEANING = "REJECTED"

_PRODUCTION = Stage(Role.PRODUCTION_MANAGER, "APPROVED – PRODUCTION")
_QA = Stage(Role.QA, "APPROVED – QA")
_BSO = Stage(Role.BSO, "APPROVED – BIOSAFETY")
_COMMITTEE = Stage(Role.COMMITTEE, "APPROVED – COMMITTEE")
_SCHEDULER, _DEMO_MANAGER = Stage(Role.SCHEDULER), Stage(Role.DEMO_MANAGER)

TRACKS: dict[Track, tuple[Stage, ...]] = {
    Track.NONE: (),
    Track.SCHEDULING: (_SCHEDULER,),
    Track.LIGHT: (_DEMO_MANAGER,),
    Track.LIGHT_PLUS: (_DEMO_MANAGER, _BSO),
    Track.LIGHT_QA: (_DEMO_MANAGER, _QA),
    Track.LIGHT_BSO_QA: (_DEMO_MANAGER, _BSO, _QA),
    Track.ENGINEERING: (_SCHEDULER, _QA),
    Track.CLINICAL: (_SCHEDULER, _PRODUCTION, _QA),
    Track.CLINICAL_BSO: (_SCHEDULER, _PRODUCTION, _BSO, _QA),
    Track.CLINICAL_COMMITTEE: (_SCHEDULER, _PRODUCTION, _QA, _COMMITTEE),
    Track.CLINICAL_BSO_COMMITTEE: (_SCHEDULER, _PRODUCTION, _BSO, _QA, _COMMITTEE),
    Track.MOVE: (_SCHEDULER,),
}

COMMITTEE_ABOVE = timedelta(days=45)


@dataclass(frozen=True, kw_only=True)
class TrackFacts:
    """What of a request decides who is asked beside the usual.

    Shape: `in_gmp_rooms` also for equipment at home there; `needs_nobody` where nothing is in the way and the policy
    lets the kind confirm itself.
    """

    length: timedelta = timedelta()
    is_gene_modified: bool = False
    is_maybe_infectious: bool = False
    has_live_material: bool = False
    has_gmp_equipment: bool = False
    in_gmp_rooms: bool = False
    needs_nobody: bool = False


ORDINARY = TrackFacts()


def track_of(kind: Kind, run_type: RunType | None, circumstances: TrackFacts = ORDINARY) -> Track:
    """The approval track of a request; cleanroom work follows its run type."""
    if kind is Kind.CLINICAL_DEMO or (kind is Kind.CLEANROOM and run_type is RunType.CLIN):
        return _clinical(circumstances)
    if kind is Kind.QC and not circumstances.in_gmp_rooms:
        return Track.NONE if circumstances.needs_nobody else Track.SCHEDULING
    if kind in DEMONSTRATIONS:
        return _light(kind, circumstances)
    return Track.ENGINEERING


def _clinical(circumstances: TrackFacts) -> Track:
    needs_bso = circumstances.is_gene_modified or circumstances.is_maybe_infectious
    if circumstances.length > COMMITTEE_ABOVE:
        return Track.CLINICAL_BSO_COMMITTEE if needs_bso else Track.CLINICAL_COMMITTEE
    return Track.CLINICAL_BSO if needs_bso else Track.CLINICAL


def _light(kind: Kind, circumstances: TrackFacts) -> Track:
    if circumstances.has_live_material:
        return Track.LIGHT_BSO_QA if circumstances.has_gmp_equipment else Track.LIGHT_PLUS
    if circumstances.has_gmp_equipment:
        return Track.LIGHT_QA
    return Track.NONE if kind is Kind.REVIEW and circumstances.needs_nobody else Track.LIGHT


def signs_refusals(track: Track) -> bool:
    """A rejection is signed on the tracks that ask for any signature."""
    return any(stage.meaning for stage in TRACKS[track])
