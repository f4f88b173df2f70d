"""A released room does not stay released for ever: READY becomes PLANNED again, and the clearance is void."""

from __future__ import annotations

from gmp_booking.execution import store
from gmp_booking.execution.clearance import CLEARANCE_LASTS
from gmp_booking.execution.events import LineClearanceVoided
from gmp_booking.execution.session_actions import envelope
from gmp_booking.infra.database.uow import Uow
from gmp_booking.kernel.states import SessionState


def list_lapsed(uow: Uow) -> list[tuple[str, int, str]]:
    """Sessions whose release no longer holds: moved since, released too long ago, or a hold lies on the room."""
    return store.list_lapsed(uow, released_before=uow.now - CLEARANCE_LASTS)


def lapse(uow: Uow, reference: str, number: int) -> bool:
    """Take one release back, if it still has to be. Errors: Stale when somebody else was quicker."""
    uow.lock(store.keys_of(uow, reference, number))
    found = store.list_lapsed(uow, released_before=uow.now - CLEARANCE_LASTS, reference=reference, number=number)
    if not found:
        return False
    ((_reference, _number, why),) = found
    session = store.get_session(uow, reference, number)
    store.change_session(uow, session, state=SessionState.PLANNED, released_at=None)
    store.void_clearance(uow, session, why)
    store.touch_booking(uow, session, None)
    uow.record(LineClearanceVoided(**envelope(session), explanation=why))
    return True
