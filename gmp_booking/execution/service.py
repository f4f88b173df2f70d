"""What happens in sessions: cleared, released, begun, ended; each act under the session's locks, by compare and swap.

The button may be refused, reality never: production and QA record what happened with a reason, and it is marked.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from gmp_booking.bookings.lifecycle import BookingState, SessionState, require_recordable, session_step
from gmp_booking.bookings.placing import refusal
from gmp_booking.bookings.service import require_reason
from gmp_booking.execution import store
from gmp_booking.execution.clearance import (
    CHECKLIST,
    EARLIEST_START,
    LONGEST_OVERRUN,
    MISSED_AFTER,
    late_minutes,
)
from gmp_booking.execution.door_judge import judge_at_the_door
from gmp_booking.execution.events import (
    LineClearanceVerified,
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
from gmp_booking.execution.signing import sign_session
from gmp_booking.execution.store import SessionRow
from gmp_booking.infra.uow import Uow
from gmp_booking.kernel.access import Permission, Subject, is_allowed, require
from gmp_booking.kernel.errors import Conflict, Invalid, NotFound, Stale
from gmp_booking.kernel.text import N_
from gmp_booking.resources.slots import fit_slots
from gmp_booking.signatures.service import Verified

NOT_IN_THE_FUTURE = N_("This time is still to come.")


@dataclass(frozen=True)
class SessionAct:
    """One act in one session, as it was asked for.

    Shape: `seen` is the state the reader saw, `revision` the booking's; `at` is when it happened, None for now;
    `verified` is the password just checked, where a signature is due.
    """

    reference: str
    number: int
    action: str
    revision: int | None = None
    seen: str | None = None
    at: datetime | None = None
    until: datetime | None = None
    reason: str | None = None
    items: tuple[str, ...] = ()
    headcount: int | None = None
    note: str | None = None
    deviation_no: str | None = None
    verified: Verified | None = None


PERMISSIONS: Mapping[str, Permission] = {
    "clear": Permission.SESSION_CLEAR,
    "verify-clearance": Permission.SESSION_VERIFY_CLEARANCE,
    "ready": Permission.SESSION_RELEASE,
    "check-in": Permission.SESSION_RECORD,
    "takes-until": Permission.SESSION_RECORD,
    "suspend": Permission.SESSION_SUSPEND,
    "resume": Permission.SESSION_RESUME,
    "complete": Permission.SESSION_RECORD,
    "verify": Permission.SESSION_VERIFY,
    "missed": Permission.SESSION_MISSED,
    "abort": Permission.SESSION_ABORT,
}


def subject_of(session: SessionRow, action: str) -> Subject:
    """The session as the permission table knows it; who did what is now looked after stands in `done_by`."""
    done_by = session.end_entered_by if action == "verify" else session.cleared_by_id
    return Subject(
        company_id=session.company_id,
        requested_by=session.requested_by,
        entered_by=session.entered_by,
        done_by=done_by,
    )


def act_on(uow: Uow, act: SessionAct) -> SessionRow:
    """Carry one act out and return the session as it is afterwards.

    Errors: NotFound; Forbidden; Conflict when the state or the rules do not allow it; Invalid for what is missing;
    Stale when the session is no longer as it was seen.
    """
    if act.action not in PERMISSIONS:
        raise NotFound
    uow.lock(store.keys_of(uow, act.reference, act.number))
    session = store.get_session(uow, act.reference, act.number)
    require(uow.actor, PERMISSIONS[act.action], subject_of(session, act.action))
    if act.seen and act.seen != session.stands:
        raise Stale
    if session.booking_state != BookingState.CONFIRMED:
        raise Conflict(N_("Only in a confirmed booking something happens."))
    _ACTS[act.action](uow, session, act)
    store.touch_booking(uow, session, act.revision)
    return store.get_session(uow, act.reference, act.number)


def get_session(uow: Uow, reference: str, number: int) -> SessionRow:
    """Errors: NotFound, also for what the reader may not know of."""
    return store.get_session(uow, reference, number)


def list_sessions_of(uow: Uow, reference: str) -> list[SessionRow]:
    """The sessions of a booking's present version, by number."""
    return store.list_sessions(uow, "WHERE b.reference = :reference ORDER BY bs.number", {"reference": reference})


# -- before: cleared, verified, released


def _clear(uow: Uow, session: SessionRow, act: SessionAct) -> None:
    _require_planned_with_clearance(session, act.action)
    if session.clearance_id is not None:
        raise Conflict(N_("The room is cleared for this session already."))
    if set(act.items) != set(CHECKLIST):
        raise Invalid(field_errors={"items": [N_("Tick every point; what is not so has to be put right first.")]})
    if session.state == SessionState.READY:
        # It was released for another time or room; the release goes with the clearance it was given on.
        store.change_session(uow, session, state=SessionState.PLANNED, released_at=None)
    store.add_clearance(uow, session, sorted(CHECKLIST))
    uow.record(LineCleared(**envelope(session), items=tuple(sorted(CHECKLIST))))


