"""The states of a session of a confirmed booking and the steps between them; pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Final

from gmp_booking.bookings.events import SessionCancelled
from gmp_booking.bookings.lifecycle.steps import Cell, Slots, Step, Table, When, cells, find_step
from gmp_booking.bookings.session_events import (
    CrewNamed,
    EmergencyEntryConfirmed,
    LineClearanceVerified,
    LineClearanceVoided,
    LineCleared,
    OverrunWithdrawn,
    SessionAborted,
    SessionCompleted,
    SessionMissed,
    SessionOverran,
    SessionReady,
    SessionResumed,
    SessionStarted,
    SessionSuspended,
    SessionVerified,
)
from gmp_booking.kernel.access import Permission
from gmp_booking.kernel.errors import Conflict
from gmp_booking.kernel.states import NOT_BEGUN, RUNNING, WORKED, SessionState
from gmp_booking.kernel.text import N_
from gmp_booking.kernel.vocabulary import Meaning

T = SessionState
CANCEL: Final = "cancel"
UNREADY: Final = "unready"
EMERGENCY: Final = "emergency-entry"

_CLEARED = Step(target=T.PLANNED, permission=Permission.SESSION_CLEAR, event=LineCleared)
_CLEARANCE_VERIFIED = Step(
    target=T.PLANNED, permission=Permission.SESSION_VERIFY_CLEARANCE, event=LineClearanceVerified
)
_RELEASED = Step(
    target=T.READY, permission=Permission.SESSION_RELEASE, event=SessionReady, meaning=Meaning.ROOM_RELEASED
)
_RELEASE_ENDED = Step(target=T.PLANNED, permission=None, event=LineClearanceVoided)
_STARTED = Step(target=T.IN_USE, permission=Permission.SESSION_RECORD, event=SessionStarted, slots=Slots.FITS)
_STARTED_UNRELEASED = replace(_STARTED, needs_reason=True)
_STARTED_IN_AN_EMERGENCY = replace(_STARTED, permission=Permission.SESSION_EMERGENCY_ENTRY, needs_reason=True)
_SUSPENDED = Step(
    target=T.SUSPENDED,
    permission=Permission.SESSION_SUSPEND,
    event=SessionSuspended,
    needs_reason=True,
    meaning=Meaning.HOLD_PLACED,
)
_RESUMED = Step(
    target=T.IN_USE,
    permission=Permission.SESSION_RESUME,
    event=SessionResumed,
    needs_reason=True,
    meaning=Meaning.HOLD_LIFTED,
)
_OVERRAN_IN_USE = Step(target=T.IN_USE, permission=Permission.SESSION_RECORD, event=SessionOverran, slots=Slots.FITS)
_OVERRAN_SUSPENDED = replace(_OVERRAN_IN_USE, target=T.SUSPENDED)
_OVERRAN_LONG_IN_USE = replace(_OVERRAN_IN_USE, permission=Permission.SESSION_EXTEND_LONG)
_OVERRAN_LONG_SUSPENDED = replace(_OVERRAN_SUSPENDED, permission=Permission.SESSION_EXTEND_LONG)
_IN_TIME_IN_USE = replace(_OVERRAN_IN_USE, event=OverrunWithdrawn)
_IN_TIME_SUSPENDED = replace(_IN_TIME_IN_USE, target=T.SUSPENDED)
_COMPLETED = Step(target=T.DONE, permission=Permission.SESSION_RECORD, event=SessionCompleted, slots=Slots.FITS)
_VERIFIED = Step(target=T.DONE, permission=Permission.SESSION_VERIFY, event=SessionVerified)
_ABORTED = Step(
    target=T.ABORTED,
    permission=Permission.SESSION_ABORT,
    event=SessionAborted,
    slots=Slots.FITS,
    needs_reason=True,
    meaning=Meaning.ABORTED,
)
_MISSED = Step(target=T.MISSED, permission=Permission.SESSION_MISSED, event=SessionMissed, slots=Slots.FITS)
_CREW_NAMED = Step(target=T.IN_USE, permission=Permission.SESSION_RECORD, event=CrewNamed)
_EMERGENCY_CONFIRMED = Step(
    target=T.IN_USE, permission=Permission.SESSION_CONFIRM_EMERGENCY, event=EmergencyEntryConfirmed
)
_CANCELLED = Step(
    target=T.CANCELLED,
    permission=Permission.BOOKING_CHANGE,
    event=SessionCancelled,
    slots=Slots.RELEASES,
    needs_reason=True,
)


def _in_every_state(action: str, step: Step[SessionState]) -> Iterator[tuple[Cell[SessionState], Step[SessionState]]]:
    """A step that leaves a session that has begun in its state."""
    for state in sorted(RUNNING | WORKED):
        yield from cells([state], action, replace(step, target=state))


SESSION_STEPS: Table[SessionState] = dict(
    [
        *cells([T.PLANNED], "clear", _CLEARED),
        *cells([T.PLANNED], "verify-clearance", _CLEARANCE_VERIFIED),
        *cells([T.PLANNED], "ready", _RELEASED, when=When.CLEARED_FIRST),
        *cells([T.READY], UNREADY, _RELEASE_ENDED),
        *cells([T.READY], "check-in", _STARTED),
        *cells([T.PLANNED], "check-in", _STARTED, when=When.NOT_CLEARED_FIRST),
        # Work that began without release is recorded, with its deviation; SESSION_RECORD_REGARDLESS says by whom.
        *cells([T.PLANNED], "check-in", _STARTED_UNRELEASED, when=When.CLEARED_FIRST),
        *cells(NOT_BEGUN, EMERGENCY, _STARTED_IN_AN_EMERGENCY),
        *_in_every_state("confirm-emergency", _EMERGENCY_CONFIRMED),
        *_in_every_state("crew", _CREW_NAMED),
        *cells([T.IN_USE], "suspend", _SUSPENDED),
        *cells([T.SUSPENDED], "resume", _RESUMED),
        *cells([T.IN_USE], "takes-until", _OVERRAN_IN_USE, when=When.BEYOND_THE_PLAN),
        *cells([T.IN_USE], "takes-until", _OVERRAN_LONG_IN_USE, when=When.FAR_BEYOND_THE_PLAN),
        *cells([T.IN_USE], "takes-until", _IN_TIME_IN_USE, when=When.WITHIN_THE_PLAN),
        *cells([T.SUSPENDED], "takes-until", _OVERRAN_SUSPENDED, when=When.BEYOND_THE_PLAN),
        *cells([T.SUSPENDED], "takes-until", _OVERRAN_LONG_SUSPENDED, when=When.FAR_BEYOND_THE_PLAN),
        *cells([T.SUSPENDED], "takes-until", _IN_TIME_SUSPENDED, when=When.WITHIN_THE_PLAN),
        *cells([T.IN_USE], "complete", _COMPLETED),
        *cells([T.DONE], "verify", _VERIFIED),
        *cells(RUNNING, "abort", _ABORTED),
        *cells(NOT_BEGUN, "missed", _MISSED),
        *cells(NOT_BEGUN, CANCEL, _CANCELLED),
    ]
)

WHEN_THE_BOOKING_ENDS: dict[SessionState, SessionState] = dict.fromkeys(NOT_BEGUN, T.CANCELLED)
"""What becomes of a session whose booking ends before it began; its slots are released with the booking's."""


def session_step(state: SessionState, action: str, holding: Iterable[When] = ()) -> Step[SessionState]:
    """The step of an action in a session's state. Shape: `holding` are the conditions that hold.

    Errors: Conflict when the state does not allow it.
    """
    step = find_step(SESSION_STEPS, state, action, holding)
    if step is None:
        raise Conflict(N_("The current state of this session does not allow this."))
    return step
