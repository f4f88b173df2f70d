"""Before a session: line clearance, its verification by another person, release of the room."""

from __future__ import annotations

from datetime import datetime

from gmp_booking.bookings.lifecycle.steps import Step
from gmp_booking.bookings.session_events import LineClearanceVerified, LineCleared, SessionReady
from gmp_booking.bookings.transitions import Taken
from gmp_booking.evaluation.refusals import refusal
from gmp_booking.execution import store
from gmp_booking.execution.check_in_checks import check_in_verdict
from gmp_booking.execution.clearance import CHECKLIST
from gmp_booking.execution.line_clearance.facts import find_lapse_of, lapsed
from gmp_booking.execution.session_actions import SessionAction, session_event_fields, step_of, write_step
from gmp_booking.execution.signing import sign_session
from gmp_booking.execution.store import SessionRow
from gmp_booking.infra.database.uow import Uow
from gmp_booking.kernel.errors import Conflict, Invalid
from gmp_booking.kernel.states import UNPREPARED, SessionState
from gmp_booking.kernel.text import N_


def clear(uow: Uow, session: SessionRow, act: SessionAction) -> None:
    step = _step_of_clearance(session, act)
    if session.clearance_id is not None and find_lapse_of(uow, session) is None:
        raise Conflict(N_("The room is cleared for this session already."))
    if set(act.items) != set(CHECKLIST):
        raise Invalid(field_errors={"items": [N_("Check every item; fix any that fails first.")]})
    # One that was released for another time or room: that release ends with the clearance it was based on.
    release_ends = {} if session.state == step.target else {"released_at": None}
    write_step(uow, session, step, **release_ends)
    store.add_clearance(uow, session, sorted(CHECKLIST))
    event = LineCleared(**session_event_fields(session), items=tuple(sorted(CHECKLIST)))
    uow.record(Taken(step, event, act.reason).event)


def verify_clearance(uow: Uow, session: SessionRow, act: SessionAction) -> None:
    step = _step_of_clearance(session, act)
    if session.cleared_by_id is None or session.clearance_verified_at is not None:
        raise Conflict(N_("There is no clearance to verify."))
    write_step(uow, session, step)
    store.verify_clearance(uow, session)
    event = LineClearanceVerified(**session_event_fields(session), performed_by=session.cleared_by_id)
    uow.record(Taken(step, event, act.reason).event)


def _step_of_clearance(session: SessionRow, act: SessionAction) -> Step[SessionState]:
    step = step_of(session, act)
    if not session.cleared_first:
        raise Conflict(N_("This session needs no line clearance."))
    return step


def release(uow: Uow, session: SessionRow, act: SessionAction) -> None:
    step = step_of(session, act)
    if session.clearance_verified_at is None:
        raise not_released(session)
    verdict = check_in_verdict(uow, session, at=None)
    lapse = find_lapse_of(uow, session)
    if lapse is not None:
        raise lapsed(uow, session, lapse, verdict)
    if verdict.has_hard:
        raise refusal(verdict)
    signed = sign_session(uow, session, step.meaning, verified=act.verified)
    write_step(uow, session, step, released_at=uow.now)
    event = SessionReady(**session_event_fields(session), meaning=str(step.meaning), signed=signed)
    uow.record(Taken(step, event, act.reason, is_signed=True).event)


def not_released(session: SessionRow) -> Conflict:
    """The refusal of rule CO-02."""
    done = sum(each is not None for each in (session.cleared_by_id, session.clearance_verified_at))
    return Conflict(
        N_("%(room)s has not been released (line clearance %(done)s of 2 done)."),
        params={"room": session.room, "done": done},
    )


def require_released(uow: Uow, session: SessionRow, at: datetime, *, recorded_anyway: bool) -> bool:
    """Whether work begins without a valid release of its room, which is recorded anyway.

    Errors: Conflict when it does, unless it is recorded anyway.
    """
    refused = _work_without_release(uow, session, at) if session.cleared_first else None
    if refused is not None and not recorded_anyway:
        raise refused
    return refused is not None


def _work_without_release(uow: Uow, session: SessionRow, at: datetime) -> Conflict | None:
    if session.stands in UNPREPARED:
        return not_released(session)
    assert session.released_at is not None
    # Times are typed in minutes.
    if at < session.released_at.replace(second=0, microsecond=0):
        return Conflict(
            N_("%(room)s was released after this time. Production or QA can record work before release."),
            params={"room": session.room},
        )
    lapse = find_lapse_of(uow, session)
    return lapsed(uow, session, lapse) if lapse is not None else None
