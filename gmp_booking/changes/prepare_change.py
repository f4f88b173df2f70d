"""An edit of a confirmed booking, prepared: numbered, classed, its things found and locked, judged."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from gmp_booking.bookings import change_store, store
from gmp_booking.bookings.content import BookingContent, problems
from gmp_booking.bookings.models import ChangeRequest
from gmp_booking.bookings.service import locks_of
from gmp_booking.bookings.store import Parts
from gmp_booking.bookings.views import BookingDetails
from gmp_booking.changes.classify_change import (
    AgreedState,
    ChangeClass,
    ahead_of,
    amendment_of,
    number_like,
    touched_though_begun,
)
from gmp_booking.conflicts.case import Occasion
from gmp_booking.conflicts.engine import examine
from gmp_booking.conflicts.finding import Finding
from gmp_booking.conflicts.verdict import Verdict
from gmp_booking.evaluation.booking_row import row_values
from gmp_booking.evaluation.gather import Gathered, gather
from gmp_booking.evaluation.resolved_content import ResolvedContent, resolve_content
from gmp_booking.infra.database.uow import Uow
from gmp_booking.kernel.errors import Conflict, Invalid
from gmp_booking.kernel.period import Period
from gmp_booking.kernel.states import SessionState
from gmp_booking.kernel.text import N_
from gmp_booking.kernel.vocabulary import Severity


@dataclass(frozen=True)
class ClassifiedChange:
    """What is asked to be different, before anything was looked up."""

    details: BookingDetails
    standing: AgreedState
    wanted: BookingContent
    amendment: ChangeClass
    last: change_store.Last


@dataclass(frozen=True)
class PreparedChange:
    """An edit with all that it takes to carry it out.

    Shape: `gathered` is None when no session and no equipment is left to be judged; `columns` are those of the
    booking's own row; `waiting` is the change that waits already.
    """

    details: BookingDetails
    standing: AgreedState
    wanted: BookingContent
    amendment: ChangeClass
    last: change_store.Last
    catalogue: ResolvedContent
    gathered: Gathered | None
    verdict: Verdict
    columns: dict[str, Any]
    waiting: ChangeRequest | None
    explanation: str | None

    @property
    def old(self) -> BookingContent:
        return self.standing.content

    @property
    def new_findings(self) -> list[Finding]:
        return new_findings(self.details, self.verdict)


def new_findings(details: BookingDetails, verdict: Verdict) -> list[Finding]:
    """What an override would be due for and nobody has seen yet."""
    kept = [Finding.from_dict(each) for each in details.findings]
    known = {(each.code, each.resource, each.session) for each in kept}
    return [
        each
        for each in verdict.findings
        if each.severity is not Severity.WARN and (each.code, each.resource, each.session) not in known
    ]


def agreed_state_of(details: BookingDetails) -> AgreedState:
    """What is in force, as edits are measured against it."""
    sessions = [each for each in details.parts["sessions"] if each["state"] != SessionState.CANCELLED]
    return AgreedState(
        content=details.content,
        agreed_sessions={each["number"]: _agreed(each) for each in sessions},
        agreed_reservations={each["number"]: _agreed(each) for each in details.parts["equipment"]},
        begun=frozenset(each["number"] for each in sessions if each["state"] != SessionState.PLANNED),
    )


def _agreed(part: Any) -> Period:
    return Period(datetime.fromisoformat(part["agreed_start"]), datetime.fromisoformat(part["agreed_end"]))


def classify(uow: Uow, details: BookingDetails, content: BookingContent) -> ClassifiedChange:
    """Number what is asked for like what stands, and say what it amounts to.

    Errors: Invalid for what is wrong by itself, and for sessions that have begun.
    """
    standing, last = agreed_state_of(details), change_store.last_numbers(uow, details.booking.id)
    ended = {each["number"] for each in details.parts["sessions"]} - dict(standing.content.numbered_sessions).keys()
    asked = replace(content, sessions=tuple(each for each in content.sessions if each.number not in ended))
    starts = {each.start for each in standing.content.sessions} | {each.start for each in standing.content.equipment}
    wrong = problems(asked, uow.now, begun=starts)
    if wrong:
        raise Invalid(field_errors=wrong)
    wanted = number_like(standing.content, asked, last_session=last.session, last_reservation=last.reservation)
    if touched := touched_though_begun(standing, wanted):
        message = N_("Session %(number)s is prepared, running or ended and can no longer be changed.")
        raise Conflict(message, params={"number": touched[0]})
    return ClassifiedChange(details, standing, wanted, amendment_of(standing, wanted), last)


def prepare(uow: Uow, classified: ClassifiedChange, *, explanation: str | None) -> PreparedChange:
    """Resolve and lock what the change names together with all that is held, and run the rules."""
    booking = classified.details.booking
    waiting = change_store.find_open_change(uow, booking.id)
    resolved = resolve_content(uow, classified.wanted, company_id=booking.company_id)
    held = locks_of(uow, classified.details)
    uow.lock(resolved.lock_keys(classified.wanted) | held | {("company", booking.company_id)})
    store.require_unchanged(uow, booking)
    prepared = _examined(uow, classified, resolved, occasion=Occasion.SUBMIT)
    return replace(prepared, waiting=waiting, explanation=explanation)


def prepare_preview(uow: Uow, classified: ClassifiedChange) -> PreparedChange:
    """The same for a change that is only shown: nothing is locked, a change that waits is not looked at."""
    resolved = resolve_content(uow, classified.wanted, company_id=classified.details.booking.company_id)
    return _examined(uow, classified, resolved, occasion=Occasion.PREVIEW)


def _examined(
    uow: Uow, classified: ClassifiedChange, resolved: ResolvedContent, *, occasion: Occasion
) -> PreparedChange:
    gathered = judge_ahead(uow, classified.details, classified.wanted, resolved, occasion=occasion)
    return PreparedChange(
        **vars(classified),
        catalogue=resolved,
        gathered=gathered,
        verdict=examine(gathered.case) if gathered else Verdict(),
        columns=_columns(uow, classified.wanted, resolved),
        waiting=None,
        explanation=None,
    )


def judge_ahead(
    uow: Uow, details: BookingDetails, wanted: BookingContent, catalogue: ResolvedContent, *, occasion: Occasion
) -> Gathered | None:
    """The facts for the part of a content that is still to come; None when nothing is."""
    done = {each["number"] for each in details.parts["sessions"] if not change_store.is_ahead(each["state"])}
    ahead = ahead_of(wanted, done)
    if not ahead.spans:
        return None
    booking = details.booking
    return gather(uow, ahead, catalogue, occasion=occasion, company_id=booking.company_id, booking_id=booking.id)


def _columns(uow: Uow, wanted: BookingContent, catalogue: ResolvedContent) -> dict[str, Any]:
    """What the booking's own row will say; when and by whom it is decided is the change's."""
    return change_store.columns_from(change_store.head_of(row_values(uow, wanted, catalogue)))


def parts_of(details: BookingDetails) -> Parts:
    """The row ids of a version's parts."""
    return Parts(
        sessions={each["number"]: int(each["id"]) for each in details.parts["sessions"]},
        reservations={each["number"]: int(each["id"]) for each in details.parts["equipment"]},
    )
