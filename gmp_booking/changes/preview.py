"""Preview a change; takes no locks and writes nothing."""

from __future__ import annotations

from dataclasses import dataclass

from gmp_booking.bookings.content import BookingContent
from gmp_booking.bookings.service import subject_of
from gmp_booking.bookings.stages import permission_to_change
from gmp_booking.bookings.views import BookingView, get_view
from gmp_booking.changes.change_requests import OpenChange, open_change_of
from gmp_booking.changes.classify_change import ChangeClass, keep_known_roles
from gmp_booking.changes.prepare_change import classify, prepare_preview
from gmp_booking.changes.service import ChangeOutcome, outcome_of
from gmp_booking.conflicts.alternatives import Alternative
from gmp_booking.conflicts.verdict import Verdict
from gmp_booking.evaluation.service import examine_with_alternatives
from gmp_booking.infra.database.uow import Uow
from gmp_booking.kernel.access import require
from gmp_booking.kernel.errors import Conflict
from gmp_booking.kernel.states import IN_FORCE, REQUESTED
from gmp_booking.kernel.text import N_
from gmp_booking.requests.preview import preview_request


@dataclass(frozen=True)
class ChangePreview:
    """The verdict on a change and its expected outcome; the outcome is None when it would be refused."""

    verdict: Verdict
    alternatives: tuple[Alternative, ...]
    outcome: ChangeOutcome | None


@dataclass(frozen=True)
class Changeable:
    """A booking that the actor may change.

    Shape: `shown` is the initial content of the form: the open change request, else the version in force.
    """

    details: BookingView
    waiting: OpenChange | None

    @property
    def shown(self) -> BookingContent:
        return self.waiting.proposal.content if self.waiting else self.details.content

    @property
    def is_confirmed(self) -> bool:
        return self.details.booking.state in IN_FORCE


def changeable(uow: Uow, reference: str) -> Changeable:
    """Errors: NotFound; Forbidden; Conflict when the booking can no longer be changed."""
    details = get_view(uow, reference)
    require(uow.actor, permission_to_change(details.booking), subject_of(details.booking))
    state = details.booking.state
    if state not in REQUESTED | IN_FORCE:
        raise Conflict(N_("The current state of this booking does not allow this."))
    return Changeable(details, open_change_of(uow, details))


def preview_change(uow: Uow, content: BookingContent, *, reference: str, typed: bool = False) -> ChangePreview:
    """Errors: Invalid; NotFound; Forbidden; Conflict when the booking can no longer be changed."""
    changeable_booking = changeable(uow, reference)
    details = changeable_booking.details
    if not changeable_booking.is_confirmed:
        found = preview_request(uow, content, reference=reference)
        outcome = None if found.verdict.has_hard else ChangeOutcome.REPLACED
        return ChangePreview(found.verdict, found.alternatives, outcome)
    classified = classify(uow, details, keep_known_roles(details.content, content) if typed else content)
    if classified.change_class is ChangeClass.NOTHING:
        return ChangePreview(Verdict(), (), ChangeOutcome.UNCHANGED)
    prepared = prepare_preview(uow, classified)
    if prepared.verdict.has_hard:
        found = examine_with_alternatives(uow, prepared.resolved, booking_id=details.booking.id)
        return ChangePreview(prepared.verdict, found.alternatives, None)
    return ChangePreview(prepared.verdict, (), outcome_of(uow.actor, prepared))
