"""Expiry of releases: READY becomes PLANNED again, and the line clearance becomes void.

Nothing depends on it: release and check-in ask what happened in the room, too.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from gmp_booking.bookings.lifecycle.session_steps import UNREADY, session_step
from gmp_booking.bookings.session_events import LineClearanceVoided
from gmp_booking.bookings.transitions import Taken
from gmp_booking.execution import store
from gmp_booking.execution.line_clearance.facts import ClearedRoom, facts_of_released, list_facts_of_released
from gmp_booking.execution.line_clearance.lapse import Lapse
from gmp_booking.execution.session_actions import session_event_fields, write_step
from gmp_booking.infra.database.uow import Uow
from gmp_booking.kernel.states import SessionState

_WAS_MOVED: Final = "the session was moved"
_WHY: Final[Mapping[Lapse, str]] = {
    Lapse.IN_USE: "the room is in use",
    Lapse.USED: "the room was used meanwhile",
    Lapse.HELD: "a hold was placed on the room",
    Lapse.DEVIATION: "a deviation was recorded in the room",
    Lapse.TOO_OLD: "the room stood released for too long",
    Lapse.TOO_EARLY: "the room was released too early",
}


def list_expired_releases(uow: Uow) -> list[tuple[str, int]]:
    """Sessions whose release is no longer valid."""
    return [(each.reference, each.number) for each in list_facts_of_released(uow) if _why(uow, each)]


def expire_release(uow: Uow, reference: str, number: int) -> bool:
    """Withdraw one release, if it is still invalid. Errors: Stale when somebody else changed the session."""
    uow.lock(store.lock_keys_of(uow, reference, number))
    facts = facts_of_released(uow, reference, number)
    why = _why(uow, facts) if facts else None
    if why is None:
        return False
    session = store.get_session(uow, reference, number)
    # The row's own state: a session that was moved counts as planned already.
    step = session_step(SessionState(session.state), UNREADY)
    write_step(uow, session, step, released_at=None)
    store.void_clearance(uow, session, why)
    store.raise_booking_revision(uow, session, None)
    event = LineClearanceVoided(**session_event_fields(session), explanation=why)
    uow.record(Taken(step, event, by_system=True).event)
    return True


def _why(uow: Uow, facts: ClearedRoom) -> str | None:
    if facts.clearance is None:
        return _WAS_MOVED
    lapse = facts.lapse(uow.now)
    return _WHY[lapse] if lapse else None
