"""What every code is called: the one table that pages, mails, the API's documentation and the docs read.

The texts are message ids; whoever shows one translates it. A page looks a label up by the name of its table
(`{{ booking.state|label("booking_state") }}`), Python by the table itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from gmp_booking.kernel.access import Role
from gmp_booking.kernel.facility_labels import (
    COMPANY_STATUSES,
    DONOR_TYPES,
    EQUIPMENT_STATUSES,
    RESOURCE_KINDS,
    VECTORS,
)
from gmp_booking.kernel.states import BookingState, SessionState
from gmp_booking.kernel.text import CONTEXT_END, N_, NC_
from gmp_booking.kernel.vocabulary import (
    DEMONSTRATIONS,
    Action,
    DonorStatus,
    Exposure,
    FeedScope,
    HolidayKind,
    Kind,
    Meaning,
    OutageKind,
    Priority,
    RepeatVerdict,
    ResourceKind,
    RuleMode,
    RunType,
    Severity,
    SubjectKind,
)

# -- bookings

KINDS: Final[Mapping[str, str]] = {
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
RUN_TYPES: Final[Mapping[str, str]] = {
    RunType.ENG: N_("Engineering run"),
    RunType.CLIN: N_("Clinical run"),
}
EXPOSURES: Final[Mapping[str, str]] = {
    Exposure.CLOSED: N_("Closed system"),
    Exposure.OPEN: N_("Open, not aseptic"),
    Exposure.ASEPTIC_OPEN: N_("Open aseptic"),
}
DONOR_STATUSES: Final[Mapping[str, str]] = {
    DonorStatus.NEG: N_("Negative"),
    DonorStatus.POS: N_("Positive"),
    DonorStatus.UNKNOWN: N_("Not known"),
}
PRIORITIES: Final[Mapping[str, str]] = {
    Priority.PATIENT_BOUND: N_("Bound to a patient"),
    Priority.GMP_CLIN: N_("Clinical production"),
    Priority.ENG: RUN_TYPES[RunType.ENG],
    Priority.TRAINING: N_("Training"),
    Priority.INTERNAL: N_("Internal"),
}
BOOKING_STATES: Final[Mapping[str, str]] = {
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
CONFIRMED: Final = BOOKING_STATES[BookingState.CONFIRMED]
CANCELLED: Final = BOOKING_STATES[BookingState.CANCELLED]
BOOKING_HEADLINES: Final[Mapping[str, str]] = {
    **BOOKING_STATES,
    BookingState.DRAFT: N_("A draft"),
    BookingState.SUBMITTED: N_("Waiting for review"),
    BookingState.UNDER_REVIEW: N_("Under review"),
    BookingState.RETURNED: N_("Waiting for the company's answer"),
}
"""Where a booking stands, at the top of its page."""
_HELD: Final = N_("The time is reserved meanwhile.")
_FREE_AGAIN: Final = N_("The time is free again.")
BOOKING_NOTES: Final[Mapping[str, str]] = {
    BookingState.DRAFT: N_("No time is reserved until the request is submitted."),
    BookingState.SUBMITTED: _HELD,
    BookingState.UNDER_REVIEW: _HELD,
    BookingState.RETURNED: N_("Change it and submit it again."),
    BookingState.APPROVED: N_("It will be confirmed when its documents are complete."),
    BookingState.CONFIRMED: N_("Everyone named on the booking gets a reminder in time."),
    BookingState.REJECTED: _FREE_AGAIN,
    BookingState.EXPIRED: _FREE_AGAIN,
    BookingState.CANCELLED: _FREE_AGAIN,
    BookingState.CLOSED: N_("The record is reviewed and complete."),
}
"""What a state means for the reader, below the headline."""
BOOKING_ACTIONS: Final[Mapping[str, str]] = {
    Action.REVIEW: N_("Forward"),
    Action.APPROVE: N_("Approve"),
    Action.RETURN: N_("Return with a question"),
    Action.REJECT: N_("Reject"),
    Action.CANCEL: N_("Cancel booking"),
    Action.ANSWER: N_("Answer and submit again"),
    Action.ASK: N_("Ask another question"),
    Action.CLOSE: N_("Close booking"),
}
REPEAT_VERDICTS: Final[Mapping[str, str]] = {
    RepeatVerdict.CLEAR: N_("Free"),
    RepeatVerdict.NOTE: N_("Free, with a note"),
    RepeatVerdict.OVERRIDE: N_("Needs an override"),
    RepeatVerdict.BLOCKED: N_("Not possible"),
    RepeatVerdict.WRONG: N_("Not possible"),
}

# -- sessions and signatures

SESSION_STATES: Final[Mapping[str, str]] = {
    SessionState.PLANNED: N_("Planned"),
    SessionState.READY: N_("Room released"),
    SessionState.IN_USE: N_("In use"),
    SessionState.SUSPENDED: N_("Suspended"),
    SessionState.DONE: N_("Done"),
    SessionState.ABORTED: N_("Aborted"),
    SessionState.MISSED: N_("Missed"),
    SessionState.CANCELLED: BOOKING_STATES[BookingState.CANCELLED],
}
ROOM_RELEASED: Final = SESSION_STATES[SessionState.READY]
SESSION_NEWS: Final[Mapping[str, str]] = {
    "SessionSuspended": SESSION_STATES[SessionState.SUSPENDED],
    "SessionResumed": N_("Resumed"),
    "SessionAborted": SESSION_STATES[SessionState.ABORTED],
    "SessionMissed": N_("No-show"),
}
"""What a mail about a session's event is headed with, by the event's name."""
SESSION_TEXTS: Final[Mapping[str, str]] = {
    "heading": N_("Sessions in a room"),
    "number": N_("Session %(number)s"),
    "entry": N_("Session %(number)s: %(what)s"),
    "record": N_("Session record"),
    "move": N_("Move session"),
    "cancel": N_("Cancel session"),
    "done": N_("%(done)s of %(all)s sessions done"),
    "overrun": N_("The session took %(minutes)s min longer than planned."),
    "abort": N_("Abort"),
    "recorded_no_show": N_("recorded a no-show"),
}
"""Texts about the sessions of one booking."""
_COURSE_TEXTS: Final = {
    text.partition(CONTEXT_END)[2]: text
    for text in (
        NC_("course", "Sessions in a room"),
        NC_("course", "Session %(number)s"),
        NC_("course", "Session %(number)s: %(what)s"),
        NC_("course", "Session record"),
        NC_("course", "Move session"),
        NC_("course", "Cancel session"),
        NC_("course", "%(done)s of %(all)s sessions done"),
        NC_("course", "The session took %(minutes)s min longer than planned."),
        NC_("course", "Abort"),
        NC_("course", "Missed"),
        NC_("course", "No-show"),
        NC_("course", "recorded a no-show"),
        NC_("course", "moved a session; the signatures remain valid"),
        NC_("course", "cancelled a session"),
        NC_("course", "The session takes longer than planned"),
        NC_("course", "suspended the work"),
        NC_("course", "resumed the work"),
        NC_("course", "aborted the work"),
    )
}
"""Their variants for courses, consults and tours: Korean and Chinese have another word for a session there."""
MEANINGS: Final[Mapping[str, str]] = {
    Meaning.REQUESTED: N_("Requested"),
    Meaning.SCHEDULING_REVIEWED: N_("Scheduling reviewed"),
    Meaning.APPROVED_PRODUCTION: N_("Approved – production"),
    Meaning.APPROVED_QA: N_("Approved – quality assurance"),
    Meaning.APPROVED_BIOSAFETY: N_("Approved – biosafety"),
    Meaning.APPROVED_COMMITTEE: N_("Approved – operating committee"),
    Meaning.REJECTED: BOOKING_STATES[BookingState.REJECTED],
    Meaning.ROOM_RELEASED: SESSION_STATES[SessionState.READY],
    Meaning.HOLD_PLACED: N_("Hold placed"),
    Meaning.HOLD_LIFTED: N_("Hold lifted"),
    Meaning.ABORTED: SESSION_STATES[SessionState.ABORTED],
    Meaning.RECORD_REVIEWED: N_("Record reviewed"),
}
MEANINGS_QUOTED: Final[Mapping[str, str]] = {
    Meaning.APPROVED_PRODUCTION: N_("approved by production"),
    Meaning.APPROVED_QA: N_("approved by quality assurance"),
    Meaning.APPROVED_BIOSAFETY: N_("approved by biosafety"),
    Meaning.APPROVED_COMMITTEE: N_("approved by the operating committee"),
    Meaning.REJECTED: N_("rejected"),
    Meaning.ROOM_RELEASED: N_("room released"),
    Meaning.HOLD_PLACED: N_("hold placed"),
    Meaning.HOLD_LIFTED: N_("hold lifted"),
    Meaning.ABORTED: N_("aborted"),
    Meaning.RECORD_REVIEWED: N_("record reviewed"),
}
"""A meaning inside the sentence that is signed."""

# -- people

ROLES: Final[Mapping[str, str]] = {
    Role.COMPANY_REQUESTER: N_("Requester"),
    Role.COMPANY_APPROVER: N_("Authorised signatory"),
    Role.OPERATOR: N_("Operator"),
    Role.SCHEDULER: N_("Scheduling"),
    Role.PRODUCTION_MANAGER: N_("Production"),
    Role.QA: N_("Quality assurance"),
    Role.BSO: N_("Biosafety"),
    Role.ENGINEER: N_("Engineering"),
    Role.QC: N_("Quality control"),
    Role.DEMO_MANAGER: N_("Demonstration centre"),
    Role.CLINICAL_LIAISON: N_("Clinical liaison"),
    Role.COMMITTEE: N_("Operating committee"),
    Role.SYSADMIN: N_("System administrator"),
    Role.FACILITY_MANAGER: N_("Facility manager"),
    Role.AUDITOR: N_("Auditor"),
}

# -- outages

OUTAGE_KINDS: Final[Mapping[str, str]] = {
    OutageKind.MAINTENANCE: N_("Maintenance"),
    OutageKind.REQUALIFICATION: N_("Requalification"),
    OutageKind.CALIBRATION: N_("Calibration"),
    OutageKind.AHU_STOP: N_("Air handling stopped"),
    OutageKind.VHP_NEIGHBOUR: N_("Decontamination next door"),
    OutageKind.CLOSURE: N_("Closure"),
    OutageKind.HOLD: N_("Quality hold"),
}
OUTAGE_SUBJECTS: Final[Mapping[str, str]] = {
    SubjectKind.ROOM: RESOURCE_KINDS[ResourceKind.ROOM],
    SubjectKind.EQUIPMENT: RESOURCE_KINDS[ResourceKind.EQUIPMENT],
    SubjectKind.AHU: N_("Air handling unit"),
    SubjectKind.ZONE: N_("Air zone"),
    SubjectKind.FACILITY: N_("The whole facility"),
    SubjectKind.COMPANY: N_("Company"),
    SubjectKind.PRODUCT: N_("Product"),
    SubjectKind.PERSON: N_("Person"),
}

# -- the facility's policies, rules and feeds

HOLIDAY_KINDS: Final[Mapping[str, str]] = {
    HolidayKind.LEGAL: N_("Public holiday"),
    HolidayKind.SUBSTITUTE: N_("Substitute holiday"),
    HolidayKind.TEMPORARY: N_("Temporary holiday"),
    HolidayKind.ELECTION: N_("Election day"),
    HolidayKind.FACILITY: N_("Facility closed"),
}
RULE_MODES: Final[Mapping[str, str]] = {
    RuleMode.ENFORCE: N_("Enforced"),
    RuleMode.WARN: N_("Warns only"),
    RuleMode.OFF: N_("Off"),
}
SEVERITIES: Final[Mapping[str, str]] = {
    Severity.HARD: N_("Blocks"),
    Severity.SOFT: REPEAT_VERDICTS[RepeatVerdict.OVERRIDE],
    Severity.WARN: N_("Note"),
}
FEED_SCOPES: Final[Mapping[str, str]] = {
    FeedScope.MINE: N_("My bookings"),
    FeedScope.COMPANY: N_("My company"),
    FeedScope.FACILITY: OUTAGE_SUBJECTS[SubjectKind.FACILITY],
    FeedScope.RESOURCE: N_("One resource"),
}

TABLES: Final[Mapping[str, Mapping[str, str]]] = {
    "booking_action": BOOKING_ACTIONS,
    "booking_state": BOOKING_STATES,
    "company_status": COMPANY_STATUSES,
    "donor_type": DONOR_TYPES,
    "equipment_status": EQUIPMENT_STATUSES,
    "exposure": EXPOSURES,
    "feed_scope": FEED_SCOPES,
    "kind": KINDS,
    "meaning": MEANINGS,
    "meaning_quoted": MEANINGS_QUOTED,
    "repeat_verdict": REPEAT_VERDICTS,
    "resource_kind": RESOURCE_KINDS,
    "role": ROLES,
    "run_type": RUN_TYPES,
    "session_state": SESSION_STATES,
    "session_text": SESSION_TEXTS,
    "severity": SEVERITIES,
    "vector": VECTORS,
}
"""The tables that pages and mails look up by name."""


def label_of(code: str, table: Mapping[str, str]) -> str:
    """The message id of a code; a code without a label stays as it is."""
    return table.get(code, code)


def text_for_kind(text: str, kind: str | None) -> str:
    """The message id of a text about a session, for a booking of this kind."""
    return _COURSE_TEXTS.get(text, text) if kind in DEMONSTRATIONS else text
