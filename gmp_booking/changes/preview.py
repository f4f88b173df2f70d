"""What would become of an edit before it is sent; takes no lock, writes nothing."""

from __future__ import annotations

from dataclasses import dataclass

from gmp_booking.bookings import change_store
from gmp_booking.bookings.content import BookingContent
from gmp_booking.bookings.lifecycle import BookingState
from gmp_booking.bookings.service import subject_of
from gmp_booking.bookings.views import BookingDetails, get_details
from gmp_booking.changes.change_requests import OpenChange, open_change_of
from gmp_booking.changes.classify_change import ChangeClass, with_known_roles
from gmp_booking.changes.prepare_change import PreparedChange, classify, judge_ahead
from gmp_booking.changes.service import ASKED_FOR, ChangeOutcome, track_due
from gmp_booking.conflicts.alternatives import Alternative
from gmp_booking.conflicts.case import Occasion
from gmp_booking.conflicts.engine import examine
from gmp_booking.conflicts.verdict import Verdict
from gmp_booking.evaluation.booking_row import row_values
from gmp_booking.evaluation.resolved_content import resolve_content
from gmp_booking.infra.database.uow import Uow
from gmp_booking.kernel.access import Permission, require
from gmp_booking.kernel.errors import Conflict
from gmp_booking.kernel.text import N_
from gmp_booking.requests.preview import preview_request, search_alternatives


@dataclass(frozen=True)
class Foreseen:
    """What the rules say of an edit, and what it would become; None when it would be refused."""

    verdict: Verdict
    alternatives: tuple[Alternative, ...]
    becomes: ChangeOutcome | None


@dataclass(frozen=True)
class Changeable:
    """A booking whose requester may ask for something else.

    Shape: `shown` is what the form begins with: the change that waits, or what is in force.
    """

    details: BookingDetails
    waiting: OpenChange | None

    @property
    def shown(self) -> BookingContent:
        return self.waiting.proposal.content if self.waiting else self.details.content

    @property
    def is_confirmed(self) -> bool:
        return self.details.booking.state == BookingState.CONFIRMED


def changeable(uow: Uow, reference: str) -> Changeable:
    """Errors: NotFound; Forbidden; Conflict when the booking can be changed no more."""
    details = get_details(uow, reference)
    require(uow.actor, Permission.BOOKING_CHANGE, subject_of(details.booking))
    state = BookingState(details.booking.state)
    if state not in ASKED_FOR | {BookingState.CONFIRMED}:
        raise Conflict(N_("The present state of this booking does not allow that."))
    return Changeable(details, open_change_of(uow, details))


def foresee(uow: Uow, content: BookingContent, *, reference: str, typed: bool = False) -> Foreseen:
    """Errors: Invalid; NotFound; Forbidden; Conflict when the booking can be changed no more."""
    found = changeable(uow, reference)
    details, booking = found.details, found.details.booking
    if not found.is_confirmed:
        preview = preview_request(uow, content, reference=reference)
        becomes = None if preview.verdict.has_hard else ChangeOutcome.REPLACED
        return Foreseen(preview.verdict, preview.alternatives, becomes)
    wish = classify(uow, details, with_known_roles(details.content, content) if typed else content)
    if wish.amendment is ChangeClass.NOTHING:
        return Foreseen(Verdict(), (), ChangeOutcome.UNCHANGED)
    catalogue = resolve_content(uow, wish.wanted, company_id=booking.company_id)
    gathered = judge_ahead(uow, details, wish.wanted, catalogue, occasion=Occasion.PREVIEW)
    verdict = examine(gathered.case) if gathered else Verdict()
    if verdict.has_hard:
        seen = search_alternatives(uow, wish.wanted, reference=reference)
        return Foreseen(verdict, seen.alternatives, None)
    columns = change_store.columns_from(change_store.head_of(row_values(uow, wish.wanted, catalogue)))
    found_out = {"catalogue": catalogue, "gathered": gathered, "verdict": verdict, "columns": columns}
    edit = PreparedChange(**vars(wish), **found_out, waiting=None, explanation=None)
    if track_due(uow.actor, edit) is not None:
        return Foreseen(verdict, (), ChangeOutcome.REQUESTED)
    return Foreseen(verdict, (), ChangeOutcome.MOVED if wish.amendment is ChangeClass.MOVE else ChangeOutcome.ADJUSTED)
