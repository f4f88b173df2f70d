"""What pages and API of decisions share: the password is verified first, outside any transaction."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from gmp_booking.approvals.overrides import OverrideRequest
from gmp_booking.approvals.service import Decision, decide
from gmp_booking.bookings.views import BookingView
from gmp_booking.infra.database.uow import StoredResponse, UseCaseRequest
from gmp_booking.kernel.errors import Conflict
from gmp_booking.kernel.vocabulary import Action
from gmp_booking.requests.handlers import refused_decision
from gmp_booking.signatures.handlers import proof_of


def carry_out(
    request: UseCaseRequest,
    dump: Callable[[BookingView], StoredResponse],
    reference: str,
    action: Action,
    *,
    reason: str | None,
    password: str | None,
    revision: int | None,
    overrides: Sequence[OverrideRequest] = (),
) -> StoredResponse:
    """Verify the password if one was given, then decide in one transaction.

    Errors: those of the decision and of the signature.
    """
    verified = proof_of(request, password)
    decision = Decision(reference, action, revision, reason, verified=verified, overrides=tuple(overrides))
    try:
        return request.answer(dump, decide, decision)
    except Conflict as conflict:
        raise refused_decision(conflict, request) from conflict
