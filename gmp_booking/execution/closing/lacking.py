"""What a booking lacks before it can be closed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from gmp_booking.execution import store
from gmp_booking.execution.store import SessionRow
from gmp_booking.infra.database.uow import Uow
from gmp_booking.infra.web.i18n import _
from gmp_booking.kernel.states import COMPLETED, ENDED, WORKED
from gmp_booking.kernel.text import N_


class What(StrEnum):
    """What is lacking; the values are those of the API."""

    END = "end"
    RESERVATION_END = "reservation_end"
    VERIFICATION = "verification"
    CREW = "crew"
    HEADCOUNT = "headcount"
    EMERGENCY = "emergency"


_TEXTS: Final[Mapping[What, str]] = {
    What.END: N_("Session %(number)s in %(resource)s has not ended."),
    What.RESERVATION_END: N_("The reservation of %(resource)s has not ended."),
    What.VERIFICATION: N_("The record of session %(number)s in %(resource)s is not verified."),
    What.CREW: N_("The crew of session %(number)s in %(resource)s is not named."),
    What.HEADCOUNT: N_(
        "More people were in %(resource)s in session %(number)s than it allows; close with a reason that explains it."
    ),
    What.EMERGENCY: N_("The emergency entry of session %(number)s in %(resource)s is not confirmed."),
}


@dataclass(frozen=True)
class Lacking:
    """One thing that is lacking. Shape: `number` is the session's; None for a reservation."""

    what: What
    resource: str
    number: int | None = None


def list_lacking(uow: Uow, booking_id: int, *, explanation: str | None = None) -> list[Lacking]:
    """All that a booking lacks. Shape: with an `explanation`, too many people in a room are explained."""
    sessions = store.list_sessions(uow, "WHERE b.id = :id ORDER BY bs.number", id=booking_id)
    found = [each for session in sessions for each in _of_session(session, explanation)]
    return found + [Lacking(What.RESERVATION_END, code) for code in store.list_open_reservations(uow, booking_id)]


def _of_session(session: SessionRow, explanation: str | None) -> Iterator[Lacking]:
    state = session.stands
    if state not in ENDED:
        yield Lacking(What.END, session.room, session.number)
    if state in COMPLETED and session.verified_at is None:
        yield Lacking(What.VERIFICATION, session.room, session.number)
    if state not in WORKED:
        return
    if session.named < session.names_needed:
        yield Lacking(What.CREW, session.room, session.number)
    explained = session.headcount_reason or explanation
    if (session.headcount_actual or 0) > session.max_occupancy and not explained:
        yield Lacking(What.HEADCOUNT, session.room, session.number)
    if session.is_to_be_confirmed:
        yield Lacking(What.EMERGENCY, session.room, session.number)


@dataclass(frozen=True)
class LackingView:
    """One thing that is lacking, in the reader's language."""

    session: int | None
    lacking: str
    message: str


def lacking_views(lacking: Sequence[Lacking]) -> list[LackingView]:
    return [
        LackingView(each.number, each.what.value, _(_TEXTS[each.what], number=each.number, resource=each.resource))
        for each in lacking
    ]
