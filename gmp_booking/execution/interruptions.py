"""Interruptions of a session: suspend, resume, abort, record as missed."""

from __future__ import annotations

from datetime import timedelta

from gmp_booking.bookings.service import reason_for
from gmp_booking.bookings.session_events import SessionAborted, SessionMissed, SessionResumed, SessionSuspended
from gmp_booking.bookings.transitions import Taken
from gmp_booking.execution.actual_times import late_end, record_overrun, write_end
from gmp_booking.execution.clearance import MISSED_AFTER
from gmp_booking.execution.session_actions import SessionAction, happened_at, session_event_fields, step_of, write_step
from gmp_booking.execution.signing import sign_session
from gmp_booking.execution.store import SessionRow
from gmp_booking.infra.database.uow import Uow
from gmp_booking.kernel.errors import Conflict, Invalid
from gmp_booking.kernel.text import N_
from gmp_booking.kernel.vocabulary import OutageKind, SubjectKind
from gmp_booking.outages.service import NewOutage, place_locked


def suspend(uow: Uow, session: SessionRow, act: SessionAction) -> None:
    _sign_and_change(uow, session, act, event=SessionSuspended)


def resume(uow: Uow, session: SessionRow, act: SessionAction) -> None:
    _sign_and_change(uow, session, act, event=SessionResumed)


def _sign_and_change(
    uow: Uow, session: SessionRow, act: SessionAction, *, event: type[SessionSuspended | SessionResumed]
) -> None:
    step = step_of(session, act)
    explanation = reason_for(step, act.reason) or ""
    signed = sign_session(uow, session, step.meaning, verified=act.verified, reason=explanation)
    write_step(uow, session, step)
    fields = session_event_fields(session)
    happened = event(**fields, explanation=explanation, meaning=str(step.meaning), signed=signed)
    uow.record(Taken(step, happened, act.reason, is_signed=True).event)


def abort(uow: Uow, session: SessionRow, act: SessionAction) -> None:
    """Every abort names a deviation, so the room is on hold from then on, and every clearance of it is void."""
    step = step_of(session, act)
    explanation = reason_for(step, act.reason) or ""
    if not act.deviation_no:
        raise Invalid(field_errors={"deviation_no": [N_("Enter the deviation number.")]})
    at = happened_at(uow, act, earliest=session.actual_start_at)
    late_min = late_end(uow, session, at)
    signed = sign_session(
        uow,
        session,
        step.meaning,
        verified=act.verified,
        reason=explanation,
        deviation_no=act.deviation_no,
        ended_at=at.isoformat(),
    )
    held_until = write_end(uow, session, step, at, deviation_no=act.deviation_no, note=act.note)
    event = SessionAborted(
        **session_event_fields(session),
        ended_at=at,
        deviation_no=act.deviation_no,
        explanation=explanation,
        meaning=str(step.meaning),
        late_min=late_min,
        signed=signed,
    )
    uow.record(Taken(step, event, act.reason, is_signed=True).event)
    record_overrun(uow, session, at, held_until=held_until)
    reason = f"{act.deviation_no} · {session.reference}/{session.number}: {explanation}"
    place_locked(uow, NewOutage(SubjectKind.ROOM, session.room, OutageKind.HOLD, reason))


def missed(uow: Uow, session: SessionRow, act: SessionAction) -> None:
    step = step_of(session, act)
    if uow.now < session.starts_at + MISSED_AFTER:
        raise Conflict(
            N_("A session counts as missed %(minutes)s minutes after its start."),
            params={"minutes": MISSED_AFTER // timedelta(minutes=1)},
        )
    write_step(uow, session, step, end_entered_at=uow.now, end_entered_by=uow.actor.person_id)
    uow.record(Taken(step, SessionMissed(**session_event_fields(session)), act.reason).event)
