"""Before a session: line clearance, its verification by another person, release of the room."""

from __future__ import annotations

from gmp_booking.bookings.lifecycle import require_recordable, session_step
from gmp_booking.bookings.session_events import LineClearanceVerified, LineCleared, SessionReady
from gmp_booking.evaluation.slot_allocation import refusal
from gmp_booking.execution import store
from gmp_booking.execution.check_in_checks import check_in_verdict
from gmp_booking.execution.clearance import CHECKLIST
from gmp_booking.execution.session_actions import SessionAction, session_event_fields
from gmp_booking.execution.signing import sign_session
from gmp_booking.execution.store import SessionRow
from gmp_booking.infra.database.uow import Uow
from gmp_booking.kernel.errors import Conflict, Invalid
from gmp_booking.kernel.states import SessionState
from gmp_booking.kernel.text import N_


def clear(uow: Uow, session: SessionRow, act: SessionAction) -> None:
    _require_planned_with_clearance(session, act.action)
    if session.clearance_id is not None:
        raise Conflict(N_("The room is cleared for this session already."))
    if set(act.items) != set(CHECKLIST):
        raise Invalid(field_errors={"items": [N_("Check every item; fix any that fails first.")]})
    if session.state == SessionState.READY:
        # It was released for another time or room; that release ends with the clearance it was based on.
        store.change_session(uow, session, state=SessionState.PLANNED, released_at=None)
    store.add_clearance(uow, session, sorted(CHECKLIST))
    uow.record(LineCleared(**session_event_fields(session), items=tuple(sorted(CHECKLIST))))


def verify_clearance(uow: Uow, session: SessionRow, act: SessionAction) -> None:
    _require_planned_with_clearance(session, act.action)
    if session.cleared_by_id is None or session.clearance_verified_at is not None:
        raise Conflict(N_("There is no clearance to verify."))
    store.verify_clearance(uow, session)
    uow.record(LineClearanceVerified(**session_event_fields(session), performed_by=session.cleared_by_id))


def _require_planned_with_clearance(session: SessionRow, action: str) -> None:
    require_recordable(session.stands, action)
    if not session.cleared_first:
        raise Conflict(N_("This session needs no line clearance."))


def release(uow: Uow, session: SessionRow, act: SessionAction) -> None:
    transition = session_step(session.stands, act.action, cleared_first=session.cleared_first)
    if session.clearance_verified_at is None:
        raise not_released(session)
    verdict = check_in_verdict(uow, session, at=None)
    if verdict.has_hard:
        raise refusal(verdict)
    signed = sign_session(uow, session, transition.signature, verified=act.verified)
    store.change_session(uow, session, state=SessionState.READY, released_at=uow.now)
    uow.record(SessionReady(**session_event_fields(session), meaning=str(transition.signature), signed=signed))


def not_released(session: SessionRow) -> Conflict:
    """The refusal of rule CO-02."""
    done = sum(each is not None for each in (session.cleared_by_id, session.clearance_verified_at))
    return Conflict(
        N_("%(room)s has not been released (line clearance %(done)s of 2 done)."),
        params={"room": session.room, "done": done},
    )
