"""Record the actual start and end of a session, immediately or late, and adjust its slots."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from gmp_booking.bookings.lifecycle import require_recordable, session_step
from gmp_booking.bookings.service import require_reason
from gmp_booking.bookings.session_events import (
    OverrunWithdrawn,
    SessionCompleted,
    SessionOverran,
    SessionStarted,
    SessionVerified,
)
from gmp_booking.evaluation.slot_allocation import refusal
from gmp_booking.execution import store
from gmp_booking.execution.check_in_checks import check_in_verdict
from gmp_booking.execution.clearance import EARLIEST_START, LONGEST_OVERRUN, late_minutes
from gmp_booking.execution.releasing import not_released
from gmp_booking.execution.session_actions import SessionAction, happened_at, session_event_fields
from gmp_booking.execution.store import SessionRow
from gmp_booking.infra.database.uow import Uow
from gmp_booking.kernel.access import Permission, is_allowed
from gmp_booking.kernel.errors import Conflict, Invalid
from gmp_booking.kernel.states import SessionState
from gmp_booking.kernel.text import N_
from gmp_booking.resources.slots import fit_slots


def check_in(uow: Uow, session: SessionRow, act: SessionAction) -> None:
    at = happened_at(uow, act, earliest=session.starts_at - EARLIEST_START)
    rules = _rules_against(uow, session, act, at)
    late_min = late_minutes(at, uow.now)
    explanation = require_reason(act.reason) if late_min or rules else act.reason
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
            **session_event_fields(session),
            started_at=at,
            late_min=late_min,
            regardless=rules,
            deviation_no=act.deviation_no,
            explanation=explanation,
        )
    )


def _rules_against(uow: Uow, session: SessionRow, act: SessionAction, at: datetime) -> tuple[str, ...]:
    """The rules with HARD findings at this instant, where the start is recorded regardless of them.

    Production and QA may record what has actually happened even if a rule forbids it, with a reason.
    Errors: Conflict for other people, or without a reason.
    """
    regardless = is_allowed(uow.actor, Permission.SESSION_RECORD_REGARDLESS)
    rules: tuple[str, ...] = ()
    if session.stands is SessionState.PLANNED and session.cleared_first:
        if not (regardless and act.deviation_no):
            raise not_released(session)
        rules = ("CO-02",)
    else:
        session_step(session.stands, act.action, cleared_first=session.cleared_first)
    verdict = check_in_verdict(uow, session, at=at)
    if verdict.has_hard and not (regardless and act.reason):
        raise refusal(verdict)
    return rules + tuple(dict.fromkeys(finding.code for finding in verdict.findings))


def extend(uow: Uow, session: SessionRow, act: SessionAction) -> None:
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
    held_until = _hold_until(uow, session, until)
    if longer:
        uow.record(SessionOverran(**session_event_fields(session), until=until, held_until=held_until))
    else:
        uow.record(OverrunWithdrawn(**session_event_fields(session), until=until))


def _hold_until(uow: Uow, session: SessionRow, until: datetime) -> datetime | None:
    """Hold room, equipment and crew until then; time that somebody else holds stays theirs."""
    store.free_crew(uow, session, until)
    return fit_slots(uow, session.id, until + session.teardown)


def complete(uow: Uow, session: SessionRow, act: SessionAction) -> None:
    session_step(session.stands, act.action, cleared_first=session.cleared_first)
    at, late_min, explanation = _actual_end(uow, session, act)
    headcount = session.headcount if act.headcount is None else act.headcount
    store.change_session(
        uow,
        session,
        state=SessionState.DONE,
        headcount_actual=headcount,
        note=act.note,
        **end_values(uow, at),
    )
    uow.record(
        SessionCompleted(
            **session_event_fields(session),
            ended_at=at,
            headcount=headcount,
            late_min=late_min,
            note=act.note,
            explanation=explanation,
        )
    )
    release_remaining_time(uow, session, at)


def _actual_end(uow: Uow, session: SessionRow, act: SessionAction) -> tuple[datetime, int, str | None]:
    """The actual end, the delay of the entry in minutes, and its reason."""
    at = happened_at(uow, act, earliest=session.actual_start_at)
    late_min = late_minutes(at, uow.now)
    return at, late_min, require_reason(act.reason) if late_min else act.reason


def end_values(uow: Uow, at: datetime) -> dict[str, Any]:
    return {"actual_end_at": at, "end_entered_at": uow.now, "end_entered_by": uow.actor.person_id}


def release_remaining_time(uow: Uow, session: SessionRow, at: datetime) -> None:
    """Release the remaining time, or record the overrun."""
    held_until = _hold_until(uow, session, at)
    if at > session.ends_at:
        uow.record(SessionOverran(**session_event_fields(session), until=at, held_until=held_until))


def verify(uow: Uow, session: SessionRow, act: SessionAction) -> None:
    require_recordable(session.stands, act.action)
    if session.verified_at is not None:
        raise Conflict(N_("This session is already verified."))
    store.change_session(uow, session, verified_at=uow.now, verified_by=uow.actor.person_id)
    uow.record(SessionVerified(**session_event_fields(session), completed_by=session.end_entered_by))
