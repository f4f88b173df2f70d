"""Record the actual start and end of a session, immediately or late, and adjust its slots."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from gmp_booking.bookings.lifecycle.steps import Slots, Step
from gmp_booking.bookings.service import require_reason
from gmp_booking.bookings.session_events import (
    OverrunWithdrawn,
    SessionCompleted,
    SessionOverran,
    SessionStarted,
    SessionVerified,
)
from gmp_booking.bookings.transitions import Taken
from gmp_booking.evaluation.refusals import refusal
from gmp_booking.execution.check_in_checks import check_in_verdict
from gmp_booking.execution.clearance import EARLIEST_START, LONGEST_OVERRUN, late_minutes
from gmp_booking.execution.crew import require_crew, require_headcount, with_crew
from gmp_booking.execution.crew_rules import ROOM_LIMIT
from gmp_booking.execution.line_clearance.releasing import require_released
from gmp_booking.execution.room_use.records import began_meanwhile, begin_use, end_use
from gmp_booking.execution.room_use.still_in_use import record_second_use, still_in_use, taken_before
from gmp_booking.execution.session_actions import (
    SessionAction,
    fit_time,
    happened_at,
    may_record_regardless,
    session_event_fields,
    step_of,
    write_state,
    write_step,
)
from gmp_booking.execution.store import SessionRow
from gmp_booking.infra.database.uow import Uow
from gmp_booking.kernel.errors import Conflict, Invalid
from gmp_booking.kernel.events import Event
from gmp_booking.kernel.period import Period
from gmp_booking.kernel.states import UNPREPARED, SessionState
from gmp_booking.kernel.text import N_


def check_in(uow: Uow, session: SessionRow, act: SessionAction) -> None:
    at = happened_at(uow, act, earliest=session.starts_at - EARLIEST_START)
    step = step_of(session, act)
    regardless = may_record_regardless(uow.actor, act)
    session = with_crew(uow, session, act)
    in_use = _begin_use(uow, session, act, at, regardless=regardless)
    unreleased = require_released(uow, session, at, recorded_anyway=regardless and act.has_deviation)
    against = _rules_against(uow, session, act, at, regardless=regardless)
    people = _rules_on_people(session, act, recorded_anyway=regardless and bool(act.reason))
    known = (*(["RM-01"] if in_use else []), *(["CO-02"] if unreleased else []), *people)
    found = tuple(dict.fromkeys((*known, *against)))
    late_min = _minutes_late(uow, at, changes_order=bool(in_use))
    # To begin without a release is a step of its own: the table of steps says that it needs a reason.
    by_step = {"CO-02"} if session.stands in UNPREPARED else set()
    explanation = require_reason(act.reason) if step.needs_reason or late_min or set(found) - by_step else act.reason
    assert step.slots is Slots.FITS, f"this step {step.slots} slots"
    write_state(
        uow,
        session,
        step,
        actual_start_at=at,
        start_entered_at=uow.now,
        start_entered_by=uow.actor.person_id,
        deviation_no=act.deviation_no or session.deviation_no,
        headcount_actual=act.headcount,
        headcount_reason=explanation if ROOM_LIMIT in found else None,
        emergency_told=act.told if act.is_emergency else None,
    )
    event = SessionStarted(
        **session_event_fields(session),
        started_at=at,
        late_min=late_min,
        regardless=found,
        deviation_no=act.deviation_no,
        explanation=explanation,
    )
    uow.record(Taken(step, event, act.reason).event)
    if at < session.planned.start:
        _hold_from_early_start(uow, session, at, regardless=regardless and bool(act.reason))
    if in_use:
        record_second_use(uow, session, in_use, act.deviation_no or "")


def _rules_on_people(session: SessionRow, act: SessionAction, *, recorded_anyway: bool) -> tuple[str, ...]:
    """The rules on names and headcount despite which the start is recorded. Errors: Invalid unless it is."""
    unnamed = require_crew(session, recorded_anyway=recorded_anyway)
    return unnamed + require_headcount(session, act.headcount or 0, recorded_anyway=recorded_anyway)


def _begin_use(uow: Uow, session: SessionRow, act: SessionAction, at: datetime, *, regardless: bool) -> Sequence[str]:
    """Record what is used from now on; the codes of what somebody else uses still.

    Errors: Conflict while somebody does, unless production or QA record it with reason and deviation number.
    """
    is_recorded_anyway = regardless and bool(act.reason) and act.has_deviation
    beginning = begin_use(uow, session, at, regardless=is_recorded_anyway)
    if not beginning.is_recorded:
        raise still_in_use(uow, session, beginning)
    return beginning.in_use


def _hold_from_early_start(uow: Uow, session: SessionRow, at: datetime, *, regardless: bool) -> None:
    """Hold everything from an early start on. Errors: Conflict when a unit is not free until its own slot."""
    taken = {
        each.need.resource_id: Period(at, each.period.start if each.period else each.need.period.end)
        for each in fit_time(uow, session)
        if each.period is None or each.period.start > at
    }
    if taken and not regardless:
        raise taken_before(uow, session, taken)


def _rules_against(
    uow: Uow, session: SessionRow, act: SessionAction, at: datetime, *, regardless: bool
) -> tuple[str, ...]:
    """The rules with HARD findings at this instant, where the start is recorded regardless of them.

    Production and QA may record what has actually happened even if a rule forbids it, with a reason.
    Errors: Conflict for other people, or without a reason.
    """
    verdict = check_in_verdict(uow, session, at=at)
    if verdict.has_hard and not (regardless and act.reason):
        raise refusal(verdict)
    return tuple(dict.fromkeys(finding.code for finding in verdict.findings))


def extend(uow: Uow, session: SessionRow, act: SessionAction) -> None:
    step = step_of(session, act)
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
    held_until = write_step(uow, session, step, expected_end_at=until if longer else None)
    fields = session_event_fields(session)
    event: Event = OverrunWithdrawn(**fields, until=until)
    if longer:
        event = SessionOverran(**fields, until=until, held_until=held_until)
    uow.record(Taken(step, event, act.reason).event)


def complete(uow: Uow, session: SessionRow, act: SessionAction) -> None:
    step = step_of(session, act)
    at, late_min, explanation = _actual_end(uow, session, act)
    headcount = next(each for each in (act.headcount, session.headcount_actual, session.headcount) if each is not None)
    recorded_anyway = bool(act.reason) and may_record_regardless(uow.actor, act)
    crowded = require_headcount(session, headcount, recorded_anyway=recorded_anyway)
    columns = {"headcount_actual": headcount, "note": act.note}
    if crowded:
        columns["headcount_reason"] = explanation = require_reason(act.reason)
    held_until = write_end(uow, session, step, at, **columns)
    event = SessionCompleted(
        **session_event_fields(session),
        ended_at=at,
        headcount=headcount,
        late_min=late_min,
        regardless=crowded,
        note=act.note,
        explanation=explanation,
    )
    uow.record(Taken(step, event, act.reason).event)
    record_overrun(uow, session, at, held_until=held_until)


def _actual_end(uow: Uow, session: SessionRow, act: SessionAction) -> tuple[datetime, int, str | None]:
    """The actual end, the delay of the entry in minutes, and its reason."""
    at = happened_at(uow, act, earliest=session.actual_start_at)
    late_min = late_end(uow, session, at)
    return at, late_min, require_reason(act.reason) if late_min else act.reason


def late_end(uow: Uow, session: SessionRow, at: datetime) -> int:
    """The delay of the entry of an end, in minutes."""
    return _minutes_late(uow, at, changes_order=at < uow.now and began_meanwhile(uow, session, at))


def _minutes_late(uow: Uow, at: datetime, *, changes_order: bool) -> int:
    """The delay of an entry in minutes; an entry that changes the order of two uses is always late."""
    late_min = late_minutes(at, uow.now)
    return max(1, (uow.now - at) // timedelta(minutes=1)) if changes_order and at < uow.now else late_min


def write_end(uow: Uow, session: SessionRow, step: Step[SessionState], at: datetime, **columns: Any) -> datetime | None:
    """Write a step that ends the session at this time; how far the slots are held."""
    end_use(uow, session, at)
    return write_step(
        uow,
        session,
        step,
        actual_end_at=at,
        end_entered_at=uow.now,
        end_entered_by=uow.actor.person_id,
        **columns,
    )


def record_overrun(uow: Uow, session: SessionRow, at: datetime, *, held_until: datetime | None) -> None:
    """Record that the session ended after its planned time, if it did."""
    if at > session.ends_at:
        uow.record(SessionOverran(**session_event_fields(session), until=at, held_until=held_until))


def verify(uow: Uow, session: SessionRow, act: SessionAction) -> None:
    step = step_of(session, act)
    if session.verified_at is not None:
        raise Conflict(N_("This session is already verified."))
    write_step(uow, session, step, verified_at=uow.now, verified_by=uow.actor.person_id)
    event = SessionVerified(**session_event_fields(session), completed_by=session.end_entered_by)
    uow.record(Taken(step, event, act.reason).event)
