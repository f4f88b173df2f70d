"""The state machines of bookings and sessions, as data; pure.

Services look up a transition and write it by compare-and-swap on (state, version).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from gmp_booking.kernel.access import Role
from gmp_booking.kernel.errors import Conflict
from gmp_booking.kernel.states import (
    EDITABLE,
    NOT_BEGUN,
    PENDING,
    REQUESTED,
    RUNNING,
    STANDING,
    WAITING,
    BookingState,
    SessionState,
)
from gmp_booking.kernel.text import N_
from gmp_booking.kernel.vocabulary import DEMONSTRATIONS, Action, Kind, Meaning, RunType


class By(StrEnum):
    """Who performs a transition; the permission table decides for each person."""

    REQUESTER = "requester"
    STAGE = "the stage's role"
    SYSTEM = "the system"
    OWNER_OR_SCHEDULER = "company or scheduler"
    QA = "QA"


@dataclass(frozen=True)
class Transition:
    """One permitted transition of a booking."""

    action: Action
    sources: frozenset[BookingState]
    target: BookingState
    by: By
    reason_required: bool = False
    judged: bool = False


S = BookingState

HOLDS_UNTIL: dict[BookingState, str] = {
    S.DRAFT: "holds nothing",
    S.SUBMITTED: "pending_until: twice the decision target",
    S.UNDER_REVIEW: "pending_until: twice the decision target",
    S.RETURNED: "five working days after the return",
    S.APPROVED: "confirmed, or its regulatory date",
    S.CONFIRMED: "the end of each period",
    S.REJECTED: "released at once",
    S.EXPIRED: "released at once",
    S.CANCELLED: "released at once",
    S.CLOSED: "kept as the record of what was used",
}
"""Until when a booking of a state holds its slots, if it holds any."""

TRANSITIONS: tuple[Transition, ...] = (
    Transition(Action.SUBMIT, EDITABLE, S.SUBMITTED, By.REQUESTER, judged=True),
    Transition(Action.REVIEW, frozenset({S.SUBMITTED}), S.UNDER_REVIEW, By.STAGE, judged=True),
    Transition(Action.RETURN, WAITING, S.RETURNED, By.STAGE, reason_required=True),
    Transition(Action.APPROVE, WAITING, S.APPROVED, By.STAGE, judged=True),
    Transition(Action.CONFIRM, frozenset({S.APPROVED}), S.CONFIRMED, By.SYSTEM),
    Transition(Action.REJECT, WAITING, S.REJECTED, By.STAGE, reason_required=True),
    Transition(Action.ASK, frozenset({S.RETURNED}), S.RETURNED, By.STAGE, reason_required=True),
    # The answer goes back to the stage that asked: UNDER_REVIEW when an earlier stage has already passed the request.
    Transition(Action.ANSWER, frozenset({S.RETURNED}), S.SUBMITTED, By.REQUESTER, judged=True),
    # A request is replaced by its next version; a confirmed booking gets a change request with states of its own.
    Transition(Action.CHANGE, REQUESTED, S.SUBMITTED, By.REQUESTER, judged=True),
    Transition(Action.EXPIRE, PENDING, S.EXPIRED, By.SYSTEM),
    Transition(
        Action.CANCEL,
        STANDING | {S.DRAFT},
        S.CANCELLED,
        By.OWNER_OR_SCHEDULER,
        reason_required=True,
    ),
    Transition(Action.CLOSE, frozenset({S.CONFIRMED}), S.CLOSED, By.QA),
)

_BY_ACTION = {transition.action: transition for transition in TRANSITIONS}


def transition_of(action: Action) -> Transition:
    return _BY_ACTION[action]


def step(state: BookingState, action: Action) -> Transition:
    """The transition of an action in a state.

    Errors: Conflict when the state does not allow it.
    """
    transition = _BY_ACTION[action]
    if state not in transition.sources:
        raise Conflict(N_("The current state of this booking does not allow this."))
    return transition


@dataclass(frozen=True)
class SessionStep:
    """One permitted transition of a session of a confirmed booking.

    Shape: `uncleared` are additional source states where rule CO-02 requires no line clearance.
    """

    action: str
    sources: frozenset[SessionState]
    target: SessionState
    by: str
    signature: Meaning | None = None
    reason_required: bool = False
    uncleared: frozenset[SessionState] = frozenset()


T = SessionState

SESSION_STEPS: tuple[SessionStep, ...] = (
    SessionStep("ready", frozenset({T.PLANNED}), T.READY, "production; another verifies", Meaning.ROOM_RELEASED),
    SessionStep("unready", frozenset({T.READY}), T.PLANNED, "the system"),
    SessionStep(
        "check-in", frozenset({T.READY}), T.IN_USE, "operator, company or staff", uncleared=frozenset({T.PLANNED})
    ),
    SessionStep(
        "suspend", frozenset({T.IN_USE}), T.SUSPENDED, "QA or engineer", Meaning.HOLD_PLACED, reason_required=True
    ),
    SessionStep("resume", frozenset({T.SUSPENDED}), T.IN_USE, "QA", Meaning.HOLD_LIFTED, reason_required=True),
    SessionStep("complete", frozenset({T.IN_USE}), T.DONE, "operator; verifier confirms"),
    SessionStep("abort", RUNNING, T.ABORTED, "production and QA", Meaning.ABORTED, reason_required=True),
    SessionStep("missed", NOT_BEGUN, T.MISSED, "scheduler"),
    SessionStep("cancel", NOT_BEGUN, T.CANCELLED, "company or scheduler", reason_required=True),
)

SESSION_RECORDS: dict[str, frozenset[SessionState]] = {
    "clear": frozenset({T.PLANNED}),
    "verify-clearance": frozenset({T.PLANNED}),
    "takes-until": RUNNING,
    "verify": frozenset({T.DONE}),
}
"""Actions that are recorded without a state change, and the states that permit them."""

_BY_SESSION_ACTION = {each.action: each for each in SESSION_STEPS}


def session_step(state: SessionState, action: str, *, cleared_first: bool) -> SessionStep:
    """The transition of an action in a session's state.

    Shape: `cleared_first` is true where a line clearance is required before use.

    Errors: Conflict when the state does not allow it.
    """
    taken = _BY_SESSION_ACTION[action]
    sources = taken.sources if cleared_first else taken.sources | taken.uncleared
    if state not in sources or (action == "ready" and not cleared_first):
        raise Conflict(N_("The current state of this session does not allow this."))
    return taken


def require_recordable(state: SessionState, action: str) -> None:
    """Errors: Conflict when this state does not permit the record."""
    if state not in SESSION_RECORDS[action]:
        raise Conflict(N_("The current state of this session does not allow this."))


class Track(StrEnum):
    """An approval track: which roles decide, in which order; a suffix names additional roles."""

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
    """One stage of a track: its role, and the signature meaning (None: a journal entry without a signature)."""

    role: Role
    meaning: Meaning | None = None


_PRODUCTION = Stage(Role.PRODUCTION_MANAGER, Meaning.APPROVED_PRODUCTION)
_QA = Stage(Role.QA, Meaning.APPROVED_QA)
_BSO = Stage(Role.BSO, Meaning.APPROVED_BIOSAFETY)
_COMMITTEE = Stage(Role.COMMITTEE, Meaning.APPROVED_COMMITTEE)
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
    """The properties of a request that add roles to its approval track.

    Shape: `in_gmp_rooms` includes equipment whose home room is a GMP room; `needs_no_decision` is true for a clear
    request of a kind that the policy confirms automatically.
    """

    length: timedelta = timedelta()
    is_gene_modified: bool = False
    is_maybe_infectious: bool = False
    has_live_material: bool = False
    has_gmp_equipment: bool = False
    in_gmp_rooms: bool = False
    needs_no_decision: bool = False


ORDINARY_REQUEST = TrackFacts()


def track_of(kind: Kind, run_type: RunType | None, facts: TrackFacts = ORDINARY_REQUEST) -> Track:
    """The approval track of a request; cleanroom work follows its run type."""
    if kind is Kind.CLINICAL_DEMO or (kind is Kind.CLEANROOM and run_type is RunType.CLIN):
        return _clinical(facts)
    if kind is Kind.QC and not facts.in_gmp_rooms:
        return Track.NONE if facts.needs_no_decision else Track.SCHEDULING
    if kind in DEMONSTRATIONS:
        return _light(kind, facts)
    return Track.ENGINEERING


def _clinical(facts: TrackFacts) -> Track:
    needs_bso = facts.is_gene_modified or facts.is_maybe_infectious
    if facts.length > COMMITTEE_ABOVE:
        return Track.CLINICAL_BSO_COMMITTEE if needs_bso else Track.CLINICAL_COMMITTEE
    return Track.CLINICAL_BSO if needs_bso else Track.CLINICAL


def _light(kind: Kind, facts: TrackFacts) -> Track:
    if facts.has_live_material:
        return Track.LIGHT_BSO_QA if facts.has_gmp_equipment else Track.LIGHT_PLUS
    if facts.has_gmp_equipment:
        return Track.LIGHT_QA
    return Track.NONE if kind is Kind.REVIEW and facts.needs_no_decision else Track.LIGHT


def signs_refusals(track: Track) -> bool:
    """Whether a rejection is signed: on every track that has a signed stage."""
    return any(stage.meaning for stage in TRACKS[track])
