"""Expiry of releases: READY becomes PLANNED again, and the line clearance becomes void."""

from __future__ import annotations

from gmp_booking.bookings.lifecycle.session_steps import UNREADY, session_step
from gmp_booking.bookings.session_events import LineClearanceVoided
from gmp_booking.bookings.transitions import Taken
from gmp_booking.execution import store
from gmp_booking.execution.clearance import CLEARANCE_LASTS
from gmp_booking.execution.session_actions import session_event_fields, write_step
from gmp_booking.infra.database.uow import Uow
from gmp_booking.kernel.states import SessionState


def list_expired_releases(uow: Uow) -> list[tuple[str, int, str]]:
    """Sessions whose release is no longer valid: moved since, released too long ago, or the room is on hold."""
    return store.list_expired_releases(uow, released_before=uow.now - CLEARANCE_LASTS)


def expire_release(uow: Uow, reference: str, number: int) -> bool:
    """Withdraw one release, if it is still invalid. Errors: Stale when somebody else changed the session."""
    uow.lock(store.lock_keys_of(uow, reference, number))
    found = store.list_expired_releases(
        uow, released_before=uow.now - CLEARANCE_LASTS, reference=reference, number=number
    )
    if not found:
        return False
    ((_reference, _number, why),) = found
    session = store.get_session(uow, reference, number)
    # The row's own state: a session that was moved counts as planned already.
    step = session_step(SessionState(session.state), UNREADY)
    write_step(uow, session, step, released_at=None)
    store.void_clearance(uow, session, why)
    store.raise_booking_revision(uow, session, None)
    event = LineClearanceVoided(**session_event_fields(session), explanation=why)
    uow.record(Taken(step, event, by_system=True).event)
    return True
