"""Actions in sessions: clear, release, check in, complete; each under the session's locks, by compare-and-swap.

Rules may refuse an action, but not the record of what has actually happened: production and QA may record it with a
reason, and the record is marked.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from gmp_booking.bookings.lifecycle.session_steps import EMERGENCY
from gmp_booking.execution import actual_times, emergency, interruptions, store
from gmp_booking.execution.crew import find_people, locks_of_people, name_crew
from gmp_booking.execution.line_clearance import releasing
from gmp_booking.execution.session_actions import SessionAction, permission_for, subject_of
from gmp_booking.execution.store import SessionRow
from gmp_booking.infra.database.uow import Uow
from gmp_booking.kernel.access import require
from gmp_booking.kernel.errors import Conflict, NotFound, Stale
from gmp_booking.kernel.states import IN_FORCE
from gmp_booking.kernel.text import N_

__all__ = [
    "ACTIONS",
    "SessionAction",
    "SessionRow",
    "for_session",
    "get_session",
    "perform",
    "permission_for",
    "subject_of",
]

_USE_CASES: Mapping[str, Callable[[Uow, SessionRow, SessionAction], None]] = {
    "clear": releasing.clear,
    "verify-clearance": releasing.verify_clearance,
    "ready": releasing.release,
    "check-in": actual_times.check_in,
    "takes-until": actual_times.extend,
    "suspend": interruptions.suspend,
    "resume": interruptions.resume,
    "complete": actual_times.complete,
    "verify": actual_times.verify,
    "missed": interruptions.missed,
    "abort": interruptions.abort,
    "crew": name_crew,
    EMERGENCY: emergency.enter,
    "confirm-emergency": emergency.confirm,
}
ACTIONS = frozenset(_USE_CASES)


def perform(uow: Uow, act: SessionAction) -> SessionRow:
    """Perform one action and return the changed session.

    Errors: NotFound; Forbidden; Conflict when the state or the rules do not allow it; Invalid for missing fields;
    Stale when the session changed since it was read.
    """
    if act.action not in ACTIONS:
        raise NotFound
    act = replace(act, person_ids=find_people(uow, act))
    uow.lock(store.lock_keys_of(uow, act.reference, act.number) | locks_of_people(act.person_ids))
    session = store.get_session(uow, act.reference, act.number)
    require(uow.actor, permission_for(session, act.action, until=act.until), subject_of(session, act.action))
    if act.seen and act.seen != session.stands:
        raise Stale
    if session.booking_state not in IN_FORCE:
        raise Conflict(N_("Session records are possible for a confirmed booking only."))
    _USE_CASES[act.action](uow, session, act)
    store.raise_booking_revision(uow, session, act.revision)
    return store.get_session(uow, act.reference, act.number)


def get_session(uow: Uow, reference: str, number: int) -> SessionRow:
    """Errors: NotFound, also for sessions the reader may not see."""
    return store.get_session(uow, reference, number)


def for_session(act: SessionAction, reference: str, number: int) -> SessionAction:
    """The same action on another session: one signature may cover a list."""
    return replace(act, reference=reference, number=number)