def _verify_clearance(uow: Uow, session: SessionRow, act: SessionAct) -> None:
    _require_planned_with_clearance(session, act.action)
    if session.cleared_by_id is None or session.clearance_verified_at is not None:
        raise Conflict(N_("There is no clearance to verify."))
    store.verify_clearance(uow, session)
    uow.record(LineClearanceVerified(**envelope(session), performed_by=session.cleared_by_id))


def _require_planned_with_clearance(session: SessionRow, action: str) -> None:
    require_recordable(session.stands, action)
    if not session.cleared_first:
        raise Conflict(N_("This session needs no line clearance."))


def _release(uow: Uow, session: SessionRow, act: SessionAct) -> None:
    taken = session_step(session.stands, act.action, cleared_first=session.cleared_first)
    if session.clearance_verified_at is None:
        raise not_released(session)
    verdict = judge_at_the_door(uow, session, at=None)
    if verdict.has_hard:
        raise refusal(verdict)
    signed = sign_session(uow, session, taken.signature, verified=act.verified)
    store.change_session(uow, session, state=SessionState.READY, released_at=uow.now)
    uow.record(SessionReady(**envelope(session), meaning=str(taken.signature), signed=signed))


def not_released(session: SessionRow) -> Conflict:
    """The refusal of rule CO-02."""
    done = sum(each is not None for each in (session.cleared_by_id, session.clearance_verified_at))
    return Conflict(
        N_("%(room)s has not been released (line clearance %(done)s of 2 done)."),
        params={"room": session.room, "done": done},
    )


# -- the true times


def _check_in(uow: Uow, session: SessionRow, act: SessionAct) -> None:
    at = _happened(uow, act, earliest=session.starts_at - EARLIEST_START)
    may_regardless = is_allowed(uow.actor, Permission.SESSION_RECORD_REGARDLESS)
    against: tuple[str, ...] = ()
    if session.stands is SessionState.PLANNED and session.cleared_first:
        if not (may_regardless and act.deviation_no):
            raise not_released(session)
        against = ("CO-02",)
    else:
        session_step(session.stands, act.action, cleared_first=session.cleared_first)
    verdict = judge_at_the_door(uow, session, at=at, tolerant=may_regardless)
    against += tuple(dict.fromkeys(finding.code for finding in verdict.findings))
    if verdict.has_hard and not (may_regardless and act.reason):
        raise refusal(verdict)
    late_min = late_minutes(at, uow.now)
    explanation = require_reason(act.reason) if late_min or against else act.reason
    store.change_session(
        uow,
        session,
        state=SessionState.IN_USE,
        actual_start_at=at,
        start_entered_at=uow.now,
        start_entered_by=uow.actor.person_id,
        deviation_no=act.deviation_no or session.deviation_no,
    )
    uow.record(
        SessionStarted(
            **envelope(session),
            started_at=at,
            late_min=late_min,
            regardless=against,
            deviation_no=act.deviation_no,
            explanation=explanation,
        )
    )


def _happened(uow: Uow, act: SessionAct, *, earliest: datetime | None) -> datetime:
    """The true time of what is recorded. Errors: Invalid for one to come, or before anything it could belong to."""
    at = uow.now if act.at is None else act.at
    if at > uow.now:
        raise Invalid(field_errors={"at": [NOT_IN_THE_FUTURE]})
    if earliest is not None and at < earliest:
        raise Invalid(field_errors={"at": [N_("This time is too early to be true.")]})
    return at


def _takes_until(uow: Uow, session: SessionRow, act: SessionAct) -> None:
    require_recordable(session.stands, act.action)
    if act.until is None:
        raise Invalid(field_errors={"until": [N_("Say until when it takes.")]})
    if act.until <= uow.now:
        raise Invalid(field_errors={"until": [N_("This time is over; complete the session instead.")]})
    if act.until > session.ends_at + LONGEST_OVERRUN:
        raise Invalid(field_errors={"until": [N_("This time is too late to be true.")]})
    if act.until <= session.ends_at and session.expected_end_at is None:
        raise Invalid(field_errors={"until": [N_("It is planned that long anyway.")]})
    until = max(act.until, session.ends_at)
    longer = until > session.ends_at
    store.change_session(uow, session, expected_end_at=until if longer else None)
    held_until = _hold(uow, session, until)
    if longer:
        uow.record(SessionOverran(**envelope(session), until=until, held_until=held_until))
    else:
        uow.record(OverrunWithdrawn(**envelope(session), until=until))


def _hold(uow: Uow, session: SessionRow, until: datetime) -> datetime | None:
    """Hold room, bench and people until then and no longer; what is not free stays with who has it."""
    store.free_crew(uow, session, until)
    return fit_slots(uow, session.id, until + session.teardown)


def _complete(uow: Uow, session: SessionRow, act: SessionAct) -> None:
    session_step(session.stands, act.action, cleared_first=session.cleared_first)
    at, late_min, explanation = _true_end(uow, session, act)
    headcount = session.headcount if act.headcount is None else act.headcount
    store.change_session(
        uow,
        session,
        state=SessionState.DONE,
        headcount_actual=headcount,
        note=act.note,
        **_ended(uow, at),
    )
    uow.record(
        SessionCompleted(
            **envelope(session),
            ended_at=at,
            headcount=headcount,
            late_min=late_min,
            note=act.note,
            explanation=explanation,
        )
    )
    _let_end(uow, session, at)


