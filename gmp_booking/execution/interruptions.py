"""Interruptions of a session: suspend, resume, abort, record as missed."""

from __future__ import annotations

from datetime import timedelta

from gmp_booking.bookings.lifecycle import session_step
from gmp_booking.bookings.service import require_reason
from gmp_booking.bookings.session_events import SessionAborted, SessionMissed, SessionResumed, SessionSuspended
from gmp_booking.execution import store
from gmp_booking.execution.actual_times import end_values, release_remaining_time
from gmp_booking.execution.clearance import MISSED_AFTER, late_minutes
from gmp_booking.execution.session_actions import SessionAction, happened_at, session_event_fields
from gmp_booking.execution.signing import sign_session
from gmp_booking.execution.store import SessionRow
from gmp_booking.infra.database.uow import Uow
from gmp_booking.kernel.errors import Conflict, Invalid
from gmp_booking.kernel.states import SessionState
from gmp_booking.kernel.text import N_
from gmp_booking.resources.slots import fit_slots


def suspend(uow: Uow, session: SessionRow, act: SessionAction) -> None:
    _sign_and_change(uow, session, act, event=SessionSuspended)


def resume(uow: Uow, session: SessionRow, act: SessionAction) -> None:
    _sign_and_change(uow, session, act, event=SessionResumed)


def _sign_and_change(
    uow: Uow, session: SessionRow, act: SessionAction, *, event: type[SessionSuspended | SessionResumed]
) -> None:
    transition = session_step(session.stands, act.action, cleared_first=session.cleared_first)
    explanation = require_reason(act.reason)
    signed = sign_session(uow, session, transition.signature, verified=act.verified, reason=explanation)
    store.change_session(uow, session, state=transition.target)
    fields = session_event_fields(session)
    uow.record(event(**fields, explanation=explanation, meaning=str(transition.signature), signed=signed))


def abort(uow: Uow, session: SessionRow, act: SessionAction) -> None:
    transition = session_step(session.stands, act.action, cleared_first=session.cleared_first)
    explanation = require_reason(act.reason)
    if not act.deviation_no:
        raise Invalid(field_errors={"deviation_no": [N_("Enter the deviation number.")]})
    at = happened_at(uow, act, earliest=session.actual_start_at)
    signed = sign_session(
        uow,
        session,
        transition.signature,
        verified=act.verified,
        reason=explanation,
        deviation_no=act.deviation_no,
        ended_at=at.isoformat(),
    )
    store.change_session(
        uow, session, state=SessionState.ABORTED, deviation_no=act.deviation_no, note=act.note, **end_values(uow, at)
    )
    uow.record(
        SessionAborted(
            **session_event_fields(session),
            ended_at=at,
            deviation_no=act.deviation_no,
            explanation=explanation,
            meaning=str(transition.signature),
            late_min=late_minutes(at, uow.now),
            signed=signed,
        )
    )
    release_remaining_time(uow, session, at)


def missed(uow: Uow, session: SessionRow, act: SessionAction) -> None:
    session_step(SessionState(session.state), act.action, cleared_first=session.cleared_first)
    if uow.now < session.starts_at + MISSED_AFTER:
        raise Conflict(
            N_("A session counts as missed %(minutes)s minutes after its start."),
            params={"minutes": MISSED_AFTER // timedelta(minutes=1)},
        )
    store.change_session(uow, session, state=SessionState.MISSED)
    # A late entry must not extend the slot beyond the planned time.
    fit_slots(uow, session.id, min(uow.now, session.ends_at + session.teardown))
    store.free_crew(uow, session, min(uow.now, session.ends_at))
    uow.record(SessionMissed(**session_event_fields(session)))
