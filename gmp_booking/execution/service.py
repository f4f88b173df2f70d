"""What happens in sessions: cleared, released, begun, ended; each act under the session's locks, by compare and swap.

The button may be refused, reality never: production and QA record what happened with a reason, and it is marked.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from gmp_booking.execution import actual_times, interruptions, releasing, store
from gmp_booking.execution.session_actions import PERMISSIONS, SessionAct, subject_of
from gmp_booking.execution.store import SessionRow
from gmp_booking.infra.database.uow import Uow
from gmp_booking.kernel.access import require
from gmp_booking.kernel.errors import Conflict, NotFound, Stale
from gmp_booking.kernel.states import BookingState
from gmp_booking.kernel.text import N_

__all__ = ["PERMISSIONS", "SessionAct", "SessionRow", "act_on", "for_row", "get_session", "subject_of"]

_ACTS: Mapping[str, Callable[[Uow, SessionRow, SessionAct], None]] = {
    "clear": releasing.clear,
    "verify-clearance": releasing.verify_clearance,
    "ready": releasing.release,
    "check-in": actual_times.check_in,
    "takes-until": actual_times.takes_until,
    "suspend": interruptions.suspend,
    "resume": interruptions.resume,
    "complete": actual_times.complete,
    "verify": actual_times.verify,
    "missed": interruptions.missed,
    "abort": interruptions.abort,
}


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
        raise Conflict(N_("Session records are possible for a confirmed booking only."))
    _ACTS[act.action](uow, session, act)
    store.touch_booking(uow, session, act.revision)
    return store.get_session(uow, act.reference, act.number)


def get_session(uow: Uow, reference: str, number: int) -> SessionRow:
    """Errors: NotFound, also for what the reader may not know of."""
    return store.get_session(uow, reference, number)


def for_row(act: SessionAct, reference: str, number: int) -> SessionAct:
    """The same act on another session: one signing act may cover a list."""
    return replace(act, reference=reference, number=number)
