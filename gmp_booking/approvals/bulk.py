"""Several decisions under one password; each has a transaction, a signature and a result of its own."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from gmp_booking.approvals.service import Decision, decide
from gmp_booking.bookings import store
from gmp_booking.bookings.finding_view import finding_views
from gmp_booking.bookings.models import Booking
from gmp_booking.bookings.stages import action_of_stage, current_stage, meaning_of
from gmp_booking.bookings.views import BookingView, view_of
from gmp_booking.changes.change_requests import open_change_of
from gmp_booking.conflicts.privacy import FindingView
from gmp_booking.infra.database.uow import Idempotency, StoredResponse, Unavailable, Uow, UseCaseRequest
from gmp_booking.infra.web.i18n import _, current_language
from gmp_booking.kernel.access import Permission, require
from gmp_booking.kernel.errors import Conflict, NotFound, Refusal
from gmp_booking.kernel.text import N_
from gmp_booking.kernel.vocabulary import Action
from gmp_booking.requests.handlers import refused_decision
from gmp_booking.signatures.handlers import proof_of
from gmp_booking.signatures.service import Verified

MOST_AT_ONCE: Final = 30


@dataclass(frozen=True)
class BulkItem:
    """One booking of the list, as the decider saw it.

    Shape: without an action it is reviewed or approved, as its stage requires.
    """

    reference: str
    revision: int | None
    action: Action | None = None
    reason: str | None = None

    def __str__(self) -> str:
        return f"{self.reference}:{self.revision}"

    @classmethod
    def parse(cls, text: str) -> BulkItem | None:
        """The item written as `BK-7Q4K9D2M:3`; None for any other text."""
        reference, _colon, revision = text.partition(":")
        is_number = revision.isascii() and revision.isdecimal() and len(revision) < 10
        return cls(reference[:40], int(revision)) if reference and is_number else None

    def with_action(self, action: Action | None, reason: str | None) -> BulkItem:
        return replace(self, action=action, reason=reason)


@dataclass(frozen=True)
class BulkResult:
    """The result of one decision: the new state, or the reason of the refusal in the reader's language."""

    reference: str
    is_done: bool
    status: int
    state: str | None = None
    why: str | None = None
    findings: Sequence[FindingView] = ()


@dataclass(frozen=True)
class DecisionItem:
    """One booking in full, as it is shown before the decision: content, findings, meaning of the signature."""

    details: BookingView
    findings: Sequence[FindingView]
    role: str | None
    meaning: str | None
    obstacle: str | None


def read_decision_items(uow: Uow, references: Sequence[str]) -> list[DecisionItem]:
    """The bookings in the order in which they were selected; missing ones are left out.

    Errors: Forbidden for people who are not staff.
    """
    require(uow.actor, Permission.INBOX_READ)
    found = [store.find_booking(uow, reference) for reference in references]
    return [_item_view(uow, details_to_decide(uow, booking)) for booking in found if booking is not None]


def details_to_decide(uow: Uow, booking: Booking) -> BookingView:
    """What is to be decided: the booking, or the proposed version of its open change request."""
    details = view_of(uow, booking)
    waiting = open_change_of(uow, details)
    return waiting.proposal if waiting else details


def _item_view(uow: Uow, details: BookingView) -> DecisionItem:
    stage = current_stage(details.booking)
    return DecisionItem(
        details,
        finding_views(details.findings, uow.actor, current_language()),
        stage.role.value if stage else None,
        meaning_of(details.booking, action_of_stage(details.booking)) if stage else None,
        None if stage else N_("This booking is not waiting for a decision."),
    )


def decide_all(
    request: UseCaseRequest, items: Sequence[BulkItem], *, password: str | None, key: str | None
) -> list[BulkResult]:
    """Decide on each item; a refusal of one does not stop the others.

    Errors: Invalid when the password is wrong; Forbidden or TooSoon when it may not be tried, or for people who are
    not staff. Then nothing was decided.
    """
    require(request.actor, Permission.INBOX_READ)
    verified = proof_of(request, password)
    return [_decide_one(request, item, verified, key) for item in items]


def _decide_one(request: UseCaseRequest, item: BulkItem, verified: Verified | None, key: str | None) -> BulkResult:
    parts = (str(item), item.action or "", item.reason or "")
    keyed = Idempotency.of(f"{key}:{item.reference}", "decisions", *parts) if key else None
    own = replace(request, reason=item.reason, idempotency=keyed)
    try:
        answer = own.answer(_dump, _decide, item, verified)
    except Conflict as conflict:
        refused = refused_decision(conflict, request)
        return _refused(item, refused, findings=refused.findings)
    except Refusal as refusal:
        return _refused(item, refusal)
    except Unavailable:
        sentence = _("The service is not available for a moment. Please try again.")
        return BulkResult(item.reference, is_done=False, status=503, why=sentence)
    return BulkResult(item.reference, is_done=True, status=200, state=json.loads(answer.body)["state"])


def _decide(uow: Uow, item: BulkItem, verified: Verified | None) -> BookingView:
    booking = store.find_booking(uow, item.reference)
    if booking is None:
        raise NotFound
    under_decision = details_to_decide(uow, booking).booking
    action = item.action or (action_of_stage(under_decision) if current_stage(under_decision) else Action.APPROVE)
    decision = Decision(item.reference, action, revision=item.revision, reason=item.reason, verified=verified)
    return decide(uow, decision)


def _dump(details: BookingView) -> StoredResponse:
    body = {"reference": details.booking.reference, "state": details.booking.state}
    return StoredResponse(200, json.dumps(body).encode(), {"Content-Type": "application/json"})


def _refused(item: BulkItem, refusal: Refusal, *, findings: Sequence[FindingView] = ()) -> BulkResult:
    sentences = [sentence for found in refusal.field_errors.values() for sentence in found] or [refusal.message]
    why = " ".join(_(sentence, **refusal.params) for sentence in sentences)
    return BulkResult(item.reference, is_done=False, status=refusal.status, why=why, findings=findings)
