"""Prepare a change: match parts, classify the change, resolve and lock its resources, run the rules."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from gmp_booking.bookings import change_store, store
from gmp_booking.bookings.content import BookingContent, BookingHead, problems
from gmp_booking.bookings.models import ChangeRequest
from gmp_booking.bookings.service import locks_of
from gmp_booking.bookings.views import BookingView
from gmp_booking.changes.classify_change import (
    AgreedState,
    ChangeClass,
    change_class_of,
    match_parts,
    remaining_content,
    sessions_changed_after_start,
)
from gmp_booking.conflicts.case import Occasion
from gmp_booking.conflicts.engine import examine
from gmp_booking.conflicts.finding import Finding
from gmp_booking.conflicts.verdict import Verdict
from gmp_booking.evaluation.booking_row import head_of
from gmp_booking.evaluation.gather import Gathered, gather
from gmp_booking.evaluation.resolved_content import ResolvedContent, resolve_content
from gmp_booking.infra.database.uow import Uow
from gmp_booking.kernel.errors import Conflict, Invalid
from gmp_booking.kernel.states import GIVEN_UP, NOT_BEGUN, UNPREPARED
from gmp_booking.kernel.text import N_
from gmp_booking.kernel.vocabulary import LockKind, Severity


@dataclass(frozen=True)
class ClassifiedChange:
    """A requested change before its resources are resolved."""

    details: BookingView
    agreed: AgreedState
    wanted: BookingContent
    change_class: ChangeClass
    last: change_store.LastNumbers


@dataclass(frozen=True)
class PreparedChange:
    """A change with everything that is needed to apply it.

    Shape: `gathered` is None when no session or reservation remains to be evaluated; `head` has the new values of the
    `booking` row; `waiting` is the change request that is already open.
    """

    details: BookingView
    agreed: AgreedState
    wanted: BookingContent
    change_class: ChangeClass
    last: change_store.LastNumbers
    resolved: ResolvedContent
    gathered: Gathered | None
    verdict: Verdict
    head: BookingHead
    waiting: ChangeRequest | None
    explanation: str | None

    @property
    def old(self) -> BookingContent:
        return self.agreed.content

    @property
    def new_findings(self) -> list[Finding]:
        return new_findings(self.details, self.verdict)


def new_findings(details: BookingView, verdict: Verdict) -> list[Finding]:
    """Findings that need an override and that no earlier evaluation of this booking had."""
    known = {(each.code, each.resource, each.session) for each in details.findings}
    return [
        each
        for each in verdict.findings
        if each.severity is not Severity.WARN and (each.code, each.resource, each.session) not in known
    ]


def agreed_state_of(details: BookingView) -> AgreedState:
    """The version in force, as changes are compared with it."""
    sessions = [each for each in details.sessions if each.state not in GIVEN_UP]
    return AgreedState(
        content=details.content,
        agreed_sessions={each.number: each.agreed for each in sessions},
        agreed_reservations={each.number: each.agreed for each in details.equipment},
        begun=frozenset(each.number for each in sessions if each.state not in UNPREPARED),
    )


def classify(
    uow: Uow, details: BookingView, content: BookingContent, *, cancelled: int | None = None
) -> ClassifiedChange:
    """Match the parts of the requested content with the agreed ones, and classify the change.

    Shape: `cancelled` is the number of a session that is cancelled by itself, which a released one may be.

    Errors: Invalid for content that is wrong by itself; Conflict for sessions that have begun.
    """
    agreed, last = agreed_state_of(details), change_store.last_numbers(uow, details.booking.id)
    agreed = replace(agreed, begun=agreed.begun - {cancelled})
    ended = {each.number for each in details.sessions} - dict(agreed.content.numbered_sessions).keys()
    asked = replace(content, sessions=tuple(each for each in content.sessions if each.number not in ended))
    starts = {each.start for each in agreed.content.sessions} | {each.start for each in agreed.content.equipment}
    wrong = problems(asked, uow.now, begun=starts)
    if wrong:
        raise Invalid(field_errors=wrong)
    wanted = match_parts(agreed.content, asked, last_session=last.session, last_reservation=last.reservation)
    if touched := sessions_changed_after_start(agreed, wanted):
        message = N_("Session %(number)s is prepared, running or ended and can no longer be changed.")
        raise Conflict(message, params={"number": touched[0]})
    return ClassifiedChange(details, agreed, wanted, change_class_of(agreed, wanted), last)


def prepare(uow: Uow, classified: ClassifiedChange, *, explanation: str | None) -> PreparedChange:
    """Resolve and lock the resources of the old and the new version, and run the rules."""
    booking = classified.details.booking
    waiting = change_store.find_open_change(uow, booking.id)
    resolved = resolve_content(uow, classified.wanted, company_id=booking.company_id)
    held = locks_of(uow, classified.details)
    uow.lock(resolved.lock_keys(classified.wanted) | held | {(LockKind.COMPANY, booking.company_id)})
    store.require_unchanged(uow, booking)
    prepared = _examined(uow, classified, resolved, occasion=Occasion.SUBMIT)
    return replace(prepared, waiting=waiting, explanation=explanation)


def prepare_preview(uow: Uow, classified: ClassifiedChange) -> PreparedChange:
    """The same for a preview: it takes no locks and ignores an open change request."""
    resolved = resolve_content(uow, classified.wanted, company_id=classified.details.booking.company_id)
    return _examined(uow, classified, resolved, occasion=Occasion.PREVIEW)


def _examined(
    uow: Uow, classified: ClassifiedChange, resolved: ResolvedContent, *, occasion: Occasion
) -> PreparedChange:
    gathered = gather_remaining(uow, classified.details, classified.wanted, resolved, occasion=occasion)
    return PreparedChange(
        **vars(classified),
        resolved=resolved,
        gathered=gathered,
        verdict=examine(gathered.case) if gathered else Verdict(),
        head=head_of(classified.wanted, resolved),
        waiting=None,
        explanation=None,
    )


def gather_remaining(
    uow: Uow, details: BookingView, wanted: BookingContent, resolved: ResolvedContent, *, occasion: Occasion
) -> Gathered | None:
    """The facts for sessions and reservations that are still to come; None when there are none."""
    done = {each.number for each in details.sessions if each.state not in NOT_BEGUN}
    ahead = remaining_content(wanted, done)
    if not ahead.spans:
        return None
    booking = details.booking
    return gather(uow, ahead, resolved, occasion=occasion, company_id=booking.company_id, booking_id=booking.id)


@dataclass(frozen=True)
class RowIds:
    """The row ids of one version's sessions and reservations, by number."""

    sessions: Mapping[int, int]
    reservations: Mapping[int, int]


def row_ids_of(details: BookingView) -> RowIds:
    return RowIds(
        sessions={each.number: each.id for each in details.sessions},
        reservations={each.number: each.id for each in details.equipment},
    )