def _true_end(uow: Uow, session: SessionRow, act: SessionAct) -> tuple[datetime, int, str | None]:
    """When it ended, how late that is entered, and why so."""
    at = _happened(uow, act, earliest=session.actual_start_at)
    late_min = late_minutes(at, uow.now)
    return at, late_min, require_reason(act.reason) if late_min else act.reason


def _ended(uow: Uow, at: datetime) -> dict[str, Any]:
    return {"actual_end_at": at, "end_entered_at": uow.now, "end_entered_by": uow.actor.person_id}


def _let_end(uow: Uow, session: SessionRow, at: datetime) -> None:
    """Give back what is left of its time, or record that it took longer than was planned."""
    held_until = _hold(uow, session, at)
    if at > session.ends_at:
        uow.record(SessionOverran(**envelope(session), until=at, held_until=held_until))


def _verify(uow: Uow, session: SessionRow, act: SessionAct) -> None:
    require_recordable(session.stands, act.action)
    if session.verified_at is not None:
        raise Conflict(N_("This session was verified before."))
    store.change_session(uow, session, verified_at=uow.now, verified_by=uow.actor.person_id)
    uow.record(SessionVerified(**envelope(session), completed_by=session.end_entered_by))


# -- what goes wrong


def _suspend(uow: Uow, session: SessionRow, act: SessionAct) -> None:
    taken = session_step(session.stands, act.action, cleared_first=session.cleared_first)
    explanation = require_reason(act.reason)
    signed = sign_session(uow, session, taken.signature, verified=act.verified, reason=explanation)
    store.change_session(uow, session, state=SessionState.SUSPENDED)
    uow.record(
        SessionSuspended(**envelope(session), explanation=explanation, meaning=str(taken.signature), signed=signed)
    )


def _resume(uow: Uow, session: SessionRow, act: SessionAct) -> None:
    taken = session_step(session.stands, act.action, cleared_first=session.cleared_first)
    explanation = require_reason(act.reason)
    signed = sign_session(uow, session, taken.signature, verified=act.verified, reason=explanation)
    store.change_session(uow, session, state=SessionState.IN_USE)
    uow.record(
        SessionResumed(**envelope(session), explanation=explanation, meaning=str(taken.signature), signed=signed)
    )


def _abort(uow: Uow, session: SessionRow, act: SessionAct) -> None:
    taken = session_step(session.stands, act.action, cleared_first=session.cleared_first)
    explanation = require_reason(act.reason)
    if not act.deviation_no:
        raise Invalid(field_errors={"deviation_no": [N_("Give the number of the deviation.")]})
    at = _happened(uow, act, earliest=session.actual_start_at)
    signed = sign_session(
        uow,
        session,
        taken.signature,
        verified=act.verified,
        reason=explanation,
        deviation_no=act.deviation_no,
        ended_at=at.isoformat(),
    )
    store.change_session(
        uow, session, state=SessionState.ABORTED, deviation_no=act.deviation_no, note=act.note, **_ended(uow, at)
    )
    uow.record(
        SessionAborted(
            **envelope(session),
            ended_at=at,
            deviation_no=act.deviation_no,
            explanation=explanation,
            meaning=str(taken.signature),
            late_min=late_minutes(at, uow.now),
            signed=signed,
        )
    )
    _let_end(uow, session, at)


def _missed(uow: Uow, session: SessionRow, act: SessionAct) -> None:
    session_step(SessionState(session.state), act.action, cleared_first=session.cleared_first)
    if uow.now < session.starts_at + MISSED_AFTER:
        raise Conflict(
            N_("A session counts as missed %(minutes)s minutes after its start."),
            params={"minutes": MISSED_AFTER // timedelta(minutes=1)},
        )
    store.change_session(uow, session, state=SessionState.MISSED)
    fit_slots(uow, session.id, uow.now)
    store.free_crew(uow, session, uow.now)
    uow.record(SessionMissed(**envelope(session)))


_ACTS: Mapping[str, Callable[[Uow, SessionRow, SessionAct], None]] = {
    "clear": _clear,
    "verify-clearance": _verify_clearance,
    "ready": _release,
    "check-in": _check_in,
    "takes-until": _takes_until,
    "suspend": _suspend,
    "resume": _resume,
    "complete": _complete,
    "verify": _verify,
    "missed": _missed,
    "abort": _abort,
}


def envelope(session: SessionRow) -> dict[str, Any]:
    """What every event says of its session."""
    return {
        "company_id": session.company_id,
        "booking_id": session.booking_id,
        "reference": session.reference,
        "version": session.version,
        "session": session.number,
        "room": session.room,
    }


def for_row(act: SessionAct, reference: str, number: int) -> SessionAct:
    """The same act on another session: one signing act may cover a list."""
    return replace(act, reference=reference, number=number)
