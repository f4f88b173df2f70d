"""The journal of a booking as sentences."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from gmp_booking.infra.database.journal import JournalEntry
from gmp_booking.infra.web.i18n import _
from gmp_booking.kernel.labels import SESSION_TEXTS, text_for_kind
from gmp_booking.kernel.text import N_

EVENT_TEXTS: Mapping[str, str] = {
    "BookingDrafted": N_("started a draft"),
    "BookingSubmitted": N_("submitted the request"),
    "RuleOverridden": N_("overrode a rule"),
    "BookingReviewed": N_("reviewed and forwarded"),
    "BookingReturned": N_("returned with a question"),
    "BookingQuestionAsked": N_("asked another question"),
    "BookingAnswered": N_("answered"),
    "BookingRejected": N_("rejected"),
    "BookingApproved": N_("approved"),
    "BookingConfirmed": N_("The booking was confirmed"),
    "BookingAcknowledged": N_("confirmed the facility's entry"),
    "BookingExpired": N_("The request expired: nobody decided in time"),
    "BookingCancelled": N_("cancelled"),
    "BookingChangeRequested": N_("requested a change"),
    "BookingChangeReviewed": N_("reviewed and forwarded the change"),
    "BookingChangeReturned": N_("returned the change with a question"),
    "BookingChangeApproved": N_("approved the change"),
    "BookingChangeRejected": N_("rejected the change"),
    "BookingChangeWithdrawn": N_("withdrew the change"),
    "BookingChangeExpired": N_("The change expired"),
    "BookingAdjusted": N_("adjusted the booking; the signatures remain valid"),
    "SessionMoved": N_("moved a session; the signatures remain valid"),
    "SessionCancelled": N_("cancelled a session"),
    "LineCleared": N_("cleared the room"),
    "LineClearanceVerified": N_("verified the line clearance"),
    "LineClearanceVoided": N_("The line clearance is void"),
    "SessionReady": N_("released the room"),
    "SessionStarted": N_("recorded the start"),
    "CheckInRefused": N_("was refused at check-in: the room is still in use"),
    "NextUseRefused": N_("The next crew was refused at check-in: this session has not ended"),
    "SecondUseRecorded": N_("recorded that two sessions used the room at once"),
    "SessionOverdue": N_("The session has not ended in time"),
    "CrewNamed": N_("named the crew"),
    "EmergencyEntryMade": N_("entered in an emergency"),
    "EmergencyEntryConfirmed": N_("confirmed the emergency entry"),
    "SessionOverran": N_("The session takes longer than planned"),
    "OverrunWithdrawn": N_("The extension was withdrawn"),
    "SessionSuspended": N_("suspended the work"),
    "SessionResumed": N_("resumed the work"),
    "SessionCompleted": N_("recorded the end"),
    "SessionVerified": N_("verified the record"),
    "SessionMissed": SESSION_TEXTS["recorded_no_show"],
    "SessionAborted": N_("aborted the work"),
    "BookingClosed": N_("closed the booking"),
    "BookingAtRisk": N_("The booking is at risk"),
    "BookingClear": N_("The booking is no longer at risk"),
}
REASON_FIELDS = ("question", "answer", "explanation")


@dataclass(frozen=True)
class HistoryLine:
    """One event: who did what, when, and why."""

    what: str
    actor_name: str
    at: datetime
    reason: str | None
    version: int | None


def history_lines(journal: Sequence[JournalEntry], kind: str) -> list[HistoryLine]:
    return [
        HistoryLine(
            what=_event_text(entry, kind),
            actor_name=entry.actor_name,
            at=entry.at,
            reason=next((str(entry.data[key]) for key in REASON_FIELDS if entry.data.get(key)), entry.reason),
            version=entry.version,
        )
        for entry in journal
    ]


def _event_text(entry: JournalEntry, kind: str) -> str:
    """The text of an event, with the session number if it has one."""
    text = _(text_for_kind(EVENT_TEXTS.get(entry.event, entry.event), kind))
    number = entry.data.get("session")
    with_number = text_for_kind(SESSION_TEXTS["entry"], kind)
    return _(with_number, number=number, what=text) if isinstance(number, int) else text
