"""When a session really began and ended: recorded at once or late, stretched or shortened as it was."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from gmp_booking.bookings.lifecycle import require_recordable, session_step
from gmp_booking.bookings.service import require_reason
from gmp_booking.evaluation.slot_allocation import refusal
from gmp_booking.execution import store
from gmp_booking.execution.check_in_checks import judge_at_the_door
from gmp_booking.execution.clearance import EARLIEST_START, LONGEST_OVERRUN, late_minutes
from gmp_booking.execution.events import (
    OverrunWithdrawn,
    SessionCompleted,
    SessionOverran,
    SessionStarted,
    SessionVerified,
)
from gmp_booking.execution.releasing import not_released
from gmp_booking.execution.session_actions import SessionAct, envelope, happened_at
from gmp_booking.execution.store import SessionRow
from gmp_booking.infra.database.uow import Uow
from gmp_booking.kernel.access import Permission, is_allowed
from gmp_booking.kernel.errors import Conflict, Invalid
from gmp_booking.kernel.states import SessionState
from gmp_booking.kernel.text import N_
from gmp_booking.resources.slots import fit_slots


def check_in(uow: Uow, session: SessionRow, act: SessionAct) -> None:
    at = happened_at(uow, act, earliest=session.starts_at - EARLIEST_START)
    against = _stands_against(uow, session, act, at)
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


def _stands_against(uow: Uow, session: SessionRow, act: SessionAct, at: datetime) -> tuple[str, ...]:
    """The rules that stand against work at this instant, where it is recorded regardless.

    Errors: Conflict for whoever may not do that, or does not say why.
    """
    regardless = is_allowed(uow.actor, Permission.SESSION_RECORD_REGARDLESS)
    against: tuple[str, ...] = ()
    if session.stands is SessionState.PLANNED and session.cleared_first:
        if not (regardless and act.deviation_no):
            raise not_released(session)
        against = ("CO-02",)
    else:
        session_step(session.stands, act.action, cleared_first=session.cleared_first)
    verdict = judge_at_the_door(uow, session, at=at)
    if verdict.has_hard and not (regardless and act.reason):
        raise refusal(verdict)
    return against + tuple(dict.fromkeys(finding.code for finding in verdict.findings))


def takes_until(uow: Uow, session: SessionRow, act: SessionAct) -> None:
    require_recordable(session.stands, act.action)
    if act.until is None:
        raise Invalid(field_errors={"until": [N_("Enter the expected end.")]})
    if act.until <= uow.now:
        raise Invalid(field_errors={"until": [N_("This time is in the past; complete the session instead.")]})
    if act.until > session.ends_at + LONGEST_OVERRUN:
        raise Invalid(field_errors={"until": [N_("The end time is too late. Please check it.")]})
    if act.until <= session.ends_at and session.expected_end_at is None:
        raise Invalid(field_errors={"until": [N_("The planned end is already at or after this time.")]})
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


def complete(uow: Uow, session: SessionRow, act: SessionAct) -> None:
    session_step(session.stands, act.action, cleared_first=session.cleared_first)
    at, late_min, explanation = _true_end(uow, session, act)
    headcount = session.headcount if act.headcount is None else act.headcount
    store.change_session(
        uow,
        session,
        state=SessionState.DONE,
        headcount_actual=headcount,
        note=act.note,
        **ended(uow, at),
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
    let_end(uow, session, at)


def _true_end(uow: Uow, session: SessionRow, act: SessionAct) -> tuple[datetime, int, str | None]:
    """When it ended, how late that is entered, and why so."""
    at = happened_at(uow, act, earliest=session.actual_start_at)
    late_min = late_minutes(at, uow.now)
    return at, late_min, require_reason(act.reason) if late_min else act.reason


def ended(uow: Uow, at: datetime) -> dict[str, Any]:
    return {"actual_end_at": at, "end_entered_at": uow.now, "end_entered_by": uow.actor.person_id}


def let_end(uow: Uow, session: SessionRow, at: datetime) -> None:
    """Give back what is left of its time, or record that it took longer than was planned."""
    held_until = _hold(uow, session, at)
    if at > session.ends_at:
        uow.record(SessionOverran(**envelope(session), until=at, held_until=held_until))


def verify(uow: Uow, session: SessionRow, act: SessionAct) -> None:
    require_recordable(session.stands, act.action)
    if session.verified_at is not None:
        raise Conflict(N_("This session is already verified."))
    store.change_session(uow, session, verified_at=uow.now, verified_by=uow.actor.person_id)
    uow.record(SessionVerified(**envelope(session), completed_by=session.end_entered_by))
